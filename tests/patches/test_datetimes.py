"""Naive datetimes are local under a mock's own clock, as they are in production."""

import copy
import datetime as dt
import pickle
import sqlite3
import sys
import time
import typing
import warnings
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from typing import Any, Optional
from zoneinfo import ZoneInfo

import freezegun
import freezegun.api
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import mock_sagemaker
from sagemock.clock.real import real
from sagemock.patches import datetimes

# The tests' own zone is New York's; in autumn of 2018 the hour from 1 to 2 came twice there.
NIGHT = "2018-07-30T02:00:00.123456Z"
FIRST_HOUR, SECOND_HOUR = "2018-11-04T05:30:00Z", "2018-11-04T06:30:00Z"
UTC = timezone.utc
SQL = "select ?"


def utcnow(cls: Any) -> Any:
    """Ask a class what is deprecated, and asked for all the same."""
    return cls.utcnow()


def test_naive_time_is_local_by_every_function() -> None:
    """In New York it is still the evening before."""
    with mock_sagemaker(start=NIGHT):
        evening = datetime(2018, 7, 29, 22, 0, 0, 123456)  # noqa: DTZ001  # the subject
        assert datetime.now() == datetime.today() == evening  # noqa: DTZ002, DTZ005  # the subject
        assert datetime.fromtimestamp(time.time()) == evening  # noqa: DTZ006  # the subject
        assert evening.timestamp() == time.time()
        assert evening.astimezone() == evening.astimezone(UTC) == datetime.now(UTC)
        assert date.today() == datetime.now().date() == evening.date() == date(2018, 7, 29)  # noqa: DTZ005, DTZ011  # the subject
        assert datetime.combine(date.today(), evening.time()) == evening  # noqa: DTZ011  # the subject
        assert time.localtime()[:6] == time.localtime(time.time())[:6] == evening.timetuple()[:6]
        assert time.localtime().tm_isdst == 1
        assert time.strftime("%d %H") == evening.strftime("%d %H") == "29 22"
        assert time.strftime("%d", time.gmtime()) == "30"
        assert utcnow(datetime) == datetime(2018, 7, 30, 2, 0, 0, 123456)  # noqa: DTZ001  # the subject


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    """As `datetime.now` does, by `fold`; and there and back is the same instant."""
    for start, fold in ((FIRST_HOUR, 0), (SECOND_HOUR, 1)):
        with mock_sagemaker(start=start):
            now = datetime.now()  # noqa: DTZ005  # the subject
            assert (now.hour, now.minute, now.fold) == (1, 30, fold)
            assert now.timestamp() == time.time()
            assert datetime.now(ZoneInfo("America/New_York")).fold == fold


# From 1971 to 2100.
@given(st.integers(31_536_000_000_000, 4_102_444_800_000_000))
def test_naive_and_aware_are_the_same_instant(now_us: int) -> None:
    """To the microsecond, in winter and summer."""
    with mock_sagemaker(start=dt.datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us)):
        assert datetime.now().astimezone(UTC) == datetime.now(UTC) == datetime.now(timezone(timedelta(hours=5)))


def test_a_freeze_of_the_callers_keeps_freezeguns_habit() -> None:
    """There a naive datetime is in UTC, moved by tz_offset, also by what was taken before."""
    with mock_sagemaker(start=NIGHT):
        taken, taken_localtime = datetime, time.localtime
        made = datetime(2018, 7, 30)  # noqa: DTZ001  # the subject
        with freezegun.freeze_time("2020-01-01", tz_offset=-3):
            nine_o_clock = datetime(2019, 12, 31, 21)  # noqa: DTZ001  # the subject
            assert datetime.now() == taken.now() == nine_o_clock  # noqa: DTZ005  # the subject
            assert taken.now(UTC) == datetime.now(UTC)
            assert taken.fromtimestamp(0) == datetime.fromtimestamp(0) == datetime(1969, 12, 31, 21)  # noqa: DTZ001, DTZ006
            assert taken.fromtimestamp(0, UTC) == datetime(1970, 1, 1, tzinfo=UTC)
            assert made.timestamp() == 1_532_908_800 + 3 * 3600
            assert made.replace(tzinfo=UTC).timestamp() == 1_532_908_800
            assert utcnow(taken) == datetime(2020, 1, 1)  # noqa: DTZ001  # the subject
            assert taken_localtime()[:3] == (2019, 12, 31)


