"""How a test reads jobs: live views, which always show the present instant."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, cast

from sagemock.checks import nearest, public, quoted
from sagemock.clock.instants import instant
from sagemock.clock.virtual import Clock
from sagemock.errors import UnknownJob, UsageError
from sagemock.jobs.batch import job as batch
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.jobs.own import own
from sagemock.jobs.store import Store
from sagemock.literals import StatusName
from sagemock.picture.show import drawing, timeline
from sagemock.processing import job as processing
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from sagemock.training.snapshot import Snapshot, snapshot
from sagemock.transform import job as transform
from sagemock.transform.plan import TransformJobPlan

__all__ = [
    "JobView",
    "Jobs",
    "ProcessingJobView",
    "ProcessingJobs",
    "TransformJobView",
    "TransformJobs",
    "TransitionView",
    "Verbs",
]

_J = TypeVar("_J", bound=AnyJob)
_B = TypeVar("_B", bound=BatchJob)

NONE_YET: Final = "there is none yet: let the code under test create it first"
NAMED: Final = 20
"""How many jobs an error names."""


@dataclass(frozen=True, slots=True)
class TransitionView:
    """An entry of SecondaryStatusTransitions; `end` is None while the job is in that status."""

    status: str
    start: datetime
    end: datetime | None
    message: str


class Verbs(Protocol):
    """What a test can do to a job: the mock has these verbs, which take the name or the ARN of a job."""

    def advance_until(self, name: str, wanted: str) -> datetime:
        """Let time pass until the job has a status."""

    def complete(self, name: str) -> None:
        """Let it complete now."""

    def fail(self, name: str, reason: str) -> None:
        """Let it fail now."""

    def interrupt(self, name: str) -> None:
        """Take its instances away."""

    def log(self, name: str, text: str, *, at: datetime | str | float | None, instance: int) -> None:
        """Let it write a line."""

    def stop_job(self, name: str) -> None:
        """Stop it, as its owner would."""

    def timeline(self, name: str, *, width: int | None, unicode: bool) -> str:
        """Return a picture of it."""


class _Shown(Protocol):
    """What the service shows of a job of any kind at one instant."""

    @property
    def primary(self) -> str:
        """The status."""

    @property
    def created_us(self) -> int:
        """The creation, in microseconds since the epoch, as the other instants."""

    @property
    def started_us(self) -> int | None:
        """The start, or None."""

    @property
    def ended_us(self) -> int | None:
        """The end, or None."""

    @property
    def failure_reason(self) -> str | None:
        """FailureReason, or None."""


class _AnyView(Generic[_J]):
    """A job as it is at the present instant of its mock's clock, and what can be done to it."""

    def __init__(self, clock: Clock, job: _J, find: Callable[[], _J], verbs: Verbs | None = None) -> None:
        self._clock = clock
        self._asked_for = job
        self._find = find
        self._acts = verbs

    @property
    def _verbs(self) -> Verbs:
        if self._acts is None:
            raise UsageError("this is a copy of a job as it was, and cannot change: do this to the job of the mock")
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

    # -- what is shown

    @property
    @abstractmethod
    def _view(self) -> _Shown:
        """What the service shows now."""

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

    # -- what can be done

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
        # A copy (or a pickle) is of the job as it is now, and does not change any more.
        return _still_job, (type(self), self._find(), self._clock.now_us())

    def __str__(self) -> str:
        return timeline(self._find(), self._clock.now_us())

    def _repr_html_(self) -> str:
        # A notebook shows the picture itself.
        return drawing([self._find()], self._clock.now_us())


class JobView(_AnyView[Job]):
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


class _BatchJobView(_AnyView[_B]):
    """A batch job as it is at the present instant."""

    @property
    def _view(self) -> batch.Snapshot:
        return batch.snapshot(self._find(), self._clock.now_us())

    @property
    def phase(self) -> str:
        """What the job does now, which the service does not show: Starting, then Processing or Transforming, or its status."""
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


_V = TypeVar("_V", bound=_AnyView[Any])


