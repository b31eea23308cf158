"""All the ways in which a job can end, as plans with readable names.

`ALL` has the ends of training jobs; `PROCESSING`, `TRANSFORM` and `TUNING` have the ends of the other kinds.
`@pytest.mark.sagemock(outcomes="all")` runs a test once for each end of a training job, `outcomes="processing"` once for each end
of a processing job.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sagemock import reasons
from sagemock.checks import listed, mapping, nearest, public, public_class, quoted
from sagemock.errors import UsageError
from sagemock.jobs.durations import FOREVER
from sagemock.jobs.kinds import named_in
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.training import status
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning.plan import TuningJobPlan

__all__ = ["ALL", "PROCESSING", "TRANSFORM", "TUNING", "Outcome", "chosen"]


@public_class
@dataclass(frozen=True)
class Outcome:
    """A way in which a job can end: its plan, and the statuses that the description of the job shows at the end."""

    name: str
    plan: Plan | ProcessingJobPlan | TransformJobPlan | TuningJobPlan
    status: str
    secondary_status: str | None = None
    """None for a kind of job that has no such status."""
    spot: bool = False
    """Whether only managed spot jobs can end in this way."""
    children: Plan | None = None
    """The plan that the children of a tuning job need for this end; it is for all training jobs of the mock."""

    def __str__(self) -> str:
        return self.name

    @public
    def meets(self, request: Mapping[str, Any]) -> bool:
        """Return whether a job created by `request` can end in this way."""
        kind = self.plan.kind
        mapping("request", request, f"a {kind.create} request", "give what a plan's callable gets")
        named = named_in(request)
        if named is not None and named[0] != kind:
            return False
        return not self.spot or bool(request.get("EnableManagedSpotTraining"))


def _named(*outcomes: Outcome) -> Mapping[str, Outcome]:
    return MappingProxyType({outcome.name: outcome for outcome in outcomes})


_FAILED: Final = ("Failed", "Failed")
_WAITING: Final = Plan([Phase(status.STARTING, FOREVER, [(0, status.STARTING_THE_JOB), (15, status.NO_CAPACITY)])])

ALL: Final[Mapping[str, Outcome]] = _named(
    Outcome("completed", Plan.completes(), "Completed", "Completed"),
    Outcome("algorithm-error", Plan.fails(), *_FAILED),
    Outcome("out-of-memory", Plan.fails(reasons.OUT_OF_MEMORY), *_FAILED),
    Outcome("data-download-error", Plan.fails(reasons.data_download(), during="Downloading"), *_FAILED),
    Outcome("image-download-error", Plan.fails(reasons.image_download(), during="Downloading"), *_FAILED),
    Outcome("role-error", Plan.fails(reasons.ROLE, during="Starting"), *_FAILED),
    Outcome("upload-error", Plan.fails(reasons.UPLOAD, during="Uploading"), *_FAILED),
    # More attempts than any RetryStrategy allows (service model: at most 30 retries).
    Outcome("internal-error", Plan.internal_error(31), *_FAILED),
    Outcome("capacity-error", Plan.capacity_error(), *_FAILED),
    Outcome("stopped-while-starting", Plan(stopped_after=30), "Stopped", "Stopped"),
    Outcome("stopped-while-training", Plan.hangs().but(stopped_after=3600), "Stopped", "Stopped"),
    Outcome("max-runtime-exceeded", Plan.hangs(), "Stopped", "MaxRuntimeExceeded"),
    Outcome("max-wait-exceeded", _WAITING, "Stopped", "MaxWaitTimeExceeded", spot=True),
    Outcome("completed-after-interruption", Plan.interrupted(), "Completed", "Completed", spot=True),
)
"""The outcomes of training jobs by name."""

# The beginning of the message that containers of Model Monitor write (developer guide, on ExitMessage).
_VIOLATIONS: Final = "CompletedWithViolations: 2 rows"
_IMAGE: Final = "123456789012.dkr.ecr.us-east-1.amazonaws.com/processing:latest"

PROCESSING: Final[Mapping[str, Outcome]] = _named(
    Outcome("processing-completed", ProcessingJobPlan.completes(), "Completed"),
    Outcome("processing-completed-with-message", ProcessingJobPlan.completes(exit_message=_VIOLATIONS), "Completed"),
    Outcome("processing-algorithm-error", ProcessingJobPlan.fails(), "Failed"),
    Outcome("processing-algorithm-error-with-message", ProcessingJobPlan.fails(exit_message="KeyError: 'age'"), "Failed"),
    Outcome("processing-internal-error", ProcessingJobPlan.fails(reasons.INTERNAL), "Failed"),
    Outcome(
        "processing-image-download-error",
        ProcessingJobPlan.fails(reasons.image_not_found(_IMAGE), during="Starting"),
        "Failed",
    ),
    Outcome("processing-stopped-while-starting", ProcessingJobPlan(stopped_after=30), "Stopped"),
    Outcome("processing-stopped-while-processing", ProcessingJobPlan.hangs().but(stopped_after=3600), "Stopped"),
    Outcome("processing-max-runtime-exceeded", ProcessingJobPlan.hangs(), "Stopped"),
)
"""The outcomes of processing jobs by name."""

TRANSFORM: Final[Mapping[str, Outcome]] = _named(
    Outcome("transform-completed", TransformJobPlan.completes(), "Completed"),
    Outcome("transform-client-error", TransformJobPlan.fails(), "Failed"),
    Outcome("transform-internal-error", TransformJobPlan.fails(reasons.INTERNAL), "Failed"),
    Outcome("transform-never-started", TransformJobPlan.fails(reasons.INTERNAL, during="Starting"), "Failed"),
    Outcome("transform-never-answered", TransformJobPlan.never_answers(), "Failed"),
    Outcome("transform-stopped-while-starting", TransformJobPlan(stopped_after=30), "Stopped"),
    Outcome("transform-stopped-while-transforming", TransformJobPlan.hangs().but(stopped_after=3600), "Stopped"),
)
"""The outcomes of transform jobs by name."""


def _nothing(_: Mapping[str, str]) -> None:
    """Return None: the objective of children that emit no value."""


TUNING: Final[Mapping[str, Outcome]] = _named(
    Outcome("tuning-completed", TuningJobPlan.completes(), "Completed"),
    Outcome("tuning-completed-without-objective", TuningJobPlan.completes(objective=_nothing), "Completed"),
    # With five children or more, the tuning job gives up after five.
    Outcome("tuning-no-child-succeeded", TuningJobPlan.completes(), "Failed", children=Plan.fails()),
    Outcome("tuning-internal-error", TuningJobPlan.fails(reasons.INTERNAL, after=60), "Failed"),
    Outcome("tuning-stopped-before-its-first-child", TuningJobPlan.stopped(after=1), "Stopped"),
    Outcome("tuning-stopped", TuningJobPlan.stopped(after=60), "Stopped"),
)
"""The outcomes of tuning jobs by name."""

_GROUPS: Final[Mapping[str, Mapping[str, Outcome]]] = {
    "all": ALL,
    "processing": PROCESSING,
    "transform": TRANSFORM,
    "tuning": TUNING,
}
"""The words that stand for all outcomes of one kind of job. "all" is for training jobs, which came first."""
_KNOWN: Final[Mapping[str, Outcome]] = {name: outcome for group in _GROUPS.values() for name, outcome in group.items()}


@public
def chosen(wanted: "str | Iterable[str]") -> tuple[Outcome, ...]:
    """Return all outcomes of one kind of job, or the outcomes with these names, which must be of one kind, too.

    "all" stands for those of training jobs, "processing", "transform" and "tuning" for those of the other kinds. Raises
    UsageError for an unknown name; the text names the nearest one.
    """
    if isinstance(wanted, str) and wanted in _GROUPS:
        return tuple(_GROUPS[wanted].values())
    advice = "write outcomes='all', or outcomes=['completed', 'algorithm-error']"
    names = (
        [wanted] if isinstance(wanted, str) else listed("outcomes", wanted, "'all', or a list of names", advice, ordered=False)
    )
    for name in names:
        if not isinstance(name, str) or name not in _KNOWN:
            near = nearest(quoted(name), [*_GROUPS, *_KNOWN], least=0)
            known = next(group for word, group in _GROUPS.items() if near == word or near in group)
            raise UsageError(
                f"there is no outcome {quoted(name)}; did you mean {near!r}? Write one of {', '.join(map(repr, _GROUPS))}, or a "
                f"list of {', '.join(known)}"
            )
    if not names:
        raise UsageError("outcomes=[] runs no test: write outcomes='all', or leave it out")
    found = tuple(_KNOWN[name] for name in names)
    kinds = {outcome.plan.kind.name: outcome for outcome in found}
    if len(kinds) > 1:
        several = " and ".join(f"{outcome} of {name} jobs" for name, outcome in kinds.items())
        raise UsageError(f"these are outcomes of several kinds of job, {several}: choose one kind, and give the others a plan")
    return found
