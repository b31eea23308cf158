from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sagemock.clock.instants import SECOND_US
from sagemock.errors import PlanError
from sagemock.training.plan.recording import Entry, read
from tests.support.recorded import RECORDED, Recording, described

CREATED = "2023-04-05T10:00:00.5Z"
STARTING = {"Status": "Starting", "StartTime": CREATED, "EndTime": "2023-04-05T10:01:00.5Z", "StatusMessage": "Preparing"}
OPEN = {"Status": "Downloading", "StartTime": "2023-04-05T10:01:00.5Z"}


def response(*transitions: Any, **more: Any) -> dict[str, Any]:
    """Return a response with these transitions."""
    return {"CreationTime": CREATED, "SecondaryStatusTransitions": list(transitions), **more}


@pytest.mark.parametrize("recording", RECORDED, ids=lambda one: one.what)
def test_every_instant_of_a_real_job_is_read(recording: Recording) -> None:
    """As an offset from its creation."""
    for created in (datetime(2018, 7, 30, tzinfo=timezone.utc), datetime(2026, 1, 1, 0, 0, 0, 777_000, tzinfo=timezone.utc)):
        found = read(described(recording, created))
        assert [entry.end_us for entry in found.entries] == [ms * 1000 for ms in recording.ends_ms]
        assert [entry.status for entry in found.entries] == list(recording.statuses[:-1])
        assert found.ending == recording.statuses[-1]
        assert found.modified_us == recording.modified_ms * 1000
        assert (found.started_us, found.ended_us) == (recording.ends_ms[0] * 1000, recording.ends_ms[-1] * 1000)
        assert (found.failure_reason, found.stopping) == (None, False)


def test_a_running_job_has_an_open_entry_and_no_ending() -> None:
    """Missing members are None.

    A missing message is the service's default, and LastModifiedTime is then the start of the last entry.
    """
    found = read(response(STARTING, OPEN, TrainingJobStatus="Stopping", TrainingStartTime=OPEN["StartTime"]))
    assert found.entries == (
        Entry("Starting", 0, 60 * SECOND_US, "Preparing"),
        Entry("Downloading", 60 * SECOND_US, None, "Downloading the training image"),
    )
    assert (found.ending, found.stopping, found.modified_us) == (None, True, 60 * SECOND_US)
    assert (found.started_us, found.ended_us, found.failure_reason) == (60 * SECOND_US, None, None)


def test_instants_may_be_in_any_form() -> None:
    """A datetime of boto3, text of the CLI, or a number."""
    at = datetime(2023, 4, 5, 10, 0, 0, 500_000, tzinfo=timezone.utc)
    forms = [at, at.isoformat(), "2023-04-05T12:00:00.500000+0200", at.timestamp(), at.astimezone(timezone(timedelta(hours=2)))]
    found = [read(response({"Status": "Starting", "StartTime": form}, CreationTime=CREATED)) for form in forms]
    assert found == [found[0]] * len(forms)
    assert found[0].entries[0].start_us == 0


@pytest.mark.parametrize("reason, shown", [("AlgorithmError: x", "AlgorithmError: x"), (None, "Training job failed")])
def test_a_failed_job_has_a_reason(reason: str | None, shown: str) -> None:
    """FailureReason, or the message of its last entry."""
    failed = {"Status": "Failed", "StartTime": STARTING["EndTime"], "EndTime": STARTING["EndTime"]}
    found = read(response(STARTING, failed, FailureReason=reason))
    assert (found.ending, found.failure_reason, found.last_message) == ("Failed", shown, "Training job failed")


NO_RESPONSE = (
    " is not a DescribeTrainingJob response: CreationTime or SecondaryStatusTransitions is missing; "
    "give what describe_training_job returned, or a file with the output of `aws sagemaker describe-training-job`"
)
NO_INSTANT = "is not an instant between the years 1 and 9999: give seconds since 1970, not milliseconds"
ENTRY = ": it has no StartTime, or no Status that a job can have; give it as it was returned"


