"""What each operation does and refuses, in AWS's words."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sagemock import NotSimulated, Plan, SageMakerMock, mock_sagemaker
from sagemock.jobs.place import Place
from sagemock.jobs.rules import Plans
from sagemock.jobs.store import Store
from sagemock.service.operations import OPERATIONS, READS
from sagemock.service.service import Service
from tests.protocol.shapes import of_sagemaker
from tests.support.calling import START, YOUNG, code_and_text, create, describe, make_client, request

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
UNKNOWN = ("ValidationException", "Requested resource not found.", 400)


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def refusal(call: Callable[..., object], *args: Any, **params: Any) -> tuple[str, str, int]:
    """Return AWS's refusal of a call."""
    with pytest.raises(ClientError) as refused:
        call(*args, **params)
    return code_and_text(refused.value)


@pytest.mark.parametrize("operation", ["describe_training_job", "stop_training_job"])
def test_an_unknown_job_is_a_validation_exception(operation: str, client: Any) -> None:
    """Not ResourceNotFound, as boto/boto3#2808 reports."""
    create(client)
    assert refusal(getattr(client, operation), TrainingJobName="chur") == UNKNOWN


def test_names_are_case_sensitive(client: Any) -> None:
    """Whether the service's are is not known."""
    create(client, "churn")
    create(client, "Churn")
    assert refusal(client.describe_training_job, TrainingJobName="CHURN") == UNKNOWN


def test_a_second_job_of_the_same_name_is_refused(sagemaker: SageMakerMock, client: Any) -> None:
    """ResourceInUse names the existing job, even if it has ended (SuperCowPowers/workbench#384)."""
    expected = (
        "ResourceInUse",
        (
            "Training job names must be unique within an AWS account and region, and a training job with this name already "
            "exists (arn:aws:sagemaker:us-east-1:123456789012:training-job/churn)"
        ),
        400,
    )
    create(client)
    assert refusal(create, client) == expected
    sagemaker.clock.advance(days=9)
    assert refusal(create, client) == expected
    with pytest.raises(client.exceptions.ResourceInUse):
        create(client)
    assert len(sagemaker.jobs) == 1


@pytest.mark.parametrize(
    "plan, age, status",
    [
        (PLAN, 699, "Completed"),
        (Plan.fails(during="Starting", after=1), 1, "Failed"),
        (Plan(phases=PLAN.phases, ending="MaxRuntimeExceeded"), 800, "Stopped"),
    ],
)
def test_a_finished_job_cannot_be_stopped(plan: Plan, age: float, status: str, sagemaker: SageMakerMock, client: Any) -> None:
    """The refusal names the status (awslabs/benchmark-ai#928)."""
    sagemaker.plan("*", plan)
    create(client)
    sagemaker.clock.advance(age)
    expected = f"The request was rejected because the training job is in status {status}."
    before = describe(client)
    assert refusal(client.stop_training_job, TrainingJobName="churn") == ("ValidationException", expected, 400)
    assert describe(client) == before


@pytest.mark.parametrize("age", [0, 75, 100, 695])
def test_a_job_that_is_stopping_cannot_be_stopped_again(age: float, sagemaker: SageMakerMock, client: Any) -> None:
    """A second stop is refused in the same words, and does not delay the end."""
    create(client)
    sagemaker.clock.advance(age)
    answer = client.stop_training_job(TrainingJobName="churn")
    assert set(answer) == {"ResponseMetadata"}
    timeline = sagemaker.timeline("churn")
    expected = ("ValidationException", "The request was rejected because the training job is in status Stopping.", 400)
    assert refusal(client.stop_training_job, TrainingJobName="churn") == expected
    assert sagemaker.timeline("churn") == timeline


def test_a_request_that_breaks_a_constraint_is_refused_and_creates_nothing(sagemaker: SageMakerMock, client: Any) -> None:
    """AWS, unlike botocore, checks these constraints (zenml-io/zenml#1502)."""
    name = "x_" * 32
    pattern = "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    assert refusal(create, client, name) == (
        "ValidationException",
        (
            f"2 validation errors detected: Value '{name}' at 'trainingJobName' failed to satisfy constraint: Member must "
            f"satisfy regular expression pattern: {pattern}; Value '{name}' at 'trainingJobName' failed to satisfy constraint: "
            "Member must have length less than or equal to 63"
        ),
        400,
    )
    assert not sagemaker.jobs


def test_without_validation_the_same_request_is_accepted() -> None:
    """With `validate=False` only botocore checks."""
    with mock_sagemaker(start=START, validate=False) as mock:
        create(make_client(), "x_y")
        assert list(mock.jobs) == ["x_y"]


