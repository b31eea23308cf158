"""What is on record of threads that wait for the world outside: virtual time that passed meanwhile, and time that they held."""

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
"""After so many real seconds the thread that holds time is named."""
_MOST: Final = 100
"""So many records are kept."""
_OWN: Final = __name__.partition(".")[0]
_LIBRARY: Final = str(Path(os.__file__).parent)


class ForcedMove(NamedTuple):
    """Virtual time that passed while a thread waited for the world outside, or that a thread held."""

    at: datetime
    """The virtual instant at which it began."""
    passed: timedelta
    """How much virtual time passed meanwhile; none if the thread held time."""
    held: timedelta
    """For how long, in real time, the thread held virtual time."""
    thread: str
    """The thread's name."""
    place: str
    """Where the thread stood: a file and a line."""
    why: str
    """Why it waited."""

    def __str__(self) -> str:
        what = f"{self.passed} passed" if self.passed else f"time was held for {self.held.total_seconds():.1f} real seconds"
        return f"{self.at:%Y-%m-%d %H:%M:%S} {what}: thread {self.thread!r} at {self.place}, {self.why}"


class ForcedMoves:
    """The records of one clock. The same wait of a thread is one record, which grows."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, ForcedMove] = {}

    def records(self) -> tuple[ForcedMove, ...]:
        """Return what is on record."""
        return tuple(self._kept.values())

    def passed(self, key: Hashable, thread: threading.Thread, why: str, at_us: int, by_us: int) -> None:
        """Note that virtual time passed while a thread waited for the outside; `key` is the same for the same wait."""
        known = self._known(("passed", key), thread, why, at_us)
        if known is not None:
            self._kept["passed", key] = known._replace(passed=known.passed + timedelta(microseconds=by_us))

    def held(self, key: Hashable, thread: threading.Thread, why: str, at_us: int, for_s: float) -> None:
        """Note for how long a thread has held time."""
        known = self._known(("held", key), thread, why, at_us)
        if known is not None:
            self._kept["held", key] = known._replace(held=timedelta(seconds=for_s))

    def _known(self, key: Hashable, thread: threading.Thread, why: str, at_us: int) -> ForcedMove | None:
        known = self._kept.get(key)
        if known is None and len(self._kept) < _MOST:
            return ForcedMove(instant(at_us), timedelta(), timedelta(), thread.name, _place(thread), why)
        return known


def _place(thread: threading.Thread) -> str:
    """Return the file and the line where a thread stands, of the nearest code that is neither the interpreter's nor ours."""
    frame = innermost = frame_of(thread)
    while frame is not None:
        path = frame.f_code.co_filename
        is_library = path.startswith(("<", _LIBRARY)) and "site-packages" not in path
        if not is_library and str(frame.f_globals.get("__name__")).partition(".")[0] != _OWN:
            break
        frame = frame.f_back
    frame = frame or innermost
    return "its end" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
