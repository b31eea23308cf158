"""What is compared: the same client, answered by nobody, by sagemock and by moto; and the job that all of them are asked for."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse

from sagemock import Plan, mock_sagemaker

__all__ = ["LONG", "Null", "client", "null_responder", "request", "session_client"]

LONG: Final = Plan.completes(training=timedelta(hours=6))
"""A job that is in the midst of its training while it is measured."""

# Any: botocore's stubs name a class that would cost the floor more than botocore's own dictionary does.
_HEADERS: Final[Any] = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "00000000-0000-0000-0000-000000000000"}


def request(name: str) -> dict[str, Any]:
    """Return what a launcher sends for a job with one channel and a few hyperparameters."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train/"}}
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::123456789012:role/trainer",
        "HyperParameters": {"epochs": "10", "learning-rate": "0.1", "objective": "binary:logistic"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "Tags": [{"Key": "team", "Value": "churn"}],
    }


def client(region: str = "eu-west-1") -> Any:  # noqa: ANN401  # boto3 makes clients without a class
    """Return a new client of the default session, as a test makes it; equipped alike whoever answers."""
    return boto3.client("sagemaker", region_name=region, aws_access_key_id="nobody", aws_secret_access_key="nobody")  # noqa: S106  # opens nothing


def session_client() -> Any:  # noqa: ANN401  # boto3 makes clients without a class
    """Return a client of a new session."""
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="nobody", aws_secret_access_key="nobody")  # noqa: S106  # opens nothing
    return session.client("sagemaker")


class Null:
    """The floor: a handler on a client that hands back bytes prepared beforehand."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        """Answer each operation, by its name, with its bytes."""
        self._answers = answers

    def client(self, make: Callable[[], Any] = client) -> Any:  # noqa: ANN401  # boto3 makes clients without a class
        """Return a new client which this answers. No mock is active: it would have a hook of its own on it."""
        made = make()
        for operation, body in self._answers.items():
            made.meta.events.register(f"before-send.sagemaker.{operation}", partial(self._answer, body))
        return made

    @staticmethod
    def _answer(body: bytes, request: Any, **_: object) -> "_Answer":  # noqa: ANN401  # botocore names no class here
        return _Answer(request.url, body)


class _Answer(AWSResponse):
    """A response that has been read already: there is no connection from which botocore could."""

    def __init__(self, url: str, body: bytes) -> None:
        super().__init__(url, 200, _HEADERS, None)
        self._content = body


def null_responder() -> Null:
    """Return the null responder that hands back what sagemock answers for a job in training."""
    answers: dict[str, bytes] = {}

    def keep(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401  # botocore's own
        answers[operation_model.name] = response_dict["body"]

    with mock_sagemaker(wall="real", plan=LONG) as sagemaker:
        watched = client()
        watched.meta.events.register("before-parse.sagemaker", keep)
        watched.create_training_job(**request("job"))
        sagemaker.clock.advance(hours=1)
        watched.describe_training_job(TrainingJobName="job")
    return Null(answers)
