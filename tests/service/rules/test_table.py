"""What CreateTrainingJob refuses beyond the constraints on single values."""

from inspect import isfunction
from typing import Any

import pytest

from sagemock import mock_sagemaker
from sagemock.service.rules import algorithms, resources, table
from tests.service.test_operations import refusal
from tests.support.calling import START, YOUNG, create, describe, make_client, request

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


def algorithm(**members: object) -> dict[str, Any]:
    """Return the AlgorithmSpecification of a request."""
    return {"AlgorithmSpecification": {"TrainingInputMode": "File", **members}}


def channel(mode: str | None = None, kind: str = "S3Prefix", **sources: object) -> dict[str, Any]:
    """Return the InputDataConfig of a request, with one channel."""
    source = {"S3DataSource": {"S3DataType": kind, "S3Uri": "s3://churn/data"}, **sources}
    one: dict[str, Any] = {"ChannelName": "train", "DataSource": {name: it for name, it in source.items() if it is not None}}
    return {"InputDataConfig": [one if mode is None else {**one, "InputMode": mode}]}


def limits(**seconds: int) -> dict[str, Any]:
    """Return the StoppingCondition of a request."""
    return {"StoppingCondition": {f"Max{name}InSeconds": value for name, value in seconds.items()}}


FILES = {"FileSystemId": "fs-12345678", "FileSystemAccessMode": "ro", "FileSystemType": "EFS", "DirectoryPath": "/data"}
PREFERENCES = {"InstancePreferences": [{"InstanceType": "ml.m5.large", "InstanceCount": 1}], "VolumeSizeInGB": 1}
BOTH = {"InstancePreferences": [{"InstanceType": kind, "InstanceCount": 1} for kind in ("ml.m5.large", "ml.g5.xlarge")]}
GROUP = {"InstanceGroupName": "group", "InstanceType": "ml.m5.large", "InstanceCount": 1}
BUILT_IN = "811284229777.dkr.ecr.us-east-1.amazonaws.com/{}:1"
METRICS = {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}]}
MARKET = "arn:aws:sagemaker:us-east-1:865070037744:algorithm/churn"
OWN = "arn:aws:sagemaker:us-east-1:123456789012:algorithm/churn"
CHECKPOINTS = {"CheckpointConfig": {"S3Uri": "s3://churn/checkpoints"}}
HOUR = (
    "Invalid MaxWaitTimeInSeconds. It must be less than or equal to 3600 for built-in and marketplace algorithms without a "
    "CheckpointConfig"
)
COUNTS = "InstanceCount must be specified either on every one of InstancePreferences or in ResourceConfig, and not both"
PLAN = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/churn"


def on(*preferences: dict[str, Any], **members: object) -> dict[str, Any]:
    """Return the ResourceConfig of a request, with these preferences or fields."""
    preferred: dict[str, Any] = {"InstancePreferences": list(preferences)} if preferences else {}
    return {"ResourceConfig": {"VolumeSizeInGB": 1, **preferred, **members}}


def prefer(kind: str, **members: object) -> dict[str, Any]:
    """Return an instance preference."""
    return {"InstanceType": kind, **members}


def serverless(**members: object) -> dict[str, Any]:
    """Return the ServerlessJobConfig of a request."""
    model = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/churn/1.0.0"
    config = {"BaseModelArn": model, "JobType": "FineTuning", **members}
    return {"AlgorithmSpecification": None, "ResourceConfig": None, "ServerlessJobConfig": config}


