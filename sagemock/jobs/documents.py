"""The parts of a plan's JSON document that all kinds of plan share: durations, lines, records, recipes.

A duration is a number of seconds, a text like "PT1H30M" for a `timedelta`, a [low, high] pair, or "forever".
"""

import base64
import binascii
import inspect
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from sagemock.checks import nearest, quoted
from sagemock.clock.instants import SECOND_US, duration_us, instant, instant_us
from sagemock.errors import PlanError
from sagemock.jobs.durations import FOREVER, Duration
from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.lines import Lines

__all__ = [
    "check_names",
    "content_of",
    "from_recipe",
    "length_of",
    "line_pairs",
    "listed",
    "pairs",
    "recipes_of",
    "record_of",
    "shown_content",
    "shown_length",
    "shown_lines",
    "shown_record",
    "shown_span",
    "sources_of",
    "span_of",
]

_ENDLESS: Final = "forever"
_SPAN: Final = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.(?P<part>\d{1,6}))?S)?)?"
)
_P = TypeVar("_P", bound=GeneralFields)


# -- to a document


def shown_length(value: Duration) -> Any:  # noqa: ANN401  # a JSON value
    """Return the duration of a phase as JSON."""
    if isinstance(value, tuple):
        return [shown_span(one) for one in value]
    return _ENDLESS if value == FOREVER else shown_span(value)


def shown_span(value: timedelta | float) -> float | str:
    """Return a duration as JSON."""
    return _text(duration_us(value)) if isinstance(value, timedelta) else value


def _text(span_us: int) -> str:
    seconds, part = divmod(span_us, SECOND_US)
    return f"PT{seconds}.{part:06}S" if part else f"PT{seconds}S"


