"""Waits of threads for one another: `Condition.wait` and `Thread.join` become entries in the table of sleepers (laws 7 and 8).

Event, Queue, Future.result, futures.wait, as_completed, Timer, Semaphore and Barrier all wait by `threading.Condition.wait`. A
wait with a timeout ends at a real or a virtual instant, whichever comes first. A wait without a timeout also has an entry,
which says that the thread waits for another thread: so the thread need not be watched.
"""

import concurrent.futures._base as futures
import queue
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from weakref import WeakSet

from sagemock.cleanup import run_all
from sagemock.clock.instants import SECOND_US
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers, waiting
from sagemock.clock.table import is_listed
from sagemock.patches.active import Active, Innermost, sleeps_here
from sagemock.patches.bindings import TEST_TOOLS, belongs
from sagemock.patches.patch import Patches, Wrapped
from sagemock.patches.ticks import Ticks

__all__ = ["ThreadsPatch"]

# About a hundred years: a longer timeout means "never".
_LONGEST_S: Final = 3_200_000_000.0
_START: Final = threading.Thread.start.__code__
_EACH_TELLS: Final = sys.version_info >= (3, 11)
_ENDS: Final = "_delete" if _EACH_TELLS else "_bootstrap_inner"
"""The method that a thread calls at its end; in Python 3.10, the method that runs the whole thread."""
_MANAGERS: Final = "multiprocessing.managers"
_TIMERS: Final = (*TEST_TOOLS, "pydevd", "_pydevd_bundle", "debugpy", _MANAGERS)
"""Modules that time or stop the test itself, and the server of a manager, which is a child process: their waits are real."""


class Waiter:
    """An entry in a condition's queue, in place of a lock: `release()` ends the wait of the thread that made the entry."""

    def __init__(
        self, sleepers: Sleepers, timeout_s: float | None, ticks: "_Ticks", joins: threading.Thread | None = None
    ) -> None:
        self._sleepers = sleepers
        self._timeout_s = timeout_s
        self._ticks = ticks
        self._pause, rouse = waiting()
        self._sleeper = sleepers.sleeper(None, rouse)
        self._sleeper.is_wait, self._sleeper.joins = True, joins
        self._sleeper.is_given = joins is None or sleepers.is_older(joins)

    @property
    def is_released(self) -> bool:
        """Whether another thread has ended the wait."""
        return self._sleeper.is_released

    def release(self) -> None:
        """End the wait. Raises RuntimeError the second time, as a lock does."""
        if self._sleeper.is_released:
            raise RuntimeError("release unlocked lock")
        self._sleepers.release(self._sleeper)

    def wait(self) -> bool:
        """Wait until another thread releases this waiter, or until the timeout; return whether it was released."""
        sleeper, clock, ends_s = self._sleeper, self._sleepers.clock, None
        if self._timeout_s is not None:
            # Read the time only here, where the caller's lock is released: a reading may run event handlers.
            sleeper.deadline_us = clock.now_us() + max(1, round(self._timeout_s * SECOND_US))
            sleeper.is_ticker = self._ticks.is_ticker(self._sleepers)
            ends_s = real.monotonic() + self._timeout_s
        self._sleepers.sleep_as(sleeper, self._pause, ends_s)
        if not (sleeper.is_released or sleeper.is_due):
            if sleeper.deadline_us is not None and ends_s is not None:
                ends_s = min(ends_s, real.monotonic() + (sleeper.deadline_us - clock.standing_us) / SECOND_US)
            self._go_on(ends_s)
        if sleeper.is_released:
            self._ticks.ticks.times = 0
        elif sleeper.deadline_us is not None:  # pragma: no branch  # without a timeout, only a release ends the wait
            self._ticks.timed_out(self._sleepers, sleeper.deadline_us, is_due=sleeper.is_due)
        return sleeper.is_released

    def _go_on(self, ends_s: float | None) -> None:
        """Wait in real time until `ends_s`: the mock is over, or the real timeout has come."""
        while not self.is_released:
            left_s = None if ends_s is None else ends_s - real.monotonic()
            if left_s is not None and left_s <= 0:
                break
            self._pause(left_s)


