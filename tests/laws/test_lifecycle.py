"""Whole lives of jobs, as a real client sees them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from sagemock import Phase, Plan, SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from tests.support.calling import START, after, bodies, create, describe, make_client, transitions
from tests.support.records import FINISHED, R8, Record, response
from tests.support.waiting import PATIENCE_S

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
STARTING = "Starting the training job"
PREPARING = "Preparing the instances for training"
IMAGE = "Downloading the training image"
TRAINING = "Training image download completed. Training in progress."
UPLOADING = "Uploading generated training model"
ONCE_STARTED = {"TrainingStartTime", "TrainingTimeInSeconds"}
AT_THE_END = {"TrainingEndTime", "BillableTimeInSeconds", "ModelArtifacts"}


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def snapshots(mock: SageMakerMock, client: Any, *, every: float, until: float) -> Iterator[tuple[float, dict[str, Any]]]:
    """Describe the job again and again; yield its age in seconds and the description."""
    while (age := (mock.clock.now() - START).total_seconds()) < until:
        yield age, describe(client)
        mock.clock.advance(every)


def last_message(shown: dict[str, Any]) -> tuple[str, str]:
    """Return the status and the message of the last transition."""
    last = shown["SecondaryStatusTransitions"][-1]
    return last["Status"], last["StatusMessage"]


def test_a_life_is_contiguous_to_the_millisecond(sagemaker: SageMakerMock, client: Any) -> None:
    """S3, S5, S6, S7: each entry ends when the next begins, the first begins at creation, the last has no length."""
    sagemaker.clock.advance(milliseconds=1.9)
    create(client)
    sagemaker.clock.advance(hours=1)
    shown = describe(client)
    assert shown["CreationTime"] == after(0.001)
    assert transitions(shown) == [
        ("Starting", 0, 60, PREPARING),
        ("Downloading", 60, 90, IMAGE),
        ("Training", 90, 690, TRAINING),
        ("Uploading", 690, 699, UPLOADING),
        ("Completed", 699, 699, "Training job completed"),
    ]
    entries = shown["SecondaryStatusTransitions"]
    assert all(before["EndTime"] == then["StartTime"] for before, then in pairwise(entries))
    assert shown["TrainingStartTime"] == entries[1]["StartTime"]
    assert shown["TrainingEndTime"] == entries[-1]["StartTime"] == entries[-1]["EndTime"] == shown["LastModifiedTime"]
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("Completed", "Completed")


def test_the_open_entry_has_no_end(sagemaker: SageMakerMock, client: Any) -> None:
    """S4: while a job is in a status, its entry has no EndTime key, and it is the only such entry."""
    create(client)
    for _, shown in snapshots(sagemaker, client, every=7, until=699):
        *closed, last = shown["SecondaryStatusTransitions"]
        assert "EndTime" not in last
        assert all("EndTime" in entry for entry in closed)
        assert last["Status"] == shown["SecondaryStatus"]


def test_a_new_message_of_a_status_replaces_the_old_one(sagemaker: SageMakerMock, client: Any) -> None:
    """S1: a status with a new message keeps its one entry."""
    create(client)
    assert transitions(describe(client)) == [("Starting", 0, None, STARTING)]
    sagemaker.clock.advance(60 * 0.27)
    shown = describe(client)
    assert transitions(shown) == [("Starting", 0, None, PREPARING)]
    assert shown["LastModifiedTime"] == sagemaker.clock.now()


def test_last_modified_moves_with_each_status_and_message_only(sagemaker: SageMakerMock, client: Any) -> None:
    """S2: two descriptions have the same LastModifiedTime exactly when they have the same status and message."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://churn/train"}}
    create(client, InputDataConfig=[{"ChannelName": "train", "DataSource": source}])
    pages = [shown for _, shown in snapshots(sagemaker, client, every=0.9, until=705)]
    assert len({last_message(shown) for shown in pages}) == 7
    for one, other in pairwise(pages):
        assert (one["LastModifiedTime"] == other["LastModifiedTime"]) == (last_message(one) == last_message(other))


