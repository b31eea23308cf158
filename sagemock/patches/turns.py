"""Decides whether an event loop that keeps running makes progress, or its tasks only wait by yielding (law 7)."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, Final
from weakref import WeakSet

from sagemock.clock.real import real
from sagemock.clock.stillness import STILL_S

__all__ = ["STALLED_S", "Turns", "yields"]

TURNS: Final = 128
"""The clocks are read once in this many turns, because reading them costs more than a turn."""
_YIELDS_S: Final = 0.25
"""Tasks that have only yielded for this long at one virtual instant count as waiting."""
_BUSTLE_S: Final = 1
"""The same for tasks that also wake one another, because they may be doing real work."""
STALLED_S: Final = 5
"""The same where nothing sleeps, so that no virtual time can end their wait."""


class Turns:
    """The turns of one loop since time last passed, or since the loop last had nothing to do.

    Tasks that have yielded for `_YIELDS_S` are remembered: while no other task runs, a few milliseconds are enough at each later
    instant.
    """

    def __init__(self) -> None:
        self.who: set[Hashable] = set()
        """The tasks and callbacks that have yielded since the clocks were last read."""
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
        """Count a turn, and return whether time should pass now.

        `who` are the tasks and callbacks that run in this turn; None if some were woken by others. `hasty` returns whether a few
        milliseconds are enough for tasks that are known to yield.
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
                # Virtual time passes anyway.
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
        """The real seconds for which tasks have only yielded at one instant."""
        return real.monotonic() - self._yields_since_s if self._yields >= TURNS else 0


def yields(ready: Iterable[tuple[Any, tuple[Any, ...] | None]]) -> list[Hashable] | None:
    """Return the tasks and callbacks that are about to run, from pairs of callback and arguments; None if any was woken.

    A woken task gets the future that it waited for as an argument, like every callback of a future; a task that yielded does not.
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
