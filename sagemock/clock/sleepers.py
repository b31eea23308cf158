"""The sleepers of a virtual clock, and the rule for when the clock may move to the next deadline (law 7)."""

import threading
from collections.abc import Callable, Iterator, MutableSet
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Final
from weakref import ref

from sagemock.cleanup import run_all
from sagemock.clock import forks
from sagemock.clock.forced_moves import ForcedMove
from sagemock.clock.holds import PATIENCE_S, Holds
from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.pauses import Pauses
from sagemock.clock.real import real
from sagemock.clock.table import Awaited, Rouse, Sleeper, Table
from sagemock.clock.virtual import Clock

__all__ = ["Rouse", "Sleeper", "Sleepers", "waiting"]

_STEP_S: Final = 0.001
_LOOK_S: Final = 0.002
"""The time until the first look at the threads that are busy: longer than a call takes, so that no look interrupts a poll."""
_LONGEST_LOOK_S: Final = 0.01
_SIGNAL_S: Final = 0.25
"""The main thread waits in steps of so many seconds. Python does not end its wait for a lock for a signal that came just before,
while another thread had the GIL."""
_FIRST_LOOKS: Final = 3
_MOVE_S: Final = 0.0001
"""About as long as a move takes."""
_YIELDS: Final = 1000
"""After this many yields at one instant, a yield counts as a wait: a spinning thread must not hold time forever."""


class _Calls(threading.local):
    """The number of calls to AWS that the calling thread has made."""

    times = 0


