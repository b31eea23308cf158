"""The frame that each thread of this process runs, and the place of a frame in the code."""

import gc
import sys
import threading
from types import FrameType
from typing import Final

from sagemock.clock import forks

__all__ = ["frame_of", "frames", "is_at", "place"]

_LOCK: Final = forks.lock()
_COLLECTS: Final = sys.version_info < (3, 12)
"""Whether the garbage collector may run inside `sys._current_frames()`, where it can deadlock on the interpreter's own lock."""


def frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread, by the thread's identifier."""
    if not _COLLECTS:
        return sys._current_frames()  # noqa: SLF001  # there is no other way
    # One thread at a time: otherwise a second one might enable the collector too early.
    with _LOCK:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return sys._current_frames()  # noqa: SLF001  # as above
        finally:
            if was_enabled:
                gc.enable()


def frame_of(thread: threading.Thread) -> FrameType | None:
    """Return the innermost frame of a thread; None if the thread has not begun or has ended."""
    return frames().get(thread.ident or 0)


def place(frame: FrameType) -> tuple[str, str]:
    """Return the names of the module and the function of a frame."""
    return str(frame.f_globals.get("__name__")), frame.f_code.co_name


def is_at(frame: FrameType, module: str, function: str) -> bool:
    """Return whether a frame is at this place."""
    return place(frame) == (module, function)
