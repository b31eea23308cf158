"""Counts how often each thread has read a clock that does not move, so that a busy wait ends (law 4) or is named (law 9)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sagemock.clock.forced_moves import NAMED_S
from sagemock.clock.real import real

__all__ = ["Readings"]

_PATIENCE: Final = 10_000
"""How often a thread may read the clock without a move before a reading costs time."""
_AGAIN: Final = 100
"""The same for a thread that was already in a busy wait and has done nothing else since."""
_STEP_US: Final = 1000
_FEW: Final = 4
"""A thread that has read the clock more often than this may be in a loop."""
# After ten seconds of a busy wait, each step is a thousandth of the time beyond them: a day takes some twenty thousand readings.
_EXACT_US: Final = 10_000_000
_PART: Final = 1000


class _Reader(threading.local):
    """The counts of the calling thread."""

    times = 0
    since_s = 0.0
    """The real instant since which the thread may be in a loop."""
    moves = 0
    spun_us = 0
    creeps = False


class Readings:
    """The readings of one clock, counted for each thread."""

    def __init__(self) -> None:
        self._moves = 0
        self._reader = _Reader()
        self.on_loop: Callable[[float], object] = float
        """Called with a real instant: since then, the calling thread has read the clock again and again, and it has not moved."""

    def moved(self) -> None:
        """Note that the clock was moved by something other than a busy wait."""
        self._moves += 1

    def turned_away(self) -> None:
        """Note that the calling thread does something other than reading the clock."""
        reader = self._reader
        reader.times = reader.spun_us = 0

    def called(self) -> None:
        """Note that a call of the calling thread was answered: a loop of calls is not one that only reads the clock (law 9)."""
        self._reader.since_s = real.monotonic()

    @contextmanager
    def creeping(self) -> Iterator[None]:
        """Mark the calling thread as waiting in this block, so that a signal handler which reads the clock does not wait, too."""
        self._reader.creeps = True
        try:
            yield
        finally:
            self._reader.creeps = False

    def read_us(self) -> int:
        """Count a reading, and return how many microseconds the calling thread must let pass first: usually 0."""
        reader = self._reader
        if reader.moves != self._moves:
            reader.moves = self._moves
            reader.times = _PATIENCE - _AGAIN if reader.spun_us else 0
        reader.times += 1
        if reader.times <= _PATIENCE or reader.creeps:
            if reader.times == _FEW:
                reader.since_s = real.monotonic()
            elif reader.times > _FEW and not reader.spun_us and real.monotonic() - reader.since_s >= NAMED_S:
                self.on_loop(reader.since_s)
            return 0
        by_us = max(_STEP_US, (reader.spun_us - _EXACT_US) // _PART)
        reader.spun_us += by_us
        return by_us
