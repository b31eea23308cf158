"""The views by which a test reads a job. They are live: they always show the present instant."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from sagemock.checks import Suggesting, public
from sagemock.clock.instants import instant
from sagemock.clock.virtual import Clock
from sagemock.errors import UnknownJob, UsageError
from sagemock.jobs.batch import job as batch
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.job import AnyJob
from sagemock.jobs.own import own
from sagemock.literals import StatusName
from sagemock.picture.show import drawing, timeline
from sagemock.processing import job as processing
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from sagemock.training.snapshot import Snapshot, snapshot
from sagemock.transform import job as transform
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning import job as tuning
from sagemock.tuning.child import Child
from sagemock.tuning.plan import TuningJobPlan

__all__ = [
    "AnyView",
    "ChildView",
    "JobView",
    "ProcessingJobView",
    "TransformJobView",
    "TransitionView",
    "TuningJobView",
    "Verbs",
    "still",
]

_J = TypeVar("_J", bound=AnyJob)
_B = TypeVar("_B", bound=BatchJob)


@dataclass(frozen=True, slots=True)
class TransitionView(Suggesting):
    """An entry of SecondaryStatusTransitions; `end` is None while the job is in that status."""

    status: str
    start: datetime
    end: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class ChildView(Suggesting):
    """A training job that a tuning job has launched, as it was when you asked. The job itself is `sagemaker.jobs[child.name]`."""

    name: str
    arn: str
    status: str
    """TrainingJobStatus."""
    hyperparameters: Mapping[str, str]
    """TunedHyperParameters: the hyperparameters that the tuning job varies."""
    objective: float | None
    """The last value of the objective so far; None if there is none."""
    objective_status: str
    """ObjectiveStatus: Pending, Succeeded or Failed."""
    created: datetime
    ended: datetime | None
    """The end of the job; None if it runs."""


class Verbs(Protocol):
    """The verbs of a mock that change a job. They take the job's name or ARN."""

    def advance_until(self, name: str, wanted: str) -> datetime:
        """Let time pass until the job has a status."""

    def complete(self, name: str) -> None:
        """Let the job complete now."""

    def fail(self, name: str, reason: str) -> None:
        """Let the job fail now."""

    def interrupt(self, name: str) -> None:
        """Take the instances away from the job."""

    def log(self, name: str, text: str, *, at: datetime | str | float | None, instance: int) -> None:
        """Let a container of the job write a line."""

    def stop_job(self, name: str) -> None:
        """Stop the job, as its owner would."""

    def timeline(self, name: str, *, width: int | None, unicode: bool) -> str:
        """Return a picture of the job."""


class _Shown(Protocol):
    """The members of a job of any kind that the service shows at one instant."""

    @property
    def primary(self) -> str:
        """The status."""

    @property
    def created_us(self) -> int:
        """The creation, in microseconds since the epoch."""

    @property
    def started_us(self) -> int | None:
        """The start, in microseconds since the epoch, or None."""

    @property
    def ended_us(self) -> int | None:
        """The end, in microseconds since the epoch, or None."""

    @property
    def failure_reason(self) -> str | None:
        """FailureReason, or None."""


