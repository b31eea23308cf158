"""The store: the only mutable state of jobs. It has every job of a mock by place, kind and name, in the orders of the lists."""

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from sagemock.clock import forks
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.jobs.logbook import Logbook
from sagemock.jobs.place import Place

__all__ = ["Key", "Order", "Region", "Store"]

Order: TypeAlias = Literal["CreationTime", "Name", "Status"]
Key: TypeAlias = tuple[int | str, ...]
"""The sort key of the last job of a page."""
_J = TypeVar("_J", bound=AnyJob)
Watcher: TypeAlias = Callable[[AnyJob | None, AnyJob | None, int | None], None]
"""A function that gets a job's old record (None: the job is new), its new record (None: the job is gone), and `joins_us` of
`Store.put`."""
_Where: TypeAlias = tuple[Place, str]
"""A place and the name of a kind, because a Kind takes longer to hash."""


class Store:
    """The jobs of one mock. Hold `lock` over a read that leads to a write."""

    def __init__(self) -> None:
        self.lock = forks.lock()
        self.regions: dict[_Where, Region[AnyJob]] = {}
        self.deleted: dict[tuple[Kind, str], None] = {}
        """The kinds and names of the deleted jobs, in the order of deletion; the dict serves as an ordered set."""
        self._count = 0
        self._ends: list[tuple[int, int, _Where, str]] = []
        self._leaving: list[tuple[int, _Where, str]] = []
        self._settled = False
        """Whether the first of `_ends` is known to be of a present record."""
        self.watchers: list[Watcher] = []
        """Functions that are called under the lock after each change."""

    def region(self, place: Place, of: type[_J]) -> "Region[_J]":
        """Return the jobs of the class `of` at `place`: an empty region if there are none yet."""
        # Every API call comes here, so the usual case is fast.
        kind: Any = of.kind
        found: Any = self.regions.get((place, kind.name))
        return self.kind_at(place, kind) if found is None else found  # type: ignore[return-value]  # of that class

    def kind_at(self, place: Place, kind: Kind) -> "Region[AnyJob]":
        """Return the jobs of a kind at `place`."""
        where = place, kind.name
        found = self.regions.get(where)
        if found is None:
            with self.lock:
                found = self.regions.setdefault(where, Region(logbook=Logbook(is_old=kind == TRAINING)))
        return found

    @property
    def is_untouched(self) -> bool:
        """Whether no job was ever created, not even one that is deleted now."""
        return not self._count

    def next_number(self) -> int:
        """Return the number of the next job to be created."""
        with self.lock:
            self._count += 1
            return self._count

    def put(self, job: AnyJob, *, joins_us: int | None = None) -> None:
        """Add a job or replace its record. `joins_us` is the present instant if a new job was created in the past."""
        with self.lock:
            try:
                region = self.kind_at(job.place, job.kind)
                old = region.by_name.get(job.name) if self.watchers else None
                region.put(job)
                self._file(job)
                for watcher in self.watchers:
                    watcher(old, job, joins_us)
            except BaseException:
                self._mend()
                raise

    def forget(self, now_us: int) -> None:
        """Forget the jobs whose deletion is done by `now_us`."""
        while self._leaving and self._leaving[0][0] <= now_us:
            with self.lock:
                try:
                    _, where, name = heapq.heappop(self._leaving)
                    gone = self.regions[where].remove(name)
                    if gone is None:
                        # The job was deleted twice in a row.
                        continue
                    self.deleted[gone.kind, name] = None
                    self._settled = False
                    for watcher in self.watchers:
                        watcher(gone, None, None)
                except BaseException:
                    self._mend()
                    raise

    def _file(self, job: AnyJob) -> None:
        where = job.place, job.kind.name
        heapq.heappush(self._ends, (-job.settled_us, job.number, where, job.name))
        if job.interventions and job.gone_us is not None:
            heapq.heappush(self._leaving, (job.gone_us, where, job.name))
        self._settled = False

    def _mend(self) -> None:
        """Rebuild the orders of all jobs: a signal handler may have raised when only some of them had been changed."""
        self._ends, self._leaving = [], []
        for region in self.regions.values():
            region.mend()
            for job in region.by_name.values():
                self._file(job)

    def jobs(self, now_us: int | None = None) -> Iterator[AnyJob]:
        """Return the jobs that exist at `now_us`, in the order of creation; None: also those that `forget` will remove."""
        with self.lock:
            every = (job for region in self.regions.values() for job in region.by_name.values())
            return iter(sorted((job for job in every if now_us is None or not job.is_gone(now_us)), key=_creation))

    def settled_us(self) -> int | None:
        """Return the instant after which jobs change only through calls; None if there is no job."""
        with self.lock:
            return -self._ends[0][0] if self._settled else self._settled_us()

    def pending(self, now_us: int) -> bool:
        """Whether a job will still change without a call."""
        settled_us = self.settled_us()
        return settled_us is not None and settled_us > now_us

    def _settled_us(self) -> int | None:
        while self._ends:
            negative, number, where, name = self._ends[0]
            job = self.regions[where].by_name.get(name)
            if job is not None and job.number == number and job.settled_us == -negative:
                self._settled = True
                return -negative
            # The entry is of an older record, whose life ended later.
            heapq.heappop(self._ends)
        return None


