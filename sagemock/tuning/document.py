"""Plans of tuning jobs as JSON documents: a plan that is written as one and read again, perhaps by another process, is equal.

The document has the plan's fields that differ from their defaults, or the name of a recipe with its arguments:
`{"kind": "tuning", "recipe": "completes", "next_launch": 10}`.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from sagemock.checks import of_a_plan
from sagemock.errors import PlanError
from sagemock.jobs.documents import check_names, from_recipe, length_of, shown_length
from sagemock.tuning.plan import LENGTHS, TuningJobPlan

__all__ = ["from_document", "to_document"]

_LENGTHS: Final = (*LENGTHS, "ended_after", "stopped_after")


def to_document(plan: TuningJobPlan) -> dict[str, Any]:
    """Return a plan as a JSON document. Raises PlanError if its objective is a callable, which JSON cannot hold."""
    if plan.objective is not None:
        raise PlanError("objective is a callable, which a document cannot hold: leave it out, or plan the logs of the children")
    given = {one.name: value for one in fields(plan) if (value := getattr(plan, one.name)) != one.default}
    shown = {name: shown_length(value) if name in _LENGTHS else value for name, value in given.items()}
    return {"kind": plan.kind.name, **shown}


def from_document(document: Mapping[str, Any], what: str) -> TuningJobPlan:
    """Return the plan of a JSON document. Raises PlanError, which calls the document `what`, if the document is wrong."""
    given = {name: value for name, value in document.items() if name != "kind"}
    with of_a_plan():
        if "recipe" in given:
            return from_recipe(TuningJobPlan, given.pop("recipe"), given, what, (*LENGTHS, "after"), {})
        check_names(what, given, {one.name: one for one in fields(TuningJobPlan)})
        return TuningJobPlan(**{name: length_of(value) if name in _LENGTHS else value for name, value in given.items()})
