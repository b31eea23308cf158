"""The kinds of job, with AWS's names for each kind and its resources."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

__all__ = ["KINDS", "PROCESSING", "TRAINING", "TRANSFORM", "TUNING", "Kind", "named_in", "of_arn"]


class Kind(NamedTuple):
    """A kind of job, with its names in AWS's APIs."""

    name: str
    """The name of the kind in this package: the argument `kind` of `plan()`."""
    noun: str
    """The noun for such a job in error messages."""
    resource: str
    """The type of the resource in its ARN."""
    shape: str
    """The name in the service model, as in CreateTrainingJob and TrainingJobName."""
    log_group: str | None
    """The log group of its containers, None if it has no containers."""
    detail_type: str
    """The detail type of its events in EventBridge."""
    secondary_member: str | None = None
    """The field of a Describe response that has the secondary status, None if the kind has no such status."""

    @property
    def create(self) -> str:
        """The operation that creates such a job."""
        return f"Create{self.shape}"

    @property
    def describe(self) -> str:
        """The operation that describes such a job."""
        return f"Describe{self.shape}"

    @property
    def list(self) -> str:
        """The operation that lists such jobs."""
        return f"List{self.shape}s"

    @property
    def name_member(self) -> str:
        """The field of a request that has the job's name."""
        return f"{self.shape}Name"

    @property
    def status_member(self) -> str:
        """The field of a Describe response that has the job's status."""
        return f"{self.shape}Status"


TRAINING: Final = Kind(
    "training",
    "training job",
    "training-job",
    "TrainingJob",
    "/aws/sagemaker/TrainingJobs",
    "SageMaker Training Job State Change",
    "SecondaryStatus",
)
PROCESSING: Final = Kind(
    "processing",
    "processing job",
    "processing-job",
    "ProcessingJob",
    "/aws/sagemaker/ProcessingJobs",
    "SageMaker Processing Job State Change",
)
TRANSFORM: Final = Kind(
    "transform",
    "transform job",
    "transform-job",
    "TransformJob",
    "/aws/sagemaker/TransformJobs",
    "SageMaker Transform Job State Change",
)
TUNING: Final = Kind(
    "tuning",
    "tuning job",
    "hyper-parameter-tuning-job",
    "HyperParameterTuningJob",
    None,
    "SageMaker HyperParameter Tuning Job State Change",
)
KINDS: Final = (TRAINING, PROCESSING, TRANSFORM, TUNING)
"""All kinds. Training jobs come first, because a name without a kind is that of a training job."""


def of_arn(arn: str) -> tuple[Kind, str] | None:
    """Return the kind and the name of the job with this ARN, None if it is not the ARN of a job."""
    for kind in KINDS:
        _, found, name = arn.partition(f":{kind.resource}/")
        if found:
            return kind, name
    return None


def named_in(request: Mapping[str, Any]) -> tuple[Kind, str] | None:
    """Return the kind and the name of the job that a request is about, None if it does not name one."""
    for kind in KINDS:
        name = request.get(kind.name_member)
        if name is not None:
            return kind, str(name)
    return of_arn(str(request.get("ResourceArn", "")))
