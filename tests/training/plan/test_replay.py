"""Replays agree with their records; what a record leaves out is filled in."""

import json
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US, instant_us
from sagemock.errors import PlanError
from sagemock.service.describe import members_now
from sagemock.training import status
from sagemock.training.job import Job
from sagemock.training.plan.forms import formed
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.recording import Recorded, read
from sagemock.training.snapshot import snapshot
from tests.protocol.shapes import of_sagemaker
from tests.support.partial_records import EVENT, G1, L1, P1, PARTIAL_RECORDS, SUMMARY, SWIFT
from tests.support.recorded import RECORDED, described
from tests.support.records import RECORDS, response
from tests.support.strategies import START_US, instants, job_playing

EVERY: dict[str, dict[str, Any]] = {
    **{f"described {one.what}": described(one) for one in RECORDED},
    **{str(one): response(one) for one in RECORDS},
    **PARTIAL_RECORDS,
}
LEADS_TO = {
    status.PREPARING_THE_INSTANCES: {
        status.STARTING_THE_JOB, status.LAUNCHING_INSTANCES, status.WAITING_FOR_CAPACITY, status.NO_CAPACITY,
    },
    status.TRAINING_IMAGE: {status.INPUT_DATA},
    status.IN_PROGRESS: {status.TRAINING_IMAGE},
    status.MESSAGES["Stopped"]: {status.WAITING_FOR_CAPACITY},
}  # fmt: skip
"""The messages that may come before an entry's last message (records and logs)."""
REQUEST = {"TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b"}}


def job_replaying(record: dict[str, Any]) -> Job:
    """Return a job that replays a record."""
    return job_playing(Plan.replays(record), REQUEST)


def check(job: Job, record: dict[str, Any], recorded: Recorded, now_us: int) -> None:
    """Check a description at an instant against the record."""
    at = snapshot(job, now_us)
    offset_us = now_us - START_US
    known = [(one.status, one.start_us, one.end_us, one.message) for one in recorded.entries]
    end_of_replay = [(one.status, one.start_us - START_US, one.end_us, one.message) for one in at.transitions]
    if recorded.ending is None and offset_us > recorded.modified_us:
        # The record ends here.
        return
    *closed, (name, start_us, end_us, message) = end_of_replay
    assert [(one, begin, None if end is None else end - START_US, text) for one, begin, end, text in closed] == known[
        : len(closed)
    ]
    assert start_us <= offset_us
    if name in status.ENDINGS:
        assert (name, message, len(closed)) == (recorded.ending, recorded.last_message, len(known))
        assert at.primary == status.PRIMARY_OF_ENDING[name]
        assert start_us == known[-1][2]
    else:
        assert end_us is None
        assert (name, start_us) == known[len(closed)][:2]
        last = known[len(closed)][3]
        assert message == last or message in LEADS_TO[last]
        assert at.primary in ("InProgress", "Stopping")
    if at.primary == "Stopping":
        assert recorded.stopping or (recorded.ending and status.PRIMARY_OF_ENDING[recorded.ending] == "Stopped")
    assert at.modified_us <= now_us
    assert at.modified_us - START_US <= max(recorded.modified_us, known[-1][2] or 0)
    if at.started_us is not None:
        assert at.started_us <= now_us
        assert recorded.started_us in (None, at.started_us - START_US)


@pytest.mark.parametrize("name", EVERY)
@given(data=st.data())
def test_a_replay_never_contradicts_its_record(name: str, data: st.DataObject) -> None:
    """At any instant: entries, messages and TrainingStartTime. Nothing is shown earlier than it can have been known."""
    record = EVERY[name]
    job, recorded = job_replaying(record), read(formed(record).response)
    when = data.draw(st.sampled_from(instants(job)) | st.integers(START_US, job.last_us + SECOND_US))
    check(job, record, recorded, when)


