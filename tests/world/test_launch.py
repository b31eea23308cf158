"""Jobs that a test creates without a client."""

import threading
from datetime import timedelta
from typing import Any

import boto3
import pytest

from sagemock import InvalidType, InvalidValue, JobView, Plan, SageMakerMock, UsageError, mock_sagemaker
from tests.support.calling import START, YOUNG, make_client, request


@pytest.fixture
def mock() -> Any:
    """Give a mock in which no call takes time."""
    with mock_sagemaker(start=START, latency=0) as mock:
        yield mock


def test_a_job_needs_nothing_but_a_name(mock: SageMakerMock) -> None:
    """It is a job like any other, and nothing of its creation is on record."""
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


def test_its_fields_and_its_plan_are_its_own(mock: SageMakerMock) -> None:
    """Other plans are for other jobs, and stay unused."""
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


def test_a_plan_of_the_mock_is_for_it_too(mock: SageMakerMock) -> None:
    """Without a plan of its own the job gets the first that matches."""
    mock.plan("churn-*", Plan.fails("planned"))
    mock.create_training_job("churn-1")
    mock.advance_until("churn-1", "Failed")


def test_a_job_may_be_born_completed(mock: SageMakerMock) -> None:
    """All that a finished job has is there when its creation answers."""
    mock.create_training_job("churn-1", plan=Plan.immediate())
    described = make_client().describe_training_job(TrainingJobName="churn-1")
    assert described["TrainingJobStatus"] == "Completed"
    assert described["TrainingEndTime"] == described["CreationTime"]
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": "s3://bucket/output/churn-1/output/model.tar.gz"}
    assert repr(mock.jobs["churn-1"].plan) == "Plan.immediate()"


def test_a_spot_job_waits_as_long_as_it_runs(mock: SageMakerMock) -> None:
    """The default StoppingCondition is one that AWS takes for it."""
    mock.create_training_job("spot", EnableManagedSpotTraining=True)
    mock.advance_until("spot", "Training")
    mock.interrupt("spot")
    assert mock.jobs["spot"].request["StoppingCondition"]["MaxWaitTimeInSeconds"] == 86_400


@pytest.mark.parametrize(
    "region, partition", [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("mars-1", "aws")]
)
def test_a_region_has_its_partition(mock: SageMakerMock, region: str, partition: str) -> None:
    """By botocore's own table."""
    view = mock.create_training_job("churn-1", region=region)
    assert view.arn == f"arn:{partition}:sagemaker:{region}:123456789012:training-job/churn-1"
    assert mock.create_training_job("churn-1", region="us-east-2").arn != view.arn


def test_its_account_is_the_mocks() -> None:
    """In its ARN, its role and its image."""
    with mock_sagemaker(account_id="210987654321") as mock:
        view = mock.create_training_job("churn-1")
        assert ":210987654321:" in view.arn
        assert view.request["RoleArn"] == "arn:aws:iam::210987654321:role/training"


def test_quotas_and_names_count(mock: SageMakerMock) -> None:
    """AWS's own words say why it would refuse, and nothing is left of the plan."""
    mock.quota("ml.m5.xlarge", instances=1)
    mock.create_training_job("churn-1")
    with pytest.raises(
        InvalidValue,
        match=r"^create_training_job\('churn-1'\): AWS would refuse it with ResourceInUse: Training job names must be unique",
    ):
        mock.create_training_job("churn-1", plan=Plan.fails())
    with pytest.raises(InvalidValue, match="ResourceLimitExceeded: The account-level service limit"):
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
        ({"zzzzzz": 1}, InvalidType, "has no field 'zzzzzz'; the fields are TrainingJobName, "),
        ({"RoleArn": None}, InvalidType, 'Missing required parameter in input: "RoleArn"'),
        ({"RoleArn": 3}, InvalidType, "Invalid type for parameter RoleArn, value: 3"),
        ({"RoleArn": "x" * 20}, InvalidValue, "ValidationException: 1 validation error"),
        ({"plan": 3}, InvalidType, "plan is a Plan or a callable of the request, not 3"),
        ({"plan": lambda _: 3}, UsageError, "let it return a Plan"),
        ({"started_ago": "3"}, InvalidType, "started_ago: a duration is a timedelta or a number of seconds, not '3'"),
        ({"started_ago": -1}, InvalidValue, "started_ago is not -1: it is not negative"),
        ({"started_ago": 3_000_000_000}, InvalidValue, "started_ago is at most the time since 1970"),
        ({"region": "a/b"}, InvalidValue, "region is a region of AWS, not 'a/b': write region='eu-west-1'"),
        ({"region": ""}, InvalidValue, "region is a region of AWS, and not empty"),
    ],
)
def test_what_has_no_meaning_is_refused(
    mock: SageMakerMock, arguments: dict[str, Any], error: type[UsageError], message: str
) -> None:
    """With what to do, and no job is there."""
    with pytest.raises(error) as caught:
        mock.create_training_job("churn-1", **arguments)
    assert message in str(caught.value)
    assert not mock.jobs


