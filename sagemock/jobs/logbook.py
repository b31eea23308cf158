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
"""The first number of lines that a test adds: they come after planned lines of the same instant."""
_TRAINED_BEFORE: Final = Assumption(
    "that the log group of training jobs exists from the beginning, in every account and region, as after an earlier job: since "
    "2017-11-29, when SageMaker began",
    knob="DeleteLogGroup",
)
_FIRST_LINE: Final = Assumption(
    "that the log groups of processing and transform jobs exist from the first line of such a job on",
    since="2026-11-26",
    knob="CreateLogGroup",
)
_BACK: Final = Assumption("that the next line creates a deleted log group again", knob="CreateLogGroup")
_LONG_AGO_US: Final = _TRAINED_BEFORE(1_511_913_600_000_000)
"""2017-11-29."""


class Logbook:
    """The jobs of a region that write lines, including deleted jobs, whose logs stay. Hold the store's lock.

    A log group that `is_old` exists from the beginning, as in an account that has trained before. When a group is deleted, its
    lines are deleted, too; a call or the next line creates it again.
    """

    def __init__(self, *, is_old: bool = True) -> None:
        self._jobs: dict[str, dict[int, AnyJob]] = {}
        self._added: dict[int, list[AddedLine]] = {}
        self._lines: dict[int, dict[int, AddedLines]] = {}
        self._numbers = count(_ADDED)
        # When each job writes its last line, in order, so that a reader of new lines skips jobs that ended long ago.
        self._last: list[tuple[int, int, str]] = []
        self._last_of: dict[int, tuple[int, int, str]] = {}
        self._created_us: int | None = _LONG_AGO_US if _FIRST_LINE(is_old) else None
        self._erased_us: int | None = None

    def put(self, job: AnyJob) -> None:
        """Store a job or its new record, unless the job writes no lines."""
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
        """Return all lines that the test added to the logs of a job, even if they were deleted: metrics come from them, too."""
        return self._added.get(job.number, ())

    def streams(self, now_us: int, name: str | None = None, *, since_us: int = 0) -> Iterator[Stream]:
        """Yield the log streams that exist at `now_us`, of all jobs or of the jobs called `name`.

        Streams whose last line was written before `since_us` may be left out.
        """
        if name is None:
            recent = self._last[bisect_left(self._last, (since_us,)) :]
            jobs = [self._jobs[name][number] for _, number, name in recent]
        else:
            jobs = list(self._jobs.get(name, {}).values())
        for job in jobs:
            yield from written(job, self._lines.get(job.number, {}), now_us, self._erased_us)

    # -- the log group

    def created_us(self, now_us: int) -> int | None:
        """Return when the log group was created, None if there is none."""
        if self._created_us is not None:
            return min(self._created_us, now_us)
        since_us = 0 if self._erased_us is None else self._erased_us
        streams = self.streams(now_us, since_us=since_us)
        return _BACK(min((line.ingested_us for stream in streams for line in stream.lines), default=None))

    def create(self, now_us: int) -> None:
        """Create the log group, which does not exist."""
        self._created_us = now_us

    def erase(self, now_us: int) -> None:
        """Delete the log group with all lines that are written by `now_us`."""
        self._created_us = None
        self._erased_us = now_us
        for by_instance in self._lines.values():
            for lines in by_instance.values():
                lines.erase(now_us)
