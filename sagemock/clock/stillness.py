"""Whether a thread stands still: it waits for a lock, a queue, another thread or a socket, and has done so for a moment."""

import sys
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Final
from weakref import WeakKeyDictionary

from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.linux import native_id, of_thread
from sagemock.clock.real import real
from sagemock.clock.waits import Work, has_nothing_to_do

__all__ = ["STILL_S", "Ended", "Stillness"]

STILL_S: Final = 0.003
"""For how long, at least, a thread has not run when it counts as standing still."""
_MARGIN_S: Final = 0.001
_PAUSES: Final = 3
"""And in how many real pauses of whoever looks: in each one, who waits for the interpreter's lock is given it."""
_SPELL_S: Final = 0.1
_LOOKS: Final = 20
# A thread that never stands still for long, such as a heartbeat of a millisecond, counts as waiting when for such a spell the
# whole process has worked less than this part of the time, and it was caught running in less than this part of the looks.
# By its own processor time it could not be told: one of twenty threads that all compute has little of it, too.
_SHARE: Final = 0.25
_WAITING: Final = b"S"


class Ended(Exception):  # noqa: N818  # it tells, and is no error
    """A thread has no pulse any more. Of a class of its own, which no handler of a signal raises."""


@dataclass(slots=True)
class _Seen:
    """What was seen of a thread: its pulse, since when it has that one, and the present spell."""

    pulse: Hashable
    since_s: float
    began_s: float
    process: "Work"
    pauses: int = 0
    looks: int = 0
    runs: int = 0
    is_sure: bool = False
    """Whether it stands still with this pulse beyond doubt."""


class Stillness:
    """Tells of threads whether they stand still, by a *pulse* that changes whenever a thread has run.

    On Linux that is the processor time of the thread, and a thread that could run (the kernel says so) does not stand still,
    however busy the machine: so who was just woken and has not got a processor yet is waited for. Elsewhere it is where the
    thread stands in its code, which may look the same after it has run, so that it is watched anew after each wake-up.
    """

    def __init__(self, pulse: Callable[[threading.Thread], Hashable] | None = None) -> None:
        """Judge by `pulse`, by default by the best that this system offers."""
        self._is_exact = pulse is None and _is_told_by_kernel()
        self._pulse = pulse or (_processor_time if self._is_exact else _position)
        self._seen: WeakKeyDictionary[threading.Thread, _Seen] = WeakKeyDictionary()

    def woke(self, thread: threading.Thread) -> None:
        """Note that a thread was just woken: it has something to do, although it may not have begun."""
        if self._is_exact:
            self._seen.pop(thread, None)
        else:
            self._seen.clear()

    def all_rest(
        self, threads: Collection[threading.Thread], asleep: Iterable[threading.Thread] = (), *, paused: bool = True
    ) -> bool:
        """Return whether all of `threads` rest, by `rests` or because they have nothing to do until another does something."""
        moving = []
        for thread in threads:
            if self.rests(thread, asleep, paused=paused):
                continue
            if not self._is_exact or not has_nothing_to_do(thread):
                return False
            moving.append(thread)
        # At one moment: between the looks at two of them, the one may have given the other something to do.
        if moving and not all(map(self._is_as_seen, threads)):
            return False
        for thread in moving:
            self._seen[thread].is_sure = True
        return True

    def _is_as_seen(self, thread: threading.Thread) -> bool:
        seen = self._seen.get(thread)
        try:
            return seen is not None and seen.pulse is not None and self._pulse(thread) == seen.pulse
        except Ended:
            return True

    def rests(self, thread: threading.Thread, asleep: Iterable[threading.Thread] = (), *, paused: bool = True) -> bool:
        """Return whether a thread has stood still for a while, or has ended.

        `asleep` are the threads that wait for time to pass; `paused` is whether the one that looks has just waited really.
        """
        if thread.ident is None or (self._is_exact and native_id(thread) is None):
            # It was started a moment ago, and is about to begin.
            return False
        try:
            pulse = self._pulse(thread)
        except Ended:
            return True
        now_s = real.monotonic()
        seen = self._seen.get(thread)
        if seen is None:
            self._seen[thread] = _Seen(pulse, now_s, now_s, Work())
            return False
        seen.looks += 1
        seen.runs += pulse is None
        seen.pauses += paused
        if pulse is None or pulse != seen.pulse:
            seen.pulse, seen.since_s, seen.pauses, seen.is_sure = pulse, now_s, 0, False
            return pulse is not None and _ticks(seen, now_s)
        if seen.is_sure or seen.pauses < _PAUSES:
            return seen.is_sure
        # Who waits for the interpreter's lock also looks for it by itself, once in each switch interval, and so has run.
        if now_s - seen.since_s >= max(STILL_S, sys.getswitchinterval() + _MARGIN_S):
            seen.is_sure = not any(map(self._could_run, asleep))
            seen.since_s = now_s
        return seen.is_sure

    def _could_run(self, thread: threading.Thread) -> bool:
        # One that sleeps, was roused and has no processor may hold what the others wait for: the mutex of the interpreter's lock.
        try:
            return thread is not threading.current_thread() and self._pulse(thread) is None
        except Ended:
            return False


def _ticks(seen: _Seen, now_s: float) -> bool:
    """Return whether a thread that never stands still for long has spent a spell with waiting; then the next one begins."""
    took_s = now_s - seen.began_s
    if took_s < _SPELL_S or seen.looks < _LOOKS:
        return False
    process = Work()
    found = process.since_ns(seen.process) < took_s * 1e9 * _SHARE and seen.runs < seen.looks * _SHARE
    seen.began_s, seen.process, seen.looks, seen.runs = now_s, process, 0, 0
    return found


def _is_told_by_kernel() -> bool:
    if sys.platform != "linux":
        return False
    try:
        _processor_time(threading.current_thread())
    except Ended:
        return False
    return True


def _processor_time(thread: threading.Thread) -> int | None:
    """Return the nanoseconds of processor time of a thread that waits; None for one that runs or could."""
    number = native_id(thread) or 0
    # Before its time is taken: to read a file is to let others run, this thread too, which may be waiting again by now.
    stat = of_thread(number, "stat")
    if stat is None:
        raise Ended
    try:
        # The kernel's number for the processor clock of a thread (CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED), as glibc makes it. By
        # pthread_getcpuclockid it would be undefined behaviour where the thread has just ended; so it is an error.
        spent_ns = time.clock_gettime_ns((~number << 3) | 6)
    except OSError as error:
        raise_if_foreign(error)
        raise Ended from error
    return spent_ns if stat.rpartition(b") ")[2][:1] == _WAITING else None


def _position(thread: threading.Thread) -> tuple[tuple[int, int], ...]:
    """Return where a thread stands in its code, frame by frame."""
    frame: FrameType | None = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001  # the only way to another's
    if frame is None:
        raise Ended
    found = []
    while frame is not None:
        found.append((id(frame.f_code), frame.f_lasti))
        frame = frame.f_back
    return tuple(found)
