"""What the patches of the process ask of the mock that is innermost at the moment."""

import threading
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, Protocol, TypeAlias

from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock

__all__ = ["Active", "Innermost", "keeps_real_time"]


class Active(Protocol):
    """The world of an active mock, as `sleep`, `wall`, `adaptive` and `guard` see it."""

    @property
    def clock(self) -> Clock:
        """The virtual clock."""

    @property
    def wall(self) -> Literal["virtual", "real"]:
        """Whose time the process shows."""

    @property
    def sleeping(self) -> Literal["virtual", "real"]:
        """How the process sleeps."""

    @property
    def passthrough(self) -> frozenset[str]:
        """The services that may reach the network."""

    @property
    def threads_before(self) -> AbstractSet[threading.Thread]:
        """The threads that were alive before the mock started: they keep real time (law 8)."""

    @property
    def sleepers(self) -> Sleepers:
        """Who sleeps on the clock."""

    def begin_sleep_us(self, duration_us: int) -> int:
        """Record and guard a sleep that begins now; return the instant of its end."""

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Note that tasks have only yielded for so many real seconds in those places while nobody slept; it may be an error."""

    def sleep_us(self, duration_us: int) -> None:
        """Let the calling thread sleep virtually: recorded, guarded against idling, advances the clock."""


Innermost: TypeAlias = Callable[[], Active | None]
"""Returns the world of the innermost active mock, or None when there is none."""


def keeps_real_time(active: Active) -> bool:
    """Return whether the calling thread was alive before the mock started (law 8)."""
    return threading.current_thread() in active.threads_before
