"""How a test reads jobs: live views, which always show the present instant."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sagemock.checks import nearest, quoted
from sagemock.clock.instants import instant
from sagemock.clock.virtual import Clock
from sagemock.errors import UnknownJob
from sagemock.jobs.kinds import TRAINING
from sagemock.jobs.own import own
from sagemock.jobs.store import Store
from sagemock.picture.show import drawing, timeline
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from sagemock.training.snapshot import Snapshot, snapshot

__all__ = ["JobView", "Jobs", "TransitionView"]

NAMED: Final = 20
"""How many jobs an error names."""


@dataclass(frozen=True, slots=True)
class TransitionView:
    """An entry of SecondaryStatusTransitions; `end` is None while the job is in that status."""

    status: str
    start: datetime
    end: datetime | None
    message: str


class JobView:
    """A training job as it is at the present instant of its mock's clock. `print` it for a picture.

    After the deletion of the job is done, its name, ARN and region remain; everything else raises UnknownJob.
    """

    def __init__(self, clock: Clock, job: Job, find: Callable[[], Job]) -> None:
        self._clock = clock
        self._asked_for = job
        self._find = find

    @property
    def _view(self) -> Snapshot:
        return snapshot(self._find(), self._clock.now_us())

    @property
    def name(self) -> str:
        """TrainingJobName."""
        return self._asked_for.name

    @property
    def arn(self) -> str:
        """TrainingJobArn."""
        return self._asked_for.arn

    @property
    def region(self) -> str:
        """The region in which the job was created."""
        return self._asked_for.place.region

    @property
    def request(self) -> dict[str, Any]:
        """The CreateTrainingJob request as it arrived: a new copy for each caller."""
        copied: dict[str, Any] = own(self._find().request)
        return copied

    @property
    def plan(self) -> Plan:
        """The plan that the job plays."""
        return self._find().plan

    @property
    def status(self) -> str:
        """TrainingJobStatus."""
        return self._view.primary

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
    def created(self) -> datetime:
        """CreationTime."""
        return instant(self._view.created_us)

    @property
    def started(self) -> datetime | None:
        """TrainingStartTime, or None."""
        return _instant(self._view.started_us)

    @property
    def ended(self) -> datetime | None:
        """TrainingEndTime, or None."""
        return _instant(self._view.ended_us)

    @property
    def training_seconds(self) -> int | None:
        """TrainingTimeInSeconds, or None."""
        return self._view.training_s

    @property
    def billable_seconds(self) -> int | None:
        """BillableTimeInSeconds, or None."""
        return self._view.billable_s

    @property
    def failure_reason(self) -> str | None:
        """FailureReason, or None."""
        return self._view.failure_reason

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy (or a pickle) is of the job as it is now, and does not change any more.
        return _still_job, (self._find(), self._clock.now_us())

    def __repr__(self) -> str:
        try:
            return f"<job {self.name!r}: {self.status}/{self.secondary_status}>"
        except UnknownJob:
            return f"<job {self.name!r}, which was deleted>"

    def __str__(self) -> str:
        return timeline(self._find(), self._clock.now_us())

    def _repr_html_(self) -> str:
        # A notebook shows the picture itself.
        return drawing([self._find()], self._clock.now_us())


class Jobs(Mapping[str, JobView]):
    """The jobs of a mock by name, or by ARN if the same name exists in several regions or accounts.

    Such a name is `in` the mapping, but does not identify one job: `jobs[name]` raises UnknownJob, and `get` returns the default.
    A deleted job stays until its deletion is done.
    """

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store

    def find(self, key: str) -> Job:
        """Return a job by name or ARN. Raises UnknownJob if there is no such job, or if several jobs have this name."""
        found = list(self._called(key))
        if not found:
            raise UnknownJob(self._unknown(key))
        if len(found) > 1:
            arns = ", ".join(job.arn for job in found)
            raise UnknownJob(f"several training jobs are called {key!r}; ask for one of the ARNs {arns}")
        return found[0]

    def _called(self, key: object) -> Iterator[Job]:
        if not isinstance(key, str):
            return
        name, now_us = _name_in(key), self._clock.now_us()
        for region in list(self._store.regions.values()):
            job = region.by_name.get(name)
            if isinstance(job, Job) and key in (name, job.arn) and not job.is_gone(now_us):
                yield job

    def _unknown(self, key: object) -> str:
        if not isinstance(key, str):
            return f"jobs are looked up by name or ARN, not by {quoted(key)}: write jobs['churn-1']"
        now_us, jobs = self._clock.now_us(), self._present()
        known = list(dict.fromkeys(job.name for job in jobs))
        ask = f"ask for one of {', '.join(known[:NAMED])}" + (f", or {len(known) - NAMED} more" if len(known) > NAMED else "")
        name = _name_in(key)
        # A job whose deletion is done may still be stored: only the next call forgets it.
        if (TRAINING, name) in self._store.deleted or any(job.name == name and job.is_gone(now_us) for job in self._store.jobs()):
            return f"training job {name!r} was deleted; {ask if known else 'there is none any more'}"
        if not known:
            return f"no training job {quoted(key)} was created; there is none yet: let the code under test create it first"
        near = nearest(key, [*known, *(job.arn for job in jobs)])
        hint = f"did you mean {near!r}? {ask[0].upper()}{ask[1:]}" if near else ask
        return f"no training job {quoted(key)} was created; {hint}"

    def _present(self) -> list[Job]:
        return [job for job in self._store.jobs(self._clock.now_us()) if isinstance(job, Job)]

    def _view(self, job: Job) -> JobView:
        return JobView(self._clock, job, lambda: self.find(job.arn))

    def __getitem__(self, key: str) -> JobView:
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
        return _still_jobs, (list(self._store.jobs()), self._clock.now_us())

    def __repr__(self) -> str:
        return f"<jobs {', '.join(repr(view) for view in self.all())}>"

    def all(self) -> list[JobView]:
        """Return every job in the order of creation, including jobs that share a name."""
        return [self._view(job) for job in self._present()]


def _name_in(key: str) -> str:
    """Return the name of a job that is asked for by it or by its ARN; without `validate` a name may have a slash in it."""
    return key.partition(f":{TRAINING.resource}/")[2] or key


def _instant(at_us: int | None) -> datetime | None:
    return None if at_us is None else instant(at_us)


def _still(now_us: int) -> Clock:
    clock = Clock(0)
    clock.move_to_us(now_us)
    clock.close()
    return clock


def _still_job(job: Job, now_us: int) -> JobView:
    return JobView(_still(now_us), job, lambda: job)


def _still_jobs(jobs: Sequence[Job], now_us: int) -> Jobs:
    store = Store()
    for job in jobs:
        store.put(job)
    return Jobs(_still(now_us), store)
