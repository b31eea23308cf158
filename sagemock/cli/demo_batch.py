"""The demonstration of a processing or a transform job: a real botocore client creates one and waits for its end."""

from typing import Any, Final, NamedTuple

import botocore.session

from sagemock.cli.demo_text import fitted, took
from sagemock.clock.real import real
from sagemock.faces.maker import mock_sagemaker
from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.kinds import PROCESSING, TRANSFORM, Kind
from sagemock.picture.life import life
from sagemock.picture.text import Line, Paper, draw
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.transform.plan import TransformJobPlan
from sagemock.world.mappings import ProcessingJobs, TransformJobs

__all__ = ["KINDS", "play_batch"]


class _Demonstration(NamedTuple):
    kind: Kind
    plan: GeneralFields
    request: dict[str, Any]


KINDS: Final = {
    PROCESSING.name: _Demonstration(
        PROCESSING,
        ProcessingJobPlan.completes(processing=5400, exit_message="Completed: 1200000 rows"),
        {
            "ProcessingJobName": "churn-prepare-2018-07-30",
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}},
            "AppSpecification": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/prepare:1"},
            "RoleArn": "arn:aws:iam::123456789012:role/SageMakerProcessing",
        },
    ),
    TRANSFORM.name: _Demonstration(
        TRANSFORM,
        TransformJobPlan.completes(transforming=5400),
        {
            "TransformJobName": "churn-score-2018-07-30",
            "ModelName": "churn-2018-07-30",
            "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://churn/2018-07/score"}}},
            "TransformOutput": {"S3OutputPath": "s3://churn/scores"},
            "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        },
    ),
}
"""The demonstrations, by the name of the kind of job."""


def play_batch(name: str, paper: Paper) -> list[Line]:
    """Play a job of this kind, and return its picture with some numbers."""
    kind, plan, request = KINDS[name]
    job = request[kind.name_member]
    began = real.perf_counter()
    with mock_sagemaker(start="2018-07-30T00:00:00Z", plan=plan) as mock:
        client: Any = botocore.session.Session().create_client("sagemaker", "us-east-1")
        ready = real.perf_counter()
        arn = getattr(client, f"create_{name}_job")(**request)[f"{kind.shape}Arn"]
        client.get_waiter(f"{name}_job_completed_or_stopped").wait(**{kind.name_member: job}, WaiterConfig={"MaxAttempts": 1000})
        lived = real.perf_counter()
        polls = mock.calls.to(kind.describe).count
    passed = mock.clock.now() - mock.calls[0].at
    jobs: ProcessingJobs | TransformJobs = getattr(mock, f"{name}_jobs")
    says = f"{passed} of virtual time passed, in {polls} polls and {len(mock.sleeps)} sleeps."
    return [
        *draw(life(jobs.find(arn), mock.clock.now_us()), paper),
        *fitted(["", says, took(began, ready, lived)], paper),
    ]
