"""Naive datetimes are local time under a mock's own clock, as in production."""

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

# The zone of the tests is New York's. In autumn of 2018 the hour from 1 to 2 came twice there.
NIGHT = "2018-07-30T02:00:00.123456Z"
FIRST_HOUR, SECOND_HOUR = "2018-11-04T05:30:00Z", "2018-11-04T06:30:00Z"
UTC = timezone.utc
SQL = "select ?"


def utcnow(cls: Any) -> Any:
    """Call the deprecated `utcnow` of a class without its warning."""
    return cls.utcnow()


def test_every_function_gives_naive_local_time() -> None:
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


def test_fold_distinguishes_the_repeated_hour() -> None:
    """As `datetime.now` does; converting there and back gives the same instant."""
    for start, fold in ((FIRST_HOUR, 0), (SECOND_HOUR, 1)):
        with mock_sagemaker(start=start):
            now = datetime.now()  # noqa: DTZ005  # the subject
            assert (now.hour, now.minute, now.fold) == (1, 30, fold)
            assert now.timestamp() == time.time()
            assert datetime.now(ZoneInfo("America/New_York")).fold == fold


# From 1971 to 2100.
@given(st.integers(31_536_000_000_000, 4_102_444_800_000_000))
def test_naive_and_aware_datetimes_are_the_same_instant(now_us: int) -> None:
    """To the microsecond, in winter and in summer."""
    with mock_sagemaker(start=dt.datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us)):
        assert datetime.now().astimezone(UTC) == datetime.now(UTC) == datetime.now(timezone(timedelta(hours=5)))


def test_a_freeze_of_the_caller_follows_freezeguns_rule() -> None:
    """A naive datetime is UTC plus tz_offset, also from classes imported before."""
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


def test_a_fake_class_kept_after_the_mock_gives_real_time() -> None:
    """Objects that kept the class still work."""
    with mock_sagemaker(start=NIGHT):
        taken, taken_date, localtime, strftime = datetime, date, time.localtime, time.strftime
    assert abs(taken.now(UTC) - datetime.now(UTC)) < timedelta(hours=1)
    assert abs(utcnow(taken).replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(hours=1)
    assert abs(taken.now() - datetime.now()) < timedelta(hours=1)  # noqa: DTZ005  # the subject
    assert taken_date.today() - date.today() < timedelta(days=2)  # noqa: DTZ011  # the subject
    assert localtime().tm_year == int(strftime("%Y")) == time.localtime(real.time()).tm_year
    assert strftime("%d", (2018, 7, 30, 0, 0, 0, 0, 0, 0)) == "30"


def test_a_fake_class_prints_like_the_real_one() -> None:
    """So reports look as in production."""
    with mock_sagemaker(start=NIGHT):
        assert repr(datetime.now(UTC)) == "datetime.datetime(2018, 7, 30, 2, 0, 0, 123456, tzinfo=datetime.timezone.utc)"
        assert repr(date.today()) == "datetime.date(2018, 7, 29)"  # noqa: DTZ011  # the subject
        assert repr(datetime) == "<class 'datetime.datetime'>"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_names_no_fake_class(protocol: int) -> None:
    """It can be made and read inside or outside, also by a process without sagemock."""
    with mock_sagemaker(start=SECOND_HOUR) as mock:
        made = [datetime.now(), datetime.now(UTC), date.today(), mock.clock.now(), freezegun.api.real_date(2018, 7, 30)]  # noqa: DTZ005, DTZ011  # the subject
        pickled = pickle.dumps(made, protocol)
        assert pickle.loads(pickled) == made  # noqa: S301  # our own data
        assert type(pickle.loads(pickled)[3]) is datetime  # noqa: S301  # our own data
    outside = pickle.dumps(made, protocol)
    for found in (pickle.loads(pickled), pickle.loads(outside)):  # noqa: S301  # our own data
        assert found == made
        assert [type(one) for one in found] == [datetime, datetime, date, datetime, date]
        assert all(type(one) in {datetime, date} for one in found)
    assert b"sagemock" not in pickled + outside
    assert b"Fake" not in pickled + outside
    assert protocol < 4 or pickle.loads(pickled)[0].fold == 1  # noqa: S301  # our own data


class Moment(datetime):
    """A subclass of the real class."""


def test_copies_and_subclasses_keep_their_class() -> None:
    """A class derived inside the mock keeps its own class too."""
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


def test_arithmetic_keeps_the_fake_class() -> None:
    """So its results are local time too."""
    with mock_sagemaker(start=NIGHT):
        now = datetime.now()  # noqa: DTZ005  # the subject
        later: Any = now + timedelta(hours=1)
        assert type(later) is type(later - timedelta(1)) is type(later.replace(day=1)) is datetime
        assert later - now == timedelta(hours=1)
        assert later.timestamp() == time.time() + 3600
        assert type(date.today() + timedelta(1)) is date  # noqa: DTZ011  # the subject


def test_tables_by_type_accept_both_classes() -> None:
    """ORMs, validators and database drivers have such tables; they may be filled inside or outside."""
    table: dict[Any, str] = {datetime: "instant", date: "day"}
    with mock_sagemaker(start=NIGHT):
        assert (table[datetime], table[date]) == ("instant", "day")
        inside: dict[Any, str] = {datetime: "instant", date: "day"}
        assert type(datetime.now(UTC)) == freezegun.api.real_datetime  # noqa: E721  # the subject
        assert datetime != date
        with closing(sqlite3.connect(":memory:")) as database, warnings.catch_warnings():
            # As in production: Python 3.12 wants each program to register its own adapter.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = database.execute(SQL, (datetime.now(),)).fetchone()  # noqa: DTZ005  # the subject
        assert found == ("2018-07-29 22:00:00.123456",)
    assert (inside[datetime], inside[date]) == ("instant", "day")


def test_annotations_made_outside_hold_no_fake() -> None:
    """Module typing caches what it made of equal types."""
    with mock_sagemaker():
        assert typing.get_args(Optional[list[datetime]])  # noqa: UP045  # the cached one
    assert typing.get_args(typing.get_args(Optional[list[datetime]])[0])[0] is freezegun.api.real_datetime  # noqa: UP045


def test_the_fake_classes_are_loaded_at_the_first_use_only() -> None:
    """They import freezegun, which is loaded late too."""
    import subprocess  # noqa: PLC0415  # imported late on purpose

    code = "import sys, sagemock.faces.mock; print(*{'sagemock.patches.datetimes', 'freezegun'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    assert done.stdout == "\n"


@pytest.mark.parametrize("ask", datetimes.FUNCTIONS, ids=lambda ask: ask.__name__)
def test_a_reading_during_the_end_of_a_mock_gives_real_time(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock ends between the two questions of a reading: is time virtual, and what is it."""
    monkeypatch.setattr(freezegun.api, "_should_use_real_time", lambda: False)
    given = ["%Y"] if ask.__name__ == "strftime" else []
    answer, truth = ask(*given), getattr(freezegun.api, f"real_{ask.__name__}")(*given)
    assert type(answer) is type(truth)
    if isinstance(answer, (int, float)):
        assert answer == pytest.approx(truth, rel=0.5)
    else:
        # The year, in a tuple or as text.
        assert answer[:1] == truth[:1]


def test_a_clock_class_read_at_that_moment_gives_real_time_too() -> None:
    """The class looks at the stack of worlds once."""
    assert type(datetimes.FakeDatetime.now()) is type(datetimes.FakeDatetime.utcnow()) is datetimes.FakeDatetime
    assert abs(datetimes.FakeDatetime.now(timezone.utc).timestamp() - time.time()) < 3600
