"""Jobs that the test creates on the mock, without a client."""

import os
import threading
from datetime import timedelta
from typing import Any

import boto3
import pytest

from sagemock import InvalidType, InvalidValue, JobView, Plan, SageMakerMock, UsageError, mock_sagemaker, outcomes
from tests.support.calling import START, YOUNG, make_client, request


@pytest.fixture
def mock() -> Any:
    """Start a mock whose calls take no time."""
    with mock_sagemaker(start=START, latency=0) as mock:
        yield mock


def test_a_job_needs_only_a_name(mock: SageMakerMock) -> None:
    """It is an ordinary job, but its creation is not among the calls."""
    view = mock.create_training_job("churn-1")
    assert isinstance(view, JobView)
    assert view.arn == mock.jobs["churn-1"].arn
    assert (view.created, view.status, mock.clock.now()) == (START, "InProgress", START)
    assert not mock.calls
    described = boto3.client("sagemaker").describe_training_job(TrainingJobName="churn-1")
    assert described["ResourceConfig"] == {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}
    assert described["RoleArn"] == "arn:aws:iam::123456789012:role/training"
    mock.advance_until("churn-1", "Completed")
    assert [one["detail"]["SecondaryStatus"] for one in mock.events][-1] == "Completed"


def test_a_job_takes_fields_and_a_plan(mock: SageMakerMock) -> None:
    """Plans of the mock stay unused."""
    mock.plan("*", Plan.completes(), times=1)
    mock.create_training_job("churn-1", plan=Plan.fails("x"), HyperParameters={"eta": "0.1"}, Tags=None)
    mock.create_training_job(
        "churn-2", plan=lambda given: Plan.hangs() if given["HyperParameters"] else Plan(), HyperParameters={"a": "b"}
    )
    mock.advance_until("churn-1", "Failed")
    assert mock.jobs["churn-1"].request["HyperParameters"] == {"eta": "0.1"}
    assert "Tags" not in mock.jobs["churn-1"].request
    assert mock.jobs["churn-2"].status == "InProgress"
    mock.create_training_job("other")
    mock.advance_until("other", "Completed")


def test_a_plan_of_the_mock_applies_too(mock: SageMakerMock) -> None:
    """Without an own plan the first one that matches the name is used."""
    mock.plan("churn-*", Plan.fails("planned"))
    mock.create_training_job("churn-1")
    mock.advance_until("churn-1", "Failed")


def test_a_job_may_be_created_as_completed(mock: SageMakerMock) -> None:
    """Everything that a finished job has is there at once."""
    mock.create_training_job("churn-1", plan=Plan.immediate())
    described = make_client().describe_training_job(TrainingJobName="churn-1")
    assert described["TrainingJobStatus"] == "Completed"
    assert described["TrainingEndTime"] == described["CreationTime"]
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": "s3://bucket/output/churn-1/output/model.tar.gz"}
    assert repr(mock.jobs["churn-1"].plan) == "Plan.immediate()"


def test_a_spot_job_has_a_max_wait_time(mock: SageMakerMock) -> None:
    """Its default StoppingCondition is one that AWS accepts for spot jobs, and lets them end in every way."""
    mock.create_training_job("spot", EnableManagedSpotTraining=True)
    mock.advance_until("spot", "Training")
    mock.interrupt("spot")
    assert mock.jobs["spot"].request["StoppingCondition"] == {"MaxRuntimeInSeconds": 86_400, "MaxWaitTimeInSeconds": 172_800}


@pytest.mark.parametrize("outcome", outcomes.ALL.values(), ids=str)
def test_a_default_spot_job_can_end_in_every_way(outcome: outcomes.Outcome) -> None:
    """Also at each of its two limits."""
    assert isinstance(outcome.plan, Plan)
    with mock_sagemaker(plan=outcome.plan) as mock:
        job = mock.create_training_job("spot", EnableManagedSpotTraining=True)
        mock.advance_until_idle()
        assert (job.status, job.secondary_status) == (outcome.status, outcome.secondary_status)


@pytest.mark.parametrize(
    "region, partition",
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("mars-1", "aws"), ("us-test-1", "aws")],
)
def test_the_partition_follows_the_region(mock: SageMakerMock, region: str, partition: str) -> None:
    """By botocore's own table."""
    view = mock.create_training_job("churn-1", region=region)
    assert view.arn == f"arn:{partition}:sagemaker:{region}:123456789012:training-job/churn-1"
    assert mock.create_training_job("churn-1", region="us-east-2").arn != view.arn


