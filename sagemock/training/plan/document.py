"""Plans of training jobs as JSON documents: a plan that is written as one and read again, perhaps by another process, is equal.

The document has either the plan's fields that differ from their defaults, or the name of a recipe with its arguments, which is
shorter to write by hand: `{"recipe": "fails", "reason": "OutOfMemory", "training": "PT30M"}`. A duration is a number of seconds,
a text like "PT1H30M" for a `timedelta`, a [low, high] pair, or "forever". Bytes are `{"base64": …}`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from sagemock.checks import of_a_plan, quoted
from sagemock.errors import PlanError
from sagemock.jobs.documents import (
    check_names,
    content_of,
    from_recipe,
    length_of,
    line_pairs,
    listed,
    pairs,
    recipes_of,
    record_of,
    shown_content,
    shown_length,
    shown_lines,
    shown_record,
    shown_span,
    sources_of,
    span_of,
)
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan

__all__ = ["RECIPES", "from_document", "is_document", "to_document"]

RECIPES: Final = recipes_of(Plan)
"""The names of the recipes."""

_FIELDS: Final = {one.name: one for one in fields(Plan)}
_LENGTHS: Final = frozenset(
    ("stopping", "uploading", "capacity", "scheduled", "interruption", "limit_lag", "stopped_after", "metrics_after")
)
_LENGTHS_OF_RECIPES: Final = frozenset(
    ("starting", "downloading", "training", "uploading", "stopping", "after", "wait", "scheduled", "lasting")
)


# -- to a document


def to_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as a JSON document. Raises PlanError, which names the field, if the plan has a callable."""
    return {
        name: _json_of(name, value)
        for name, field in _FIELDS.items()
        if (value := getattr(plan, name)) != field.default or (name == "phases")
    }


def _json_of(name: str, value: Any) -> Any:  # noqa: ANN401  # a field of a plan in, a JSON value out
    if name in ("phases", "attempt"):
        return [_phase(phase, f"{name}[{at}]") for at, phase in enumerate(value)]
    if name == "logs":
        return {status: shown_lines(lines, f"logs[{status!r}]") for status, lines in value}
    return _WRITERS[name](value) if name in _WRITERS else value


def _phase(phase: Phase, what: str) -> dict[str, Any]:
    found: dict[str, Any] = {"status": phase.status}
    if phase.duration is not None:
        found["duration"] = shown_length(phase.duration)
    if phase.message is not None:
        found["message"] = (
            phase.message if isinstance(phase.message, str) else [[shown_span(at), text] for at, text in phase.message]
        )
    if phase.logs is not None:
        found["logs"] = shown_lines(phase.logs, f"{what}.logs")
    return found


_WRITERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_LENGTHS, shown_length),
    "interruptions": lambda value: [shown_length(one) for one in value],
    "artifact": shown_content,
    "replayed": lambda value: shown_record(dict(value)),
    "nulls": list,
}


# -- from a document


def is_document(value: object) -> bool:
    """Whether a JSON value is a plan (not the record of a job): it names a recipe or a field of plans."""
    return isinstance(value, Mapping) and bool({"recipe", *_FIELDS} & set(value))


def from_document(document: object, what: str = "a plan") -> Plan:
    """Return the plan of a JSON document. Raises PlanError, which calls the document `what`, if the document is wrong."""
    if not isinstance(document, Mapping):
        raise PlanError(f'{what} is a JSON object, not {quoted(document)}: write {{"recipe": "completes", "training": 3600}}')
    given = dict(document)
    with of_a_plan():
        if "recipe" in given:
            return from_recipe(Plan, given.pop("recipe"), given, what, _LENGTHS_OF_RECIPES, _OTHERS)
        check_names(what, given, _FIELDS)
        return Plan(**{name: _field_of(name, value) for name, value in given.items()})


def _field_of(name: str, value: Any) -> Any:  # noqa: ANN401  # a JSON value in, a field of a plan out
    if value is None:
        return None
    if name in ("phases", "attempt"):
        return [_visit(one, f"{name}[{at}]") for at, one in enumerate(listed(name, value))]
    return _READERS[name](value) if name in _READERS else value


def _visit(value: object, what: str) -> Phase:
    if not isinstance(value, Mapping) or "status" not in value:
        raise PlanError(
            f'{what} is a JSON object with a status, not {quoted(value)}: write {{"status": "Training", "duration": 60}}'
        )
    check_names(what, value, ("status", "duration", "message", "logs"))
    message, logs = value.get("message"), value.get("logs")
    return Phase(
        value["status"],
        length_of(value.get("duration")),
        [(span_of(at), text) for at, text in pairs(f"{what}.message", message)] if isinstance(message, list) else message,
        None if logs is None else line_pairs(f"{what}.logs", logs),
    )


def _durations(name: str, value: object) -> list[Any]:
    return [length_of(one) for one in listed(name, value)]


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_LENGTHS, length_of),
    "interruptions": lambda value: _durations("interruptions", value),
    "logs": sources_of,
    "artifact": lambda value: content_of("artifact", value),
    "replayed": record_of,
}
_OTHERS: Final[Mapping[tuple[str, str], Callable[[Any], Any]]] = {
    **{(recipe, "then"): lambda value: from_document(value, "then") for recipe in RECIPES},
    ("interrupted", "after"): lambda value: _durations("after", value),
}
"""The functions that read those arguments of recipes that are neither durations nor texts."""