class AnyView(Suggesting, Generic[_J]):
    """A job as it is at the present instant of its mock's clock, with verbs that change the job."""

    _instead: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("state", "TrainingJobStatus", "ProcessingJobStatus"), "write status"
    ) | {"wait": "write advance_until('Completed')"}

    def __init__(self, clock: Clock, job: _J, find: Callable[[], _J], verbs: Verbs | None = None) -> None:
        self._clock = clock
        self._asked_for = job
        self._find = find
        self._acts = verbs

    @property
    def _verbs(self) -> Verbs:
        if self._acts is None:
            raise UsageError("this is a copy of a job at one instant, and cannot change: do this to the job of the mock")
        return self._acts

    @property
    def name(self) -> str:
        """The name of the job."""
        return self._asked_for.name

    @property
    def arn(self) -> str:
        """The ARN of the job."""
        return self._asked_for.arn

    @property
    def region(self) -> str:
        """The region in which the job was created."""
        return self._asked_for.place.region

    @property
    def request(self) -> dict[str, Any]:
        """The request that created the job, as it arrived: a new copy for each caller."""
        copied: dict[str, Any] = own(self._find().request)
        return copied

    # -- reading

    @property
    @abstractmethod
    def _view(self) -> _Shown:
        """The members that the service shows now."""

    @property
    def status(self) -> str:
        """The status, as the service shows it: for a training job, TrainingJobStatus."""
        return self._view.primary

    @property
    def created(self) -> datetime:
        """CreationTime."""
        return instant(self._view.created_us)

    @property
    def started(self) -> datetime | None:
        """The start, or None: for a training job, TrainingStartTime."""
        return _instant(self._view.started_us)

    @property
    def ended(self) -> datetime | None:
        """The end, or None: for a training job, TrainingEndTime."""
        return _instant(self._view.ended_us)

    @property
    def failure_reason(self) -> str | None:
        """FailureReason, or None."""
        return self._view.failure_reason

    # -- acting

    @public
    def advance_until(self, wanted: StatusName) -> datetime:
        """Let time pass until the job has the status `wanted`, and return that instant, as `sagemaker.advance_until` does."""
        return self._verbs.advance_until(self.arn, wanted)

    @public
    def fail(self, reason: str = "AlgorithmError: , exit code: 1") -> None:
        """Let the job fail now, with this FailureReason."""
        self._verbs.fail(self.arn, reason)

    @public
    def complete(self) -> None:
        """Let the job complete now."""
        self._verbs.complete(self.arn)

    @public
    def stop(self) -> None:
        """Stop the job now, as its owner would through the API. Such a stop is not among the calls."""
        self._verbs.stop_job(self.arn)

    @public
    def log(self, text: str, *, at: datetime | str | float | None = None, instance: int = 1) -> None:
        """Let a container of the job write a line to its log, as `sagemaker.log` does."""
        self._verbs.log(self.arn, text, at=at, instance=instance)

    @public
    def timeline(self, *, width: int | None = None, unicode: bool = False) -> str:
        """Return a picture of the job's life, as `sagemaker.timeline` does."""
        return self._verbs.timeline(self.arn, width=width, unicode=unicode)

    @property
    def _noun(self) -> str:
        return self._asked_for.kind.noun

    def _statuses(self) -> str:
        return self.status

    def __repr__(self) -> str:
        try:
            return f"<{self._noun} {self.name!r}: {self._statuses()}>"
        except UnknownJob:
            return f"<{self._noun} {self.name!r}, which was deleted>"

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy or a pickle is a view of the job as it is now, which never changes.
        return _still_job, (type(self), self._find(), self._clock.now_us())

    def __str__(self) -> str:
        return timeline(self._find(), self._clock.now_us())

    def _repr_html_(self) -> str:
        # A notebook shows the picture itself.
        return drawing([self._find()], self._clock.now_us())


class JobView(AnyView[Job]):
    """A training job as it is at the present instant of its mock's clock. `print` it for a picture.

    After the deletion of the job is done, its name, ARN and region remain; everything else raises UnknownJob.
    """

    @property
    def _view(self) -> Snapshot:
        return snapshot(self._find(), self._clock.now_us())

    @public
    def interrupt(self) -> None:
        """Take the instances away from the job, which is a managed spot job, as `sagemaker.interrupt` does."""
        self._verbs.interrupt(self.arn)

    @property
    def plan(self) -> Plan:
        """The plan that the job plays."""
        return self._find().plan

    @property
    def secondary_status(self) -> str:
        """SecondaryStatus."""
        return self._view.secondary

    @property
    def message(self) -> str:
        """StatusMessage of the last transition."""
        return self._view.transitions[-1].message

    @property
    def transitions(self) -> tuple[TransitionView, ...]:
        """SecondaryStatusTransitions so far."""
        return tuple(
            TransitionView(entry.status, instant(entry.start_us), _instant(entry.end_us), entry.message)
            for entry in self._view.transitions
        )

    @property
    def training_seconds(self) -> int | None:
        """TrainingTimeInSeconds, or None."""
        return self._view.training_s

    @property
    def billable_seconds(self) -> int | None:
        """BillableTimeInSeconds, or None."""
        return self._view.billable_s

    @property
    def _noun(self) -> str:
        return "job"

    def _statuses(self) -> str:
        return f"{self.status}/{self.secondary_status}"


