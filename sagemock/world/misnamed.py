"""Errors for attributes that a mock does not have, which say where the attribute is, or what it is called."""

from typing import NoReturn

from botocore import xform_name

from sagemock.checks import nearest
from sagemock.clock.virtual import Clock
from sagemock.service.calls import Calls
from sagemock.service.operations import OPERATIONS
from sagemock.world.mappings import Jobs
from sagemock.world.sleeps import Sleeps

__all__ = ["refuse_attribute"]

_PARTS = {"clock": Clock, "calls": Calls, "sleeps": Sleeps, "jobs": Jobs}


def refuse_attribute(mock: object, name: str) -> NoReturn:
    """Raise AttributeError for an attribute that a mock does not have."""
    what = f"{type(mock).__name__!r} object has no attribute {name!r}"
    hint = "" if name.startswith("_") else _hint(type(mock), name)
    raise AttributeError(f"{what}{hint}", name=name, obj=mock)


def _hint(mock: type, name: str) -> str:
    for part, kind in _PARTS.items():
        if name in vars(kind):
            return f": write {part}.{name}"
    if name in map(xform_name, OPERATIONS):
        return f": it is a call of a client, boto3.client('sagemaker').{name}(…)"
    near = nearest(name, [one for one in dir(mock) if not one.startswith("_")])
    return "" if near is None else f": did you mean {near!r}?"