class _Ticks(threading.local):
    """The timeouts of the calling thread, and the time that `threading` shows to it."""

    lost_us = 0
    """The microseconds by which waits that ended at their real timeout took longer than the clock moved."""

    def __init__(self) -> None:
        self.ticks = Ticks()

    def is_ticker(self, sleepers: Sleepers) -> bool:
        """Return whether the calling thread is a ticker. The thread that entered the mock never is."""
        return self.ticks.is_one(sleepers.calls_here()) and not sleepers.was_entered_here()

    def timed_out(self, sleepers: Sleepers, deadline_us: int, *, is_due: bool) -> None:
        """Note a timeout: a virtual one if `is_due`, else a real one."""
        self.ticks.times += 1
        # The shown time must reach the end of the wait, also after a real timeout; for `as_completed` it must be past the end.
        self.lost_us += 1 if is_due else max(1, deadline_us - sleepers.clock.standing_us)

    def shown_s(self, sleepers: Sleepers) -> float:
        """Return the time by which `threading` and `queue` measure the rest of a wait: virtual, then real after the mock."""
        clock = sleepers.clock
        ahead_us = clock.standing_us - clock.start_us + self.lost_us
        since_s = real.monotonic() - sleepers.over_since_s if sleepers.is_over else 0
        return sleepers.began_s + ahead_us / SECOND_US + since_s


class _Shown(float):
    """The time shown to code that measures a wait: `_Shown + timeout` is the end of the wait."""

    sleepers: Sleepers
    ticks: _Ticks

    @classmethod
    def now(cls, sleepers: Sleepers, ticks: _Ticks) -> "_Shown":
        """Return the present instant."""
        shown = cls(ticks.shown_s(sleepers))
        shown.sleepers, shown.ticks = sleepers, ticks
        return shown

    def __add__(self, timeout_s: float) -> float:
        end = _End(float(self) + timeout_s)
        end.shown, end.real_s = self, real.monotonic() + timeout_s
        return end

    __radd__ = __add__


class _End(float):
    """The end of a wait. The rest of the wait is right also when the mock is over, or another mock has begun."""

    shown: _Shown
    real_s: float

    def __sub__(self, _: float) -> float:
        """Return the seconds left. The argument is ignored: it is the present time on a clock that may have changed."""
        sleepers = self.shown.sleepers
        left_s = float(self) - self.shown.ticks.shown_s(sleepers)
        return min(left_s, self.real_s - real.monotonic()) if sleepers.is_over else left_s


class _Time:
    """Stands in for the module `time` in `concurrent.futures`."""

    def __init__(self, module: Any, monotonic: Callable[[], float]) -> None:  # noqa: ANN401  # a module
        self._module = module
        self.monotonic = monotonic

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


