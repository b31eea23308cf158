"""The waits of an event loop for something outside this process: connections that owe an answer, and children (law 7)."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sagemock.clock import children
from sagemock.clock.answers import may_be_signalled
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.system_calls import EVENTFD, PIDFD, goes_to, is_pair, is_within, serves, traffic
from sagemock.clock.table import Awaited
from sagemock.clock.waits import Why, is_own_wake_up

__all__ = ["Child", "LoopOutside", "Waiting", "called_s"]

_FLOWS_MS: Final = 250
"""An answer is complete after this long without data. A later part may wait for a delayed acknowledgement, of 40 to 200 ms."""


@dataclass(frozen=True)
class Waiting:
    """What the tasks of a loop wait for."""

    is_any: Callable[[], bool]
    """Returns whether a task may wait for something outside."""
    read: Callable[[], Collection[int]] = tuple
    """Returns the connections from which tasks read, as far as that is known."""
    called_s: Callable[[], float] = float
    """Returns for how many real seconds a child may still call a server of the loop, or send a signal."""


def called_s(sleepers: Sleepers) -> float:
    """Return for how many real seconds a child may still call a server of the calling thread's loop, or send a signal.

    A loop in another thread than the one that entered the mock serves for ever, whether or not a call is awaited.
    """
    # As in `may_be_called`.
    return children.are_young_for_s(sleepers.patience_s, also_ended=may_be_signalled()) if sleepers.was_entered_here() else 0


class _Descriptor:
    """A file descriptor that a loop watches."""

    def __init__(self, number: int, where: str) -> None:
        self.where = where
        self.since_s: float | None = None
        """The real instant since which the descriptor holds time; None if it does not."""
        self.segments: int | None = None
        """The number of segments sent when data last arrived; None if none has arrived since the loop is watched."""
        self._received: int | None = None
        """The number of bytes received at the last look."""
        self._is_owed = False
        """Whether the descriptor holds time for an answer to what was sent, and not only because a task reads."""
        self._number = number
        self._is_child = where.startswith("pipe:") or where == PIDFD
        is_socket = where.startswith("socket:")
        self.is_served = is_socket and bool(serves([number]))
        """Whether the descriptor waits for callers; an accepted connection waits for the client's next request."""
        self._is_pair = is_socket and is_pair(number)
        self.is_connection = is_socket and not self.is_served
        self._is_told = self._is_child or self.is_served or (self.is_connection and traffic(number) is not None)

    @property
    def is_loops_own(self) -> bool:
        """Whether the loop made the descriptor, so that threads or signals can wake it."""
        return self.where == EVENTFD or (self._is_pair and is_own_wake_up(self._number))

    @property
    def is_known(self) -> bool:
        """Whether sagemock can tell if the descriptor waits for data."""
        return self._is_told or (self.is_connection and is_within(self._number))

    def arrived(self) -> None:
        """Note that data has arrived."""
        self.since_s = None
        found = traffic(self._number) if self.is_connection else None
        self.segments = None if found is None else found.segments

    def look(self) -> None:
        """Note whether data has arrived since the last look. At the first look, none has if none ever has."""
        found = traffic(self._number) if self.is_connection else None
        if found is None:
            return
        if self._received is None:
            self.segments = None if found.received else 0
        elif self._received != found.received:
            self.arrived()
        self._received = found.received

    def longest_s(self, patience_s: float, waiting: Waiting, among: Collection[int]) -> float | None:
        """Return for how many real seconds the descriptor may hold time; None if no data is to be expected.

        `among` are all descriptors of the loop.
        """
        if self._is_child:
            return patience_s if self._is_a_child_there() else None
        if not self.is_connection or is_within(self._number, among):
            # Where the loop has both ends, a task of its own is to answer.
            return None
        found = traffic(self._number)
        if found is None:
            return patience_s if self._is_expected(waiting) else None
        is_owed = found.sent_ms < found.received_ms if self.segments is None else found.segments > self.segments
        if found.is_connecting or is_owed:
            if not self._is_owed:
                # A new request: what was held until now, while a task read, had a patience of its own.
                self._is_owed, self.since_s = True, None
            return patience_s
        self._is_owed = False
        # A task may wait although nothing is owed: for the rest of an answer, for the second of two, or because the other end
        # speaks first. The kernel counts from the last request, or from the connection's beginning.
        left_s = patience_s - found.sent_ms / 1000
        if left_s > 0 and self._number in waiting.read():
            return left_s if self.since_s is None else real.monotonic() - self.since_s + left_s
        is_flowing = self.segments is not None and found.received_ms < _FLOWS_MS and waiting.is_any()
        return _FLOWS_MS / 1000 if is_flowing else None

    def _is_expected(self, waiting: Waiting) -> bool:
        """Return whether a task may wait for a Unix socket, of which the kernel does not tell what it has sent."""
        if is_within(self._number):
            return waiting.is_any()
        # What an unnamed pair within this process gets comes from a thread.
        return not self.is_loops_own and self._number in waiting.read()

    @property
    def why(self) -> str:
        """The reason why a loop waits for the descriptor."""
        return str((Why.CHILD if self._is_child else Why.OUTSIDE).value)

    def timers_are_real_s(self, patience_s: float, among: Collection[int]) -> float:
        """Return for how many real seconds data may arrive that must come before a virtual timer; infinity if unknown."""
        if self.is_served or (self.is_connection and is_within(self._number, among)):
            return 0
        if self._is_child:
            return math.inf if self._is_a_child_there() else 0
        if not self.is_known:
            return math.inf
        found = traffic(self._number)
        return 0 if found is None else max(0, patience_s - min(found.sent_ms, found.received_ms) / 1000)

    def _is_a_child_there(self) -> bool:
        return children.there_are() if self.where == PIDFD else children.have_open(self.where)