def with_rules(*names: str, member: str = "DebugRuleConfigurations") -> dict[str, Any]:
    """Return the profiler and debugger rules of a request."""
    return {member: [{"RuleConfigurationName": name, "RuleEvaluatorImage": ECR} for name in names]}


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
        (
            algorithm(TrainingImage=BUILT_IN.format("kmeans"), **METRICS),
            (
                "You can't override the metric definitions for Amazon SageMaker algorithms. "
                "Please retry the request without specifying metric definitions."
            ),
        ),
        ({**algorithm(TrainingImage=BUILT_IN.format("pca")), **SPOT, **limits(Runtime=60, WaitTime=3601)}, HOUR),
        ({**algorithm(AlgorithmName=MARKET), **SPOT, **limits(Runtime=60, WaitTime=3601)}, HOUR),
        (
            on(InstanceCount=1),
            "InstanceType is required in ResourceConfig unless InstanceGroups or InstancePreferences is specified",
        ),
        (
            on(InstanceType="ml.m5.large"),
            "InstanceCount is required in ResourceConfig unless InstanceGroups or InstancePreferences is specified",
        ),
        (
            on(InstanceGroups=[GROUP], InstanceType="ml.m5.large"),
            "InstanceType or InstanceCount cannot be specified with InstanceGroups",
        ),
        (
            on(InstanceGroups=[GROUP], InstanceCount=1),
            "InstanceType or InstanceCount cannot be specified with InstanceGroups",
        ),
        (
            on(prefer("ml.m5.large"), prefer("ml.m5.large"), InstanceCount=1),
            "An instance type can appear only once in InstancePreferences, and ml.m5.large appears twice",
        ),
        (on(prefer("ml.m5.large", InstanceCount=1), prefer("ml.m5.xlarge")), COUNTS),
        (on(prefer("ml.m5.large", InstanceCount=1), InstanceCount=1), COUNTS),
        (on(prefer("ml.m5.large")), COUNTS),
        (
            on(prefer("ml.m5.large", TrainingPlanArns=[PLAN]), InstanceCount=1, TrainingPlanArn=PLAN),
            "TrainingPlanArns of InstancePreferences is mutually exclusive with TrainingPlanArn of ResourceConfig",
        ),
        (
            on(
                InstanceType="ml.p6e-gb200.36xlarge",
                InstanceCount=1,
                InstancePlacementConfig={"PlacementSpecifications": [{"InstanceCount": 0}]},
            ),
            "InstanceCount of PlacementSpecifications must be at least 1",
        ),
        (
            {
                **on(InstanceType="ml.m5.large", InstanceCount=1, KeepAlivePeriodInSeconds=60),
                **SPOT,
                **limits(WaitTime=86_400),
            },
            "KeepAlivePeriodInSeconds is not supported when EnableManagedSpotTraining is set to true",
        ),
        (
            on(InstanceGroups=[GROUP], KeepAlivePeriodInSeconds=60),
            "KeepAlivePeriodInSeconds is not supported with InstanceGroups",
        ),
        (
            on(InstanceType="ml.g5.xlarge", InstanceCount=1, VolumeKmsKeyId="alias/volume"),
            "VolumeKmsKeyId is not supported with instance type ml.g5.xlarge, which has local storage",
        ),
        (
            # Whichever of the preferences the job gets.
            {"ResourceConfig": {**BOTH, "VolumeKmsKeyId": "alias/volume"}},
            "VolumeKmsKeyId is not supported with instance type ml.g5.xlarge, which has local storage",
        ),
        (
            on(InstanceGroups=[]),
            "InstanceType is required in ResourceConfig unless InstanceGroups or InstancePreferences is specified",
        ),
        (
            on(InstanceType="ml.c5.xlarge", InstanceCount=1, VolumeSizeInGB=0),
            "VolumeSizeInGB is required with instance type ml.c5.xlarge, which has no local storage",
        ),
        (
            {"ResourceConfig": {"InstanceGroups": [GROUP, {**GROUP, "InstanceType": "ml.c5.xlarge"}]}},
            "VolumeSizeInGB is required with instance type ml.c5.xlarge, which has no local storage",
        ),
        (
            serverless(JobType="Evaluation"),
            "EvaluationType is required when the JobType of ServerlessJobConfig is Evaluation",
        ),
        (serverless(SequenceLength="0K"), "Invalid SequenceLength 0K. It must be a value from 1K to 1024K"),
        (serverless(SequenceLength="1025K"), "Invalid SequenceLength 1025K. It must be a value from 1K to 1024K"),
        (
            {"ProfilerConfig": {"ProfilingIntervalInMilliseconds": 300}},
            "Invalid ProfilingIntervalInMilliseconds 300. It must be one of 100, 200, 500, 1000, 5000, 60000",
        ),
        (
            with_rules("loss", "loss"),
            "RuleConfigurationName must be unique in DebugRuleConfigurations, and loss is given more than once",
        ),
        (
            with_rules("cpu", "gpu", "cpu", member="ProfilerRuleConfigurations"),
            "RuleConfigurationName must be unique in ProfilerRuleConfigurations, and cpu is given more than once",
        ),
        (
            {"InputDataConfig": [*channel()["InputDataConfig"], *channel()["InputDataConfig"]]},
            "ChannelName must be unique, and train is given more than once",
        ),
        (
            {"Tags": [{"Key": "team", "Value": "a"}, {"Key": "AWS:team", "Value": "a"}]},
            "Tag keys that begin with aws: are reserved, and AWS:team is one",
        ),
    ],
)
def test_a_rule_refuses(changes: dict[str, Any], text: str, client: Any) -> None:
    """A ValidationException, and nothing is created."""
    assert refusal(create, client, "churn", **changes) == ("ValidationException", text, 400)
    assert client.list_training_jobs()["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"StoppingCondition": None},
        algorithm(AlgorithmName="churn"),
        algorithm(AlgorithmName="churn", TrainingImage=""),
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
        algorithm(TrainingImage=ECR.replace("churn", "kmeans"), **METRICS),
        algorithm(TrainingImage=BUILT_IN.format("churn"), **METRICS),
        algorithm(TrainingImage=BUILT_IN.format("kmeans")),
        {**algorithm(TrainingImage=BUILT_IN.format("pca")), **SPOT, **limits(Runtime=60, WaitTime=3600)},
        {**algorithm(TrainingImage=BUILT_IN.format("pca")), **SPOT, **limits(Runtime=60, WaitTime=3601), **CHECKPOINTS},
        {**algorithm(AlgorithmName=OWN), **SPOT, **limits(Runtime=60, WaitTime=3601)},
        {**algorithm(AlgorithmName="churn"), **SPOT, **limits(Runtime=60, WaitTime=3601)},
        on(InstanceGroups=[GROUP]),
        on(prefer("ml.m5.large", TrainingPlanArns=[PLAN]), prefer("ml.m5.xlarge"), InstanceCount=1),
        on(prefer("ml.m5.large", InstanceCount=1), prefer("ml.m5.xlarge", InstanceCount=2)),
        {**on(InstanceType="ml.m5.large", InstanceCount=1, KeepAlivePeriodInSeconds=0), **SPOT, **limits(WaitTime=86_400)},
        on(InstanceType="ml.m5.large", InstanceCount=1, VolumeKmsKeyId="alias/volume"),
        # An empty list counts as missing.
        on(InstanceType="ml.g5.xlarge", InstanceCount=1, VolumeKmsKeyId=""),
        on(InstanceType="ml.m5.large", InstanceCount=1, InstanceGroups=[]),
        on(prefer("ml.m5.large", InstanceCount=1), InstanceGroups=[]),
        {"ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}},
        serverless(JobType="Evaluation", EvaluationType="BenchmarkEvaluation", SequenceLength="1024K"),
        {"ProfilerConfig": {"ProfilingIntervalInMilliseconds": 60_000}},
        {"RoleArn": "arn:aws-cn:iam::999999999999:role/of-another-account"},
        algorithm(TrainingImage=ECR, MetricDefinitions=[{"Name": "loss", "Regex": "loss=.*"}] * 2),
        {**with_rules("cpu"), **with_rules("cpu", "gpu", member="ProfilerRuleConfigurations")},
    ],
)
def test_a_request_that_fits_all_rules_is_accepted(changes: dict[str, Any], client: Any) -> None:
    """Each is close to one that is refused."""
    create(client, **changes)
    assert describe(client)["TrainingJobStatus"] == "InProgress"


