"""The members that DescribeTrainingJob shows for serverless jobs only.

The service model describes each member in a sentence.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from sagemock.evidence import REPLAY, Assumption
from sagemock.training.job import Job
from sagemock.training.progress import Progress, tokens
from sagemock.training.snapshot import Snapshot

__all__ = ["members_by_change", "progress_info"]

_WHEN: Final = Assumption(
    "when ProgressInfo, MlflowDetails, OutputModelPackageArn and BillableTokenCount of a serverless job appear, and the form of "
    "their ids",
    knob=REPLAY,
)


def progress_info(at: Progress) -> dict[str, int]:
    """Return ProgressInfo."""
    return {
        "TotalStepCountPerEpoch": at.steps,
        "CurrentStep": at.step,
        "CurrentEpoch": at.epoch,
        "MaxEpoch": at.epochs,
    }


def members_by_change(job: Job, at: Snapshot) -> dict[str, Any]:
    """Return the members that only a change to the job alters."""
    request = job.request
    members: dict[str, Any] = _WHEN({})
    if at.started_us is not None and "MlflowConfig" in request:
        members["MlflowDetails"] = _mlflow(job, request["MlflowConfig"])
    if at.secondary == "Completed" and "ModelPackageConfig" in request and _leaves_a_model(request):
        members["OutputModelPackageArn"] = _package(job, request["ModelPackageConfig"]["ModelPackageGroupArn"])
    billed = tokens(job, at)
    if billed is not None:
        members["BillableTokenCount"] = billed
    return members


def _leaves_a_model(request: Mapping[str, Any]) -> bool:
    return bool(request.get("ServerlessJobConfig", {}).get("JobType") != "Evaluation")


def _package(job: Job, group: str) -> str:
    """Return an ARN like `arn:aws:sagemaker:us-east-1:123456789012:model-package/group/1`; it ends in the number of the job."""
    before, _, name = group.partition(":model-package-group/")
    return f"{before}:model-package/{name}/{job.number}"


def _mlflow(job: Job, config: Mapping[str, str]) -> dict[str, str]:
    """Return the ids of MLflow: jobs of one experiment share its id."""
    server = config["MlflowResourceArn"]
    return {
        "MlflowExperimentId": str(int(_digest(server, config.get("MlflowExperimentName", job.name))[:8], 16)),
        "MlflowRunId": _digest(server, job.arn, str(job.created_us))[:32],
    }


def _digest(*words: str) -> str:
    return sha256("/".join(words).encode()).hexdigest()
