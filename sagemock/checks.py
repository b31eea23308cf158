"""Checks of arguments from a test: the call with a bad argument raises at once, and the text says what to write instead."""

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeVar, cast

from sagemock.errors import InvalidType, InvalidValue, PlanError

__all__ = [
    "ALIKE",
    "LONGEST",
    "MOST",
    "Suggesting",
    "choices",
    "encodable",
    "flag",
    "listed",
    "mapping",
    "nearest",
    "no_attribute",
    "number",
    "of_a_plan",
    "one_of",
    "public",
    "public_class",
    "quoted",
    "repeated",
    "synonym",
    "takes_one",
    "text",
    "whole",
]

LONGEST: Final = 200
"""The most characters of a value that a message shows."""
MOST: Final = 2**63 - 1
"""The largest whole number: the service model's long."""

_HALF: Final = re.compile("[\ud800-\udfff]")
_F = TypeVar("_F", bound=Callable[..., Any])
_C = TypeVar("_C", bound=type)
_T = TypeVar("_T")


def quoted(value: object, longest: int = LONGEST) -> str:
    """Return the repr of any value for a message, cut to `longest` characters."""
    try:
        words = repr(value)
    except Exception:  # noqa: BLE001  # a repr is foreign code; also, that of a 5,000-digit integer raises
        return f"<{type(value).__name__}>"
    return words if len(words) <= longest else f"{words[:longest]}…"


def nearest(name: object, known: Iterable[str], least: float = 0.6) -> str | None:
    """Return the known name most similar to a misspelt one, None if every similarity is below `least` (0 to 1)."""
    names = list(known)
    folded = {one.lower(): one for one in reversed(names)}
    word = name if isinstance(name, str) else quoted(name)
    near = difflib.get_close_matches(word[:LONGEST].lower(), folded, 1, least)
    return folded[near[0]] if near else None


ALIKE: Final = 0.8
"""The least similarity of a word to a status that counts as a misspelling. Starting and Training are less similar."""
_SYNONYMS: Final = {
    "phase": ("during",),
    "status": ("during", "wanted", "outcome", "ending", "plan"),
    "at": ("after", "during"),
    "when": ("after", "during"),
    "message": ("reason",),
    "count": ("times", "instances"),
    "training": ("processing", "transforming"),
    "processing": ("training", "transforming"),
    "transforming": ("training", "processing"),
    "duration": ("wait", "lasting", "training", "processing", "transforming"),
    "seconds": ("wait", "lasting", "training", "processing", "transforming"),
    "code": ("error",),
    "name": ("job", "matcher"),
    "job": ("name", "matcher"),
    "pattern": ("matcher",),
    "jobname": ("name", "job", "matcher"),
}
"""Wrong names of arguments, each with the right ones."""


def no_attribute(owner: object, name: str, hint: str | None = None) -> AttributeError:
    """Return the error for an attribute that an object does not have, with a hint or else the nearest name.

    Python's own suggestion is not in the text of an error, so pytest does not show it.
    """
    hint = hint or getattr(type(owner), "_instead", {}).get(name)
    # `dir` itself asks for private attributes.
    public_names = [] if name.startswith("_") else [one for one in dir(owner) if one[0] != "_" and not one.endswith("_us")]
    near = nearest(name, public_names)
    more = f": {hint}" if hint else f": did you mean {near!r}?" if near else ""
    return AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}{more}", name=name, obj=owner)


class Suggesting:
    """A class whose AttributeError for a misspelt attribute suggests the right one."""

    __slots__ = ()
    _instead: ClassVar[Mapping[str, str]] = {}
    """What to write instead of attributes that similar objects of other libraries have, by name."""

    if not TYPE_CHECKING:  # pragma: no branch  # for a type checker, an unknown attribute is an error

        def __getattr__(self, name: str) -> NoReturn:
            __tracebackhide__ = True
            raise no_attribute(self, name)


