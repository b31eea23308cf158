"""The canvas of the SVG pictures: background, title, an axis with ticks, flags above it, and bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

from sagemock.jobs.transitions import Transition
from sagemock.picture.axis import Axis
from sagemock.picture.cells import clean, cut
from sagemock.picture.life import Life
from sagemock.picture.look import LOOKS

__all__ = ["CHARACTER", "EDGE", "LABEL", "LINE", "THICK", "WIDTH", "Bar", "Canvas", "Flag", "safe"]

WIDTH: Final = 900
EDGE: Final = 24
LABEL: Final = 186
"""The width for the names of statuses or jobs."""
HEAD: Final = 76
"""The top of the rows."""
THICK: Final = 12
"""The height of a bar."""
THIN: Final = 6
"""A bar less wide than this has no outline."""
FLAG: Final = 17
"""The height of a line of flags, which mark interventions and the present instant."""
CHARACTER: Final = 6.1
"""A generous estimate of the width of a small character, because the reader's font is unknown."""
WIDE: Final = 7.0
"""The same for a bold character."""
LINE: Final = 18
MOST_TICKS: Final = 9

STYLE: Final = """
.sagemock-picture{--ground:#fff;--edge:#d9dee5;--ink:#1d2430;--faint:#5d6878;--grid:#e8ebf0;--band:#f6f8fa;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif;font-size:13px}
@media (prefers-color-scheme:dark){.sagemock-picture{
--ground:#161a20;--edge:#333b47;--ink:#e6eaf0;--faint:#9aa5b4;--grid:#2a313b;--band:#1c2128}}
.sagemock-picture text{fill:var(--ink)}
.sagemock-picture .faint{fill:var(--faint);font-size:11px}
.sagemock-picture .message{paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}
.sagemock-picture .title{font-size:15px;font-weight:600}
.sagemock-picture .name{font-weight:500}
.sagemock-picture .ground{fill:var(--ground);stroke:var(--edge)}
.sagemock-picture .band{fill:var(--band)}
.sagemock-picture .grid{stroke:var(--grid)}
.sagemock-picture .now{stroke:var(--ink);stroke-width:1.5}
.sagemock-picture .mark{stroke:var(--faint);stroke-dasharray:3 3}
.sagemock-picture .flag{font-size:11px;font-weight:600}
.sagemock-picture .planned{fill-opacity:.28;stroke-opacity:.9;stroke-dasharray:3 2}
.sagemock-picture .soon{fill-opacity:.5}
"""


