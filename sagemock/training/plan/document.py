"""A plan as a JSON document, in which it travels to another process and comes back equal.

The document has either the plan's fields that differ from their defaults, or the name of a recipe with its arguments, which is
shorter to write by hand: `{"recipe": "fails", "reason": "OutOfMemory", "training": "PT30M"}`. A duration is a number of seconds,
a text like "PT1H30M" for a `timedelta`, a [low, high] pair, or "forever". Bytes are `{"base64": …}`.
"""

import base64
import binascii
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sagemock.checks import nearest, of_a_plan, quoted
from sagemock.clock.instants import SECOND_US, duration_us, instant, instant_us
from sagemock.errors import PlanError
from sagemock.jobs.durations import FOREVER, Duration
from sagemock.jobs.lines import Lines
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan

__all__ = ["RECIPES", "from_document", "is_document", "span_of", "to_document"]

RECIPES: Final = tuple(name for name, value in vars(Plan).items() if isinstance(value, classmethod) and not name.startswith("_"))
"""The names of the recipes."""

_ENDLESS: Final = "forever"
_SPAN: Final = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.(?P<part>\d{1,6}))?S)?)?"
)
_FIELDS: Final = {one.name: one for one in fields(Plan)}
_LENGTHS: Final = frozenset(
    ("stopping", "uploading", "capacity", "scheduled", "interruption", "limit_lag", "stopped_after", "metrics_after")
)
_LENGTHS_OF_RECIPES: Final = frozenset(
    ("starting", "downloading", "training", "uploading", "stopping", "after", "wait", "scheduled", "lasting")
)
_LISTED: Final = ("interrupted", "after")
"""The recipe whose argument of this name is a list of durations."""


# -- to a document


