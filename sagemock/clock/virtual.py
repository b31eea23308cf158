"""The virtual clock: the only part of sagemock that knows the time. All other parts take `now` as an argument."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from sagemock.checks import number, public, public_class, quoted
from sagemock.clock.forced_moves import ForcedMove
from sagemock.clock.instants import END_US, SECOND_US, beginning_us, duration_us, instant, instant_us
from sagemock.clock.readings import Readings
from sagemock.clock.real import real
from sagemock.errors import InvalidType, InvalidValue, UsageError

__all__ = ["DURATIONS", "FASTEST", "Agenda", "Clock", "Leader", "Outside", "check_end", "checked_rate"]

FASTEST = 1_000_000
"""The fastest rate, in virtual seconds per real second: a century then takes less than an hour."""

DURATIONS: Final = "write advance(minutes=5), advance(timedelta(minutes=5)) or advance(300)"
"""How to give a duration to `advance`."""


class Agenda(Protocol):
    """A schedule of instants at which the clock must stop on its way: the store of jobs, an observer of events."""

    def next_us(self, after_us: int) -> int | None:
        """Return the first instant after `after_us` at which something of this agenda happens; None if nothing does.

        The clock stands at `after_us`. Return `after_us` itself if something is still to be done at that instant.
        """

    def settle(self, at_us: int) -> None:
        """Do what happens at `at_us`; the clock stands there."""


class Leader(Protocol):
    """The object that knows the sleepers of the clock and moves it from one deadline to the next."""

    def pass_us(self, by_us: int) -> None:
        """Let `by_us` pass from now."""

    def pass_to_us(self, target_us: int) -> None:
        """Let time pass until an instant."""

    def busy(self, work: Callable[[], object]) -> None:
        """Do `work` in the calling thread, which moves the clock, and count the thread as busy meanwhile."""

    def paused(self) -> AbstractContextManager[None]:
        """Pause the clock for the calling thread or task."""

    @property
    def forced_moves(self) -> tuple[ForcedMove, ...]:
        """The records of threads that wait for something outside."""


class Outside(Protocol):
    """A clock outside sagemock that the virtual clock follows: real time at a rate, or a wall clock that the caller froze."""

    def moved_us(self, now_us: int) -> int:
        """Return by how much the virtual clock, which is at `now_us`, must move to catch up. Each move is reported once.

        The result is negative only if nothing has happened yet that a way back would undo.
        """

    def move_us(self, by_us: int) -> None:
        """Follow the virtual clock, which has moved by `by_us` on its own."""

    def wall_us(self, now_us: int) -> int:
        """Return the instant that the process's clocks show while the virtual clock is at `now_us`."""


