"""Stand-ins for the classes and functions of `datetime` and `time`, on the virtual clock and with the local time zone.

freezegun's own stand-ins use UTC as local time, unless `tz_offset` says otherwise. Users of freezegun expect that, so it stays
where the caller froze time. On sagemock's own clock naive datetimes are local, as in production: code that subtracts
`datetime.now()` from an instant of botocore's, made naive by `.replace(tzinfo=None)`, is off by the same hours in a test.

This module imports freezegun, so it is imported only at the first use.
"""

import datetime as dt
import typing
from calendar import timegm
from time import struct_time
from typing import Any, Final, TypeVar

from freezegun import api

from sagemock.clock.instants import SECOND_US
from sagemock.patches.frozen import OwnFactory, frozen_by_freezegun

__all__ = [
    "FUNCTIONS",
    "FakeDate",
    "FakeDatetime",
    "forget_types",
    "pickled_date",
    "pickled_datetime",
]

_UTC = dt.timezone.utc
_EPOCH = api.real_datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)

_D = TypeVar("_D", bound=dt.datetime)

# freezegun's type hints do not cover its internals.
_api: Any = api


class _Disguised(type):
    """The metaclass of the two fakes: each of them passes for a class of module `datetime`, and is equal to it.

    Equality matters for dictionaries by type: SQLAlchemy, pydantic and sqlite3 store the real class and look up the fake, or the
    other way round. A subclass of a fake is an ordinary class.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        real = vars(cls).get("_passes_for")
        return super().__instancecheck__(instance) if real is None else isinstance(instance, real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        real = vars(cls).get("_passes_for")
        return super().__subclasscheck__(subclass) if real is None else issubclass(subclass, real)

    def __eq__(cls, other: object) -> bool:
        # For a subclass, `get` returns None, which is not equal to any class.
        return cls is other or vars(cls).get("_passes_for") is other

    def __hash__(cls) -> int:
        real = vars(cls).get("_passes_for")
        return super().__hash__() if real is None else hash(real)


# The names must be those of freezegun's classes: by them time-machine knows that it must not write into these as C functions.
class FakeDate(api.real_date, metaclass=_Disguised):
    """`datetime.date`."""

    __module__ = "datetime"
    __qualname__ = "date"
    _passes_for = api.real_date

    @classmethod
    def today(cls) -> "FakeDate":
        """Return the current local date."""
        now = FakeDatetime.now()
        return cls(now.year, now.month, now.day)

    def __repr__(self) -> str:
        return super().__repr__().replace("FakeDate(", "datetime.date(", 1)

    def __reduce_ex__(self, protocol: Any) -> Any:  # noqa: ANN401  # of pickle's protocol
        return pickled_date(self, protocol)


class FakeDatetime(api.real_datetime, metaclass=_Disguised):
    """`datetime.datetime`."""

    __module__ = "datetime"
    __qualname__ = "datetime"
    _passes_for = api.real_datetime

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> "FakeDatetime":
        """Return the present instant in time zone `tz`; by default naive, in the local time zone."""
        if frozen_by_freezegun() is not None:
            return _of(cls, _api.FakeDatetime.now(tz))
        utc = _present()
        if utc is None:
            return _of(cls, api.real_datetime.now(tz))
        if tz is _UTC:
            # botocore asks for this each time it signs a request, so it has a fast path.
            return _of(cls, utc, _UTC)
        if tz is not None:
            return _of(cls, utc.replace(tzinfo=_UTC).astimezone(tz))
        # Not by astimezone: that would lose `fold`, which tells apart the two equal hours in autumn.
        return _of(cls, api.real_datetime.fromtimestamp(timegm(utc.timetuple())).replace(microsecond=utc.microsecond))

    @classmethod
    def today(cls) -> "FakeDatetime":
        """Return the present instant, naive, in the local time zone."""
        return cls.now()

    @classmethod
    def utcnow(cls) -> "FakeDatetime":
        """Return the present instant, naive, in UTC."""
        return _of(cls, _present() or api.real_datetime.now(_UTC).replace(tzinfo=None))

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: dt.tzinfo | None = None) -> "FakeDatetime":
        """Return an instant in time zone `tz`; by default naive, in the local time zone."""
        if tz is None and frozen_by_freezegun() is not None:
            return _of(cls, _api.FakeDatetime.fromtimestamp(timestamp))
        return _of(cls, api.real_datetime.fromtimestamp(timestamp, tz))

    def timestamp(self) -> float:
        """Return seconds since 1970."""
        if self.tzinfo is None and frozen_by_freezegun() is not None:
            return float(_of(_api.FakeDatetime, self).timestamp())
        return super().timestamp()

    def date(self) -> FakeDate:
        """Return the date."""
        return FakeDate(self.year, self.month, self.day)

    def __repr__(self) -> str:
        return super().__repr__().replace("FakeDatetime(", "datetime.datetime(", 1)

    def __reduce_ex__(self, protocol: Any) -> Any:  # noqa: ANN401  # of pickle's protocol
        return pickled_datetime(self, protocol)


# freezegun's functions first check whether time is frozen and then read it; in between, another thread may end the mock. In
# the functions below the second step may find no frozen time. Each of them calls `_should_use_real_time` itself, because that
# looks at the caller of its caller (see `sagemock.patches.wall`).


def time() -> float:
    """Return the seconds since 1970."""
    now = None if _api._should_use_real_time() else _present()  # noqa: SLF001
    return api.real_time() if now is None else timegm(now.timetuple()) + now.microsecond / 1e6


def time_ns() -> int:
    """Return the nanoseconds since 1970, exactly; freezegun computes them from a float, which is off by up to 256 ns today."""
    now = None if _api._should_use_real_time() else _present()  # noqa: SLF001
    return api.real_time_ns() if now is None else (now - _EPOCH) // _MICROSECOND * 1000


def monotonic() -> float:
    """Return the seconds of a clock that never goes back."""
    now_us = None if _api._should_use_real_time() else _present_us()  # noqa: SLF001
    return api.real_monotonic() if now_us is None else now_us / SECOND_US


def monotonic_ns() -> int:
    """Return the nanoseconds of a clock that never goes back."""
    now_us = None if _api._should_use_real_time() else _present_us()  # noqa: SLF001
    return api.real_monotonic_ns() if now_us is None else now_us * 1000


def perf_counter() -> float:
    """Return the seconds of a clock for measuring."""
    now_us = None if _api._should_use_real_time() else _present_us()  # noqa: SLF001
    return api.real_perf_counter() if now_us is None else now_us / SECOND_US


def perf_counter_ns() -> int:
    """Return the nanoseconds of a clock for measuring."""
    now_us = None if _api._should_use_real_time() else _present_us()  # noqa: SLF001
    return api.real_perf_counter_ns() if now_us is None else now_us * 1000


def gmtime(seconds: float | None = None, /) -> struct_time:
    """Return an instant, by default the present one, in UTC."""
    now = _present() if seconds is None and not _api._should_use_real_time() else None  # noqa: SLF001
    return api.real_gmtime(seconds) if now is None else now.timetuple()


def localtime(seconds: float | None = None) -> struct_time:
    """Return an instant, by default the present one, in local time."""
    now = _present() if seconds is None and not _api._should_use_real_time() else None  # noqa: SLF001
    return api.real_localtime(seconds if now is None else timegm(now.timetuple()))


def strftime(format: str, time_to_format: Any = None, /) -> str:  # noqa: A002, ANN401  # the names are freezegun's
    """Return a time, by default the present local time, as text."""
    now = _present() if time_to_format is None and not _api._should_use_real_time() else None  # noqa: SLF001
    if now is not None:
        time_to_format = api.real_localtime(timegm(now.timetuple()))
    return api.real_strftime(format) if time_to_format is None else api.real_strftime(format, time_to_format)


def _present() -> dt.datetime | None:
    """Return the present instant, naive, in UTC; None if the process shows real time."""
    # One step, because another thread may empty the stack.
    factory: Any = next(reversed(_api.freeze_factories), None)
    return None if factory is None else factory()


def _present_us() -> int | None:
    factory: Any = next(reversed(_api.freeze_factories), None)
    if isinstance(factory, OwnFactory):
        return factory.monotonic_us()
    return None if factory is None else (factory() - _EPOCH) // _MICROSECOND


FUNCTIONS: Final = (time, time_ns, monotonic, monotonic_ns, perf_counter, perf_counter_ns, gmtime, localtime, strftime)
"""The stand-ins for the functions of module `time` with the same names."""


def pickled_date(date: dt.date, protocol: Any = 2) -> Any:  # noqa: ANN401  # of pickle's protocol
    """Pickle a date as an instance of the present `datetime.date`, so that a process without the fakes can load it."""
    kind = type(date)
    return (dt.date if kind == api.real_date else kind, *api.real_date.__reduce_ex__(date, protocol)[1:])


def pickled_datetime(datetime: dt.datetime, protocol: Any = 4) -> Any:  # noqa: ANN401  # of pickle's protocol
    """Pickle a datetime as an instance of the present `datetime.datetime`, so that a process without the fakes can load it."""
    kind = type(datetime)
    return (dt.datetime if kind == api.real_datetime else kind, *api.real_datetime.__reduce_ex__(datetime, protocol)[1:])


def forget_types() -> None:
    """Clear the caches of module `typing`: they may hold types such as `Optional[datetime]` that were built with a fake."""
    for clean_up in getattr(typing, "_cleanups", ()):
        clean_up()


def _of(cls: type[_D], other: dt.datetime, tz: dt.tzinfo | None = None) -> _D:
    return cls(
        other.year,
        other.month,
        other.day,
        other.hour,
        other.minute,
        other.second,
        other.microsecond,
        other.tzinfo if tz is None else tz,
        fold=other.fold,
    )
