"""Places: where a job lives."""

from typing import NamedTuple

__all__ = ["Place"]


class Place(NamedTuple):
    """Where a job lives: worlds with different places know nothing of each other."""

    partition: str
    region: str
    account: str

    def arn(self, resource: str) -> str:
        """Return the ARN of a SageMaker resource there."""
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{resource}"
