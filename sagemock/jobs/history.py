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
    """The record by which it happens."""


class Seen(NamedTuple):
    """How much of a job's timeline has been seen."""

    changes: int = 0
    statuses: tuple[str, str] | None = None

    @classmethod
    def of(cls, job: AnyJob, now_us: int) -> "Seen":
        """Return all that has happened to a job by `now_us`: nothing before its creation, if a clock was set back."""
        changes = job.timeline.until(now_us - job.created_us)
        return cls(len(changes), _statuses(job, changes[-1])) if changes else cls()


def occurrences(job: AnyJob, seen: Seen) -> Iterator[Occurrence]:
    """Yield in order what happens to a job, as it is known now, after what was seen."""
    statuses = seen.statuses
    for count, change in enumerate(job.timeline.changes[seen.changes :], seen.changes + 1):
        now = _statuses(job, change)
        if now != statuses:
            statuses = now
            yield Occurrence(job.created_us + change.at_us, job.number, count, job)


def _statuses(job: AnyJob, change: Change) -> tuple[str, str]:
    """Return the statuses that the service shows: the phases of other kinds than training jobs are not among them."""
    return change.primary, change.secondary if job.kind.secondary_member is not None else ""


def changed_us(old: AnyJob, new: AnyJob | None, now: Callable[[], int]) -> int:
    """Return until when the record `old` held: with an intervention, until its instant; else until now.

    It never held beyond its next step: what came then was not known by it. Of a job that was created in the past, that is past.
    """
    since_us = None if new is None else new.since_us(old)
    at_us = now() if since_us is None else since_us
    return at_us if old.next_step_us is None else min(at_us, old.next_step_us)


@dataclass(frozen=True, slots=True)
class _Former:
    job: AnyJob
    until_us: int


class History:
    """What has happened to the jobs of a store since it began, each change with the job's record as it was then.

    So what has happened stays as it was when tags or the request are changed later, and when the job is deleted. To look costs
    as much as has happened since the last look, and nothing before the first.
    """

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        """Watch `store`; `now` tells the present instant in microseconds since the epoch."""
        self._store = store
        self._now = now
        self._former: list[_Former] = []
        """The records that were replaced."""
        self._touched: dict[int, AnyJob | None] = {}
        """The jobs that changed since the last look, by number; None: it is gone."""
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
        """Return what has happened by now, in the order (instant, job number, index).

        The same list grows with the next look. It is another one if something is not to be put at its end: a test can create a
        job whose life began earlier.
        """
        with self._store.lock:
            # A handler of a signal may raise at any place: then the next look begins anew.
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
    """What was found at the last look."""

    at_us: int = 0
    happened: list[Occurrence] = field(default_factory=list)
    former: int = 0
    """How many of the former records are in it."""
    seen: dict[int, Seen] = field(default_factory=dict)
    current: dict[int, AnyJob] = field(default_factory=dict)
    due: list[tuple[int, int]] = field(default_factory=list)
    """When something happens next to a job, by number; perhaps by an older record of it."""

    def take(self, job: AnyJob, until_us: int) -> list[Occurrence]:
        """Return what happens to a job, by this record, after what was seen and until an instant."""
        news = occurrences(job, self.seen.get(job.number, Seen()))
        self.seen[job.number] = Seen.of(job, until_us)
        return list(takewhile(lambda one: one.at_us <= until_us, news))

    def expect(self, job: AnyJob) -> None:
        """Note when the next thing happens to a job."""
        following = next(occurrences(job, self.seen.get(job.number, Seen())), None)
        if following is not None:
            heapq.heappush(self.due, (following.at_us, job.number))


def _place(one: Occurrence) -> tuple[int, int, int]:
    return one.at_us, one.number, one.changes_so_far