def synonym(name: str, takes: Collection[str]) -> str | None:
    """Return the first argument of a function that a wrong name is known to mean; None if there is none.

    TrainingJobName and job_name are names of a job, too.
    """
    is_name = name.replace("_", "").lower().endswith("jobname")
    return next((one for one in _SYNONYMS.get("jobname" if is_name else name, ()) if one in takes), None)


def choices(value: object, known: Collection[str]) -> str:
    """Return the end of a message about a wrong status: the known ones, and the one that was meant if it is very similar."""
    near = nearest(value, known, ALIKE)
    return f"one of {', '.join(known)}" + (f": did you mean {near!r}?" if near else "")


def repeated(values: Sequence[_T]) -> _T | None:
    """Return the first value that occurs more than once; None if there is none."""
    return next((one for one in values if values.count(one) > 1), None)


# -- values


def flag(name: str, value: object) -> bool:
    """Return a value if it is True or False; else raise InvalidType."""
    if not isinstance(value, bool):
        raise InvalidType(f"{name} is True or False, not {quoted(value)}: write {name}=False to switch it off")
    return value


def whole(  # noqa: PLR0913  # the words of the message, and the bounds
    name: str, value: object, what: str, advice: str, *, least: int | None = None, most: int | None = None
) -> int:
    """Return a whole number from `least` to `most`. The error text calls it `what`."""
    bounds = "" if least is None else f", at least {least}" if most is None else f", {least} to {most}"
    msg = f"{name} is {what}{bounds}, not {quoted(value)}: {advice}"
    if isinstance(value, bool) or not isinstance(value, int):
        if not bounds:
            raise InvalidType(msg)
        raise InvalidValue(msg)
    if not (-MOST if least is None else least) <= value <= (MOST if most is None else most):
        raise InvalidValue(msg)
    return value


def number(name: str, value: object, bounds: str, advice: str, *, fits: Callable[[float], bool]) -> float:
    """Return a number if `fits` accepts it. The error text describes such numbers by `bounds`."""
    msg = f"{name} is a number {bounds}, not {quoted(value)}: {advice}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidType(msg)
    # Every comparison with NaN is False.
    if not fits(value):
        raise InvalidValue(msg)
    return value


def text(name: str, value: object, what: str, advice: str) -> str:
    """Return a string if it is not empty and can be encoded. The error text calls it `what`."""
    if not isinstance(value, str):
        raise InvalidType(f"{name} is {what}, not {quoted(value)}: {advice}")
    if not value:
        raise InvalidValue(f"{name} is {what}, and not empty: {advice}")
    encodable(name, value)
    return value


def encodable(name: str, value: str) -> None:
    """Raise InvalidValue for a text with half of a surrogate pair, which UTF-8 cannot encode.

    Text decoded with errors='surrogateescape' may have one. Writing it to a file or a terminal would fail later.
    """
    half = _HALF.search(value)
    if half is not None:
        raise InvalidValue(
            f"{name} has {half[0]!r} in it, half of a surrogate pair, which UTF-8 cannot encode: take it out, or decode "
            "the original bytes with errors='replace'"
        )


def one_of(name: str, value: object, known: Collection[str], advice: str = "") -> str:
    """Return a value if it is one of the known strings; else raise InvalidValue, whose text names the nearest one."""
    if not isinstance(value, str) or value not in known:
        near = nearest(value, known)
        hint = advice or (f"did you mean {near!r}?" if near else "write one of these")
        listed = " or ".join(filter(None, [", ".join(map(repr, [*known][:-1])), repr([*known][-1])]))
        raise InvalidValue(f"{name} is {listed}, not {quoted(value)}: {hint}")
    return value


def mapping(name: str, value: object, what: str, advice: str) -> Mapping[str, Any]:
    """Return a value if it is a mapping. The error text calls it `what`."""
    if not isinstance(value, Mapping):
        raise InvalidType(f"{name} is {what}, not {quoted(value)}: {advice}")
    return value


