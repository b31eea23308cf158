"""Records of threads that wait for something outside: how much virtual time passed meanwhile, and how long they held it."""

import os
import threading
from collections.abc import Hashable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from sagemock.clock.frames import frame_of
from sagemock.clock.instants import instant

__all__ = ["NAMED_S", "ForcedMove", "ForcedMoves"]

NAMED_S: Final = 5.0
"""A thread that has held time for this many real seconds goes on record."""
_MOST: Final = 100
"""The greatest number of records."""
_OWN: Final = __name__.partition(".")[0]
_LIBRARY: Final = str(Path(os.__file__).parent)
# The second is Debian's name for the first.
_INSTALLED: Final = "site-packages", "dist-packages"


class ForcedMove(NamedTuple):
    """Virtual time that passed while a thread waited for the world outside, or that a thread held."""

    at: datetime
    """The virtual instant at which the wait, or the hold, began."""
    passed: timedelta
    """How much virtual time passed meanwhile; zero if the thread held time."""
    held: timedelta
    """How long, in real time, the thread held virtual time."""
    thread: str
    """The thread's name."""
    place: str
    """Where the thread stood in its code, as "file:line"."""
    why: str
    """Why the thread waited."""

    def __str__(self) -> str:
        what = f"{self.passed} passed" if self.passed else f"time was held for {self.held.total_seconds():.1f} real seconds"
        return f"{self.at:%Y-%m-%d %H:%M:%S} {what}: thread {self.thread!r} at {self.place}, {self.why}"


class ForcedMoves:
    """The records of one clock. Each wait of a thread has one record, which is updated."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, ForcedMove] = {}

    def records(self) -> tuple[ForcedMove, ...]:
        """Return the records, in the order in which they began."""
        return tuple(self._kept.values())

    def passed(self, key: Hashable, thread: threading.Thread, why: str, at_us: int, by_us: int) -> None:
        """Record that virtual time passed while a thread waited for something outside; `key` identifies the wait."""
        known = self._known(("passed", key), thread, why, at_us)
        if known is not None:
            self._kept["passed", key] = known._replace(passed=known.passed + timedelta(microseconds=by_us))

    def held(self, key: Hashable, thread: threading.Thread, why: str, at_us: int, for_s: float) -> None:
        """Record how long a thread has held time; `key` identifies the hold."""
        known = self._known(("held", key), thread, why, at_us)
        if known is not None:
            self._kept["held", key] = known._replace(held=timedelta(seconds=for_s))

    def _known(self, key: Hashable, thread: threading.Thread, why: str, at_us: int) -> ForcedMove | None:
        known = self._kept.get(key)
        if known is None and len(self._kept) < _MOST:
            return ForcedMove(instant(at_us), timedelta(), timedelta(), thread.name, _place(thread), why)
        return known


def _place(thread: threading.Thread) -> str:
    """Return "file:line" of a thread's innermost frame in code of the user; if there is none, in an installed library."""
    frame = innermost = frame_of(thread)
    installed = None
    while frame is not None:
        path = frame.f_code.co_filename
        if str(frame.f_globals.get("__name__")).partition(".")[0] != _OWN:
            if any(folder in path for folder in _INSTALLED):
                installed = installed or frame
            elif not path.startswith(("<", _LIBRARY)):
                break
        frame = frame.f_back
    frame = frame or installed or innermost
    return "its end" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
