"""`asyncio.sleep` on the virtual clock, and the timeouts around it (laws 6 to 8 for tasks).

A sleep lets time pass when its loop has nothing else to do: no task can go on, no socket has an event, and no other thread is
busy. Timers (`asyncio.wait_for`, `asyncio.timeout`, `loop.call_later`, and code that uses them) run in real time, as always, and
also go off at their virtual instant, in order with all other sleepers. So a timeout around a task that polls, or around a thread
that sleeps, expires as in production. In a loop in which no task sleeps and which waits for a descriptor, the timer may be the
timeout of a read: it then keeps real time (`sagemock.patches.loop_outside`).
"""

import asyncio
import contextvars
import sys
from asyncio import sleep as real_sleep
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sagemock.cleanup import run_all
from sagemock.clock import forks
from sagemock.clock.instants import SECOND_US
from sagemock.clock.sleepers import Sleepers
from sagemock.patches.active import Active, Innermost, sleeps_here
from sagemock.patches.imports import WhenImported
from sagemock.patches.loop_outside import LoopOutside
from sagemock.patches.loops import Drive, drive_of
from sagemock.patches.pools import adopt_thread_of
from sagemock.patches.ticks import Ticks
from sagemock.patches.timers import Alarms, Timer

__all__ = ["LoopPatch", "VirtualTasks"]

_Loop = asyncio.AbstractEventLoop
# A class of loops, patched: setattr does not know that the names exist.
_LoopClass = Any
_TIMES_OF_LOOPS = "asyncio.base_events"
_Context: TypeAlias = contextvars.Context | None
# Named, because `LoopPatch` makes functions with these annotations at each start of a mock, and Python evaluates them each time.
_Callback: TypeAlias = Callable[..., Any]
_Arguments: TypeAlias = tuple[Any, ...]
# About a hundred years: a longer delay means "never", and infinity is not an instant.
_LONGEST_S = 3_200_000_000.0


