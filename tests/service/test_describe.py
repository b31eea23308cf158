"""What DescribeTrainingJob shows, member by member."""

from random import Random
from typing import Any

import pytest

from sagemock import Plan, SageMakerMock
from sagemock.jobs.place import Place
from sagemock.protocol.model import Api
from sagemock.service import describe as described
from sagemock.training.job import Job
from sagemock.training.plan.script import script
from tests.protocol.shapes import invented
from tests.support.calling import START, YOUNG, after, create, describe, request

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
ALWAYS = {
    "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "AlgorithmSpecification", "RoleArn",
    "OutputDataConfig", "ResourceConfig", "StoppingCondition", "CreationTime", "LastModifiedTime", "SecondaryStatusTransitions",
    "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "ProfilingStatus",
}  # fmt: skip
STARTED = {"TrainingStartTime", "TrainingTimeInSeconds"}
OVER = {"TrainingEndTime", "BillableTimeInSeconds"}
# All members of the response of 2018-07-30 that come from the request, at every depth.
REQUEST_OF_2018: dict[str, Any] = {
    "TrainingJobName": "Churn-1",
    "HyperParameters": {"epochs": "10", "learning-rate": "0.1"},
    "AlgorithmSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
        "TrainingInputMode": "File",
    },
    "RoleArn": "arn:aws:iam::123456789012:role/Training",
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": "s3://churn/train",
                    "S3DataDistributionType": "ShardedByS3Key",
                }
            },
            "ContentType": "text/csv",
            "CompressionType": "Gzip",
            "RecordWrapperType": "RecordIO",
        }
    ],
    "OutputDataConfig": {"KmsKeyId": "alias/churn", "S3OutputPath": "s3://churn/models/"},
    "ResourceConfig": {
        "InstanceType": "ml.m4.xlarge",
        "InstanceCount": 2,
        "VolumeSizeInGB": 30,
        "VolumeKmsKeyId": "alias/volume",
    },
    "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
FILES = {
    "FileSystemId": "fs-0123456789abcdef0",
    "FileSystemAccessMode": "ro",
    "FileSystemType": "FSxLustre",
    "DirectoryPath": "/churn",
}


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def entry(status: str, start: int, end: int, message: str) -> dict[str, Any]:
    """Return a closed transition."""
    return {"Status": status, "StartTime": after(start), "EndTime": after(end), "StatusMessage": message}


def test_the_response_of_2018_07_30_is_complete(sagemaker: SageMakerMock, client: Any) -> None:
    """A job with that day's whole request shows that day's whole response; only children of tuning jobs have a TuningJobArn."""
    client.create_training_job(**REQUEST_OF_2018)
    sagemaker.clock.advance(hours=1)
    sent = REQUEST_OF_2018
    assert describe(client, "Churn-1") == {
        "TrainingJobName": "Churn-1",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/Churn-1",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://churn/models/Churn-1/output/model.tar.gz"},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "HyperParameters": sent["HyperParameters"],
        "AlgorithmSpecification": sent["AlgorithmSpecification"] | {"EnableSageMakerMetricsTimeSeries": False},
        "RoleArn": sent["RoleArn"],
        "InputDataConfig": sent["InputDataConfig"],
        "OutputDataConfig": sent["OutputDataConfig"] | {"CompressionType": "GZIP"},
        "ResourceConfig": sent["ResourceConfig"],
        "VpcConfig": sent["VpcConfig"],
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "CreationTime": START,
        "TrainingStartTime": after(60),
        "TrainingEndTime": after(699),
        "LastModifiedTime": after(699),
        "SecondaryStatusTransitions": [
            entry("Starting", 0, 60, "Preparing the instances for training"),
            entry("Downloading", 60, 90, "Downloading the training image"),
            entry("Training", 90, 690, "Training image download completed. Training in progress."),
            entry("Uploading", 690, 699, "Uploading generated training model"),
            entry("Completed", 699, 699, "Training job completed"),
        ],
        # Members that the service has added since.
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        "ProfilingStatus": "Disabled",
        "TrainingTimeInSeconds": 639,
        "BillableTimeInSeconds": 639,
    }


