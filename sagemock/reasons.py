"""FailureReason in the service's own words.

Each text was seen in a public issue or repository, which the comment names. If a text contains details of a job, there is a
function that takes them.
"""

from typing import Final

from sagemock.checks import of_a_plan, public, quoted, text
from sagemock.errors import PlanError
from sagemock.evidence import Assumption

__all__ = [
    "ALGORITHM_LOGS",
    "CAPACITY",
    "CLIENT_LOGS",
    "INTERNAL",
    "OUT_OF_MEMORY",
    "ROLE",
    "UPLOAD",
    "algorithm",
    "checked",
    "data_download",
    "exit_code",
    "image_download",
    "image_not_found",
]

_ENDING: Final = Assumption("how the reason of an image that cannot be pulled goes on", knob="reasons.image_download(detail)")
LENGTH: Final = 1024
"""The longest FailureReason (service model). The service cuts the container's failure file to this length."""

CAPACITY: Final = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
"""No instance was free (DIAGNijmegen/rse-grand-challenge#2631)."""
ALGORITHM_LOGS: Final = "AlgorithmError: See job logs for more information"
"""Seen of a processing job (aws/sagemaker-python-sdk#1378)."""
CLIENT_LOGS: Final = "ClientError: See job logs for more information"
"""Seen of a transform job (aws/amazon-sagemaker-examples, a notebook of 2022)."""
INTERNAL: Final = "InternalServerError: We encountered an internal error. Please try again."
"""The service failed (comic/grand-challenge.org)."""
OUT_OF_MEMORY: Final = (
    "ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an instance."
)
"""The container needed more memory than its instance has (comic/grand-challenge.org)."""
UPLOAD: Final = "ClientError: Artifact upload failed:ClientError: Out of Memory. Please use a larger instance"
"""The model could not be uploaded (comic/grand-challenge.org)."""
ROLE: Final = (
    "ClientError: TrainingHostAgent Initialization failed:InvalidInputException: SageMaker is unable to perform: sts:AssumeRole "
    "on the role. Check if you have a trust relationship for 'sagemaker.amazonaws.com' to assume the role."
)
"""SageMaker may not assume the role of the job (astronomer/docs#1695, 2023)."""
_UNKNOWN_MANIFEST: Final = "manifest unknown: Requested image not found"


@public
def exit_code(code: int) -> str:
    """Return the reason for a container that ended with `code` and left no failure file (examples#1234 has the older form)."""
    if isinstance(code, bool) or not isinstance(code, int) or not 1 <= code <= 255:  # noqa: PLR2004  # an exit status is a byte
        raise PlanError(f"exit_code={quoted(code)}: a failed container has an exit code from 1 to 255; give one of these")
    return f"AlgorithmError: , exit code: {code}"


@public
def algorithm(failure_file: str) -> str:
    """Return the reason for a container that wrote this text to /opt/ml/output/failure (aws/amazon-sagemaker-examples#3444)."""
    return checked(f"AlgorithmError: {checked(failure_file)}")


@public
def data_download(detail: str = "Failed to download data. 403 Forbidden (403): Forbidden") -> str:
    """Return the reason for a job whose input could not be downloaded."""
    return checked(f"ClientError: Data download failed:{checked(detail)}")


@public
def image_download(detail: str = "") -> str:
    """Return the reason for a job whose image could not be pulled (aws/sagemaker-python-sdk#5861)."""
    ending = detail if isinstance(detail, str) and not detail else checked(detail)
    return checked(f"ClientError: Unable to download training image{_ENDING(ending)}")


@public
def image_not_found(image: str) -> str:
    """Return the reason for a processing job whose image has no such tag (aws/amazon-sagemaker-examples#2333)."""
    return checked(f"ClientError: API error (404): manifest for {checked(image)} not found: {_UNKNOWN_MANIFEST}")


@public
def checked(reason: str) -> str:
    """Return the part of a reason that the service shows. Raises PlanError if `reason` is empty or not a string."""
    if not isinstance(reason, str) or not reason:
        raise PlanError(
            f"{quoted(reason)} is not a FailureReason: give a text that is not empty, such as 'AlgorithmError: , exit code: 1'"
        )
    with of_a_plan():
        text("FailureReason", reason, "a text", "write a text that UTF-8 can encode")
    return reason[:LENGTH]