class Sleepers:
    """The sleepers of one clock: they wake in the order of their deadlines, one at a time.

    The threads of the mock are the thread that entered the mock, the threads started since, and the adopted ones. Time moves to
    the next deadline when each of them is in the table, or waits in a way that does not hold time. A thread that was woken holds
    time until it sleeps again, ends or waits. `advance` is a sleep of the thread that calls it, so it stops at each deadline on
    the way.

    No extra thread moves time. A thread that goes to sleep moves time for all; while another thread is busy, one of the sleepers
    looks at the threads every few milliseconds. A single thread never waits in real time.

    A signal handler may raise at any moment in the main thread, and may call this class. So a step that undoes something is
    repeated if it was interrupted; no method releases a lock and takes it again midway; and of two changes that belong together,
    the one comes first without which other threads would wait forever. No loop stands directly inside a `with` or `try`, because
    in CPython 3.12 and 3.13 the loop's backward jump is not covered by it (`tests/laws/test_interrupts.py`).
    """

    def __init__(
        self,
        clock: Clock,
        threads_before: MutableSet[threading.Thread],
        around: "Sleepers | None" = None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Lead `clock` for all threads except `threads_before`; `around` are the sleepers of the mock that encloses this one.

        A wait for something outside holds time for `patience_s` real seconds.
        """
        self.clock = clock
        self.began_s: float = real.monotonic()
        self._before = threads_before
        self._entered_by = ref(threading.current_thread())
        self._calls = _Calls()
        self._mutex = forks.lock()
        self._turn = threading.RLock()
        self.table = Table()
        self.woken: dict[Sleeper, None] = {}
        """The sleepers that were woken and have not resumed yet. While there is one, time does not move."""
        self.pauses = Pauses()
        self.patience_s = patience_s
        self._holds = Holds(
            self.table, self.woken, threads_before, None if around is None else (around.table, around.woken), patience_s
        )
        self.resumed = 0
        """How many sleeps and waits have ended."""
        self._numbers = count()
        self._driver: Sleeper | None = None
        self._mover: threading.Thread | None = None
        self._yields = (0, 0)
        self._pauses = 0
        self.is_over = False
        self.over_since_s = 0.0
        """The real instant at which the mock ended."""
        clock.led_by(self)
        clock.readings.on_loop = self._note_loop
        forks.tell(self)

    # -- a thread

    def until_us(self, deadline_us: int, *, creeps: bool = False, is_forced: bool = False) -> None:
        """Let the calling thread sleep until an instant, or until the mock is over.

        `creeps` marks a step of a busy wait, which only reads the clock. `is_forced` marks an advance or the latency of a call,
        which no wait for something outside stops.
        """
        resumed = self.resumed
        if self.is_alone() and self.move_alone_us(deadline_us, resumed, creeps=creeps):
            return
        pause, rouse = waiting()
        sleeper = self.sleeper(deadline_us, rouse)
        sleeper.creeps, sleeper.is_forced = creeps, is_forced
        self.sleep_as(sleeper, pause)

    def sleep_as(self, sleeper: Sleeper, pause: Callable[[float | None], object], ends_s: float | None = None) -> None:
        """Let the calling thread sleep as `sleeper`, until the real instant `ends_s` at most; `pause` waits in real time."""
        sleeper.own_thread = True
        try:
            self.begin_sleep(sleeper)
            self._sleep(sleeper, pause, ends_s)
        finally:
            try:
                self.end_sleep(sleeper)
            except BaseException:
                self.end_sleep(sleeper)
                raise
        if sleeper.is_released:
            self._let_move_end()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pause the clock for the calling thread or task, from the end of the move that another thread makes just now."""
        with self.pauses.block():
            self._let_move_end()
            yield

    def cancel(self, sleeper: Sleeper) -> None:
        """End a sleep early, or before it begins."""
        with self._mutex:
            if sleeper in self.table:  # pragma: no branch  # it may wake by itself at this moment
                self._wake(sleeper)
            sleeper.is_awake = True

    def _sleep(self, sleeper: Sleeper, pause: Callable[[float | None], object], ends_s: float | None) -> None:
        while (longest_s := self.drive(sleeper)) != 0:
            if ends_s is not None:
                left_s = ends_s - real.monotonic()
                if left_s <= 0:
                    break
                longest_s = left_s if longest_s is None else min(longest_s, left_s)
            elif longest_s is None and sleeper.thread is threading.main_thread():
                longest_s = _SIGNAL_S
            pause(longest_s)

    def release(self, sleeper: Sleeper) -> None:
        """End the wait of another thread. This takes no lock, because a signal handler may call it."""
        sleeper.is_released = True
        if not sleeper.is_over:
            # Before `rouse`: a thread that looks at the table must see that this sleeper was woken before the sleeper can resume.
            self.woken[sleeper] = None
        sleeper.rouse()

    def called(self) -> None:
        """Note that the calling thread calls AWS: from now on it belongs to the mock (law 8)."""
        self._calls.times += 1
        self._before.discard(threading.current_thread())

    def calls_here(self) -> int:
        """Return how often the calling thread has called AWS."""
        return self._calls.times

    @property
    def forced_moves(self) -> tuple[ForcedMove, ...]:
        """The records of threads that wait for something outside."""
        return self._holds.moves.records()

    def is_older(self, thread: threading.Thread) -> bool:
        """Return whether a thread is older than the mock."""
        return thread in self._before

    def older_may_work(self) -> bool:
        """Return whether a thread older than the mock may be about to do something, at a first look.

        A heartbeat may run at one look, but hardly at several.
        """
        if not self._before:
            return False
        for _ in range(_FIRST_LOOKS):
            with self._mutex:
                if not self._holds.older_may_work():
                    return False
            real.sleep(_MOVE_S)
        return True

    def was_entered_here(self) -> bool:
        """Return whether the calling thread is the one that entered the mock."""
        return self._entered_by() is threading.current_thread()

    def pass_us(self, by_us: int) -> None:
        """Let `by_us` pass from now, or from the moment at which another thread that is in this method is done."""
        if by_us > 0 and not self._is_unhindered():
            with self._turn:
                self.until_us(self.clock.now_us() + by_us, is_forced=True)
        else:
            self._move_to_us(self.clock.now_us() + by_us)

    def pass_to_us(self, target_us: int) -> None:
        """Let time pass until an instant."""
        if target_us > self.clock.now_us() and not self._is_unhindered():
            self.until_us(target_us, is_forced=True)
        else:
            self._move_to_us(target_us)

    def give_way(self) -> None:
        """Let another thread run: a sleep of length zero."""
        real.sleep(0)
        now_us = self.clock.now_us()
        at_us, times = self._yields
        self._yields = (now_us, times + 1 if at_us == now_us else 1)
        if self._yields[1] > _YIELDS:
            first_us = self.first_us()
            if first_us is not None:
                self.until_us(first_us)

    def first_us(self) -> int | None:
        """Return the instant at which the next sleeper wakes; None if none has a deadline."""
        with self._mutex:
            first = self.table.first()
        return None if first is None else first.stop_us

    def others_rest(self) -> bool:
        """Return whether every other thread of the mock sleeps or stands still. It takes several calls to find out."""
        if self.is_alone():
            return True
        real.sleep(_STEP_S)
        with self._mutex:
            return not self._holds.hold(None, threading.current_thread(), paused=True)

    # -- step by step, for an event loop

    def is_alone(self) -> bool:
        """Return whether the calling thread may move time at once, because no other thread is concerned."""
        if self._mover is not None:
            # The clock stands at an event on its way to a deadline, and an observer of that event sleeps: do not wait for others.
            return self._mover is threading.current_thread()
        if self.table.has_deadlines or self.woken or self.pauses.is_any:
            return False
        if threading.active_count() == 1:
            return True
        with self._mutex:
            return self._holds.is_only(threading.current_thread())

    def move_alone_us(self, target_us: int, resumed: int, *, creeps: bool = False) -> bool:
        """Move time to an instant, and return True; return False if the calling thread, by `is_alone`, is alone no more.

        `resumed` is what this object's attribute was before `is_alone` was asked.
        """
        return self._move_to_us(target_us, resumed, creeps=creeps)

    def next_number(self) -> int:
        """Return a number that orders the sleeps with the same deadline by their beginning."""
        return next(self._numbers)

    def sleeper(self, deadline_us: int | None, rouse: Rouse, number: int | None = None) -> Sleeper:
        """Return a new sleeper of the calling thread; give `number` to continue an interrupted sleep with its old number."""
        number = self.next_number() if number is None else number
        return Sleeper(deadline_us, number, threading.current_thread(), rouse)

    def begin_sleep(self, sleeper: Sleeper, unless: Callable[[], bool] | None = None) -> bool:
        """Begin to sleep, and return True; return False if `unless` says that the thread has something to do.

        `unless` runs under the mutex, so no thread can move time between the answer and the sleep.
        """
        if not sleeper.creeps:
            self.clock.readings.turned_away()
        with self._mutex:
            if unless is not None and unless():
                return False
            if self.is_over or sleeper.is_released:
                sleeper.is_awake = True
            else:
                self._pauses = 0
                self.table.add(sleeper)
            return True

    def awaits(self, sleeper: Sleeper, awaited: Awaited | None) -> None:
        """Set what the event loop of a sleeper in the table also waits for outside this process."""
        with self._mutex:
            sleeper.awaited = awaited
            if sleeper in self.table:
                self.table.set_awaited(sleeper)

    def drive(self, sleeper: Sleeper) -> float | None:
        """Move time if no thread is busy; return how many real seconds to wait: 0 if the sleeper is awake, None for no limit."""
        if not (sleeper.is_awake or sleeper.is_released):
            self._move_on(paused=sleeper.pauses > 0)
        with self._mutex:
            if sleeper.is_awake or sleeper.is_released:
                return 0
            if not self.table.has_deadlines:
                # There is no deadline to go to. The next thread that adds one calls `drive` itself.
                if self._driver is sleeper:
                    self._driver = None
                return None
            if self._driver is None:
                self._driver = sleeper
            sleeper.pauses += 1
            if self._driver is not sleeper:
                return None
            self._pauses += 1
        # The longer a thread is busy, the less often this one takes the GIL from it.
        return min(_LOOK_S * max(1, self._pauses / 20), _LONGEST_LOOK_S)

    def end_sleep(self, sleeper: Sleeper) -> None:
        """End a sleep: the sleeper was woken, has something else to do, or raised an error."""
        with self._mutex:
            self.resumed += 1
            sleeper.is_over = True
            self.table.discard(sleeper)
            self._holds.woke(sleeper.thread)
            self.woken.pop(sleeper, None)
            if self._driver is sleeper:
                self._hand_over()

    def close(self) -> None:
        """Wake all sleepers: the mock is over."""
        with self._mutex:
            self.over_since_s = real.monotonic()
            self.is_over = True
            run_all(*[partial(self._wake, sleeper) for sleeper in self.table], self._let_all_go)

    def _let_all_go(self) -> None:
        # This includes the sleepers whose `rouse` raised.
        for sleeper in self.table:
            sleeper.is_awake = True
        self.table.clear()

    def forked(self) -> None:
        """Forget the other threads: this process is a child, in which they do not exist."""
        me = threading.current_thread()
        self.table.keep(me)
        self.woken.clear()
        self._driver = None
        if self._mover is not me:
            self._mover = None
        # A thread of the parent may hold this lock. It guards no data, so a new one does as well.
        self._turn = threading.RLock()
        self._holds.forked()
        if not self.pauses.is_here:
            self.pauses.end()

    def busy(self, work: Callable[[], object]) -> None:
        """Do `work` in the calling thread, which moves the clock, and count the thread as busy meanwhile."""
        me = threading.current_thread()
        is_mover = self._mover is me
        marked: list[Sleeper] = []
        roused: list[Sleeper] = []
        try:
            with self._mutex:
                marked.extend(sleeper for sleeper in self.table.of(me) if not sleeper.is_busy)
                for sleeper in marked:
                    self.table.set_busy(sleeper, is_busy=True)
                # An earlier `work` may have slept past the deadline of the sleep in which this thread moves the clock. That sleep
                # was woken, but cannot resume before this `work` ends: it must not hold time.
                roused.extend(sleeper for sleeper in self.woken if sleeper.thread is me)
                for sleeper in roused:
                    del self.woken[sleeper]
                if self._driver in marked:
                    self._hand_over()  # pragma: no cover  # if another thread notified an observer just then
                if is_mover:
                    self._mover = None
            work()
        finally:
            while not self._is_back(me if is_mover else None, marked, roused):
                # Another thread is about to end a move of its own: wait until it is no longer the mover.
                real.sleep(_STEP_S)

    def _is_back(self, mover: threading.Thread | None, marked: list[Sleeper], roused: list[Sleeper]) -> bool:
        with self._mutex:
            if mover is not None:
                if self._mover not in (None, mover):
                    return False
                self._mover = mover
            for sleeper in marked:
                self.table.set_busy(sleeper, is_busy=False)
            self.woken.update(dict.fromkeys(roused))
            return True

    # -- inside

    def _note_loop(self, since_s: float) -> None:
        # Without the mutex: a signal handler may read the clock.
        if not self.table.has_deadlines:
            self._holds.note_loop(self.clock.standing_us, since_s)

    def _hand_over(self) -> None:
        """Make another sleeper the driver: one whose thread is not busy."""
        last = self.table.last() if self.table.has_deadlines else None
        if last is not None:
            last.rouse()
        # Set it now, not when that sleeper drives: it may end its sleep instead (a loop that got a callback).
        self._driver = last

    def _is_unhindered(self) -> bool:
        return self.is_over or self.is_alone()

    def _move_to_us(self, target_us: int, resumed: int | None = None, *, creeps: bool = False) -> bool:
        """Move the clock, and return True; return False if it is paused, or a thread was woken since `resumed` was read."""
        if not creeps:
            self.clock.readings.turned_away()
        me, is_mine = threading.current_thread(), False
        try:
            with self._mutex:
                # Another thread may be about to end its move: then this call only notifies agendas, and that is not a move.
                if self._mover is None:
                    if resumed is not None and (self.woken or self.pauses.is_any or resumed != self.resumed):
                        return False
                    self._mover, is_mine = me, True
            self.clock.move_to_us(target_us, creeps=creeps)
        finally:
            if is_mine and self._mover is me:
                self._mover = None
        return True

    def _let_move_end(self) -> None:
        """Wait until no other thread moves time: a move that was decided before must not come after this thread has gone on."""
        while self._mover not in (None, threading.current_thread()):
            real.sleep(_MOVE_S)

    def _move_on(self, *, paused: bool) -> None:
        """Move to the next deadline and wake its sleeper, if no thread is busy."""
        me, is_mine = threading.current_thread(), False
        try:
            with self._mutex:
                first = self.table.first()
                if first is None or self._mover is not None or (self.pauses.is_any and not self.table.is_forced):
                    return
                stop_us = first.stop_us
                if self._holds.hold(first, paused=paused, now_us=self.clock.standing_us):
                    self._holds.note_hold(self.clock.standing_us)
                    return
                if stop_us is not None and self.clock.standing_us < stop_us:
                    self._holds.note_move(self.clock.standing_us, stop_us - self.clock.standing_us)
                self._mover, is_mine = me, True
            # Without the mutex: observers run during the move, and no thread may hold the mutex when it takes the clock's lock.
            # A clock that follows another clock may have reached the deadline already: do not move it a second time.
            if stop_us is not None and self.clock.now_us() < stop_us:
                self.clock.move_to_us(stop_us, creeps=first.creeps)
            now_us = self.clock.now_us()
            with self._mutex:
                self._mover, is_mine = None, False
                due = self.table.due(now_us)
                if due is not None:
                    due.is_due = True
                    self._wake(due)
        finally:
            if is_mine and self._mover is me:
                self._mover = None

    def _wake(self, sleeper: Sleeper) -> None:
        self._holds.woke(sleeper.thread)
        # The sleeper cannot look before the mutex is free. If `rouse` raises, it stays in the table for the next look.
        sleeper.rouse()
        # No signal handler can run between these lines.
        sleeper.is_awake = True
        if sleeper.own_thread:
            self.woken[sleeper] = None
        self.table.discard(sleeper)


def waiting() -> tuple[Callable[[float | None], object], Rouse]:
    """Return a function by which a thread waits, and one that ends the wait. They use a lock of `threading`, so in real time."""
    lock = threading.Lock()
    lock.acquire()

    def pause(longest_s: float | None) -> None:
        lock.acquire(timeout=-1 if longest_s is None else longest_s)

    def rouse() -> None:
        # A free lock means that the thread was roused before and has not noticed yet.
        if lock.locked():
            try:
                lock.release()
            except RuntimeError as error:  # pragma: no cover  # another thread has just done so
                raise_if_foreign(error)

    return pause, rouse
