"""SageMaker training jobs on a virtual clock, inside your test process."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagemock.clock import Clock
    from sagemock.errors import (
        InvalidType,
        InvalidValue,
        NeverReached,
        NotAnswered,
        NothingWillHappen,
        NotSimulated,
        PlanError,
        SagemockError,
        UnknownJob,
        UnusedError,
        UsageError,
    )
    from sagemock.jobs.plan import Phase, Plan
    from sagemock.mock import SageMakerMock, current, mock_sagemaker
    from sagemock.options import Options

__all__ = [
    "Clock",
    "InvalidType",
    "InvalidValue",
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
    "UnknownJob",
    "UnusedError",
    "UsageError",
    "current",
    "mock_sagemaker",
]

_HOMES = {"Clock": "clock", "Options": "options", "Phase": "jobs.plan", "Plan": "jobs.plan"}
_HOMES |= dict.fromkeys(("SageMakerMock", "current", "mock_sagemaker"), "mock")


def __getattr__(name: str) -> Any:  # noqa: ANN401  # a module's attribute is anything
    # On first use: a test run that never asks for the pytest fixture does not pay for loading botocore.
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(f"sagemock.{_HOMES.get(name, 'errors')}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