def test_what_was_taken_inside_tells_real_time_outside() -> None:
    """Where a fake got away it does no harm."""
    with mock_sagemaker(start=NIGHT):
        taken, taken_date, localtime, strftime = datetime, date, time.localtime, time.strftime
    assert abs(taken.now(UTC) - datetime.now(UTC)) < timedelta(hours=1)
    assert abs(utcnow(taken).replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(hours=1)
    assert abs(taken.now() - datetime.now()) < timedelta(hours=1)  # noqa: DTZ005  # the subject
    assert taken_date.today() - date.today() < timedelta(days=2)  # noqa: DTZ011  # the subject
    assert localtime().tm_year == int(strftime("%Y")) == time.localtime(real.time()).tm_year
    assert strftime("%d", (2018, 7, 30, 0, 0, 0, 0, 0, 0)) == "30"


def test_a_fake_is_shown_like_the_real_one() -> None:
    """Whatever prints it, as in production."""
    with mock_sagemaker(start=NIGHT):
        assert repr(datetime.now(UTC)) == "datetime.datetime(2018, 7, 30, 2, 0, 0, 123456, tzinfo=datetime.timezone.utc)"
        assert repr(date.today()) == "datetime.date(2018, 7, 29)"  # noqa: DTZ011  # the subject
        assert repr(datetime) == "<class 'datetime.datetime'>"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_is_pickled_names_no_fake(protocol: int) -> None:
    """Made, pickled and read inside or outside: another process, without sagemock, can read it too."""
    with mock_sagemaker(start=SECOND_HOUR) as mock:
        made = [datetime.now(), datetime.now(UTC), date.today(), mock.clock.now(), freezegun.api.real_date(2018, 7, 30)]  # noqa: DTZ005, DTZ011  # the subject
        pickled = pickle.dumps(made, protocol)
        assert pickle.loads(pickled) == made  # noqa: S301  # our own bytes
        assert type(pickle.loads(pickled)[3]) is datetime  # noqa: S301  # our own bytes
    outside = pickle.dumps(made, protocol)
    for found in (pickle.loads(pickled), pickle.loads(outside)):  # noqa: S301  # our own bytes
        assert found == made
        assert [type(one) for one in found] == [datetime, datetime, date, datetime, date]
        assert all(type(one) in {datetime, date} for one in found)
    assert b"sagemock" not in pickled + outside
    assert b"Fake" not in pickled + outside
    assert protocol < 4 or pickle.loads(pickled)[0].fold == 1  # noqa: S301  # our own bytes


class Moment(datetime):
    """A subclass of the real class."""


def test_copies_and_classes_of_ones_own_stay_what_they_are() -> None:
    """Also a class that was derived inside."""
    with mock_sagemaker(start=NIGHT):

        class Instant(datetime):
            """A subclass of the fake one."""

        class Day(date):
            """A subclass of the fake one."""

        now, moment, made = datetime.now(UTC), Moment.now(UTC), Instant.now(UTC)
        assert copy.copy(now) == copy.deepcopy(now) == now
        assert type(copy.copy(made)) is type(made + timedelta(1)) is Instant
        assert type(copy.copy(Day.today())) is Day
        assert type(copy.copy(moment)) is Moment
        assert repr(made).startswith("Instant(")
        assert isinstance(made, datetime)
        assert isinstance(moment, datetime)
        assert isinstance(moment, date)
        assert not isinstance(now, Instant)
        assert not isinstance(moment, Instant)
        assert issubclass(Moment, datetime)
        assert issubclass(Instant, date)
        assert not issubclass(datetime, Instant)
        assert Instant != datetime
        assert {Instant: 1, datetime: 2}[Instant] == 1
    assert isinstance(now, datetime)
    assert isinstance(made, datetime)
    assert isinstance(moment, datetime)


def test_arithmetic_stays_with_the_fake_class() -> None:
    """So what it makes is local too."""
    with mock_sagemaker(start=NIGHT):
        now = datetime.now()  # noqa: DTZ005  # the subject
        later: Any = now + timedelta(hours=1)
        assert type(later) is type(later - timedelta(1)) is type(later.replace(day=1)) is datetime
        assert later - now == timedelta(hours=1)
        assert later.timestamp() == time.time() + 3600
        assert type(date.today() + timedelta(1)) is date  # noqa: DTZ011  # the subject


def test_tables_by_type_find_the_one_by_the_other() -> None:
    """Whichever they were filled with: ORMs, validators and database drivers have such tables."""
    table: dict[Any, str] = {datetime: "instant", date: "day"}
    with mock_sagemaker(start=NIGHT):
        assert (table[datetime], table[date]) == ("instant", "day")
        inside: dict[Any, str] = {datetime: "instant", date: "day"}
        assert type(datetime.now(UTC)) == freezegun.api.real_datetime  # noqa: E721  # the subject
        assert datetime != date
        with closing(sqlite3.connect(":memory:")) as database, warnings.catch_warnings():
            # As in production: Python 3.12 wants everybody to register an adapter of their own.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = database.execute(SQL, (datetime.now(),)).fetchone()  # noqa: DTZ005  # the subject
        assert found == ("2018-07-29 22:00:00.123456",)
    assert (inside[datetime], inside[date]) == ("instant", "day")


def test_annotations_outside_hold_no_fake() -> None:
    """Module typing keeps what it made of equal types."""
    with mock_sagemaker():
        assert typing.get_args(Optional[list[datetime]])  # noqa: UP045  # the one that is kept
    assert typing.get_args(typing.get_args(Optional[list[datetime]])[0])[0] is freezegun.api.real_datetime  # noqa: UP045


def test_the_classes_are_loaded_at_the_first_use_only() -> None:
    """As freezegun is, which they load."""
    import subprocess  # noqa: PLC0415  # one use

    code = "import sys, sagemock.faces.mock; print(*{'sagemock.patches.datetimes', 'freezegun'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    assert done.stdout == "\n"


@pytest.mark.parametrize("ask", datetimes.FUNCTIONS, ids=lambda ask: ask.__name__)
def test_who_asks_while_another_thread_ends_the_mock_gets_real_time(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its two questions: whether it is given virtual time, and which instant that is."""
    monkeypatch.setattr(freezegun.api, "_should_use_real_time", lambda: False)
    given = ["%Y"] if ask.__name__ == "strftime" else []
    answer, truth = ask(*given), getattr(freezegun.api, f"real_{ask.__name__}")(*given)
    assert type(answer) is type(truth)
    if isinstance(answer, (int, float)):
        assert answer == pytest.approx(truth, rel=0.5)
    else:
        # The year, in a tuple or as text.
        assert answer[:1] == truth[:1]


def test_a_clock_class_that_is_asked_then_gives_real_time_too() -> None:
    """They look at the stack once."""
    assert type(datetimes.FakeDatetime.now()) is type(datetimes.FakeDatetime.utcnow()) is datetimes.FakeDatetime
    assert abs(datetimes.FakeDatetime.now(timezone.utc).timestamp() - time.time()) < 3600
