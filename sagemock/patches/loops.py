"""The drive of an event loop, which lets virtual time pass while tasks sleep, once the loop has nothing else to do."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from sagemock.patches.active import Innermost
from sagemock.patches.loop_outside import LoopOutside
from sagemock.patches.polled_loop import PolledLoop
from sagemock.patches.selector_loop import SelectorLoop
from sagemock.patches.yielding import Sleeping

__all__ = ["Drive", "drive_of"]


class Drive(Protocol):
    """Lets virtual time pass while tasks of its loop sleep or only yield."""

    loop: asyncio.AbstractEventLoop
    outside: LoopOutside

    def begin(self) -> None:
        """Begin to drive: a task sleeps from now on."""

    def begin_timers(self) -> None:
        """Begin to drive timers by virtual time, if sagemock can tell what else the loop waits for."""

    def end(self) -> None:
        """Leave the loop as it was: no task sleeps any more, and no timer is set."""

    def called(self) -> None:
        """Note that another thread has just called the loop: time must not move until the loop has run the callback."""

    def turn(self) -> None:
        """Note that one of asyncio's own loops is about to run its next iteration."""

    def soon(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Note that `call_soon` of another kind of loop was called."""

    def yielded(self) -> None:
        """Note that the current task is about to yield; may raise NothingWillHappen."""


def drive_of(loop: asyncio.AbstractEventLoop, sleeping: Sleeping, timed: Sleeping, active: Innermost) -> Drive:
    """Return the drive for this kind of loop.

    `sleeping` returns the alarms of its sleeping tasks, `timed` those of its timers while no task sleeps, and `active` the mock
    by whose clock the tasks sleep.
    """
    selector = vars(loop).get("_selector") if isinstance(loop, asyncio.BaseEventLoop) else None
    if selector is None:
        return PolledLoop(loop, sleeping, timed, active)
    return SelectorLoop(loop, sleeping, timed, active, selector)
