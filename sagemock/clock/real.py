"""The real clock, for code that must measure real time while the process's time is virtual."""

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
    """The functions of the real clock, kept in a class: freezegun and sagemock replace only attributes of modules."""

    monotonic = staticmethod(_unfrozen("monotonic"))
    time = staticmethod(_unfrozen("time"))
    perf_counter = staticmethod(_unfrozen("perf_counter"))
    sleep = staticmethod(_unfrozen("sleep"))
