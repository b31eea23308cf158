"""A mock of SageMaker jobs: their whole lives on a virtual clock, inside your test process."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagemock.clock.forced_moves import ForcedMove
    from sagemock.clock.virtual import Clock
    from sagemock.errors import (
        InvalidType,
        InvalidValue,
        NeverReached,
        NotAnswered,
        NothingWillHappen,
        NotServed,
        NotSimulated,
        PlanError,
        SagemockError,
        UnknownJob,
        UnusedError,
        UsageError,
        WrongCalls,
    )
    from sagemock.events.bridge import Events
    from sagemock.events.delivery import Delay, Subscription
    from sagemock.events.handler import Handler, LambdaContext
    from sagemock.events.pattern import Pattern
    from sagemock.faces.maker import mock_sagemaker
    from sagemock.faces.mock import SageMakerMock, current
    from sagemock.jobs.durations import Duration
    from sagemock.jobs.lines import Lines
    from sagemock.jobs.rules import Matcher, PlanSource
    from sagemock.processing.plan import ProcessingDurations, ProcessingJobPlan
    from sagemock.pytest_plugin import marker
    from sagemock.served.environment import child_environment
    from sagemock.served.remote import RemoteMock, connect
    from sagemock.served.remote_clock import RemoteClock
    from sagemock.served.remote_mappings import RemoteJobs, RemoteProcessingJobs, RemoteTransformJobs, RemoteTuningJobs
    from sagemock.served.remote_views import RemoteJob, RemoteProcessingJob, RemoteTransformJob, RemoteTuningJob
    from sagemock.service.accounts import Accounts
    from sagemock.service.calls import Call, Calls
    from sagemock.service.faults import Moment
    from sagemock.training.plan.phase import Phase
    from sagemock.training.plan.plan import Durations, Plan
    from sagemock.transform.plan import TransformDurations, TransformJobPlan
    from sagemock.tuning.plan import Objective, TuningDurations, TuningJobPlan
    from sagemock.world.mappings import Jobs, ProcessingJobs, TransformJobs, TuningJobs
    from sagemock.world.options import Options
    from sagemock.world.sleeps import Sleep, Sleeps
    from sagemock.world.views import ChildView, JobView, ProcessingJobView, TransformJobView, TransitionView, TuningJobView

__all__ = [
    "Accounts",
    "Call",
    "Calls",
    "ChildView",
    "Clock",
    "Delay",
    "Duration",
    "Durations",
    "Events",
    "ForcedMove",
    "Handler",
    "InvalidType",
    "InvalidValue",
    "JobView",
    "Jobs",
    "LambdaContext",
    "Lines",
    "Matcher",
    "Moment",
    "NeverReached",
    "NotAnswered",
    "NotServed",
    "NotSimulated",
    "NothingWillHappen",
    "Objective",
    "Options",
    "Pattern",
    "Phase",
    "Plan",
    "PlanError",
    "PlanSource",
    "ProcessingDurations",
    "ProcessingJobPlan",
    "ProcessingJobView",
    "ProcessingJobs",
    "RemoteClock",
    "RemoteJob",
    "RemoteJobs",
    "RemoteMock",
    "RemoteProcessingJob",
    "RemoteProcessingJobs",
    "RemoteTransformJob",
    "RemoteTransformJobs",
    "RemoteTuningJob",
    "RemoteTuningJobs",
    "SageMakerMock",
    "SagemockError",
    "Sleep",
    "Sleeps",
    "Subscription",
    "TransformDurations",
    "TransformJobPlan",
    "TransformJobView",
    "TransformJobs",
    "TransitionView",
    "TuningDurations",
    "TuningJobPlan",
    "TuningJobView",
    "TuningJobs",
    "UnknownJob",
    "UnusedError",
    "UsageError",
    "WrongCalls",
    "child_environment",
    "connect",
    "current",
    "marker",
    "mock_sagemaker",
]

_HOMES = {
    "Events": "sagemock.events.bridge",
    "Accounts": "sagemock.service.accounts",
    "Moment": "sagemock.service.faults",
    "Call": "sagemock.service.calls",
    "Calls": "sagemock.service.calls",
    "Clock": "sagemock.clock.virtual",
    "Delay": "sagemock.events.delivery",
    "Subscription": "sagemock.events.delivery",
    "Pattern": "sagemock.events.pattern",
    "Handler": "sagemock.events.handler",
    "LambdaContext": "sagemock.events.handler",
    "Lines": "sagemock.jobs.lines",
    "Duration": "sagemock.jobs.durations",
    "Phase": "sagemock.training.plan.phase",
    "Durations": "sagemock.training.plan.plan",
    "Plan": "sagemock.training.plan.plan",
    "SageMakerMock": "sagemock.faces.mock",
    "child_environment": "sagemock.served.environment",
    "RemoteClock": "sagemock.served.remote_clock",
    "RemoteJob": "sagemock.served.remote_views",
    "RemoteJobs": "sagemock.served.remote_mappings",
    "RemoteProcessingJob": "sagemock.served.remote_views",
    "RemoteProcessingJobs": "sagemock.served.remote_mappings",
    "RemoteTransformJob": "sagemock.served.remote_views",
    "RemoteTransformJobs": "sagemock.served.remote_mappings",
    "RemoteTuningJob": "sagemock.served.remote_views",
    "RemoteTuningJobs": "sagemock.served.remote_mappings",
    "RemoteMock": "sagemock.served.remote",
    "connect": "sagemock.served.remote",
    "current": "sagemock.faces.mock",
    "marker": "sagemock.pytest_plugin",
    "mock_sagemaker": "sagemock.faces.maker",
    "Options": "sagemock.world.options",
    "Matcher": "sagemock.jobs.rules",
    "PlanSource": "sagemock.jobs.rules",
    "ForcedMove": "sagemock.clock.forced_moves",
    "Sleep": "sagemock.world.sleeps",
    "Sleeps": "sagemock.world.sleeps",
    "Jobs": "sagemock.world.mappings",
    "JobView": "sagemock.world.views",
    "ProcessingJobs": "sagemock.world.mappings",
    "ProcessingJobView": "sagemock.world.views",
    "TransformJobs": "sagemock.world.mappings",
    "TransformJobView": "sagemock.world.views",
    "TransitionView": "sagemock.world.views",
    "TuningJobs": "sagemock.world.mappings",
    "TuningJobView": "sagemock.world.views",
    "ChildView": "sagemock.world.views",
    "TuningDurations": "sagemock.tuning.plan",
    "TuningJobPlan": "sagemock.tuning.plan",
    "Objective": "sagemock.tuning.plan",
    "ProcessingDurations": "sagemock.processing.plan",
    "ProcessingJobPlan": "sagemock.processing.plan",
    "TransformDurations": "sagemock.transform.plan",
    "TransformJobPlan": "sagemock.transform.plan",
}
"""The module of each name; the other names are errors."""


def __getattr__(name: str) -> Any:  # noqa: ANN401  # a module's attribute is anything
    # Imported on first use: a test run that never uses the pytest fixture does not load botocore.
    if name not in __all__:
        from sagemock.checks import nearest  # noqa: PLC0415  # needed only for an error

        near = None if name.startswith("_") else nearest(name, __all__, 0.7)
        hint = f": did you mean {near!r}?" if near else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    found = globals()[name] = getattr(import_module(_HOMES.get(name, "sagemock.errors")), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
