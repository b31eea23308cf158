"""What a test reads of the jobs: live views, which always show the present instant."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemock.clock import Clock
from sagemock.errors import UnknownJob, UsageError
from sagemock.instants import instant
from sagemock.jobs.job import Job, View, view
from sagemock.jobs.plan import Plan
from sagemock.jobs.store import Region, Store
from sagemock.render import drawing, timeline

__all__ = ["JobView", "Jobs", "TransitionView"]


@dataclass(frozen=True, slots=True)
class TransitionView:
    """An entry of SecondaryStatusTransitions; `end` is None while the job is in that status."""

    status: str
    start: datetime
    end: datetime | None
    message: str


class JobView:
    """A training job as it is at the present instant of its mock's clock. `print` it for a picture."""

    def __init__(self, clock: Clock, find: Callable[[], Job]) -> None:
        self._clock = clock
        self._find = find

    @property
    def _view(self) -> View:
        return view(self._find(), self._clock.now_us())

    @property
    def name(self) -> str:
        """TrainingJobName."""
        return self._find().name

    @property
    def arn(self) -> str:
        """TrainingJobArn."""
        return self._find().arn

    @property
    def region(self) -> str:
        """The region in which the job was created."""
        return self._find().place.region

    @property
    def request(self) -> Mapping[str, Any]:
        """The CreateTrainingJob request, as it was received."""
        return self._find().request

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

    def __repr__(self) -> str:
        return f"<job {self.name!r}: {self.status}/{self.secondary_status}>"

    def __str__(self) -> str:
        return timeline(self._find(), self._clock.now_us())

    def _repr_html_(self) -> str:
        # A notebook shows the picture itself.
        return drawing([self._find()], self._clock.now_us())


class Jobs(Mapping[str, JobView]):
    """The jobs of a mock by name; by ARN where the same name exists in several regions or accounts."""

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store

    def find(self, key: str) -> Job:
        """Return a job by name or ARN. Raises KeyError if there is none, UsageError if the name alone does not tell which."""
        found = [region.by_name[name] for region, name in self._places(key)]
        if not found:
            known = ", ".join(self)
            hint = f"ask for one of {known}" if known else "there is none yet: let the code under test create it first"
            msg = f"no training job {key!r} was created; {hint}"
            raise UnknownJob(msg)
        if len(found) > 1:
            arns = ", ".join(job.arn for job in found)
            msg = f"{key!r} exists more than once; ask by one of the ARNs {arns}"
            raise UsageError(msg)
        return found[0]

    def _places(self, key: str) -> Iterator[tuple[Region, str]]:
        name = key.rpartition("/")[2]
        for region in list(self._store.regions.values()):
            job = region.by_name.get(name)
            if job is not None and key in (name, job.arn):
                yield region, name

    def __getitem__(self, key: str) -> JobView:
        job = self.find(key)
        return JobView(self._clock, lambda: self._store.regions[job.place].by_name[job.name])

    def __contains__(self, key: object) -> bool:
        # Also of a name that exists more than once, where asking for the job itself is an error.
        return isinstance(key, str) and any(True for _ in self._places(key))

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(job.name for job in self._store.jobs()))

    def __len__(self) -> int:
        return len({job.name for job in self._store.jobs()})

    def __repr__(self) -> str:
        return f"<jobs {', '.join(repr(view) for view in self.all())}>"

    def all(self) -> list[JobView]:
        """Return every job in the order of creation, also those that share a name."""
        return [self[job.arn] for job in self._store.jobs()]


def _instant(at_us: int | None) -> datetime | None:
    return None if at_us is None else instant(at_us)