@pytest.mark.parametrize("name", EVERY)
def test_a_replay_changes_step_by_step(name: str) -> None:
    """LastModifiedTime moves with every change, and TrainingJobStatus never goes back."""
    job = job_replaying(EVERY[name])
    looks = [snapshot(job, job.created_us + change.at_us) for change in job.timeline.changes]
    order = ["InProgress", "Stopping", "Stopped", "Completed", "Failed"]
    for one, other in pairwise(looks):
        assert other.modified_us >= one.modified_us
        assert order.index(other.primary) >= order.index(one.primary)
    if looks[-1].primary == "Stopped":
        assert "Stopping" in [look.primary for look in looks]


def changes_of(record: dict[str, Any]) -> list[tuple[str, str, str, float]]:
    """Return each change of a replay: statuses, message, seconds."""
    return [(one.primary, one.secondary, one.message, one.at_us / SECOND_US) for one in job_replaying(record).timeline.changes]


def test_a_stop_while_pending_is_replayed() -> None:
    """The call comes before the end, by as much as for three recorded jobs; the message changes with it."""
    assert changes_of(P1) == [
        ("InProgress", "Starting", "Starting the training job", 0),
        ("InProgress", "Pending", "Training job waiting for capacity", 0.192),
        ("Stopping", "Pending", "Training job stopped", 327.77),
        ("Stopped", "Stopped", "Training job stopped", 366.07),
    ]
    job = job_replaying(P1)
    end = snapshot(job, job.last_us)
    assert (end.started_us, end.billable_s, end.ended_us) == (None, None, START_US + 366_070_000)


def test_a_stop_without_time_in_stopping_shows_in_the_status_before() -> None:
    """From a log of 2019: the job was in Starting when it was stopped."""
    assert [(primary, name, at) for primary, name, _, at in changes_of(SWIFT)][-5:] == [
        ("InProgress", "Starting", 36.0 - 0.3),
        ("Stopping", "Starting", 60),
        ("Stopping", "Downloading", 70),
        ("Stopping", "Stopping", 70),
        ("Stopped", "Stopped", 70),
    ]


def test_an_upload_is_replayed_as_stopping_if_the_job_was_stopped_in_it() -> None:
    """Its record has no Stopping entry; a job whose stop took no time is Stopped at once."""
    record = deepcopy(L1)
    record["SecondaryStatusTransitions"][-1]["Status"] = record["SecondaryStatus"] = record["TrainingJobStatus"] = "Stopped"
    assert [(one[0], one[1]) for one in changes_of(record)][-3:] == [
        ("InProgress", "Uploading"),
        ("Stopping", "Uploading"),
        ("Stopped", "Stopped"),
    ]
    [starting, *_, stopped] = SWIFT["SecondaryStatusTransitions"]
    brief = {
        "SecondaryStatusTransitions": [
            {**starting, "EndTime": starting["StartTime"]},
            {**stopped, "StartTime": starting["StartTime"]},
        ]
    }
    assert [one[0] for one in changes_of(brief)] == ["Stopping", "Stopped"]
    with pytest.raises(PlanError, match="a plan has at least one phase"):
        Plan.replays({"SecondaryStatusTransitions": [stopped]})


@pytest.mark.parametrize(
    "created, message, more, texts",
    [
        ("2021-12-01T00:00:00Z", status.PREPARING_THE_INSTANCES, {}, "Starting the,Launching requested,Preparing the@45.9"),
        ("2022-03-01T00:00:00Z", status.PREPARING_THE_INSTANCES, {}, "Starting the,Preparing the@24.3"),
        ("2026-03-01T00:00:00Z", status.LAUNCHING_INSTANCES, {}, "Starting the,Launching requested@4.05"),
        ("2026-03-01T00:00:00Z", status.NO_CAPACITY, {}, "Insufficient capacity@0"),
    ],
)
def test_starting_shows_the_messages_of_its_year(created: str, message: str, more: dict[str, Any], texts: str) -> None:
    """The message "Launching requested ML instances" is in no log from 2022-02 on."""
    end = f"{created[:10]}T00:01:30Z"
    entry = {"Status": "Starting", "StartTime": created, "EndTime": end, "StatusMessage": message}
    last = {"Status": "Failed", "StartTime": end, "EndTime": end}
    found = [one for one in changes_of({"SecondaryStatusTransitions": [entry, last], **more}) if one[1] == "Starting"]
    assert f"{','.join(' '.join(text.split()[:2]) for *_, text, _ in found)}@{found[-1][3]:g}" == texts