def test_instants_are_aware_datetimes(sagemaker: SageMakerMock, client: Any) -> None:
    """The client parses each as a real datetime with a time zone."""
    create(client)
    sagemaker.clock.advance(hours=1)
    shown = describe(client)
    last = shown["SecondaryStatusTransitions"][-1]
    for at in [*(shown[name] for name in shown if name.endswith("Time")), last["StartTime"], last["EndTime"]]:
        assert type(at) is type(START)
        assert at.utcoffset() is not None


@pytest.mark.parametrize(
    "age, plan, more",
    [
        (0, PLAN, set()),
        (59.999, PLAN, set()),
        (60, PLAN, STARTED),
        (90, PLAN, STARTED),
        (690, PLAN, STARTED),
        (698.999, PLAN, STARTED),
        (699, PLAN, STARTED | OVER | {"ModelArtifacts"}),
        (100, Plan.fails(during="Starting", after=10), {"FailureReason"}),
        (100, Plan.fails(during="Downloading", starting=10, after=10), STARTED | OVER | {"FailureReason"}),
        (1000, Plan.fails(starting=10, training=10), STARTED | OVER | {"FailureReason"}),
    ],
)
def test_a_response_has_the_members_of_its_phase(
    age: float, plan: Plan, more: set[str], sagemaker: SageMakerMock, client: Any
) -> None:
    """Exactly those that recorded jobs had in that phase."""
    sagemaker.plan("*", plan)
    create(client)
    sagemaker.clock.advance(age)
    assert set(describe(client)) == ALWAYS | more


@pytest.mark.parametrize(
    "age, more",
    [(0, STARTED | OVER), (70, STARTED | OVER), (100, STARTED | OVER | {"ModelArtifacts"})],
    ids=["Starting", "Downloading", "Training"],
)
def test_a_stopped_job_shows_the_members_that_apply(age: float, more: set[str], sagemaker: SageMakerMock, client: Any) -> None:
    """Never FailureReason, artifacts only after an upload, and times only after instances ran."""
    create(client)
    sagemaker.clock.advance(age)
    client.stop_training_job(TrainingJobName="churn")
    sagemaker.clock.advance(hours=1)
    # From a log of 2019: a job stopped in Starting passes through Downloading in the same second, so it has a start.
    assert set(describe(client)) == ALWAYS | more


@pytest.mark.parametrize(
    "sent, shown",
    [
        pytest.param({"StoppingCondition": None}, {"StoppingCondition": {"MaxRuntimeInSeconds": 86400}}, marks=YOUNG),
        ({"StoppingCondition": {}}, {"StoppingCondition": {"MaxRuntimeInSeconds": 86400}}),
        ({}, {"OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", "S3OutputPath": "s3://churn/models"}}),
        ({}, {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}}),
        ({"EnableNetworkIsolation": True}, {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": False}),
        ({"ProfilerConfig": {"S3OutputPath": "s3://p"}}, {"ProfilingStatus": "Enabled"}),
        ({"ProfilerConfig": {"DisableProfiler": True}}, {"ProfilingStatus": "Disabled"}),
        (
            {"ProfilerConfig": {"S3OutputPath": "s3://p"}},
            {"ProfilerConfig": {"S3OutputPath": "s3://p", "ProfilingIntervalInMilliseconds": 500, "DisableProfiler": False}},
        ),
        (
            {"DebugHookConfig": {"S3OutputPath": "s3://d"}},
            {"DebugHookConfig": {"S3OutputPath": "s3://d", "CollectionConfigurations": []}},
        ),
        (
            {"ProfilerRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}]},
            {"ProfilerRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i", "VolumeSizeInGB": 0}]},
        ),
        (
            {"CheckpointConfig": {"S3Uri": "s3://churn/points"}},
            {"CheckpointConfig": {"S3Uri": "s3://churn/points"}},
        ),
        ({"HyperParameters": {"script": '"train.py"'}}, {"HyperParameters": {"script": '"train.py"'}}),
        (
            {"InputDataConfig": [{"ChannelName": "a", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://a"}}}]},
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "a",
                        "DataSource": {
                            "S3DataSource": {
                                "S3DataType": "S3Prefix",
                                "S3Uri": "s3://a",
                                "S3DataDistributionType": "FullyReplicated",
                            }
                        },
                        "CompressionType": "None",
                        "RecordWrapperType": "None",
                    }
                ]
            },
        ),
        (
            {"InputDataConfig": [{"ChannelName": "a", "DataSource": {"FileSystemDataSource": FILES}}]},
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "a",
                        "DataSource": {"FileSystemDataSource": FILES},
                        "CompressionType": "None",
                        "RecordWrapperType": "None",
                    }
                ]
            },
        ),
    ],
)  # fmt: skip
def test_missing_members_get_the_services_defaults(
    sent: dict[str, Any], shown: dict[str, Any], sagemaker: SageMakerMock, client: Any
) -> None:
    """The values that recorded jobs show, and nothing else."""
    create(client, **sent)
    found = describe(client)
    assert found | shown == found
    assert sagemaker.jobs["churn"].request == request("churn", **sent)


