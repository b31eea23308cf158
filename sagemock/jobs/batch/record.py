"""Records of batch jobs: reads the Describe response of a real job as the fields of a plan that repeats its life."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sagemock.checks import quoted
from sagemock.clock.instants import SECOND_US, instant_us
from sagemock.errors import PlanError
from sagemock.evidence import REPLAY, Assumption
from sagemock.jobs.batch.fields import STARTING
from sagemock.jobs.kinds import Kind

__all__ = ["CALLED", "load", "replayed_fields"]

CALLED: Final = "sagemock:StoppingSince"
"""An extra member of a response, by sagemock: when the job was first seen to be Stopping, if several records tell."""

_CALLED: Final = Assumption(
    "that a recorded processing or transform job that was stopped at an unknown instant was stopped 10 s before its end, or 10 s "
    "after its start or creation if it had not ended",
    since="2026-11-26",
    knob=REPLAY,
)
_CALLED_US: Final = _CALLED(10 * SECOND_US)


def load(response: Mapping[str, Any] | str | os.PathLike[str], kind: Kind) -> Mapping[str, Any]:
    """Return a Describe response: the given one, or that in the file at this path. Raises PlanError if the file has none."""
    given: object = response
    if isinstance(given, Mapping):
        return given
    if not isinstance(given, (str, os.PathLike)):
        raise PlanError(f"{quoted(given)} is not a {kind.describe} response: give boto3's dict, or the path of a JSON file")
    path = Path(given)
    try:
        found: object = json.loads(path.read_bytes())
    except OSError as error:
        raise PlanError(f"{quoted(str(path))} cannot be read ({error.strerror}): give the path of a file") from None
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{quoted(str(path))} is not JSON ({error}): save one {kind.describe} response there") from None
    if not isinstance(found, Mapping):
        raise PlanError(f"{quoted(str(path))} has no JSON object in it: save one {kind.describe} response there")
    return found


def replayed_fields(response: Mapping[str, Any], kind: Kind, running: str) -> dict[str, Any]:
    """Return the fields of a plan that repeats a recorded life. Raises PlanError if `response` is not such a record."""
    status = response.get(kind.status_member)
    if status not in ("InProgress", "Completed", "Failed", "Stopping", "Stopped"):
        raise PlanError(
            f"{kind.status_member} of the record is {quoted(status)}: give what {kind.describe} returned for a {kind.noun}"
        )
    prefix = kind.shape.removesuffix("Job")
    created_us = _instant_us(response, "CreationTime", kind)
    if created_us is None:
        raise PlanError(f"the record has no CreationTime: give what {kind.describe} returned")

    def offset_us(name: str) -> int | None:
        at_us = _instant_us(response, name, kind)
        return None if at_us is None else at_us - created_us

    started_us, ended_us = offset_us(f"{prefix}StartTime"), offset_us(f"{prefix}EndTime")
    modified_us = offset_us("LastModifiedTime")
    known = [0, *(at_us for at_us in (started_us, ended_us, modified_us) if at_us is not None)]
    if known != sorted(known):
        raise PlanError("creation, start, end and LastModifiedTime of the record are not in order: give it as it was returned")
    fields: dict[str, Any] = {"replayed": response}
    if started_us is not None:
        fields["starting"] = _length(started_us)
    if status in ("Completed", "Failed"):
        fields |= _ended(response, kind, running, started_us, ended_us)
    elif status == "InProgress":
        if started_us is None and modified_us is not None:
            fields["registered_after"] = _length(modified_us)
        return fields
    else:
        fields |= _stopped(started_us, ended_us, modified_us if status == "Stopping" else offset_us(CALLED))
    if ended_us is not None and modified_us is not None:
        fields["settled_after"] = _length(modified_us - ended_us)
    return fields


def _ended(response: Mapping[str, Any], kind: Kind, running: str, started_us: int | None, ended_us: int | None) -> dict[str, Any]:
    status, reason = response[kind.status_member], response.get("FailureReason")
    if ended_us is None or (started_us is None and status == "Completed"):
        raise PlanError(
            f"the record of a {kind.noun} that is {status} lacks its start or its end: give a whole {kind.describe} response"
        )
    if (status == "Failed") != isinstance(reason, str):
        raise PlanError(f"the record is {status} with FailureReason {quoted(reason)}: give it as it was returned")
    fields: dict[str, Any] = {"ending": status, "failure_reason": reason}
    if started_us is None:
        return fields | {"during": STARTING, "starting": _length(ended_us)}
    return fields | {running.lower(): _length(ended_us - started_us)}


def _stopped(started_us: int | None, ended_us: int | None, called_us: int | None) -> dict[str, Any]:
    """Return the fields of a life that was stopped; without the stop, its containers would never end."""
    since_us = started_us or 0
    if ended_us is None:
        return {"endless": True, "stopped_after": _length(since_us + _CALLED_US if called_us is None else called_us)}
    stopped_us = max(since_us, ended_us - _CALLED_US) if called_us is None else min(max(since_us, called_us), ended_us)
    fields: dict[str, Any] = {"endless": True, "stopped_after": _length(stopped_us), "stopping": _length(ended_us - stopped_us)}
    # A job that never started waits for its instances until it is stopped.
    return fields if started_us is not None else fields | {"during": STARTING}


def _instant_us(response: Mapping[str, Any], name: str, kind: Kind) -> int | None:
    value = response.get(name)
    if value is None:
        return None
    try:
        return instant_us(value)
    except (TypeError, ValueError) as error:
        raise PlanError(f"{name} of the record: {error}; give what {kind.describe} returned") from None


def _length(length_us: int) -> timedelta:
    return timedelta(microseconds=length_us)
