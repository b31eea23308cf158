"""The time axis of a picture: the position of an instant, readable ticks, and texts for times."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Final

from sagemock.clock.instants import SECOND_US, instant
from sagemock.picture.life import Life

__all__ = ["Axis", "date", "length", "offset"]

MS: Final = SECOND_US // 1000
MINUTE: Final = 60 * SECOND_US
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_UNITS: Final = (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND_US), ("ms", MS))
_STEPS: Final = (
    ("ms", MS, (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    ("s", SECOND_US, (1, 2, 5, 10, 15, 30)),
    ("min", MINUTE, (1, 2, 5, 10, 15, 30)),
    ("h", HOUR, (1, 2, 3, 6, 12)),
    ("d", DAY, (1, 2, 5, 10, 20, 50, 100)),
)


@dataclass(frozen=True, slots=True)
class Axis:
    """The time span of a picture, in microseconds since the epoch."""

    begin_us: int
    end_us: int

    @classmethod
    def of(cls, lives: Sequence[Life]) -> "Axis":
        """Return an axis on which all these lives fit. Its zero is the first creation."""
        begin_us = min(life.created_us for life in lives)
        return cls(begin_us, max(begin_us, *(life.last_us for life in lives)))

    @property
    def span_us(self) -> int:
        """The length of the axis, never zero."""
        return max(self.end_us - self.begin_us, 1)

    def at(self, instant_us: int, width: float) -> float:
        """Return the position of an instant on `width`. An instant outside the axis (in a broken record) is at its edge."""
        return (min(max(instant_us, self.begin_us), self.end_us) - self.begin_us) * width / self.span_us

    def cell(self, instant_us: int, width: int) -> int:
        """Return the number of an instant's cell; the end of the axis is in the last cell."""
        return min(int(self.at(instant_us, width)), width - 1)

    def ticks(self, fits: Callable[[Sequence[tuple[int, str]]], bool], most: int) -> list[tuple[int, str]]:
        """Return the finest ticks that fit, at most `most`, as (microseconds from the beginning, label)."""
        steps = (step for step in _steps() if self.span_us <= most * step[2] * step[1])
        found = (list(_ticks(*step, self.span_us)) for step in steps)
        return next(ticks for ticks in found if fits(ticks))


def _steps() -> Iterable[tuple[str, int, int]]:
    small = ((unit, unit_us, number) for unit, unit_us, numbers in _STEPS for number in numbers)
    # A life of years also needs ticks.
    return chain(small, (("d", DAY, 100 * 2**power) for power in count(1)))


def _ticks(unit: str, unit_us: int, number: int, span_us: int) -> Iterator[tuple[int, str]]:
    for at in range(0, span_us // unit_us + 1, number):
        yield at * unit_us, f"{at} {unit}" if at else "0"


def length(us: int) -> str:
    """Return a length of time in its two largest units: 3 d 2 h, 5 min 10 s, 250 ms."""
    left = us
    words: list[str] = []
    for unit, unit_us in _UNITS:
        number, left = divmod(left, unit_us)
        if number or words:
            words.append(f"{number} {unit}" if number else "")
    return " ".join(word for word in words[:2] if word) or "0 s"


def offset(us: int) -> str:
    """Return a length of time as h:mm:ss, with milliseconds unless they are zero."""
    milliseconds = us // MS
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text


def date(at_us: int) -> str:
    """Return an instant as text, to the second: 2018-07-30 00:00:00 UTC."""
    return f"{instant(at_us):%Y-%m-%d %H:%M:%S} UTC"
