"""Logs: what the containers of jobs have written by an instant, stream by stream."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

from sagemock.instants import SECOND_US
from sagemock.jobs import resources
from sagemock.jobs.job import Job
from sagemock.jobs.lines import WRITES
from sagemock.jobs.status import STOPPING

__all__ = ["Line", "Logbook", "Said", "Stream", "runs", "written"]

_SAID = 10**9
"""What is said comes after what was planned for the same instant."""


class Said(NamedTuple):
    """A line that the test let a container write."""

    at_us: int
    number: int
    """Counts them, so that those of one instant stay in order."""
    instance: int
    text: str
    told_us: int
    """When the test said so: an earlier line comes late."""


class Line(NamedTuple):
    """A line of a log; instants in microseconds since the epoch."""

    at_us: int
    order: int
    """Its place among the lines of the same instant; it never changes, whatever is written later."""
    text: str
    ingested_us: int


class Stream(NamedTuple):
    """The log of one container: what one instance has written from one start to the next."""

    job: Job
    instance: int
    begin_us: int
    """When the container started."""
    lines: list[Line]
    """In order, at least one: before that there is no stream."""

    @property
    def name(self) -> str:
        """The name of the stream, as AWS's own (developer guide, kubernetes-sagemaker-jobs): `job/algo-1-1574293123`."""
        return f"{self.job.name}/algo-{self.instance}-{self.begin_us // SECOND_US}"


class Logbook:
    """The jobs of a region that write lines, also those that are deleted: their logs stay. Hold the store's lock."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[int, Job]] = {}
        self._said: dict[int, list[Said]] = {}
        self._numbers = count(_SAID)

    def put(self, job: Job) -> None:
        """Take note of a job, or of its new record; of one that writes nothing nothing is kept."""
        if job.script.writes or job.number in self._said:
            self._jobs.setdefault(job.name, {})[job.number] = job

    def say(self, job: Job, at_us: int, text: str, *, instance: int, now_us: int) -> None:
        """Let a container of `job` write a line at `at_us`."""
        self._said.setdefault(job.number, []).append(Said(at_us, next(self._numbers), instance, text, now_us))
        self.put(job)

    def said(self, job: Job) -> Iterable[Said]:
        """Return what the test let the containers of a job write."""
        return self._said.get(job.number, ())

    def streams(self, now_us: int, name: str | None = None) -> Iterator[Stream]:
        """Yield the streams that exist at `now_us`, of all jobs or of those with a name."""
        found = self._jobs.values() if name is None else [self._jobs.get(name, {})]
        for jobs in found:
            for job in jobs.values():
                yield from written(job, self.said(job), now_us)


def runs(job: Job) -> list[int]:
    """Return the instants at which a container of the job starts, as far as is known now; each start is a stream of its own."""
    found: list[int] = []
    runs_now = False
    for change in job.timeline.changes:
        if change.enters:
            # A stop starts no container.
            if change.secondary in WRITES - {STOPPING} and not runs_now:
                found.append(job.created_us + change.at_us)
                runs_now = True
            runs_now = runs_now and change.secondary in WRITES
    return found


def written(job: Job, said: Iterable[Said], now_us: int) -> Iterator[Stream]:
    """Yield the streams of a job with the lines that are written by `now_us`."""
    begins = [begin_us for begin_us in runs(job) if begin_us <= now_us]
    planned: list[list[Line]] = [[] for _ in begins]
    for begin_us, line in _planned(job, now_us):
        run = bisect_right(begins, begin_us) - 1
        if run >= 0:
            planned[run].append(line)
    added: dict[tuple[int, int], list[Line]] = {}
    for at_us, number, instance, text, told_us in said:
        run = bisect_right(begins, at_us) - 1
        if at_us <= now_us and run >= 0:
            added.setdefault((run, instance), []).append(Line(at_us, number, text, max(at_us, told_us)))
    for run, begin_us in enumerate(begins):
        for instance in range(1, resources.count(job.request) + 1):
            lines = planned[run]
            if (run, instance) in added:
                lines = sorted([*lines, *added[run, instance]])
            if lines:
                yield Stream(job, instance, begin_us, lines)


def _planned(job: Job, now_us: int) -> Iterator[tuple[int, Line]]:
    """Yield the lines of the plan in order, without those that a cut came before, each with the beginning of its visit."""
    order = count()
    for begin_us, end_us, lines in job.timeline.writings:
        entered_us = job.created_us + begin_us
        until_us = now_us - entered_us
        if end_us is not None:
            until_us = min(until_us, end_us - begin_us)
        for offset_us, text in lines.pairs:
            if offset_us > until_us:
                break
            at_us = entered_us + offset_us
            yield entered_us, Line(at_us, next(order), text, at_us)
