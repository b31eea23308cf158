"""Lines that a container writes to its log: how a plan gives them, and the visits of a timeline in which they are written."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from sagemock.checks import of_a_plan, quoted, takes_one, text
from sagemock.clock.instants import SECOND_US, duration_us
from sagemock.errors import PlanError
from sagemock.jobs.hashing import hashed_once

__all__ = [
    "NO_LINES",
    "LineSource",
    "Lines",
    "LogMapping",
    "LoggedVisit",
    "check_fit",
    "checked_source",
    "lines_of",
    "sources_of",
]

SHOWN = 3
"""How many lines a repr shows."""


# Scripts, which contain lines, are hashed at each change of a job, and a log can be long.
@hashed_once
@dataclass(frozen=True)
class Lines:
    """The lines of one visit to a status, by offset in microseconds from its beginning, in order.

    Its repr, which is part of the plan's repr, shows only the first few lines.
    """

    pairs: tuple[tuple[int, str], ...]

    def __repr__(self) -> str:
        quoted = [repr((offset_us / SECOND_US, text)) for offset_us, text in self.pairs[:SHOWN]]
        more = [f"… {len(self.pairs) - SHOWN} more"] if len(self.pairs) > SHOWN else []
        return f"[{', '.join(quoted + more)}]"

    def __bool__(self) -> bool:
        return bool(self.pairs)

    @property
    def last_us(self) -> int:
        """The offset of the last line, -1 second if there is none."""
        return self.pairs[-1][0] if self.pairs else -SECOND_US

    def values(self, what: str, value_in: Callable[[str], float | None]) -> tuple[tuple[int, float], ...]:
        """Return the numbers that `value_in` finds in the texts, each with its offset. The result is cached by `what`."""
        found = self._found.get(what)
        if found is None:
            values = ((offset_us, value_in(text)) for offset_us, text in self.pairs)
            found = self._found[what] = tuple((offset_us, value) for offset_us, value in values if value is not None)
        return found

    @cached_property
    def _found(self) -> dict[str, tuple[tuple[int, float], ...]]:
        # The cache is freed with the lines.
        return {}

    def until(self, offset_us: int) -> int:
        """Return how many lines are written by `offset_us`."""
        return bisect_right(self.pairs, offset_us, key=_offset)

    def after(self, offset_us: int) -> "Lines":
        """Return the lines after `offset_us`, with offsets from there."""
        return Lines(tuple((at_us - offset_us, text) for at_us, text in self.pairs if at_us > offset_us))


NO_LINES = Lines(())

_Pairs: TypeAlias = Iterable[tuple[timedelta | float, str]]
LineSource: TypeAlias = Lines | Sequence[tuple[timedelta | float, str]] | Callable[[Mapping[str, Any]], _Pairs]
"""The lines of a phase: (offset, text) pairs, each offset a `timedelta` or seconds from the beginning of the phase, or a callable
that takes the CreateTrainingJob request and returns such pairs. Every instance of the job writes them."""
LogMapping: TypeAlias = Mapping[str, LineSource] | tuple[tuple[str, LineSource], ...]
"""Lines by status: `{"Training": [(0, "epoch 1"), …]}`."""


class LoggedVisit(NamedTuple):
    """A visit in which lines are written, in microseconds after the creation of the job."""

    begin_us: int
    end_us: int | None
    """When the visit ends or is cut, None: never. A line that is due at that instant is still written."""
    lines: Lines


def lines_of(value: object, what: str, *, ordered: bool = False) -> Lines:
    """Return (offset, text) pairs as lines, in the order of their offsets. Raises PlanError, which calls them `what`."""
    if isinstance(value, Lines):
        return value
    if isinstance(value, str) or not isinstance(value, Iterable) or (ordered and not isinstance(value, Sequence)):
        raise PlanError(f"{what} are (offset, text) pairs, not {quoted(value)}: write [(0, 'epoch 1'), (60, 'epoch 2')]")
    return Lines(tuple(sorted((_pair(one, what) for one in value), key=_offset)))


def _pair(value: object, what: str) -> tuple[int, str]:
    if not isinstance(value, (tuple, list)) or len(value) != 2 or not isinstance(value[1], str):  # noqa: PLR2004  # a pair
        raise PlanError(
            f"{what}: {quoted(value)} is not an (offset, text) pair; write (60, 'epoch 2') or (timedelta(minutes=1), 'epoch 2')"
        )
    offset, line = value
    try:
        offset_us = duration_us(offset)
    except (TypeError, ValueError) as error:
        raise PlanError(f"{what}: the offset of {quoted(line)}: {error}; give a timedelta or seconds") from None
    if offset_us < 0:
        raise PlanError(f"{what}: {quoted(line)} is at {offset!r}, before the phase begins; an offset is not negative")
    if not line:
        # Service model of CloudWatch Logs, EventMessage: at least one character.
        raise PlanError(f"{what}: the text at {offset!r} is empty, which a log cannot hold; write a text, or leave the line out")
    with of_a_plan():
        text(f"{what}: the text at {offset!r}", line, "a text", "write a text that UTF-8 can encode")
    return offset_us, line


def _offset(pair: tuple[int, str]) -> int:
    return pair[0]


def checked_source(source: LineSource | None, name: str, writes: Collection[str]) -> LineSource | None:
    """Return the lines of the phase `name`, checked at the line of the test that gives them; a callable is called later.

    Raises PlanError, also if `name` is not one of the phases in which a container `writes`.
    """
    if source is None:
        return None
    if name not in writes:
        raise PlanError(f"no container runs in {name}, so it writes no lines: write them in {', '.join(sorted(writes))}")
    if callable(source):
        with of_a_plan():
            takes_one(f"the callable of the lines of {name}", source, "write logs={'Training': lambda request: [(0, 'epoch 1')]}")
        return source
    return lines_of(source, f"the lines of {name}", ordered=True)


def sources_of(logs: LogMapping, writes: Collection[str]) -> tuple[tuple[str, LineSource], ...]:
    """Return the lines of a plan by status, as a value that can be hashed. Raises PlanError if `logs` is wrong."""
    pairs = tuple(logs.items()) if isinstance(logs, Mapping) else logs
    if not isinstance(pairs, tuple) or not all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)  # noqa: PLR2004  # a pair
        for pair in pairs
    ):
        raise PlanError(f"logs={quoted(logs)}: give the lines of each status, logs={{'Training': [(0, 'epoch 1')]}}")
    return tuple((name, made) for name, source in pairs if (made := checked_source(source, name, writes)) is not None)


def check_fit(lines: Lines, longest_us: int | None, name: str) -> None:
    """Raise PlanError if a line comes after the end of the visit, which lasts at most `longest_us` (None: no end)."""
    if longest_us is not None and lines.last_us > longest_us:
        at_us, text = lines.pairs[-1]
        raise PlanError(
            f"{text!r} is written {at_us / SECOND_US:g} s into {name}, which is over after {longest_us / SECOND_US:g} s: "
            "write it earlier, or let the phase last longer"
        )
