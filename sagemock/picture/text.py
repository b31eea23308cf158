"""One life in plain text, as lines of styled spans. A terminal can colour them by their styles."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from sagemock.jobs.transitions import Transition
from sagemock.picture.axis import Axis, date, offset
from sagemock.picture.cells import clean, cut, pad, width, wrapped
from sagemock.picture.life import Life, Mark
from sagemock.training import status

__all__ = ["LEAST", "MOST", "Line", "Paper", "Span", "draw", "plain", "ruler"]


class Span(NamedTuple):
    """Text in one style: the name of a status (for its colour), "bold", "dim", or ""."""

    text: str
    style: str = ""


Line: TypeAlias = tuple[Span, ...]

BAR: Final = 30
"""The width of the bars, in characters, if nothing limits it."""
SHORT: Final = 16
"""The minimum width of the bars if the width is limited and there is room for messages."""
MOST: Final = 100
"""The maximum width of the bars."""
NARROW: Final = 100
"""Below this width, one column is left out, to leave room for messages."""
LEAST: Final = 60
"""The minimum width of a picture: a narrower terminal wraps its lines."""
SHORTEST: Final = 8
"""The minimum width of a message, and of bars on a narrow terminal."""


@dataclass(frozen=True, slots=True)
class Paper:
    """The medium of a text picture: its width (None: as wide as needed), and whether it can show Unicode's blocks."""

    width: int | None = None
    unicode: bool = False

    @property
    def ellipsis(self) -> str:
        """The end of a text that was cut."""
        return "…" if self.unicode else "..."


def plain(lines: Iterable[Line]) -> str:
    """Return lines as plain text."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


def ruler(axis: Axis, cells: int) -> Span:
    """Return the ticks of an axis. Each label begins at its tick, with room before the next one."""

    def places(ticks: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
        return [(int(at_us * cells / axis.span_us), label) for at_us, label in ticks]

    def fits(ticks: Sequence[tuple[int, str]]) -> bool:
        return all(at + len(label) + 2 <= after for (at, label), (after, _) in pairwise(places(ticks)))

    text = ""
    for at, label in places(axis.ticks(fits, cells)):
        # A tick at the very end has no room for its label.
        if at + len(label) <= cells:
            text = text.ljust(at) + label
    return Span(text.ljust(cells), "dim")


def draw(life: Life, paper: Paper) -> Iterator[Line]:
    """Yield the picture of a life: one row per entry or mark, and the notes."""
    axis = Axis.of([life])
    rows = [_entry(one, life) if isinstance(one, Transition) else _mark(one, life) for one in _in_order(life)]
    indexes = (0, 1, 3) if paper.width is not None and paper.width < NARROW else (0, 1, 2, 3)
    columns = [max(len(cells[column]) for cells in (_HEAD, *(row.cells for row in rows))) for column in indexes]
    bar, message = _share(paper, sum(columns) + 2 * len(columns) + 2, max(width(row.message) for row in rows))
    yield from _title(life, paper)
    yield *_fixed(_HEAD, indexes, columns, "dim", "dim"), ruler(axis, bar), Span("  message", "dim")
    for row in rows:
        text = row.message if message is None else cut(row.message, message, paper.ellipsis)
        what = row.what
        picture = _bar(what, life, axis, bar, paper) if isinstance(what, Transition) else _sign(what, axis, bar, paper)
        yield *_fixed(row.cells, indexes, columns, row.style), *picture, Span(f"  {text}")
    for note in life.notes:
        text = clean(note)
        yield from ((Span(line),) for line in wrapped(text, None if paper.width is None else max(paper.width, LEAST)))


def _title(life: Life, paper: Paper) -> Iterator[Line]:
    """Yield the job's name, status and creation, in one line if there is room."""
    name, began = clean(life.name), f"created {date(life.created_us)}"
    stands = f": {clean(f'{life.primary}/{life.secondary}')} at {offset(life.now_us - life.created_us)}"
    if paper.width is None or width(name) + len(stands) + len(began) + 2 <= max(paper.width, LEAST):
        yield Span(name, "bold"), Span(f"{stands}, {began}")
    else:
        yield Span(cut(name, max(paper.width, LEAST) - len(stands), paper.ellipsis), "bold"), Span(stands)
        yield (Span(began),)


class _Row(NamedTuple):
    what: Transition | Mark
    cells: tuple[str, str, str, str]
    message: str
    style: str


_HEAD: Final = ("status", "from", "to", "length")


def _in_order(life: Life) -> Iterator[Transition | Mark]:
    """Yield the entries and the marks in order. A mark comes before an entry of the same instant, which it may have caused."""
    places: list[tuple[tuple[int, bool, int], Transition | Mark]] = [
        *(((entry.start_us, number > 0, number), entry) for number, entry in enumerate(life.entries)),
        *(((mark.at_us, False, number), mark) for number, mark in enumerate(life.marks, 1)),
    ]
    for _, one in sorted(places, key=lambda place: place[0]):
        yield one


def _entry(entry: Transition, life: Life) -> _Row:
    begin = offset(entry.start_us - life.created_us)
    if entry.status in status.ENDINGS:
        times = (begin, "", "")
    elif entry.end_us is not None:
        times = (begin, offset(entry.end_us - life.created_us), offset(entry.end_us - entry.start_us))
    else:
        times = (begin, "", "no end" if life.planned else "open")
    return _Row(entry, (entry.status, *times), clean(entry.message), entry.status)


def _mark(mark: Mark, life: Life) -> _Row:
    return _Row(mark, (f"  {mark.label}", offset(mark.at_us - life.created_us), "", ""), clean(mark.text), "bold")


def _share(paper: Paper, fixed: int, longest: int) -> tuple[int, int | None]:
    """Return the widths of the bars and of the messages; None: messages are not cut."""
    if paper.width is None:
        return BAR, None
    room = max(paper.width, LEAST) - fixed
    bar = min(max(room - longest, SHORT), MOST)
    # On a narrow terminal, the bars give way to the messages.
    bar = max(min(bar, room - SHORTEST), SHORTEST)
    return bar, max(room - bar, SHORTEST)


def _fixed(cells: Sequence[str], indexes: Sequence[int], columns: Sequence[int], name: str, times: str = "") -> Line:
    """Return the columns before the bar, in the styles for the name and for the times."""
    first, *rest = zip((cells[index] for index in indexes), columns, strict=True)
    return Span(f"{first[0]:<{first[1]}}  ", name), Span("".join(f"{text:>{column}}  " for text, column in rest), times)


def _bar(entry: Transition, life: Life, axis: Axis, cells: int, paper: Paper) -> Line:
    """Return the bar of an entry. It has at least one cell, so that even a moment is visible."""
    end_us = axis.end_us if entry.end_us is None else entry.end_us
    first = axis.cell(entry.start_us, cells)
    last = max(first + 1, min(round(axis.at(end_us, cells)), cells))
    past, planned = "█░" if paper.unicode else "#-"
    has_begun, is_past = life.now_us >= entry.start_us, life.now_us >= end_us
    now = axis.at(life.now_us, cells)
    signs = (past if has_begun and (is_past or place < now) else planned for place in range(first, last))
    return Span(" " * first), Span(pad("".join(signs), cells - first), entry.status)


def _sign(mark: Mark, axis: Axis, cells: int, paper: Paper) -> Line:
    at = axis.cell(mark.at_us, cells)
    return Span(" " * at), Span(("▲" if paper.unicode else "^").ljust(cells - at), "bold")
