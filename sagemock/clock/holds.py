"""Which threads hold time: those of a mock that are not in its table and whose waits do not let it move on (law 7)."""

import threading
from collections.abc import Hashable, MutableSet
from functools import cached_property
from typing import Final
from weakref import ref

from sagemock.clock.forced_moves import NAMED_S, ForcedMoves
from sagemock.clock.natives import Natives
from sagemock.clock.real import real
from sagemock.clock.stillness import Looker, Stillness
from sagemock.clock.table import Sleeper, Table, is_listed
from sagemock.clock.waits import Why

__all__ = ["PATIENCE_S", "Holds"]

PATIENCE_S: Final = 10.0
"""For how many real seconds a wait for the world outside holds time, if the mock does not say."""
_Woken = dict[Sleeper, None]


class Holds:
    """Looks at the threads of one mock. The caller holds the mutex of the table."""

    def __init__(
        self,
        table: Table,
        woken: _Woken,
        before: MutableSet[threading.Thread],
        around: tuple[Table, _Woken] | None,
        patience_s: float,
    ) -> None:
        """Look at all threads but those `before` the mock, which the calling one enters; `around` is what the outer mock has."""
        self._table = table
        self._woken = woken
        self._before = before
        self._around = around
        self._entered_by = ref(threading.current_thread())
        self._patience_s = patience_s
        self._natives = Natives()
        self._awaited: list[tuple[threading.Thread, Hashable, Why]] = []
        """Who waits for the outside although time may move, as it was at the last look."""
        self.moves = ForcedMoves()
        self._since_s: float | None = None
        """Since when time has been held, without a break."""

    @cached_property
    def stillness(self) -> Stillness:
        """What tells whether a thread stands still."""
        return Stillness()

    def woke(self, thread: threading.Thread) -> None:
        """Note that a thread has something to do."""
        self.stillness.woke(thread)

    def forked(self) -> None:
        """Forget the other threads."""
        vars(self).pop("stillness", None)

    def is_only(self, me: threading.Thread) -> bool:
        """Return whether every other thread of the mock is in the table."""
        if self._is_any_around():
            return not self._awake({me}) and not self._is_any_ended()
        return not self._is_any_ended() and self._awake_threads() <= (0 if self._table.has(me) else 1)

    def note_move(self, at_us: int, by_us: int) -> None:
        """Note that time passes. If a thread waits for the outside meanwhile, that goes on record."""
        self._since_s = None
        for thread, number, why in self._awaited:
            self.moves.passed(number, thread, why.value, at_us, by_us)
        for thread, awaited in self._table.outside():
            self.moves.passed(awaited.number, thread, awaited.why, at_us, by_us)

    def note_hold(self, at_us: int) -> None:
        """Note that time is held, and name the thread that holds it if that goes on for long."""
        now_s: float = real.monotonic()
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s >= NAMED_S:
            thread, why = self._holder()
            self.moves.held((thread.ident, self._since_s), thread, why, at_us, now_s - self._since_s)

    def _holder(self) -> tuple[threading.Thread, str]:
        for sleeper in self._woken.copy():
            if not (sleeper.is_over or sleeper.is_busy):
                return sleeper.thread, "it was woken, and has not gone on"
        found = self.stillness.holder
        return (threading.current_thread(), "it was not seen to wait") if found is None else (found[0], found[1].value)

    def hold(self, first: Sleeper | None, *besides: threading.Thread, paused: bool, now_us: int = 0) -> bool:
        """Return whether the clock must not go to the deadline of `first` now, from `now_us`.

        `paused` is whether whoever looks has just waited really.
        """
        self._awaited = []
        if self._is_any_woken() or (not self._table.is_forced and self._table.waits_outside(real.monotonic())):
            return True
        older = self._older() if first is not None and first.is_wait else []
        if first is not None and first.is_wait and not self._table.is_forced and self._natives.compute():
            # Nor must it overtake what a native thread is about to give.
            return True
        if not (besides or older or self._is_any_around()) and self._awake_threads() <= 0:
            # Counted after the first look at the woken: a thread may have ended in between, and have woken who waits for its end.
            return self._is_any_woken()
        threads = self._awake(set(besides))
        # A time-out must not overtake what an older thread is about to give; a sleep does not depend on one.
        first_us = None if first is None else first.deadline_us
        looker = Looker(self._entered_by(), self._patience_s, self._table.is_forced, self._older, now_us, first_us)
        if (threads or older) and not self.stillness.all_rest(threads, older=older, looker=looker, paused=paused):
            return True
        if threads:
            self._awaited = self.stillness.awaited
        # While they were looked at, one that stands still now may have started another, or ended a wait.
        return self._awake(set(besides)) != threads or self._is_any_woken()

    def _awake_threads(self) -> int:
        """Return how many threads of the mock are not in the table; no thread is looked at."""
        return threading.active_count() - len(self._older()) - self._table.threads()

    def _older(self) -> list[threading.Thread]:
        # A copy, at once: a thread may leave meanwhile.
        return [thread for thread in list(self._before) if is_listed(thread)]

    def _is_any_around(self) -> bool:
        return self._around is not None and len(self._around[0]) > 0

    def _awake(self, besides: set[threading.Thread]) -> list[threading.Thread]:
        table, around = self._table, None if self._around is None else self._around[0]
        return [
            thread
            for thread in threading.enumerate()
            if thread not in besides
            and not table.has(thread)
            and thread not in self._before
            # Those of the mock around this one sleep as well.
            and not (around is not None and around.has(thread))
        ]

    def _is_any_ended(self) -> bool:
        """Return whether a thread is about to wake who waits for its end, although it is listed no more."""
        return self._table.awaits_one_that_ended() or (self._around is not None and self._around[0].awaits_one_that_ended())

    def _is_any_woken(self) -> bool:
        if self._is_any_ended():
            return True
        tables = [self._woken] if self._around is None else [self._woken, self._around[1]]
        for woken in tables:
            # One that timed out at the moment at which it was given something is not waited for.
            for sleeper in [one for one in woken.copy() if one.is_over]:
                woken.pop(sleeper, None)
        # One that runs a handler goes on when that is over, and the handler may wait for time to pass.
        return any([not one.is_busy for woken in tables for one in woken.copy()])  # noqa: C419  # see `table` on generators
