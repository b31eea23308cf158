"""Pictures of jobs in plain text, by the public functions."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan
from sagemock.clock.instants import instant_us
from sagemock.jobs.interventions import Fail
from sagemock.jobs.place import Place
from sagemock.picture.show import drawing, situation, timeline, timelines
from sagemock.training.job import Job
from sagemock.training.plan.script import script
from tests.support.calling import START, request

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
CREATED_US = instant_us(START)
S = 1_000_000
TRAINING = "Training image download completed. Training in progress."


def job(plan: Plan = PLAN, name: str = "churn", *, limit_s: int = 86400) -> Job:
    """Return a job created at START."""
    sent = request(name, StoppingCondition={"MaxRuntimeInSeconds": limit_s})
    place = Place("aws", "us-east-1", "123456789012")
    return Job(name, place, sent, plan, script(plan, sent, Random(0)), CREATED_US, 1)  # noqa: S311  # nothing random is drawn


def lines(one: Job, at_s: float) -> list[str]:
    """Return the lines of a job's picture, so many seconds after its creation."""
    return timeline(one, CREATED_US + round(at_s * S)).split("\n")


def test_past_and_plan_look_different() -> None:
    """In the middle of a life."""
    assert lines(job(), 100.5) == [
        "churn: InProgress/Training at 0:01:40.500, created 2018-07-30 00:00:00 UTC",
        "status          from       to   length  0           5 min               message",
        "Starting     0:00:00  0:01:00  0:01:00  ###                             Preparing the instances for training",
        "Downloading  0:01:00  0:01:30  0:00:30    ##                            Downloading the training image",
        f"Training     0:01:30  0:11:30  0:10:00     ##-------------------------  {TRAINING}",
        "Uploading    0:11:30  0:11:39  0:00:09                               -  Uploading generated training model",
        "Completed    0:11:39                                                 -  Training job completed",
        "40 s of training",
    ]


def test_a_finished_life_shows_its_billed_time() -> None:
    """Long after the end, the picture still goes up to now."""
    assert lines(job(), 3700.5)[-3:] == [
        "Uploading    0:11:30  0:11:39  0:00:09       #                          Uploading generated training model",
        "Completed    0:11:39                         #                          Training job completed",
        "639 s of training, 639 s billed",
    ]


def test_a_failure_gives_its_reason() -> None:
    """Below the picture."""
    failed = job().after(Fail(30 * S, "ClientError: no"))
    assert lines(failed, 31)[-2:] == [
        "Failed    0:00:30                                                 #  Training job failed",
        "FailureReason: ClientError: no",
    ]
    assert not any(line.startswith("FailureReason") for line in lines(job(Plan.fails("Boom")), 0))


def test_a_limit_that_cuts_a_life_is_marked() -> None:
    """At its place on the axis, even before it comes."""
    limited = job(limit_s=100)
    for at_s in (0, 1000):
        (row,) = (line for line in lines(limited, at_s) if line.startswith("  limit"))
        assert row.split() == ["limit", "0:02:40", "^", "MaxRuntimeInSeconds"]


def test_a_picture_has_the_given_width_and_characters() -> None:
    """With one job, and with several."""
    for draw in (timeline, lambda one, now_us, **how: timelines([one, one], now_us, **how)):
        text = draw(job(), CREATED_US + 100 * S, width=80, unicode=True)
        assert "█" in text
        assert max(len(line) for line in text.split("\n")) <= 80
        assert draw(job(), CREATED_US).isascii()


def test_a_drawing_is_of_one_job_or_of_several() -> None:
    """As SVG."""
    assert "churn: Training" in drawing([job()], CREATED_US + 100 * S)
    assert "2 training jobs" in drawing([job(), job(name="other")], CREATED_US)


def test_an_endless_phase_is_marked_as_endless() -> None:
    """It fills the rest of the picture."""
    hanging = job(Plan.hangs(starting=60, downloading=30))
    endless = replace(hanging, script=replace(hanging.script, max_runtime_us=None))
    assert lines(endless, 180)[-2:] == [
        f"Training     0:01:30            no end                 ###############  {TRAINING}",
        "120 s of training",
    ]


def test_a_life_without_length_has_a_picture() -> None:
    """Each moment has its mark."""
    instant = job(Plan.completes(starting=0, downloading=0, training=0, uploading=0))
    assert [line[:45].rstrip()[-1] for line in lines(instant, 0)[2:-1]] == ["#"] * 5


# Phases take up to a day; instants are within a year, in microseconds.
@given(st.integers(0, 365 * 86400 * S), st.lists(st.integers(0, 86400), min_size=4, max_size=4))
def test_marks_are_in_order_and_on_the_right_side_of_now(age_us: int, lengths: list[int]) -> None:
    """Bars stay in their column and begin in order; past ones look past, and later ones planned."""
    starting, downloading, training, uploading = lengths
    one = job(Plan.completes(starting=starting, downloading=downloading, training=training, uploading=uploading), limit_s=10**6)
    head, columns, *rows = timeline(one, CREATED_US + age_us).split("\n")
    assert head.startswith("churn: ")
    at = columns.index("message") - 32
    bars = [row[at : at + 30] for row in rows if row.startswith(("Star", "Down", "Trai", "Uplo", "Comp"))]
    ends_us = [sum(lengths[: index + 1]) * S for index in range(4)]
    assert all(bar.strip() and set(bar.strip()) <= {"#", "-"} for bar in bars)
    begins = [len(bar) - len(bar.lstrip()) for bar in bars]
    assert all(one <= other for one, other in pairwise(begins))
    for bar, begin_us, end_us in zip(bars, [0, *ends_us], [*ends_us, ends_us[-1]], strict=True):
        if age_us >= end_us:
            assert "-" not in bar
        if age_us < begin_us:
            assert "#" not in bar


def test_a_situation_has_a_line_for_each_job() -> None:
    """With its status, since when, and its plan."""
    at_us = CREATED_US + 90 * S
    assert situation([job(), job(Plan.hangs(), "other")], at_us) == (
        f"  'churn' is InProgress/Training since 2018-07-30 00:01:30 UTC by {PLAN!r}\n"
        f"  'other' is InProgress/Downloading since 2018-07-30 00:00:55 UTC by {Plan.hangs()!r}"
    )


@pytest.mark.parametrize("count, more", [(0, None), (20, None), (21, "  and 1 more"), (100, "  and 80 more")])
def test_a_long_situation_is_cut(count: int, more: str | None) -> None:
    """It names twenty jobs and counts the others; without jobs it says so."""
    lines = situation([job()] * count, CREATED_US).split("\n")
    named = ["  there are no training jobs"] if count == 0 else lines[:20]
    assert len(named) == min(max(count, 1), 20)
    assert lines == [*named, *([more] if more else [])]


def test_entering_a_mock_loads_no_code_for_pictures() -> None:
    """So pictures cost nothing until they are used."""
    loaded = "[name for name in sorted(sys.modules) if name.startswith('sagemock.picture.')]"
    program = f"import sys, sagemock.faces.mock; print({loaded})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    assert done.stdout == "['sagemock.picture.show']\n"
