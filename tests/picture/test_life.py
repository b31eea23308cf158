"""The data that a picture shows of a job."""

from datetime import timedelta
from typing import Any

import pytest

from sagemock import Plan, PlanError
from sagemock.jobs.interventions import Complete, Delete, Fail, Stop
from sagemock.picture.life import Mark, life_of_record
from sagemock.picture.overview import overview
from sagemock.picture.svg import drawing
from sagemock.picture.text import Paper, draw, plain
from sagemock.training.interventions import Interrupt, Intervention, KeepAlive, Taken, Update
from tests.support.lives import CREATED_US, PLAN, SPOT, S, job, life_at
from tests.support.records import FINISHED, R1, R8, response


@pytest.mark.parametrize(
    "done, label, text",
    [
        (Stop(70 * S), "stop", "StopTrainingJob"),
        (Fail(70 * S, "Boom"), "fail", "by the test"),
        (Complete(70 * S), "complete", "by the test"),
        (Interrupt(70 * S), "interrupt", "by the test"),
        (Update(70 * S), "update", "UpdateTrainingJob"),
        (KeepAlive(70 * S, 5), "update", "KeepAlivePeriodInSeconds=5"),
        (Taken(70 * S, "next"), "taken", "its warm pool goes to next"),
        (Delete(70 * S), "delete", "DeleteTrainingJob"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_interventions_are_marked(done: Intervention, label: str, text: str) -> None:
    """With their instants."""
    assert life_at(job(PLAN, "churn", done, changes=SPOT), 100).marks == (Mark(CREATED_US + 70 * S, label, text),)


def test_a_planned_stop_is_marked_if_it_comes() -> None:
    """Not if it would come after the end."""
    assert life_at(job(PLAN.but(stopped_after=100)), 0).marks == (
        Mark(CREATED_US + 100 * S, "stop", "StopTrainingJob, by the plan"),
    )
    assert life_at(job(PLAN.but(stopped_after=timedelta(days=1))), 0).marks == ()


def test_marks_are_in_the_order_of_time() -> None:
    """Here the limit comes after the interruption."""
    limits = {**SPOT, "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 7200}}
    one = life_at(job(Plan.hangs(), "churn", Interrupt(300 * S), changes=limits), 0)
    assert [mark.label for mark in one.marks] == ["interrupt", "limit"]
    assert one.marks[1].text == "MaxRuntimeInSeconds"


@pytest.mark.parametrize(
    "plan, at_s, shown",
    [
        (PLAN, 0, "Starting"),
        (PLAN, 699, "Completed"),
        (PLAN.but(stopped_after=10), 11, "Stopping/Starting"),
        (PLAN.but(stopped_after=100), 101, "Stopping"),
        (Plan.hangs(), 10**6, "MaxRuntimeExceeded"),
    ],
)
def test_a_status_is_one_word_if_possible(plan: Plan, at_s: float, shown: str) -> None:
    """The primary status is added if the secondary one does not imply it."""
    assert life_at(job(plan), at_s).summary == shown


def test_the_length_of_a_life_ends_with_it() -> None:
    """Before its end it is the time until now."""
    assert life_at(job(), 100).length_us == 100 * S
    assert life_at(job(), 5000).length_us == 699 * S
    assert life_at(job(Plan.hangs(), changes={"StoppingCondition": {}}), 100).length_us == 100 * S


def test_a_moved_life_has_all_instants_moved() -> None:
    """Everything else stays the same."""
    one = life_at(job(PLAN, "churn", Stop(100 * S)), 50)
    assert one.moved(7).moved(-7) == one
    hangs = life_at(job(Plan.hangs().but(limit_lag=0), at_s=-3), 50)
    assert hangs.moved(3 * S).created_us == CREATED_US
    assert one.moved(7).marks[0].at_us == one.marks[0].at_us + 7


@pytest.mark.parametrize("record", FINISHED, ids=str)
def test_a_recorded_life_is_shown_as_recorded(record: Any) -> None:
    """It has no planned part."""
    one = life_of_record(response(record))
    assert [entry.status for entry in one.entries] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert [round((entry.start_us - one.created_us) / S, 3) for entry in one.entries] == list(record.starts)
    assert one.now_us == one.last_us == one.created_us + round(record.modified * S)
    assert (one.summary, one.marks, one.planned) == ("Completed", (), False)
    assert one.notes == (f"{record.seconds[0]} s of training, {record.seconds[1]} s billed",)


def test_a_record_of_an_unfinished_job_ends_where_it_was_read() -> None:
    """Its last entry is open."""
    one = life_of_record(response(R8))
    assert [(entry.status, entry.end_us) for entry in one.entries] == [("Starting", None)]
    assert (one.last_us - one.created_us, one.summary, one.notes) == (38_752_000, "Starting", ())
    assert life_of_record(response(R8)).moved(5).entries[0].end_us is None


def test_a_record_needs_only_its_transitions() -> None:
    """A masked one has no name; a failed one may have only a reason."""
    entry = {"Status": "Failed", "StartTime": R1.created, "EndTime": R1.created, "StatusMessage": "Training job failed"}
    one = life_of_record({"CreationTime": R1.created, "SecondaryStatusTransitions": [entry], "FailureReason": "Boom"})
    assert (one.name, one.primary, one.secondary, one.notes) == (
        "a job without a name",
        "Failed",
        "Failed",
        ("FailureReason: Boom",),
    )
    assert [entry.start_us - one.created_us for entry in one.entries] == [0]
    with pytest.raises(PlanError, match="not a DescribeTrainingJob response"):
        life_of_record({})


@pytest.mark.parametrize("member", ["StartTime", "EndTime", "LastModifiedTime", "CreationTime"])
@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+00:00", "9999-12-31T00:00:00+00:00"])
def test_a_record_with_an_instant_of_another_age_is_refused(member: str, value: str) -> None:
    """Its picture would be endless."""
    broken = response(R8)
    (broken if member in broken else broken["SecondaryStatusTransitions"][0])[member] = value
    with pytest.raises(PlanError, match="more than a century from its CreationTime"):
        life_of_record(broken)


@pytest.mark.parametrize("member", ["StartTime", "EndTime", "LastModifiedTime", "CreationTime"])
@pytest.mark.parametrize("value", ["1930-01-01T00:00:00+00:00", "2110-12-31T00:00:00+00:00"])
def test_a_broken_record_is_drawn_at_the_edge(member: str, value: str) -> None:
    """No instant makes a picture endless."""
    broken = response(R8)
    (broken if member in broken else broken["SecondaryStatusTransitions"][0])[member] = value
    lives = [life_of_record(broken), life_of_record(response(R1))]
    assert all(len(line) <= 80 for line in plain(draw(lives[0], Paper(80))).split("\n"))
    assert all(len(line) <= 80 for line in plain(overview(lives, Paper(80))).split("\n"))
    assert drawing(lives)