def test_no_unsimulated_operation_reaches_the_network(sagemaker: SageMakerMock) -> None:
    """Every other operation of the model raises an error that names it and the simulated ones."""
    client = make_client(config=Config(parameter_validation=False))
    others = sorted(of_sagemaker().operations - set(OPERATIONS))
    assert len(others) > 200
    for operation in others:
        with pytest.raises(NotSimulated) as unknown:
            client._make_api_call(operation, {})  # the path of every method, without botocore's checks
        assert str(unknown.value).startswith(f"sagemock does not simulate {operation}. It simulates ")
    assert [call.operation for call in sagemaker.calls] == others
    assert {call.outcome for call in sagemaker.calls} == {"NotSimulated"}


def test_an_operation_that_is_not_simulated_says_what_to_do(client: Any) -> None:
    """The whole message."""
    with pytest.raises(NotSimulated) as unknown:
        client.describe_endpoint(EndpointName="churn")
    assert str(unknown.value) == (
        "sagemock does not simulate DescribeEndpoint. It simulates "
        f"{', '.join(sorted(OPERATIONS))}; answer the rest with moto's mock_aws beside sagemock or with botocore's Stubber, "
        "or leave that call out of this test"
    )


@YOUNG
def test_simulated_operations_are_in_the_model() -> None:
    """The table names real operations, and marks those that only read."""
    assert set(OPERATIONS) <= of_sagemaker().operations
    assert set(OPERATIONS) & READS == {name for name in OPERATIONS if name.startswith(("Describe", "List", "Search"))}


def test_regions_are_separate(sagemaker: SageMakerMock) -> None:
    """The client's region decides where its jobs live."""
    virginia, ireland = make_client("us-east-1"), make_client("eu-west-1")
    assert create(virginia) == "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
    assert refusal(ireland.describe_training_job, TrainingJobName="churn") == UNKNOWN
    assert ireland.list_training_jobs()["TrainingJobSummaries"] == []
    assert create(ireland) == "arn:aws:sagemaker:eu-west-1:123456789012:training-job/churn"
    virginia.stop_training_job(TrainingJobName="churn")
    assert describe(ireland)["TrainingJobStatus"] == "InProgress"
    assert [call.region for call in sagemaker.calls][:3] == ["us-east-1", "eu-west-1", "eu-west-1"]


def test_accounts_are_separate(sagemaker: SageMakerMock) -> None:
    """An access key may belong to another account, and the test may change that at any time."""
    sagemaker.accounts["AKIDOTHER"] = "999999999999"
    ours, theirs, unsigned = make_client(), make_client(access_key="AKIDOTHER"), make_client(access_key="AKIDUNKNOWN")
    assert create(ours) == "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
    assert refusal(theirs.describe_training_job, TrainingJobName="churn") == UNKNOWN
    assert create(theirs) == "arn:aws:sagemaker:us-east-1:999999999999:training-job/churn"
    assert describe(unsigned) == describe(ours)


def test_the_account_is_an_option() -> None:
    """`account_id` is the account of the jobs."""
    with mock_sagemaker(account_id="000000000001"):
        assert create(make_client()) == "arn:aws:sagemaker:us-east-1:000000000001:training-job/churn"


