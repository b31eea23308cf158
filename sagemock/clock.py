"""The virtual clock: the only thing in sagemock that knows what time it is. Everything else is given `now`."""

import math
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from sagemock.errors import UsageError

__all__ = ["Agenda", "Clock", "duration_us", "instant", "instant_us", "real"]

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_S = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(seconds=1)
_LAST_S = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(seconds=1)
# What Python 3.10's fromisoformat cannot read and AWS tools print: a final Z, and fractions of other than 3 or 6 digits.
_FRACTION = re.compile(r"\.(\d+)")


def _unfrozen(name: str) -> Callable[[], Any]:
    """Return the real function of module `time`, even when the caller froze time before sagemock was imported."""
    freezegun = sys.modules.get("freezegun.api")
    found: Callable[[], Any] = getattr(freezegun, f"real_{name}", None) or getattr(time, name)
    return found


class real:  # noqa: N801  # a namespace of functions, read as `real.monotonic()`
    """The real clock's functions, held where a scan of module attributes (freezegun's, ours) does not replace them."""

    monotonic = staticmethod(_unfrozen("monotonic"))
    time = staticmethod(_unfrozen("time"))
    perf_counter = staticmethod(_unfrozen("perf_counter"))
    sleep = staticmethod(_unfrozen("sleep"))


def duration_us(value: timedelta | float) -> int:
    """Return a duration, given as a `timedelta` or in seconds, in whole microseconds (nearest)."""
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        msg = f"a duration is a timedelta or a number of seconds, not {value!r}"
        raise TypeError(msg)
    microseconds = value * SECOND_US
    if isinstance(microseconds, float) and not math.isfinite(microseconds):
        msg = f"a duration is finite, not {value!r}"
        raise ValueError(msg)
    return round(microseconds)


def instant_us(value: datetime | str | float) -> int:
    """Return an instant in whole microseconds since 1970-01-01T00:00Z.

    `value` is a datetime (a naive one is read as UTC), an ISO 8601 string, or seconds since the epoch.
    """
    if isinstance(value, str):
        text = value.strip()
        if text[-1:] in "zZ":
            text = text[:-1] + "+00:00"
        text = _FRACTION.sub(lambda found: f".{found[1][:6]:0<6}", text, count=1)
        text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text)
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            msg = f"{value!r} is no instant: write it like 2018-07-30T00:00:00Z"
            raise ValueError(msg) from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=timezone.utc)
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        msg = f"an instant is a datetime, an ISO 8601 string or seconds since 1970, not {value!r}"
        raise TypeError(msg)
    if not _FIRST_S <= value <= _LAST_S:
        # NaN and infinity too; what is meant to be now and lies beyond was given in milliseconds.
        msg = f"{value!r} is no instant between the years 1 and 9999: give seconds since 1970, not milliseconds"
        raise ValueError(msg)
    return round(value * SECOND_US)


