"""The command `sagemock plan`, which prints Python code."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from sagemock import PlanError
from sagemock.cli.plan import source
from sagemock.jobs.place import Place
from sagemock.picture.life import life
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.recording import read
from sagemock.training.plan.script import script
from sagemock.training.snapshot import snapshot
from tests.support.partial_records import P1, PARTIAL_RECORDS
from tests.support.records import R1, R6, R8, RECORDS, Record, response


def plans_in(text: str) -> Any:
    """Run the printed Python and return the plans that it makes."""
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102  # our own code
    return names["PLANS"] if "PLANS" in names else names["PLAN"]


def job_playing(plan: Plan, request: Mapping[str, Any]) -> Job:
    """Return a job that plays a plan."""
    return Job("job", Place("aws", "us-east-1", "1" * 12), request, plan, script(plan, request, Random(0)), 0, 1)  # noqa: S311  # nothing random is drawn


def lives(record: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the life of a job with the printed plan, and the life of the record's replay."""
    printed, replayed = plans_in(source([record])), Plan.replays(record)
    return job_playing(printed, record).timeline, job_playing(replayed, record).timeline


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_the_printed_plan_plays_the_recorded_life(record: Record) -> None:
    """Every status at its instant, and every message, except late bookkeeping of the service."""
    printed, replayed = lives(response(record))
    assert printed.changes == replayed.changes[: len(printed.changes)]
    assert {change.secondary for change in replayed.changes[len(printed.changes) :]} <= {"Completed"}
    assert (printed.started_us, printed.limits) == (replayed.started_us, ())


def test_the_billed_share_of_a_spot_job_is_printed() -> None:
    """With as few digits as give the same seconds."""
    text = source([response(R6)])
    assert "    billed=0.39656,\n" in text
    one = job_playing(plans_in(text), response(R6))
    at = snapshot(one, life(one, one.last_us).now_us)
    assert (at.training_s, at.billable_s) == (37026, 14683)
    assert "billed" not in source([response(R1)])
    assert "    billed=3e-18,\n" in source([{**response(R6), "TrainingTimeInSeconds": 10**18, "BillableTimeInSeconds": 3}])


def test_the_code_reads_as_if_written_by_hand() -> None:
    """A phase on a line where it fits, and durations in their units."""
    lines = source([response(R1)]).split("\n")
    assert lines[:5] == [
        "from datetime import timedelta",
        "",
        "from sagemock import Phase, Plan",
        "",
        "# R1, created 2022-02-16 09:30:00.500000+00:00. The limits of your request apply to it.",
    ]
    assert '        Phase("Downloading", timedelta(seconds=20, milliseconds=786), message="Downloading input data"),' in lines
    assert lines[-3:] == ["    ],", '    ending="Completed",', ")"]


def failed_record(**changes: Any) -> dict[str, Any]:
    """Return the record of a job that failed after no time in Starting."""
    created = R1.created
    entries = [
        {"Status": "Starting", "StartTime": created, "EndTime": created, "StatusMessage": 'it\'s "so"'},
        {"Status": "Failed", "StartTime": created, "EndTime": created, "StatusMessage": "Training job failed"},
    ]
    return {"CreationTime": created, "SecondaryStatusTransitions": entries, "FailureReason": "line\none\x1b", **changes}


def test_values_of_a_record_become_valid_python() -> None:
    """Quotes, control characters and zero durations; only used names are imported."""
    record = failed_record()
    text = source([record])
    assert text.isprintable() or all(line.isprintable() for line in text.split("\n"))
    assert "timedelta" not in text
    assert "# a job without a name, created" in text
    printed, replayed = lives(record)
    assert printed == replayed
    assert plans_in(text).failure_reason == "line\none\x1b"


def test_a_name_cannot_break_out_of_its_comment() -> None:
    """The record's name is only text."""
    record = failed_record(TrainingJobName="a\nraise SystemExit  #")
    assert plans_in(source([record])).ending == "Failed"
    (name,) = plans_in(source([record, failed_record(TrainingJobName="b")])).keys() - {"b"}
    assert name == record["TrainingJobName"]


def test_several_records_become_plans_by_name() -> None:
    """Two with one name are refused."""
    plans = plans_in(source([response(R1), response(R8)]))
    assert list(plans) == ["R1", "R8"]
    assert plans["R1"] == plans_in(source([response(R1)]))
    with pytest.raises(PlanError) as twice:
        source([response(R1), response(R1)])
    assert str(twice.value) == "there are two records of 'R1', but PLANS has one plan for each name: give one of them"


def test_facts_that_a_plan_cannot_have_become_comments() -> None:
    """The message of a warm pool, and defaults that follow an unfinished record."""
    retained = response(R1)
    retained["SecondaryStatusTransitions"][-1]["StatusMessage"] = "Resource retained for reuse"
    assert "# Only Plan.replays() plays its last message, 'Resource retained for reuse'.\n" in source([retained])
    text = source([response(R8)])
    assert "# The record ends before the job did: a phase without a duration here has the default one.\n" in text
    assert '        Phase("Training"),\n' in text


def test_a_job_that_was_being_stopped_is_stopped_by_the_plan() -> None:
    """TrainingJobStatus was Stopping while SecondaryStatus was still Starting."""
    record = {**response(R8), "TrainingJobStatus": "Stopping"}
    assert plans_in(source([record])).stopped_after == timedelta(seconds=38, milliseconds=752)
    printed, replayed = lives(record)
    assert printed.changes == replayed.changes


def test_an_invalid_record_is_refused() -> None:
    """With the message of plans."""
    with pytest.raises(PlanError, match="not a DescribeTrainingJob response"):
        source([{}])


@pytest.mark.parametrize("name", PARTIAL_RECORDS)
def test_partial_records_become_plans_too(name: str) -> None:
    """A comment says what was filled in; a stop while Pending is played by the plan as by the record."""
    record = PARTIAL_RECORDS[name]
    text = source([record])
    printed, replayed = plans_in(text), Plan.replays(record)
    one, other = (job_playing(plan, {}).timeline for plan in (printed, replayed))
    assert (one.ended_us, one.changes[-1].message) == (other.ended_us, other.changes[-1].message)
    for sentence in read(record).filled:
        assert f"# {sentence}\n" in text


def test_assumptions_of_a_replay_become_comments() -> None:
    """For each status with earlier messages, and for the call that stopped the job."""
    text = source([P1])
    assert "# It does not say what Pending showed before its last message: `sagemock explain Pending` does.\n" in text
    assert "# It does not say when StopTrainingJob was called: `sagemock explain Stopping` says what a replay takes.\n" in text
    assert "It does not say" not in source([response(R8)])


def test_a_plan_has_no_model_if_its_record_has_none() -> None:
    """See aws/sagemaker-python-sdk#6091."""
    assert "    model=False,\n" in source([{**response(R1), "ModelArtifacts": None}])