@dataclass
class Region(Generic[_J]):
    """The jobs of one kind at one place, with the log group of that kind there."""

    by_name: dict[str, _J] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _created: list[tuple[int, int]] = field(default_factory=list)
    """When each job was created, and its number."""
    _numbered: dict[int, str] = field(default_factory=dict)
    _statuses: "_ByStatus | None" = None
    logbook: Logbook = field(default_factory=Logbook)

    def put(self, job: _J) -> None:
        """Add a job or replace its record."""
        if job.name not in self.by_name:
            insort(self._names, job.name)
            insort(self._created, (job.created_us, job.number))
            self._numbered[job.number] = job.name
        self.by_name[job.name] = job
        self.logbook.put(job)
        if self._statuses is not None:
            self._statuses.put(job)

    def mend(self) -> None:
        """Rebuild all orders."""
        self._numbered = {job.number: name for name, job in self.by_name.items()}
        self._names, self._statuses = sorted(self.by_name), None
        self._created = sorted((job.created_us, job.number) for job in self.by_name.values())
        for _, number in self._created:
            self.logbook.put(self.by_name[self._numbered[number]])

    def remove(self, name: str) -> _J | None:
        """Remove a job and return it, None if there is none with this name."""
        job = self.by_name.pop(name, None)
        if job is None:
            return None
        del self._names[bisect_left(self._names, name)]
        del self._created[bisect_left(self._created, (job.created_us, job.number))]
        del self._numbered[job.number]
        if self._statuses is not None:
            self._statuses.remove(job.number)
        return job

    def page(self, order: Order, *, descending: bool, after: Key | None, limit: int, now_us: int) -> list[tuple[Key, _J]]:
        """Return at most `limit` jobs that come after the key `after` in this order, each with its key.

        The time hardly depends on the number of jobs.
        """
        if order == "Name":
            names = _slice(self._names, str(after[0]) if after else None, limit, descending=descending)
            return [((name,), self.by_name[name]) for name in names]
        if order == "CreationTime":
            place = (int(after[0]), int(after[1])) if after else None
            found = _slice(self._created, place, limit, descending=descending)
            return [(key, self.by_name[self._numbered[key[1]]]) for key in found]
        statuses, self._statuses = self._statuses, None
        if statuses is None:
            statuses = _ByStatus()
            for job in self.by_name.values():
                statuses.put(job)
        keys = statuses.page(descending=descending, after=after, limit=limit, now_us=now_us)
        # Stored again only now: after an exception from a signal handler, the half-changed index must be rebuilt.
        self._statuses = statuses
        return [((primary, number), self.by_name[self._numbered[number]]) for primary, number in keys]


class _ByStatus:
    """An index of a region's jobs by status, at an instant that only moves forward; built at the first list sorted by status."""

    def __init__(self) -> None:
        self._buckets: dict[str, list[int]] = {}
        self._where: dict[int, str] = {}
        self._jobs: dict[int, AnyJob] = {}
        self._due: list[tuple[int, int]] = []

    def put(self, job: AnyJob) -> None:
        self._jobs[job.number] = job
        # The next page puts the job into the bucket of the status that it has then.
        heapq.heappush(self._due, (job.created_us, job.number))

    def remove(self, number: int) -> None:
        del self._jobs[number]
        if number in self._where:
            bucket = self._buckets[self._where.pop(number)]
            del bucket[bisect_left(bucket, number)]

    def page(self, *, descending: bool, after: Key | None, limit: int, now_us: int) -> list[tuple[str, int]]:
        self._catch_up(now_us)
        found: list[tuple[str, int]] = []
        for primary in sorted(self._buckets, reverse=descending):
            start = None
            if after is not None:
                if (primary < str(after[0])) != descending and primary != after[0]:
                    continue
                start = int(after[1]) if primary == after[0] else None
            numbers = _slice(self._buckets[primary], start, limit - len(found), descending=descending)
            found += [(primary, number) for number in numbers]
            if len(found) == limit:
                break
        return found

    def _catch_up(self, now_us: int) -> None:
        while self._due and self._due[0][0] <= now_us:
            _, number = heapq.heappop(self._due)
            if number not in self._jobs:
                continue
            job = self._jobs[number]
            primary = job.state(now_us).primary
            if self._where.get(number) != primary:
                if number in self._where:
                    old = self._buckets[self._where[number]]
                    del old[bisect_left(old, number)]
                insort(self._buckets.setdefault(primary, []), number)
                self._where[number] = primary
            ahead = [change for change in job.timeline.after(now_us - job.created_us) if change.primary != primary]
            if ahead:
                heapq.heappush(self._due, (job.created_us + ahead[0].at_us, number))


_Key = TypeVar("_Key", int, str, tuple[int, int])


def _slice(ordered: list[_Key], after: _Key | None, limit: int, *, descending: bool) -> list[_Key]:
    if descending:
        end = len(ordered) if after is None else bisect_left(ordered, after)
        return ordered[max(0, end - limit) : end][::-1]
    start = 0 if after is None else bisect_right(ordered, after)
    return ordered[start : start + limit]


def _creation(job: AnyJob) -> tuple[int, int]:
    return job.created_us, job.number
