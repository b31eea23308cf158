"""Lives as SVG, for a page or a notebook: one job row by row, or several jobs on one axis.

The picture has its own background and colours, for light and dark mode, so it is readable on any page, and it fills the width of
its container. It has no id and no script, and its style applies to its class only, so a page may have several pictures.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sagemock.jobs.transitions import Transition
from sagemock.picture.axis import Axis, date, length, offset
from sagemock.picture.canvas import CHARACTER, EDGE, LABEL, LINE, THICK, WIDTH, Bar, Canvas, Flag
from sagemock.picture.cells import clean, cut
from sagemock.picture.life import Life, Mark
from sagemock.picture.look import LOOKS, MARKS
from sagemock.picture.overview import common_now_us, counted
from sagemock.training import status

__all__ = ["drawing"]

STAR: Final = "★"
"""The sign of the best child of a tuning job."""
INDENT: Final = 16
"""How far children of a tuning job are moved to the right."""
TAIL: Final = 232
"""The width for the statuses of several jobs, right of their bars."""


def drawing(lives: Sequence[Life], zero: str | None = None) -> str:
    """Return a picture of one or several lives as an `<svg>` element; `zero` is the text for the beginning of a common axis."""
    return _Several(lives, zero).svg() if len(lives) != 1 else _One(lives[0]).svg()


class _One:
    """One life, one row per entry."""

    ROW: Final = 40

    def __init__(self, life: Life) -> None:
        self.life = life
        self.canvas = Canvas(Axis.of([life]), EDGE + LABEL, WIDTH - EDGE - 8)

    def svg(self) -> str:
        life, canvas = self.life, self.canvas
        height = self.ROW * len(life.entries)
        title = f"{life.name}: {life.summary}"
        lasted = offset(life.now_us - life.created_us)
        canvas.title(title, f"at {lasted} after its creation, {date(life.created_us)}")
        top = canvas.ground(len(life.entries), self.ROW, list(_flags(life)))
        for number, entry in enumerate(life.entries):
            self.row(entry, top + self.ROW * number)
        y = top + height + 22
        for note in life.notes:
            y += LINE
            text = clean(note)
            canvas.text((EDGE, y), cut(text, 125, "…"), more=text)
        description = "; ".join(f"{entry.status} from {offset(entry.start_us - life.created_us)}" for entry in life.entries)
        return canvas.done(y + 18, title, description)

    def row(self, entry: Transition, y: float) -> None:
        life, canvas = self.life, self.canvas
        is_end = entry.status in status.ENDINGS
        end_us = canvas.axis.end_us if entry.end_us is None else entry.end_us
        canvas.text((EDGE, y + 17), entry.status, "name")
        if is_end:
            lasts = ""
        elif entry.end_us is None:
            lasts = ", no end" if life.planned else ", open"
        else:
            lasts = f", {length(end_us - entry.start_us)}"
        canvas.text((EDGE, y + 32), f"at {offset(entry.start_us - life.created_us)}{lasts}", "faint")
        if is_end:
            x = canvas.at(entry.start_us)
            canvas.bar(x - 6, x + 6, y + 7, THICK, Bar(entry.status, THICK, planned=entry.start_us > life.now_us, corner=6))
        else:
            canvas.stretch(entry, life, y + 7, least=3)
        self.message(clean(entry.message), canvas.at(entry.start_us), canvas.at(end_us), y + 32)

    def message(self, text: str, begin: float, end: float, y: float) -> None:
        """Write a message below its bar: from the bar's beginning, or up to its end if there is more room."""
        left, right = self.canvas.left, self.canvas.right
        line = cut(text, int((right - left) / (CHARACTER * 0.95)), "…")
        wide = CHARACTER * len(line)
        if begin + wide <= right:
            self.canvas.text((begin, y), line, "faint message", more=text)
        elif end - wide >= left:
            self.canvas.text((max(end, begin), y), line, "faint message", "end", more=text)
        else:
            self.canvas.text((left, y), line, "faint message", more=text)


