"""The place of an event loop among those who sleep on the clock."""

from typing import Final

from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers

__all__ = ["LoopSleeper", "nothing"]

_STEP_S: Final = 0.001
_DOZE_S: Final = 0.02
"""For how long at most a loop that has something to do waits for other threads to stand still."""


def nothing() -> None:
    """Do nothing: a polled loop notices by itself that it was woken."""


class LoopSleeper:
    """The place of one loop among the sleepers: empty as soon as another thread has called, before the loop knows."""

    def __init__(self) -> None:
        self.calls = 0
        self.taken: tuple[Sleepers, Sleeper] | None = None

    def lie_down(self, sleepers: Sleepers, sleeper: Sleeper, calls: int) -> bool:
        """Sleep, unless somebody has called since there were so many calls; return whether it does."""
        self.taken = sleepers, sleeper
        return sleepers.lie_down(sleeper, lambda: self.calls != calls)

    def called(self) -> None:
        """Get up in the name of the loop, and rouse it: it may have done already what it was called for."""
        self.calls += 1
        taken = self.taken
        if taken is not None:
            sleepers, sleeper = taken
            sleepers.get_up(sleeper)
            sleeper.rouse()

    def get_up(self) -> None:
        """Sleep no more."""
        taken = self.taken
        if taken is not None:
            sleepers, sleeper = taken
            sleepers.get_up(sleeper)
            # Only now: whoever looks around holds the mutex, and a caller that found no sleeper here would sleep again too early.
            self.taken = None

    def doze(self, sleepers: Sleepers, at_us: int, calls: int, number: int | None = None) -> bool:
        """Sleep until an instant, but for a moment at most: the loop has something to do. Return whether the instant has come."""
        if sleepers.is_alone():
            sleepers.until_us(at_us)
            return True
        sleeper = sleepers.sleeper(at_us, nothing, number)
        ends_s = real.monotonic() + _DOZE_S
        try:
            if self.lie_down(sleepers, sleeper, calls):
                _wait(sleepers, sleeper, ends_s)
        finally:
            self.get_up()
        return sleeper.is_awake


def _wait(sleepers: Sleepers, sleeper: Sleeper, ends_s: float) -> None:
    # A function of its own: see `Sleepers` on loops inside of a `try`.
    while sleepers.drive(sleeper) != 0 and real.monotonic() < ends_s:
        real.sleep(_STEP_S)
