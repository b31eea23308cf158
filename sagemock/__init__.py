"""SageMaker training jobs on a virtual clock, inside your test process."""

from sagemock.clock import Clock
from sagemock.errors import (
    NeverReached,
    NotAnswered,
    NothingWillHappen,
    NotSimulated,
    PlanError,
    SagemockError,
    UnusedError,
    UsageError,
)
from sagemock.jobs.plan import Phase, Plan
from sagemock.mock import SageMakerMock, current, mock_sagemaker
from sagemock.options import Options

__all__ = [
    "Clock",
    "NeverReached",
    "NotAnswered",
    "NotSimulated",
    "NothingWillHappen",
    "Options",
    "Phase",
    "Plan",
    "PlanError",
    "SageMakerMock",
    "SagemockError",
    "UnusedError",
    "UsageError",
    "current",
    "mock_sagemaker",
]
