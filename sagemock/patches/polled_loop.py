"""The drive of event loops whose internals are hidden, such as uvloop's."""

import asyncio
import math
import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

from sagemock.clock.answers import may_be_signalled
from sagemock.clock.natives import Natives
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.clock.stillness import STILL_S
from sagemock.clock.system_calls import Call, blocked_in, descriptors, is_known_here, is_ready
from sagemock.clock.table import Awaited
from sagemock.patches.active import Innermost
from sagemock.patches.loop_outside import LoopOutside, Waiting, called_s
from sagemock.patches.loop_readers import read_by_tasks
from sagemock.patches.loop_sleepers import nothing
from sagemock.patches.timers import Alarm, Alarms, Timer
from sagemock.patches.turns import yields
from sagemock.patches.yielding import Sleeping, Yielding, waits_for_something

__all__ = ["PolledLoop"]

_LOOKS: Final = 4
"""So many looks in a row find nothing to do before time passes: a result from a native thread takes a turn each to the loop's
reader, to the future, to the one that gathers it, and to the task."""
_STEP_S: Final = 0.001
_RARELY_S: Final = 0.25
"""A loop that was idle for longer than this between two callbacks has waited in between, so it is not in a busy loop."""


def _drive(sleepers: Sleepers, sleeper: Sleeper, awaited: Awaited | None) -> float | None:
    if sleeper.awaited != awaited:
        sleepers.awaits(sleeper, awaited)
    return sleepers.drive(sleeper)


def _waits_in(thread: threading.Thread, backend: int) -> bool:
    call = blocked_in(thread)
    return call is not None and call.name.startswith("epoll") and call.arguments[0] == backend


