"""Jobs as plain text: a picture of one life, and one line each of many."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from sagemock.clock import instant
from sagemock.jobs import status
from sagemock.jobs.job import Job, Transition, View, view

__all__ = ["situation", "timeline"]

BAR: Final = 30
"""The width of the bars, in characters: the length of the whole life."""
LINES: Final = 20
"""How many jobs `situation` names."""


def timeline(job: Job, now_us: int) -> str:
    """Return a picture of a job's whole life as it is known at `now_us`: what has happened, and what is planned.

    `#` is past, `-` is still to come. Times count from the creation of the job. Plain ASCII but for what the job itself brings.
    """
    at = view(job, now_us)
    whole = view(job, max(now_us, job.last_us))
    span_us = max(now_us, job.last_us) - job.created_us
    rows = [_HEAD, *(_row(entry, job.created_us, now_us, span_us) for entry in whole.transitions)]
    lines = [
        f"{job.name}: {at.primary}/{at.secondary} at {_offset(now_us - job.created_us)}, created {_date(job.created_us)}",
        *_table(rows),
        *_facts(job, at),
    ]
    return "\n".join(lines)


def situation(jobs: Iterable[Job], now_us: int) -> str:
    """Return a line for each job: where it sits, since when, and by which plan."""
    unseen = iter(jobs)
    lines = [_sits(job, now_us) for job in islice(unseen, LINES)]
    more = sum(1 for _ in unseen)
    if more:
        lines.append(f"  and {more} more")
    return "\n".join(lines) or "  there is no training job at all"


def _sits(job: Job, now_us: int) -> str:
    at = view(job, now_us)
    entered_us = at.transitions[-1].start_us
    return f"  {job.name!r} is {at.primary}/{at.secondary} since {_date(entered_us)} by {job.plan!r}"


_Row: TypeAlias = tuple[str, str, str, str, str, str]
_HEAD: Final[_Row] = ("status", "from", "to", "length", "", "message")


def _row(entry: Transition, created_us: int, now_us: int, span_us: int) -> _Row:
    begin = entry.start_us - created_us
    if entry.status in status.ENDINGS:
        return entry.status, _offset(begin), "", "", _bar(begin, begin, now_us - created_us, span_us), entry.message
    end = span_us if entry.end_us is None else entry.end_us - created_us
    bar = _bar(begin, end, now_us - created_us, span_us)
    if entry.end_us is None:
        return entry.status, _offset(begin), "", "no end", bar, entry.message
    return entry.status, _offset(begin), _offset(end), _offset(end - begin), bar, entry.message


def _bar(begin: int, end: int, now: int, span: int) -> str:
    """Return the part of the life from `begin` to `end`; at least one mark, so that a moment is seen too."""
    unit = max(span, 1) / BAR
    first = min(int(begin / unit), BAR - 1)
    last = max(first + 1, min(round(end / unit), BAR))
    marks = ("#" if now >= begin and (now >= end or place * unit < now) else "-" for place in range(first, last))
    return " " * first + "".join(marks)


def _table(rows: Sequence[_Row]) -> Iterator[str]:
    names, begins, ends, lengths = (max(len(row[column]) for row in rows) for column in range(4))
    for name, begin, end, length, bar, message in rows:
        yield f"{name:<{names}}  {begin:>{begins}}  {end:>{ends}}  {length:>{lengths}}  {bar:<{BAR}}  {message}".rstrip()


def _facts(job: Job, at: View) -> Iterator[str]:
    if at.training_s is not None:
        billed = "" if at.billable_s is None else f", {at.billable_s} s billed"
        yield f"{at.training_s} s of training{billed}"
    if at.failure_reason is not None:
        yield f"FailureReason: {at.failure_reason}"
    for offset_us, name in job.timeline.limits:
        if job.created_us + offset_us <= at.modified_us:
            yield f"{name} was reached at {_offset(offset_us)}"


def _date(at_us: int) -> str:
    return f"{instant(at_us):%Y-%m-%d %H:%M:%S} UTC"


def _offset(us: int) -> str:
    """Return a length of time as h:mm:ss, with milliseconds if it has any."""
    milliseconds = us // 1000
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text
