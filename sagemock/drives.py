"""What lets virtual time pass while the tasks of an event loop sleep: it has to know when the loop has nothing else to do."""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from sagemock.realtime import real
from sagemock.sleepers import Sleeper, Sleepers
from sagemock.stillness import STILL_S
from sagemock.timers import Alarm, Alarms, Timer

__all__ = ["Drive", "Selecting", "Watching", "drive_of"]

_Loop: TypeAlias = asyncio.AbstractEventLoop
_Sleeping: TypeAlias = Callable[[], Alarms | None]
_LOOKS = 3
_Gathering: type = vars(asyncio.tasks)["_GatheringFuture"]
_STEP_S = 0.001


class Drive(Protocol):
    """Lets time pass while tasks of its loop sleep."""

    loop: _Loop

    def begin(self) -> None:
        """Tasks sleep from now on."""

    def end(self) -> None:
        """No task sleeps any more."""

    def called(self) -> None:
        """Another thread has just given the loop something to do: until that is done nobody may move time on."""


def drive_of(loop: _Loop, sleeping: _Sleeping) -> Drive:
    """Return what drives this make of loop."""
    selector = vars(loop).get("_selector") if isinstance(loop, asyncio.BaseEventLoop) else None
    return Watching(loop, sleeping) if selector is None else Selecting(loop, sleeping, selector)


def _nothing() -> None:
    """Rouse nobody: whoever is meant looks by itself."""


class _Bed:
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
            # Only now: it waits for whoever looks around, and a caller that found no bed would be idle again before it is got up.
            self.taken = None


class Selecting:
    """Drives asyncio's own loops: they wait in their selector, and only when they have nothing to do.

    The selector's `select` is replaced on that one object and only while a task sleeps virtually.
    """

    def __init__(self, loop: _Loop, sleeping: _Sleeping, selector: Any) -> None:  # noqa: ANN401  # a selector, or Windows' proactor
        self.loop = loop
        self._sleeping = sleeping
        self._selector = selector
        self._real_select: Callable[[float | None], list[Any]] = selector.select
        self._select = self._select_or_pass
        self._bed = _Bed()
        self.called = self._bed.called

    def begin(self) -> None:
        """Wait for tasks as well."""
        vars(self._selector).setdefault("select", self._select)

    def end(self) -> None:
        """Leave the selector as it was."""
        if vars(self._selector).get("select") is self._select:
            del self._selector.select

    def _select_or_pass(self, timeout: float | None = None) -> list[Any]:
        alarms = self._sleeping()
        if alarms is None or (timeout is not None and timeout <= 0):
            return self._real_select(timeout)
        calls = self._bed.calls
        # What is there already comes first.
        return self._real_select(0) or self._pass(alarms, timeout, calls)

    def _pass(self, alarms: Alarms, timeout: float | None, calls: int) -> list[Any]:
        first = alarms.first()
        if first is None:
            # Whoever slept was cancelled by another thread, which will make the loop look.
            return self._real_select(timeout)
        ends_s = None if timeout is None else real.monotonic() + timeout
        events: list[Any] = []

        def pause(longest_s: float | None) -> bool:
            # The loop's own timer, of real time, ends the pause too.
            left_s = None if ends_s is None else max(0, ends_s - real.monotonic())
            events.extend(self._real_select(min((s for s in (longest_s, left_s) if s is not None), default=None)))
            return bool(events) or left_s == 0

        # A socket that is waited for may have news in a moment; a virtual hour would time it out.
        if not (self._awaits_others() and pause(STILL_S)) and self._sleep(alarms.sleepers, first, pause, calls):
            alarms.ring(first)
        return events

    def _sleep(self, sleepers: Sleepers, first: Alarm | Timer, pause: Callable[[float | None], bool], calls: int) -> bool:
        if sleepers.is_alone():
            sleepers.until_us(first.at_us)
            return True
        sleeper = sleepers.sleeper(first.at_us, self._rouse, first.number)
        try:
            if self._bed.lie_down(sleepers, sleeper, calls):
                while (longest_s := sleepers.drive(sleeper)) != 0:
                    if pause(longest_s):
                        break
        finally:
            self._bed.get_up()
        return sleeper.is_awake

    def _awaits_others(self) -> bool:
        # One is the loop's own, by which threads call it. A proactor (Windows) does not say.
        return not isinstance(self._selector, selectors.BaseSelector) or len(self._selector.get_map()) > 1

    def _rouse(self) -> None:
        # What `call_soon_threadsafe` does to be heard; by that itself, the loop would have something to do and get up.
        loop: Any = self.loop
        loop._write_to_self()  # noqa: SLF001  # there is no other way


