"""Plans of batch jobs as JSON documents: a plan that is written as one and read again, perhaps by another process, is equal.

The document has the plan's fields that differ from their defaults, or the name of a recipe with its arguments:
`{"kind": "processing", "recipe": "fails", "exit_code": 3, "processing": "PT30M"}`.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

from sagemock.checks import of_a_plan
from sagemock.jobs.batch.fields import BatchFields
from sagemock.jobs.documents import (
    check_names,
    content_of,
    from_recipe,
    length_of,
    record_of,
    shown_content,
    shown_length,
    shown_lines,
    shown_record,
    sources_of,
)

__all__ = ["from_document", "to_document"]

_B = TypeVar("_B", bound=BatchFields)
_LENGTHS: Final = ("stopping", "limit_lag", "stopped_after", "starting", "registered_after", "settled_after")


def to_document(plan: BatchFields) -> dict[str, Any]:
    """Return a plan as a JSON document. Raises PlanError, which names the field, if the plan has a callable."""
    given = {one.name: value for one in fields(plan) if (value := getattr(plan, one.name)) != one.default}
    return {"kind": plan.kind.name, **{name: _json_of(type(plan), name, value) for name, value in given.items()}}


def from_document(of: type[_B], document: Mapping[str, Any], what: str) -> _B:
    """Return the plan, of class `of`, in a JSON document. Raises PlanError, which calls it `what`, if it is wrong."""
    given = {name: value for name, value in document.items() if name != "kind"}
    lengths = _lengths(of)
    with of_a_plan():
        if "recipe" in given:
            return from_recipe(of, given.pop("recipe"), given, what, ("starting", of.running.lower(), "stopping", "after"), {})
        check_names(what, given, {one.name: one for one in fields(of)})
        return of(**{name: _field_of(name, value, lengths) for name, value in given.items()})


def _lengths(of: type[BatchFields]) -> tuple[str, ...]:
    return (*_LENGTHS, of.running.lower())


def _json_of(of: type[BatchFields], name: str, value: Any) -> Any:  # noqa: ANN401  # a field of a plan in, a JSON value out
    if name == "logs":
        return {phase: shown_lines(lines, f"logs[{phase!r}]") for phase, lines in value}
    if name == "outputs":
        return {path: shown_content(content) for path, content in value}
    if name == "replayed":
        return shown_record(dict(value))
    return shown_length(value) if name in _lengths(of) else value


def _field_of(name: str, value: Any, lengths: tuple[str, ...]) -> Any:  # noqa: ANN401  # a JSON value in, a field of a plan out
    if value is None:
        return None
    if name == "logs":
        return sources_of(value)
    if name == "outputs" and isinstance(value, Mapping):
        return {path: content_of(f"outputs[{path!r}]", content) for path, content in value.items()}
    if name == "replayed":
        return record_of(value)
    return length_of(value) if name in lengths else value
