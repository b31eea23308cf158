import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from botocore.model import StructureShape
from hypothesis import given

from sagemock.clock.instants import SECOND_US, instant
from sagemock.events.envelope import Event, event
from sagemock.jobs.history import Seen, occurrences
from sagemock.jobs.interventions import Stop
from sagemock.service.describe import constant_members, members_now
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from sagemock.training.snapshot import snapshot
from sagemock.training.warm_pool import pool
from tests.protocol.shapes import of_sagemaker
from tests.support.calling import YOUNG, problems, request
from tests.support.strategies import START_US, job_playing, lives

CREATED_US = 1_696_427_182_554_321
"""2023-10-04T13:46:22.554321Z."""
PLAN = Plan.completes(starting=3.675, downloading=21.206, training=60, uploading=9)
API = of_sagemaker()


def events(job: Job, *, seed: int = 0) -> list[Event]:
    """Return all events of a job's life, as it is planned now."""
    return [event(API, one, seed) for one in occurrences(job, Seen())]


def by_status(job: Job) -> dict[str, Any]:
    """Return the details of a job's events, keyed by their statuses."""
    return {f"{one['detail']['TrainingJobStatus']}/{one['detail']['SecondaryStatus']}": one["detail"] for one in events(job)}


def test_the_envelope_is_that_of_eventbridge() -> None:
    """Milliseconds, nulls, tags as a map, the ARN among the resources, the time to the second."""
    asked = request("churn", HyperParameters={"eta": "0.2"}, InputDataConfig=[{"ChannelName": "train", "DataSource": {}}])
    job = replace(job_playing(PLAN, asked, created_us=CREATED_US), tags=(("project", "churn"), ("user", "ann")))
    arn = "arn:aws:sagemaker:us-west-2:123456789012:training-job/churn"
    training = events(job)[2]
    detail = training.pop("detail")
    assert UUID(training.pop("id")).version == 4
    assert training == {
        "version": "0",
        "detail-type": "SageMaker Training Job State Change",
        "source": "aws.sagemaker",
        "account": "123456789012",
        "time": "2023-10-04T13:46:47Z",
        "region": "us-west-2",
        "resources": [arn],
    }
    shown = {name: value for name, value in detail.items() if value is not None}
    algorithm, channel = shown.pop("AlgorithmSpecification"), shown.pop("InputDataConfig")[0]
    resources, condition = shown.pop("ResourceConfig"), shown.pop("StoppingCondition")
    assert (algorithm["TrainingInputMode"], algorithm["AlgorithmName"]) == ("File", None)
    assert (channel["ChannelName"], channel["DataSource"]["S3DataSource"], channel["ContentType"]) == ("train", None, None)
    assert (resources["InstanceType"], resources["VolumeKmsKeyId"]) == ("ml.m5.large", None)
    assert (condition["MaxRuntimeInSeconds"], condition["MaxWaitTimeInSeconds"]) == (86400, None)
    assert shown == {
        "TrainingJobName": "churn",
        "TrainingJobArn": arn,
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "HyperParameters": {"eta": "0.2"},
        "RoleArn": "arn:aws:iam::123456789012:role/Training",
        "OutputDataConfig": {"S3OutputPath": "s3://churn/models", "KmsKeyId": "", "CompressionType": "GZIP"},
        "CreationTime": 1_696_427_182_554,
        "TrainingStartTime": 1_696_427_186_229,
        "LastModifiedTime": 1_696_427_207_435,
        "SecondaryStatusTransitions": [
            {
                "Status": "Starting",
                "StartTime": 1_696_427_182_554,
                "EndTime": 1_696_427_186_229,
                "StatusMessage": "Preparing the instances for training",
            },
            {
                "Status": "Downloading",
                "StartTime": 1_696_427_186_229,
                "EndTime": 1_696_427_207_435,
                "StatusMessage": "Downloading the training image",
            },
            {
                "Status": "Training",
                "StartTime": 1_696_427_207_435,
                "EndTime": None,
                "StatusMessage": "Training image download completed. Training in progress.",
            },
        ],
        "TrainingTimeInSeconds": 21,
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        "ProfilingStatus": "Disabled",
        "Tags": {"project": "churn", "user": "ann"},
    }


@pytest.mark.parametrize("absent", ["FailureReason", "TrainingEndTime", "TuningJobArn", "ModelArtifacts", "VpcConfig"])
def test_missing_values_are_null(absent: str) -> None:
    """Unlike in DescribeTrainingJob, where they are absent."""
    training = by_status(job_playing(PLAN, request("churn")))["InProgress/Training"]
    assert training[absent] is None
    assert training["Tags"] == {}


