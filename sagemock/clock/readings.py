"""How often each thread has read a clock that nobody moves (law 4): who waits by reading must get somewhere."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Readings"]

_PATIENCE: Final = 10_000
"""How often a thread may read without a move."""
_AGAIN: Final = 100
"""The same for one that has waited by reading already, and has done nothing else since."""
_STEP_US: Final = 1000
# A wait that lasts longer than ten seconds is given longer steps, of a thousandth: a day is over after some twenty thousand.
_EXACT_US: Final = 10_000_000
_PART: Final = 1000


class _Reader(threading.local):
    """What the calling thread has read."""

    times = 0
    moves = 0
    spun_us = 0
    creeps = False


class Readings:
    """The readings of one clock, thread by thread."""

    def __init__(self) -> None:
        self._moves = 0
        self._reader = _Reader()

    def moved(self) -> None:
        """Note that the clock was moved, but not by a wait that consists of readings."""
        self._moves += 1

    def turned_away(self) -> None:
        """Note that the calling thread does something else than reading."""
        reader = self._reader
        reader.times = reader.spun_us = 0

    @contextmanager
    def creeping(self) -> Iterator[None]:
        """Let the calling thread wait in the block: a signal handler that reads the time meanwhile does not wait once more."""
        self._reader.creeps = True
        try:
            yield
        finally:
            self._reader.creeps = False

    def read_us(self) -> int:
        """Note a reading, and return how much time the calling thread must let pass first: mostly none."""
        reader = self._reader
        if reader.moves != self._moves:
            reader.moves = self._moves
            reader.times = _PATIENCE - _AGAIN if reader.spun_us else 0
        reader.times += 1
        if reader.times <= _PATIENCE or reader.creeps:
            return 0
        by_us = max(_STEP_US, (reader.spun_us - _EXACT_US) // _PART)
        reader.spun_us += by_us
        return by_us