class _JobsOf(Mapping[str, _V], Generic[_J, _V]):
    """The jobs of one kind of a mock by name, or by ARN if the same name exists in several regions or accounts.

    Such a name is `in` the mapping, but does not identify one job: `jobs[name]` raises UnknownJob, and `get` returns the default.
    A deleted job stays until its deletion is done.
    """

    _job: ClassVar[type[Any]]
    _shown: ClassVar[type[Any]]
    """The class of its jobs, and that of their views."""
    _named: ClassVar[str]
    """What its repr calls them."""

    def __init__(self, clock: Clock, store: Store, verbs: Verbs | None = None) -> None:
        self._clock = clock
        self._store = store
        self._verbs = verbs

    @property
    def _kind(self) -> Kind:
        kind: Kind = self._job.kind
        return kind

    def find(self, key: str) -> _J:
        """Return a job by name or ARN. Raises UnknownJob if there is no such job, or if several jobs have this name."""
        found = list(self._called(key))
        if not found:
            raise UnknownJob(self._unknown(key))
        if len(found) > 1:
            arns = ", ".join(job.arn for job in found)
            raise UnknownJob(f"several {self._kind.noun}s are called {key!r}; ask for one of the ARNs {arns}")
        return found[0]

    def _called(self, key: object) -> Iterator[_J]:
        if not isinstance(key, str):
            return
        name, now_us = self._name_in(key), self._clock.now_us()
        for region in list(self._store.regions.values()):
            job = region.by_name.get(name)
            if isinstance(job, self._job) and key in (name, job.arn) and not job.is_gone(now_us):
                yield cast("_J", job)

    def _unknown(self, key: object) -> str:
        if not isinstance(key, str):
            return f"jobs are looked up by name or ARN, not by {quoted(key)}: write jobs['churn-1']"
        now_us, jobs = self._clock.now_us(), self._present()
        known = list(dict.fromkeys(job.name for job in jobs))
        ask = f"ask for one of {', '.join(known[:NAMED])}" + (f", or {len(known) - NAMED} more" if len(known) > NAMED else "")
        name = self._name_in(key)
        # A job whose deletion is done may still be stored: only the next call forgets it.
        deleted = (job for job in self._store.jobs() if isinstance(job, self._job) and job.is_gone(now_us))
        if (self._kind, name) in self._store.deleted or any(job.name == name for job in deleted):
            return f"{self._kind.noun} {name!r} was deleted; {ask if known else 'there is none any more'}"
        if not known:
            return f"no {self._kind.noun} {quoted(key)} was created; {self._elsewhere(name) or NONE_YET}"
        near = nearest(key, [*known, *(job.arn for job in jobs)])
        hint = f"did you mean {near!r}? {ask[0].upper()}{ask[1:]}" if near else ask
        return f"no {self._kind.noun} {quoted(key)} was created; {self._elsewhere(name) or hint}"

    def _elsewhere(self, name: str) -> str:
        """Return a hint if a job of another kind has this name, else an empty text."""
        for job in self._store.jobs(self._clock.now_us()):
            if job.name == name and not isinstance(job, self._job):
                prefix = "" if job.kind == TRAINING else f"{job.kind.name}_"
                return f"{name!r} is a {job.kind.noun}: ask for sagemaker.{prefix}jobs[{name!r}], or use its ARN"
        return ""

    def _name_in(self, key: str) -> str:
        """Return the name of a job that is asked for by it or by its ARN; without `validate` a name may have a slash in it."""
        return key.partition(f":{self._kind.resource}/")[2] or key

    def _present(self) -> list[_J]:
        return [cast("_J", job) for job in self._store.jobs(self._clock.now_us()) if isinstance(job, self._job)]

    def _view(self, job: _J) -> _V:
        return cast("_V", self._shown(self._clock, job, lambda: self.find(job.arn), self._verbs))

    def __getitem__(self, key: str) -> _V:
        return self._view(self.find(key))

    def __contains__(self, key: object) -> bool:
        return any(True for _ in self._called(key))

    def __iter__(self) -> Iterator[str]:
        jobs = self._present()
        named = Counter(job.name for job in jobs)
        return iter([job.name if named[job.name] == 1 else job.arn for job in jobs])

    def __len__(self) -> int:
        return len(self._present())

    def __reduce__(self) -> tuple[Any, ...]:
        return _still_jobs, (type(self), list(self._store.jobs()), self._clock.now_us())

    def __repr__(self) -> str:
        return f"<{self._named} {', '.join(repr(view) for view in self.all())}>"

    def all(self) -> list[_V]:
        """Return every job in the order of creation, including jobs that share a name."""
        return [self._view(job) for job in self._present()]


class Jobs(_JobsOf[Job, JobView]):
    """The training jobs of a mock by name, or by ARN if the same name exists in several regions or accounts.

    Such a name is `in` the mapping, but does not identify one job: `jobs[name]` raises UnknownJob, and `get` returns the default.
    A deleted job stays until its deletion is done.
    """

    _job = Job
    _shown = JobView
    _named = "jobs"


class ProcessingJobs(_JobsOf[processing.Job, ProcessingJobView]):
    """The processing jobs of a mock by name or ARN, as `Jobs` has its training jobs."""

    _job = processing.Job
    _shown = ProcessingJobView
    _named = "processing jobs"


class TransformJobs(_JobsOf[transform.Job, TransformJobView]):
    """The transform jobs of a mock by name or ARN, as `Jobs` has its training jobs."""

    _job = transform.Job
    _shown = TransformJobView
    _named = "transform jobs"


def _instant(at_us: int | None) -> datetime | None:
    return None if at_us is None else instant(at_us)


def _still(now_us: int) -> Clock:
    clock = Clock(0)
    clock.move_to_us(now_us)
    clock.close()
    return clock


def _still_job(view: type[Any], job: AnyJob, now_us: int) -> Any:  # noqa: ANN401  # a view of that class
    return view(_still(now_us), job, lambda: job)


def _still_jobs(of: type[Any], jobs: Sequence[AnyJob], now_us: int) -> Any:  # noqa: ANN401  # jobs of that class
    store = Store()
    for job in jobs:
        store.put(job)
    return of(_still(now_us), store)
