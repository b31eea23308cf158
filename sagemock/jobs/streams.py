"""Log streams: the lines that the containers of jobs have written by an instant.

A stream creates a line only when it is read, so that reading the end of a long log takes no longer than that of a short one.
"""

from abc import abstractmethod
from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import NamedTuple, overload

from sagemock.jobs.job import AnyJob
from sagemock.jobs.lines import Lines

__all__ = ["AddedLine", "AddedLines", "Line", "Stream", "last_us", "written"]


class AddedLine(NamedTuple):
    """A line that the test adds to the log of a container."""

    at_us: int
    number: int
    """Its number among the added lines, which keeps lines of one instant in order."""
    instance: int
    text: str
    added_us: int
    """When the test added it, which may be later than `at_us`."""

    @property
    def ingested_us(self) -> int:
        """When it can be read at the earliest."""
        return max(self.at_us, self.added_us)


class Line(NamedTuple):
    """A line of a log. Instants are microseconds since the epoch."""

    at_us: int
    order: int
    """Sorts the lines of one instant; later lines never change it."""
    text: str
    ingested_us: int


class Part(Sequence[Line]):
    """A sorted part of the lines of a log stream."""

    @overload
    def __getitem__(self, place: int) -> Line: ...
    @overload
    def __getitem__(self, place: slice) -> list[Line]: ...
    def __getitem__(self, place: int | slice) -> Line | list[Line]:
        places = range(len(self))[place]
        return self._line(places) if isinstance(places, int) else [self._line(one) for one in places]

    @abstractmethod
    def _line(self, place: int) -> Line:
        """Return the line at `place`, which exists."""


class Visit(NamedTuple):
    """The lines of one visit to a status that exist at an instant: `lines.pairs[first:end]`."""

    entered_us: int
    lines: Lines
    first: int
    end: int
    order: int
    """`Line.order` of the very first line of the visit."""


class Planned(Part):
    """The lines of the plan that a container writes from one start to the next."""

    def __init__(self) -> None:
        self._visits: list[Visit] = []
        self._ends: list[int] = []

    def add(self, visit: Visit) -> None:
        """Add a later visit that has lines."""
        self._visits.append(visit)
        self._ends.append(len(self) + visit.end - visit.first)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _line(self, place: int) -> Line:
        index = bisect_right(self._ends, place)
        visit = self._visits[index]
        within = visit.end - (self._ends[index] - place)
        offset_us, text = visit.lines.pairs[within]
        at_us = visit.entered_us + offset_us
        return Line(at_us, visit.order + within, text, at_us)

    @property
    def ingested_us(self) -> int:
        """When the last line could first be read."""
        return self[-1].ingested_us


@dataclass
class AddedLines:
    """The lines that the test added to the log of one instance of a job, in the order of instants and in the order of adding."""

    in_order: list[AddedLine] = field(default_factory=list)
    as_added: list[AddedLine] = field(default_factory=list)

    def add(self, line: AddedLine) -> None:
        """Add a line."""
        insort(self.in_order, line)
        self.as_added.append(line)

    def erase(self, now_us: int) -> None:
        """Remove the lines that can be read by `now_us`."""
        self.in_order = [line for line in self.in_order if line.ingested_us > now_us]
        self.as_added = [line for line in self.as_added if line.ingested_us > now_us]


class AddedPart(Part):
    """The added lines of a container from `begin_us` to before `end_us`."""

    def __init__(self, lines: AddedLines, begin_us: int, end_us: int) -> None:
        self._lines = lines
        self._begin_us, self._end_us = begin_us, end_us
        self._first = bisect_right(lines.in_order, begin_us - 1, key=_at)
        self._count = bisect_right(lines.in_order, end_us - 1, key=_at) - self._first

    def __len__(self) -> int:
        return self._count

    def _line(self, place: int) -> Line:
        line = self._lines.in_order[self._first + place]
        return Line(line.at_us, line.number, line.text, line.ingested_us)

    @property
    def ingested_us(self) -> int:
        """When all lines could first be read: at the instant of the last one, or when the latest one was added."""
        there = (line.added_us for line in reversed(self._lines.as_added) if self._begin_us <= line.at_us < self._end_us)
        return max(next(there), self[-1].at_us)


def _at(line: AddedLine) -> int:
    return line.at_us


class Stream(NamedTuple):
    """A log stream: the lines that the container of one instance has written from one start to the next."""

    job: AnyJob
    instance: int
    begin_us: int
    """When the container started."""
    parts: Sequence[Planned | AddedPart]
    """Its planned and its added lines. No part is empty, and there is at least one: a stream without lines does not exist."""

    @property
    def name(self) -> str:
        """The name of the stream."""
        return self.job.stream(self.instance, self.begin_us)

    @property
    def lines(self) -> list[Line]:
        """All its lines, in order."""
        return list(merge(*self.parts))

    @property
    def first(self) -> Line:
        """Its first line."""
        return min(part[0] for part in self.parts)

    @property
    def last(self) -> Line:
        """Its last line."""
        return max(part[-1] for part in self.parts)

    @property
    def length(self) -> int:
        """How many lines it has."""
        return sum(map(len, self.parts))

    @property
    def ingested_us(self) -> int:
        """When all of its lines could first be read."""
        return max(part.ingested_us for part in self.parts)


def written(job: AnyJob, added: Mapping[int, AddedLines], now_us: int, erased_us: int | None = None) -> Iterator[Stream]:
    """Yield the streams of a job with the lines that are written by `now_us`; planned lines until `erased_us` were deleted.

    `added` has the added lines by instance.
    """
    begins = [begin_us for begin_us in job.runs() if begin_us <= now_us]
    planned = _planned(job, begins, now_us, erased_us)
    for run, (begin_us, end_us) in enumerate(zip(begins, [*begins, now_us + 1][1:], strict=True)):
        for instance in range(1, job.containers + 1):
            parts: list[Planned | AddedPart] = [planned[run]]
            if instance in added:
                parts.append(AddedPart(added[instance], begin_us, end_us))
            there = [part for part in parts if part]
            if there:
                yield Stream(job, instance, begin_us, there)


def _planned(job: AnyJob, begins: Sequence[int], now_us: int, erased_us: int | None) -> list[Planned]:
    """Return the planned lines of each run, without lines that a cut prevented."""
    found = [Planned() for _ in begins]
    order = 0
    for begin_us, end_us, lines in job.timeline.logged_visits:
        entered_us = job.created_us + begin_us
        run = bisect_right(begins, entered_us) - 1
        if entered_us > now_us:
            break
        whole = len(lines.pairs) if end_us is None else lines.until(end_us - begin_us)
        end = min(whole, lines.until(now_us - entered_us))
        first = 0 if erased_us is None else lines.until(erased_us - entered_us)
        if run >= 0 and first < end:
            found[run].add(Visit(entered_us, lines, first, end, order))
        order += whole
    return found


def last_us(job: AnyJob, added: Mapping[int, AddedLines]) -> int:
    """Return an instant after which no container of the job writes, by the present timeline."""
    found = [one.in_order[-1].at_us for one in added.values() if one.in_order]
    found += [job.created_us + writing.begin_us + writing.lines.last_us for writing in job.timeline.logged_visits[-1:]]
    return max(found, default=job.created_us)
