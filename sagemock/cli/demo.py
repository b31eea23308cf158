"""The demonstration: a real botocore client creates a training job and waits for its end."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import WaiterError

from sagemock.cli.demo_text import fitted, took
from sagemock.clock.instants import instant
from sagemock.clock.real import real
from sagemock.errors import PlanError
from sagemock.faces.maker import mock_sagemaker
from sagemock.faces.mock import SageMakerMock
from sagemock.picture.life import life
from sagemock.picture.text import Line, Paper, draw
from sagemock.protocol.decode import decode
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import Refusal
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.recording import read

__all__ = ["play", "play_record"]

REQUEST: Final[dict[str, Any]] = {
    "TrainingJobName": "churn-2018-07-30",
    "AlgorithmSpecification": {
        "TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.4.0-gpu-py311",
        "TrainingInputMode": "File",
    },
    "RoleArn": "arn:aws:iam::123456789012:role/SageMakerTraining",
    "HyperParameters": {"epochs": "40", "learning-rate": "0.001"},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://churn/2018-07/train"}},
        },
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://churn/models"},
    "ResourceConfig": {"InstanceType": "ml.g5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 50},
    "StoppingCondition": {"MaxRuntimeInSeconds": 43200},
}
PLAN: Final = Plan.completes(training=timedelta(hours=5, minutes=30))
POLLS: Final = 100_000
"""More polls of the waiter than a job of 30 days needs: the length of a recorded job is not known in advance."""


def play(paper: Paper) -> list[Line]:
    """Play a job of five and a half hours, and return its picture with some numbers."""
    return _live(mock_sagemaker(start="2018-07-30T00:00:00Z", plan=PLAN), REQUEST, "us-east-1", paper)


def play_record(path: Path, paper: Paper) -> list[Line]:
    """Play the job that a file records, from the same instant on, and return its picture with some numbers.

    Raises PlanError if the file is not the record of a job, and OSError if it cannot be read.
    """
    plan = Plan.replays(path)
    record = plan.replayed or {}
    # A record may have masked values, or be newer than this botocore, so its request is not validated again.
    mock = mock_sagemaker(start=instant(read(record).created_us), plan=plan, validate=False)
    parts = str(record.get("TrainingJobArn", "")).split(":")
    region = parts[3] if len(parts) > 5 and parts[3] else "us-east-1"  # noqa: PLR2004  # the parts of an ARN
    return _live(mock, record, region, paper)


def _live(mock: SageMakerMock, wanted: Mapping[str, Any], region: str, paper: Paper) -> list[Line]:
    began = real.perf_counter()
    with mock:
        client: Any = botocore.session.Session().create_client("sagemaker", region, config=Config(parameter_validation=False))
        request = {**REQUEST, **_known(client, wanted)}
        name = request["TrainingJobName"]
        ready = real.perf_counter()
        client.create_training_job(**request)
        try:
            waiter = client.get_waiter("training_job_completed_or_stopped")
            waiter.wait(TrainingJobName=name, WaiterConfig={"MaxAttempts": POLLS})
        except WaiterError as error:
            ending = [f"The waiter says: {error}"]
        else:
            ending = []
        job = client.describe_training_job(TrainingJobName=name)
        lived = real.perf_counter()
    polls = len(mock.calls) - 2
    passed = mock.clock.now() - job["CreationTime"]
    return [
        *draw(life(mock.jobs.find(name), mock.clock.now_us()), paper),
        *fitted(
            [
                "",
                *ending,
                f"{passed} of virtual time passed, in {polls} polls and {len(mock.sleeps)} sleeps.",
                took(began, ready, lived),
            ],
            paper,
        ),
    ]


def _known(client: Any, record: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ANN401  # as botocore makes it
    """Return the part of a record's request that this botocore can send, without unknown members at any depth."""
    try:
        known: Mapping[str, Any] = decode(Api.of(client.meta.service_model).input("CreateTrainingJob"), dict(record))
    except Refusal as refusal:
        raise PlanError(
            f"the record's request cannot be sent again ({refusal.message}): give the record as it was returned"
        ) from None
    return known
