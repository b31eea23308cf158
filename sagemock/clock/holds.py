"""The threads that hold virtual time: threads of a mock outside its table whose wait does not let time move (law 7)."""

import threading
from collections.abc import Hashable, MutableSet
from functools import cached_property
from typing import Final
from weakref import ref

from sagemock.clock import children
from sagemock.clock.answers import is_loop_idle, may_be_answered
from sagemock.clock.forced_moves import NAMED_S, ForcedMoves
from sagemock.clock.natives import Natives
from sagemock.clock.real import real
from sagemock.clock.stillness import Looker, Stillness
from sagemock.clock.system_calls import is_within
from sagemock.clock.table import Awaited, Sleeper, Table, is_listed
from sagemock.clock.waits import Why, why

__all__ = ["PATIENCE_S", "Holds"]

PATIENCE_S: Final = 10.0
"""The default number of real seconds for which a wait for something outside holds time."""
_SAME_S: Final = 1.0
"""Two threads that compute are seen in turn. One that was not seen for this many real seconds did not hold time meanwhile."""
_Woken = dict[Sleeper, None]


class Holds:
    """Decides whether the threads of one mock let time move. The caller holds the mutex of the table."""

    def __init__(
        self,
        table: Table,
        woken: _Woken,
        before: MutableSet[threading.Thread],
        around: tuple[Table, _Woken] | None,
        patience_s: float,
    ) -> None:
        """Look at all threads except those that were alive `before` the mock; the calling thread is the one that enters it.

        `around` is the table and the woken sleepers of the mock in which this one is nested.
        """
        self._table = table
        self._woken = woken
        self._before = before
        self._around = around
        self._entered_by = ref(threading.current_thread())
        self._patience_s = patience_s
        self._natives = Natives()
        self._awaited: list[tuple[threading.Thread, Hashable, Why]] = []
        """The threads that, at the last look, waited for something outside without holding time."""
        self.moves = ForcedMoves()
        self._holding: dict[threading.Thread, tuple[float, float]] = {}
        """The threads that hold time in turn: the real instants since which each does, and at which it was last seen to."""

    @cached_property
    def stillness(self) -> Stillness:
        """The judge of whether a thread stands still."""
        return Stillness()

    def woke(self, thread: threading.Thread) -> None:
        """Note that a thread was woken and has something to do."""
        self.stillness.woke(thread)

    def forked(self) -> None:
        """Forget the other threads."""
        vars(self).pop("stillness", None)

    def is_only(self, me: threading.Thread) -> bool:
        """Return whether every other thread of the mock is in the table, without a deadline."""
        is_only = not self._awake({me}) if self._is_any_around() else self._awake_threads() <= (0 if self._table.has(me) else 1)
        # Only now, and still under the mutex: until the count, the other threads may all have gone to sleep, or have woken others
        # and ended. A woken thread needs the mutex to go on.
        is_only = is_only and not self._table.has_deadlines and not self._is_any_woken()
        return is_only and not (self._table.has_given and (self.older() or children.there_are()))

    def note_move(self, at_us: int, by_us: int) -> None:
        """Note that time passes, and record the threads that wait for something outside meanwhile."""
        self._holding.clear()
        for thread, number, reason in self._awaited:
            self.moves.passed(number, thread, reason.value, at_us, by_us)
        for thread, awaited in self._table.outside():
            if awaited.why and not _is_within(awaited):
                self.moves.passed(awaited.number, thread, awaited.why, at_us, by_us)

    def note_hold(self, at_us: int) -> None:
        """Note that time is held, and record the thread that holds it once that has lasted `NAMED_S`."""
        now_s: float = real.monotonic()
        thread, why = self._holder()
        since_s, seen_s = self._holding.get(thread, (now_s, now_s))
        if now_s - seen_s > _SAME_S:
            since_s = now_s
        self._holding[thread] = since_s, now_s
        if now_s - since_s >= NAMED_S:
            self.moves.held((thread.ident, since_s), thread, why, at_us, now_s - since_s)

    def note_loop(self, at_us: int, since_s: float) -> None:
        """Record that the calling thread has read the clock again and again since a real instant, and that it has not moved."""
        me = threading.current_thread()
        why = "it reads the time again and again, and nothing lets virtual time pass"
        self.moves.held((me.ident, since_s), me, why, at_us, real.monotonic() - since_s)

    def _holder(self) -> tuple[threading.Thread, str]:
        for sleeper in self._woken.copy():
            if not (sleeper.is_over or sleeper.is_busy):
                return sleeper.thread, "it was woken, and has not gone on"
        found = self.stillness.holder
        return (threading.current_thread(), "it was not seen to wait") if found is None else (found[0], found[1].value)

    def older_may_work(self) -> bool:
        """Return whether a thread older than the mock may be about to do something, at a first look."""
        older = self.older()
        return bool(older) and self.stillness.may_work(older, self._patience_s)

    def hold(self, first: Sleeper | None, *besides: threading.Thread, paused: bool, now_us: int = 0) -> bool:
        """Return whether the clock must not go to the deadline of `first` now, from `now_us`.

        `besides` are threads that are not looked at; `paused` is whether the calling thread has just waited in real time.
        """
        self._awaited = []
        apart = set(besides)
        if self._is_any_woken():
            return True
        is_timeout, first_us = (False, None) if first is None else (first.is_wait, first.stop_us)
        looker = Looker(
            self._entered_by(),
            self._patience_s,
            self._table.is_forced,
            self.older,
            now_us,
            first_us,
            self._table.added_s,
            is_timeout,
        )
        if not self._table.is_forced and self._is_something_coming(looker, apart):
            return True
        threads = self._awake(apart)
        older = self.older() if is_timeout or self._may_wait_for_older(threads) else []
        if not (threads or older):
            # Look at the woken again: before the count, a thread may have ended and have woken the thread that joins it.
            return self._is_any_woken() or self._table.has_news()
        if not self.stillness.all_rest(threads, older=older, looker=looker, paused=paused):
            return True
        if not older and self._may_wait_for_older(threads) and self.older():
            # A thread has begun to wait between the two looks at it: look again, at the older threads, too.
            return True
        if threads:
            self._awaited = self.stillness.awaited
        # During the looks, a thread that stands still now may have started another thread, or ended a wait.
        return self._awake(apart) != threads or self._is_any_woken() or self._table.has_news()

    def _may_wait_for_older(self, threads: list[threading.Thread]) -> bool:
        """Return whether an older thread holds time as long as it is busy, because one of the mock may wait for it.

        That is a sleeper in the table, or the thread that entered the mock, if it is one of `threads` and waits in an event loop.
        """
        if self._table.is_forced:
            return False
        if self._table.has_given:
            return True
        entered = self._entered_by()
        return entered is not None and entered in threads and bool(self._before) and is_loop_idle(why(entered))

    def _is_something_coming(self, looker: Looker, besides: set[threading.Thread]) -> bool:
        """Return whether a thread or a loop in the table waits for something that may come in real time."""
        if self._waits_outside(besides) and not self.stillness.is_asked(looker):
            return True
        given = self._table.latest_given
        if given is not None and self.stillness.awaits_a_call(given.thread, given.number, looker):
            return True
        # A timeout must not come before the result that a native thread is about to give.
        return looker.is_timeout and self._natives.work(self._patience_s)

    def _waits_outside(self, besides: set[threading.Thread]) -> bool:
        """Return whether an event loop in the table waits for something outside and holds time.

        The answer of a thread in the table needs virtual time, so it is not waited for.
        """
        now_s: float = real.monotonic()
        holding = [(thread, awaited) for thread, awaited in self._table.outside() if awaited.until_s > now_s]
        numbers = [number for _, awaited in holding for number in awaited.sockets]
        are_within = all([_is_within(awaited) for _, awaited in holding])  # noqa: C419  # see `clock.table` on generators
        if not holding or (are_within and not may_be_answered(numbers, self._awake(besides), self.older(), self._patience_s)):
            return False
        thread, awaited = holding[0]
        self.stillness.holder = thread, Why(awaited.why or Why.UNKNOWN)
        return True

    def _awake_threads(self) -> int:
        """Return how many threads of the mock are not in the table, by counting and without a look at any thread."""
        return threading.active_count() - len(self.older()) - self._table.threads()

    def older(self) -> list[threading.Thread]:
        """Return the threads older than the mock that have not ended."""
        # Iterate over a copy: a thread may leave the set meanwhile.
        return [thread for thread in list(self._before) if is_listed(thread)]

    def _is_any_around(self) -> bool:
        return self._around is not None and len(self._around[0]) > 0

    def _awake(self, besides: set[threading.Thread]) -> list[threading.Thread]:
        table, around = self._table, None if self._around is None else self._around[0]
        if not (besides or self._is_any_around()) and self._awake_threads() <= 0:
            # By counting: a look at each thread would make a move dearer the more of them sleep.
            return []
        return [
            thread
            for thread in threading.enumerate()
            if thread not in besides
            and not table.has(thread)
            and thread not in self._before
            # A thread in the table of the outer mock sleeps, too.
            and not (around is not None and around.has(thread))
        ]

    def _is_any_ended(self) -> bool:
        """Return whether a thread has left `threading`'s list and is about to wake the threads that join it."""
        return self._table.awaits_one_that_ended() or (self._around is not None and self._around[0].awaits_one_that_ended())

    def _is_any_woken(self) -> bool:
        if self._is_any_ended():
            return True
        tables = [self._woken] if self._around is None else [self._woken, self._around[1]]
        for woken in tables:
            # A sleeper that timed out at the very moment another thread ended its wait has gone on already: do not wait for it.
            for sleeper in [one for one in woken.copy() if one.is_over]:
                woken.pop(sleeper, None)
        # A busy sleeper goes on after its event handler, and the handler may wait for time to pass: do not wait for it.
        return any([not one.is_busy for woken in tables for one in woken.copy()])  # noqa: C419  # see `table` on generators


def _is_within(awaited: Awaited) -> bool:
    """Return whether an event loop waits only for connections within this process, and nothing is on its way there."""
    return bool(awaited.sockets) and all(map(is_within, awaited.sockets))
