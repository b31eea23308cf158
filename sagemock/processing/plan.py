"""Plans of processing jobs: what a test wants to happen to a processing job."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypedDict

from sagemock import reasons
from sagemock.checks import of_a_plan, public, public_class, quoted, text
from sagemock.errors import PlanError
from sagemock.jobs.batch.fields import STOPPING, BatchFields
from sagemock.jobs.batch.record import load, replayed_fields
from sagemock.jobs.durations import Duration
from sagemock.jobs.hashing import hashed_once
from sagemock.jobs.kinds import PROCESSING, Kind
from sagemock.jobs.lines import LogMapping

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["ProcessingDurations", "ProcessingJobPlan"]

RUNNING: Final = "Processing"
"""The phase in which the containers run; no API shows it."""
MESSAGE_MAX: Final = 1024
"""The service shows the first KB of the file /opt/ml/output/message (developer guide)."""


class ProcessingDurations(TypedDict, total=False):
    """How long the phases of a processing job last, by name. One that is missing or None is that of recorded jobs."""

    starting: Duration | None
    processing: Duration | None
    stopping: Duration | None


@public_class
@hashed_once
@dataclass(frozen=True, repr=False, kw_only=True)
class ProcessingJobPlan(BatchFields):
    """What happens to a processing job, from CreateProcessingJob to its end.

    Make a plan with a recipe, such as `ProcessingJobPlan.completes(processing=600)`. A processing job is InProgress from its
    creation on; it has a ProcessingStartTime when its containers run. sagemock calls its phases Starting and Processing. Every
    recipe takes their durations by name, each a `timedelta`, seconds, or a (low, high) pair to draw from with the mock's seed.
    `stopping` says how long a stop takes. `exit_message` is the text that the containers write to /opt/ml/output/message;
    Describe shows it as ExitMessage however the job ends. `logs` are the lines that the containers write to their logs:
    `logs={"Processing": [(0, "read 10 rows")]}`.
    """

    kind: ClassVar[Kind] = PROCESSING
    running: ClassVar[str] = RUNNING
    writes: ClassVar[Collection[str]] = (RUNNING, STOPPING)

    processing: Duration | None = None
    """How long the containers run."""
    exit_message: str | None = None
    """The text that the containers write to /opt/ml/output/message."""

    @property
    def running_length(self) -> Duration | None:
        """How long the containers run."""
        return self.processing

    def __post_init__(self) -> None:
        """Refuse a plan that contradicts itself, at the line of the test that makes the plan."""
        super().__post_init__()
        if self.exit_message is not None:
            with of_a_plan():
                text("exit_message", self.exit_message, "a text", "write exit_message='Completed: 10 rows'")
            if not self.runs:
                raise PlanError("a container writes exit_message, and no container runs in this plan: leave it out")

    @classmethod
    @public
    def completes(
        cls, *, exit_message: str | None = None, logs: LogMapping = (), **durations: "Unpack[ProcessingDurations]"
    ) -> "ProcessingJobPlan":
        """Plan a success: InProgress → Completed."""
        return cls._by_recipe("completes", durations, _words(exit_message), exit_message=exit_message, logs=logs)

    @classmethod
    @public
    def immediate(cls) -> "ProcessingJobPlan":
        """Plan a job that is Completed when CreateProcessingJob answers, as in moto: for a suite that used moto."""
        return cls(starting=0, processing=0, called="ProcessingJobPlan.immediate()")

    @classmethod
    @public
    def fails(  # noqa: PLR0913  # each is given by name
        cls,
        reason: str | None = None,
        *,
        exit_code: int | None = None,
        exit_message: str | None = None,
        during: str = RUNNING,
        after: Duration | None = None,
        logs: LogMapping = (),
        **durations: "Unpack[ProcessingDurations]",
    ) -> "ProcessingJobPlan":
        """Plan a failure `during` a phase, `after` so long in that phase (default: at its end).

        In Starting, the container never runs, for example because its image cannot be pulled; then there is no
        ProcessingStartTime. `reason` is FailureReason; `exit_code` gives the reason of a container that ended with this code
        (default: 1). `exit_message` is ExitMessage, which the container writes.
        """
        if reason is not None and exit_code is not None:
            raise PlanError(f"ProcessingJobPlan.fails({quoted(reason)}, exit_code={quoted(exit_code)}): both say why; give one")
        return cls._failing(
            reason,
            during,
            after,
            durations,
            _words(exit_message),
            otherwise=reasons.exit_code(1 if exit_code is None else exit_code),
            exit_message=exit_message,
            logs=logs,
        )

    @classmethod
    @public
    def hangs(
        cls,
        during: str = RUNNING,
        *,
        exit_message: str | None = None,
        logs: LogMapping = (),
        **durations: "Unpack[ProcessingDurations]",
    ) -> "ProcessingJobPlan":
        """Plan a job that never leaves `during` by itself; a stop or MaxRuntimeInSeconds of its request still ends it."""
        return cls._hanging(during, durations, _words(exit_message), exit_message=exit_message, logs=logs)

    @classmethod
    @public
    def replays(cls, response: Mapping[str, Any] | str | os.PathLike[str]) -> "ProcessingJobPlan":
        """Plan the life of a recorded DescribeProcessingJob response again, relative to the new job's creation.

        `response` is the dict that boto3 returned, or the path of a JSON file as `aws sagemaker describe-processing-job` prints
        it. If the recorded job had not ended, the rest of its life follows the defaults. The limit of the new job's request does
        not cut a replay. Raises PlanError if `response` is not such a record.
        """
        record = load(response, PROCESSING)
        fields = replayed_fields(record, PROCESSING, RUNNING)
        name = record.get("ProcessingJobName", "a record")
        return cls(**fields, exit_message=record.get("ExitMessage"), called=f"ProcessingJobPlan.replays(<{name}>)")


def _words(exit_message: str | None) -> list[str]:
    return [] if exit_message is None else [f"exit_message={quoted(exit_message, MESSAGE_MAX * 2)}"]
