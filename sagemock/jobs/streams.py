"""Logs: what the containers of jobs have written by an instant, stream by stream.

A stream makes a line when somebody looks at it, so that the end of a long log costs no more than that of a short one.
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
    """A line that the test let a container write."""

    at_us: int
    number: int
    """Counts them, so that those of one instant stay in order."""
    instance: int
    text: str
    added_us: int
    """When the test added it: an earlier line comes late."""

    @property
    def ingested_us(self) -> int:
        """When it can be read."""
        return max(self.at_us, self.added_us)


class Line(NamedTuple):
    """A line of a log; instants in microseconds since the epoch."""

    at_us: int
    order: int
    """Its place among the lines of the same instant; it never changes, whatever is written later."""
    text: str
    ingested_us: int


class Part(Sequence[Line]):
    """Lines in order."""

    @overload
    def __getitem__(self, place: int) -> Line: ...
    @overload
    def __getitem__(self, place: slice) -> list[Line]: ...
    def __getitem__(self, place: int | slice) -> Line | list[Line]:
        places = range(len(self))[place]
        return self._line(places) if isinstance(places, int) else [self._line(one) for one in places]

    @abstractmethod
    def _line(self, place: int) -> Line:
        """Return the line at this place, which is there."""


class Visit(NamedTuple):
    """What of the plan's lines is there of one visit to a status."""

    entered_us: int
    lines: Lines
    first: int
    """The place of the first line that is there, and of the first that is not any more."""
    end: int
    order: int
    """The order of the visit's very first line."""


class Planned(Part):
    """What the plan lets a container write from one start to the next."""

    def __init__(self) -> None:
        self._visits: list[Visit] = []
        self._ends: list[int] = []

    def add(self, visit: Visit) -> None:
        """Add a later visit, which has lines."""
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
        """When the last of them could be read."""
        return self[-1].ingested_us


@dataclass
class AddedLines:
    """What the test let one instance of a job write, by instant and in the order in which it added them."""

    in_order: list[AddedLine] = field(default_factory=list)
    as_added: list[AddedLine] = field(default_factory=list)

    def add(self, line: AddedLine) -> None:
        """Add a line."""
        insort(self.in_order, line)
        self.as_added.append(line)

    def erase(self, now_us: int) -> None:
        """Forget what can be read by now."""
        self.in_order = [line for line in self.in_order if line.ingested_us > now_us]
        self.as_added = [line for line in self.as_added if line.ingested_us > now_us]


class AddedPart(Part):
    """What the test let a container write from one start to before the next, as far as it is there by now."""

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
        """When the last of them could be read: of those that are there it is the one that was added last, or the last itself."""
        there = (line.added_us for line in reversed(self._lines.as_added) if self._begin_us <= line.at_us < self._end_us)
        return max(next(there), self[-1].at_us)


def _at(line: AddedLine) -> int:
    return line.at_us


class Stream(NamedTuple):
    """The log of one container: what one instance has written from one start to the next."""

    job: AnyJob
    instance: int
    begin_us: int
    """When the container started."""
    parts: Sequence[Planned | AddedPart]
    """Its lines, by where they come from; none is empty, and there is one at least: before that there is no stream."""

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
        """When the last of its lines could be read."""
        return max(part.ingested_us for part in self.parts)


def written(job: AnyJob, added: Mapping[int, AddedLines], now_us: int, erased_us: int | None = None) -> Iterator[Stream]:
    """Yield the streams of a job with the lines that are written by `now_us`, and of the plan's after `erased_us`.

    `added` is by instance.
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
    """Return the lines of the plan for each run, without those that a cut came before."""
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
    """Return an instant after which no container of the job will write, by what is known now."""
    found = [one.in_order[-1].at_us for one in added.values() if one.in_order]
    found += [job.created_us + writing.begin_us + writing.lines.last_us for writing in job.timeline.logged_visits[-1:]]
    return max(found, default=job.created_us)
