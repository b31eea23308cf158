"""One job in plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan
from sagemock.jobs.interventions import Stop
from sagemock.picture.cells import width
from sagemock.picture.life import life_of_record
from sagemock.picture.text import Paper, Span, draw, plain
from tests.support.lives import PLAN, S, job, life_at, rows_of
from tests.support.records import R1, R8, response

TRAINING = "Training image download completed. Training in progress."
LONG = "ClientError: " + "data " * 40


def test_at_80_columns_messages_are_cut_and_bars_are_short() -> None:
    """A column of times is left out."""
    one = life_at(job(PLAN, "churn", Stop(400 * S)), 100)
    assert plain(draw(one, Paper(80))) == (
        "churn: InProgress/Training at 0:01:40, created 2018-07-30 00:00:00 UTC\n"
        "status          from   length  0          5 min  message\n"
        "Starting     0:00:00  0:01:00  ##                Preparing the instances for...\n"
        "Downloading  0:01:00  0:00:30    #               Downloading the training image\n"
        "Training     0:01:30  0:05:10     #-----------   Training image download comp...\n"
        "  stop       0:06:40                          ^  StopTrainingJob\n"
        "Stopping     0:06:40  0:00:05                 -  Stopping the training job\n"
        "Uploading    0:06:45  0:00:09                 -  Uploading generated training...\n"
        "Stopped      0:06:54                          -  Training job stopped\n"
        "40 s of training"
    )


def test_with_unicode_bars_are_blocks() -> None:
    """At 120 columns there is room for every column."""
    one = life_at(job(PLAN, "churn", Stop(400 * S)), 100)
    assert plain(draw(one, Paper(120, unicode=True))).split("\n")[1:-1] == [
        "status          from       to   length  0              5 min    message",
        "Starting     0:00:00  0:01:00  0:01:00  ███                     Preparing the instances for training",
        "Downloading  0:01:00  0:01:30  0:00:30     ██                   Downloading the training image",
        f"Training     0:01:30  0:06:40  0:05:10      ██░░░░░░░░░░░░░░░   {TRAINING}",
        "  stop       0:06:40                                         ▲  StopTrainingJob",
        "Stopping     0:06:40  0:06:45  0:00:05                       ░  Stopping the training job",
        "Uploading    0:06:45  0:06:54  0:00:09                       ░  Uploading generated training model",
        "Stopped      0:06:54                                         ░  Training job stopped",
    ]


# The minimum width is 60 columns.
@pytest.mark.parametrize("unicode", [False, True])
@given(columns=st.integers(60, 250), name=st.text(min_size=1, max_size=70), at_s=st.integers(0, 800))
def test_no_line_is_wider_than_the_limit(columns: int, name: str, at_s: int, *, unicode: bool) -> None:
    """Whatever the name of the job, and however long its reason."""
    one = life_at(job(Plan.fails(LONG, training=600), name), at_s)
    assert all(width(line) <= columns for line in plain(draw(one, Paper(columns, unicode=unicode))).split("\n"))


def test_a_reason_is_shown_whole() -> None:
    """On several lines if needed."""
    one = life_at(job(Plan.fails(LONG, training=600)), 1000)
    lines = plain(draw(one, Paper(80))).split("\n")
    reason = lines[lines.index(rows_of(plain(draw(one, Paper(80))), "FailureReason")[0]) :]
    assert " ".join(line.strip() for line in reason) == f"FailureReason: {LONG.strip()}"
    assert rows_of(plain(draw(one, Paper())), "FailureReason") == [f"FailureReason: {LONG}".rstrip()]


def test_events_of_one_instant_are_in_the_order_of_cause() -> None:
    """A stop stands before the Stopping that it caused, but not before the job."""
    first = plain(draw(life_at(job(PLAN, "churn", Stop(0)), 0), Paper())).split("\n")
    assert [line.split()[0] for line in first[2:5]] == ["Starting", "stop", "Downloading"]
    later = plain(draw(life_at(job(PLAN, "churn", Stop(60 * S)), 0), Paper())).split("\n")
    assert [line.split()[0] for line in later[2:5]] == ["Starting", "stop", "Downloading"]


def test_a_missing_end_is_explained() -> None:
    """It is planned forever, or not recorded."""
    hangs = job(Plan.replays(response(R8)).but(phases=Plan.hangs("Starting").phases))
    assert rows_of(plain(draw(life_at(hangs, 5), Paper())), "Starting")[0].split()[:4] == ["Starting", "0:00:00", "no", "end"]
    assert rows_of(plain(draw(life_of_record(response(R8)), Paper())), "Starting")[0].split()[:3] == [
        "Starting",
        "0:00:00",
        "open",
    ]


def test_a_long_name_moves_the_creation_below() -> None:
    """So that the facts stay visible."""
    name = "a-training-job-with-a-name-that-is-as-long-as-they-may-be-indeed"
    head = plain(draw(life_at(job(PLAN, name), 0), Paper(80))).split("\n")
    assert head[0] == "a-training-job-with-a-name-that-is-as-long-as...: InProgress/Starting at 0:00:00"
    assert head[1] == "created 2018-07-30 00:00:00 UTC"


def test_each_row_has_the_colour_of_its_status() -> None:
    """In its name and its bar."""
    lines = list(draw(life_at(job(), 100), Paper()))
    training = next(line for line in lines if line[0].text.startswith("Training"))
    assert [span.style for span in training] == ["Training", "", "", "Training", ""]
    assert lines[0][0] == Span("churn", "bold")


def test_a_tick_at_the_very_end_has_no_label() -> None:
    """There is no room for it."""
    text = plain(draw(life_of_record(response(R1)).moved(0), Paper(72)))
    assert text.split("\n")[1].split()[-1] == "message"
