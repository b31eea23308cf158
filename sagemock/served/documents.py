"""The state of a world as JSON: the clock, jobs, calls, rules and faults."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sagemock.errors import PlanError
from sagemock.jobs.own import own
from sagemock.jobs.rules import Rule
from sagemock.served.plans import PLANS, to_document
from sagemock.service.calls import Call
from sagemock.service.faults import Fault
from sagemock.world.views import ChildView, JobView, ProcessingJobView, TransformJobView, TuningJobView
from sagemock.world.world import World

__all__ = ["call", "clock", "fault", "job", "plain", "rule"]

_OF_SOME: Final = (
    "secondary_status", "message", "training_seconds", "billable_seconds", "phase", "exit_message", "counters",
    "objective_counters", "best",
)  # fmt: skip
"""The members that only some kinds of job have."""


def clock(world: World) -> dict[str, Any]:
    """Return the present instant of a world's clock, and its settings."""
    limit = world.clock.idle_limit
    return {
        "now": world.clock.now().isoformat(),
        "latency": world.clock.latency.total_seconds(),
        "idle_limit": None if limit is None else limit.total_seconds(),
        "rate": world.options.rate,
    }


def job(view: JobView | ProcessingJobView | TransformJobView | TuningJobView) -> dict[str, Any]:
    """Return a job as it is now, by the names of its view; members of other kinds of job are null."""
    return {
        "kind": view.plan.kind.name,
        "name": view.name,
        "arn": view.arn,
        "region": view.region,
        "status": view.status,
        "failure_reason": view.failure_reason,
        "created": view.created.isoformat(),
        "started": _instant(view.started),
        "ended": _instant(view.ended),
        **dict.fromkeys(_OF_SOME),
        "transitions": [],
        "children": [],
        **_of_kind(view),
        "request": plain(view.request),
        **_planned(view.plan),
    }


def _of_kind(view: JobView | ProcessingJobView | TransformJobView | TuningJobView) -> dict[str, Any]:
    if isinstance(view, JobView):
        return _of_training(view)
    if isinstance(view, TuningJobView):
        best = view.best
        return {
            "counters": view.counters,
            "objective_counters": view.objective_counters,
            "children": [_child(one) for one in view.children],
            "best": None if best is None else best.name,
        }
    return {"phase": view.phase, **({"exit_message": view.exit_message} if isinstance(view, ProcessingJobView) else {})}


def _child(one: ChildView) -> dict[str, Any]:
    return {
        "name": one.name,
        "arn": one.arn,
        "status": one.status,
        "hyperparameters": dict(one.hyperparameters),
        "objective": one.objective,
        "objective_status": one.objective_status,
        "created": one.created.isoformat(),
        "ended": _instant(one.ended),
    }


def _of_training(view: JobView) -> dict[str, Any]:
    return {
        "secondary_status": view.secondary_status,
        "message": view.message,
        "training_seconds": view.training_seconds,
        "billable_seconds": view.billable_seconds,
        "transitions": [
            {"status": one.status, "start": one.start.isoformat(), "end": _instant(one.end), "message": one.message}
            for one in view.transitions
        ],
    }


def call(one: Call) -> dict[str, Any]:
    """Return a call, by the names of a `Call`."""
    return {
        "operation": one.operation,
        "params": plain(one.params),
        "at": one.at.isoformat(),
        "region": one.region,
        "outcome": one.outcome,
        "message": one.message,
        "attempt": one.attempt,
        "origin": one.origin,
    }


def rule(one: Rule) -> dict[str, Any]:
    """Return a rule: a plan, the jobs that it is for, and the number of jobs that it has served."""
    matcher = one.matcher if isinstance(one.matcher, str) else None
    return {
        "kind": one.kind.name,
        "match": matcher,
        "shown": str(one),
        **_planned(one.plan),
        "times": one.times,
        "used": one.used,
    }


def fault(one: Fault) -> dict[str, Any]:
    """Return a fault, and the number of calls that have met it."""
    return {"operation": one.operation, "error": one.error, "shown": str(one), "times": one.times, "met": one.met}


def plain(value: Any) -> Any:  # noqa: ANN401  # any value in, a JSON value out
    """Return a value for JSON; a part that JSON cannot hold, such as bytes, becomes a string."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return own(value) if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _planned(plan: object) -> dict[str, Any]:
    document = None
    if isinstance(plan, PLANS):
        try:
            document = to_document(plan)
        except PlanError:
            # The plan has a callable in it, which JSON cannot hold.
            document = None
    return {"plan": document, "plan_shown": repr(plan)}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