@pytest.mark.parametrize(
    "region, partition",
    [
        ("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso"),
        ("eu-nowhere-9", "aws"), ("cn-nowhere-9", "aws-cn"), ("atlantis", "aws"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("sagemaker")
def test_an_arn_is_in_the_partition_of_its_region(region: str, partition: str) -> None:
    """Regions that botocore does not know have one too."""
    assert create(make_client(region)) == f"arn:{partition}:sagemaker:{region}:123456789012:training-job/churn"


@pytest.mark.parametrize(
    "options",
    [
        {"config": Config(use_fips_endpoint=True)},
        {"config": Config(use_dualstack_endpoint=True)},
        {"config": Config(use_fips_endpoint=True, use_dualstack_endpoint=True)},
        {"config": Config(signature_version="v4")},
        {"endpoint_url": "https://vpce-1-abc.sagemaker.us-east-1.vpce.amazonaws.com"},
        {"endpoint_url": "http://localhost:4566"},
        {"endpoint_url": "https://sagemaker.internal.example/path"},
        {"use_ssl": False},
        {"verify": False},
    ],
    ids=["fips", "dualstack", "both", "v4", "vpc", "loopback", "custom", "http", "unverified"],
)
@pytest.mark.usefixtures("sagemaker")
def test_calls_to_every_endpoint_are_answered(options: dict[str, Any]) -> None:
    """The mock answers the client, whatever its endpoint."""
    client = make_client(**options)
    create(client)
    assert describe(make_client())["TrainingJobName"] == "churn"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER"])
@pytest.mark.usefixtures("sagemaker")
def test_an_endpoint_from_the_environment_is_answered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that redirect a whole process change nothing."""
    monkeypatch.setenv(name, "https://sagemaker.internal.example")
    client = make_client()
    assert client.meta.endpoint_url == "https://sagemaker.internal.example"
    create(client)


def test_the_cache_of_encoded_answers_is_bounded() -> None:
    """Only the jobs that were described last stay encoded; others are encoded again, with the same bytes."""
    service, api, place = (
        Service(Store(), Plans({"training": PLAN}).plan_for),
        of_sagemaker(),
        Place("aws", "us-east-1", "123456789012"),
    )
    requests = [request(f"job-{number}") for number in range(1100)]
    for sent in requests:
        OPERATIONS["CreateTrainingJob"](service, api, place, sent, 0)

    def shown() -> list[str]:
        return [OPERATIONS["DescribeTrainingJob"](service, api, place, sent, 0) for sent in requests]

    assert shown() == shown()
    assert len(service._encoded) == 1024


@YOUNG
def test_a_finished_job_can_be_deleted_and_its_name_used_again(sagemaker: SageMakerMock, client: Any) -> None:
    """DeleteTrainingJob is refused before the end; after it the job is Deleting for a while and then unknown."""
    create(client)
    code, text, _ = refusal(client.delete_training_job, TrainingJobName="churn")
    assert (code, "cannot be deleted while it is in status InProgress" in text) == ("ResourceInUse", True)
    sagemaker.clock.advance(hours=1)
    assert set(client.delete_training_job(TrainingJobName="churn")) == {"ResponseMetadata"}
    assert describe(client)["TrainingJobStatus"] == "Deleting"
    sagemaker.clock.advance(hours=1)
    assert refusal(client.describe_training_job, TrainingJobName="churn") == UNKNOWN
    create(client)


def test_an_update_changes_the_description(sagemaker: SageMakerMock, client: Any) -> None:
    """UpdateTrainingJob answers with the ARN; an empty update is refused in AWS's words."""
    arn = create(client)
    text = "Invalid UpdateTrainingJobRequest, the request cannot be empty"
    assert refusal(client.update_training_job, TrainingJobName="churn") == ("ValidationException", text, 400)
    before = describe(client)
    sagemaker.clock.advance(10)
    updated = client.update_training_job(TrainingJobName="churn", ProfilerConfig={"S3OutputPath": "s3://churn/profile"})
    assert updated["TrainingJobArn"] == arn
    after = describe(client)
    assert (before["ProfilingStatus"], after["ProfilingStatus"]) == ("Disabled", "Enabled")
    assert after["LastModifiedTime"] > before["LastModifiedTime"]


def test_tags_are_stored_by_key(client: Any) -> None:
    """AddTags overwrites, ListTags lists, DeleteTags removes; ARNs are case-sensitive (boto/boto3#4606)."""
    arn = create(client, Tags=[{"Key": "team", "Value": "churn"}])
    added = client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "fraud"}, {"Key": "cost", "Value": "1"}])
    assert added["Tags"] == [{"Key": "team", "Value": "fraud"}, {"Key": "cost", "Value": "1"}]
    client.delete_tags(ResourceArn=arn, TagKeys=["team", "unknown"])
    assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": "1"}]
    expected = ("ValidationException", "Resource does not exist.", 400)
    assert refusal(client.list_tags, ResourceArn=arn.replace("churn", "Churn")) == expected


def test_the_next_job_takes_a_warm_pool(sagemaker: SageMakerMock, client: Any) -> None:
    """Describe and List show it; the job that takes it starts within seconds."""
    warm = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "KeepAlivePeriodInSeconds": 600}
    sagemaker.plan("first", PLAN)
    sagemaker.plan("second", Plan())
    create(client, "first", ResourceConfig=warm)
    assert describe(client, "first")["WarmPoolStatus"] == {"Status": "InUse"}
    sagemaker.clock.advance(699)
    assert client.list_training_jobs()["TrainingJobSummaries"][0]["WarmPoolStatus"] == {"Status": "Available"}
    create(client, "second", ResourceConfig=warm)
    first = describe(client, "first")
    assert first["WarmPoolStatus"] == {"Status": "Reused", "ReusedByJob": "second", "ResourceRetainedBillableTimeInSeconds": 0}
    assert first["SecondaryStatusTransitions"][-1]["StatusMessage"] == "Resource reused by training job: second"
    sagemaker.clock.advance(10)
    assert describe(client, "second")["SecondaryStatus"] != "Starting"