class _BatchJobView(AnyView[_B]):
    """A batch job as it is at the present instant."""

    @property
    def _view(self) -> batch.Snapshot:
        return batch.snapshot(self._find(), self._clock.now_us())

    @property
    def phase(self) -> str:
        """The phase of the job, which the service does not show: Starting, then Processing or Transforming, or its status."""
        return self._view.phase


class ProcessingJobView(_BatchJobView[processing.Job]):
    """A processing job as it is at the present instant of its mock's clock. `print` it for a picture.

    After its deletion, its name, ARN and region remain; everything else raises UnknownJob.
    """

    @property
    def plan(self) -> ProcessingJobPlan:
        """The plan that the job plays."""
        return cast("ProcessingJobPlan", self._find().plan)

    @property
    def exit_message(self) -> str | None:
        """ExitMessage, or None."""
        return self._view.exit_message


class TransformJobView(_BatchJobView[transform.Job]):
    """A transform job as it is at the present instant of its mock's clock. `print` it for a picture."""

    @property
    def plan(self) -> TransformJobPlan:
        """The plan that the job plays."""
        return cast("TransformJobPlan", self._find().plan)


class TuningJobView(AnyView[tuning.Job]):
    """A tuning job as it is at the present instant of its mock's clock. `print` it for a picture.

    After the deletion of the job is done, its name, ARN and region remain; everything else raises UnknownJob.
    """

    @property
    def _view(self) -> tuning.Snapshot:
        return tuning.snapshot(self._find(), self._clock.now_us())

    @property
    def plan(self) -> TuningJobPlan:
        """The plan that the job plays."""
        return self._find().plan

    @property
    def counters(self) -> dict[str, int]:
        """TrainingJobStatusCounters."""
        return dict(self._view.counters)

    @property
    def objective_counters(self) -> dict[str, int]:
        """ObjectiveStatusCounters."""
        return dict(self._view.objectives)

    @property
    def children(self) -> tuple[ChildView, ...]:
        """The training jobs that the tuning job has launched so far, in order of launch, as they are now."""
        now_us = self._clock.now_us()
        return tuple(_child_view(one, now_us) for one in self._find().children if one.created_us <= now_us)

    @property
    def best(self) -> ChildView | None:
        """BestTrainingJob, or None."""
        now_us = self._clock.now_us()
        found = self._find().best(now_us)
        return None if found is None else _child_view(found, now_us)


def _child_view(child: Child, now_us: int) -> ChildView:
    return ChildView(
        name=child.job.name,
        arn=child.job.arn,
        status=child.status(now_us),
        hyperparameters=dict(child.tuned),
        objective=child.objective if child.is_over(now_us) else child.emitted(now_us),
        objective_status=tuning.objective_status(child, now_us),
        created=instant(child.created_us),
        ended=_instant(child.ended_us) if child.is_over(now_us) else None,
    )


def _instant(at_us: int | None) -> datetime | None:
    return None if at_us is None else instant(at_us)


def still(now_us: int) -> Clock:
    """Return a clock that is stopped at an instant."""
    clock = Clock(0)
    clock.move_to_us(now_us)
    clock.close()
    return clock


def _still_job(view: type[Any], job: AnyJob, now_us: int) -> Any:  # noqa: ANN401  # a view of that class
    return view(still(now_us), job, lambda: job)