class Watching:
    """Drives loops into which one cannot look, like uvloop's: by watching the tasks.

    The loop has nothing to do when every task waits for something that has not come. What else a task may wait for than another
    task or a sleep is given a few real milliseconds.
    """

    def __init__(self, loop: _Loop, sleeping: _Sleeping) -> None:
        self.loop = loop
        self._sleeping = sleeping
        self._is_watching = False
        self._quiet = 0
        self._since_s: float | None = None
        self._bed = _Bed()
        self._calls = 0
        self._next: Alarm | Timer | None = None
        self.called = self._bed.called

    def begin(self) -> None:
        """Watch."""
        if not self._is_watching:
            self._is_watching = True
            self.loop.call_soon(self._look)

    def end(self) -> None:
        """Watch no more: the next look sees that nobody sleeps."""

    def _look(self) -> None:
        alarms = self._sleeping()
        if alarms is None:
            self._bed.get_up()
            self._is_watching = False
            return
        waiters = [getattr(task, "_fut_waiter", None) for task in asyncio.all_tasks(self.loop)]
        calls = self._bed.calls
        if calls != self._calls or any(waiter is None or waiter.done() for waiter in waiters):
            self._calls = calls
            self._again()
            return
        self._quiet += 1
        if self._since_s is None:
            self._since_s = real.monotonic()
        if self._quiet < _LOOKS:
            # Callbacks that belong to no task, and news from sockets and threads, get their turn.
            self.loop.call_soon(self._look)
            return
        # A bare future may be anything; that of a sleep is bare too, so those are counted.
        bare = sum(not isinstance(waiter, (asyncio.Task, _Gathering)) for waiter in waiters)
        if bare > alarms.asleep and real.monotonic() - self._since_s < STILL_S:
            self._look_later()
        else:
            self._pass(alarms, calls)

    def _pass(self, alarms: Alarms, calls: int) -> None:
        first, sleepers = alarms.first(), alarms.sleepers
        if first is None:
            # Whoever slept was cancelled, and has not noticed yet.
            self._again()
            return
        if self._next is not first:
            self._bed.get_up()
            self._next = first
        if self._bed.taken is None:
            if sleepers.is_alone():
                sleepers.until_us(first.at_us)
                self._ring(alarms, first)
                return
            self._bed.lie_down(sleepers, sleepers.sleeper(first.at_us, _nothing, first.number), calls)
        if self._is_awake():
            self._ring(alarms, first)
        else:
            self._look_later()

    def _is_awake(self) -> bool:
        taken = self._bed.taken
        return taken is not None and taken[0].drive(taken[1]) == 0

    def _ring(self, alarms: Alarms, first: Alarm | Timer) -> None:
        alarms.ring(first)
        self._again()

    def _look_later(self) -> None:
        # Looked at anew from the beginning: meanwhile a thread or a socket may have had news that the loop has not met yet.
        self._quiet = 0
        self.loop.call_later(_STEP_S, self._look)

    def _again(self) -> None:
        self._bed.get_up()
        self._quiet = 0
        self._since_s = None
        self.loop.call_soon(self._look)
