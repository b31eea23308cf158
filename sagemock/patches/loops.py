"""Drives of event loops: they let virtual time pass while tasks sleep, once the loop has nothing else to do."""

import asyncio
import math
import selectors
from collections.abc import Callable
from functools import partial
from itertools import filterfalse
from typing import Any, Final, Protocol, TypeAlias

from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.clock.stillness import STILL_S
from sagemock.clock.system_calls import Call, descriptors, goes_to, is_known_here, is_ready
from sagemock.clock.table import Awaited
from sagemock.clock.waits import is_own_wake_up
from sagemock.patches.active import Innermost
from sagemock.patches.loop_outside import LoopOutside
from sagemock.patches.loop_sleepers import nothing
from sagemock.patches.timers import Alarm, Alarms, Timer
from sagemock.patches.turns import yields
from sagemock.patches.yielding import Sleeping, Yielding

__all__ = ["Drive", "PolledLoop", "SelectorLoop", "drive_of"]

_Loop: TypeAlias = asyncio.AbstractEventLoop
_LOOKS = 3
_Gathering: type = vars(asyncio.tasks)["_GatheringFuture"]
_STEP_S = 0.001
_RARELY_S: Final = 0.25
"""A loop that was idle for longer than this between two callbacks has waited in between, so it is not in a busy loop."""


class Drive(Protocol):
    """Lets virtual time pass while tasks of its loop sleep or only yield."""

    loop: _Loop

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


def drive_of(loop: _Loop, sleeping: Sleeping, timed: Sleeping, active: Innermost) -> Drive:
    """Return the drive for this kind of loop.

    `sleeping` returns the alarms of its sleeping tasks, `timed` those of its timers while no task sleeps, and `active` the mock
    by whose clock the tasks sleep.
    """
    selector = vars(loop).get("_selector") if isinstance(loop, asyncio.BaseEventLoop) else None
    if selector is None:
        return PolledLoop(loop, sleeping, timed, active)
    return SelectorLoop(loop, sleeping, timed, active, selector)


class SelectorLoop(Yielding):
    """Drives asyncio's own loops, which wait in their selector only when they have nothing to do.

    `select` is replaced on that one selector, and only while a task sleeps virtually or a timer is set.
    """

    def __init__(
        self,
        loop: _Loop,
        sleeping: Sleeping,
        timed: Sleeping,
        active: Innermost,
        selector: Any,  # noqa: ANN401  # a selector, or Windows' proactor
    ) -> None:
        super().__init__(loop, sleeping, active)
        self._timed = timed
        self._selector = selector
        self._real_select: Callable[[float | None], list[Any]] = selector.select
        self._select = self._select_or_pass
        self._outside = LoopOutside()
        number: Callable[[], int] | None = getattr(selector, "fileno", None)
        self._news = None if number is None else partial(is_ready, number())

    def begin(self) -> None:
        """Replace `select`, so that it also waits for sleeping tasks."""
        if not self._selects:
            self._outside.forget()
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
            events = self._pass_to_timers(timeout, calls) if sleeping is None else self._pass(sleeping, timeout, calls)
        self._outside.arrived(key.fd for key, _ in events)
        return events

    def _pass_to_timers(self, timeout: float | None, calls: int) -> list[Any]:
        alarms = self._timed()
        if alarms is None:
            # End only now, and not between two sleeps: each wait for something outside has its patience only once.
            self.end()
            return self._real_select(timeout)
        real_s = self._timers_are_real_s(alarms)
        if real_s > 0:
            return self._real_select(real_s if timeout is None else min(timeout, real_s))
        events = self._pass(alarms, timeout, calls)
        alarms.timer_ticks.times = 0 if events else alarms.timer_ticks.times + 1
        return events

    def _timers_are_real_s(self, alarms: Alarms) -> float:
        if self._awaits_nobody():
            return 0
        numbers = self._descriptors()
        return self._outside.timers_are_real_s(numbers, alarms.sleepers.patience_s) if numbers else math.inf

    def _pass(self, alarms: Alarms, timeout: float | None, calls: int) -> list[Any]:
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

        if self._sleep(alarms, first, pause, calls, self._awaited(alarms)):
            alarms.ring(first)
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
        # A timer may be the time-out of a wait for a thread, also for one that is older than the mock.
        is_timer = isinstance(first, Timer)
        if not (awaited or is_timer) and sleepers.is_alone():
            sleepers.until_us(first.at_us)
            return True
        sleeper = sleepers.sleeper(first.at_us, self._rouse, first.number)
        sleeper.awaited = awaited
        sleeper.news = self._news
        sleeper.is_wait = is_timer
        sleeper.is_ticker = alarms.are_ticks
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
        if self._awaits_nobody():
            return None
        numbers = self._descriptors()
        found = self._outside.awaited(
            numbers,
            alarms.sleepers.patience_s,
            lambda: sum(map(_waits_for_something, asyncio.all_tasks(self.loop))) > alarms.asleep,
        )
        if found is not None or (numbers and self._outside.are_known(numbers)):
            return found
        # A descriptor of an unknown kind may get data in a moment, but a virtual hour would time it out: first wait a little. In
        # the table, so that the clock does not pass the deadline of this loop meanwhile.
        return Awaited(None, "", real.monotonic() + STILL_S, ())

    def _descriptors(self) -> list[int]:
        if not isinstance(self._selector, selectors.BaseSelector):
            return []  # pragma: no cover  # a proactor (Windows) does not list descriptors
        own = vars(self.loop).get("_ssock")
        return [key.fd for key in self._selector.get_map().values() if own is None or key.fd != own.fileno()]

    def _rouse(self) -> None:
        # `call_soon_threadsafe` wakes the loop in this way. Not by that method: its callback would end the loop's sleep.
        loop: Any = self.loop
        loop._write_to_self()  # noqa: SLF001  # there is no other way


