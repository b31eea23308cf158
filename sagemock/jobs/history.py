"""History: which changes of status have happened, and each job's record as it was then."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    """Return when the record `old` was replaced: with an intervention, at its instant; else now."""
    if new is not None and len(new.interventions) > len(old.interventions):
        return new.created_us + new.interventions[-1].at_us
    return now()


@dataclass(frozen=True, slots=True)
class _Former:
    job: AnyJob
    until_us: int


class History:
    """The records that were replaced since the store began, beside those in the store.

    So what has happened stays as it was when tags or the request are changed later, and when the job is deleted.
    """

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        """Watch `store`; `now` tells the present instant in microseconds since the epoch."""
        self._store = store
        self._now = now
        self._former: list[_Former] = []
        store.watchers.append(self._note)

    def _note(self, old: AnyJob | None, new: AnyJob | None) -> None:
        if old is not None:
            self._former.append(_Former(old, changed_us(old, new, self._now)))

    def happened(self) -> list[Occurrence]:
        """Return what has happened by now, in the order (instant, job number, index)."""
        with self._store.lock:
            now_us = self._now()
            records = [*self._former, *(_Former(job, now_us) for job in self._store.jobs())]
        found: list[Occurrence] = []
        seen: dict[int, Seen] = {}
        for record in records:
            job = record.job
            for one in occurrences(job, seen.get(job.number, Seen())):
                if one.at_us > record.until_us:
                    break
                found.append(one)
            seen[job.number] = Seen.of(job, record.until_us)
        return sorted(found, key=lambda one: one[:3])