class _Several:
    """Several lives on one axis, one row each."""

    ROW: Final = 26

    def __init__(self, lives: Sequence[Life], zero: str | None) -> None:
        self.lives = lives
        self.zero = zero

    def svg(self) -> str:
        lives = self.lives
        if not lives:
            empty = Canvas(Axis(0, 1), EDGE, WIDTH)
            empty.text((EDGE, 30), "no training jobs", "faint")
            return empty.done(48, "no training jobs", "")
        canvas = Canvas(Axis.of(lives), EDGE + LABEL, WIDTH - EDGE - TAIL)
        height = self.ROW * len(lives)
        title = counted(lives)
        canvas.title(title, f"0 is {self.zero or date(canvas.axis.begin_us)}")
        now_us = common_now_us(lives)
        top = canvas.ground(len(lives), self.ROW, [] if now_us is None else [Flag(now_us, "now", "now")])
        for number, life in enumerate(lives):
            self.row(canvas, life, top + self.ROW * number)
        y = self.legend(canvas, top + height + 42)
        description = "; ".join(f"{clean(life.name)} {life.summary}, {length(life.length_us)}" for life in lives)
        return canvas.done(y + 18, title, description)

    def row(self, canvas: Canvas, life: Life, y: float) -> None:
        name = clean(life.name)
        if life.is_best:
            canvas.text((EDGE, y + 17), STAR, "name", more="the best")
        canvas.text((EDGE + INDENT * life.is_child, y + 17), cut(name, 27 - 2 * life.is_child, "…"), "name", more=name)
        for entry in life.entries:
            if entry.status not in status.ENDINGS:
                canvas.stretch(entry, life, y + 7, least=2)
        last = life.entries[-1]
        if last.status in status.ENDINGS:
            x = canvas.at(last.start_us)
            canvas.bar(x - 2, x + 2, y + 4, 18, Bar(last.status, 4, planned=last.start_us > life.now_us))
        for mark in life.marks:
            self.sign(canvas, mark, y)
        x = canvas.right + 16
        canvas.parts.append(f'<circle cx="{x:.1f}" cy="{y + 13:.1f}" r="4" fill="{_color(life.secondary)}"/>')
        canvas.text((x + 10, y + 17), cut(clean(life.summary), 18, "…"))
        canvas.text((WIDTH - EDGE + 8, y + 17), length(life.length_us), "faint", "end")

    def sign(self, canvas: Canvas, mark: Mark, y: float) -> None:
        canvas.text((canvas.at(mark.at_us), y + 9), MARKS[mark.label], "flag", "middle", f"{mark.label}: {mark.text}")

    def legend(self, canvas: Canvas, y: float) -> float:
        """Draw the legend of the colours; return the y position of its end."""
        statuses = {entry.status for life in self.lives for entry in life.entries}
        marks = {mark.label for life in self.lives for mark in life.marks}
        x = float(EDGE)
        for label in (*(name for name in LOOKS if name in statuses), *(label for label in MARKS if label in marks)):
            wide = 30 + 6.6 * len(label)
            if x + wide > WIDTH - EDGE:
                x, y = float(EDGE), y + LINE
            if label in LOOKS:
                color = LOOKS[label].color
                canvas.parts.append(f'<rect x="{x:.1f}" y="{y - 9:.1f}" width="11" height="11" rx="3" fill="{color}"/>')
            else:
                canvas.text((x + 5, y), MARKS[label], "flag", "middle")
            canvas.text((x + 16, y), label, "faint")
            x += wide
        if any(life.is_best for life in self.lives):
            if x + 90 > WIDTH - EDGE:
                x, y = float(EDGE), y + LINE
            canvas.text((x, y), STAR, "name")
            canvas.text((x + 16, y), "the best", "faint")
        return y


def _flags(life: Life) -> Iterator[Flag]:
    for mark in life.marks:
        yield Flag(mark.at_us, f"{mark.label}: {cut(clean(mark.text), 40, '…')}", "mark")
    if life.last_us > life.now_us:
        yield Flag(life.now_us, "now", "now")


def _color(name: str) -> str:
    look = LOOKS.get(name)
    return LOOKS[status.STARTING].color if look is None else look.color