@pytest.mark.parametrize(
    "given, text",
    [
        ({}, f"this record{NO_RESPONSE}"),
        ({"TrainingJobName": "churn", "CreationTime": CREATED}, f"the record of 'churn'{NO_RESPONSE}"),
        (response(), f"this record{NO_RESPONSE}"),
        ({"SecondaryStatusTransitions": ["x"]}, f"this record{NO_RESPONSE}"),
        (
            {"CreationTime": "soon", "TrainingJobStatus": "Completed"},
            "this record: 'soon' is not an instant: write it like 2018-07-30T00:00:00Z; give it as it was returned",
        ),
        (
            {"CreationTime": CREATED, "SecondaryStatusTransitions": {"a": 1}},
            "SecondaryStatusTransitions of the record is a list of entries, not {'a': 1}: give it as it was returned",
        ),
        (response({"Status": "Starting"}), f"SecondaryStatusTransitions[0] is {{'Status': 'Starting'}}{ENTRY}"),
        (
            response(STARTING, {"Status": "Going", "StartTime": CREATED}),
            f"SecondaryStatusTransitions[1] is {{'Status': 'Going', 'StartTime': '{CREATED}'}}{ENTRY}",
        ),
        (
            response(OPEN, STARTING, TrainingJobName="churn"),
            (
                "the record of 'churn': Starting follows Downloading before that ended; the record is not in order: "
                "give it as it was returned"
            ),
        ),
        (
            response({**STARTING, "StartTime": "2023-04-05T10:00:30Z"}, {**OPEN, "StartTime": CREATED}),
            "this record: Downloading follows Starting before that ended; the record is not in order: give it as it was returned",
        ),
        (
            response({"Status": "Starting", "StartTime": "soon"}),
            "StartTime of the record: 'soon' is not an instant: write it like 2018-07-30T00:00:00Z",
        ),
        (
            response(STARTING, LastModifiedTime=[]),
            "LastModifiedTime of the record: an instant is a datetime, an ISO 8601 string or seconds since 1970, not []",
        ),
        (
            response(STARTING, TrainingEndTime=float("inf")),
            f"TrainingEndTime of the record: inf {NO_INSTANT}",
        ),
    ],
)
def test_an_invalid_record_is_refused(given: dict[str, Any], text: str) -> None:
    """The message has the place and the value."""
    with pytest.raises(PlanError) as caught:
        read(given)
    assert str(caught.value) == text


RULE = {"RuleConfigurationName": "cpu", "StatusDetails": 5}
DEEP: Any = "end"
for _ in range(50):
    DEEP = {"x": DEEP}


@pytest.mark.parametrize(
    "member, value, text",
    [
        ("FinalMetricDataList", {"MetricName": "loss"}, "FinalMetricDataList of the record cannot be {'MetricName': 'loss'}"),
        ("FinalMetricDataList", ["loss"], "FinalMetricDataList of the record cannot be 'loss'"),
        ("FinalMetricDataList", [{"Value": "x"}], "Value of FinalMetricDataList of the record cannot be 'x'"),
        ("FinalMetricDataList", [{"Timestamp": "x"}], "Timestamp of FinalMetricDataList of the record: 'x' is not an instant"),
        (
            "FinalMetricDataList",
            [{"Timestamp": "2200-01-01"}],
            "Timestamp of FinalMetricDataList of the record is '2200-01-01', more than a century from its CreationTime",
        ),
        ("TrainingEndTime", "1900-01-01", "TrainingEndTime of the record is '1900-01-01', more than a century"),
        ("DebugRuleEvaluationStatuses", [RULE], "StatusDetails of DebugRuleEvaluationStatuses of the record cannot be 5"),
        ("ProfilingStatus", datetime(2023, 4, 5, tzinfo=timezone.utc), "ProfilingStatus of the record cannot be datetime"),
        ("MlflowDetails", "x", "MlflowDetails of the record cannot be 'x'"),
        ("FailureReason", {"x": 1}, "FailureReason of the record cannot be {'x': 1}"),
        ("SomethingNew", object, "SomethingNew of the record cannot be <class 'object'>"),
        ("SomethingNew", {5: "x"}, "SomethingNew of the record cannot be {5: 'x'}"),
        ("SomethingNew", [10**30], f"SomethingNew of the record cannot be {10**30}"),
        ("SomethingNew", DEEP, "of SomethingNew of the record cannot be {'x': "),
        (5, b"", "5 of the record cannot be b''"),
    ],
)
def test_values_that_no_response_can_have_are_refused(member: Any, value: Any, text: str) -> None:
    """Otherwise each description of a replayed job would fail at its end."""
    with pytest.raises(PlanError) as refused:
        read(response(STARTING, OPEN) | {member: value})
    assert text in str(refused.value)


def test_null_members_and_response_metadata_are_ignored() -> None:
    """The metadata comes from botocore, not from AWS."""
    metadata = {"ResponseMetadata": {"HTTPHeaders": {"x": object()}}, "FinalMetricDataList": None}
    assert read(response(STARTING, OPEN) | metadata) == read(response(STARTING, OPEN))
