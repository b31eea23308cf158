"""The entry of an event loop in the table of sleepers."""

from typing import Final

from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers

__all__ = ["LoopSleeper", "nothing"]

_STEP_S: Final = 0.001
_BRIEF_S: Final = 0.02
"""A loop that has something to do waits at most this many seconds for other threads to stand still."""


def nothing() -> None:
    """Do nothing: a polled loop notices by itself that it was woken."""


class LoopSleeper:
    """The entry of one loop in the table. It is removed as soon as another thread calls the loop, before the loop knows."""

    def __init__(self) -> None:
        self.calls = 0
        self.taken: tuple[Sleepers, Sleeper] | None = None

    def begin_sleep(self, sleepers: Sleepers, sleeper: Sleeper, calls: int) -> bool:
        """Begin to sleep, unless a thread has called the loop since `calls` was read; return whether the loop sleeps."""
        self.taken = sleepers, sleeper
        return sleepers.begin_sleep(sleeper, lambda: self.calls != calls)

    def called(self) -> None:
        """Remove the entry and rouse the loop, which may already have run the callback."""
        self.calls += 1
        taken = self.taken
        if taken is not None:
            sleepers, sleeper = taken
            sleepers.end_sleep(sleeper)
            sleeper.rouse()

    def end_sleep(self) -> None:
        """End the sleep."""
        taken = self.taken
        if taken is not None:
            sleepers, sleeper = taken
            sleepers.end_sleep(sleeper)
            # Only after `end_sleep`: a calling thread that finds no sleeper here could sleep before the loop counts as awake.
            self.taken = None

    def goes_alone(self, sleepers: Sleepers, at_us: int, calls: int) -> bool:
        """Move time at once if no other thread is there, nor has one called since `calls` was read; return whether it moved."""
        # In this order: a thread calls the loop and then ends.
        resumed = sleepers.resumed
        return sleepers.is_alone() and self.calls == calls and sleepers.move_alone_us(at_us, resumed)

    def sleep_briefly(self, sleepers: Sleepers, at_us: int, calls: int, number: int | None = None) -> bool:
        """Sleep until an instant, but only briefly, because the loop has something to do. Return whether the instant has come."""
        if self.goes_alone(sleepers, at_us, calls):
            return True
        sleeper = sleepers.sleeper(at_us, nothing, number)
        ends_s = real.monotonic() + _BRIEF_S
        try:
            if self.begin_sleep(sleepers, sleeper, calls):
                _wait(sleepers, sleeper, ends_s)
        finally:
            self.end_sleep()
        return sleeper.is_awake


def _wait(sleepers: Sleepers, sleeper: Sleeper, ends_s: float) -> None:
    # A function of its own, because a loop must not stand inside a `try`: see `Sleepers`.
    while sleepers.drive(sleeper) != 0 and real.monotonic() < ends_s:
        real.sleep(_STEP_S)