def test_a_job_needs_a_name_that_aws_takes(mock: SageMakerMock) -> None:
    """An empty one and one of another kind are refused here, one that breaks a constraint in AWS's words."""
    with pytest.raises(InvalidValue, match="name is the name of the job, and not empty"):
        mock.create_training_job("")
    with pytest.raises(InvalidValue, match="AWS would refuse it with ValidationException: 1 validation error"):
        mock.create_training_job("a b")
    with pytest.raises(InvalidValue, match="Value 'x{900,1000}… Mend|…. Mend the field"):
        mock.create_training_job("x" * 5000)
    with pytest.raises(InvalidType, match=r"create_training_job\(\) was called without name: it takes name, plan"):
        mock.create_training_job()  # type: ignore[call-arg]


def test_an_unchecked_mock_takes_anything() -> None:
    """With validate=False, as from a client."""
    with mock_sagemaker(validate=False) as mock:
        assert mock.create_training_job("a b").name == "a b"


def test_handlers_hear_of_it_at_once(mock: SageMakerMock) -> None:
    """The first event is delivered before the call returns."""
    heard: list[str] = []
    mock.on_event(lambda event: heard.append(event["detail"]["SecondaryStatus"]))
    mock.create_training_job("churn-1")
    assert heard == ["Starting"]


def test_the_model_of_the_last_client_decides(mock: SageMakerMock) -> None:
    """What an old service model does not know, a job cannot have."""
    make_client().create_training_job(**request("before"))
    assert mock.create_training_job("after").arn == mock.jobs["before"].arn.replace("before", "after")


def test_a_job_may_be_in_the_midst_of_its_life(mock: SageMakerMock) -> None:
    """Created an hour ago, it trains; what it does from now on is heard, and all it did is among the events."""
    heard: list[str] = []
    mock.on_event(lambda event: heard.append(event["detail"]["SecondaryStatus"]))
    view = mock.create_training_job("churn-1", started_ago=timedelta(hours=1), plan=Plan.completes(training=7200))
    assert (view.created, view.secondary_status) == (START - timedelta(hours=1), "Training")
    assert heard == []
    assert [one["detail"]["SecondaryStatus"] for one in mock.events] == ["Starting", "Downloading", "Training"]
    mock.advance_until("churn-1", "Completed")
    assert heard == ["Uploading", "Completed"]
    assert mock.clock.now() < START + timedelta(hours=1, minutes=5)


def test_a_change_at_this_very_instant_is_heard(mock: SageMakerMock) -> None:
    """It happens now."""
    heard: list[str] = []
    mock.on_event(lambda event: heard.append(event["detail"]["SecondaryStatus"]))
    mock.create_training_job("churn-1", started_ago=60, plan=Plan.completes(starting=60))
    assert heard == ["Downloading"]


@YOUNG
def test_jobs_are_listed_in_the_order_of_their_creation(mock: SageMakerMock) -> None:
    """Whichever was made last, page by page, in both directions; and so in the pictures."""
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


def test_a_job_of_the_past_takes_no_warm_pool(mock: SageMakerMock) -> None:
    """It was created when there was none."""
    keeps = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "KeepAlivePeriodInSeconds": 3600}
    mock.create_training_job("first", ResourceConfig=keeps)
    mock.advance_until("first", "Completed")
    mock.create_training_job("past", ResourceConfig=keeps, started_ago=60)
    assert make_client().describe_training_job(TrainingJobName="first")["WarmPoolStatus"]["Status"] == "Available"
    mock.create_training_job("next", ResourceConfig=keeps)
    assert make_client().describe_training_job(TrainingJobName="first")["WarmPoolStatus"]["Status"] == "Reused"


def test_a_mock_that_is_over_creates_nothing(mock: SageMakerMock) -> None:
    """As with every verb."""
    with mock_sagemaker() as over:
        pass
    with pytest.raises(UsageError, match="this mock is over"):
        over.create_training_job("churn-1")


def test_a_thread_may_create_one(mock: SageMakerMock) -> None:
    """Beside a thread that sleeps."""
    done = threading.Thread(target=lambda: mock.create_training_job("churn-1"))
    done.start()
    done.join()
    mock.clock.advance(timedelta(hours=1))
    assert mock.jobs["churn-1"].status == "Completed"