def instant(at_us: int) -> datetime:
    """Return an instant in microseconds since the epoch as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at_us)


class Agenda(Protocol):
    """Something that must be told of instants while the clock moves over them: the store that settles, an observer of events."""

    def next_us(self, after_us: int) -> int | None:
        """Return the first instant later than `after_us` at which something of its own happens, or None."""

    def settle(self, at_us: int) -> None:
        """Do what happens at `at_us`; the clock stands there."""


class Clock:
    """Virtual time: whole microseconds inside, `timedelta` and aware UTC `datetime` at the door.

    The laws (each has a property test):

    1. Names that end in `_us` are whole microseconds.
    2. Time passes only when someone says so: `advance`, `advance_to`, a virtual sleep, the latency of a call, a `rate`.
       Forward only: a negative advance is a ValueError at once.
    3. What is due at T has happened at T.
    4. Reading never changes the world. A call is answered at the instant of its arrival and then takes `latency`.
    5. `advance(a); advance(b)` is `advance(a + b)` for every observer; an observer sees the instant of its event.
    6. A sleep advances and does not block. Sleeping from t for d means "wake at t + d".

    It is safe to use from several threads.
    """

    def __init__(
        self,
        start: datetime | str | float | None = None,
        *,
        latency: timedelta | float = 0.1,
        idle_limit: timedelta | float | None = timedelta(days=1),
        rate: float = 0.0,
    ) -> None:
        """Stand at `start` (default: the present instant of the real clock)."""
        if not 0 <= rate < math.inf:
            msg = f"rate is virtual seconds per real second, finite and not negative, not {rate!r}"
            raise ValueError(msg)
        self._lock = threading.RLock()
        self._now_us = instant_us(real.time() if start is None else start)
        self._rate = rate
        self._real_s: float = real.monotonic()
        self._agendas: list[Agenda] = []
        # Who is still to be told of the present instant.
        self._due: deque[Agenda] = deque()
        self.latency_us = 0
        self.idle_limit_us: int | None = None
        self.latency = latency
        self.idle_limit = idle_limit

    def __repr__(self) -> str:
        return f"<Clock at {self.now().isoformat()}>"

    # -- reading

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return instant(self.now_us())

    def now_us(self) -> int:
        """Return the present instant in microseconds since the epoch."""
        if self._rate:
            self._follow_real_time()
        return self._now_us

    @property
    def latency(self) -> timedelta:
        """The virtual time that an API call takes; may be set at any time, as a timedelta or in seconds."""
        return timedelta(microseconds=self.latency_us)

    @latency.setter
    def latency(self, value: timedelta | float) -> None:
        latency_us = duration_us(value)
        if latency_us < 0:
            msg = f"latency is not negative: {value!r}"
            raise ValueError(msg)
        self.latency_us = latency_us

    @property
    def idle_limit(self) -> timedelta | None:
        """The virtual time for which code may go on polling when nothing can happen any more; None for no limit."""
        return None if self.idle_limit_us is None else timedelta(microseconds=self.idle_limit_us)

    @idle_limit.setter
    def idle_limit(self, value: timedelta | float | None) -> None:
        limit_us = None if value is None else duration_us(value)
        if limit_us is not None and limit_us <= 0:
            msg = f"idle_limit is a positive duration or None, not {value!r}"
            raise ValueError(msg)
        self.idle_limit_us = limit_us

    # -- moving

    def advance(self, by: timedelta | float | None = None, /, **units: float) -> None:
        """Let time pass: `advance(minutes=5)`, `advance(timedelta(minutes=5))` or `advance(300)` (seconds).

        Raises ValueError if the duration is negative.
        """
        if (by is None) == (not units):
            msg = "advance takes one duration: advance(minutes=5), advance(timedelta(minutes=5)) or advance(300)"
            raise TypeError(msg)
        by_us = duration_us(timedelta(**units) if by is None else by)
        if by_us < 0:
            msg = f"time only moves forward: advance({by if by is not None else timedelta(**units)!r})"
            raise ValueError(msg)
        self.pass_us(by_us)

    def advance_to(self, when: datetime | str | float) -> None:
        """Let time pass until `when`. Raises ValueError if that is in the past."""
        target_us = instant_us(when)
        if target_us < self.now_us():
            msg = f"time only moves forward: it is {self.now().isoformat()}, later than {instant(target_us).isoformat()}"
            raise ValueError(msg)
        self.pass_to_us(target_us)

    def pass_us(self, by_us: int) -> None:
        """Let `by_us` microseconds pass from now: what a sleep and the latency of a call do."""
        with self._lock:
            self.pass_to_us(self.now_us() + by_us)

    def pass_to_us(self, target_us: int) -> None:
        """Move to `target_us`, stopping on the way at each instant at which an agenda has something to do (law 5)."""
        with self._lock:
            self._tell_due()
            while self._agendas:
                nexts = [(at, agenda) for agenda in self._agendas if (at := agenda.next_us(self._now_us)) is not None]
                at_us = min((at for at, _ in nexts), default=None)
                if at_us is None or at_us > target_us:
                    break
                self._now_us = at_us
                self._due.extend(agenda for at, agenda in nexts if at == at_us)
                self._tell_due()
            # An agenda that advanced the clock itself may have gone further than this call was asked to go.
            self._now_us = max(self._now_us, target_us)

    def _tell_due(self) -> None:
        """Tell of the present instant who has not been told: an agenda that moves the clock, or raises, cuts nobody off."""
        while self._due:
            self._due.popleft().settle(self._now_us)

    def _follow_real_time(self) -> None:
        with self._lock:
            real_s = real.monotonic()
            by_us = int((real_s - self._real_s) * self._rate * SECOND_US)
            if by_us:
                # Only what was turned into whole virtual microseconds is spent; the rest counts next time.
                self._real_s += by_us / (self._rate * SECOND_US)
                self.pass_to_us(self._now_us + by_us)

    # -- being told

    @contextmanager
    def telling(self, agenda: Agenda) -> Iterator[None]:
        """Tell `agenda` of its instants while the block runs."""
        self.tell(agenda)
        try:
            yield
        finally:
            self.untell(agenda)

    def tell(self, agenda: Agenda) -> None:
        """Tell `agenda` of its instants from now on."""
        with self._lock:
            self._agendas.append(agenda)

    def untell(self, agenda: Agenda) -> None:
        """Stop telling `agenda`."""
        with self._lock:
            if agenda not in self._agendas:
                msg = f"the clock does not tell {agenda!r}"
                raise UsageError(msg)
            self._agendas.remove(agenda)
            if agenda in self._due:
                self._due.remove(agenda)
