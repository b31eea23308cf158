"""The drive of asyncio's own event loops, which wait in a selector."""

import asyncio
import math
import selectors
import socket
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from sagemock.clock.answers import may_be_signalled
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.clock.stillness import STILL_S
from sagemock.clock.system_calls import is_ready
from sagemock.clock.table import Awaited
from sagemock.patches.active import Innermost
from sagemock.patches.loop_outside import LoopOutside, Waiting, called_s
from sagemock.patches.loop_readers import read_by_tasks
from sagemock.patches.timers import Alarm, Alarms, Timer
from sagemock.patches.yielding import Sleeping, Yielding, waits_for_something

__all__ = ["SelectorLoop"]


class SelectorLoop(Yielding):
    """Drives asyncio's own loops, which wait in their selector only when they have nothing to do.

    `select` is replaced on that one selector, and only while a task sleeps virtually or a timer is set.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sleeping: Sleeping,
        timed: Sleeping,
        active: Innermost,
        selector: Any,  # noqa: ANN401  # a selector, or Windows' proactor
    ) -> None:
        super().__init__(loop, sleeping, active)
        self._timed = timed
        self._selector = selector
        wake_up: socket.socket | None = vars(loop).get("_ssock")
        self._wake_up = None if wake_up is None else wake_up.fileno()
        """The descriptor by which threads and signals wake the loop."""
        self._real_select: Callable[[float | None], list[Any]] = selector.select
        self._select = self._select_or_pass
        self.outside = LoopOutside()
        number: Callable[[], int] | None = getattr(selector, "fileno", None)
        self._news = None if number is None else partial(is_ready, number())

    def begin(self) -> None:
        """Replace `select`, so that it also waits for sleeping tasks."""
        if not self._selects:
            self.outside.forget()
        vars(self._selector).setdefault("select", self._select)

    def begin_timers(self) -> None:
        """Replace `select`, so that it also waits for virtual timers."""
        self.begin()

    def end(self) -> None:
        """Restore `select`."""
        if self._selects:
            del self._selector.select

    @property
    def _selects(self) -> bool:
        return vars(self._selector).get("select") is self._select

    def soon(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Do nothing: `turn` watches asyncio's own loops."""

    def yielded(self) -> None:
        """Do nothing: `turn` watches asyncio's own loops."""

    def _select_or_pass(self, timeout: float | None = None) -> list[Any]:
        calls = self._sleeper.calls
        # Events that are already there come first.
        events = self._real_select(0)
        if not events and (timeout is None or timeout > 0):
            sleeping = self._sleeping()
            if sleeping is None:
                events = self._pass_to_timers(timeout, calls)
            else:
                events = self._pass(sleeping, timeout, calls, self._awaited(sleeping))
        if calls != self._sleeper.calls or not self._are_own(events):
            alarms = self._sleeping() or self._timed()
            if alarms is not None:
                alarms.timer_ticks.had_event()
        self.outside.arrived(key.fd for key, _ in events)
        return events

    def _are_own(self, events: list[Any]) -> bool:
        """Return whether these events are none but the loop's wake-up, which also ends its sleep in the table."""
        return all(key.fd == self._wake_up for key, _ in events)

    def _pass_to_timers(self, timeout: float | None, calls: int) -> list[Any]:
        alarms = self._timed()
        if alarms is None:
            # End only now, and not between two sleeps: each wait for something outside has its patience only once.
            self.end()
            return self._real_select(timeout)
        awaited = self._awaited(alarms)
        if awaited is not None and awaited.until_s == math.inf:
            return self._real_select(timeout)
        return self._pass(alarms, timeout, calls, awaited)

    def _pass(self, alarms: Alarms, timeout: float | None, calls: int, awaited: Awaited | None) -> list[Any]:
        first = alarms.first()
        if first is None:
            # Another thread has cancelled the task that slept, and will wake the loop.
            return self._real_select(timeout)
        ends_s = None if timeout is None else real.monotonic() + timeout
        events: list[Any] = []

        def pause(longest_s: float | None) -> bool:
            # The loop's own timer, in real time, ends the pause, too.
            left_s = None if ends_s is None else max(0, ends_s - real.monotonic())
            events.extend(self._real_select(min((s for s in (longest_s, left_s) if s is not None), default=None)))
            return bool(events) or left_s == 0

        if self._sleep(alarms, first, pause, calls, awaited):
            alarms.ring(first)
            alarms.timer_ticks.times += isinstance(first, Timer)
        return events

    def _sleep(  # what a loop waits for
        self,
        alarms: Alarms,
        first: Alarm | Timer,
        pause: Callable[[float | None], bool],
        calls: int,
        awaited: Awaited | None,
    ) -> bool:
        sleepers = alarms.sleepers
        # A timer may be the timeout of a wait for a thread, also for one that is older than the mock.
        is_timer = isinstance(first, Timer)
        is_given = self._may_wait_for_older(alarms)
        if not (awaited or is_timer or is_given) and self._sleeper.goes_alone(sleepers, first.at_us, calls):
            return True
        sleeper = sleepers.sleeper(first.at_us, self._rouse, first.number)
        sleeper.awaited = awaited
        sleeper.news = self._news
        sleeper.is_wait, sleeper.is_given = is_timer, is_given
        alarms.mark(sleeper)
        try:
            if self._sleeper.begin_sleep(sleepers, sleeper, calls):
                _wait(sleepers, sleeper, pause)
        finally:
            self._sleeper.end_sleep()
        return sleeper.is_awake

    def _awaits_nobody(self) -> bool:
        # A single descriptor is the loop's own wake-up, by which threads call it. A proactor (Windows) does not list descriptors.
        return isinstance(self._selector, selectors.BaseSelector) and len(self._selector.get_map()) == 1

    def _awaited(self, alarms: Alarms) -> Awaited | None:
        """Return the wait of the loop for something outside this process that holds time; None if there is none."""
        is_alone = self._awaits_nobody()
        if is_alone and not may_be_signalled():
            return None
        readers = cache(partial(read_by_tasks, self.loop))
        waiting = Waiting(lambda: self._is_any_awaited(alarms), readers, partial(called_s, alarms.sleepers))
        if is_alone:
            return self.outside.awaits_a_call((), waiting)
        numbers = self._descriptors()
        awaited = self.outside.awaited if alarms.asleep else self.outside.awaited_by_timers
        found = awaited(numbers, alarms.sleepers.patience_s, waiting)
        if found is not None or not alarms.asleep or (numbers and self.outside.are_known(numbers)):
            return found
        # A descriptor of an unknown kind may get data in a moment, but a virtual hour would time it out: first wait a little. In
        # the table, so that the clock does not pass the deadline of this loop meanwhile.
        return Awaited(None, "", real.monotonic() + STILL_S, ())

    def _is_any_awaited(self, alarms: Alarms) -> bool:
        return sum(map(waits_for_something, asyncio.all_tasks(self.loop))) > alarms.asleep

    def _descriptors(self) -> list[int]:
        if not isinstance(self._selector, selectors.BaseSelector):
            return []  # pragma: no cover  # a proactor (Windows) does not list descriptors
        return [key.fd for key in self._selector.get_map().values() if key.fd != self._wake_up]

    def _rouse(self) -> None:
        # `call_soon_threadsafe` wakes the loop in this way. Not by that method: its callback would end the loop's sleep.
        loop: Any = self.loop
        loop._write_to_self()  # noqa: SLF001  # there is no other way


def _wait(sleepers: Sleepers, sleeper: Sleeper, pause: Callable[[float | None], bool]) -> None:
    # A function of its own, because a loop must not stand inside a `try`: see `Sleepers`.
    while (longest_s := sleepers.drive(sleeper)) != 0:
        if pause(longest_s):
            break
