"""The subject of a call: its operation and its job."""

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from botocore.loaders import create_loader

from sagemock.checks import nearest, quoted, text
from sagemock.errors import UsageError
from sagemock.jobs.kinds import KINDS, named_in
from sagemock.service.operations import OPERATIONS

__all__ = ["JOBLESS", "checked_operation", "job_of"]

JOBLESS: Final = frozenset({"Search", *(kind.list for kind in KINDS)})
"""The operations of `OPERATIONS` that are not about a single job."""


def job_of(request: Mapping[str, Any]) -> str | None:
    """Return the name of the job that a request is about, or None if it does not name one."""
    named = named_in(request)
    return None if named is None else named[1]


def checked_operation(pattern: object, services: Sequence[str] = ("sagemaker",)) -> str:
    """Return the name of an operation, or a pattern of names (`*`, `?`, `[…]`).

    Raises UsageError if none of the services has such an operation in the installed botocore.
    """
    pattern = text("operation", pattern, "the name of an operation, or a pattern of names", "write 'DescribeTrainingJob'")
    # Loading a model takes a tenth of a second, so look in the table first.
    if _names_one(pattern, OPERATIONS):
        return pattern
    # A session or a client would ask for a region, a profile and plugins, so load the model directly.
    loader = create_loader()
    known = {name for service in services for name in loader.load_service_model(service, "service-2")["operations"]}
    if _names_one(pattern, known):
        return pattern
    # The test may have written the name of boto3's method, with underscores.
    near = nearest(pattern.replace("_", ""), sorted(known))
    hint = f"did you mean {near!r}?" if near else f"sagemock answers {', '.join(sorted(OPERATIONS))}"
    raise UsageError(f"SageMaker has no operation {quoted(pattern)}: {hint}")


def _names_one(pattern: str, known: Collection[str]) -> bool:
    return pattern in known or any(fnmatchcase(name, pattern) for name in known)
