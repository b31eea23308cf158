"""Instants and durations: whole microseconds inside, `timedelta` and aware UTC `datetime` in the public interface (law 1)."""

import math
import re
from datetime import datetime, timedelta, timezone

from sagemock.checks import quoted
from sagemock.errors import InvalidType, InvalidValue

__all__ = ["END_US", "LONGEST", "SECOND_US", "beginning_us", "duration_us", "instant", "instant_us"]

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_S = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(seconds=1)
_LAST_S = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(seconds=1)
_FIRST_US = _FIRST_S * SECOND_US
_LAST_US = (_LAST_S + 1) * SECOND_US - 1

LONGEST = timedelta(days=36525)
"""The longest duration allowed: a century. A longer one is a mistake, such as milliseconds instead of seconds."""
_LONGEST_US = LONGEST // _MICROSECOND
# Virtual time begins before the first of these and ends at the second, so that a datetime can hold all that a job does later.
_LAST_BEGINNING_US = (datetime(3000, 1, 1, tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND
END_US = (datetime(9000, 1, 1, tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND
"""The instant beyond which virtual time does not go."""

# What Python 3.10's fromisoformat cannot read and AWS tools print: a final Z, and fractions of other than 3 or 6 digits.
_FRACTION = re.compile(r"\.(\d+)")


def duration_us(value: timedelta | float) -> int:
    """Return a duration in whole microseconds, rounded to the nearest; `value` is a `timedelta` or a number of seconds."""
    microseconds: float
    if isinstance(value, timedelta):
        microseconds = value // _MICROSECOND
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidType(f"a duration is a timedelta or a number of seconds, not {quoted(value)}")
    else:
        microseconds = value * SECOND_US
        if isinstance(microseconds, float) and not math.isfinite(microseconds):
            raise InvalidValue(f"a duration is finite, not {value!r}")
    if not -_LONGEST_US <= microseconds <= _LONGEST_US:
        raise InvalidValue(f"a duration is at most a century ({LONGEST.days} days), not {quoted(value)}")
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
            raise InvalidValue(f"{quoted(value)} is not an instant: write it like 2018-07-30T00:00:00Z") from None
    if isinstance(value, datetime):
        # A datetime with a time zone whose offset is None counts as naive, too.
        if value.utcoffset() is None:
            value = value.replace(tzinfo=timezone.utc)
        at_us = (value - _EPOCH) // _MICROSECOND
        if not _FIRST_US <= at_us <= _LAST_US:
            # Its year is valid in its own time zone, and not in UTC.
            raise InvalidValue(f"{value!r} is not an instant between the years 1 and 9999 in UTC: give another")
        return at_us
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidType(f"an instant is a datetime, an ISO 8601 string or seconds since 1970, not {quoted(value)}")
    if not _FIRST_S <= value <= _LAST_S:
        # NaN and infinity end here, too. A number this large is usually an instant in milliseconds.
        raise InvalidValue(
            f"{quoted(value)} is not an instant between the years 1 and 9999: give seconds since 1970, not milliseconds"
        )
    return round(value * SECOND_US)


def beginning_us(start: datetime | str | float) -> int:
    """Return the instant `start` in microseconds, after a check that it leaves room for a long test and long jobs."""
    start_us = instant_us(start)
    if not 0 <= start_us < _LAST_BEGINNING_US:
        raise InvalidValue(
            f"virtual time begins between the years 1970 and 2999, not at {quoted(start)}: write start='2018-07-30T00:00:00Z'"
        )
    return start_us


def instant(at_us: int) -> datetime:
    """Return an instant in microseconds since the epoch as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at_us)