def test_training_time_runs_from_the_download_on_and_is_billed_at_the_end(sagemaker: SageMakerMock, client: Any) -> None:
    """S11: TrainingTimeInSeconds appears when the job has started; BillableTimeInSeconds appears at the end."""
    create(client)
    for age, shown in snapshots(sagemaker, client, every=3, until=720):
        assert ONCE_STARTED & set(shown) == (ONCE_STARTED if age >= 60 else set())
        assert AT_THE_END & set(shown) == (AT_THE_END if age >= 699 else set())
        assert shown.get("TrainingTimeInSeconds") == (max(1, min(age, 699) - 60) if age >= 60 else None)
        assert shown.get("BillableTimeInSeconds") == (639 if age >= 699 else None)


@pytest.mark.parametrize(
    "created, started, ended, seconds",
    [(0.999, 60, 699, 639), (0.0, 60.999, 699.0, 639), (0.5, 60.4, 699.6, 640), (0.5, 60.6, 699.4, 638)],
)
def test_both_ends_of_the_training_time_are_truncated_to_whole_seconds(
    created: float, started: float, ended: float, seconds: int, sagemaker: SageMakerMock
) -> None:
    """S8: floor(end) - floor(start), in clock time, not relative to creation."""
    client = make_client()
    sagemaker.plan("churn", Plan.completes(starting=started, downloading=30, training=600, uploading=ended - started - 630))
    sagemaker.clock.advance(created)
    create(client)
    sagemaker.clock.advance(hours=1)
    shown = describe(client)
    assert shown["TrainingTimeInSeconds"] == shown["BillableTimeInSeconds"] == seconds


def test_a_spot_job_is_billed_less_than_it_trained(sagemaker: SageMakerMock, client: Any) -> None:
    """S10: BillableTimeInSeconds is part of TrainingTimeInSeconds."""
    create(client, EnableManagedSpotTraining=True, StoppingCondition={"MaxRuntimeInSeconds": 900, "MaxWaitTimeInSeconds": 900})
    sagemaker.clock.advance(hours=1)
    shown = describe(client)
    assert shown["TrainingTimeInSeconds"] == 639
    assert 0 < shown["BillableTimeInSeconds"] < 639
    assert shown["EnableManagedSpotTraining"] is True


def test_a_stopped_job_uploads_and_has_no_failure_reason(sagemaker: SageMakerMock, client: Any) -> None:
    """A stop in Training: Stopping at once, then the upload, then Stopped; time in Stopping does not count (S9)."""
    sagemaker.plan("churn", Plan.completes(starting=60, downloading=30, training=600, uploading=9, stopping=5))
    create(client)
    sagemaker.clock.advance(100)
    client.stop_training_job(TrainingJobName="churn")
    shown = describe(client)
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("Stopping", "Stopping")
    sagemaker.clock.advance(5)
    shown = describe(client)
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("Stopping", "Uploading")
    sagemaker.clock.advance(9)
    shown = describe(client)
    assert transitions(shown)[2:] == [
        ("Training", 90, 100, TRAINING),
        ("Stopping", 100, 105, "Stopping the training job"),
        ("Uploading", 105, 114, UPLOADING),
        ("Stopped", 114, 114, "Training job stopped"),
    ]
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert shown["TrainingTimeInSeconds"] == 114 - 60 - 5
    assert "FailureReason" not in shown
    assert shown["ModelArtifacts"] == {"S3ModelArtifacts": "s3://churn/models/churn/output/model.tar.gz"}


def test_a_stop_in_starting_shows_in_the_primary_status_first(sagemaker: SageMakerMock, client: Any) -> None:
    """TrainingJobStatus is Stopping at once while SecondaryStatus is still Starting; nothing is uploaded."""
    create(client)
    client.stop_training_job(TrainingJobName="churn")
    shown = describe(client)
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("Stopping", "Starting")
    assert [entry[0] for entry in transitions(shown)] == ["Starting"]
    sagemaker.clock.advance(minutes=5)
    shown = describe(client)
    assert [entry[0] for entry in transitions(shown)] == ["Starting", "Downloading", "Stopping", "Stopped"]
    assert (shown["TrainingTimeInSeconds"], shown["BillableTimeInSeconds"]) == (1, 1)
    assert "ModelArtifacts" not in shown


def test_a_job_that_fails_in_training_uploads_and_has_a_failure_reason(sagemaker: SageMakerMock, client: Any) -> None:
    """It has a FailureReason, all of its time is billed, and it has no ModelArtifacts."""
    sagemaker.plan("churn", Plan.fails("AlgorithmError: , exit code: 1", starting=60, downloading=30, training=10, uploading=1))
    create(client)
    sagemaker.clock.advance(101)
    shown = describe(client)
    assert [entry[0] for entry in transitions(shown)] == ["Starting", "Downloading", "Training", "Uploading", "Failed"]
    assert shown["FailureReason"] == "AlgorithmError: , exit code: 1"
    assert shown["TrainingJobStatus"] == "Failed"
    assert (shown["TrainingTimeInSeconds"], shown["BillableTimeInSeconds"]) == (41, 41)
    assert "ModelArtifacts" not in shown


