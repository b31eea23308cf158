"""What an event loop waits for outside of this process: connections that owe an answer, and children (law 7 for tasks)."""

import math
from collections.abc import Callable, Collection, Iterable
from typing import Final

from sagemock.clock import children
from sagemock.clock.real import real
from sagemock.clock.system_calls import goes_to, is_within, serves, traffic
from sagemock.clock.table import Awaited
from sagemock.clock.waits import Why

__all__ = ["LoopOutside"]

_FLOWS_MS: Final = 250
"""After so long without data an answer is complete. Its second part may wait for a delayed acknowledgement, of 40 to 200 ms."""


class _Descriptor:
    """A descriptor of a loop."""

    def __init__(self, number: int, where: str) -> None:
        self.where = where
        self.since_s: float | None = None
        """Since which real instant it holds time, until something comes."""
        self.segments: int | None = None
        """How many segments had been sent when something came last; None if nothing has come since the loop is watched."""
        self._number = number
        self._is_child = where.startswith("pipe:") or where == "anon_inode:[pidfd]"
        # A connection that came in waits for whoever calls next.
        self._is_served = where.startswith("socket:") and bool(serves([number]))
        self._is_connection = where.startswith("socket:") and not self._is_served
        self.is_known = self._is_child or self._is_served or (self._is_connection and traffic(number) is not None)
        """Whether it is known when something is to come."""

    def arrived(self) -> None:
        """Note that something has come."""
        self.since_s = None
        found = traffic(self._number) if self._is_connection else None
        self.segments = None if found is None else found.segments

    def longest_s(self, patience_s: float, is_awaited: Callable[[], bool], among: Collection[int]) -> float | None:
        """Return for how long it may hold time, since that began; None if nothing is to come.

        `is_awaited` says whether some task may wait for it; `among` are all descriptors of the loop.
        """
        if self._is_child:
            return patience_s if self._is_a_child_there() else None
        found = traffic(self._number) if self._is_connection else None
        if found is None or is_within(self._number, among):
            # Where the loop has both ends, a task of its own is to answer.
            return None
        is_owed = found.sent_ms < found.received_ms if self.segments is None else found.segments > self.segments
        if found.is_connecting or is_owed:
            return patience_s
        is_flowing = self.segments is not None and found.received_ms < _FLOWS_MS and is_awaited()
        return _FLOWS_MS / 1000 if is_flowing else None

    @property
    def why(self) -> str:
        """Why a loop waits for it."""
        return str((Why.CHILD if self._is_child else Why.OUTSIDE).value)

    def timers_are_real_s(self, patience_s: float, among: Collection[int]) -> float:
        """Return for how many real seconds from now on something may come before a timer by virtual time; infinity if unknown."""
        if self._is_served or (self._is_connection and is_within(self._number, among)):
            return 0
        if self._is_child:
            return math.inf if self._is_a_child_there() else 0
        found = traffic(self._number)
        return math.inf if found is None else max(0, patience_s - min(found.sent_ms, found.received_ms) / 1000)

    def _is_a_child_there(self) -> bool:
        return children.there_are() if self.where == "anon_inode:[pidfd]" else children.have_open(self.where)


class LoopOutside:
    """The descriptors of one event loop, and since when it waits for each of them."""

    def __init__(self) -> None:
        self._known: dict[int, _Descriptor] = {}

    def are_known(self, numbers: Iterable[int]) -> bool:
        """Return whether it is known of all of them when something is to come."""
        return all(self._descriptor(number).is_known for number in numbers)

    def forget(self) -> None:
        """Begin anew: nobody saw what came in the meantime."""
        self._known.clear()

    def arrived(self, numbers: Iterable[int]) -> None:
        """Note for which descriptors something has come, before the loop does anything with it."""
        for number in numbers:
            self._descriptor(number).arrived()

    def awaited(self, numbers: Collection[int], patience_s: float, is_awaited: Callable[[], bool]) -> Awaited | None:
        """Return for what the loop waits, and until when that holds time: of several, for what holds it longest.

        `is_awaited` says whether some task may wait for something from outside.
        """
        now_s: float = real.monotonic()
        latest: Awaited | None = None
        for number in numbers:
            one = self._descriptor(number)
            longest_s = one.longest_s(patience_s, is_awaited, numbers)
            if longest_s is None:
                one.since_s = None
                continue
            one.since_s = now_s if one.since_s is None else one.since_s
            if latest is None or latest.until_s < one.since_s + longest_s:
                latest = Awaited((one.where, one.since_s), one.why, one.since_s + longest_s)
        return latest

    def timers_are_real_s(self, numbers: Collection[int], patience_s: float) -> float:
        """Return for how many real seconds from now on the timers of a loop in which no task sleeps go by real time alone.

        A descriptor may be what they are set for. So a connection has to be quiet for `patience`, and where nobody knows what
        is to come, they stay real: the answer is then infinity.
        """
        return max((self._descriptor(number).timers_are_real_s(patience_s, numbers) for number in numbers), default=0)

    def _descriptor(self, number: int) -> _Descriptor:
        where = goes_to(number)
        known = self._known.get(number)
        if known is None or known.where != where:
            known = self._known[number] = _Descriptor(number, where)
        return known
