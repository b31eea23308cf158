"""The threads and event loops that sleep on a clock or wait for another thread: a heap by deadline, and a count of threads."""

import heapq
import threading
from collections.abc import Callable, Hashable, Iterator
from itertools import count
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

from sagemock.clock.real import real

__all__ = ["Awaited", "Rouse", "Sleeper", "Table", "is_listed"]

_FEW: Final = 64
"""The heap may keep this many deadlines for which no sleeper waits any more."""


class Rouse(Protocol):
    """A function that ends a wait in real time at once. Any thread may call it, also when there is no wait."""

    def __call__(self) -> None:
        """End the wait."""


def is_listed(thread: threading.Thread) -> bool:
    """Return whether a thread has begun and not ended, as `threading.enumerate` sees it."""
    # Not is_alive(): a thread in its last instructions is alive, but has already woken the threads that join it. Not
    # enumerate(): that builds a list.
    return threading._active.get(thread.ident) is thread  # type: ignore[attr-defined]  # noqa: SLF001


class Awaited(NamedTuple):
    """A wait of an event loop in the table for something outside this process."""

    number: Hashable
    """Identifies the wait."""
    why: str
    """The reason for the record of the moves meanwhile, the value of a `Why`; "" if none is to be made."""
    until_s: float
    """The real instant until which the wait holds time."""
    sockets: tuple[int, ...]
    """The descriptors of the loop's connections, if it waits for nothing else."""


class Sleeper:
    """A thread, or a task of its event loop, that is woken at an instant; or a thread that waits for another one."""

    __slots__ = (
        "awaited",
        "creeps",
        "deadline_us",
        "firm_us",
        "is_awake",
        "is_busy",
        "is_due",
        "is_forced",
        "is_given",
        "is_over",
        "is_released",
        "is_ticker",
        "is_wait",
        "joins",
        "news",
        "number",
        "own_thread",
        "pauses",
        "rouse",
        "thread",
    )

    def __init__(self, deadline_us: int | None, number: int, thread: threading.Thread, rouse: Rouse) -> None:
        self.deadline_us = deadline_us
        """The instant at which to wake; None for a wait without a timeout."""
        self.number = number
        self.thread = thread
        self.rouse = rouse
        self.creeps = False
        """Whether this is a step of a busy wait, which only reads the clock."""
        self.is_forced = False
        """Whether this is an advance, or the latency of a call."""
        self.is_wait = False
        """Whether another thread may end the wait. A timeout must then not come before the result of that thread."""
        self.is_given = False
        """Whether a thread older than the mock may end the wait, or another wait of the sleeper's event loop."""
        self.is_ticker = False
        """Whether this thread's waits have timed out many times in a row: the clock then does not stop for its deadline."""
        self.firm_us: int | None = None
        """The instant of a ticker at which the clock does stop: its event loop also has a task that sleeps."""
        self.joins: threading.Thread | None = None
        """The thread that this sleeper joins."""
        self.awaited: Awaited | None = None
        """What the sleeper's event loop also waits for outside this process."""
        self.news: Callable[[], bool] | None = None
        """Returns whether the sleeper's event loop has something to do, although it has not noticed that yet."""
        self.own_thread = False
        """Whether the thread itself waits, so that it resumes as soon as it is woken."""
        self.is_awake = False
        self.is_due = False
        """Whether the sleeper was woken because its deadline has come."""
        self.is_released = False
        """Whether the other thread has ended the wait."""
        self.is_over = False
        """Whether the thread has resumed."""
        self.is_busy = False
        """True while this thread, although registered as asleep, runs an event handler: it then counts as busy."""
        self.pauses = 0

    @property
    def stop_us(self) -> int | None:
        """The instant to which the clock goes for this sleeper."""
        return self.deadline_us if self.firm_us is None else self.firm_us


# No generators here and in `holds`: Python discards an exception that a signal handler raises while a generator is closed.
_is_busy = attrgetter("is_busy")
_Heap = list[tuple[int, int, int, Sleeper]]