@pytest.mark.parametrize("name", ["Tags", pytest.param("SessionChainingConfig", marks=YOUNG)])
def test_tags_and_session_chaining_are_not_described(name: str, client: Any) -> None:
    """DescribeTrainingJob has no member for them."""
    values: dict[str, Any] = {
        "Tags": [{"Key": "team", "Value": "churn"}],
        "SessionChainingConfig": {"EnableSessionTagChaining": True},
    }
    create(client, **{name: values[name]})
    assert name not in describe(client)


@pytest.mark.parametrize(
    "output, artifacts",
    [
        ({"S3OutputPath": "s3://churn/models"}, "s3://churn/models/churn/output/model.tar.gz"),
        ({"S3OutputPath": "s3://churn/models//"}, "s3://churn/models/churn/output/model.tar.gz"),
        ({"S3OutputPath": "s3://churn/models", "CompressionType": "NONE"}, "s3://churn/models/churn/output/model"),
    ],
)
def test_the_artifacts_are_below_the_output_path(
    output: dict[str, str], artifacts: str, sagemaker: SageMakerMock, client: Any
) -> None:
    """A tar file under the job's name, or a prefix without compression."""
    create(client, OutputDataConfig=output)
    sagemaker.clock.advance(hours=1)
    assert describe(client)["ModelArtifacts"] == {"S3ModelArtifacts": artifacts}


def test_the_arn_keeps_the_case_of_the_name(client: Any) -> None:
    """As the service does since about November 2022."""
    assert create(client, "Churn-Model-A").endswith(":training-job/Churn-Model-A")


def test_an_older_model_is_shown_less() -> None:
    """Members that the user's botocore does not know are left out, down to a response without members."""
    no_output = Api.of(invented({}, {"DescribeTrainingJob": {"name": "DescribeTrainingJob"}}))
    plan = Plan()
    sent = request("churn")
    job = Job("churn", Place("aws", "us-east-1", "1"), sent, plan, script(plan, sent, Random(0)), 0, 1)  # noqa: S311  # nothing random is drawn
    assert described.constant_members(no_output, job) == {}
    members = {"TrainingJobArn": {"shape": "S"}, "ProfilingStatus": {"shape": "S"}}
    shapes = {"S": {"type": "string"}, "Shown": {"type": "structure", "members": members}}
    old = Api.of(invented(shapes, {"DescribeTrainingJob": {"name": "DescribeTrainingJob", "output": {"shape": "Shown"}}}))
    assert described.constant_members(old, job) == {"TrainingJobArn": job.arn, "ProfilingStatus": "Disabled"}