def to_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as a JSON document. Raises PlanError, which names the field, if a callable is in it."""
    return {
        name: _given(name, value)
        for name, field in _FIELDS.items()
        if (value := getattr(plan, name)) != field.default or (name == "phases")
    }


def _given(name: str, value: Any) -> Any:  # noqa: ANN401  # a field of a plan in, a JSON value out
    if name in ("phases", "attempt"):
        return [_phase(phase, f"{name}[{at}]") for at, phase in enumerate(value)]
    if name == "logs":
        return {status: _lines(lines, f"logs[{status!r}]") for status, lines in value}
    return _WRITERS[name](value) if name in _WRITERS else value


def _phase(phase: Phase, what: str) -> dict[str, Any]:
    found: dict[str, Any] = {"status": phase.status}
    if phase.duration is not None:
        found["duration"] = _duration(phase.duration)
    if phase.message is not None:
        found["message"] = phase.message if isinstance(phase.message, str) else [[_span(at), text] for at, text in phase.message]
    if phase.logs is not None:
        found["logs"] = _lines(phase.logs, f"{what}.logs")
    return found


def _duration(value: Duration) -> Any:  # noqa: ANN401  # a JSON value
    if isinstance(value, tuple):
        return [_span(one) for one in value]
    return _ENDLESS if value == FOREVER else _span(value)


def _span(value: timedelta | float) -> float | str:
    return _text(duration_us(value)) if isinstance(value, timedelta) else value


def _text(span_us: int) -> str:
    seconds, part = divmod(span_us, SECOND_US)
    return f"PT{seconds}.{part:06}S" if part else f"PT{seconds}S"


def _lines(lines: object, what: str) -> list[list[Any]]:
    if not isinstance(lines, Lines):
        raise PlanError(
            f"{what} is a callable, {quoted(lines)}, which cannot travel as JSON: write the lines, or give this plan to the mock "
            "in its own process"
        )
    return [[at_us // SECOND_US if at_us % SECOND_US == 0 else _text(at_us), text] for at_us, text in lines.pairs]


def _artifact(value: bytes | str | os.PathLike[str]) -> Any:  # noqa: ANN401  # a JSON value
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return value if isinstance(value, str) else {"path": os.fspath(value)}


def _record(value: Any) -> Any:  # noqa: ANN401  # what boto3 returned in, a JSON value out
    if isinstance(value, datetime):
        return {"instant": instant(instant_us(value)).isoformat()}
    if isinstance(value, Mapping):
        return {name: _record(item) for name, item in value.items()}
    return [_record(item) for item in value] if isinstance(value, (list, tuple)) else value


_WRITERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_LENGTHS, _duration),
    "interruptions": lambda value: [_duration(one) for one in value],
    "artifact": _artifact,
    "replayed": lambda value: _record(dict(value)),
    "nulls": list,
}


# -- from a document


def is_document(value: object) -> bool:
    """Whether a JSON value is meant as a plan, and not as the record of a job."""
    return isinstance(value, Mapping) and bool({"recipe", *_FIELDS} & set(value))


def from_document(document: object, what: str = "a plan") -> Plan:
    """Return the plan that a JSON document says. Raises PlanError, which calls it `what`, if there is none."""
    if not isinstance(document, Mapping):
        raise PlanError(f'{what} is a JSON object, not {quoted(document)}: write {{"recipe": "completes", "training": 3600}}')
    given = dict(document)
    with of_a_plan():
        if "recipe" in given:
            return _cooked(given.pop("recipe"), given, what)
        _check_names(what, given, _FIELDS)
        return Plan(**{name: _taken(name, value) for name, value in given.items()})


def _cooked(recipe: object, given: Mapping[str, Any], what: str) -> Plan:
    if not isinstance(recipe, str) or recipe not in RECIPES:
        raise PlanError(f"{what} has no recipe {quoted(recipe)}: write one of {', '.join(RECIPES)}")
    make: Callable[..., Plan] = getattr(Plan, recipe)
    names = [name for name, one in inspect.signature(make).parameters.items() if one.kind is not one.VAR_KEYWORD]
    takes_lengths = len(names) < len(inspect.signature(make).parameters)
    _check_names(f"recipe {recipe}", given, [*names, *(_LENGTHS_OF_RECIPES if takes_lengths else ())])
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        if name == "then":
            arguments[name] = from_document(value, "then")
        elif name == "logs":
            arguments[name] = _sources(value)
        elif name == "response" and not isinstance(value, Mapping):
            # A path would be one on the machine of whoever reads this.
            raise PlanError(f"response is the record itself, a JSON object, not {quoted(value)}: read the file first")
        elif (recipe, name) == _LISTED:
            arguments[name] = _durations(name, value)
        else:
            arguments[name] = _length(value) if name in _LENGTHS_OF_RECIPES else value
    missing = [
        name
        for name, one in inspect.signature(make).parameters.items()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD and name not in arguments
    ]
    if missing:
        raise PlanError(f"recipe {recipe} needs {missing[0]}: give it beside the name of the recipe")
    return make(**arguments)


def _check_names(what: str, given: Mapping[str, Any], known: Mapping[str, Any] | Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise PlanError(f"{what} has no {quoted(name)}: did you mean {nearest(name, known, least=0)!r}?")


def _taken(name: str, value: Any) -> Any:  # noqa: ANN401  # a JSON value in, a field of a plan out
    if value is None:
        return None
    if name in ("phases", "attempt"):
        return [_visit(one, f"{name}[{at}]") for at, one in enumerate(_list(name, value))]
    return _READERS[name](value) if name in _READERS else value


def _visit(value: object, what: str) -> Phase:
    if not isinstance(value, Mapping) or "status" not in value:
        raise PlanError(
            f'{what} is a JSON object with a status, not {quoted(value)}: write {{"status": "Training", "duration": 60}}'
        )
    _check_names(what, value, ("status", "duration", "message", "logs"))
    message, logs = value.get("message"), value.get("logs")
    return Phase(
        value["status"],
        _length(value.get("duration")),
        [(span_of(at), text) for at, text in _pairs(f"{what}.message", message)] if isinstance(message, list) else message,
        None if logs is None else _line_pairs(f"{what}.logs", logs),
    )


def _durations(name: str, value: object) -> list[Any]:
    return [_length(one) for one in _list(name, value)]


def _length(value: object) -> Any:  # noqa: ANN401  # a duration, or what a plan refuses
    if isinstance(value, list):
        return tuple(span_of(one) for one in value)
    return FOREVER if value == _ENDLESS else span_of(value)


def span_of(value: object) -> Any:  # noqa: ANN401  # a duration, or what its reader refuses
    """Return a text like "PT1H30M" as a `timedelta`, and anything else as it is. Raises PlanError for another text."""
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


def _sources(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise PlanError(f'logs is a JSON object, not {quoted(value)}: write {{"Training": [[0, "epoch 1"], [60, "epoch 2"]]}}')
    return {status: _line_pairs(f"logs[{status!r}]", lines) for status, lines in value.items()}


def _line_pairs(what: str, value: object) -> list[tuple[Any, Any]]:
    return [(span_of(at), text) for at, text in _pairs(what, value)]


def _pairs(what: str, value: object) -> list[list[Any]]:
    found = _list(what, value)
    for one in found:
        if not isinstance(one, list) or len(one) != 2:  # noqa: PLR2004  # a pair
            raise PlanError(f'{what} has [offset, text] pairs, not {quoted(one)}: write [[0, "epoch 1"], [60, "epoch 2"]]')
    return found


def _list(what: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise PlanError(f"{what} is a list, not {quoted(value)}: write it in brackets")
    return value


def _packed(value: object) -> Any:  # noqa: ANN401  # an artifact, or what a plan refuses
    if isinstance(value, Mapping) and set(value) == {"path"} and isinstance(value["path"], str):
        return Path(value["path"])
    if isinstance(value, Mapping) and set(value) == {"base64"}:
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise PlanError(f"artifact is not base64 ({error}): encode the bytes of model.tar.gz by it") from None
    return value


def _recorded(value: Any) -> Any:  # noqa: ANN401  # a JSON value in, what boto3 returned out
    if isinstance(value, Mapping):
        if set(value) == {"instant"}:
            return instant(instant_us(value["instant"]))
        return {name: _recorded(item) for name, item in value.items()}
    return [_recorded(item) for item in value] if isinstance(value, list) else value


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_LENGTHS, _length),
    "interruptions": lambda value: _durations("interruptions", value),
    "logs": _sources,
    "artifact": _packed,
    "replayed": _recorded,
}