def test_a_job_has_a_region_without_an_environment(mock: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code under test may empty the environment, as `patch.dict(os.environ, clear=True)` does."""
    for name in os.environ:
        monkeypatch.delenv(name)
    views = mock.create_training_job("churn-1"), mock.create_processing_job("clean-1"), mock.create_tuning_job("tune-1")
    assert {view.region for view in views} == {"us-east-1"}


def test_the_account_is_the_mocks() -> None:
    """In the ARN, the role and the image."""
    with mock_sagemaker(account_id="210987654321") as mock:
        view = mock.create_training_job("churn-1")
        assert ":210987654321:" in view.arn
        assert view.request["RoleArn"] == "arn:aws:iam::210987654321:role/training"


def test_quotas_and_names_in_use_are_refused(mock: SageMakerMock) -> None:
    """In AWS's own words; the plan stays unused."""
    mock.quota("ml.m5.xlarge", instances=1)
    mock.create_training_job("churn-1")
    with pytest.raises(
        InvalidValue,
        match=r"^create_training_job\('churn-1'\): AWS would refuse it with ResourceInUse: .*\. Give the job another name$",
    ):
        mock.create_training_job("churn-1", plan=Plan.fails())
    with pytest.raises(
        InvalidValue,
        match=r"ResourceLimitExceeded: The account-level .*\. Set a larger quota\(\), or let a running job end before$",
    ):
        mock.create_training_job("churn-2")
    with pytest.raises(InvalidValue, match="ValidationException: MaxWaitTimeInSeconds must be specified"):
        mock.create_training_job("churn-2", EnableManagedSpotTraining=True, StoppingCondition={"MaxRuntimeInSeconds": 5})
    make_client().stop_training_job(TrainingJobName="churn-1")
    mock.advance_until("churn-1", "Stopped")
    mock.create_training_job("churn-2")


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (
            {"HyperParameter": {}},
            InvalidType,
            "create_training_job('churn-1'): CreateTrainingJob has no field 'HyperParameter'; did you mean 'HyperParameters'?",
        ),
        ({"plna": Plan()}, InvalidType, "did you mean 'plan'?"),
        ({"status": "Completed"}, InvalidType, "has no field 'status'; did you mean 'plan'?"),
        ({"TrainingJobName": "x"}, InvalidType, "the name of the job is the first argument: leave TrainingJobName out"),
        (
            {"instance_type": "ml.m5.large"},
            InvalidType,
            "InstanceType is a member of ResourceConfig: give all of ResourceConfig, which is {'InstanceType': 'ml.m5.xlarge', ",
        ),
        ({"Subnets": ["x"]}, InvalidType, "has no field 'Subnets'; Subnets is a member of VpcConfig: give all of VpcConfig"),
        ({"zzzzzz": 1}, InvalidType, "has no field 'zzzzzz'; the fields are TrainingJobName, "),
        ({"RoleArn": None}, InvalidType, 'Missing required parameter in input: "RoleArn"'),
        ({"RoleArn": 3}, InvalidType, "Invalid type for parameter RoleArn, value: 3"),
        ({"RoleArn": "x" * 20}, InvalidValue, "ValidationException: 1 validation error"),
        ({"plan": 3}, InvalidType, "plan is a Plan or a callable of the request, not 3"),
        ({"plan": lambda _: 3}, UsageError, "let it return a Plan"),
        ({"started_ago": "3"}, InvalidType, "started_ago: a duration is a timedelta or a number of seconds, not '3'"),
        ({"started_ago": -1}, InvalidValue, "started_ago is 0 or more, not -1: write"),
        ({"started_ago": 3_000_000_000}, InvalidValue, "started_ago is at most the time since 1970"),
        ({"region": "a/b"}, InvalidValue, "region is a region of AWS, not 'a/b': write region='eu-west-1'"),
        ({"region": "us-esat-1"}, InvalidValue, "region is a region of AWS, not 'us-esat-1': did you mean 'us-east-1'?"),
        ({"region": "euwest-1"}, InvalidValue, "region is a region of AWS, not 'euwest-1': did you mean 'eu-west-1'?"),
        ({"region": ""}, InvalidValue, "region is a region of AWS, and not empty"),
    ],
)
def test_an_invalid_argument_is_refused(
    mock: SageMakerMock, arguments: dict[str, Any], error: type[UsageError], message: str
) -> None:
    """The message says what to do, and no job is created."""
    with pytest.raises(error) as caught:
        mock.create_training_job("churn-1", **arguments)
    assert message in str(caught.value)
    assert not mock.jobs


def test_an_invalid_name_is_refused(mock: SageMakerMock) -> None:
    """An empty one, or another type, in our words; one that breaks a constraint in AWS's."""
    with pytest.raises(InvalidValue, match="name is the name of the job, and not empty"):
        mock.create_training_job("")
    with pytest.raises(InvalidValue, match="AWS would refuse it with ValidationException: 1 validation error"):
        mock.create_training_job("a b")
    with pytest.raises(InvalidValue, match="Value 'x{900,1000}… Mend|…. Mend the field"):
        mock.create_training_job("x" * 5000)
    with pytest.raises(InvalidType, match=r"create_training_job\(\) needs 'name': it takes name, plan"):
        mock.create_training_job()  # type: ignore[call-arg]
    with pytest.raises(
        InvalidType, match=r"create_training_job\(\) has no 'TrainingJobName': did you mean 'name'\? It takes name, plan"
    ):
        mock.create_training_job(TrainingJobName="churn-1")  # type: ignore[call-arg]