class _RealTime:
    """Real time, at a rate of virtual seconds per real second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._began_s: float = real.monotonic()
        self._moved_us = 0

    def moved_us(self, _now_us: int) -> int:
        # Compute from the beginning, not from the last step: rounded steps would add up, and two equal readings might differ.
        by_us = int((real.monotonic() - self._began_s) * self._rate * SECOND_US) - self._moved_us
        self._moved_us += by_us
        return by_us

    def move_us(self, by_us: int) -> None:
        """Do nothing: real time cannot be moved."""

    def wall_us(self, now_us: int) -> int:
        return now_us


def checked_rate(rate: object) -> float:
    """Return `rate`, in virtual seconds per real second, after a check. Raises InvalidType or InvalidValue."""
    bounds = f"of virtual seconds per real second, from 0 to {FASTEST:,}"
    return number("rate", rate, bounds, "write rate=60, or leave it out for none", fits=lambda rate: 0 <= rate <= FASTEST)


@public_class
class Clock:
    """Virtual time: whole microseconds inside, `timedelta` and aware UTC `datetime` in the public interface.

    The laws (each has a property test):

    1. Names that end in `_us` are whole microseconds.
    2. Time passes only when someone says so: `advance`, `advance_to`, a virtual sleep, the latency of a call, a clock outside
       that it follows (a wall clock that the caller froze, real time at a `rate`). Forward only: a negative advance is an
       InvalidValue at once.
    3. What is due at T has happened at T.
    4. Reading never changes the world, with one exception: after ten thousand readings by one thread without a move, each further
       reading is a sleep of a millisecond, so that a busy wait ends. A call is answered at the instant of its arrival and then
       takes `latency`.
    5. `advance(a); advance(b)` is `advance(a + b)` for every observer; an observer sees the instant of its event.
    6. A sleep advances and does not block. Sleeping from t for d means "wake at t + d": concurrent sleeps do not add up.
    7. Sleepers, threads and tasks, wake in the order of their deadlines, one at a time, and the clock never passes a deadline
       before its sleeper has woken. If the mock has several threads, the clock moves when all of them sleep or stand still.
    8. Threads that were alive before the mock started keep real time, as do the interpreter's own locks, queues and event loops.
    9. A hang is an error with a name: in code that goes on polling or sleeping when nothing can happen any more,
       NothingWillHappen is raised after a thousand polls and sleeps or `idle_limit`; in each thread and task, where it sleeps.

    `sagemock.patches.wall` adds the tenth law: the process's time is this clock. A clock by itself keeps laws 1 to 6; for the
    seventh it is `led_by` an object that knows the sleepers (`sagemock.clock.sleepers`), and the mock enforces laws 8 and 9. A
    clock is safe to use from several threads.
    """

    # Without a dictionary, `clock.now = …` and a misspelt `clock.latency = …` are errors.
    __slots__ = (
        "__weakref__",
        "_agendas",
        "_ahead_us",
        "_due",
        "_is_over",
        "_leader",
        "_lock",
        "_now_us",
        "creep",
        "idle_limit_us",
        "latency_us",
        "outside",
        "readings",
        "start_us",
    )
    # Not `Suggesting`, which would make each access to an attribute slower, and a call has dozens. pytest's report suggests.
    _instead: ClassVar[Mapping[str, str]] = {
        "sleep": "write advance(seconds=…), or time.sleep(…)",
        "tick": "write advance(seconds=…)",
        "move_to": "write advance_to(…)",
        "time": "write now().timestamp()",
    }

    def __init__(
        self,
        start: datetime | str | float | None = None,
        *,
        latency: timedelta | float = 0.1,
        idle_limit: timedelta | float | None = timedelta(days=1),
        rate: float = 0.0,
        lock: "threading.RLock | None" = None,
    ) -> None:
        """Stand at `start` (default: the present instant of the real clock).

        `lock`, which must be reentrant, is held while the clock moves and calls its agendas.
        """
        rate = checked_rate(rate)
        if lock is not None and not (hasattr(lock, "acquire") and hasattr(lock, "release")):
            raise InvalidType(f"lock is a threading.RLock, not {quoted(lock)}: leave it out for one of the clock's own")
        # The clock and its agendas share one lock: two threads could take two locks in opposite order, and deadlock.
        self._lock = threading.RLock() if lock is None else lock
        self._leader: Leader | None = None
        self._now_us = self.start_us = instant_us(real.time()) if start is None else beginning_us(start)
        self.outside: Outside | None = _RealTime(rate) if rate else None
        """The outside clock that this clock follows, if any."""
        # How far the outside clock has gone ahead; any move beyond that is the clock's own.
        self._ahead_us = 0
        self._agendas: list[Agenda] = []
        # The agendas that must still be called for the present instant.
        self._due: deque[Agenda] = deque()
        self.readings = Readings()
        self.creep: Callable[[int], object] = self.creep_us
        """Lets microseconds pass for a thread in a busy wait."""
        self._is_over = False
        self.latency_us = 0
        self.idle_limit_us: int | None = None
        self.latency = latency
        self.idle_limit = idle_limit

    def __repr__(self) -> str:
        return f"<Clock at {instant(self.now_us()).isoformat()}>"

    # -- reading

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        self.read()
        return instant(self.now_us())

    def read(self) -> None:
        """Count a reading of the clock; after ten thousand without a move, each reading lets time pass (law 4)."""
        by_us = self.readings.read_us()
        # A thread that holds the lock is in the middle of a move or a call: let no time pass there.
        if by_us and not self._lock._is_owned():  # type: ignore[attr-defined]  # noqa: SLF001  # `threading.Condition` asks it, too
            try:
                with self.readings.creeping():
                    check_end(self._now_us + by_us)
                    self.creep(by_us)
            except BaseException:
                # Code that reports the error reads the time, too: give it a new count.
                self.readings.turned_away()
                raise

    def now_us(self) -> int:
        """Return the present instant in microseconds since the epoch."""
        if self.outside is not None:
            self._keep_step(self.outside)
        return self._now_us

    @property
    def standing_us(self) -> int:
        """The clock's instant in microseconds since the epoch, without following the outside clock first."""
        return self._now_us

    def wall_us(self) -> int:
        """Return the instant that the process's clocks show: the present one, or that of an outside clock which differs."""
        now_us = self.now_us()
        return now_us if self.outside is None else self.outside.wall_us(now_us)

    @property
    def latency(self) -> timedelta:
        """The virtual time that an API call takes; may be set at any time, as a timedelta or in seconds."""
        return timedelta(microseconds=self.latency_us)

    @latency.setter
    def latency(self, value: timedelta | float) -> None:
        self._check_runs()
        latency_us = duration_us(value)
        if latency_us < 0:
            raise InvalidValue(f"latency is 0 or more, not {value!r}: write latency = 0 for none")
        self.latency_us = latency_us

    @property
    def idle_limit(self) -> timedelta | None:
        """The virtual time for which code may go on polling when nothing can happen any more; None for no limit."""
        return None if self.idle_limit_us is None else timedelta(microseconds=self.idle_limit_us)

    @idle_limit.setter
    def idle_limit(self, value: timedelta | float | None) -> None:
        self._check_runs()
        limit_us = None if value is None else duration_us(value)
        if limit_us is not None and limit_us <= 0:
            raise InvalidValue(f"idle_limit is a positive duration, not {value!r}: write idle_limit = None for no limit")
        self.idle_limit_us = limit_us

    # -- moving

    @public
    def advance(  # noqa: PLR0913  # the units of a timedelta
        self,
        by: timedelta | float | None = None,
        /,
        *,
        weeks: float | None = None,
        days: float | None = None,
        hours: float | None = None,
        minutes: float | None = None,
        seconds: float | None = None,
        milliseconds: float | None = None,
        microseconds: float | None = None,
    ) -> None:
        """Let time pass: `advance(minutes=5)`, `advance(timedelta(minutes=5))` or `advance(300)` (seconds).

        Several units add up. Raises InvalidValue if the duration is negative, and UsageError if the mock is over.
        """
        self._check_runs()
        named = {
            "weeks": weeks,
            "days": days,
            "hours": hours,
            "minutes": minutes,
            "seconds": seconds,
            "milliseconds": milliseconds,
            "microseconds": microseconds,
        }
        units = {name: value for name, value in named.items() if value is not None}
        if (by is None) == (not units):
            raise InvalidType(f"advance takes one duration: {DURATIONS}")
        if by is not None and not isinstance(by, (timedelta, int, float)):
            raise InvalidType(f"advance takes a duration, not {quoted(by)}: {DURATIONS}")
        duration = _sum(units) if by is None else by
        by_us = duration_us(duration)
        if by_us < 0:
            raise InvalidValue(f"time only moves forward, not by {duration!r}: begin earlier, by start=…")
        check_end(self.now_us() + by_us)
        self.pass_us(by_us)

    @public
    def advance_to(self, when: datetime | str | float) -> None:
        """Let time pass until `when`. Raises InvalidValue if that is in the past, and UsageError if the mock is over."""
        self._check_runs()
        target_us = instant_us(when)
        check_end(target_us)
        if target_us < self.now_us():
            now, target = instant(self.now_us()).isoformat(), instant(target_us).isoformat()
            raise InvalidValue(f"time only moves forward: it is {now}, later than {target}; begin earlier, by start=…")
        self.pass_to_us(target_us)

    @property
    def forced_moves(self) -> tuple[ForcedMove, ...]:
        """Records of virtual time that passed while a thread waited for something outside, and of threads that held time.

        A thread that holds time goes on record after five real seconds.
        """
        return () if self._leader is None else self._leader.forced_moves

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let the thread or task in the block wait in real time: `with sagemaker.clock.paused(): wait_for_port()`.

        In the block its sleeps and its waits with a timeout take real time, and are not in `sleeps`. Meanwhile the clock does
        not go to a sleeper's deadline by itself; the latency of calls, `advance`, `advance_to` and a `rate` still move it.
        Blocks nest.
        Raises UsageError if the mock is over.
        """
        self._check_runs()
        with nullcontext() if self._leader is None else self._leader.paused():
            yield

    def close(self) -> None:
        """Stop forever: the mock is over. The clock can still be read."""
        self.outside = None
        self._is_over = True

    def _check_runs(self) -> None:
        if self._is_over:
            since = self.now().isoformat()
            raise UsageError(f"this mock is over, and its time stands still at {since}: use the clock while the mock is active")

    def pass_us(self, by_us: int) -> None:
        """Let `by_us` microseconds pass from now; sleepers wake at their deadlines on the way."""
        if self._leader is not None:
            self._leader.pass_us(by_us)
            return
        with self._lock:
            self.move_to_us(self.now_us() + by_us)

    def pass_to_us(self, target_us: int) -> None:
        """Let time pass until `target_us`; sleepers wake at their deadlines on the way."""
        if self._leader is not None:
            self._leader.pass_to_us(target_us)
        else:
            self.move_to_us(target_us)

    def led_by(self, leader: "Leader") -> None:
        """Leave it to `leader` how time passes: by `move_to_us`, from one deadline to the next (law 7)."""
        self._leader = leader

    def creep_us(self, by_us: int) -> None:
        """Let `by_us` pass for a busy wait; this does not count as a move, so the count of readings goes on."""
        self.move_to_us(self.now_us() + by_us, creeps=True)

    def move_to_us(self, target_us: int, *, creeps: bool = False) -> None:
        """Move to `target_us`, stopping on the way at each instant at which an agenda has something to do (law 5)."""
        with self._lock:
            before_us = self._now_us
            self._move_to_us(target_us)
            if self._now_us != before_us and not creeps:
                self.readings.moved()

    def _move_to_us(self, target_us: int) -> None:
        if self._due:
            self._tell_due()
        while self._agendas:
            nexts = [(at, agenda) for agenda in self._agendas if (at := agenda.next_us(self._now_us)) is not None]
            at_us = min((at for at, _ in nexts), default=None)
            if at_us is None or at_us > target_us:
                break
            self._stand_at(at_us)
            self._due.extend(agenda for at, agenda in nexts if at == at_us)
            self._tell_due()
        # An agenda may have advanced the clock beyond the target of this call.
        if target_us > self._now_us:
            self._stand_at(target_us)

    def _stand_at(self, at_us: int) -> None:
        by_us, self._now_us = at_us - self._now_us, at_us
        if self._ahead_us:
            led_us = min(by_us, self._ahead_us)
            self._ahead_us -= led_us
            by_us -= led_us
        if by_us > 0 and self.outside is not None:
            self.outside.move_us(by_us)

    def _tell_due(self) -> None:
        """Call the agendas that were not called yet at this instant, also if one of them moved the clock or raised before."""
        while self._due:
            self._due.popleft().settle(self._now_us)

    def released(self, work: Callable[[], object]) -> None:
        """Release the clock's lock while an agenda runs foreign code (`work`).

        That code may wait for another thread that needs the clock.
        """
        # threading.Condition uses these private methods, too. `_acquire_restore` is one step, which no signal handler interrupts.
        lock: Any = self._lock
        held, is_free, me = [0], False, threading.get_ident()
        try:
            _let_go(lock, held)
            is_free = True
            if self._leader is None:
                work()
            else:
                self._leader.busy(work)
        finally:
            if not is_free:
                for _ in range(held[0]):
                    lock.acquire()
            elif held[0]:  # pragma: no branch  # agendas work under the lock
                lock._acquire_restore((held[0], me))  # noqa: SLF001  # as above

    def _keep_step(self, outside: Outside) -> None:
        with self._lock:
            by_us = outside.moved_us(self._now_us)
            if by_us > 0:
                self._ahead_us += by_us
                self.move_to_us(self._now_us + self._ahead_us)
            elif by_us:
                # A move back calls no agenda: nothing has happened yet.
                self._now_us += by_us
                self.start_us += by_us
                self.readings.moved()

    # -- agendas

    def add_agenda(self, agenda: Agenda, *, first: bool = False) -> None:
        """Call `agenda.settle` at its instants from now on; `first`: before the others of the same instant."""
        with self._lock:
            self._agendas.insert(0 if first else len(self._agendas), agenda)

    def remove_agenda(self, agenda: Agenda) -> None:
        """Stop calling `agenda`. Raises UsageError if it was not added."""
        with self._lock:
            if agenda not in self._agendas:
                raise UsageError(f"{agenda!r} is not an agenda of this clock: add it first, by add_agenda()")
            self._agendas.remove(agenda)
            if agenda in self._due:
                self._due.remove(agenda)


def _sum(units: Mapping[str, float]) -> timedelta:
    """Return the sum of durations by their unit, as `timedelta` takes them. Raises InvalidType or InvalidValue."""
    for name, value in units.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidType(f"advance({name}=…) takes a number, not {quoted(value)}: write advance(minutes=5)")
    try:
        return timedelta(**units)
    except (OverflowError, ValueError):
        # A value is infinite or NaN, or the sum is more than a timedelta holds.
        arguments = ", ".join(f"{name}={quoted(value)}" for name, value in units.items())
        raise InvalidValue(f"advance({arguments}) is not a duration: write advance(minutes=5)") from None


def check_end(target_us: int) -> None:
    """Raise InvalidValue if `target_us` is after the end of virtual time."""
    if target_us > END_US:
        raise InvalidValue(
            f"virtual time ends at {instant(END_US).isoformat()}, and this goes on from there: advance by less, or begin earlier"
        )


def _let_go(lock: Any, held: list[int]) -> None:  # noqa: ANN401  # as in `Clock.released`
    """Release a reentrant lock completely, and add to `held[0]` how often the calling thread held it."""
    while lock._is_owned():  # noqa: SLF001  # likewise
        held[0] += 1
        lock.release()
