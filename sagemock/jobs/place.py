"""Places: the partition, region and account of a job."""

from typing import NamedTuple

__all__ = ["Place"]


class Place(NamedTuple):
    """The partition, region and account of a job. A call sees only the jobs at its own place."""

    partition: str
    region: str
    account: str

    def arn(self, resource: str) -> str:
        """Return the ARN of a SageMaker resource at this place."""
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{resource}"