def takes_one(name: str, function: Callable[..., Any], advice: str) -> None:
    """Raise InvalidType for a callable that does not take one argument."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        # Some callables written in C have no signature.
        return
    try:
        signature.bind(None)
    except TypeError:
        raise InvalidType(f"{name} is called with one argument, which {quoted(function)} does not take: {advice}") from None


def listed(name: str, value: object, what: str, advice: str, *, ordered: bool = True) -> tuple[Any, ...]:
    """Return the elements of a sequence (or, unless `ordered`, of any iterable), but not the letters of a string."""
    is_text = isinstance(value, (str, bytes, bytearray))
    if is_text or not isinstance(value, Iterable) or (ordered and not isinstance(value, Sequence)):
        raise InvalidType(f"{name} is {what}, not {quoted(value)}: {advice}")
    return tuple(value)


@contextmanager
def of_a_plan() -> Iterator[None]:
    """Raise the errors of checks in the block as PlanError."""
    try:
        yield
    except (InvalidType, InvalidValue) as error:
        raise PlanError(str(error)) from None


# -- calls


def public(function: _F, *, called: str = "") -> _F:
    """Decorate a function so that a call with unknown arguments raises InvalidType, whose text names the nearest one."""
    # A text names a recipe with its class (Plan.fails), but a method of a mock or a clock without.
    called = called or (function.__qualname__ if "Plan." in function.__qualname__ else function.__name__)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # of any function
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                # The call itself worked; the error comes from inside the function.
                raise
        misfit = _misfit(called, function, args, kwargs)
        raise InvalidType(". ".join(filter(None, [misfit, _ADVICE.get(function.__qualname__)])))

    return cast("_F", call)


def public_class(cls: _C) -> _C:
    """Decorate a class as `public` does, for its constructor."""
    constructor: Callable[..., Any] = vars(cls)["__init__"]
    setattr(cls, "__init__", public(constructor, called=cls.__name__))  # noqa: B010  # mypy knows no such assignment
    return cls


_FURTHER: Final = {"durations": "durations of phases", "fields": "fields of the request"}
"""The descriptions of parameters that take arguments of any name (`**fields`), by the name of the parameter."""


_ADVICE: Final = {
    "SageMakerMock.stop": "It ends the mock: to stop a job, call stop_job(name)",
    "Controls.plan": "The pattern of job names comes first: plan('churn-*', Plan.fails())",
}
"""What a call with other arguments was probably meant to do, by the qualified name of the function."""


def _misfit(called: str, function: Callable[..., Any], args: Sequence[object], keywords: Collection[str]) -> str:
    """Return why a call does not fit the signature of a function."""
    parameters = list(inspect.signature(function).parameters.values())
    if parameters[:1] and parameters[0].name in ("self", "cls"):
        parameters, args = parameters[1:], args[1:]
    placed = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    by_name = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    further = [_FURTHER.get(one.name, one.name) for one in parameters if one.kind is one.VAR_KEYWORD]
    takes = f"it takes {', '.join([*dict.fromkeys([*placed, *by_name]), *further]) or 'nothing'}"
    given = {*placed[: len(args)], *keywords}
    needed = [one.name for one in parameters if one.default is one.empty and one.name in {*placed, *by_name} - given]
    for name in keywords:
        meant = None if name in by_name else synonym(name, needed) or synonym(name, by_name)
        if name not in by_name and (not further or meant in needed):
            near = meant or nearest(name, by_name) or (needed[0] if len(needed) == 1 else None)
            hint = f"did you mean {near!r}? It takes" if near else "take it out; it takes"
            return f"{called}() has no {quoted(name)}: {hint} {', '.join([*by_name, *further]) or 'nothing'}"
    if len(args) > len(placed):
        count = "1 argument" if len(args) == 1 else f"{len(args)} arguments"
        rest = ", ".join([*(one for one in by_name if one not in placed), *further])
        more = f": by name it takes {rest}" if rest else ""
        return f"{called}() was given {count} without a name, and takes {len(placed) or 'none'}{more}"
    twice = [one for one in placed[: len(args)] if one in keywords]
    if twice:
        return f"{called}() was given {twice[0]} twice, by its place and by its name: {takes}"
    return f"{called}() needs {' and '.join(map(repr, needed))}: {takes}"
