"""The classes and functions of `datetime` and `time` that know a time zone, on the virtual clock.

freezegun's say that local time is UTC, unless `tz_offset` says otherwise. That is its users' habit, and it is kept where the
caller froze time. Where the clock is sagemock's own, naive datetimes are local as in production: code that subtracts
`datetime.now()` from an instant of botocore's, made naive by `.replace(tzinfo=None)`, is off by the same hours here as there.

Loads freezegun, so it is itself loaded at the first use.
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

# freezegun's functions have types for their callers, not for those who look inside.
_api: Any = api


class _Disguised(type):
    """The class of the two classes which pass for those of module `datetime`, and are equal to them.

    Equal, for tables by type: those of SQLAlchemy, pydantic, sqlite3 and the like hold the one and are asked for the other.
    A subclass of theirs is a class like any other.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        real = vars(cls).get("_passes_for")
        return super().__instancecheck__(instance) if real is None else isinstance(instance, real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        real = vars(cls).get("_passes_for")
        return super().__subclasscheck__(subclass) if real is None else issubclass(subclass, real)

    def __eq__(cls, other: object) -> bool:
        # A subclass passes for nothing, which no class is.
        return cls is other or vars(cls).get("_passes_for") is other

    def __hash__(cls) -> int:
        real = vars(cls).get("_passes_for")
        return super().__hash__() if real is None else hash(real)


# The names are those of freezegun's, by which time-machine knows that it must not patch them: it writes into C functions.
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
        """Return the present instant in a time zone, by default naive in the local one."""
        if frozen_by_freezegun() is not None:
            return _of(cls, _api.FakeDatetime.now(tz))
        utc = _present()
        if utc is None:
            return _of(cls, api.real_datetime.now(tz))
        if tz is _UTC:
            # What botocore asks for each request that it signs.
            return _of(cls, utc, _UTC)
        if tz is not None:
            return _of(cls, utc.replace(tzinfo=_UTC).astimezone(tz))
        # Not by astimezone: which of two equal hours in autumn it is would get lost.
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
        """Return an instant in a time zone, by default naive in the local one."""
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


# freezegun's functions ask whether there is a time to show, and then for it; between the two another thread may end the mock.
# In these the second question may be answered by no. `_should_use_real_time`, which `sagemock.patches.wall` lists, looks at who
# called its caller: so each of them calls it itself.


def time() -> float:
    """Return seconds since 1970."""
    now = None if _api._should_use_real_time() else _present()  # noqa: SLF001
    return api.real_time() if now is None else timegm(now.timetuple()) + now.microsecond / 1e6


def time_ns() -> int:
    """Return nanoseconds since 1970; freezegun's goes by way of a float, and today's dates are off by up to 256 ns there."""
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
    """Return an instant in UTC, by default the present one."""
    now = _present() if seconds is None and not _api._should_use_real_time() else None  # noqa: SLF001
    return api.real_gmtime(seconds) if now is None else now.timetuple()


def localtime(seconds: float | None = None) -> struct_time:
    """Return local time, by default the present one."""
    now = _present() if seconds is None and not _api._should_use_real_time() else None  # noqa: SLF001
    return api.real_localtime(seconds if now is None else timegm(now.timetuple()))


def strftime(format: str, time_to_format: Any = None, /) -> str:  # noqa: A002, ANN401  # the names are freezegun's
    """Return a time in a format, by default the present local one."""
    now = _present() if time_to_format is None and not _api._should_use_real_time() else None  # noqa: SLF001
    if now is not None:
        time_to_format = api.real_localtime(timegm(now.timetuple()))
    return api.real_strftime(format) if time_to_format is None else api.real_strftime(format, time_to_format)


def _present() -> dt.datetime | None:
    """Return the present instant, naive, in UTC; None if real time is to be shown."""
    # In one step: another thread may empty the stack.
    factory: Any = next(reversed(_api.freeze_factories), None)
    return None if factory is None else factory()


def _present_us() -> int | None:
    factory: Any = next(reversed(_api.freeze_factories), None)
    if isinstance(factory, OwnFactory):
        return factory.monotonic_us()
    return None if factory is None else (factory() - _EPOCH) // _MICROSECOND


FUNCTIONS: Final = (time, time_ns, monotonic, monotonic_ns, perf_counter, perf_counter_ns, gmtime, localtime, strftime)
"""What stands in for the functions of module `time` that have their names."""


def pickled_date(date: dt.date, protocol: Any = 2) -> Any:  # noqa: ANN401  # of pickle's protocol
    """Pickle under the class that has the real one's name at the moment: so it is read by who knows nothing of fakes."""
    made = type(date)
    return (dt.date if made == api.real_date else made, *api.real_date.__reduce_ex__(date, protocol)[1:])


def pickled_datetime(datetime: dt.datetime, protocol: Any = 4) -> Any:  # noqa: ANN401  # of pickle's protocol
    """Pickle under the class that has the real one's name at the moment."""
    made = type(datetime)
    return (dt.datetime if made == api.real_datetime else made, *api.real_datetime.__reduce_ex__(datetime, protocol)[1:])


def forget_types() -> None:
    """Let module typing forget what it made of the fakes: an `Optional[datetime]` is kept for who asks for an equal one."""
    for clean_up in getattr(typing, "_cleanups", ()):
        clean_up()


def _of(cls: type[_D], made: dt.datetime, tz: dt.tzinfo | None = None) -> _D:
    return cls(
        made.year,
        made.month,
        made.day,
        made.hour,
        made.minute,
        made.second,
        made.microsecond,
        made.tzinfo if tz is None else tz,
        fold=made.fold,
    )
