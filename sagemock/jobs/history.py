"""History: which changes of status have happened, and each job's record as it was then."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from sagemock.jobs.job import AnyJob
from sagemock.jobs.store import Store
from sagemock.jobs.timeline import Change

__all__ = ["History", "Occurrence", "Seen", "changed_us", "occurrences"]


class Occurrence(NamedTuple):
    """A change of a job's status, or of its secondary status if it has one."""

    at_us: int
    """Microseconds since the epoch."""
    number: int
    """The number of the job."""
    changes_so_far: int
    """How many changes of its timeline have happened then, this one included."""
    job: AnyJob
    """The record of the job when it changed."""


class Seen(NamedTuple):
    """How much of a job's timeline has been seen."""

    changes: int = 0
    statuses: tuple[str, str] | None = None

    @classmethod
    def of(cls, job: AnyJob, now_us: int) -> "Seen":
        """Return how much of a job's timeline has happened by `now_us`; nothing, if a clock was set back before its creation."""
        changes = job.timeline.until(now_us - job.created_us)
        return cls(len(changes), _statuses(job, changes[-1])) if changes else cls()


def occurrences(job: AnyJob, seen: Seen) -> Iterator[Occurrence]:
    """Yield the changes of status in a job's present timeline that come after `seen`, in order."""
    statuses = seen.statuses
    for count, change in enumerate(job.timeline.changes[seen.changes :], seen.changes + 1):
        now = _statuses(job, change)
        if now != statuses:
            statuses = now
            yield Occurrence(job.created_us + change.at_us, job.number, count, job)


def _statuses(job: AnyJob, change: Change) -> tuple[str, str]:
    """Return the status and the secondary status; the latter is empty for kinds without one, whose phases no API shows."""
    return change.primary, change.secondary if job.kind.secondary_member is not None else ""


def changed_us(old: AnyJob, new: AnyJob | None, now: Callable[[], int]) -> int:
    """Return until when the record `old` was valid: until the instant of the intervention that replaced it, else until now.

    A record is never valid beyond its next step, which may lie in the past if the job was created in the past.
    """
    since_us = None if new is None else new.since_us(old)
    at_us = now() if since_us is None else since_us
    return at_us if old.next_step_us is None else min(at_us, old.next_step_us)


@dataclass(frozen=True, slots=True)
class _Former:
    job: AnyJob
    until_us: int


class History:
    """All changes of status of the jobs of a store, each with the job's record at that moment.

    So a later change of tags or of the request, or a deletion, does not alter what has happened. A call of `happened` takes time
    in proportion to the changes since the last call.
    """

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        """Watch `store`; `now` returns the present instant in microseconds since the epoch."""
        self._store = store
        self._now = now
        self._former: list[_Former] = []
        """The records that were replaced."""
        self._touched: dict[int, AnyJob | None] = {}
        """The jobs that changed since the last call of `happened`, by number; None: the job is gone."""
        self._looked: _Looked | None = None
        store.watchers.append(self._note)

    def _note(self, old: AnyJob | None, new: AnyJob | None, _: int | None) -> None:
        if old is not None:
            self._former.append(_Former(old, changed_us(old, new, self._now)))
        if self._looked is not None:
            for job in (old, new):
                if job is not None:
                    self._touched[job.number] = new

    def happened(self) -> Sequence[Occurrence]:
        """Return all changes of status by now, in the order (instant, job number, index).

        The next call appends to the same list. It returns a new list if a change does not belong at the end: a test can create a
        job whose life began in the past.
        """
        with self._store.lock:
            # A signal handler may raise anywhere in here: then the next call computes everything again.
            looked, self._looked = self._looked, None
            now_us = self._now()
            if (
                looked is None
                or now_us < looked.at_us
                or any(one.until_us < looked.at_us for one in self._former[looked.former :])
            ):
                looked = _Looked()
                self._touched = {job.number: job for job in self._store.jobs()}
            looked.at_us = now_us
            found = self._news(looked, now_us)
            if found and looked.happened and found[0][:3] < looked.happened[-1][:3]:
                found = sorted([*looked.happened, *found], key=_place)
                looked.happened = []
            looked.happened += found
            self._looked = looked
            return looked.happened

    def _news(self, looked: "_Looked", now_us: int) -> list[Occurrence]:
        found: list[Occurrence] = []
        for record in self._former[looked.former :]:
            found += looked.take(record.job, record.until_us)
        looked.former = len(self._former)
        for number, job in self._touched.items():
            if job is None:
                looked.current.pop(number, None)
            else:
                looked.current[number] = job
                looked.expect(job)
        self._touched = {}
        while looked.due and looked.due[0][0] <= now_us:
            _, number = heapq.heappop(looked.due)
            current = looked.current.get(number)
            if current is not None:
                found += looked.take(current, now_us)
                looked.expect(current)
        return sorted(found, key=_place)


@dataclass
class _Looked:
    """The result and the state of the last call of `History.happened`."""

    at_us: int = 0
    happened: list[Occurrence] = field(default_factory=list)
    former: int = 0
    """How many of the former records it includes."""
    seen: dict[int, Seen] = field(default_factory=dict)
    current: dict[int, AnyJob] = field(default_factory=dict)
    due: list[tuple[int, int]] = field(default_factory=list)
    """A heap of (instant of the next change, job number); an entry may come from an older record of the job."""

    def take(self, job: AnyJob, until_us: int) -> list[Occurrence]:
        """Return the changes of this record of a job after those already seen and until `until_us`."""
        news = occurrences(job, self.seen.get(job.number, Seen()))
        self.seen[job.number] = Seen.of(job, until_us)
        return list(takewhile(lambda one: one.at_us <= until_us, news))

    def expect(self, job: AnyJob) -> None:
        """Add the next change of a job to `due`."""
        following = next(occurrences(job, self.seen.get(job.number, Seen())), None)
        if following is not None:
            heapq.heappush(self.due, (following.at_us, job.number))


def _place(one: Occurrence) -> tuple[int, int, int]:
    return one.at_us, one.number, one.changes_so_far
