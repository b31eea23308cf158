"""Recorded descriptions of batch jobs, read as plans."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemock import PlanError, ProcessingJobPlan, TransformJobPlan
from tests.support.batch import record

WHOLE: dict[str, Any] = {
    "ProcessingJobStatus": "Completed",
    "CreationTime": "2024-04-17T10:00:00Z",
    "ProcessingStartTime": "2024-04-17T10:01:00Z",
    "ProcessingEndTime": "2024-04-17T10:03:00Z",
}


def test_the_times_of_a_record_become_durations() -> None:
    """Exact to the microsecond."""
    plan = ProcessingJobPlan.replays(WHOLE | {"ExitMessage": "done", "LastModifiedTime": "2024-04-17T10:03:00.010Z"})
    assert (plan.starting, plan.processing) == (timedelta(minutes=1), timedelta(minutes=2))
    assert (plan.exit_message, plan.settled_after) == ("done", timedelta(milliseconds=10))
    assert repr(plan) == "ProcessingJobPlan.replays(<a record>)"
    failed = TransformJobPlan.replays(record("X1")["Describe"] | {"TransformJobStatus": "Failed", "FailureReason": "why"})
    assert (failed.ending, failed.failure_reason, failed.transforming) == ("Failed", "why", timedelta(seconds=132))
    started = ProcessingJobPlan.replays({**WHOLE, "ProcessingJobStatus": "InProgress", "ProcessingEndTime": None})
    assert (started.starting, started.processing, started.registered_after) == (timedelta(minutes=1), None, None)


@pytest.mark.parametrize(
    "changes, called_s, stopping_s, during",
    [
        ({"ProcessingJobStatus": "Stopped"}, 170, 10, None),
        ({"ProcessingJobStatus": "Stopped", "ProcessingEndTime": "2024-04-17T10:01:04Z"}, 60, 4, None),
        ({"ProcessingJobStatus": "Stopped", "ProcessingStartTime": None}, 170, 10, "Starting"),
        ({"ProcessingJobStatus": "Stopping", "ProcessingEndTime": None}, 70, None, None),
        (
            {"ProcessingJobStatus": "Stopping", "ProcessingEndTime": None, "LastModifiedTime": "2024-04-17T10:02:00Z"},
            120,
            None,
            None,
        ),
    ],
)
def test_a_recorded_stop_is_replayed(changes: dict[str, Any], called_s: int, stopping_s: int | None, during: str | None) -> None:
    """At its recorded instant, or by its distance from the end."""
    plan = ProcessingJobPlan.replays({**WHOLE, **changes})
    assert plan.stopped_after == timedelta(seconds=called_s)
    assert plan.stopping == (None if stopping_s is None else timedelta(seconds=stopping_s))
    assert (plan.endless, plan.during) == (True, during)


def test_a_record_may_be_a_file(tmp_path: Path) -> None:
    """As the CLI prints it."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps(WHOLE), "utf-8")
    assert ProcessingJobPlan.replays(path) == ProcessingJobPlan.replays(str(path)) == ProcessingJobPlan.replays(WHOLE)


@pytest.mark.parametrize(
    "text, message",
    [(None, "cannot be read (No such file or directory)"), ("{", "is not JSON"), ("[]", "has no JSON object in it")],
)
def test_a_file_without_a_record_is_refused(text: str | None, message: str, tmp_path: Path) -> None:
    """The message has the path."""
    path = tmp_path / "job.json"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(PlanError) as raised:
        ProcessingJobPlan.replays(path)
    assert message in str(raised.value)
    assert "job.json" in str(raised.value)


@pytest.mark.parametrize(
    "response, text",
    [
        (3, "3 is not a DescribeProcessingJob response"),
        ({}, "ProcessingJobStatus of the record is None: give what DescribeProcessingJob returned for a processing job"),
        ({"ProcessingJobStatus": "Completed"}, "the record has no CreationTime"),
        ({**WHOLE, "CreationTime": "noon"}, "CreationTime of the record: 'noon' is not an instant"),
        (
            {**WHOLE, "ProcessingEndTime": "2024-04-17T10:00:30Z"},
            "LastModifiedTime of the record are not in order",
        ),
        ({**WHOLE, "ProcessingEndTime": None}, "the record of a processing job that is Completed lacks its start or its end"),
        ({**WHOLE, "ProcessingStartTime": None}, "that is Completed lacks its start or its end"),
        ({**WHOLE, "FailureReason": "why"}, "the record is Completed with FailureReason 'why'"),
        ({**WHOLE, "ProcessingJobStatus": "Failed"}, "the record is Failed with FailureReason None"),
    ],
)
def test_an_invalid_record_is_refused(response: Any, text: str) -> None:
    """The message says what to give."""
    with pytest.raises(PlanError) as raised:
        ProcessingJobPlan.replays(response)
    assert text in str(raised.value)
