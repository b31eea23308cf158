"""Advice for names that a mock does not have: attributes, and statuses. It says where the name is, or what it is called."""

from collections.abc import Collection
from typing import Final, NoReturn

from botocore import xform_name

from sagemock.checks import ALIKE, nearest, no_attribute, quoted
from sagemock.clock.virtual import Clock
from sagemock.service.calls import Calls
from sagemock.service.operations import OPERATIONS
from sagemock.world.mappings import Jobs
from sagemock.world.options import Options
from sagemock.world.sleeps import Sleeps

__all__ = ["check_setting", "refuse_attribute", "status_hint"]

_PARTS = {"clock": Clock, "calls": Calls, "sleeps": Sleeps, "jobs": Jobs}

_INSTEAD = {
    "training_jobs": "write jobs",
    "wait": "write advance_until(name, 'Completed')",
    "wait_for": "write advance_until(name, 'Completed')",
}
"""What to write instead of some names, of which the nearest attribute is another thing."""
_STATUSES: Final = {
    "succeeded": "Completed",
    "success": "Completed",
    "successful": "Completed",
    "done": "Completed",
    "finished": "Completed",
    "complete": "Completed",
    "error": "Failed",
    "running": "InProgress",
    "cancelled": "Stopped",
    "canceled": "Stopped",
}
"""Names of statuses in other services."""


def refuse_attribute(mock: object, name: str) -> NoReturn:
    """Raise AttributeError for an attribute that a mock does not have."""
    raise no_attribute(mock, name, None if name.startswith("_") else _hint(name))


def check_setting(mock: object, name: str) -> None:
    """Raise AttributeError if a test sets an attribute of a mock, which would change nothing."""
    if name.startswith("_") or isinstance(getattr(type(mock), name, None), property):
        # For a property without a setter, Python has an error.
        return
    if name in vars(Clock):
        hint = f"write clock.{name} = …"
    elif name in Options.__dataclass_fields__:
        hint = f"options are given at the start, as in mock_sagemaker({name}=…)"
    else:
        hint = "it has no attributes to set"
    raise AttributeError(f"cannot set {name!r} of a mock: {hint}", name=name, obj=mock)


def _hint(name: str) -> str | None:
    for part, kind in _PARTS.items():
        if name in vars(kind):
            return f"write {part}.{name}"
    if name in map(xform_name, OPERATIONS):
        return f"it is a call of a client, boto3.client('sagemaker').{name}(…)"
    return _INSTEAD.get(name)


def status_hint(wanted: object, known: Collection[str]) -> str:
    """Return how the advice against a wrong status begins."""
    if isinstance(wanted, (list, tuple, set, frozenset)):
        return "to wait for any end, call advance_until_idle(), or write"
    near = _STATUSES.get(quoted(wanted).strip("'").lower()) or nearest(wanted, known, ALIKE)
    return f"did you mean {near!r}? Write" if near else "write"
