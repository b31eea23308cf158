"""What lets virtual time pass while the tasks of an event loop sleep: it has to know when the loop has nothing else to do."""

import asyncio
import math
import selectors
from collections.abc import Callable
from itertools import filterfalse
from typing import Any, Final, Protocol, TypeAlias

from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.clock.stillness import STILL_S
from sagemock.clock.system_calls import Call, descriptors, goes_to, is_known_here
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
"""What is given to a loop with longer pauses than this one does not make it go round."""


class Drive(Protocol):
    """Lets time pass while tasks of its loop sleep, or only yield."""

    loop: _Loop

    def begin(self) -> None:
        """Tasks sleep from now on."""

    def begin_timers(self) -> None:
        """Let timers go off by virtual time from now on, where it is known what else is awaited."""

    def end(self) -> None:
        """Leave the loop as it was: no task sleeps any more, and no timer is set."""

    def called(self) -> None:
        """Another thread has just given the loop something to do: until that is done nobody may move time on."""

    def turn(self) -> None:
        """Note that one of asyncio's own loops is about to go round."""

    def soon(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Note that a loop of another make was given something to run soon."""

    def yielded(self) -> None:
        """Note that the task that runs is about to yield; it may be told of an error."""


def drive_of(loop: _Loop, sleeping: Sleeping, timed: Sleeping, active: Innermost) -> Drive:
    """Return what drives this make of loop; `active` finds the mock by whose clock its tasks sleep.

    `timed` finds what its timers may go off by, where no task sleeps.
    """
    selector = vars(loop).get("_selector") if isinstance(loop, asyncio.BaseEventLoop) else None
    if selector is None:
        return PolledLoop(loop, sleeping, timed, active)
    return SelectorLoop(loop, sleeping, timed, active, selector)


class SelectorLoop(Yielding):
    """Drives asyncio's own loops: they wait in their selector, and only when they have nothing to do.

    The selector's `select` is replaced on that one object and only while a task sleeps virtually, or a timer is set.
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

    def begin(self) -> None:
        """Wait for tasks as well."""
        if not self._selects:
            self._outside.forget()
        vars(self._selector).setdefault("select", self._select)

    def begin_timers(self) -> None:
        """Wait for timers as well."""
        self.begin()

    def end(self) -> None:
        """Leave the selector as it was."""
        if self._selects:
            del self._selector.select

    @property
    def _selects(self) -> bool:
        return vars(self._selector).get("select") is self._select

    def soon(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Leave it at that: asyncio's own loops are watched turn by turn."""

    def yielded(self) -> None:
        """Leave it at that: likewise."""

    def _select_or_pass(self, timeout: float | None = None) -> list[Any]:
        calls = self._sleeper.calls
        # What is there already comes first.
        events = self._real_select(0)
        if not events and (timeout is None or timeout > 0):
            sleeping = self._sleeping()
            events = self._pass_to_timers(timeout, calls) if sleeping is None else self._pass(sleeping, timeout, calls)
        self._outside.arrived(key.fd for key, _ in events)
        return events

    def _pass_to_timers(self, timeout: float | None, calls: int) -> list[Any]:
        alarms = self._timed()
        if alarms is None:
            # Only now, and not between two sleeps: what the loop waits for outside has patience once.
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
            # Whoever slept was cancelled by another thread, which will make the loop look.
            return self._real_select(timeout)
        ends_s = None if timeout is None else real.monotonic() + timeout
        events: list[Any] = []

        def pause(longest_s: float | None) -> bool:
            # The loop's own timer, of real time, ends the pause too.
            left_s = None if ends_s is None else max(0, ends_s - real.monotonic())
            events.extend(self._real_select(min((s for s in (longest_s, left_s) if s is not None), default=None)))
            return bool(events) or left_s == 0

        awaited = None if self._awaits_nobody() else self._awaited(alarms)
        # A descriptor of which nothing is known may have news in a moment; a virtual hour would time it out.
        is_over = not (awaited or self._awaits_nobody() or self._knows_all()) and pause(STILL_S)
        if not is_over and self._sleep(alarms, first, pause, calls, awaited):
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
        # What a timer is set for may come from a thread, also from one that is older than the mock.
        is_timer = isinstance(first, Timer)
        if not (awaited or is_timer) and sleepers.is_alone():
            sleepers.until_us(first.at_us)
            return True
        sleeper = sleepers.sleeper(first.at_us, self._rouse, first.number)
        sleeper.awaited = awaited
        sleeper.is_wait = is_timer
        sleeper.is_ticker = alarms.are_ticks
        try:
            if self._sleeper.lie_down(sleepers, sleeper, calls):
                _wait(sleepers, sleeper, pause)
        finally:
            self._sleeper.get_up()
        return sleeper.is_awake

    def _awaits_nobody(self) -> bool:
        # One is the loop's own, by which threads call it. A proactor (Windows) does not say.
        return isinstance(self._selector, selectors.BaseSelector) and len(self._selector.get_map()) == 1

    def _awaited(self, alarms: Alarms) -> Awaited | None:
        """Return what the loop waits for outside of this process."""
        return self._outside.awaited(
            self._descriptors(),
            alarms.sleepers.patience_s,
            lambda: sum(map(_waits_for_something, asyncio.all_tasks(self.loop))) > alarms.asleep,
        )

    def _knows_all(self) -> bool:
        numbers = self._descriptors()
        return bool(numbers) and self._outside.are_known(numbers)

    def _descriptors(self) -> list[int]:
        if not isinstance(self._selector, selectors.BaseSelector):
            return []  # pragma: no cover  # a proactor (Windows) does not say
        own = vars(self.loop).get("_ssock")
        return [key.fd for key in self._selector.get_map().values() if own is None or key.fd != own.fileno()]

    def _rouse(self) -> None:
        # What `call_soon_threadsafe` does to be heard; by that itself, the loop would have something to do and get up.
        loop: Any = self.loop
        loop._write_to_self()  # noqa: SLF001  # there is no other way


def _wait(sleepers: Sleepers, sleeper: Sleeper, pause: Callable[[float | None], bool]) -> None:
    # A function of its own: see `Sleepers` on loops inside of a `try`.
    while (longest_s := sleepers.drive(sleeper)) != 0:
        if pause(longest_s):
            break


def _waits_for_something(task: "asyncio.Task[Any]") -> bool:
    """Return whether a task waits for something else than other tasks: a sleep, or what may come from outside."""
    waiter: Any = getattr(task, "_fut_waiter", None)
    return waiter is not None and not waiter.done() and not isinstance(waiter, (asyncio.Task, _Gathering))


def _is_uvloops_own(number: int) -> bool:
    """Return whether threads call uvloop by a descriptor, or signals."""
    return goes_to(number) == "anon_inode:[eventfd]" or is_own_wake_up(number)


class PolledLoop(Yielding):
    """Drives loops into which one cannot look, like uvloop's: by watching the tasks.

    The loop has nothing to do when every task waits for something that has not come. What else a task may wait for than another
    task or a sleep is given a few real milliseconds.
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
        """Who has run, or was about to, since it was last seen to wait; the others wait as they did."""
        self._bare: set[asyncio.Task[Any]] = set()
        """Who waits for something else than another task."""

    def begin_timers(self) -> None:
        """Watch, if it is known what the loop waits for besides."""
        if self._backend() is not None:
            self.begin()

    def begin(self) -> None:
        """Watch."""
        if not self._is_watching:
            self._is_watching = True
            self._look_at_all()
            self.loop.call_soon(self._look)

    def end(self) -> None:
        """Watch no more: the next look sees that nobody sleeps."""

    def turn(self) -> None:
        """Note what is about to run, unless it is looked at anyway."""
        if not self._is_watching:
            super().turn()

    def soon(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Note who stirs; while no task of such a loop sleeps it is a turn, for nothing else is seen of it."""
        if self._is_watching:
            task: object = getattr(callback, "__self__", None)
            if isinstance(task, asyncio.Task):
                self._stirred.add(task)
        else:
            before_s, self._soon_s = self._soon_s, real.monotonic()
            if self._soon_s - before_s > _RARELY_S:
                # It has waited in between.
                self._turns.begin()
            # What is raised here would be lost on its way through the task.
            self._turn(yields([(callback, arguments)]), self._sleeper.calls, tells=False)

    def yielded(self) -> None:
        """Raise an error if it must be, here where it reaches the task."""
        if not self._is_watching:
            self._tell()

    def _awaits_nobody(self) -> bool:
        if not self._is_watching:
            self._look_at_all()
            self._going_on()
        alarms = self._sleeping()
        # A bare future may be anything; that of a sleep is bare too, so those are counted.
        return len(self._bare) <= (0 if alarms is None else alarms.asleep)

    def _look_at_all(self) -> None:
        self._stirred = asyncio.all_tasks(self.loop)
        self._bare.clear()

    def _going_on(self) -> dict["asyncio.Task[Any]", Any]:
        """Return who goes on, with what it has waited for: nothing if it yielded."""
        if isinstance(self.loop, asyncio.BaseEventLoop):
            # One of asyncio's own that shows nothing does not say who stirs.
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
            self._sleeper.get_up()
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
            # Who waits for nothing has yielded; the others were woken.
            self._turn(going_on if all(waiter is None for waiter in going_on.values()) else None, calls)
            return
        self._quiet += 1
        if self._since_s is None:
            self._since_s = real.monotonic()
        if self._quiet < _LOOKS:
            # Callbacks that belong to no task, and news from sockets and threads, get their turn.
            self.loop.call_soon(self._look)
            return
        # It has nothing to do, so nobody goes on yielding.
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
            # Whoever slept was cancelled, and has not noticed yet.
            self._again()
            return
        if self._next is not first:
            self._sleeper.get_up()
            self._next = first
        if self._sleeper.taken is None:
            is_timer = isinstance(first, Timer)
            if not is_timer and sleepers.is_alone():
                sleepers.until_us(first.at_us)
                self._ring(alarms, first)
                return
            sleeper = sleepers.sleeper(first.at_us, nothing, first.number)
            sleeper.is_wait = is_timer
            sleeper.is_ticker = alarms.are_ticks
            self._sleeper.lie_down(sleepers, sleeper, calls)
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
        # Looked at anew from the beginning: meanwhile a thread or a socket may have had news that the loop has not met yet.
        self._quiet = 0
        self.loop.call_later(_STEP_S, self._look)

    def _again(self) -> None:
        self._sleeper.get_up()
        self._quiet = 0
        self._since_s = None
        self.loop.call_soon(self._look)
