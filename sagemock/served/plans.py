"""Plans of every kind as JSON documents. A document without a `kind` is for training jobs."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from sagemock.checks import quoted
from sagemock.errors import PlanError
from sagemock.jobs.batch import document as batch
from sagemock.jobs.kinds import TRAINING, TUNING
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.training.plan import document as training
from sagemock.training.plan.plan import Plan
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning import document as tuning
from sagemock.tuning.plan import TuningJobPlan

__all__ = ["PLANS", "AnyPlan", "from_document", "is_document", "to_document"]

AnyPlan: TypeAlias = Plan | ProcessingJobPlan | TransformJobPlan | TuningJobPlan
PLANS: Final = (Plan, ProcessingJobPlan, TransformJobPlan, TuningJobPlan)
"""The classes of plans."""
_BATCH: Final[Mapping[str, type[ProcessingJobPlan] | type[TransformJobPlan]]] = {
    of.kind.name: of for of in (ProcessingJobPlan, TransformJobPlan)
}


def to_document(plan: AnyPlan) -> dict[str, Any]:
    """Return a plan as a JSON document. Raises PlanError if the plan has a callable in it; the text names the field."""
    if isinstance(plan, TuningJobPlan):
        return tuning.to_document(plan)
    return training.to_document(plan) if isinstance(plan, Plan) else batch.to_document(plan)


def is_document(value: object) -> bool:
    """Return whether a JSON value is the document of a plan, and not the record of a job."""
    return isinstance(value, Mapping) and ("kind" in value or training.is_document(value))


def from_document(document: object, what: str = "a plan") -> AnyPlan:
    """Return the plan in a JSON document. Raises PlanError if it is not a plan; the text calls the document `what`."""
    if not isinstance(document, Mapping) or "kind" not in document:
        return training.from_document(document, what)
    name = document["kind"]
    if name == TRAINING.name:
        return training.from_document({key: value for key, value in document.items() if key != "kind"}, what)
    if name == TUNING.name:
        return tuning.from_document(document, what)
    if not isinstance(name, str) or name not in _BATCH:
        known = ", ".join([TRAINING.name, *_BATCH, TUNING.name])
        raise PlanError(f"{what} is for no kind of job called {quoted(name)}: write one of {known}")
    return batch.from_document(_BATCH[name], document, what)