def _wait(sleepers: Sleepers, sleeper: Sleeper, pause: Callable[[float | None], bool]) -> None:
    # A function of its own, because a loop must not stand inside a `try`: see `Sleepers`.
    while (longest_s := sleepers.drive(sleeper)) != 0:
        if pause(longest_s):
            break


def _waits_for_something(task: "asyncio.Task[Any]") -> bool:
    """Return whether a task waits for something other than tasks: for a sleep, or for something outside."""
    waiter: Any = getattr(task, "_fut_waiter", None)
    return waiter is not None and not waiter.done() and not isinstance(waiter, (asyncio.Task, _Gathering))


def _is_uvloops_own(number: int) -> bool:
    """Return whether a descriptor is uvloop's own, by which threads or signals wake it."""
    return goes_to(number) == "anon_inode:[eventfd]" or is_own_wake_up(number)


class PolledLoop(Yielding):
    """Drives loops whose internals are hidden, such as uvloop's, by watching their tasks.

    The loop has nothing to do when every task waits for something that has not happened yet. If a task waits for something other
    than a task or a sleep, time moves only after a few real milliseconds.
    """

    def __init__(self, loop: _Loop, sleeping: Sleeping, timed: Sleeping, active: Innermost) -> None:
        super().__init__(loop, sleeping, active)
        self._timed = timed
        self._outside = LoopOutside()
        self._is_watching = False
        self._soon_s = 0.0
        self._quiet = 0
        self._since_s: float | None = None
        self._calls = 0
        self._next: Alarm | Timer | None = None
        self._stirred: set[asyncio.Task[Any]] = set()
        """The tasks that may have run since they were last seen waiting; all other tasks still wait."""
        self._bare: set[asyncio.Task[Any]] = set()
        """The tasks that wait for something other than a task."""

    def begin_timers(self) -> None:
        """Watch, if the descriptors for which the loop waits are known."""
        if self._backend() is not None:
            self.begin()

    def begin(self) -> None:
        """Watch the tasks."""
        if not self._is_watching:
            self._is_watching = True
            self._look_at_all()
            self.loop.call_soon(self._look)

    def end(self) -> None:
        """Do nothing: the next look sees that no task sleeps, and ends the watch."""

    def turn(self) -> None:
        """Note what is about to run, unless the tasks are being watched anyway."""
        if not self._is_watching:
            super().turn()

    def soon(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Note a task that is about to run. While no task sleeps, count a turn: this loop shows no other sign of one."""
        if self._is_watching:
            task: object = getattr(callback, "__self__", None)
            if isinstance(task, asyncio.Task):
                self._stirred.add(task)
        else:
            before_s, self._soon_s = self._soon_s, real.monotonic()
            if self._soon_s - before_s > _RARELY_S:
                # The loop has waited in between.
                self._turns.begin()
            # An error raised here would not reach the task: `yielded` raises it instead.
            self._turn(yields([(callback, arguments)]), self._sleeper.calls, tells=False)

    def yielded(self) -> None:
        """Raise NothingWillHappen if nothing can happen any more; here the error reaches the task."""
        if not self._is_watching:
            self._raise_if_stalled()

    def _awaits_nobody(self) -> bool:
        if not self._is_watching:
            self._look_at_all()
            self._going_on()
        alarms = self._sleeping()
        # A future of an unknown kind may stand for anything. A sleep also waits for such a future, so sleeping tasks are counted.
        return len(self._bare) <= (0 if alarms is None else alarms.asleep)

    def _look_at_all(self) -> None:
        self._stirred = asyncio.all_tasks(self.loop)
        self._bare.clear()

    def _going_on(self) -> dict["asyncio.Task[Any]", Any]:
        """Return the tasks that can go on, each with the future for which it waited; None for a task that yielded."""
        if isinstance(self.loop, asyncio.BaseEventLoop):
            # A subclass of asyncio's loop without a selector does not report the tasks that are about to run.
            self._look_at_all()
        going_on = {}
        for task in self._stirred:
            waiter: Any = getattr(task, "_fut_waiter", None)
            self._bare.discard(task)
            if task.done():
                continue
            if waiter is None or waiter.done():
                going_on[task] = waiter
            elif _waits_for_something(task):
                self._bare.add(task)
        self._stirred = set(going_on)
        return going_on

    def _look(self) -> None:
        alarms = self._sleeping() or (None if self._backend() is None else self._timed())
        if alarms is None:
            self._sleeper.end_sleep()
            self._is_watching = False
            self._stirred.clear()
            self._bare.clear()
            return
        calls = self._sleeper.calls
        going_on = self._going_on()
        if calls != self._calls or going_on:
            if calls != self._calls:
                alarms.timer_ticks.times = 0
            self._calls = calls
            self._again()
            # A task without a future has yielded; a task with one was woken.
            self._turn(going_on if all(waiter is None for waiter in going_on.values()) else None, calls)
            return
        self._quiet += 1
        if self._since_s is None:
            self._since_s = real.monotonic()
        if self._quiet < _LOOKS:
            # Let callbacks that belong to no task, sockets and threads have their turn first.
            self.loop.call_soon(self._look)
            return
        # The loop has nothing to do, so no task is yielding.
        self._turns.forget()
        if (not self._awaits_nobody() and real.monotonic() - self._since_s < STILL_S) or (
            not alarms.asleep and self._timers_are_real(alarms)
        ):
            self._look_later()
        else:
            self._pass(alarms, calls)

    def _backend(self) -> int | None:
        """Return the descriptor by which uvloop waits for all others (Linux)."""
        known: Callable[[], int] | None = getattr(self.loop, "_get_backend_id", None)
        return None if known is None or not is_known_here() else known()

    def _timers_are_real(self, alarms: Alarms) -> bool:
        backend = self._backend()
        numbers = [] if backend is None else descriptors(Call("epoll_wait", (backend, 0)))
        others = list(filterfalse(_is_uvloops_own, numbers))
        return self._outside.timers_are_real_s(others, alarms.sleepers.patience_s) > 0

    def _pass(self, alarms: Alarms, calls: int) -> None:
        first, sleepers = alarms.first(), alarms.sleepers
        if first is None:
            # The task that slept was cancelled, and has not run since.
            self._again()
            return
        if self._next is not first:
            self._sleeper.end_sleep()
            self._next = first
        if self._sleeper.taken is None:
            is_timer = isinstance(first, Timer)
            if not is_timer and sleepers.is_alone():
                sleepers.until_us(first.at_us)
                self._ring(alarms, first)
                return
            sleeper = sleepers.sleeper(first.at_us, nothing, first.number)
            backend = self._backend()
            sleeper.news = None if backend is None else partial(is_ready, backend)
            sleeper.is_wait = is_timer
            sleeper.is_ticker = alarms.are_ticks
            self._sleeper.begin_sleep(sleepers, sleeper, calls)
        if self._is_awake():
            self._ring(alarms, first)
        else:
            self._look_later()

    def _is_awake(self) -> bool:
        taken = self._sleeper.taken
        return taken is not None and taken[0].drive(taken[1]) == 0

    def _ring(self, alarms: Alarms, first: Alarm | Timer) -> None:
        alarms.timer_ticks.times += 1
        alarms.ring(first)
        self._again()

    def _look_later(self) -> None:
        # Start the looks anew: meanwhile the loop may get news from a thread or a socket.
        self._quiet = 0
        self.loop.call_later(_STEP_S, self._look)

    def _again(self) -> None:
        self._sleeper.end_sleep()
        self._quiet = 0
        self._since_s = None
        self.loop.call_soon(self._look)