def test_each_change_of_a_status_has_an_event() -> None:
    """Also a change of TrainingJobStatus alone; a new message alone has none."""
    job = job_playing(PLAN, request("churn"), created_us=CREATED_US).after(Stop(2 * SECOND_US))
    assert [(one["detail"]["TrainingJobStatus"], one["detail"]["SecondaryStatus"], one["time"][-3:]) for one in events(job)] == [
        ("InProgress", "Starting", "22Z"),
        ("Stopping", "Starting", "24Z"),
        ("Stopping", "Downloading", "34Z"),
        ("Stopping", "Stopping", "34Z"),
        ("Stopped", "Stopped", "34Z"),
    ]


def test_events_of_one_instant_show_one_change_each() -> None:
    """Later changes are not in them."""
    found = by_status(job_playing(Plan.completes(starting=0, downloading=0, training=0, uploading=0), request("churn")))
    assert [len(detail["SecondaryStatusTransitions"]) for detail in found.values()] == [1, 2, 3, 4, 5]
    assert found["InProgress/Starting"]["TrainingStartTime"] is None
    assert found["InProgress/Downloading"]["TrainingStartTime"] == START_US // 1000
    assert found["InProgress/Uploading"]["TrainingEndTime"] is None
    assert found["Completed/Completed"]["TrainingEndTime"] == START_US // 1000
    retained = replace(job_playing(Plan.completes(training=60, uploading=0), request("churn")), retains=600)
    retained = replace(retained, script=replace(retained.script, retains=True))
    pools = {status: detail["WarmPoolStatus"]["Status"] for status, detail in by_status(retained).items()}
    assert pools["InProgress/Uploading"] == "InUse"
    assert pools["Completed/Completed"] == "Available"


def test_a_failure_has_its_reason() -> None:
    """In the event of the failure, and in no earlier event."""
    found = by_status(job_playing(Plan.fails("AlgorithmError: KeyError: 'train'"), request("churn")))
    assert found["Failed/Failed"]["FailureReason"] == "AlgorithmError: KeyError: 'train'"
    assert {detail["FailureReason"] for status, detail in found.items() if status != "Failed/Failed"} == {None}


def test_an_id_is_the_same_in_each_run() -> None:
    """It depends on the mock's seed, the job and the change."""
    job = job_playing(PLAN, request("churn"))
    ids = [one["id"] for one in events(job)]
    assert ids == [one["id"] for one in events(job)]
    others = [replace(job, number=2), replace(job, name="other")]
    known = {*ids, *(one["id"] for other in others for one in events(other)), *(one["id"] for one in events(job, seed=1))}
    assert len(known) == 4 * len(ids)


def test_an_event_belongs_to_its_reader() -> None:
    """Changing it changes nothing else."""
    job = job_playing(PLAN, request("churn"))
    first = events(job)[0]
    first["detail"]["ResourceConfig"]["InstanceCount"] = 7
    first["detail"]["Tags"]["a"] = "b"
    assert events(job)[0]["detail"]["ResourceConfig"]["InstanceCount"] == 1
    assert events(job)[0]["detail"]["Tags"] == {}


def as_description(value: Any, shape: Any) -> Any:
    """Return the detail of an event in the form of DescribeTrainingJob: without nulls, with seconds."""
    if isinstance(shape, StructureShape):
        return {name: as_description(value[name], shape.members[name]) for name in shape.members if value[name] is not None}
    if isinstance(value, list):
        return [as_description(one, shape.member) for one in value]
    return value / 1000 if shape.type_name == "timestamp" else value


@YOUNG
@given(lives())
def test_an_event_equals_the_description(records: tuple[Job, ...]) -> None:
    """At the last change of its instant; it is JSON, with every member that the service model has."""
    job = records[-1]
    shape = API.output("DescribeTrainingJob")
    assert shape is not None
    for one in occurrences(job, Seen()):
        sent = event(API, one, 0)
        assert json.loads(json.dumps(sent)) == sent
        assert list(sent["detail"]) == [*shape.members, "Tags"]
        shown = as_description(sent["detail"], shape)
        assert not list(problems(shape, shown, "detail"))
        assert sent["time"] == f"{instant(one.at_us):%Y-%m-%dT%H:%M:%SZ}"
        if one.changes_so_far == len(job.timeline.until(one.at_us - job.created_us)):
            assert shown == {
                **constant_members(API, job),
                **members_now(API, job, snapshot(job, one.at_us), pool(job, one.at_us)),
            }
