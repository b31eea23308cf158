"""What CreateTrainingJob refuses beyond the constraints of single values."""

from collections.abc import Iterator
from typing import Any

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.aws import rules
from tests.aws.test_operations import refusal
from tests.calling import START, YOUNG, create, describe, make_client, request

pytestmark = YOUNG

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
SPOT = {"EnableManagedSpotTraining": True}
PRIVATE = (
    "TrainingImageConfig with TrainingRepositoryAccessMode set to VPC must be provided when using a training image from a "
    "private Docker registry. Please provideTrainingImageConfig and TrainingRepositoryAccessMode set to VPC when using a "
    "training image from a private Docker registry."
)
NO_IMAGE = "Invalid training image. Please provide a valid Amazon Elastic Container Registry path of the Docker image to run."
ONE_ALGORITHM = "You must specify either an AlgorithmName or a TrainingImage in AlgorithmSpecification, and not both"


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Mock SageMaker."""
    with mock_sagemaker(start=START) as mock:
        yield mock


@pytest.fixture
def client(sagemaker: SageMakerMock) -> Any:
    """Make a client."""
    assert sagemaker.clock.now() == START
    return make_client()


def algorithm(**members: object) -> dict[str, Any]:
    """Return a request's algorithm."""
    return {"AlgorithmSpecification": {"TrainingInputMode": "File", **members}}


def channel(mode: str | None = None, kind: str = "S3Prefix", **sources: object) -> dict[str, Any]:
    """Return a request's input of one channel."""
    source = {"S3DataSource": {"S3DataType": kind, "S3Uri": "s3://churn/data"}, **sources}
    one: dict[str, Any] = {"ChannelName": "train", "DataSource": {name: it for name, it in source.items() if it is not None}}
    return {"InputDataConfig": [one if mode is None else {**one, "InputMode": mode}]}


def limits(**seconds: int) -> dict[str, Any]:
    """Return a request's limits."""
    return {"StoppingCondition": {f"Max{name}InSeconds": value for name, value in seconds.items()}}


FILES = {"FileSystemId": "fs-12345678", "FileSystemAccessMode": "ro", "FileSystemType": "EFS", "DirectoryPath": "/data"}
PREFERENCES = {"InstancePreferences": [{"InstanceType": "ml.m5.large", "InstanceCount": 1}], "VolumeSizeInGB": 1}


@pytest.mark.parametrize(
    "changes,text",
    [
        ({"AlgorithmSpecification": None}, "AlgorithmSpecification is required unless ServerlessJobConfig is specified"),
        ({"ResourceConfig": None}, "ResourceConfig is required unless ServerlessJobConfig is specified"),
        (algorithm(), ONE_ALGORITHM),
        (algorithm(TrainingImage=ECR, AlgorithmName="churn"), ONE_ALGORITHM),
        (algorithm(TrainingImage="churn"), NO_IMAGE),
        (algorithm(TrainingImage="churn:latest"), NO_IMAGE),
        (algorithm(TrainingImage="docker.io/library/churn:1"), PRIVATE),
        (algorithm(TrainingImage="localhost/churn"), PRIVATE),
        (
            limits(Runtime=3600, WaitTime=7200),
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true",
        ),
        (SPOT, "MaxWaitTimeInSeconds must be specified when EnableManagedSpotTraining is set to true"),
        (
            {**SPOT, **limits(Runtime=3601, WaitTime=3600)},
            "Invalid MaxWaitTimeInSeconds. It must be equal to or greater than MaxRuntimeInSeconds",
        ),
        (
            {**SPOT, **limits(WaitTime=86_399)},
            "Invalid MaxWaitTimeInSeconds. It must be equal to or greater than MaxRuntimeInSeconds",
        ),
        (limits(Runtime=2_419_201), "Invalid MaxRuntimeInSeconds. It must be less than or equal to 2419200"),
        (channel(S3DataSource=None), "Exactly one data source must be specified for channel train"),
        (channel(FileSystemDataSource=FILES), "Exactly one data source must be specified for channel train"),
        (
            channel(kind="AugmentedManifestFile"),
            "AugmentedManifestFile can only be used in Pipe input mode, channel train",
        ),
        (
            {"ResourceConfig": {**PREFERENCES, "InstanceType": "ml.m5.large"}},
            "InstancePreferences is mutually exclusive with InstanceType",
        ),
        (
            {"ResourceConfig": PREFERENCES, **SPOT, **limits(Runtime=1, WaitTime=1)},
            "InstancePreferences is mutually exclusive with EnableManagedSpotTraining",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "SelectedInstanceCount": 1}},
            "SelectedInstanceCount is read-only and is not accepted in CreateTrainingJob requests",
        ),
        (
            {"Tags": [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]},
            "Tag keys must be unique per resource, and team is given more than once",
        ),
    ],
)
def test_a_rule_refuses(changes: dict[str, Any], text: str, client: Any) -> None:
    """As a ValidationException, before anything is created."""
    assert refusal(create, client, "churn", **changes) == ("ValidationException", text, 400)
    assert client.list_training_jobs()["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"StoppingCondition": None},
        algorithm(AlgorithmName="churn"),
        algorithm(TrainingImage="123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/churn@sha256:0"),
        algorithm(TrainingImage="123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/churn"),
        algorithm(TrainingImage="docker.io/churn", TrainingImageConfig={"TrainingRepositoryAccessMode": "Vpc"}),
        {**SPOT, **limits(Runtime=3600, WaitTime=3600)},
        {**SPOT, **limits(WaitTime=86_400)},
        limits(Runtime=2_419_200),
        channel("Pipe", "AugmentedManifestFile"),
        channel(S3DataSource=None, FileSystemDataSource=FILES),
        {"ResourceConfig": PREFERENCES},
        {"Tags": [{"Key": "team", "Value": "a"}, {"Key": "Team", "Value": "a"}]},
    ],
)
def test_what_no_rule_refuses_is_created(changes: dict[str, Any], client: Any) -> None:
    """The neighbour of each refusal that is none."""
    create(client, **changes)
    assert describe(client)["TrainingJobStatus"] == "InProgress"


def test_a_serverless_job_brings_no_instances_of_its_own(client: Any) -> None:
    """Nor an image; its limit is a day, as that of any job (aws/sagemaker-python-sdk#5586)."""
    model = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/churn/1.0.0"
    serverless = {"BaseModelArn": model, "JobType": "FineTuning", "AcceptEula": True}
    create(client, AlgorithmSpecification=None, ResourceConfig=None, StoppingCondition=None, ServerlessJobConfig=serverless)
    shown = describe(client)
    assert shown["ServerlessJobConfig"] == serverless
    assert shown["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}


def test_rules_are_not_asked_without_validation() -> None:
    """`validate=False` is for records that were masked, and for requests of tests that mean something else."""
    with mock_sagemaker(start=START, validate=False):
        create(make_client(), **algorithm(TrainingImage="churn"))


def test_every_rule_is_listed() -> None:
    """A rule that is written and not named in RULES would refuse nothing."""
    own = {name for name, value in vars(rules).items() if callable(value) and getattr(value, "__module__", "") == rules.__name__}
    assert {name for name in own if name[0] != "_" and name != "check"} <= {rule.__name__ for rule in rules.RULES}
    assert all(rule(request("churn")) is None for rule in rules.RULES)