class Child:
    """A child process of a loop that does not show what it watches for its children."""

    def __init__(self) -> None:
        self.since_s: float = real.monotonic()
        """The real instant at which the loop began to start it."""
        self.transport: Any = None
        """The child's transport; None until the loop has started the child."""

    @property
    def lives(self) -> bool:
        """Whether the child has not ended, as far as the loop knows."""
        return self.transport is None or self.transport.get_returncode() is None


class LoopOutside:
    """The file descriptors of one event loop, each with the instant since which it holds time, and its children."""

    def __init__(self) -> None:
        self._known: dict[int, _Descriptor] = {}
        self._children: list[Child] = []

    @property
    def has_children(self) -> bool:
        """Whether a child process from `starting` lives."""
        self._children = [child for child in self._children if child.lives]
        return bool(self._children)

    @contextmanager
    def starting(self) -> Iterator[Child]:
        """Note a child process that the block starts and whose transport it sets; forget the child if the block fails."""
        child = Child()
        self._children.append(child)
        try:
            yield child
        except BaseException:
            self._children.remove(child)
            raise

    def are_known(self, numbers: Iterable[int]) -> bool:
        """Return whether sagemock can tell for each of these descriptors if it waits for data."""
        return all(self._descriptor(number).is_known for number in numbers)

    def foreign(self, numbers: Iterable[int]) -> list[int]:
        """Return the descriptors without those by which threads or signals wake the loop."""
        return [number for number in numbers if not self._descriptor(number).is_loops_own]

    def forget(self) -> None:
        """Forget all descriptors: data may have arrived while the loop was not watched."""
        self._known.clear()

    def look(self, numbers: Iterable[int]) -> None:
        """Note for which descriptors data has arrived since the last look, in a loop that does not tell."""
        for number in numbers:
            self._descriptor(number).look()

    def arrived(self, numbers: Iterable[int]) -> None:
        """Note for which descriptors data has arrived, before the loop reads it."""
        for number in numbers:
            self._descriptor(number).arrived()

    def awaited(self, numbers: Collection[int], patience_s: float, waiting: Waiting) -> Awaited | None:
        """Return the wait of the loop that holds time longest; None if none does."""
        now_s: float = real.monotonic()
        latest: Awaited | None = None
        sockets: tuple[int, ...] | None = ()
        for number in numbers:
            one = self._descriptor(number)
            longest_s = one.longest_s(patience_s, waiting, numbers)
            if longest_s is None:
                one.since_s = None
                continue
            one.since_s = now_s if one.since_s is None else one.since_s
            if latest is None or latest.until_s < one.since_s + longest_s:
                latest = Awaited((one.where, one.since_s), one.why, one.since_s + longest_s, ())
            sockets = (*sockets, number) if one.is_connection and sockets is not None else None
        if self.has_children:
            # The loop does not tell when a child has written something: all have their patience since they were started.
            child = self._children[-1]
            until_s, sockets = child.since_s + patience_s, None
            if latest is None or latest.until_s < until_s:
                latest = Awaited((id(child), child.since_s), str(Why.CHILD.value), until_s, ())
        found = latest and latest._replace(sockets=sockets or ())
        called = self.awaits_a_call(numbers, waiting)
        return called if called is not None and (found is None or found.until_s < called.until_s) else found

    def awaits_a_call(self, numbers: Iterable[int], waiting: Waiting) -> Awaited | None:
        """Return the wait of a task for a child that may call a server of the loop, or send a signal; None if there is none."""
        serves_any = any([self._descriptor(number).is_served for number in numbers])  # noqa: C419  # see `clock.table` on generators
        if not (serves_any or may_be_signalled()):
            return None
        called_s = waiting.called_s() if waiting.is_any() else 0
        return Awaited("a call", str(Why.CHILD.value), real.monotonic() + called_s, ()) if called_s > 0 else None

    def awaited_by_timers(self, numbers: Collection[int], patience_s: float, waiting: Waiting) -> Awaited | None:
        """Return the wait of a loop in which no task sleeps, and whose timers it holds; None if they may be virtual.

        A timer may be the timeout of a read, so a connection must first be quiet for `patience_s`. If sagemock cannot tell for
        what a descriptor, or the whole loop, waits, the wait ends at infinity: the timers are real.
        """
        owed = self.awaited(numbers, patience_s, waiting)
        held_s = {number: self._descriptor(number).timers_are_real_s(patience_s, numbers) for number in numbers}
        longest_s = math.inf if self.has_children else max(held_s.values(), default=math.inf)
        if longest_s == 0:
            return owed
        # Only the owed answer is worth a record.
        found = owed or Awaited(None, "", 0, ())
        sockets = {*found.sockets, *(number for number, for_s in held_s.items() if for_s > 0)}
        return found._replace(until_s=max(found.until_s, real.monotonic() + longest_s), sockets=tuple(sockets))

    def _descriptor(self, number: int) -> _Descriptor:
        where = goes_to(number)
        known = self._known.get(number)
        if known is None or known.where != where:
            known = self._known[number] = _Descriptor(number, where)
        return known
