"""Make real botocore clients whose responses are all checked, and requests to send through them."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from tests.protocol.shapes import of_sagemaker

__all__ = [
    "START",
    "YOUNG",
    "after",
    "bodies",
    "check",
    "code_and_text",
    "create",
    "describe",
    "make_client",
    "problems",
    "request",
    "transitions",
]

START = datetime(2018, 7, 30, tzinfo=timezone.utc)
"""When the mocks of these tests begin."""
# The real service omits ModelArtifacts until the end, although its model requires it.
OPTIONAL = {"ModelArtifacts"}
# The oldest supported botocore does not know these members. A client of AWS drops them too.
YOUNGER = {"SecondaryStatus", "TrainingPlanArn", "logGroupArn", "logGroupClass"}
YOUNG = pytest.mark.skipif(
    "DeleteTrainingJob" not in of_sagemaker().operations
    or "ServerlessJobConfig" not in of_sagemaker().input("CreateTrainingJob").members,
    reason="this botocore does not know what is tested here",
)
"""Skips a test when botocore is too old to know the operations or members that it uses."""
CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def after(seconds: float = 0, **units: float) -> datetime:
    """Return the instant that is this long after START."""
    return START + timedelta(seconds=seconds, **units)


def request(name: str, **changes: Any) -> dict[str, Any]:
    """Return a minimal CreateTrainingJob request for a job on instances; a value of None removes a member."""
    whole: dict[str, Any] = {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::123456789012:role/Training",
        "OutputDataConfig": {"S3OutputPath": "s3://churn/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    }
    return {member: value for member, value in {**whole, **changes}.items() if value is not None}


@cache
def _session() -> botocore.session.Session:
    """Return one session for all tests: reading SageMaker's model takes longer than most tests."""
    return botocore.session.Session()


def make_client(region: str = "us-east-1", *, access_key: str = "AKIDTEST", config: Config = CONFIG, **options: Any) -> Any:
    """Return a real SageMaker client; every response is checked against botocore's output shapes."""
    session: Any = _session()  # the stubs have one overload per service
    client = session.create_client(
        "sagemaker", region, aws_access_key_id=access_key, aws_secret_access_key="secret", config=config, **options
    )
    verify(client)
    return client


def verify(client: BaseClient) -> None:
    """Check every later response of a client."""
    client.meta.events.register("after-call.sagemaker", check)


def check(*, http_response: Any, model: OperationModel, **_: object) -> None:
    """Fail if botocore's output shape does not allow this response."""
    body = http_response.content
    if http_response.status_code >= 400:
        error = json.loads(body)
        assert set(error) in ({"__type", "message"}, {"__type", "Message"}, {"__type"}), error
    elif model.output_shape is None:
        assert body == b"", body
    else:
        found = list(problems(model.output_shape, json.loads(body), model.name))
        assert not found, found


def problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield each way in which a JSON value breaks its botocore shape."""
    if isinstance(shape, StructureShape):
        yield from (f"{path} lacks {name}" for name in shape.required_members if name not in value and name not in OPTIONAL)
        yield from (f"{path} has an unknown {name}" for name in value if name not in shape.members and name not in YOUNGER)
        for name in set(value) & set(shape.members):
            yield from problems(shape.members[name], value[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            yield from problems(shape.member, item, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        for name, item in value.items():
            yield from problems(shape.value, item, f"{path}[{name!r}]")
    elif not _fits(shape.type_name, value):
        yield f"{path} is {value!r}, which is no {shape.type_name}"
    else:
        yield from _breaks(shape.metadata, value, path)


def _fits(type_name: str, value: object) -> bool:
    if isinstance(value, bool):
        return type_name == "boolean"
    if isinstance(value, float):
        return type_name in {"float", "double"} or (type_name == "timestamp" and round(value, 3) == value)
    if isinstance(value, int):
        return type_name in {"integer", "long", "float", "double", "timestamp"}
    return isinstance(value, str) and type_name == "string"


def _breaks(stated: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if value not in stated.get("enum", [value]):
        yield f"{path} is {value!r}, which is none of {stated['enum']}"
    size = len(value) if isinstance(value, str) else value
    if not stated.get("min", size) <= size <= stated.get("max", size):
        yield f"{path} is {value!r}, which is too long, too short, too much or too little"


def create(client: Any, name: str = "churn", **changes: Any) -> str:
    """Create a job and return its ARN."""
    arn: str = client.create_training_job(**request(name, **changes))["TrainingJobArn"]
    return arn


def describe(client: Any, name: str = "churn") -> dict[str, Any]:
    """Describe a job, without the ResponseMetadata."""
    shown: dict[str, Any] = client.describe_training_job(TrainingJobName=name)
    del shown["ResponseMetadata"]
    return shown


def transitions(shown: Mapping[str, Any]) -> list[tuple[str, float, float | None, str]]:
    """Return the transitions of a description as (status, start, end, message), in seconds after CreationTime."""
    created = shown["CreationTime"]
    return [
        (
            entry["Status"],
            (entry["StartTime"] - created).total_seconds(),
            (entry["EndTime"] - created).total_seconds() if "EndTime" in entry else None,
            entry["StatusMessage"],
        )
        for entry in shown["SecondaryStatusTransitions"]
    ]


def bodies(client: BaseClient, operation: str) -> list[bytes]:
    """Return a list that collects the raw body of every later response to an operation."""
    found: list[bytes] = []

    def keep(*, http_response: Any, **_: object) -> None:
        found.append(bytes(http_response.content))

    client.meta.events.register(f"after-call.sagemaker.{operation}", keep)
    return found


def code_and_text(error: ClientError) -> tuple[str, str, int]:
    """Return the code, the message and the HTTP status of an AWS error."""
    answered: Any = error.response
    return answered["Error"]["Code"], answered["Error"]["Message"], answered["ResponseMetadata"]["HTTPStatusCode"]