def test_a_serverless_job_has_no_instances(client: Any) -> None:
    """It has no image either; its default limit is a day, as for any job (aws/sagemaker-python-sdk#5586)."""
    model = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/churn/1.0.0"
    serverless = {"BaseModelArn": model, "JobType": "FineTuning", "AcceptEula": True}
    create(client, AlgorithmSpecification=None, ResourceConfig=None, StoppingCondition=None, ServerlessJobConfig=serverless)
    shown = describe(client)
    assert shown["ServerlessJobConfig"] == serverless
    assert shown["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}


def test_rules_do_not_apply_without_validation() -> None:
    """`validate=False` is for masked records, and for tests whose requests are not complete."""
    with mock_sagemaker(start=START, validate=False):
        create(make_client(), **algorithm(TrainingImage="churn"))


def test_every_rule_is_in_the_table() -> None:
    """A rule that is missing in RULES would refuse nothing."""
    listed = [rule for those in table.RULES.values() for rule in those]
    written = [(name, value) for file in (table, algorithms, resources) for name, value in vars(file).items()]
    own = {name for name, value in written if isfunction(value) and value.__module__.startswith(table.__name__)}
    assert {name for name in own if name[0] != "_" and name != "check"} <= {rule.__name__ for rule in listed}
    assert all(rule(request("churn")) is None for rule in listed)