@dataclass(frozen=True, slots=True)
class Flag:
    """A line through all rows with a label above them; `kind` is a class of the style sheet."""

    at_us: int
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The look of the bar of a status; `least` is its minimum width."""

    status: str
    least: float
    planned: bool
    corner: float = 3


class Canvas:
    """The parts that both pictures share: background, title, an axis with ticks, and flags above it."""

    def __init__(self, axis: Axis, left: float, right: float) -> None:
        self.axis = axis
        self.left = left
        self.right = right
        self.parts: list[str] = []

    def at(self, instant_us: int) -> float:
        """Return the x position of an instant."""
        return self.left + self.axis.at(instant_us, self.right - self.left)

    def text(self, at: tuple[float, float], text: str, kind: str = "", anchor: str = "start", more: str = "") -> None:
        """Write a text; `more` is its tooltip."""
        tooltip = f"<title>{safe(more)}</title>" if more else ""
        sort = f' class="{kind}"' if kind else ""
        end = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(f'<text x="{at[0]:.1f}" y="{at[1]:.1f}"{sort}{end}>{safe(text)}{tooltip}</text>')

    def line(self, x: float, top: float, bottom: float, kind: str) -> None:
        """Draw a vertical line."""
        self.parts.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>')

    def title(self, title: str, below: str) -> None:
        """Write the title, and a smaller line below it."""
        self.text((EDGE, 34), cut(clean(title), 95, "…"), "title")
        self.text((EDGE, 54), cut(clean(below), 130, "…"), "faint")

    def ticks(self, top: float, bottom: float) -> None:
        """Draw the lines of the axis, and their labels below them."""
        width = self.right - self.left

        def fits(ticks: Sequence[tuple[int, str]]) -> bool:
            return all(
                (after - at) * width / self.axis.span_us > CHARACTER * len(label) + 14
                for (at, label), (after, _) in pairwise(ticks)
            )

        for at_us, label in self.axis.ticks(fits, MOST_TICKS):
            x = self.at(self.axis.begin_us + at_us)
            self.line(x, top, bottom, "grid")
            self.text((x, bottom + 15), label, "faint", "middle")

    def ground(self, rows: int, row: float, flags: Sequence[Flag]) -> float:
        """Draw the background of the rows: bands, ticks and flags (overlapping flags in several lines). Return their top."""
        ends: list[float] = []
        levels: list[tuple[Flag, int]] = []
        for flag in sorted(flags, key=lambda flag: flag.at_us):
            begin = self._label_x(flag)
            level = next((level for level, end in enumerate(ends) if end <= begin), len(ends))
            ends[level : level + 1] = [begin + WIDE * len(flag.label) + 12]
            levels.append((flag, level))
        top, bottom = HEAD + FLAG * len(ends), HEAD + FLAG * len(ends) + rows * row
        for number in range(0, rows, 2):
            self.parts.append(f'<rect class="band" x="1" y="{top + number * row:.1f}" width="{WIDTH - 2}" height="{row:.1f}"/>')
        self.ticks(top, bottom)
        for flag, level in levels:
            y = top - FLAG * level - 6
            self.line(self.at(flag.at_us), y + 3, bottom, flag.kind)
            self.text((self._label_x(flag), y), flag.label, "flag")
        return top

    def _label_x(self, flag: Flag) -> float:
        return min(self.at(flag.at_us) - 3, WIDTH - EDGE - WIDE * len(flag.label))

    def bar(self, begin: float, end: float, y: float, height: float, look: Bar) -> None:
        """Draw a bar with a minimum width, so that even a moment is visible."""
        width = max(end - begin, look.least)
        begin = min(begin, self.right - width)
        color = LOOKS[look.status].color
        sort = f' class="planned" stroke="{color}"' if width >= THIN else ' class="soon"'
        sort = sort if look.planned else ""
        corner = min(look.corner, width / 2)
        size = f'x="{begin:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{corner:.1f}"'
        self.parts.append(f'<rect {size} fill="{color}"{sort}/>')

    def stretch(self, entry: Transition, life: Life, y: float, *, least: float) -> None:
        """Draw an entry: its past part and its planned part."""
        end_us = (self.axis.end_us if life.planned else life.now_us) if entry.end_us is None else entry.end_us
        begin, end, now = self.at(entry.start_us), self.at(end_us), self.at(life.now_us)
        whole = Bar(entry.status, least, planned=entry.start_us > life.now_us)
        if entry.start_us <= life.now_us < end_us:
            self.bar(now, end, y, THICK, Bar(entry.status, 1, planned=True))
            end = now
        self.bar(begin, end, y, THICK, whole)

    def done(self, height: float, title: str, description: str) -> str:
        """Return the picture as an `<svg>` element, with a title and a description for screen readers."""
        whole = "".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="sagemock-picture" role="img" aria-label="{safe(title)}" '
            f'viewBox="0 0 {WIDTH} {height:.0f}" width="100%" style="max-width:{WIDTH * 5 // 4}px">'
            f"<title>{safe(title)}</title><desc>{safe(description)}</desc><style>{STYLE}</style>"
            f'<rect class="ground" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8"/>{whole}</svg>'
        )


def safe(text: str) -> str:
    """Return a text escaped for an element or an attribute."""
    return escape(clean(text))
