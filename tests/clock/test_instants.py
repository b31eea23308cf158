import math
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.instants import LONGEST, SECOND_US, beginning_us, duration_us, instant, instant_us

START_US = 1_532_952_000_000_000
"""2018-07-30T12:00:00Z"""


@given(st.integers(-62_135_596_800 * SECOND_US, 253_402_300_799 * SECOND_US))
def test_an_instant_survives_conversion(at_us: int) -> None:
    """Microseconds become an aware datetime in UTC, or text, and come back unchanged."""
    when = instant(at_us)
    assert when.utcoffset() == timedelta(0)
    assert instant_us(when) == at_us
    assert instant_us(when.replace(tzinfo=None)) == at_us
    assert instant_us(when.isoformat()) == at_us
    assert instant_us(f" {when.replace(tzinfo=None).isoformat()}Z ") == at_us


@given(st.timedeltas(-LONGEST, LONGEST))
def test_a_duration_survives_conversion(duration: timedelta) -> None:
    """A timedelta becomes microseconds exactly."""
    assert timedelta(microseconds=duration_us(duration)) == duration


@given(st.integers(-(3 * 10**9), 3 * 10**9))
def test_seconds_are_rounded_to_the_nearest_microsecond(microseconds: int) -> None:
    """Every whole microsecond survives as float seconds."""
    assert duration_us(microseconds / SECOND_US) == microseconds
    assert duration_us(microseconds) == microseconds * SECOND_US


@pytest.mark.parametrize(
    "text, part_us",
    [
        ("2018-07-30T12:00:00", 0),
        ("2018-07-30 12:00:00z", 0),
        ("2018-07-30T12:00:00.5Z", 500_000),
        ("2018-07-30T12:00:00.1234567Z", 123_456),
        ("2018-07-30T14:30:00.12+0230", 120_000),
        ("2018-07-30T08:00:00-04:00", 0),
    ],
)
def test_every_form_that_aws_tools_print_is_read(text: str, part_us: int) -> None:
    """Fractions of any length, Z, and offsets with and without a colon."""
    assert instant_us(text) == START_US + part_us


class _Nowhere(tzinfo):
    """A time zone without an offset, like one from an empty field."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    dst = tzname = utcoffset


def test_a_time_zone_without_an_offset_counts_as_naive() -> None:
    """Python itself calls such a datetime naive."""
    assert instant_us(datetime(2018, 7, 30, 12, tzinfo=_Nowhere())) == START_US


def test_a_date_is_its_midnight_in_utc() -> None:
    """The time zone of the machine does not matter."""
    assert instant_us("2018-07-30") == START_US - 12 * 3600 * SECOND_US
    assert instant_us(1_532_952_000.25) == START_US + 250_000
    assert instant_us(datetime(2018, 7, 30, 12)) == START_US  # noqa: DTZ001  # a naive datetime is what is tested


@pytest.mark.parametrize(
    "value, error, text",
    [
        ("yesterday", ValueError, "'yesterday' is not an instant: write it like 2018-07-30T00:00:00Z"),
        ("", ValueError, "'' is not an instant: write it like 2018-07-30T00:00:00Z"),
        (None, TypeError, "an instant is a datetime, an ISO 8601 string or seconds since 1970, not None"),
        (True, TypeError, "an instant is a datetime, an ISO 8601 string or seconds since 1970, not True"),
        (
            1_532_952_000_000,
            ValueError,
            "1532952000000 is not an instant between the years 1 and 9999: give seconds since 1970, not milliseconds",
        ),
        (
            datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
            ValueError,
            (
                f"{datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))!r} is not an instant "
                "between the years 1 and 9999 in UTC: "
                "give another"
            ),
        ),
        (
            math.nan,
            ValueError,
            "nan is not an instant between the years 1 and 9999: give seconds since 1970, not milliseconds",
        ),
        (
            -math.inf,
            ValueError,
            "-inf is not an instant between the years 1 and 9999: give seconds since 1970, not milliseconds",
        ),
    ],
)
def test_an_invalid_instant_is_refused(value: Any, error: type[Exception], text: str) -> None:
    """The message contains the value."""
    with pytest.raises(error) as caught:
        instant_us(value)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    "value, error, text",
    [
        ("5", TypeError, "a duration is a timedelta or a number of seconds, not '5'"),
        (True, TypeError, "a duration is a timedelta or a number of seconds, not True"),
        (math.nan, ValueError, "a duration is finite, not nan"),
        (math.inf, ValueError, "a duration is finite, not inf"),
        (1e305, ValueError, "a duration is finite, not 1e+305"),
        (1e10, ValueError, "a duration is at most a century (36525 days), not 10000000000.0"),
        (timedelta.min, ValueError, f"a duration is at most a century (36525 days), not {timedelta.min!r}"),
    ],
)
def test_an_invalid_duration_is_refused(value: Any, error: type[Exception], text: str) -> None:
    """The message contains the value."""
    with pytest.raises(error) as caught:
        duration_us(value)
    assert str(caught.value) == text


@pytest.mark.parametrize("start", ["1969-12-31", "3000-01-01", datetime.max.replace(tzinfo=timezone.utc), -1])
def test_virtual_time_must_leave_room_for_later_instants(start: Any) -> None:
    """Whatever a job does later must have a representable instant."""
    with pytest.raises(ValueError, match="virtual time begins between the years 1970 and 2999, not at") as caught:
        beginning_us(start)
    assert repr(start) in str(caught.value)
    assert (beginning_us(0), beginning_us("1970-01-01")) == (0, 0)
