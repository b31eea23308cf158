"""Several lives on one axis, in plain text, one line per life."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sagemock.jobs.transitions import Transition
from sagemock.picture.axis import Axis, date, length
from sagemock.picture.cells import clean, cut, pad, width
from sagemock.picture.life import Life
from sagemock.picture.look import BEST, LOOKS, MARKS
from sagemock.picture.text import LEAST, MOST, Line, Paper, Span, ruler
from sagemock.training import status

__all__ = ["common_now_us", "counted", "overview"]

WIDTH: Final = 120
"""The width if nothing limits it."""
BAR: Final = 40
"""The width that bars get before messages get any."""
MESSAGE: Final = 24
"""If messages would be cut shorter than this, they are left out."""
HEADING: Final = "message"
PLANNED: Final = "┄"


def overview(lives: Sequence[Life], paper: Paper, zero: str | None = None) -> Iterator[Line]:
    """Yield one line per life, all on one axis, and a legend of the letters.

    The axis begins with the first creation. If the lives were moved, `zero` is the text for the beginning of the axis.
    """
    axis = Axis.of(lives)
    rows = [(_name(life), clean(life.summary), length(life.length_us), _message(life)) for life in lives]
    whole = max(paper.width or WIDTH, LEAST)
    names, statuses, lengths, messages = (max(map(width, column)) for column in zip(*rows, strict=True))
    names, statuses, lengths = max(min(names, whole // 4), 3), max(statuses, 6), max(lengths, 6)
    room = whole - names - statuses - lengths - 6
    least, messages = max(min(messages, MESSAGE), len(HEADING)), min(max(messages, len(HEADING)), room - BAR - 2)
    with_messages = messages >= least
    bar = min(room - messages - 2 if with_messages else room, MOST)
    before = f"{'job':<{names}}  {'status':<{statuses}}  {'length':>{lengths}}  "
    yield from (
        (Span(line, "bold"),) for line in textwrap.wrap(_head(lives, zero or date(axis.begin_us)), whole, subsequent_indent="  ")
    )
    yield Span(before, "dim"), ruler(axis, bar), Span(f"  {HEADING}" if with_messages else "", "dim")
    for (name, summary, lasted, message), life in zip(rows, lives, strict=True):
        yield (
            Span(pad(cut(name, names, paper.ellipsis), names)),
            Span(f"  {pad(summary, statuses)}", life.secondary),
            Span(f"  {lasted:>{lengths}}  "),
            *_cells(life, axis, bar, paper),
            Span(f"  {cut(message, messages, paper.ellipsis)}" if with_messages else ""),
        )
    now_us = common_now_us(lives)
    if now_us is not None and any(life.last_us > now_us for life in lives):
        at, sign = len(before) + axis.cell(now_us, bar), "▲" if paper.unicode else "^"
        # At the right edge, the word fits only before its sign.
        text = f"{' ' * at}{sign} now" if at + 5 <= whole else f"{' ' * (at - 4)}now {sign}"
        yield (Span(text, "bold"),)
    yield from _wrapped(_legend(lives, paper), whole)


def common_now_us(lives: Iterable[Life]) -> int | None:
    """Return the common present instant of these lives; None if there is none (each record has its own)."""
    instants = {life.now_us if life.planned else None for life in lives}
    return instants.pop() if len(instants) == 1 else None


def _head(lives: Sequence[Life], zero: str) -> str:
    counts = ", ".join(f"{number} {summary}" for summary, number in Counter(clean(life.summary) for life in lives).items())
    return f"{counted(lives)}: {counts}; 0 is {zero}"


def counted(lives: Sequence[Life]) -> str:
    """Return the number and the noun of the lives: "3 training jobs"."""
    nouns = {life.noun for life in lives}
    noun = nouns.pop() if len(nouns) == 1 else "job"
    return f"1 {noun}" if len(lives) == 1 else f"{len(lives)} {noun}s"


def _name(life: Life) -> str:
    before = (f"{BEST} " if life.is_best else "  ") if life.is_child else ""
    return f"{before}{clean(life.name)}"


def _message(life: Life) -> str:
    """Return the failure reason of the job, or else its present message."""
    if life.remark:
        return clean(life.remark)
    reasons = [note for note in life.notes if note.startswith("FailureReason")]
    begun = [entry for entry in life.entries if entry.start_us <= life.now_us]
    return clean(reasons[0].partition(" ")[2] if reasons else begun[-1].message)


def _cells(life: Life, axis: Axis, cells: int, paper: Paper) -> Iterator[Span]:
    """Yield the content of each cell: the status that fills most of it. Marks and the end of the job overwrite that."""
    unit = axis.span_us / cells
    fillings = [_filling(life, axis, place * unit, (place + 1) * unit) for place in range(cells)]
    spans = [
        Span(" ") if entry is None else _phase(entry, life, axis.begin_us + place * unit, paper)
        for place, entry in enumerate(fillings)
    ]
    last = life.entries[-1]
    over = axis.cell(last.start_us, cells) if last.status in status.ENDINGS else None
    for mark in life.marks:
        at = axis.cell(mark.at_us, cells)
        # The end keeps its cell; the mark that caused it goes one cell before, if there is room.
        spans[max(at - 1, 0) if at == over else at] = Span(MARKS[mark.label], "bold")
    if over is not None:
        spans[over] = _end(last, life, paper)
    elif not any(fillings):
        spans[axis.cell(life.created_us, cells)] = _phase(last, life, life.now_us, paper)
    return iter(spans)


def _filling(life: Life, axis: Axis, begin: float, end: float) -> Transition | None:
    """Return the entry that fills most of the time from `begin` to `end`, in microseconds from the beginning of the axis."""
    most, filling = 0.0, None
    for entry in life.entries:
        stays_us = (axis.end_us if life.planned else life.now_us) if entry.end_us is None else entry.end_us
        fills = min(stays_us - axis.begin_us, end) - max(entry.start_us - axis.begin_us, begin)
        if fills > most:
            most, filling = fills, entry
    return filling


def _phase(entry: Transition, life: Life, at: float, paper: Paper) -> Span:
    look = LOOKS[entry.status]
    past = at < life.now_us or entry.start_us <= at <= life.now_us
    if paper.unicode:
        return Span(look.block if past else PLANNED, entry.status)
    return Span(look.letter if past else look.letter.lower(), entry.status)


def _end(entry: Transition, life: Life, paper: Paper) -> Span:
    look = LOOKS[entry.status]
    if entry.start_us > life.now_us:
        return Span("○" if paper.unicode else look.letter.lower(), entry.status)
    return Span(look.block if paper.unicode else look.letter, entry.status)


def _legend(lives: Sequence[Life], paper: Paper) -> Iterator[Span]:
    statuses = {entry.status for life in lives for entry in life.entries}
    for name, look in LOOKS.items():
        if name in statuses:
            yield Span(f"{look.block if paper.unicode else look.letter} {name}", name)
    for label in MARKS:
        if any(mark.label == label for life in lives for mark in life.marks):
            yield Span(f"{MARKS[label]} {label}", "bold")
    if any(life.is_best for life in lives):
        yield Span(f"{BEST} the best", "bold")
    if any(life.last_us > life.now_us for life in lives):
        yield Span(f"{PLANNED} ○ still to come" if paper.unicode else "lower case: still to come", "dim")


def _wrapped(items: Iterable[Span], most: int) -> Iterator[Line]:
    line: list[Span] = []
    for item in items:
        if line and sum(len(span.text) for span in line) + len(item.text) > most:
            yield tuple(line)
            line = []
        line += [item, Span("  ")]
    yield tuple(line)