def test_a_job_that_fails_before_it_starts_has_no_training_time(sagemaker: SageMakerMock, client: Any) -> None:
    """A failure in Starting: no TrainingStartTime, TrainingEndTime or TrainingTimeInSeconds."""
    sagemaker.plan("churn", Plan.fails("CapacityError: none", during="Starting", after=30))
    create(client)
    sagemaker.clock.advance(60)
    shown = describe(client)
    assert [entry[:3] for entry in transitions(shown)] == [("Starting", 0, 30), ("Failed", 30, 30)]
    assert not (ONCE_STARTED | AT_THE_END) & set(shown)
    assert shown["FailureReason"] == "CapacityError: none"


def test_max_runtime_stops_a_job(sagemaker: SageMakerMock, client: Any) -> None:
    """Stopped, SecondaryStatus MaxRuntimeExceeded, no FailureReason."""
    create(client, StoppingCondition={"MaxRuntimeInSeconds": 300})
    sagemaker.clock.advance(hours=1)
    shown = describe(client)
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert [entry[0] for entry in transitions(shown)][2:] == ["Training", "Stopping", "Uploading", "MaxRuntimeExceeded"]
    assert "FailureReason" not in shown


def test_a_completed_job_has_artifacts_whatever_its_phases(sagemaker: SageMakerMock, client: Any) -> None:
    """ModelArtifacts comes with Completed, even if the plan has no upload."""
    sagemaker.plan("churn", Plan(phases=[Phase("Starting", 1), Phase("Training", 1)]))
    create(client)
    sagemaker.clock.advance(3)
    assert describe(client)["ModelArtifacts"] == {"S3ModelArtifacts": "s3://churn/models/churn/output/model.tar.gz"}


def test_two_descriptions_at_one_instant_are_equal_to_the_byte(sagemaker: SageMakerMock, client: Any) -> None:
    """Law 4: reading changes nothing."""
    found = bodies(client, "DescribeTrainingJob")
    create(client, HyperParameters={"b": "1", "a": "2"})
    for _ in snapshots(sagemaker, client, every=50, until=750):
        describe(client)
    assert all(one == other for one, other in zip(found[::2], found[1::2], strict=True))
    assert len(set(found)) > 5


def test_another_client_reads_the_same_bytes(sagemaker: SageMakerMock, client: Any) -> None:
    """A description does not depend on the client."""
    other = make_client()
    found, same = bodies(client, "DescribeTrainingJob"), bodies(other, "DescribeTrainingJob")
    create(client)
    sagemaker.clock.advance(100)
    assert describe(client) == describe(other)
    assert found == same


