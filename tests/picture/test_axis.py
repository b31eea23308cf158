"""The time axis: positions of instants, and how times are written."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan
from sagemock.picture.axis import Axis, date, length, offset
from tests.support.lives import CREATED_US, S, job, life_at


@pytest.mark.parametrize(
    "us, text",
    [
        (0, "0 s"),
        (999, "0 s"),
        (250_000, "250 ms"),
        (3 * S, "3 s"),
        (3_500_000, "3 s 500 ms"),
        (310 * S, "5 min 10 s"),
        (310 * S + 250_000, "5 min 10 s"),
        (7200 * S, "2 h"),
        (7205 * S, "2 h"),
        (3 * 86_400 * S + 7200 * S, "3 d 2 h"),
        (400 * 86_400 * S, "400 d"),
    ],
)
def test_a_length_is_written_in_its_two_largest_units(us: int, text: str) -> None:
    """Smaller units are left out."""
    assert length(us) == text


def test_an_offset_is_written_in_hours() -> None:
    """With milliseconds if it has any."""
    assert [offset(us) for us in (0, 59 * S, 90_061 * S, 1_500_000, 999)] == [
        "0:00:00",
        "0:00:59",
        "25:01:01",
        "0:00:01.500",
        "0:00:00",
    ]
    assert date(CREATED_US) == "2018-07-30 00:00:00 UTC"


def test_the_axis_begins_with_the_first_creation() -> None:
    """It ends with the last known instant."""
    early, late = life_at(job(), 0), life_at(job(at_s=100), 100)
    axis = Axis.of([late, early])
    assert (axis.begin_us, axis.span_us) == (CREATED_US, 799 * S)
    assert Axis.of([life_at(job(Plan.completes(starting=0, downloading=0, training=0, uploading=0)), 0)]).span_us == 1


# From zero to a thousand years, in any number of cells that a terminal may have.
@given(st.integers(0, 365_000 * 86_400 * S), st.integers(8, 400))
def test_ticks_are_readable_for_any_span(span_us: int, cells: int) -> None:
    """They begin at zero, have equal steps, and are as many as fit."""
    axis = Axis(0, span_us)

    def fits(ticks: object) -> bool:
        return isinstance(ticks, list) and len(ticks) <= max(cells // 8, 1)

    ticks = axis.ticks(fits, cells)
    assert ticks[0] == (0, "0")
    assert fits(ticks)
    steps = {after - before for (before, _), (after, _) in pairwise(ticks)}
    assert len(steps) <= 1
    assert all(
        0 <= at <= axis.span_us and (label == "0" or label.split()[1] in ("ms", "s", "min", "h", "d")) for at, label in ticks
    )


def test_ticks_of_long_lives_are_in_days() -> None:
    """Those of short lives in smaller units."""

    def labels(by: timedelta) -> list[str]:
        return [label for _, label in Axis(0, round(by.total_seconds() * S)).ticks(lambda ticks: len(ticks) <= 5, 80)]

    assert labels(timedelta(days=3)) == ["0", "1 d", "2 d", "3 d"]
    assert labels(timedelta(hours=3)) == ["0", "1 h", "2 h", "3 h"]
    assert labels(timedelta(seconds=3)) == ["0", "1 s", "2 s", "3 s"]
    assert labels(timedelta(days=3650)) == ["0", "800 d", "1600 d", "2400 d", "3200 d"]
