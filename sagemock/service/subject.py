"""What a call is about: the operation that it names, and the training job."""

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from botocore.loaders import create_loader

from sagemock.checks import nearest, shown, text
from sagemock.errors import UsageError
from sagemock.service.operations import OPERATIONS

__all__ = ["JOBLESS", "checked_operation", "job_of"]

JOBLESS: Final = frozenset({"ListTrainingJobs"})
"""The operations of the table that are about no single job."""


def job_of(request: Mapping[str, Any]) -> str | None:
    """Return the name of the training job that a request is about, None if it names none."""
    name = request.get("TrainingJobName")
    if name is None:
        _, found, name = str(request.get("ResourceArn", "")).rpartition(":training-job/")
        return name if found else None
    return str(name)


def checked_operation(pattern: object, services: Sequence[str] = ("sagemaker",)) -> str:
    """Return the name of an operation, or a pattern of names (`*`, `?`, `[…]`).

    Raises UsageError if none of the services has such an operation, by the service models of the botocore that is installed.
    """
    pattern = text("operation", pattern, "the name of an operation, or a pattern of names", "write 'DescribeTrainingJob'")
    # A model takes a tenth of a second to load: it is asked only about what the table does not know.
    if _names_one(pattern, OPERATIONS):
        return pattern
    # Not by way of a session or a client: those would ask for a region, a profile and plugins.
    loader = create_loader()
    known = {name for service in services for name in loader.load_service_model(service, "service-2")["operations"]}
    if _names_one(pattern, known):
        return pattern
    # As boto3's methods are spelt, too.
    near = nearest(pattern.replace("_", ""), sorted(known))
    hint = f"did you mean {near!r}?" if near else f"sagemock answers {', '.join(sorted(OPERATIONS))}"
    raise UsageError(f"SageMaker has no operation {shown(pattern)}: {hint}")


def _names_one(pattern: str, known: Collection[str]) -> bool:
    return pattern in known or any(fnmatchcase(name, pattern) for name in known)
