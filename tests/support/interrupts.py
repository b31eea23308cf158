"""A handler of a signal that raises at a moment of one's choice."""

import sys
from collections.abc import Callable
from types import FrameType

__all__ = ["Watchdog", "interrupted"]


class Watchdog(TimeoutError):  # noqa: N818  # it tells
    """What the handler raises: an OSError, a kind that calls of the system raise too."""


def interrupted(work: Callable[[], object], moment: int) -> bool:
    """Do something, and raise at the n-th moment of that at which the interpreter lets handlers run; return whether it came.

    It does so when a function begins and when a built-in one returns (and when a loop begins anew, which is left out here).
    From Python 3.14 on also between the `__enter__` of a lock and the block of its `with`, where nobody can release it: there,
    `with` is an ordinary call, which the block does not yet protect. That moment is left out, too.
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
    """Whether this is a callback in which Python drops what is raised (of a weak reference, or Hypothesis's of the collector).

    Or a part of what measures the coverage, where it would leave a lock taken.
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
