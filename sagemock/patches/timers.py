"""The alarms of an event loop on a mock's clock: virtual sleeps of tasks, and timers."""

import asyncio
import heapq
from collections.abc import Callable
from contextvars import Context
from typing import Any

from sagemock.clock.instants import SECOND_US
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.patches.ticks import Ticks

__all__ = ["Alarm", "Alarms", "Timer"]


class Alarm:
    """The sleep of a task."""

    __slots__ = ("at_us", "future", "number", "sleepers")

    def __init__(self, at_us: int, number: int, sleepers: Sleepers, future: "asyncio.Future[None]") -> None:
        self.at_us = at_us
        self.number = number
        self.sleepers = sleepers
        self.future = future

    def __lt__(self, other: "Alarm | Timer") -> bool:
        return (self.at_us, self.number) < (other.at_us, other.number)

    @property
    def is_off(self) -> bool:
        """Whether the sleep is over or cancelled."""
        return self.future.done()

    def ring(self) -> None:
        """Wake the task."""
        if not self.future.done():
            self.future.set_result(None)


class Timer:
    """A callback that the loop runs after a delay in real time or in virtual time, whichever is over first.

    The loop's own timer calls this object at the end of the real delay.
    """

    __slots__ = ("at_us", "callback", "context", "handle", "is_over", "loop", "number")

    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], Any], context: Context) -> None:
        self.loop = loop
        self.callback = callback
        self.context = context
        self.is_over = False
        self.handle: asyncio.TimerHandle | None = None
        self.at_us = self.number = 0

    def __lt__(self, other: "Alarm | Timer") -> bool:
        return (self.at_us, self.number) < (other.at_us, other.number)

    def __call__(self) -> None:
        """Run the callback at the end of the real delay."""
        if not self.is_over:
            self.is_over = True
            self.callback()

    def __repr__(self) -> str:
        return f"<sagemock's timer for {self.callback!r}>"

    @property
    def is_off(self) -> bool:
        """Whether the callback has run or was cancelled."""
        return self.is_over or self.handle is None or self.handle.cancelled()

    def ring(self) -> None:
        """Run the callback soon: the virtual delay is over."""
        self.loop.call_soon(self._run, context=self.context)

    def _run(self) -> None:
        # As any callback that is about to run, this one may have been cancelled since `ring`.
        if not self.is_off and self.handle is not None:
            self.handle.cancel()
            self()


class Alarms:
    """The alarms of one loop on one clock, in the order of their instants; at the same instant, in the order of setting."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sleepers: Sleepers) -> None:
        self.loop = loop
        self.sleepers = sleepers
        self.asleep = 0
        """The number of tasks that sleep."""
        self.ticking = 0
        """The number of sleeping tasks that are tickers."""
        self.timer_ticks = Ticks()
        """Counts the timers that went off virtually, if few events came in between."""
        self.shown_s: float | None = None
        """The real time on which the loop's `time()` is based during the present iteration."""
        self._heap: list[Alarm | Timer] = []
        self._pruned = 64

    def show_no_more(self) -> None:
        """End the iteration: the loop's `time()` reads real time anew."""
        self.shown_s = None

    def mark(self, sleeper: Sleeper) -> None:
        """Mark the loop's sleeper as a ticker, if its sleeping tasks or its timers are: then the clock need not stop for them."""
        if self.asleep and self.asleep == self.ticking:
            sleeper.is_ticker = True
        elif self.timer_ticks.is_one(self.sleepers.calls_here()) and not self.sleepers.was_entered_here():
            sleeper.is_ticker = True
            # The clock does stop for a task that sleeps.
            sleeper.firm_us = min((one.at_us for one in self._heap if isinstance(one, Alarm) and not one.is_off), default=None)

    @property
    def is_wanted(self) -> bool:
        """Whether an alarm may still ring."""
        return not self.loop.is_closed() and bool(self.asleep or not self.sleepers.is_over)

    def set_alarm(self, at_us: int) -> Alarm:
        """Begin a sleep until an instant."""
        alarm = Alarm(at_us, self.sleepers.next_number(), self.sleepers, self.loop.create_future())
        self._push(alarm)
        return alarm

    def set_timer(self, timer: Timer, after_s: float, now_us: int) -> None:
        """Let a timer also go off after `after_s` virtual seconds."""
        timer.at_us = now_us + round(after_s * SECOND_US)
        timer.number = self.sleepers.next_number()
        self._push(timer)

    def _push(self, one: "Alarm | Timer") -> None:
        heapq.heappush(self._heap, one)
        if len(self._heap) > self._pruned:
            # Drop cancelled timers: a client that sets a timeout for each call, and cancels it in time, would pile them up.
            self._heap = [one for one in self._heap if not one.is_off]
            heapq.heapify(self._heap)
            self._pruned = max(64, 2 * len(self._heap))

    def first(self) -> "Alarm | Timer | None":
        """Return the alarm or timer that rings next; None if there is none."""
        heap = self._heap
        while heap and heap[0].is_off:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def ring(self, one: "Alarm | Timer") -> None:
        """Remove an alarm or timer, and ring it."""
        if self._heap[0] is one:
            heapq.heappop(self._heap)
        else:
            # An earlier alarm was set while time passed.
            self._heap.remove(one)
            heapq.heapify(self._heap)
        one.ring()

    def ring_all(self) -> None:
        """Wake every task, because the mock is over; timers still go off in real time."""
        heap, self._heap = self._heap, []
        for one in heap:
            if isinstance(one, Alarm):
                one.ring()