def test_the_first_job_is_created_exactly_at_the_start() -> None:
    """Law 4: a call is answered at the instant of its arrival; its latency passes afterwards."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        create(client)
        create(client, "second")
        assert describe(client)["CreationTime"] == START
        assert describe(client, "second")["CreationTime"] == after(0.1)
        assert mock.clock.now() == after(0.4)


def test_a_waiter_waits_for_hours_without_real_time() -> None:
    """An unchanged botocore waiter sleeps on the virtual clock."""
    with mock_sagemaker(start=START, plan=Plan.completes(training=timedelta(hours=5))) as mock:
        client = make_client()
        create(client)
        began = real.perf_counter()
        client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn", WaiterConfig={"MaxAttempts": 400})
        assert real.perf_counter() - began < PATIENCE_S
        assert mock.clock.now() - START > timedelta(hours=5)
        assert mock.jobs["churn"].status == "Completed"
        assert {sleep.duration for sleep in mock.sleeps} == {timedelta(seconds=120)}


@pytest.mark.parametrize(
    "name, plan, message",
    [
        ("churn", Plan.fails(), 'Waiter encountered a terminal failure state: For expression "TrainingJobStatus" we matched'),
        ("unknown", PLAN, "Matched expected service error code: ValidationException"),
        ("churn", Plan.hangs(), "Max attempts exceeded"),
    ],
)
def test_a_waiter_ends_with_its_known_failures(name: str, plan: Plan, message: str) -> None:
    """A failed job, an unknown job and one that never ends raise the same errors as with AWS."""
    with mock_sagemaker(start=START, plan=plan, idle_limit=None):
        client = make_client()
        create(client)
        waiter = client.get_waiter("training_job_completed_or_stopped")
        with pytest.raises(WaiterError) as stopped:
            waiter.wait(TrainingJobName=name, WaiterConfig={"MaxAttempts": 20})
    assert message in str(stopped.value)


def end_of_replay(plan: Plan, shown: dict[str, Any], offset: float) -> dict[str, Any]:
    """Play a record with its own request, and describe the job at its end."""
    with mock_sagemaker(start=START + timedelta(seconds=offset), latency=0, plan=plan) as mock:
        client = make_client()
        members = client.meta.service_model.operation_model("CreateTrainingJob").input_shape.members
        client.create_training_job(**{name: value for name, value in shown.items() if name in members})
        mock.advance_until_idle()
        return describe(client, shown["TrainingJobName"])


@pytest.mark.parametrize("record", FINISHED, ids=str)
@pytest.mark.parametrize("offset", [0, 86400.25])
def test_a_replayed_job_ends_as_it_was_recorded(record: Record, offset: float) -> None:
    """Field by field, with the instants moved: billed seconds and the late LastModifiedTime are those of the record."""
    recorded = response(record)
    shown = end_of_replay(Plan.replays(recorded), recorded, offset)
    assert shown == response(record, created=START + timedelta(seconds=offset))


@pytest.mark.parametrize("write", [datetime.isoformat, datetime.timestamp], ids=["iso", "epoch"])
@pytest.mark.parametrize("record", FINISHED, ids=str)
def test_a_replayed_file_ends_as_it_was_recorded(record: Record, write: Any, tmp_path: Path) -> None:
    """JSON of the AWS CLI is a record too, with ISO strings or epoch numbers."""
    file = tmp_path / "described.json"
    file.write_text(json.dumps(response(record), default=write), encoding="utf-8")
    assert end_of_replay(Plan.replays(file), response(record), 0) == response(record, created=START)


def test_final_metrics_and_rule_statuses_are_replayed_with_their_instants_moved() -> None:
    """They appear at the end, and not before."""
    record = FINISHED[2]
    began = record.created
    known = {
        "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.25, "Timestamp": began + timedelta(seconds=150)}],
        "DebugRuleEvaluationStatuses": [{"RuleConfigurationName": "r", "LastModifiedTime": began + timedelta(seconds=160)}],
    }
    recorded = response(record) | known
    shown = end_of_replay(Plan.replays(recorded), recorded, 0)
    assert shown["FinalMetricDataList"] == [{"MetricName": "loss", "Value": 0.25, "Timestamp": after(150)}]
    assert shown["DebugRuleEvaluationStatuses"] == [{"RuleConfigurationName": "r", "LastModifiedTime": after(160)}]
    with mock_sagemaker(start=START, plan=Plan.replays(recorded)):
        client = make_client()
        create(client)
        assert not set(known) & set(describe(client))


def test_a_replayed_job_can_be_stopped(sagemaker: SageMakerMock, client: Any) -> None:
    """A stop cuts the replay; members of the recorded end do not appear."""
    sagemaker.plan("churn", Plan.replays(response(FINISHED[0])))
    create(client)
    sagemaker.advance_until("churn", "Training")
    client.stop_training_job(TrainingJobName="churn")
    sagemaker.advance_until_idle()
    shown = describe(client)
    assert shown["SecondaryStatus"] == "Stopped"
    assert shown["BillableTimeInSeconds"] < 3031


def test_a_replay_of_an_unfinished_job_goes_on(sagemaker: SageMakerMock, client: Any) -> None:
    """After the record the rest of a default plan follows; BillableTimeInSeconds is computed."""
    recorded = response(R8)
    sagemaker.plan("churn", Plan.replays(recorded))
    create(client)
    sagemaker.clock.advance(R8.modified)
    shown = describe(client)
    assert transitions(shown) == [("Starting", 0, None, PREPARING)]
    assert shown["LastModifiedTime"] == after(R8.modified)
    sagemaker.advance_until_idle()
    shown = describe(client)
    assert [entry[0] for entry in transitions(shown)] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert shown["BillableTimeInSeconds"] == shown["TrainingTimeInSeconds"] > 0
