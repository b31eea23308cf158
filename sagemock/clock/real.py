"""The real clock, for the few who measure real time while the process's own is virtual."""

import sys
import time
from collections.abc import Callable
from typing import Any

__all__ = ["real"]


def _unfrozen(name: str) -> Callable[..., Any]:
    """Return the real function of module `time`, even when the caller froze time before sagemock was imported."""
    freezegun = sys.modules.get("freezegun.api")
    found: Callable[..., Any] = getattr(freezegun, f"real_{name}", None) or getattr(time, name)
    return found


class real:  # noqa: N801  # a namespace of functions, read as `real.monotonic()`
    """The real clock's functions, held where a scan of module attributes (freezegun's, ours) does not replace them."""

    monotonic = staticmethod(_unfrozen("monotonic"))
    time = staticmethod(_unfrozen("time"))
    perf_counter = staticmethod(_unfrozen("perf_counter"))
    sleep = staticmethod(_unfrozen("sleep"))
