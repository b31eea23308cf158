"""The logbook of a region: its log group, and the jobs that write there."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from sagemock.evidence import Assumption
from sagemock.jobs.job import AnyJob
from sagemock.jobs.streams import AddedLine, AddedLines, Stream, last_us, written

__all__ = ["Logbook"]

_ADDED = 10**9
"""What a test adds comes after what was planned for the same instant."""
_TRAINED_BEFORE: Final = Assumption(
    "that the log group of training jobs is there from the beginning, in every account and region, as after an earlier job: "
    "since 2017-11-29, when SageMaker began",
    knob="DeleteLogGroup",
)
_FIRST_LINE: Final = Assumption(
    "that the log groups of processing and transform jobs are there from the first line of such a job on",
    since="2026-11-26",
    knob="CreateLogGroup",
)
_BACK: Final = Assumption("that a deleted log group is there again with the next line", knob="CreateLogGroup")
_LONG_AGO_US: Final = _TRAINED_BEFORE(1_511_913_600_000_000)
"""2017-11-29."""


class Logbook:
    """The jobs of a region that write lines, also those that are deleted: their logs stay. Hold the store's lock.

    A log group that `is_old` is there from the beginning, as in an account that has trained before. A caller that deletes a group
    deletes its lines with it; it comes back when somebody creates it, or with the next line.
    """

    def __init__(self, *, is_old: bool = True) -> None:
        self._jobs: dict[str, dict[int, AnyJob]] = {}
        self._added: dict[int, list[AddedLine]] = {}
        self._lines: dict[int, dict[int, AddedLines]] = {}
        self._numbers = count(_ADDED)
        # When each job writes its last line, in order: what ended long ago is not looked at by who reads what is new.
        self._last: list[tuple[int, int, str]] = []
        self._last_of: dict[int, tuple[int, int, str]] = {}
        self._created_us: int | None = _LONG_AGO_US if _FIRST_LINE(is_old) else None
        self._erased_us: int | None = None

    def put(self, job: AnyJob) -> None:
        """Take note of a job, or of its new record; of one that writes nothing nothing is kept."""
        if job.has_lines or job.number in self._added:
            self._jobs.setdefault(job.name, {})[job.number] = job
            old = self._last_of.get(job.number)
            if old is not None:
                del self._last[bisect_left(self._last, old)]
            new = last_us(job, self._lines.get(job.number, {})), job.number, job.name
            self._last_of[job.number] = new
            insort(self._last, new)

    def add(self, job: AnyJob, at_us: int, text: str, *, instance: int, now_us: int) -> None:
        """Let a container of `job` write a line at `at_us`."""
        line = AddedLine(at_us, next(self._numbers), instance, text, now_us)
        self._added.setdefault(job.number, []).append(line)
        self._lines.setdefault(job.number, {}).setdefault(instance, AddedLines()).add(line)
        self.put(job)

    def added(self, job: AnyJob) -> Iterable[AddedLine]:
        """Return what the test let the containers of a job write, be it in the group or deleted: metrics were read off it."""
        return self._added.get(job.number, ())

    def streams(self, now_us: int, name: str | None = None, *, since_us: int = 0) -> Iterator[Stream]:
        """Yield the streams that exist at `now_us`, of all jobs or of those with a name.

        Those may be left out whose last line was written before `since_us`.
        """
        if name is None:
            recent = self._last[bisect_left(self._last, (since_us,)) :]
            jobs = [self._jobs[name][number] for _, number, name in recent]
        else:
            jobs = list(self._jobs.get(name, {}).values())
        for job in jobs:
            yield from written(job, self._lines.get(job.number, {}), now_us, self._erased_us)

    # -- the group

    def created_us(self, now_us: int) -> int | None:
        """Return when the log group was created, None if there is none."""
        if self._created_us is not None:
            return min(self._created_us, now_us)
        since_us = 0 if self._erased_us is None else self._erased_us
        streams = self.streams(now_us, since_us=since_us)
        return _BACK(min((line.ingested_us for stream in streams for line in stream.lines), default=None))

    def create(self, now_us: int) -> None:
        """Create the log group, which is not there."""
        self._created_us = now_us

    def erase(self, now_us: int) -> None:
        """Delete the log group, with all that is written by now."""
        self._created_us = None
        self._erased_us = now_us
        for by_instance in self._lines.values():
            for lines in by_instance.values():
                lines.erase(now_us)