class ThreadsPatch:
    """Puts waiters into the queues of conditions, and shows virtual time to code that measures the rest of a wait."""

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; each wait calls `innermost`."""
        self._innermost = innermost
        self._ticks = _Ticks()
        self._joining: dict[threading.Thread, list[Waiter]] = {}
        self._tells: WeakSet[threading.Thread] = WeakSet()
        """The threads whose end this object will see."""
        self._undo: list[Callable[[], None]] = []
        self._patches = Patches(
            Wrapped(threading.Condition, "wait", self._wait),
            Wrapped(threading.Thread, "join", self._join),
            Wrapped(threading.Thread, _ENDS, self._end),
            Wrapped(threading.Thread, "start", self._start),
        )

    def install(self) -> None:
        """Patch the process."""
        self._patches.install()
        shown = self._monotonic
        for owner, name, stand_in in (
            (threading, "_time", shown),
            (queue, "time", shown),
            (futures, "time", _Time(futures.time, shown)),  # type: ignore[attr-defined]  # no part of its interface
        ):
            self._undo.append(partial(setattr, owner, name, getattr(owner, name)))
            setattr(owner, name, stand_in)

    def uninstall(self) -> None:
        """Undo `install`. The rest of a wait takes real time."""
        undo, self._undo = self._undo, []
        run_all(*reversed(undo), self._patches.uninstall)

    def _active(self) -> Active | None:
        """Return the innermost mock if the calling thread waits on its clock."""
        active = sleeps_here(self._innermost)
        if active is None or active.wall == "real" or active.sleepers.is_over or _times_the_test(threading.current_thread()):
            return None
        return active

    def _monotonic(self) -> float:
        active = self._active()
        return real.monotonic() if active is None else _Shown.now(active.sleepers, self._ticks)

    def _wait(self, wrapped: Callable[..., bool], condition: Any, args: Any, kwargs: Any) -> bool:  # noqa: ANN401  # wrapt's
        timeout_s = _timeout_s(args, kwargs)
        active = None if _is_for_real() else self._active()
        if active is None or (timeout_s is not None and not 0 < timeout_s < _LONGEST_S) or not condition._is_owned():  # noqa: SLF001
            # Leave to Python: a wrong argument, a condition that is not locked, a wait of zero length, and a start of a thread.
            return wrapped(*args, **kwargs)
        waiter = Waiter(active.sleepers, timeout_s, self._ticks)
        # The code of `threading` from 3.10 to 3.14, with a waiter in place of the lock.
        condition._waiters.append(waiter)  # noqa: SLF001
        saved = condition._release_save()  # noqa: SLF001
        try:
            waiter.wait()
        finally:
            condition._acquire_restore(saved)  # noqa: SLF001
            if not waiter.is_released:
                _leave(condition._waiters, waiter)  # noqa: SLF001
        return waiter.is_released

    def _join(self, wrapped: Callable[..., None], thread: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401  # wrapt's
        timeout_s = _timeout_s(args, kwargs)
        active = self._active()
        if active is None or not _is_joined_by_waiting(thread) or (timeout_s is not None and not 0 < timeout_s < _LONGEST_S):
            return wrapped(*args, **kwargs)
        if not (_EACH_TELLS or thread in self._tells):  # pragma: no cover  # Python 3.10 only, which runs without coverage
            # The thread is older than the mock, so that in Python 3.10 its end goes unseen.
            return wrapped(*args, **kwargs)
        waiter = Waiter(active.sleepers, timeout_s, self._ticks, thread)
        joining = self._joining.setdefault(thread, [])
        joining.append(waiter)
        try:
            if is_listed(thread):
                if not waiter.wait():
                    return None
            else:
                # The thread ended just now, and did not see this waiter.
                self._joining.pop(thread, None)
        finally:
            _leave(joining, waiter)
        # The thread has only a few instructions left.
        return wrapped()

    def _start(self, wrapped: Callable[..., None], thread: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401  # wrapt's
        active = self._active()
        if active is not None and active.real_time_modules.are_below(2):
            # A real-time module starts this thread, so its waits are real: count it as older than the mock.
            active.threads_before.add(thread)
        wrapped(*args, **kwargs)

    def _end(self, wrapped: Callable[..., None], thread: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401  # wrapt's
        self._tells.add(thread)
        wrapped(*args, **kwargs)
        for waiter in self._joining.pop(thread, []).copy():
            waiter.release()


def _timeout_s(args: tuple[Any, ...], kwargs: dict[str, Any]) -> float | None:
    """Return the timeout of a wait in seconds, None if there is none; 0 if the arguments are wrong, for Python to refuse."""
    if len(args) + len(kwargs) > 1 or (kwargs and "timeout" not in kwargs):
        return 0
    timeout_s = args[0] if args else kwargs.get("timeout")
    return timeout_s if timeout_s is None or isinstance(timeout_s, (int, float)) else 0


def _is_for_real() -> bool:
    """Return whether the calling thread waits for the beginning of a thread that it starts, or is a manager's server.

    The caller may hold an executor's lock, which a fork takes, too: such a wait must not depend on sagemock.
    """
    # Frames: this one, the wrapper, Event.wait, the caller of that.
    caller = sys._getframe(2).f_back  # noqa: SLF001  # inspect's is slower
    return caller is not None and (caller.f_code is _START or caller.f_globals.get("__name__") == _MANAGERS)


def _is_joined_by_waiting(thread: threading.Thread) -> bool:
    """Return whether `join` waits for this thread: it runs, and is neither the calling thread nor the main one."""
    return is_listed(thread) and thread is not threading.current_thread() and thread is not threading.main_thread()


def _times_the_test(thread: threading.Thread) -> bool:
    """Return whether a thread belongs to a tool that times the test, such as the `Timer` of pytest-timeout."""
    target = getattr(thread, "function", None) or getattr(thread, "_target", None)
    return target is not None and belongs(str(getattr(target, "__module__", None)), _TIMERS)


def _leave(waiters: Any, waiter: Waiter) -> None:  # noqa: ANN401  # a deque or a list
    # Another thread may remove the waiter at this moment.
    if waiter in waiters:
        waiters.remove(waiter)
