"""Decides whether a thread lets time move: by what the thread waits for, or, where that is unknown, by watching it."""

import sys
import threading
import time
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from itertools import count
from types import FrameType
from typing import Final
from weakref import WeakKeyDictionary

from sagemock.clock.answers import (
    asked_since_s,
    connections,
    goes_on,
    has_received,
    is_loop_idle,
    may_be_answered,
    may_be_called,
    serves_a_child,
)
from sagemock.clock.frames import frame_of
from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.linux import native_id, of_thread, processor_clock, state_in
from sagemock.clock.natives import Natives
from sagemock.clock.real import real
from sagemock.clock.system_calls import blocked_in
from sagemock.clock.waits import (
    FOR_NATIVES,
    MEANING,
    OUTSIDE,
    UNKNOWN,
    Time,
    Wait,
    Why,
    is_sleep,
    lasts,
    looks_outside,
    tells,
    why,
)
from sagemock.clock.work import Work

__all__ = ["STILL_S", "Ended", "Looker", "Stillness"]

STILL_S: Final = 0.003
"""A thread must not have run for at least this long to count as standing still."""
_MARGIN_S: Final = 0.001
_PAUSES: Final = 3
"""And during this many real pauses of the thread that looks: in each pause a thread that waits for the GIL can get it."""
_SPELL_S: Final = 0.1
_LOOKS: Final = 20
# A thread that never stands still for long, such as a heartbeat of a millisecond, counts as waiting if over a whole spell the
# process has worked for less than this share of the time, and the thread was running in less than this share of the looks.
# Its own processor time would not do as a measure: one of twenty threads that all compute has little of it, too.
_SHARE: Final = 0.25
_WAITING: Final = b"S"
_ASKS: Final = 5
_ASK_AGAIN_S: Final = 0.02
"""Another process waits for an answer if that was seen so many times in a row, so many real seconds apart."""
_EARLY_S: Final = 0.01
"""A question may seem to come up to this much later than it did: the kernel counts in steps of some milliseconds."""
_SOON_S: Final = 1.0
"""A sleep after another one belongs to the same loop if the thread was seen to sleep so many real seconds ago."""
_LATE_S: Final = 0.02
"""A call may seem to end up to this much before its own timeout."""


class Ended(Exception):  # noqa: N818  # a result, not an error
    """Raised by a pulse for a thread that has ended. It is a class of its own so that no signal handler can raise it."""


@dataclass(slots=True)
class _Seen:
    """The observations of a thread: its pulse, the real instant since which the pulse is the same, and the present spell."""

    pulse: Hashable
    since_s: float
    began_s: float = 0
    process: Work | None = None
    """The work of the process until the spell began; None before the first spell."""
    pauses: int = 0
    looks: int = 0
    runs: int = 0
    is_sure: bool = False
    """Whether the thread certainly stands still, as long as this pulse stays."""
    wait: Wait | None = None
    """Why the thread waits, if the answer holds as long as this pulse stays."""

    def begin_spell(self, now_s: float) -> Work:
        """Begin to count the looks, and return the work of the process until now."""
        self.began_s, self.looks, self.runs = now_s, 0, 0
        self.process = Work()
        return self.process


@dataclass(slots=True)
class _Outside:
    """A wait for something outside, and the real instant since which it holds time."""

    pulse: Hashable
    wait: Wait
    since_s: float
    looked_s: float
    """The real instant of the last look at this thread."""
    began_s: float
    """The earliest real instant at which the present call can have begun."""
    began_us: int
    number: int

    def has_timed_out(self, again: Wait, now_s: float) -> bool:
        """Return whether the call ran into its own timeout and was repeated. A sleep always does."""
        if self.wait.call is None or again.call is None or self.wait.call.name != again.call.name:
            return False
        if is_sleep(again.call):
            return now_s - self.looked_s < _SOON_S
        if self.wait.timeout_ms < 0:
            return False
        if now_s - self.began_s < self.wait.timeout_ms / 1000 - _LATE_S:
            return False
        # On a busy machine there may have been no look for longer than the timeout.
        return not has_received(connections(again), now_s - self.since_s)


