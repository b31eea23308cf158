"""Errors for misspelt recipes, arguments and fields of plans, which suggest the right name."""

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from sagemock.checks import nearest, quoted, synonym
from sagemock.errors import InvalidType

__all__ = ["Recipes", "refuse_argument", "refuse_field"]

_UNITS: Final = ("minutes", "hours", "days")
_LENGTHS: Final = ("wait", "training", "processing", "transforming", "after")
"""The durations for which a test most likely means a number of minutes, hours or days."""
_RECIPES: Final = {
    "succeeds": "completes",
    "succeed": "completes",
    "success": "completes",
    "done": "completes",
    "crashes": "fails",
    "errors": "fails",
    "spot": "interrupted",
    "waits": "waits_for_capacity",
}
_STOPS: Final = ("stop", "stops", "stopped")


class Recipes(type):
    """The type of plans: its AttributeError for a misspelt recipe suggests the right name."""

    if not TYPE_CHECKING:  # pragma: no branch  # a type checker takes the other one

        def __getattr__(cls, name: str) -> NoReturn:
            known = [one for base in cls.__mro__ for one, value in vars(base).items() if isinstance(value, classmethod)]
            recipes = [one for one in known if not one.startswith("_")]
            near = None if name.startswith("_") else _RECIPES.get(name) or nearest(name, recipes)
            hint = f": did you mean {near!r}? " if near in recipes else ". "
            if name in _STOPS:
                hint = f": write {cls.__name__}.completes().but(stopped_after=600), or stop the job in the test. "
            raise AttributeError(f"{cls.__name__} has no {name!r}{hint}The recipes are {', '.join(recipes)}", name=name, obj=cls)


def refuse_argument(plan: type, recipe: str, name: str, lengths: Sequence[str], fields: Sequence[str]) -> NoReturn:
    """Raise InvalidType for an argument that a recipe does not have.

    `lengths` are the durations that every recipe of the plan takes, `fields` are those of the plan.
    """
    own = [one for one in inspect.signature(getattr(plan, recipe)).parameters if one != "durations"]
    takes = [*own, *lengths]
    called = f"{plan.__name__}.{recipe}"
    of_all = [one for one in fields if one not in takes]
    near = synonym(name, takes) or (name if name in of_all else nearest(name, takes) or nearest(name, of_all))
    if name in _UNITS:
        length = next((one for one in _LENGTHS if one in takes), lengths[0])
        hint = f": write {called}({length}=timedelta({name}=…)). "
    elif near is None:
        hint = ". "
    elif near in of_all:
        hint = f": write {called}(…).but({near}=…). "
    else:
        hint = f": did you mean {near!r}? "
    raise InvalidType(f"{called}() has no {quoted(name)}{hint}It takes {', '.join(takes)}")


def refuse_field(plan: type, name: str, lengths: Sequence[str], fields: Sequence[str]) -> NoReturn:
    """Raise InvalidType for a field that a plan does not have; `lengths` are the durations that only its recipes take."""
    near = nearest(name, [*fields, *lengths])
    if near in lengths and near not in fields:
        hint = f": a duration is given to the recipe, as in {plan.__name__}.completes({near}=…)"
    else:
        hint = f": did you mean {near!r}?" if near else f": its fields are {', '.join(fields)}"
    raise InvalidType(f"a plan has no {quoted(name)}{hint}")