def test_a_misplaced_field_is_found_two_levels_deep(mock: SageMakerMock) -> None:
    """The request of a processing job has its instances there."""
    with pytest.raises(
        InvalidType, match="InstanceType is a member of ProcessingResources.ClusterConfig: give all of Processing"
    ):
        mock.create_processing_job("churn-1", InstanceType="ml.m5.large")


def test_without_validation_any_request_is_accepted() -> None:
    """As from a client."""
    with mock_sagemaker(validate=False) as mock:
        assert mock.create_training_job("a b").name == "a b"


def test_handlers_get_its_first_event_at_once(mock: SageMakerMock) -> None:
    """Before the call returns."""
    heard: list[str] = []
    mock.on_event(lambda event: heard.append(event["detail"]["SecondaryStatus"]))
    mock.create_training_job("churn-1")
    assert heard == ["Starting"]


def test_the_service_model_of_the_last_client_decides(mock: SageMakerMock) -> None:
    """A job cannot have what an old service model does not know."""
    make_client().create_training_job(**request("before"))
    assert mock.create_training_job("after").arn == mock.jobs["before"].arn.replace("before", "after")


def test_a_backdated_job_is_in_the_middle_of_its_life(mock: SageMakerMock) -> None:
    """Created an hour ago, it trains; handlers get only its later events, and the record has all."""
    heard: list[str] = []
    mock.on_event(lambda event: heard.append(event["detail"]["SecondaryStatus"]))
    view = mock.create_training_job("churn-1", started_ago=timedelta(hours=1), plan=Plan.completes(training=7200))
    assert (view.created, view.secondary_status) == (START - timedelta(hours=1), "Training")
    assert heard == []
    assert [one["detail"]["SecondaryStatus"] for one in mock.events] == ["Starting", "Downloading", "Training"]
    mock.advance_until("churn-1", "Completed")
    assert heard == ["Uploading", "Completed"]
    assert mock.clock.now() < START + timedelta(hours=1, minutes=5)


def test_a_change_at_the_present_instant_reaches_handlers(mock: SageMakerMock) -> None:
    """It happens now."""
    heard: list[str] = []
    mock.on_event(lambda event: heard.append(event["detail"]["SecondaryStatus"]))
    mock.create_training_job("churn-1", started_ago=60, plan=Plan.completes(starting=60))
    assert heard == ["Downloading"]


@YOUNG
def test_jobs_are_listed_by_their_creation_instants(mock: SageMakerMock) -> None:
    """Not by the order of the calls: page by page, in both directions, and in the pictures."""
    for name, ago in (("now", 0), ("old", 7200), ("older", 10_800), ("new", 3600)):
        mock.create_training_job(name, started_ago=ago)
    client = make_client()
    for order, names in (("Ascending", ["older", "old", "new", "now"]), ("Descending", ["now", "new", "old", "older"])):
        pages = client.get_paginator("list_training_jobs").paginate(SortOrder=order, PaginationConfig={"PageSize": 1})
        assert [one["TrainingJobName"] for page in pages for one in page["TrainingJobSummaries"]] == names
    assert list(mock.jobs) == ["older", "old", "new", "now"]
    mock.clock.advance(days=1)
    client.delete_training_job(TrainingJobName="old")
    mock.clock.advance(days=1)
    assert list(mock.jobs) == ["older", "new", "now"]


def test_a_backdated_job_takes_no_warm_pool(mock: SageMakerMock) -> None:
    """At its creation the pool did not exist."""
    keeps = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "KeepAlivePeriodInSeconds": 3600}
    mock.create_training_job("first", ResourceConfig=keeps)
    mock.advance_until("first", "Completed")
    mock.create_training_job("past", ResourceConfig=keeps, started_ago=60)
    assert make_client().describe_training_job(TrainingJobName="first")["WarmPoolStatus"]["Status"] == "Available"
    mock.create_training_job("next", ResourceConfig=keeps)
    assert make_client().describe_training_job(TrainingJobName="first")["WarmPoolStatus"]["Status"] == "Reused"


def test_a_finished_mock_creates_nothing(mock: SageMakerMock) -> None:
    """As with every verb."""
    with mock_sagemaker() as over:
        pass
    with pytest.raises(UsageError, match="this mock is over"):
        over.create_training_job("churn-1")


def test_a_thread_may_create_a_job(mock: SageMakerMock) -> None:
    """While another thread sleeps."""
    done = threading.Thread(target=lambda: mock.create_training_job("churn-1"))
    done.start()
    done.join()
    mock.clock.advance(timedelta(hours=1))
    assert mock.jobs["churn-1"].status == "Completed"