@dataclass(frozen=True, slots=True)
class Looker:
    """What a mock knows beforehand about the threads that it looks at."""

    entered_by: threading.Thread | None = None
    patience_s: float = 10
    is_forced: bool = False
    """Whether an advance or the latency of a call moves time, which no wait for something outside stops (law 7)."""
    older: Callable[[], Collection[threading.Thread]] = tuple
    """Returns the threads that are older than the mock."""
    now_us: int = 0
    first_us: int | None = None
    """The instant to which the clock would go."""
    slept_s: float = 0
    """The real instant at which the last thread or loop went to sleep."""
    is_timeout: bool = True
    """Whether a timeout ends there. It must not come before the result of an older thread; a sleep depends on no thread."""

    def time(self, wait: Wait, *, is_entered: bool, is_older: bool) -> Time:
        """Return what a wait of a thread means for time."""
        if self.is_forced and wait.why in OUTSIDE:
            return Time.FREE
        meaning = MEANING[wait.why]
        if is_older:
            if wait.why in OUTSIDE or wait.why is Why.UNKNOWN:
                return Time.PATIENCE if goes_on(wait, self.patience_s) else Time.FREE
            return meaning.older
        return meaning.entered if is_entered else meaning.others


class Stillness:
    """Judges whether threads stand still, by a *pulse* that changes whenever a thread has run.

    On Linux the pulse is the thread's processor time, and a thread that the kernel calls runnable does not stand still: a thread
    that was woken and has no processor yet holds time, however busy the machine is. On other systems the pulse is the thread's
    position in its code. That may be the same after the thread has run, so each wake-up restarts the watch.
    """

    def __init__(self, pulse: Callable[[threading.Thread], Hashable] | None = None) -> None:
        """Judge by `pulse`; by default the most exact one that this system offers."""
        self._is_exact = pulse is None and _is_told_by_kernel()
        self._pulse = pulse or (_processor_time if self._is_exact else _position)
        self._tells = self._is_exact and tells()
        self._natives = Natives()
        self._asked_s = 0.0
        self._asked = 0
        """How many looks in a row have found another process that waits for an answer."""
        self._asked_since_s = 0.0
        """The real instant since which it waits."""
        self._called_s = 0.0
        self._called: tuple[threading.Thread | None, Hashable, bool] = None, -1, False
        """A thread, what tells its present wait from its others, and whether, a moment ago, a child might call this process."""
        self._numbers = count()
        self._outside: WeakKeyDictionary[threading.Thread, _Outside] = WeakKeyDictionary()
        self.awaited: list[tuple[threading.Thread, Hashable, Why]] = []
        """The threads that wait for something outside without holding time: each with the number and the reason of its wait."""
        self._busy_since_s: WeakKeyDictionary[threading.Thread, float] = WeakKeyDictionary()
        """For each older thread that is busy, the real instant since which it is."""
        self.holder: tuple[threading.Thread, Why] | None = None
        """The thread that held time at the last look, and why it waits."""
        self._seen: WeakKeyDictionary[threading.Thread, _Seen] = WeakKeyDictionary()

    def woke(self, thread: threading.Thread) -> None:
        """Note that a thread was just woken: it has something to do, even if it does not run yet."""
        if self._is_exact:
            self._seen.pop(thread, None)
        else:
            self._seen.clear()

    def all_rest(
        self,
        threads: Collection[threading.Thread],
        *,
        older: Collection[threading.Thread] = (),
        looker: Looker = Looker(),
        paused: bool = True,
    ) -> bool:
        """Return whether none of `threads` and of the threads `older` than the mock holds time, by the table of `clock.waits`.

        `paused` is whether the calling thread has just waited in real time.
        """
        waits: dict[threading.Thread, Wait] = {}
        self.awaited = []
        patient: tuple[threading.Thread, Why] | None = None
        looked_at, has_older = [*threads, *older], bool(older)
        still: list[threading.Thread] = []
        for thread in looked_at:
            is_older = thread in older
            judged = self._judge(thread, threads, looker, is_older=is_older, paused=paused)
            if judged is None:
                continue
            wait, time = judged
            if time is Time.HELD:
                self.holder = thread, wait.why
                return False
            if time is Time.PATIENCE:
                # Look at the other threads, too: several that wait side by side have one patience.
                patient = patient or (thread, wait.why)
                continue
            if wait.why in {Why.LOCK, Why.TIMED_LOCK} and not (has_older or looker.is_forced):
                # An older thread may have the lock.
                has_older, older = True, looker.older()
                looked_at += older
            if wait.why in OUTSIDE and not is_older:
                self.awaited.append((thread, self._known(thread, wait, looker).number, wait.why))
            if time is not Time.WATCHED:
                waits[thread] = wait
            if time is Time.WATCHED or not is_older:
                still.append(thread)
        if patient is not None:
            self.holder = patient
            return False
        # Compare all at one moment: between the looks at two, one may have given the other something to do, and have ended.
        # Even the call of one alone may have ended after its pulse was read, but before its reason was.
        return all(map(self._is_as_seen, still)) and all(self._is_same(*item) for item in waits.items())

    def may_work(self, older: Collection[threading.Thread], patience_s: float) -> bool:
        """Return whether one of some threads older than the mock may be about to do something; True where the system cannot say.

        This is one look. What the threads do later is seen by `all_rest`.
        """
        if not self._tells:
            return True
        looked_at, whys = list[threading.Thread](), set[Why]()
        for thread in older:
            if self.rests(thread, paused=False) and thread not in self._seen:
                # It has ended, as in `_judge`.
                continue
            wait = self._wait(thread, self._seen.get(thread))
            if wait.why is Why.RUNS or goes_on(wait, patience_s):
                return True
            looked_at.append(thread)
            whys.add(wait.why)
        if not whys.isdisjoint(FOR_NATIVES) and self._natives.work(0):
            return True
        # One may have given another something to do, and have ended, between the looks at the two.
        return not all(map(self._is_as_seen, looked_at))

    def _judge(
        self, thread: threading.Thread, threads: Collection[threading.Thread], looker: Looker, *, is_older: bool, paused: bool
    ) -> tuple[Wait, Time] | None:
        """Return why a thread waits, and whether that holds time now; None if the thread does not count.

        WATCHED means that it was seen to stand still.
        """
        rests = self.rests(thread, paused=paused)
        seen = self._seen.get(thread)
        if rests and seen is None:
            # The thread has ended. Until Python 3.11, one that was started below `threading` may stay in its list for ever.
            return None
        wait = self._wait(thread, seen)
        if not is_older and self._is_outside(thread, wait, threads, looker):
            wait = wait._replace(why=Why.OUTSIDE)
        if self._tells and wait.why in FOR_NATIVES and self._natives.work(0 if is_older else looker.patience_s):
            # The thread may wait for a native one, which has not stood still for as long: begin to watch it anew.
            self._seen.pop(thread, None)
            time = Time.HELD
        else:
            time = self._time(wait, looker, is_entered=thread is looker.entered_by, is_older=is_older)
            time = Time.HELD if time is Time.WATCHED and not rests else time
        if is_older and self._is_busy_for_long(thread, wait, time, looker):
            return None
        if time is Time.PATIENCE and not self._is_patient(thread, wait, looker):
            time = Time.FREE
        return wait, time

    def _is_busy_for_long(self, thread: threading.Thread, wait: Wait, time: Time, looker: Looker) -> bool:
        """Return whether an older thread has held time for longer than patience, and no timeout waits for it to compute.

        Nobody knows whether a thread of the mock really waits for it. All that it awaits in turn has one patience.
        """
        if time in {Time.HELD, Time.PATIENCE}:
            now_s: float = real.monotonic()
            is_long: bool = now_s - self._busy_since_s.setdefault(thread, now_s) >= looker.patience_s
            return is_long and not (looker.is_timeout and time is Time.HELD)
        if wait.why is not Why.TIMED_LOCK:
            # Else it may wait for the GIL: with musl's C library that is not known.
            self._busy_since_s.pop(thread, None)
        return False

    def _time(self, wait: Wait, looker: Looker, *, is_entered: bool, is_older: bool) -> Time:
        found = looker.time(wait, is_entered=is_entered, is_older=is_older)
        # What the thread waits for outside may wait for an answer of this process in turn.
        return Time.FREE if wait.why in OUTSIDE and found is not Time.FREE and self.is_asked(looker) else found

    def is_asked(self, looker: Looker) -> bool:
        """Return whether another process has waited for a while for an answer of this one that may need virtual time.

        It does not if an older thread works on it. If no thread has gone to sleep since the question came, the thread that
        answers may wait outside, too; it has its patience for that.
        """
        now_s: float = real.monotonic()
        if now_s - self._asked_s >= _ASK_AGAIN_S:
            self._asked_s = now_s
            since_s = asked_since_s()
            is_asked = since_s is not None and Why.RUNS not in [why(one).why for one in looker.older()]
            self._asked = self._asked + 1 if is_asked else 0
            self._asked_since_s = since_s or 0
        if self._asked < _ASKS:
            return False
        return looker.slept_s >= self._asked_since_s - _EARLY_S or now_s - self._asked_since_s >= looker.patience_s

    def awaits_a_call(self, thread: threading.Thread, number: int, looker: Looker) -> bool:
        """Return whether a child may call this process while `thread` waits for another thread, in wait `number`."""
        if not self._may_be_called(thread, number, looker) or self.is_asked(looker):
            return False
        self.holder = thread, Why.CHILD
        return True

    def _may_be_called(self, thread: threading.Thread, number: Hashable, looker: Looker) -> bool:
        """Return whether a child may call this process, or send a signal, as found a moment ago for this wait of a thread."""
        now_s: float = real.monotonic()
        if (thread, number) != self._called[:2] or now_s - self._called_s >= _ASK_AGAIN_S:
            self._called_s = now_s
            self._called = thread, number, may_be_called(looker.patience_s)
        return self._called[2]

    def _wait(self, thread: threading.Thread, seen: "_Seen | None") -> Wait:
        if not self._is_exact or not self._tells:
            return UNKNOWN
        if seen is None or seen.pulse is None:
            return Wait(Why.RUNS)
        if seen.wait is None:
            wait = why(thread)
            if not lasts(wait):
                return wait
            seen.wait = wait
        return seen.wait

    def _is_same(self, thread: threading.Thread, wait: Wait) -> bool:
        return not self._tells or blocked_in(thread) == wait.call

    def _is_outside(self, thread: threading.Thread, wait: Wait, threads: Collection[threading.Thread], looker: Looker) -> bool:
        """Return whether a wait that is not for something outside holds time like one that is.

        A wait for a connection within this process does if its own timeout comes before the instant to which the clock would go,
        or if the answer may not depend on virtual time. In the thread that entered the mock, a wait for callers does beside a
        child (in a loop, beside one that may call or send a signal), and so does a real sleep between two looks at something
        real.
        """
        if wait.why is not Why.WITHIN:
            return thread is looker.entered_by and (
                serves_a_child(wait)
                or looks_outside(thread, wait)
                or (is_loop_idle(wait) and self._may_be_called(thread, self._seen[thread].pulse, looker))
            )
        began_us = self._known(thread, wait, looker).began_us
        if looker.first_us is not None and 0 <= wait.timeout_ms * 1000 < looker.first_us - began_us:
            return True
        others = [one for one in threads if one is not thread]
        return may_be_answered(connections(wait), others, looker.older(), looker.patience_s)

    def _is_patient(self, thread: threading.Thread, wait: Wait, looker: Looker) -> bool:
        """Return whether a wait for something outside still holds time; a call repeated after its timeout is the same wait."""
        return bool(real.monotonic() - self._known(thread, wait, looker).since_s < looker.patience_s)

    def _known(self, thread: threading.Thread, wait: Wait, looker: Looker) -> _Outside:
        pulse, now_s = self._seen[thread].pulse, real.monotonic()
        known = self._outside.get(thread)
        if known is None or (known.pulse != pulse and not known.has_timed_out(wait, now_s)):
            known = self._outside[thread] = _Outside(pulse, wait, now_s, now_s, now_s, looker.now_us, next(self._numbers))
        elif known.pulse != pulse:
            known.pulse, known.wait, known.began_s, known.began_us = pulse, wait, known.looked_s, looker.now_us
        known.looked_s = now_s
        return known

    def _is_as_seen(self, thread: threading.Thread) -> bool:
        seen = self._seen.get(thread)
        try:
            return seen is not None and seen.pulse is not None and self._pulse(thread) == seen.pulse
        except Ended:
            return True

    def rests(self, thread: threading.Thread, *, paused: bool = True) -> bool:
        """Return whether a thread has stood still for a while, or has ended.

        `paused` is whether the calling thread has just waited in real time.
        """
        if thread.ident is None or (self._is_exact and native_id(thread) is None):
            # The thread was started a moment ago and is about to begin.
            return False
        try:
            pulse = self._pulse(thread)
        except Ended:
            self._seen.pop(thread, None)
            return True
        now_s = real.monotonic()
        seen = self._seen.get(thread)
        if seen is None:
            self._seen[thread] = _Seen(pulse, now_s)
            return False
        seen.looks += 1
        seen.runs += pulse is None
        seen.pauses += paused
        if pulse is None or pulse != seen.pulse:
            return _has_ticked(seen, pulse, now_s)
        if seen.is_sure or seen.pauses < _PAUSES:
            return seen.is_sure
        # A thread waiting for the GIL wakes once per switch interval to ask for it, and that counts as running. So wait longer
        # than one interval.
        if now_s - seen.since_s >= max(STILL_S, sys.getswitchinterval() + _MARGIN_S):
            seen.is_sure = True
        return seen.is_sure


