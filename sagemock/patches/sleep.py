"""`time.sleep` and `asyncio.sleep`, and every module-level name bound to them, sleep on the virtual clock (law 6)."""

import asyncio
import operator
import sys
from collections.abc import Callable
from typing import Any

from sagemock.cleanup import run_all
from sagemock.clock.frames import place
from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.real import real
from sagemock.clock.waits import LOOKS
from sagemock.patches.active import Innermost, sleeps_here
from sagemock.patches.bindings import INTERPRETER, TEST_TOOLS, Rebinding, belongs
from sagemock.patches.patch import Patches
from sagemock.patches.pools import PoolPatch
from sagemock.patches.real_time import BUILT_IN
from sagemock.patches.tasks import LoopPatch, VirtualTasks

__all__ = ["SleepPatch", "duration_us"]

# asyncio is not kept: its name `sleep` is the function that becomes virtual.
_KEPT = tuple(name for name in (*INTERPRETER, *TEST_TOOLS) if name != "asyncio")
# From here on, 2**63 nanoseconds, time.sleep itself raises OverflowError with a good message.
_TOO_LONG_S = 9_223_372_037
_CALLS_WORK = {("multiprocessing.pool", name) for name in ("worker", "mapstar", "starmapstar")}
"""Functions of a built-in module of real time that call the user's function and never sleep themselves."""


class SleepPatch:
    """Puts a virtual `time.sleep` and `asyncio.sleep` in place of the real ones, wherever they were imported by name.

    It does not reach a `time.sleep` that is a default argument, a class attribute or inside a container. In botocore (1.15 to
    1.44) these are `utils.ContainerMetadataFetcher(sleep=)`, which waits for an ECS container's real credentials endpoint, and in
    1.44 `retries.standard.RetryHandler(sleep=)`, which uses it only for long-polling operations of SQS, Step Functions, SWF and
    Kinesis.
    """

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; each sleep calls `innermost`."""
        self._tasks = VirtualTasks(innermost)
        fakes = [(real.sleep, VirtualSleep(innermost, real.sleep)), (asyncio.sleep, self._tasks.sleep(duration_us))]
        self._patches = Patches(Rebinding(fakes, leave=(*_KEPT, "sagemock")), LoopPatch(self._tasks), PoolPatch(innermost))

    def install(self) -> None:
        """Patch the process."""
        self._patches.install()

    def uninstall(self) -> None:
        """Undo `install`, and wake the tasks that sleep."""
        run_all(self._patches.uninstall, self._tasks.close)


class VirtualSleep:
    """The stand-in for `time.sleep`: decides at each call whether the calling thread sleeps virtually or really.

    It is an object because `time.sleep` is not a descriptor either: called as a class attribute, it must not get `self`.
    """

    __name__ = "sleep"
    __qualname__ = "sleep"

    def __init__(self, innermost: Innermost, real_sleep: Callable[..., None]) -> None:
        """Sleep by the mock that `innermost` returns, or by `real_sleep`."""
        self._innermost = innermost
        self._real_sleep = real_sleep
        self.__doc__ = real_sleep.__doc__
        self.__module__ = "time"

    def __call__(self, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # time.sleep itself judges arguments
        """Sleep for the given number of seconds."""
        active = sleeps_here(self._innermost)
        if active is None or _is_a_wait_for_something_real() or active.real_time_modules.are_below(2):
            return self._real_sleep(*args, **kwargs)
        long_us = None if kwargs or len(args) != 1 else duration_us(args[0])
        if long_us is None:
            # time.sleep raises the error, with Python's own message.
            return self._real_sleep(*args, **kwargs)
        return active.sleep_us(long_us)

    def __reduce__(self) -> str:
        """Copy and pickle by name, as a built-in function."""
        return "sleep"

    def __repr__(self) -> str:
        return "<virtual time.sleep of sagemock>"


def _is_a_wait_for_something_real() -> bool:
    # joblib polls its threads every 10 ms, which must not take virtual time. The user's functions that it calls sleep virtually.
    caller = place(sys._getframe(2))  # noqa: SLF001  # inspect's is slower
    return caller in LOOKS or (belongs(caller[0], BUILT_IN) and caller not in _CALLS_WORK)


def duration_us(seconds: object) -> int | None:
    """Return an argument of `time.sleep` in microseconds, rounded up; None for a value that `time.sleep` refuses."""
    if isinstance(seconds, float):
        # This is false for NaN, too.
        if not 0 <= seconds < _TOO_LONG_S:
            return None
        # Round to nanoseconds first: 0.07 * 1e6 is 70000.00000000001, which must not become 70,001 microseconds.
        return max(-(-round(seconds * 1e9) // 1000), int(seconds > 0))
    try:
        whole_s = operator.index(seconds)  # type: ignore[arg-type]  # any object may come; index raises TypeError
    except TypeError as error:
        raise_if_foreign(error)
        return None
    return whole_s * 1_000_000 if 0 <= whole_s < _TOO_LONG_S else None