class PolledLoop(Yielding):
    """Drives loops whose internals are hidden, such as uvloop's, by watching their tasks.

    The loop has nothing to do when every task waits for something that has not happened yet. If a task waits for something other
    than a task or a sleep, time moves only after a few real milliseconds.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, sleeping: Sleeping, timed: Sleeping, active: Innermost) -> None:
        super().__init__(loop, sleeping, active)
        self._timed = timed
        self.outside = LoopOutside()
        self._natives = Natives()
        self._is_watching = False
        self._is_looking = False
        self._soon_s = 0.0
        self._quiet = 0
        self._watched: tuple[list[int], bool] = [], False
        """The descriptors for which the loop waited at the last look, and whether it had children."""
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
            if callback != self._look:
                self._stir(getattr(callback, "__self__", None))
        else:
            before_s, self._soon_s = self._soon_s, real.monotonic()
            if self._soon_s - before_s > _RARELY_S:
                # The loop has waited in between.
                self._turns.begin()
            # An error raised here would not reach the task: `yielded` raises it instead.
            self._turn(yields([(callback, arguments)]), self._sleeper.calls, tells=False)

    def _stir(self, task: object) -> None:
        # From now on the loop counts as awake: another thread must not move time before the callback has run.
        self._sleeper.end_sleep()
        if isinstance(task, asyncio.Task):
            self._stirred.add(task)
            # The task may be about to send its next request. What was sent until now has been answered.
            self.outside.look(self._descriptors())

    def yielded(self) -> None:
        """Raise NothingWillHappen if nothing can happen any more; here the error reaches the task."""
        if not self._is_watching:
            self._raise_if_stalled()

    def _is_any_awaited(self, alarms: Alarms) -> bool:
        # A future of an unknown kind may stand for anything. A sleep also waits for such a future, so sleeping tasks are counted.
        return len(self._bare) > alarms.asleep

    def _awaits_nobody(self) -> bool:
        if not self._is_watching:
            self._look_at_all()
            self._going_on()
        alarms = self._sleeping()
        return not (self._bare if alarms is None else self._is_any_awaited(alarms))

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
            elif waits_for_something(task):
                self._bare.add(task)
        self._stirred = set(going_on)
        return going_on

    def _look(self) -> None:
        self._is_looking = True
        try:
            self._look_and_pass()
        finally:
            self._is_looking = False

    def _look_and_pass(self) -> None:
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
                alarms.timer_ticks.had_event()
            self._calls = calls
            self._again()
            # A task without a future has yielded; a task with one was woken.
            self._turn(going_on if all(waiter is None for waiter in going_on.values()) else None, calls)
            return
        self._quiet += 1
        if self._since_s is None:
            self._since_s = real.monotonic()
        if self._quiet == 1 and not self._awaits_nobody() and self._is_early(alarms.sleepers.patience_s):
            self._look_later()
            return
        if self._quiet < _LOOKS:
            # Let callbacks that belong to no task, sockets and threads have their turn first, and also what a native thread gave
            # to the loop before it was seen to rest.
            self.loop.call_soon(self._look)
            return
        watched = self._descriptors(), self.outside.has_children
        if watched != self._watched:
            # A connection or a child has ended, which the loop will tell in a callback of its own, behind this one.
            self._watched, self._quiet = watched, 0
            self.loop.call_soon(self._look)
            return
        # The loop has nothing to do, so no task is yielding.
        self._turns.forget()
        awaited = self._awaited(alarms, watched[0])
        if awaited is not None and awaited.until_s == math.inf:
            self._look_later()
        else:
            self._pass(alarms, calls, awaited)

    def _is_early(self, patience_s: float) -> bool:
        """Return whether the loop may get news although it shows no descriptor: uvloop looks up names in native threads."""
        quiet_s = 0 if self._since_s is None else real.monotonic() - self._since_s
        return quiet_s < STILL_S or (quiet_s < patience_s and self._natives.work(patience_s))

    def _backend(self) -> int | None:
        """Return the descriptor by which uvloop waits for all others (Linux)."""
        known: Callable[[], int] | None = getattr(self.loop, "_get_backend_id", None)
        return None if known is None or not is_known_here() else known()

    def _descriptors(self) -> list[int]:
        """Return the descriptors for which the loop waits, without uvloop's own."""
        backend = self._backend()
        numbers = [] if backend is None else descriptors(Call("epoll_wait", (backend, 0)))
        return self.outside.foreign(numbers)

    def _awaited(self, alarms: Alarms, numbers: list[int]) -> Awaited | None:
        """Return the wait of the loop for something outside this process that holds time; None if there is none."""
        is_alone = not (numbers or self.outside.has_children)
        if is_alone and not may_be_signalled():
            return None
        readers = cache(partial(read_by_tasks, self.loop))
        waiting = Waiting(lambda: self._is_any_awaited(alarms), readers, partial(called_s, alarms.sleepers))
        if is_alone:
            return self.outside.awaits_a_call((), waiting)
        self.outside.look(numbers)
        found = self.outside.awaited if alarms.asleep else self.outside.awaited_by_timers
        return found(numbers, alarms.sleepers.patience_s, waiting)

    def _pass(self, alarms: Alarms, calls: int, awaited: Awaited | None) -> None:
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
            is_given = self._may_wait_for_older(alarms)
            if not (awaited or is_timer or is_given) and self._sleeper.goes_alone(sleepers, first.at_us, calls):
                self._ring(alarms, first)
                return
            sleeper = sleepers.sleeper(first.at_us, nothing, first.number)
            backend = self._backend()
            sleeper.news = None if backend is None else partial(self._has_news, sleepers, sleeper.thread, backend)
            sleeper.awaited = awaited
            sleeper.is_wait, sleeper.is_given = is_timer, is_given
            alarms.mark(sleeper)
            self._sleeper.begin_sleep(sleepers, sleeper, calls)
        if self._is_awake(awaited):
            self._ring(alarms, first)
        else:
            self._look_later()

    def _has_news(self, sleepers: Sleepers, thread: threading.Thread, backend: int) -> bool:
        """Return whether the loop in the table has something to do: data has arrived, or the loop is about to handle it."""
        if is_ready(backend):
            return True
        # A callback that the loop did not announce may sleep: then its thread is in the table twice.
        is_idle = self._is_looking or len(sleepers.table.of(thread)) > 1 or _waits_in(thread, backend)
        return not is_idle and threading.current_thread() is not thread

    def _is_awake(self, awaited: Awaited | None) -> bool:
        taken = self._sleeper.taken
        return taken is not None and _drive(*taken, awaited) == 0

    def _ring(self, alarms: Alarms, first: Alarm | Timer) -> None:
        alarms.timer_ticks.times += isinstance(first, Timer)
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