def _has_ticked(seen: _Seen, pulse: Hashable, now_s: float) -> bool:
    """Note another pulse of a thread. Return whether the thread rests all the same, because it is one that only ticks."""
    stood_still = seen.is_sure
    seen.pulse, seen.since_s, seen.pauses, seen.is_sure, seen.wait = pulse, now_s, 0, False, None
    if stood_still:
        # Something has woken it.
        seen.process = None
        return False
    # Most threads stand still soon: measure the work of all threads only for one that does not.
    before = seen.process or seen.begin_spell(now_s)
    return pulse is not None and _ticks(seen, before, now_s)


def _ticks(seen: _Seen, before: Work, now_s: float) -> bool:
    """Return whether a thread that never stands still for long has mostly waited over a spell, and begin the next spell."""
    took_s = now_s - seen.began_s
    if took_s < _SPELL_S or seen.looks < _LOOKS:
        return False
    runs_little = seen.runs < seen.looks * _SHARE
    return seen.begin_spell(now_s).since_ns(before) < took_s * 1e9 * _SHARE and runs_little


def _is_told_by_kernel() -> bool:
    if sys.platform != "linux":
        return False
    try:
        _processor_time(threading.current_thread())
    except Ended:
        return False
    return True


def _processor_time(thread: threading.Thread) -> int | None:
    """Return the processor time of a thread in nanoseconds if it waits; None if it runs or is ready to run."""
    number = native_id(thread) or 0
    # Read the file before the time: while it is read, other threads run. The watched thread may run, too, and wait again.
    stat = of_thread(number, "stat")
    if stat is None:
        raise Ended
    try:
        spent_ns = time.clock_gettime_ns(processor_clock(number))
    except OSError as error:
        raise_if_foreign(error)
        raise Ended from error
    return spent_ns if state_in(stat) == _WAITING else None


def _position(thread: threading.Thread) -> tuple[tuple[int, int], ...]:
    """Return the position of a thread in its code, frame by frame."""
    frame: FrameType | None = frame_of(thread)
    if frame is None:
        raise Ended
    found = []
    while frame is not None:
        found.append((id(frame.f_code), frame.f_lasti))
        frame = frame.f_back
    return tuple(found)
