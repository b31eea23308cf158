"""Plans of transform jobs: what a test wants to happen to a transform job."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypedDict

from sagemock import reasons
from sagemock.checks import public, public_class
from sagemock.errors import PlanError
from sagemock.evidence import Assumption
from sagemock.jobs.batch.fields import STOPPING, BatchFields
from sagemock.jobs.batch.record import load, replayed_fields
from sagemock.jobs.durations import Duration
from sagemock.jobs.hashing import hashed_once
from sagemock.jobs.kinds import TRANSFORM, Kind
from sagemock.jobs.lines import LogMapping

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["TransformDurations", "TransformJobPlan"]

RUNNING: Final = "Transforming"
"""The phase in which the containers run; no API shows it."""
_UNANSWERED: Final = Assumption(
    "the FailureReason of a transform job whose container never answers /ping (aws/amazon-sagemaker-examples#815 shows that it "
    "takes about 30 minutes), and that the job has a TransformStartTime",
    since="2026-11-26",
    knob="TransformJobPlan.fails(reason, after=…)",
)
_UNANSWERED_S: Final = 1800


class TransformDurations(TypedDict, total=False):
    """How long the phases of a transform job last, by name. One that is missing or None is that of recorded jobs."""

    starting: Duration | None
    transforming: Duration | None
    stopping: Duration | None


@public_class
@hashed_once
@dataclass(frozen=True, repr=False, kw_only=True)
class TransformJobPlan(BatchFields):
    """What happens to a transform job, from CreateTransformJob to its end.

    Make a plan with a recipe, such as `TransformJobPlan.completes(transforming=600)`. A transform job is InProgress from its
    creation on; it has a TransformStartTime when its containers run. sagemock calls its phases Starting and Transforming. Every
    recipe takes their durations by name, each a `timedelta`, seconds, or a (low, high) pair to draw from with the mock's seed.
    `stopping` says how long a stop takes. `logs` are the lines that the containers write to their logs:
    `logs={"Transforming": [(0, "10 objects")]}`.
    """

    kind: ClassVar[Kind] = TRANSFORM
    running: ClassVar[str] = RUNNING
    writes: ClassVar[Collection[str]] = (RUNNING, STOPPING)

    transforming: Duration | None = None
    """How long the containers run."""

    @property
    def running_length(self) -> Duration | None:
        """How long the containers run."""
        return self.transforming

    def __post_init__(self) -> None:
        """Refuse a plan that contradicts itself, at the line of the test that makes the plan."""
        super().__post_init__()
        if self.limit_lag is not None:
            raise PlanError("a transform job has no limit on its time: leave limit_lag out")

    @classmethod
    @public
    def completes(cls, *, logs: LogMapping = (), **durations: "Unpack[TransformDurations]") -> "TransformJobPlan":
        """Plan a success: InProgress → Completed."""
        return cls._by_recipe("completes", durations, logs=logs)

    @classmethod
    @public
    def immediate(cls) -> "TransformJobPlan":
        """Plan a job that is Completed when CreateTransformJob answers, as in moto: for a suite that used moto."""
        return cls(starting=0, transforming=0, called="TransformJobPlan.immediate()")

    @classmethod
    @public
    def fails(
        cls,
        reason: str | None = None,
        *,
        during: str = RUNNING,
        after: Duration | None = None,
        logs: LogMapping = (),
        **durations: "Unpack[TransformDurations]",
    ) -> "TransformJobPlan":
        """Plan a failure `during` a phase, `after` so long in that phase (default: at its end).

        In Starting, the container never runs; then there is no TransformStartTime. `reason` is FailureReason (default:
        "ClientError: See job logs for more information").
        """
        return cls._failing(reason, during, after, durations, otherwise=reasons.CLIENT_LOGS, logs=logs)

    @classmethod
    @public
    def hangs(
        cls, during: str = RUNNING, *, logs: LogMapping = (), **durations: "Unpack[TransformDurations]"
    ) -> "TransformJobPlan":
        """Plan a job that never leaves `during` by itself; only a stop ends it."""
        return cls._hanging(during, durations, logs=logs)

    @classmethod
    @public
    def never_answers(cls, *, logs: LogMapping = (), **durations: "Unpack[TransformDurations]") -> "TransformJobPlan":
        """Plan a job whose container never answers /ping: it fails after half an hour, or after `transforming`."""
        given: dict[str, Any] = {"transforming": _UNANSWERED_S, **durations}
        reason = _UNANSWERED(reasons.ALGORITHM_LOGS)
        return cls._by_recipe("never_answers", given, ending="Failed", failure_reason=reason, logs=logs)

    @classmethod
    @public
    def replays(cls, response: Mapping[str, Any] | str | os.PathLike[str]) -> "TransformJobPlan":
        """Plan the life of a recorded DescribeTransformJob response again, relative to the new job's creation.

        `response` is the dict that boto3 returned, or the path of a JSON file as `aws sagemaker describe-transform-job` prints
        it. If the recorded job had not ended, the rest of its life follows the defaults. Raises PlanError if `response` is not
        such a record.
        """
        record = load(response, TRANSFORM)
        fields = replayed_fields(record, TRANSFORM, RUNNING)
        return cls(**fields, called=f"TransformJobPlan.replays(<{record.get('TransformJobName', 'a record')}>)")
