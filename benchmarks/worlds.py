"""The compared worlds: a client that a null responder, sagemock or moto answers; and the request for a job that all get."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse

from sagemock import Plan, mock_sagemaker

__all__ = ["LONG", "Null", "client", "null_responder", "request", "session_client"]

LONG: Final = Plan.completes(training=timedelta(hours=6))
"""The plan of a job that is in Training while it is measured."""

# Any: botocore's stubs name a class that would cost the floor more than botocore's own dictionary does.
_HEADERS: Final[Any] = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "00000000-0000-0000-0000-000000000000"}


def request(name: str) -> dict[str, Any]:
    """Return a request for a job with one channel and a few hyperparameters, as a launcher sends it."""
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
    """Return a new client of the default session, as a test makes it. All worlds use the same client."""
    return boto3.client("sagemaker", region_name=region, aws_access_key_id="nobody", aws_secret_access_key="nobody")  # noqa: S106  # opens nothing


def session_client() -> Any:  # noqa: ANN401  # boto3 makes clients without a class
    """Return a client of a new session."""
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="nobody", aws_secret_access_key="nobody")  # noqa: S106  # opens nothing
    return session.client("sagemaker")


class Null:
    """The null responder: a handler on a client that returns prepared bytes."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        """Answer each operation with its bytes; `answers` has them by the operation's name."""
        self._answers = answers

    def client(self, make: Callable[[], Any] = client) -> Any:  # noqa: ANN401  # boto3 makes clients without a class
        """Return a new client that this object answers. No mock may be active: it would add its own handler to the client."""
        made = make()
        for operation, body in self._answers.items():
            made.meta.events.register(f"before-send.sagemaker.{operation}", partial(self._answer, body))
        return made

    @staticmethod
    def _answer(body: bytes, request: Any, **_: object) -> "_Answer":  # noqa: ANN401  # botocore names no class here
        return _Answer(request.url, body)


class _Answer(AWSResponse):
    """A response whose body is already read, because there is no connection."""

    def __init__(self, url: str, body: bytes) -> None:
        super().__init__(url, 200, _HEADERS, None)
        self._content = body


def null_responder() -> Null:
    """Return a null responder with the answers that sagemock gives for a job in training."""
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