class VirtualTasks:
    """The tasks that sleep virtually: the alarms of each loop, and the drive that lets time pass for it."""

    def __init__(self, innermost: Innermost) -> None:
        self._innermost = innermost
        # Loops in several threads use this object.
        self._lock = forks.lock()
        self._alarms: dict[tuple[int, int], Alarms] = {}
        self._drives: dict[int, Drive] = {}
        self._ticks: WeakKeyDictionary[asyncio.Task[Any], Ticks] = WeakKeyDictionary()
        forks.tell(self)

    def active(self) -> Active | None:
        """Return the innermost mock if the calling thread's tasks sleep by its clock."""
        return sleeps_here(self._innermost)

    async def sleep_until_us(self, active: Active, at_us: int) -> None:
        """Let the calling task sleep until an instant."""
        loop = asyncio.get_running_loop()
        alarms = self.alarms_of(loop, active.sleepers)
        drive = self._drive_of(loop)
        is_tick = self._is_tick(active.sleepers)
        alarm = alarms.set_alarm(at_us)
        alarms.asleep += 1
        alarms.ticking += is_tick
        drive.begin()
        try:
            await alarm.future
        finally:
            alarms.asleep -= 1
            alarms.ticking -= is_tick

    def _is_tick(self, sleepers: Sleepers) -> bool:
        """Return whether the calling task is a ticker. In the thread that entered the mock, no task that is awaited is one."""
        task = asyncio.current_task()
        ticks = None if task is None else self._ticks.setdefault(task, Ticks())
        is_one = ticks is not None and ticks.is_one_more(sleepers.calls_here())
        return is_one and not (sleepers.was_entered_here() and _is_awaited(task))

    def alarms_of(self, loop: _Loop, sleepers: Sleepers) -> Alarms:
        """Return the alarms of a loop on one clock."""
        key = id(loop), id(sleepers)
        with self._lock:
            found = self._alarms.get(key)
            if found is None:
                # Drop alarms that can no longer ring: a test suite makes thousands of loops and mocks.
                self._alarms = dict(item for item in self._alarms.items() if item[1].is_wanted)
                found = self._alarms[key] = Alarms(loop, sleepers)
            return found

    def close(self) -> None:
        """Wake every task that still sleeps."""
        with self._lock:
            alarms, self._alarms = self._alarms, {}
            drives, self._drives = self._drives, {}
        asleep = [one for one in alarms.values() if one.asleep and not one.loop.is_closed()]
        run_all(
            *[drive.end for drive in drives.values()],
            *[partial(one.loop.call_soon_threadsafe, one.ring_all) for one in asleep],
        )

    def forked(self) -> None:
        """Forget the loops: none runs in a child process, and a call would wake the parent's loop by the pipe that they share."""
        self._alarms, self._drives = {}, {}

    def outside_of(self, loop: _Loop) -> LoopOutside:
        """Return what a loop waits for outside this process."""
        return self._drive_of(loop).outside

    def called(self, loop: _Loop) -> None:
        """Note that another thread has given a loop a callback."""
        drive = self._drives.get(id(loop))
        if drive is not None:  # pragma: no branch  # a loop before its first iteration has none
            drive.called()

    def _sleeping(self, loop: _Loop) -> Alarms | None:
        """Return the alarms of a loop's sleeping tasks, of the mock that started last; None if no task sleeps."""
        found = [alarms for alarms in list(self._alarms.values()) if alarms.loop is loop and alarms.asleep]
        return found[-1] if found else None

    def _timed(self, loop: _Loop) -> Alarms | None:
        """Return the alarms of a loop on the clock of the calling thread's mock; None if nothing is set there."""
        active = self.active()
        alarms = None if active is None else self._alarms.get((id(loop), id(active.sleepers)))
        return alarms if alarms is not None and alarms.first() is not None else None

    def set_timer(self, timer: Timer, after_s: float, active: Active) -> None:
        """Let a timer also go off after `after_s` virtual seconds."""
        self.alarms_of(timer.loop, active.sleepers).set_timer(timer, after_s, active.clock.now_us())
        self._drive_of(timer.loop).begin_timers()

    def turn(self, loop: _Loop) -> None:
        """Note that one of asyncio's own loops is about to run its next iteration."""
        drive = self._drives.get(id(loop))
        (self._drive_of(loop) if drive is None else drive).turn()

    def soon(self, loop: _Loop, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Note that `call_soon` of another kind of loop was called."""
        drive = self._drives.get(id(loop))
        (self._drive_of(loop) if drive is None else drive).soon(callback, arguments)

    def _drive_of(self, loop: _Loop) -> Drive:
        with self._lock:
            found = self._drives.get(id(loop))
            if found is None:
                self._drives = dict(item for item in self._drives.items() if not item[1].loop.is_closed())
                found = self._drives[id(loop)] = drive_of(
                    loop, partial(self._sleeping, loop), partial(self._timed, loop), self.active
                )
            return found

    def sleep(self, duration_us: Callable[[object], int | None]) -> Callable[..., Any]:
        """Return the stand-in for `asyncio.sleep`; `duration_us` converts its argument."""

        async def sleep(delay: float, result: Any = None) -> Any:  # noqa: ANN401  # returned unchanged
            """Sleep for `delay` virtual seconds, and return `result`."""
            active = self.active()
            if active is not None and active.real_time_modules.are_below(2):
                active = None
            # NaN, negative or infinite: asyncio itself knows what to do. Zero: a plain yield, as in asyncio.
            long_us = None if active is None else duration_us(delay)
            if active is None or not long_us:
                if active is not None and long_us == 0:
                    self._drive_of(asyncio.get_running_loop()).yielded()
                return await real_sleep(delay, result)
            await self.sleep_until_us(active, active.begin_sleep_us(long_us))
            return result

        sleep.__module__, sleep.__qualname__ = real_sleep.__module__, real_sleep.__qualname__
        return sleep


class LoopPatch:
    """Gives event loops timers that follow virtual time, and a `time()` that moves with it.

    This patches the base class of asyncio's own loops, and the class of uvloop's loops as soon as uvloop is imported: a server of
    uvicorn does so when it starts. Other kinds of loops keep their own timers; their tasks still sleep virtually.
    """

    def __init__(self, tasks: VirtualTasks) -> None:
        self._tasks = tasks
        self._undo: list[Callable[[], None]] = []
        self._imports = WhenImported({"uvloop": self._cover_uvloop})

    def install(self) -> None:
        """Patch the classes of loops."""
        try:
            self._cover_asyncio()
            self._imports.install()
        except BaseException:
            self.uninstall()
            raise

    def _cover_asyncio(self) -> None:
        base: _LoopClass = asyncio.BaseEventLoop
        time, call_at = base.time, base.call_at

        def call_later(loop: _Loop, delay: float, *args: Any, **context: Any) -> asyncio.TimerHandle:  # noqa: ANN401  # call_at's
            handle: asyncio.TimerHandle = call_at(loop, time(loop) + delay, *args, **context)
            return handle

        self._cover(base, time, call_later)
        run_once: Callable[[_Loop], None] = base._run_once  # noqa: SLF001  # no other method of a loop knows of its turns

        def _run_once(loop: _Loop) -> None:
            """Run one iteration of the loop."""
            self._tasks.turn(loop)
            run_once(loop)

        self._replace(base, _run_once)

    def _cover_uvloop(self, uvloop: ModuleType) -> None:
        self._cover(uvloop.Loop, uvloop.Loop.time, uvloop.Loop.call_later)
        really_soon: Callable[..., asyncio.Handle] = uvloop.Loop.call_soon

        def call_soon(
            loop: _Loop,
            callback: _Callback,
            *args: Any,  # noqa: ANN401  # whatever the callback takes
            context: _Context = None,
        ) -> asyncio.Handle:
            """Run a callback soon; a task that yields also calls this."""
            self._tasks.soon(loop, callback, args)
            return really_soon(loop, callback, *args, context=context)

        self._replace(uvloop.Loop, call_soon)
        for name in ("subprocess_exec", "subprocess_shell"):
            self._replace(uvloop.Loop, self._noting_children(name, getattr(uvloop.Loop, name)))

    def _noting_children(self, name: str, really_start: Callable[..., Any]) -> Callable[..., Any]:
        async def start(loop: _Loop, *args: Any, **options: Any) -> tuple[Any, Any]:  # noqa: ANN401  # whatever it takes
            with self._tasks.outside_of(loop).starting() as child:
                child.transport, protocol = await really_start(loop, *args, **options)
            return child.transport, protocol

        start.__name__ = name
        return start

    def uninstall(self) -> None:
        """Undo `install`."""
        self._imports.uninstall()
        undo, self._undo = self._undo, []
        run_all(*reversed(undo))

    def _cover(  # noqa: C901  # five small methods
        self, owner: _LoopClass, real_time: Callable[[_Loop], float], really_later: Callable[..., Any]
    ) -> None:
        tasks = self._tasks

        def set_timer(
            loop: _Loop, after_s: float, callback: _Callback, args: _Arguments, context: _Context
        ) -> asyncio.TimerHandle:
            active = tasks.active()
            if active is None or not 0 < after_s < _LONGEST_S or active.real_time_modules.are_below(2):
                return really_later(loop, after_s, callback, *args, context=context)  # type: ignore[no-any-return]  # it is one
            context = contextvars.copy_context() if context is None else context
            timer = Timer(loop, partial(callback, *args) if args else callback, context)
            handle: asyncio.TimerHandle = really_later(loop, after_s, timer, context=context)
            timer.handle = handle
            tasks.set_timer(timer, after_s, active)
            return handle

        def shown_s(loop: _Loop) -> float:
            active = tasks.active()
            if active is None:
                return real_time(loop)
            active.clock.read()
            # loop.time() is constant within one iteration (as in uvloop), so `call_at(loop.time() + d)` fires after exactly d.
            alarms = tasks.alarms_of(loop, active.sleepers)
            now_s = alarms.shown_s
            if now_s is None:
                now_s = real_time(loop)
                if asyncio._get_running_loop() is loop:  # noqa: SLF001  # get_running_loop() raises where there is none
                    alarms.shown_s = now_s
                    loop.call_soon(alarms.show_no_more)
            return now_s + _ahead_s(active)

        def call_later(
            loop: _Loop,
            delay: float,
            callback: _Callback,
            *args: Any,  # noqa: ANN401  # whatever the callback takes
            context: _Context = None,
        ) -> asyncio.TimerHandle:
            """Run a callback after `delay` seconds."""
            return set_timer(loop, delay, callback, args, context)

        def call_at(
            loop: _Loop,
            when: float,
            callback: _Callback,
            *args: Any,  # noqa: ANN401  # whatever the callback takes
            context: _Context = None,
        ) -> asyncio.TimerHandle:
            """Run a callback when the loop's `time()` is `when`."""
            return set_timer(loop, when - shown_s(loop), callback, args, context)

        def time(loop: _Loop) -> float:
            """Return the loop's time: real time, plus the virtual time that has passed."""
            # The loop's own code measures by real time.
            itself = sys._getframe(1).f_globals.get("__name__") == _TIMES_OF_LOOPS  # noqa: SLF001  # only the caller matters
            return real_time(loop) if itself else shown_s(loop)

        really_soon: Callable[..., asyncio.Handle] = owner.call_soon_threadsafe

        def call_soon_threadsafe(
            loop: _Loop,
            callback: _Callback,
            *args: Any,  # noqa: ANN401  # whatever the callback takes
            context: _Context = None,
        ) -> asyncio.Handle:
            """Run a callback soon, from another thread."""
            # At once, so that time does not move before its thread has begun.
            adopt_thread_of(loop, callback, tasks.active)
            handle = really_soon(loop, callback, *args, context=context)
            # Before the calling thread can sleep, this loop must count as awake.
            tasks.called(loop)
            return handle

        for stand_in in (call_later, call_at, time, call_soon_threadsafe):
            self._replace(owner, stand_in)

    def _replace(self, owner: _LoopClass, stand_in: Callable[..., Any]) -> None:
        name = stand_in.__name__
        before = vars(owner).get(name)
        # freezegun's `real_asyncio` restores an inherited method as an attribute of the subclass: replace that copy, too.
        for kind in (owner, *_with_copies(owner, name, before)):
            setattr(kind, name, stand_in)
            self._undo.append(partial(_restore, kind, name, stand_in, before))


def _ahead_s(active: Active | None) -> float:
    """Return by how many seconds a loop's time is ahead of real time; 0 with `wall="real"`, where the process shows real time."""
    if active is None or active.wall == "real":
        return 0
    return (active.clock.now_us() - active.clock.start_us) / SECOND_US


def _restore(owner: _LoopClass, name: str, stand_in: object, before: object) -> None:
    if vars(owner).get(name) is stand_in:
        if before is None:
            # The class had inherited the method.
            delattr(owner, name)
        else:
            setattr(owner, name, before)
    for kind in _with_copies(owner, name, stand_in):
        delattr(kind, name)


def _with_copies(owner: _LoopClass, name: str, inherited: object) -> list[_LoopClass]:
    """Return the subclasses with an attribute of their own that is the same object as the inherited one."""
    subclasses = [owner]
    for kind in subclasses:
        subclasses += type.__subclasses__(kind)
    return [kind for kind in dict.fromkeys(subclasses[1:]) if inherited is not None and vars(kind).get(name) is inherited]


def _is_awaited(task: "asyncio.Task[Any] | None") -> bool:
    """Return whether somebody waits for the end of a task: a task, a group of tasks, or the code that runs the loop.

    The method of a set does not count, by which a program forgets a task that has ended.
    """
    callbacks = getattr(task, "_callbacks", None) or ()
    return any([type(getattr(callback, "__self__", None)) is not set for callback, _ in callbacks])  # noqa: C419  # see `clock.table`
