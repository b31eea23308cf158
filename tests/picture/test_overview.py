"""Several jobs on one time axis, in plain text."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan
from sagemock.jobs.interventions import Stop
from sagemock.picture.cells import width
from sagemock.picture.life import Life, life_of_record
from sagemock.picture.overview import overview
from sagemock.picture.text import Paper, plain
from sagemock.training.interventions import Interrupt
from tests.support.lives import PLAN, SPOT, S, job, life_at, rows_of
from tests.support.records import R1, R8, response

DAY = 86400


def five(at_s: float) -> list[Life]:
    """Return five jobs that end in different ways."""
    return [
        life_at(job(PLAN, "churn-1"), at_s),
        life_at(job(Plan.waits_for_capacity(300), "churn-2", at_s=100), at_s),
        life_at(job(Plan.fails("ClientError: no", during="Downloading"), "churn-3", at_s=200), at_s),
        life_at(job(Plan.hangs(), "churn-4", at_s=200, changes={"StoppingCondition": {"MaxRuntimeInSeconds": 240}}), at_s),
        life_at(job(PLAN, "churn-5", Interrupt(200 * S), Stop(450 * S), at_s=50, changes=SPOT), at_s),
    ]


def test_five_jobs_have_a_line_each() -> None:
    """Capital letters are the past, small ones the plan; ends and marks overwrite both."""
    assert plain(overview(five(600), Paper(80))) == (
        "5 training jobs: 1 Training, 1 Completed, 1 Failed, 1 MaxRuntimeExceeded, 1\n"
        "  Stopped; 0 is 2018-07-30 00:00:00 UTC\n"
        "job      status                  length  0               5 min            10 min\n"
        "churn-1  Training                10 min  SSSDDTTTTTTTTTTTTTTTTTTTTTTTTTTTTTttttc\n"
        "churn-2  Completed           8 min 16 s       PPPPPPPPPPPPPPPPPPPPDDDDDTTTC\n"
        "churn-3  Failed              2 min 15 s             SSSDDDDF\n"
        "churn-4  MaxRuntimeExceeded  5 min 11 s             SSSDDDDDTTTTTTTT|M\n"
        "churn-5  Stopped             7 min 44 s    SSSSDDTTTTT~IIISSSDDDDDTT#X\n"
        "                                                                          ^ now\n"
        "S Starting  P Pending  D Downloading  T Training  I Interrupted  U Uploading\n"
        "O Stopping  C Completed  F Failed  X Stopped  M MaxRuntimeExceeded  | limit\n"
        "# stop  ~ interrupt  lower case: still to come"
    )


def test_the_legend_has_the_signs_in_use() -> None:
    """It has no other signs."""
    text = plain(overview(five(600), Paper(200)))
    assert text.endswith(
        "S Starting  P Pending  D Downloading  T Training  I Interrupted  U Uploading  "
        "O Stopping  C Completed  F Failed  X Stopped  "
        "M MaxRuntimeExceeded  | limit  # stop  ~ interrupt\nlower case: still to come"
    )
    assert "still to come" not in plain(overview(five(DAY), Paper(80)))
    assert plain(overview(five(600), Paper(200, unicode=True))).endswith("┄ ○ still to come")


def test_now_is_marked_if_something_is_still_to_come() -> None:
    """Below the lines."""
    assert rows_of(plain(overview(five(600), Paper(80))), "^ now")
    assert rows_of(plain(overview(five(600), Paper(80, unicode=True))), "▲ now")
    assert rows_of(plain(overview(five(690), Paper(80))), "now ^")
    assert not rows_of(plain(overview(five(DAY), Paper(80))), "^ now")


def test_a_job_of_seconds_is_visible_beside_one_of_days() -> None:
    """Each has its mark and its length."""
    short = Plan.completes(starting=1, downloading=1, training=1, uploading=0)
    lives = [
        life_at(job(short, "blink", at_s=DAY), 4 * DAY),
        life_at(job(Plan.completes(training=timedelta(days=3)), "long"), 4 * DAY),
    ]
    for paper in (Paper(80), Paper(200)):
        blink, long = plain(overview(lives, paper)).split("\n")[2:4]
        assert blink.split()[:5] == ["blink", "Completed", "3", "s", "C"]
        assert long.split()[:4] == ["long", "Completed", "3", "d"]
        assert long.count("T") > 30
    (fresh,) = rows_of(plain(overview([lives[1], life_at(job(PLAN, "fresh", at_s=4 * DAY), 4 * DAY)], Paper(80))), "fresh")
    assert fresh.rstrip().endswith("c")


def test_a_life_shorter_than_a_cell_is_visible() -> None:
    """For example a job recorded in the moment of its creation."""
    born = response(R8)
    born["LastModifiedTime"] = born["CreationTime"]
    text = plain(overview([life_of_record(born), life_of_record(response(R1))], Paper(80)))
    assert rows_of(text, "R8")[0].split()[-1] == "S"
    assert rows_of(text, "R1")[0].split()[-1] in "STUDC"


def test_records_have_no_common_now() -> None:
    """They were read at different times, and the picture says how they are aligned."""
    text = plain(overview([life_of_record(response(R1)), life_of_record(response(R8))], Paper(80), "the creation of each"))
    assert "0 is the creation of each" in text.replace("\n  ", " ")
    assert "now" not in text
    assert plain(overview([life_of_record(response(R1))], Paper(80))).startswith("1 training job: 1 Completed; ")


def test_messages_are_shown_if_there_is_room() -> None:
    """The present one, and the reason of a failure."""
    assert "message" not in plain(overview(five(600), Paper(80)))
    text = plain(overview(five(600), Paper(200)))
    assert rows_of(text, "churn-3")[0].endswith("  ClientError: no")
    assert rows_of(text, "churn-1")[0].endswith("  Training image download completed. Training in progress.")


@pytest.mark.parametrize("reason", ["x", "AlgorithmError: boom", "AlgorithmError: a long explanation of what went wrong"])
def test_a_short_message_is_shown_only_where_a_long_one_is(reason: str) -> None:
    """The room decides, not the length of the message."""
    lives = [life_at(job(Plan.fails(reason, training=60), name), DAY) for name in ("one", "two")]
    for paper in (Paper(), Paper(120)):
        _, head, *rows, _ = plain(overview(lives, paper)).split("\n")
        assert head.endswith("  message")
        assert [row.endswith(f"  {reason}") for row in rows] == [True, True]
    assert "message" not in plain(overview([life_at(job(Plan.fails(reason), "x" * 18), DAY)], Paper(72)))


@pytest.mark.parametrize("unicode", [False, True])
@pytest.mark.parametrize("count", [1, 5, 50])
@given(columns=st.integers(60, 250), name=st.text(min_size=1, max_size=70), at_s=st.integers(200, 2000))
def test_no_line_is_wider_than_the_limit(columns: int, name: str, at_s: int, count: int, *, unicode: bool) -> None:
    """Whatever the names of the jobs."""
    lives = [*five(at_s)[: count - 1], life_at(job(PLAN, name), at_s)] * max(count // 5, 1)
    lines = plain(overview(lives, Paper(columns, unicode=unicode))).split("\n")
    assert all(width(line) <= columns for line in lines)
