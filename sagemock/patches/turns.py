"""Whether an event loop that keeps running makes progress, or only waits by yielding (law 7 for tasks that yield)."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, Final
from weakref import WeakSet

from sagemock.clock.real import real
from sagemock.clock.stillness import STILL_S

__all__ = ["STALLED_S", "Turns", "yields"]

TURNS: Final = 128
"""The clocks are read once in so many turns, because reading them costs more than a turn."""
_YIELDS_S: Final = 0.25
"""After tasks have only yielded for so long at one instant, they count as waiting."""
_BUSTLE_S: Final = 1
"""The same for tasks that also wake one another, which may well be working."""
STALLED_S: Final = 5
"""The same where nothing sleeps, so that virtual time cannot bring what they wait for."""


class Turns:
    """The turns of one loop since time last passed, or since the loop last had nothing to do.

    Who has yielded for so long is known: as long as nobody else runs, a few milliseconds are enough at each later instant.
    """

    def __init__(self) -> None:
        self.who: set[Hashable] = set()
        """What has yielded since the clocks were last read."""
        self._known: WeakSet[Any] = WeakSet()
        self._turns = self._yields = 0
        self._since_s = self._yields_since_s = 0.0
        self._at_us: int | None = None

    def begin(self) -> None:
        """Start counting again: the loop made progress."""
        if self._turns:
            self._turns = self._yields = 0
            self._at_us = None
            self.who.clear()

    def forget(self) -> None:
        """Start counting again, and forget which tasks are known to yield."""
        if self._turns or self._known:
            self._known.clear()
            self.begin()

    def lead_nowhere(
        self, who: Collection[Hashable] | None, now_us: Callable[[], int | None], *, hasty: Callable[[], bool]
    ) -> bool:
        """Note a turn, and return whether time should pass now. `who` runs in it; None if some were woken by others.

        `hasty` says whether the few milliseconds are enough for who is known.
        """
        if not self._turns:
            self._since_s = real.monotonic()
        elif not self._turns % TURNS:
            self.who.clear()
        self._turns += 1
        if who is None:
            self._yields = 0
            self.who.clear()
        else:
            if not self._yields:
                self._yields_since_s = real.monotonic()
            self._yields += 1
            self.who.update(who)
        if self._turns % TURNS:
            return False
        before_us, at_us = self._at_us, now_us()
        if at_us is None or at_us != before_us:
            if before_us is not None:
                # Time passes without this.
                self.begin()
            self._at_us = at_us
            return False
        now_s = real.monotonic()
        if self._yields >= TURNS:
            is_known = all(one in self._known for one in self.who) and hasty()
            lasted_s: float = now_s - self._yields_since_s
            if lasted_s >= (STILL_S if is_known else _YIELDS_S):
                self._known.update(self.who)
                return True
        return bool(now_s - self._since_s >= _BUSTLE_S)

    @property
    def lasts_s(self) -> float:
        """For how long tasks have only yielded at one instant."""
        return real.monotonic() - self._yields_since_s if self._yields >= TURNS else 0


def yields(ready: Iterable[tuple[Any, tuple[Any, ...] | None]]) -> list[Hashable] | None:
    """Return who is about to run, by the callbacks that are ready and their arguments; None if somebody was woken.

    A task that is woken is given the future that it waited for, as every callback of a future is; one that yielded is not.
    """
    who: list[Hashable] = []
    for callback, arguments in ready:
        if arguments and asyncio.isfuture(arguments[0]):
            return None
        task: object = getattr(callback, "__self__", None)
        # A chain of callbacks may create a new closure each time, but always with the same code.
        kind: Any = type(callback)
        who.append(task if isinstance(task, asyncio.Task) else getattr(callback, "__code__", kind))
    return who