class Table:
    """The sleepers of one clock. A caller that changes the table holds the mutex. It may repeat a change that was interrupted."""

    def __init__(self) -> None:
        self._timed: dict[Sleeper, None] = {}
        self._untimed: dict[Sleeper, None] = {}
        self._of_thread: dict[threading.Thread, dict[Sleeper, None]] = {}
        self._forced: dict[Sleeper, None] = {}
        self._given: dict[Sleeper, None] = {}
        self._outside: dict[Sleeper, Awaited] = {}
        self._news: dict[Sleeper, Callable[[], bool]] = {}
        self._joins: dict[Sleeper, threading.Thread] = {}
        self._busy: dict[Sleeper, None] = {}
        self._heap: _Heap = []
        self._tickers: _Heap = []
        # A sleep that was interrupted and continues has its old number, so two sleepers may share a number.
        self._ties = count()
        self._most = _FEW
        self.added_s = 0.0
        """The real instant at which the last sleeper was added."""

    def __len__(self) -> int:
        return len(self._timed) + len(self._untimed)

    def __iter__(self) -> Iterator[Sleeper]:
        return iter([*self._timed, *self._untimed])

    def __contains__(self, sleeper: object) -> bool:
        return sleeper in self._timed or sleeper in self._untimed

    @property
    def has_deadlines(self) -> bool:
        """Whether any sleeper has a deadline to which the clock could go."""
        return bool(self._timed)

    @property
    def is_forced(self) -> bool:
        """Whether an advance or the latency of a call moves time, at least as far as the next deadline."""
        return bool(self._forced)

    @property
    def has_given(self) -> bool:
        """Whether there is a sleeper whose wait a thread older than the mock may end; a ticker does not count."""
        return bool(self._given)

    @property
    def latest_given(self) -> Sleeper | None:
        """The last of these sleepers that is a thread; an event loop finds out itself whether a child may call it."""
        for sleeper in reversed(self._given):
            if sleeper.own_thread:
                return sleeper
        return None

    def has_news(self) -> bool:
        """Return whether an event loop in the table has something to do, and is about to leave the table."""
        return any([news() for sleeper, news in self._news.items() if not sleeper.is_busy])  # noqa: C419  # see above on generators

    def outside(self) -> list[tuple[threading.Thread, Awaited]]:
        """Return the threads whose event loops wait for something outside, each with what it waits for."""
        return [(sleeper.thread, awaited) for sleeper, awaited in self._outside.items()]

    def awaits_one_that_ended(self) -> bool:
        """Return whether a thread has left `threading`'s list, but a thread that joins it is still in the table."""
        return any([not is_listed(thread) for thread in self._joins.copy().values()])  # noqa: C419  # likewise

    def add(self, sleeper: Sleeper) -> None:
        """Add a sleeper."""
        self.added_s = real.monotonic()
        at_us = sleeper.deadline_us
        (self._untimed if at_us is None else self._timed)[sleeper] = None
        self._of_thread.setdefault(sleeper.thread, {})[sleeper] = None
        if sleeper.is_forced:
            self._forced[sleeper] = None
        if sleeper.is_given and not sleeper.is_ticker:
            self._given[sleeper] = None
        self.set_awaited(sleeper)
        if sleeper.news is not None:
            self._news[sleeper] = sleeper.news
        if sleeper.joins is not None:
            self._joins[sleeper] = sleeper.joins
        if at_us is not None:
            self._push(self._tickers if sleeper.is_ticker else self._heap, at_us, sleeper)
        if sleeper.firm_us is not None:
            self._push(self._heap, sleeper.firm_us, sleeper)

    def discard(self, sleeper: Sleeper) -> None:
        """Remove a sleeper, if the table has it."""
        mine = self._of_thread.get(sleeper.thread)
        if mine is not None:
            mine.pop(sleeper, None)
            if not mine:
                self._of_thread.pop(sleeper.thread, None)
        self._timed.pop(sleeper, None)
        self._untimed.pop(sleeper, None)
        self._busy.pop(sleeper, None)
        self._forced.pop(sleeper, None)
        self._given.pop(sleeper, None)
        self._outside.pop(sleeper, None)
        self._news.pop(sleeper, None)
        self._joins.pop(sleeper, None)

    def keep(self, thread: threading.Thread) -> None:
        """Forget all threads but one."""
        for sleeper in self:
            if sleeper.thread is not thread:
                self.discard(sleeper)

    def clear(self) -> None:
        """Forget all sleepers."""
        for sleeper in self:
            self.discard(sleeper)

    def first(self) -> Sleeper | None:
        """Return the sleeper to whose deadline the clock goes next; a ticker only if there is no other sleeper."""
        return self._top(self._heap) or self._top(self._tickers)

    def due(self, now_us: int) -> Sleeper | None:
        """Return the sleeper with the earliest deadline, if that has come."""
        tops = [heap[0] for heap in (self._heap, self._tickers) if self._top(heap) is not None and heap[0][0] <= now_us]
        return min(tops)[3] if tops else None

    def last(self) -> Sleeper | None:
        """Return the latest sleeper that can look at the other threads; one without a deadline, if there is any."""
        for sleepers in (self._untimed, self._timed):
            for sleeper in reversed(sleepers):
                if not (sleeper.is_busy or sleeper.is_released):
                    return sleeper
        return None

    def threads(self) -> int:
        """Return how many threads are in the table and not busy."""
        return sum(map(self.has, self._of_thread)) if self._busy else len(self._of_thread)

    def has(self, thread: threading.Thread) -> bool:
        """Return whether a thread is in the table and not busy."""
        mine = self._of_thread.get(thread)
        return mine is not None and not all(map(_is_busy, mine))

    def of(self, thread: threading.Thread) -> list[Sleeper]:
        """Return a thread's sleepers."""
        return list(self._of_thread.get(thread, ()))

    def set_awaited(self, sleeper: Sleeper) -> None:
        """Note what the event loop of a sleeper waits for outside this process."""
        if sleeper.awaited is None:
            self._outside.pop(sleeper, None)
        else:
            self._outside[sleeper] = sleeper.awaited

    def set_busy(self, sleeper: Sleeper, *, is_busy: bool) -> None:
        """Set whether the thread of a sleeper is busy with an event handler."""
        sleeper.is_busy = is_busy
        if is_busy:
            self._busy[sleeper] = None
        else:
            self._busy.pop(sleeper, None)

    def _top(self, heap: _Heap) -> Sleeper | None:
        while heap and heap[0][3] not in self._timed:
            heapq.heappop(heap)
        return heap[0][3] if heap else None

    def _push(self, heap: _Heap, at_us: int, sleeper: Sleeper) -> None:
        heapq.heappush(heap, (at_us, sleeper.number, next(self._ties), sleeper))
        if len(heap) > self._most:
            # The deadline of a discarded sleeper stays in the heap until its instant comes, or until this.
            self._prune()

    def _prune(self) -> None:
        for heap in (self._heap, self._tickers):
            kept = [entry for entry in heap if entry[3] in self._timed]
            heapq.heapify(kept)
            heap[:] = kept
        self._most = max(_FEW, 2 * len(self._timed))