def test_data_is_downloaded_before_the_image() -> None:
    """If the record shows that there was input data; until 2023 the image was pulled in Training."""
    data = [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/p"}}}]
    texts = [text for _, name, text, _ in changes_of({**L1, "InputDataConfig": data}) if name == "Downloading"]
    assert texts == [status.INPUT_DATA, status.TRAINING_IMAGE]
    assert [text for _, name, text, _ in changes_of(L1) if name == "Downloading"] == [status.TRAINING_IMAGE]
    old = described(RECORDED[0])
    old["SecondaryStatusTransitions"][1]["StatusMessage"] = status.INPUT_DATA
    assert [text for _, name, text, _ in changes_of(old) if name == "Training"] == [status.TRAINING_IMAGE, status.IN_PROGRESS]


# -- null


def end_of_replay(record: dict[str, Any]) -> dict[str, Any]:
    """Return the description at the end of a replay."""
    job = job_replaying(record)
    return members_now(of_sagemaker(), job, snapshot(job, job.last_us), None)


def test_null_in_a_record_is_null_in_its_replay() -> None:
    """For members that ended jobs usually have; a running job says nothing about its end."""
    nulls = ("ModelArtifacts", "BillableTimeInSeconds", "TrainingTimeInSeconds", "FinalMetricDataList")
    found = end_of_replay({**L1, **dict.fromkeys(nulls)})
    assert {name: found.get(name, "absent") for name in nulls} == dict.fromkeys(nulls)
    assert end_of_replay(L1)["ModelArtifacts"] is not None
    assert "TrainingStartTime" in end_of_replay({name: value for name, value in L1.items() if name != "TrainingStartTime"})
    assert end_of_replay({**L1, "TrainingStartTime": None})["TrainingStartTime"] is None
    assert end_of_replay({**EVENT, "detail": {**EVENT["detail"], "ModelArtifacts": None}})["ModelArtifacts"] is not None


@pytest.mark.parametrize(
    "plan, request_, has_model",
    [
        (Plan(), {}, True),
        (Plan(model=False), {}, False),
        (
            Plan(),
            {"ServerlessJobConfig": {"BaseModelArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/p/Model/nova-lite/1"}},
            False,
        ),
        (Plan(model=True), {"ServerlessJobConfig": {"BaseModelArn": "arn:…/nova-lite/1"}}, True),
        (Plan(), {"ServerlessJobConfig": {"BaseModelArn": "arn:…/llama/1"}}, True),
    ],
)
def test_a_completed_job_may_have_no_model(plan: Plan, request_: dict[str, Any], has_model: bool) -> None:  # noqa: FBT001  # a column of the table
    """See aws/sagemaker-python-sdk#6091: for a serverless job on Nova the service answered null."""
    job = job_playing(plan, {**REQUEST, **request_})
    end = snapshot(job, job.last_us)
    assert end.artifacts is has_model
    assert (members_now(of_sagemaker(), job, end, None)["ModelArtifacts"] is not None) is has_model


# -- forms of records


def test_a_record_without_transitions_gets_a_default_life_between_its_instants() -> None:
    """Its members are kept, and the error text says what was filled in."""
    found = read(G1)
    assert [(one.status, one.start_us / SECOND_US) for one in found.entries] == [
        ("Starting", 0), ("Downloading", 106), ("Training", 126), ("Uploading", 896),
    ]  # fmt: skip
    assert (found.ended_us, found.training_s) == (907 * SECOND_US, 801)
    assert found.filled == (
        "It has no SecondaryStatusTransitions: what lies between its instants is a normal life by the default durations.",
    )
    assert read(P1).filled == ("It has no CreationTime: the beginning of its first status is taken.",)
    assert read(L1).filled == ("It lacks messages: each status has its usual one.",)
    assert read(SWIFT).filled == read(P1).filled
    assert read(EVENT).filled == ()
    end = end_of_replay(G1)
    assert (end["TrainingTimeInSeconds"], end["FinalMetricDataList"][0]["MetricName"]) == (801, "abs_error")


def times(record: dict[str, Any]) -> str:
    """Return the entries of a record as text, with their starts in seconds."""
    found = read(record)
    ends = [] if found.ending is None else [f"{found.ending}@{(found.entries[-1].end_us or 0) / SECOND_US:g}"]
    return " ".join([*(f"{one.status}@{one.start_us / SECOND_US:g}" for one in found.entries), *ends])


CREATED = "2025-05-16T10:00:00Z"


@pytest.mark.parametrize(
    "record, life",
    [
        (SUMMARY, "Starting@0 Downloading@55 Training@135 Uploading@1189 Completed@1200"),
        ({"TrainingJobStatus": "Failed"}, "Starting@0 Failed@90"),
        ({"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}, "Starting@0 Stopped@90"),
        ({"TrainingJobStatus": "Failed", "LastModifiedTime": None}, "Starting@0 Failed@0"),
        ({"TrainingJobStatus": "Completed"}, "Starting@0 Downloading@55 Training@85.7692 Uploading@85.7692 Completed@90"),
        (
            {
                "TrainingJobStatus": "Stopped",
                "TrainingStartTime": "2025-05-16T10:00:10Z",
                "TrainingEndTime": "2025-05-16T10:05:00Z",
            },
            "Starting@0 Downloading@10 Training@90 Stopping@284 Uploading@289 Stopped@300",
        ),
        ({"TrainingJobStatus": "InProgress"}, "Starting@0"),
        ({"TrainingJobStatus": "InProgress", "LastModifiedTime": None}, "Starting@0"),
        ({"TrainingJobStatus": "InProgress", "SecondaryStatus": "Pending"}, "Starting@0 Pending@90"),
        (
            {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Downloading", "TrainingStartTime": "2025-05-16T10:00:10Z"},
            "Starting@0 Downloading@10",
        ),
        ({"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"}, "Starting@0 Downloading@55 Training@90"),
        (
            {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Interrupted"},
            "Starting@0 Downloading@55 Training@90 Interrupted@90",
        ),
        (
            {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Uploading"},
            "Starting@0 Downloading@55 Training@90 Uploading@90",
        ),
    ],
)
def test_a_life_is_built_between_the_instants_that_are_known(record: dict[str, Any], life: str) -> None:
    """As in a list member, or selected fields."""
    whole = (
        record if "CreationTime" in record else {"CreationTime": CREATED, "LastModifiedTime": "2025-05-16T10:01:30Z", **record}
    )
    assert times(whole) == life
    assert job_replaying(whole).timeline.changes[0].secondary == "Starting"


def test_an_event_is_read_whole_or_by_its_detail() -> None:
    """Milliseconds, also as text; its entries have no ends, and the last one is open."""
    assert read(EVENT) == read(EVENT["detail"])
    assert times(EVENT) == "Starting@0 Downloading@3.675 Training@24.881"
    assert read(EVENT).entries[-1].end_us is None
    assert read(EVENT).created_us == instant_us("2023-10-04T13:46:22.554Z")
    detail = EVENT["detail"]
    over = {"Status": "Completed", "StartTime": 1696427307435, "StatusMessage": "Training job completed"}
    ended = {**detail, "SecondaryStatusTransitions": [*detail["SecondaryStatusTransitions"], over]}
    assert times(ended) == "Starting@0 Downloading@3.675 Training@24.881 Completed@124.881"
    assert formed({"detail": 5}).response == {"detail": 5}


def test_a_record_of_any_form_is_played_from_a_file(tmp_path: Path) -> None:
    """As from a dictionary."""
    for name, record in PARTIAL_RECORDS.items():
        path = tmp_path / name
        path.write_text(json.dumps(record), "utf-8")
        assert Plan.replays(path) == Plan.replays(record)
        life = job_replaying(record)
        assert life.timeline.last_us >= 0
        assert read(record).created_us + timedelta(days=1).total_seconds() > 0
