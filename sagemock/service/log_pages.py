"""Pages of log events, and the tokens that name positions.

A page begins at a position, not after a number of lines. So a line that is written late, with an earlier instant, does not move
the later pages, and a client that follows the stream does not see it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import Final, NamedTuple, NoReturn

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.jobs.streams import Line, Stream
from sagemock.protocol.refusal import Refusal

__all__ = [
    "END",
    "INVALID",
    "PER_US",
    "Event",
    "Page",
    "Range",
    "after",
    "digits",
    "events",
    "invalid_token",
    "newest_us",
    "page",
    "position",
    "token",
    "with_empty_pages",
]

_BY_PLACE: Final = Assumption("that a follower of a log stream does not see a line that is written late, with an earlier instant")
INVALID: Final = "InvalidParameterException"
_GAP: Final = Assumption(
    "that a page of a log ends where more than three and a half hours pass without a line, and that one empty page comes for "
    "that time, however long it is (dstackai/dstack#2500 shows such pages for gaps of hours; the tokens of an empty page of 2023 "
    "were 3.4 hours apart: boto/boto3#3718)",
    since="2026-11-26",
    knob="Plan.but(empty_log_pages=0)",
)
_GAP_US: Final = _GAP(12_600 * SECOND_US)
_AHEAD_US: Final = 7200 * SECOND_US
"""How far after now reading backward begins (the tokens of boto/boto3#3718; PutLogEvents takes lines of the next two hours)."""
_BYTES: Final = 1_048_576
"""The largest size of a page of events: 1 MB (operation documentation of GetLogEvents)."""
_OVERHEAD: Final = 26
"""The bytes that an event counts in addition to its text (operation documentation of PutLogEvents)."""
_DIGITS: Final = 56
"""The length of an event id: those of the service have 56 digits."""
_TOKEN: Final = re.compile(rf"([fb])/([0-9]{{{_DIGITS}}})/s([1-9][0-9]?)?")
END: Final = 10**_DIGITS - 1
"""A position after every event."""
PER_US: Final = 10**25
"""The number of positions in a microsecond, which order, job and instance share."""


class Event(NamedTuple):
    """A line of a stream, with its position."""

    id: int
    """Its position among all events of the group; it never changes."""
    at_ms: int
    line: Line
    stream: Stream


class Range(NamedTuple):
    """A range of timestamps, with both ends included. None: no end."""

    start_ms: int
    last_ms: int | None


class Page(NamedTuple):
    """Some events, with the positions before and after them."""

    events: Sequence[Event]
    """In the order in which they were read."""
    begin: int
    """The position of the first event of the page; earlier events are before it."""
    end: int
    """The position right after the last event."""
    more: bool


def events(streams: Iterable[Stream], within: Range, at: int, *, forward: bool) -> Iterator[Event]:
    """Yield the events of a range: forward from a position, or backward from before it.

    Events are read only when the caller takes them, so a long stream takes no more time than a short one.
    """
    reads = [_read(stream, part, within, at, forward=forward) for stream in streams for part in stream.parts]
    return merge(*reads, key=_by_id, reverse=not forward)


def _read(stream: Stream, lines: Sequence[Line], within: Range, at: int, *, forward: bool) -> Iterator[Event]:
    first = bisect_left(lines, within.start_ms * 1000, key=_at_us)
    end = len(lines) if within.last_ms is None else bisect_left(lines, (within.last_ms + 1) * 1000, key=_at_us)
    middle = bisect_left(lines, _BY_PLACE(at), key=lambda line: _id(line, stream))
    places = range(max(first, middle), end) if forward else range(min(end, middle) - 1, first - 1, -1)
    for place in places:
        line = lines[place]
        yield Event(_id(line, stream), line.at_us // 1000, line, stream)


def _at_us(line: Line) -> int:
    return line.at_us


def _id(line: Line, stream: Stream) -> int:
    return line.at_us * PER_US + (line.order * 10**9 + stream.job.number) * 10**4 + stream.instance


def _by_id(event: Event) -> int:
    return event.id


def page(found: Iterator[Event], at: int, *, forward: bool, limit: int) -> Page:
    """Return a page of the events from a position on: at most `limit` of them, at most 1 MB, but at least one if there is one."""
    taken: list[Event] = []
    size = 0
    more = False
    last_us = None
    for event in found:
        size += len(event.line.text.encode()) + _OVERHEAD
        more = len(taken) == limit or (size > _BYTES and bool(taken)) or _is_behind_a_gap(event, last_us)
        if more:
            break
        taken.append(event)
        last_us = event.line.at_us
    if not taken:
        return Page(taken, at, at, more=False)
    low, high = (taken[0], taken[-1]) if forward else (taken[-1], taken[0])
    return Page(taken, low.id, high.id + 1, more=more)


def after(line: Line, stream: Stream) -> int:
    """Return the position right after a line."""
    return _id(line, stream) + 1


def digits(at: int) -> str:
    """Return a position as the service writes an event id."""
    return f"{at:0{_DIGITS}}"


def token(direction: str, at: int, empty: int = 0) -> str:
    """Return a token in the service's own form, which leads forward ("f") or backward ("b") from a position.

    The token also has the number of empty pages that were already returned at this position.
    """
    return f"{direction}/{digits(at)}/s{empty or ''}"


def position(sent: str) -> tuple[bool, int, int]:
    """Return whether a token leads forward, its position, and the number of empty pages already returned there."""
    found = _TOKEN.fullmatch(sent)
    if found is None:
        invalid_token()
    return found[1] == "f", int(found[2]), int(found[3] or 0)


def _is_behind_a_gap(event: Event, since_us: int | None) -> bool:
    """Whether the time between `since_us` and an event is so long that a page ends there; False if `since_us` is None."""
    if since_us is None or abs(event.line.at_us - since_us) <= _GAP_US:
        return False
    return event.stream.job.plan.empty_log_pages is None


def newest_us(within: Range, now_us: int) -> int:
    """Return where reading backward without a token begins."""
    latest_us = now_us + _AHEAD_US
    return latest_us if within.last_ms is None else min(within.last_ms * 1000, latest_us)


def with_empty_pages(found: Page, streams: Iterable[Stream], at: int, empty: int, from_us: int | None) -> tuple[Page, int]:
    """Return the page, or an empty page to return first, and the number of empty pages returned so far at this position.

    Empty pages with a token come before a page that has events: one if its first event is long after `from_us`, or as many as
    `empty_log_pages` of the plan says; with such a plan the page itself is only half full.
    """
    if not found.events:
        return found, 0
    wanted = max((stream.job.plan.empty_log_pages or 0 for stream in streams), default=0)
    if empty < max(wanted, _is_behind_a_gap(found.events[0], from_us)):
        return Page([], at, at, more=True), empty + 1
    if not wanted:
        return found, 0
    half = found.events[: (len(found.events) + 1) // 2]
    low, high = sorted((half[0].id, half[-1].id))
    return Page(half, low, high + 1, more=found.more or len(half) < len(found.events)), 0


def invalid_token() -> NoReturn:
    """Refuse a token that was never returned."""
    # boto/boto3#1467
    raise Refusal(INVALID, "The specified nextToken is invalid.")