def shown_lines(lines: object, what: str) -> list[list[Any]]:
    """Return lines as JSON. Raises PlanError, which calls them `what`, for a callable."""
    if not isinstance(lines, Lines):
        raise PlanError(
            f"{what} is a callable, {quoted(lines)}, which JSON cannot hold: write the lines, or give this plan to the mock in "
            "its own process"
        )
    return [[at_us // SECOND_US if at_us % SECOND_US == 0 else _text(at_us), text] for at_us, text in lines.pairs]


def shown_record(value: Any) -> Any:  # noqa: ANN401  # what boto3 returned in, a JSON value out
    """Return a recorded Describe response as JSON."""
    if isinstance(value, datetime):
        return {"instant": instant(instant_us(value)).isoformat()}
    if isinstance(value, Mapping):
        return {name: shown_record(item) for name, item in value.items()}
    return [shown_record(item) for item in value] if isinstance(value, (list, tuple)) else value


def shown_content(value: bytes | str | os.PathLike[str]) -> Any:  # noqa: ANN401  # a JSON value
    """Return bytes, or the path of a file, as JSON."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return value if isinstance(value, str) else {"path": os.fspath(value)}


# -- from a document


def recipes_of(of: type[GeneralFields]) -> tuple[str, ...]:
    """Return the names of the recipes of a kind of plan."""
    return tuple(name for name, value in vars(of).items() if isinstance(value, classmethod) and not name.startswith("_"))


def from_recipe(  # noqa: PLR0913, PLR0917  # the parts of a recipe
    of: type[_P],
    recipe: object,
    given: Mapping[str, Any],
    what: str,
    lengths: Collection[str],
    others: Mapping[tuple[str, str], Callable[[Any], Any]],
) -> _P:
    """Return the plan that a recipe makes from JSON values.

    `lengths` are the names of durations; `others` has functions that read further arguments, by recipe and name. Raises
    PlanError, which calls the document `what`, for an unknown recipe or argument.
    """
    recipes = recipes_of(of)
    if not isinstance(recipe, str) or recipe not in recipes:
        raise PlanError(f"{what} has no recipe {quoted(recipe)}: write one of {', '.join(recipes)}")
    make: Callable[..., _P] = getattr(of, recipe)
    parameters = inspect.signature(make).parameters
    names = [name for name, one in parameters.items() if one.kind is not one.VAR_KEYWORD]
    check_names(f"recipe {recipe}", given, [*names, *(lengths if len(names) < len(parameters) else ())])
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        if (recipe, name) in others:
            arguments[name] = others[recipe, name](value)
        elif name == "logs":
            arguments[name] = sources_of(value)
        elif name == "response" and not isinstance(value, Mapping):
            # A path would be looked up on the machine that reads the document.
            raise PlanError(f"response is the record itself, a JSON object, not {quoted(value)}: read the file first")
        else:
            arguments[name] = length_of(value) if name in lengths else value
    missing = [
        name
        for name, one in parameters.items()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD and name not in arguments
    ]
    if missing:
        raise PlanError(f"recipe {recipe} needs {missing[0]}: give it beside the name of the recipe")
    return make(**arguments)


def check_names(what: str, given: Iterable[str], known: Mapping[str, Any] | Sequence[str]) -> None:
    """Raise PlanError for a name that is not in `known`."""
    for name in given:
        if name not in known:
            raise PlanError(f"{what} has no {quoted(name)}: did you mean {nearest(name, known, least=0)!r}?")


def length_of(value: object) -> Any:  # noqa: ANN401  # a duration, or what a plan refuses
    """Return the duration of a phase from its JSON value."""
    if isinstance(value, list):
        return tuple(span_of(one) for one in value)
    return FOREVER if value == _ENDLESS else span_of(value)


def span_of(value: object) -> Any:  # noqa: ANN401  # a duration, or what its reader refuses
    """Return a string like "PT1H30M" as a `timedelta`, and a value that is not a string unchanged.

    Raises PlanError for any other string.
    """
    if not isinstance(value, str):
        return value
    found = _SPAN.fullmatch(value)
    if found is None or len(value) > 60 or len(value) < 3:  # noqa: PLR2004  # far more than a century; "P" and a number
        raise PlanError(f'{quoted(value)} is not a duration: write a number of seconds, "PT1H30M", or "forever"')
    units = {unit: int(number) for unit, number in found.groupdict().items() if number is not None and unit != "part"}
    try:
        return timedelta(**units, microseconds=int(f"{found['part'] or '':0<6}"))
    except OverflowError:
        raise PlanError(f"{quoted(value)} is longer than any job: write less than a century") from None


def sources_of(value: object) -> dict[str, Any]:
    """Return the lines of each phase from a JSON object. Raises PlanError for anything else."""
    if not isinstance(value, Mapping):
        raise PlanError(f'logs is a JSON object, not {quoted(value)}: write {{"Training": [[0, "epoch 1"], [60, "epoch 2"]]}}')
    return {status: line_pairs(f"logs[{status!r}]", lines) for status, lines in value.items()}


def line_pairs(what: str, value: object) -> list[tuple[Any, Any]]:
    """Return (offset, text) pairs from a JSON list of pairs."""
    return [(span_of(at), text) for at, text in pairs(what, value)]


def pairs(what: str, value: object) -> list[list[Any]]:
    """Return `value` if it is a list of pairs. Raises PlanError, which calls it `what`, for anything else."""
    found = listed(what, value)
    for one in found:
        if not isinstance(one, list) or len(one) != 2:  # noqa: PLR2004  # a pair
            raise PlanError(f'{what} has [offset, text] pairs, not {quoted(one)}: write [[0, "epoch 1"], [60, "epoch 2"]]')
    return found


def listed(what: str, value: object) -> list[Any]:
    """Return `value` if it is a list. Raises PlanError, which calls it `what`, for anything else."""
    if not isinstance(value, list):
        raise PlanError(f"{what} is a list, not {quoted(value)}: write it in brackets")
    return value


def record_of(value: Any) -> Any:  # noqa: ANN401  # a JSON value in, what boto3 returned out
    """Return a recorded Describe response from JSON, with its instants as datetimes."""
    if isinstance(value, Mapping):
        if set(value) == {"instant"}:
            return instant(instant_us(value["instant"]))
        return {name: record_of(item) for name, item in value.items()}
    return [record_of(item) for item in value] if isinstance(value, list) else value


def content_of(what: str, value: object) -> Any:  # noqa: ANN401  # bytes or a path, or what a plan refuses
    """Return bytes, or the path of a file, from a JSON value; any other value is returned as it is, for the plan to refuse."""
    if isinstance(value, Mapping) and set(value) == {"path"} and isinstance(value["path"], str):
        return Path(value["path"])
    if isinstance(value, Mapping) and set(value) == {"base64"}:
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise PlanError(f"{what} is not base64 ({error}): encode the bytes of the file in base64") from None
    return value
