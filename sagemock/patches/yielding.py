"""Lets virtual time pass for an event loop that always has something to do because its tasks only yield."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable
from types import CodeType
from typing import Any, TypeAlias

from sagemock.clock import children
from sagemock.clock.real import real
from sagemock.patches.active import Innermost
from sagemock.patches.loop_sleepers import LoopSleeper
from sagemock.patches.timers import Alarms
from sagemock.patches.turns import STALLED_S, Turns, yields

__all__ = ["Sleeping", "Yielding", "waits_for_something"]

_Gathering: Any = vars(asyncio.tasks)["_GatheringFuture"]

Sleeping: TypeAlias = Callable[[], Alarms | None]
"""Returns the alarms of a loop's sleeping tasks; None if no task sleeps."""


class Yielding(ABC):
    """Lets time pass for a loop whose tasks only yield; `active` returns the mock by whose clock the tasks sleep."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sleeping: Sleeping, active: Innermost) -> None:
        self.loop = loop
        self._sleeping = sleeping
        self._active = active
        self._sleeper = LoopSleeper()
        self.called = self._sleeper.called
        self._turns = Turns()
        self._calls_before = 0

    def turn(self) -> None:
        """Note what is about to run."""
        calls = self._sleeper.calls
        loop: Any = self.loop
        if loop._ready:  # noqa: SLF001  # nothing else shows what a loop is about to do
            self._turn(yields((one._callback, one._args) for one in loop._ready), calls)  # noqa: SLF001
        elif loop._scheduled and loop._scheduled[0]._when <= real.monotonic():  # noqa: SLF001
            self._turn(None, calls)
        else:
            # The loop has nothing to do, so no task is yielding.
            self._turns.forget()

    def _turn(self, who: Collection[Hashable] | None, calls: int, *, tells: bool = True) -> None:
        """Let time pass if the tasks only yield. `who` are about to run; `calls` counts the calls by other threads so far."""
        if calls != self._calls_before:
            self._calls_before = calls
            self._turns.begin()
        if self._turns.lead_nowhere(who, self._now_us, hasty=self._awaits_nobody):
            if self._passes(calls):
                self._turns.begin()
            elif tells:
                self._raise_if_stalled()

    def _now_us(self) -> int | None:
        active = self._active()
        return None if active is None else active.clock.now_us()

    def _passes(self, calls: int) -> bool:
        alarms, active = self._sleeping(), self._active()
        if alarms is not None:
            first = alarms.first()
            if first is None or not self._sleeper.sleep_briefly(alarms.sleepers, first.at_us, calls, first.number):
                return False
            alarms.ring(first)
            return True
        at_us = None if active is None else active.sleepers.first_us()
        return active is not None and at_us is not None and self._sleeper.sleep_briefly(active.sleepers, at_us, calls)

    def _raise_if_stalled(self) -> None:
        """Raise NothingWillHappen if tasks have only yielded for long and nothing sleeps: then time will never pass."""
        active = self._active()
        if (
            active is not None
            and self._sleeping() is None
            and self._turns.lasts_s >= STALLED_S
            and active.sleepers.first_us() is None
            and self._awaits_nobody()
            and not children.there_are()
            and active.sleepers.others_rest()
        ):
            active.stalled(STALLED_S, [_place(one) for one in self._turns.who])

    def _may_wait_for_older(self, alarms: Alarms) -> bool:
        """Return whether a task may wait for a thread older than the mock. A loop in another thread may serve for ever."""
        sleepers = alarms.sleepers
        # To ask all of a thousand tasks takes a millisecond, so ask the threads first.
        return sleepers.was_entered_here() and sleepers.older_may_work() and self._is_any_awaited(alarms)

    @abstractmethod
    def _is_any_awaited(self, alarms: Alarms) -> bool:
        """Return whether a task may wait for something other than tasks and sleeps."""

    @abstractmethod
    def _awaits_nobody(self) -> bool:
        """Return whether the loop certainly waits only for its tasks and for calls from other threads."""


def waits_for_something(task: "asyncio.Task[Any]") -> bool:
    """Return whether a task waits for something other than tasks: for a sleep, or for something outside."""
    return _is_something(getattr(task, "_fut_waiter", None))


def _is_something(waiter: Any) -> bool:  # noqa: ANN401  # any kind of future
    if waiter is None or waiter.done() or isinstance(waiter, asyncio.Task):
        return False
    # uvloop, for one, gathers futures of its own.
    return any(map(_is_something, waiter._children)) if isinstance(waiter, _Gathering) else True  # noqa: SLF001  # no other way


def _place(one: Hashable) -> str:
    """Return the position of a task, or of a callback's code, as "file:line"."""
    frame = one.get_stack(limit=1)[-1:] if isinstance(one, asyncio.Task) else []
    code = frame[0].f_code if frame else one
    line = frame[0].f_lineno if frame else getattr(one, "co_firstlineno", None)
    return f"{code.co_filename}:{line}" if isinstance(code, CodeType) else repr(code)
