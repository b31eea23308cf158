"""Tuning jobs that a real client creates in a mock, with plans for their children."""

from typing import Any

from sagemock import (
    Plan,
    SageMakerMock,
    TuningJobPlan,
)
from tests.support.calling import make_client
from tests.support.tuning import request

__all__ = ["CLIENT", "FAILS", "NAME", "NONE", "SHORT", "ages", "child_summaries", "describe", "tuning"]

NAME = {"HyperParameterTuningJobName": "tune"}
SHORT = Plan.completes(starting=0, downloading=0, training=60, uploading=0)
FAILS = Plan.fails(during="Starting", starting=10)
NONE = {"Completed": 0, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}
CLIENT = make_client()


def tuning(sagemaker: SageMakerMock, plan: Plan | None = SHORT, own: TuningJobPlan | None = None, **changes: Any) -> Any:
    """Create a tuning job through a client, with plans for it and its children; return its view."""
    sagemaker.plan("tune", own or TuningJobPlan.completes())
    if plan is not None:
        sagemaker.plan("tune-*", plan)
    CLIENT.create_hyper_parameter_tuning_job(**request(**changes))
    return sagemaker.tuning_jobs["tune"]


def describe() -> dict[str, Any]:
    """Describe the tuning job."""
    found: dict[str, Any] = CLIENT.describe_hyper_parameter_tuning_job(**NAME)
    del found["ResponseMetadata"]
    return found


def child_summaries(**given: Any) -> list[dict[str, Any]]:
    """Return the summaries of the children."""
    found: list[dict[str, Any]] = CLIENT.list_training_jobs_for_hyper_parameter_tuning_job(**NAME, **given)[
        "TrainingJobSummaries"
    ]
    return found


def ages(tune: Any) -> list[float]:
    """Return the instant of each child's creation, in seconds after that of the tuning job."""
    return [(one.created - tune.created).total_seconds() for one in tune.children]
