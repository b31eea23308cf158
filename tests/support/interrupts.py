"""Raise from a signal handler at a chosen moment."""

import sys
from collections.abc import Callable
from types import FrameType

__all__ = ["Watchdog", "interrupt_at"]


class Watchdog(TimeoutError):  # noqa: N818  # named after its use
    """The error that the handler raises; an OSError subclass, as system calls raise too."""


def interrupt_at(work: Callable[[], object], moment: int) -> bool:
    """Run `work`, raise a Watchdog at its n-th interruptible moment, and return whether that moment came.

    The interpreter runs signal handlers when a function begins, when a built-in function returns, and when a loop jumps back. The
    last kind is not simulated here.
    From Python 3.14 on, handlers also run between the `__enter__` of a lock and the block of its `with`, where nothing can
    release the lock: `with` is an ordinary call there, which the block does not protect yet. That moment is left out, too.
    """
    left = [moment]

    def look(frame: FrameType, event: str, argument: object) -> None:  # pragma: no cover  # a profiler is not traced
        enters = getattr(argument, "__name__", "") == "__enter__"
        if event in ("call", "c_return") and not enters and not _is_in_callback(frame):
            left[0] -= 1
            if left[0] < 0:
                sys.setprofile(None)
                raise Watchdog

    sys.setprofile(look)
    try:
        work()
    except Watchdog:
        return True
    finally:
        sys.setprofile(None)
    return False


def _is_in_callback(frame: FrameType) -> bool:  # pragma: no cover  # a profiler is not traced
    """Return whether the frame runs inside a callback in which Python drops exceptions: a weakref's, or Hypothesis's GC hook.

    True also inside coverage, where an exception would leave a lock held.
    """
    caller: FrameType | None = frame
    while caller is not None:
        module = str(caller.f_globals.get("__name__"))
        if module == "weakref" or module.startswith(("coverage.", "hypothesis.")):
            return True
        if module.startswith("sagemock."):
            break
        caller = caller.f_back
    return False
