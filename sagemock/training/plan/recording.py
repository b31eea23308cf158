"""Reading a recorded DescribeTrainingJob response: what happened in it, as offsets from its creation."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sagemock.checks import encodable, of_a_plan, shown, whole
from sagemock.clock.instants import instant_us
from sagemock.errors import PlanError
from sagemock.training import status

__all__ = ["Entry", "Recorded", "read", "without_nulls"]


@dataclass(frozen=True)
class Entry:
    """One entry of SecondaryStatusTransitions, in microseconds after CreationTime; `end_us` is None while it is open."""

    status: str
    start_us: int
    end_us: int | None
    message: str


@dataclass(frozen=True)
class Recorded:
    """What a response says about the life of its job; every instant in microseconds after CreationTime."""

    entries: tuple[Entry, ...]
    ending: str | None
    last_message: str
    failure_reason: str | None
    stopping: bool
    """Whether TrainingJobStatus was Stopping."""
    started_us: int | None
    ended_us: int | None
    modified_us: int
    training_s: int | None
    billable_s: int | None


def read(response: Mapping[str, Any]) -> Recorded:
    """Return what a DescribeTrainingJob response (boto3's dict, or the CLI's JSON) says. Raises PlanError if it is none."""
    transitions = response.get("SecondaryStatusTransitions")
    if "CreationTime" not in response or not transitions:
        raise PlanError(
            f"{_name(response)} is no DescribeTrainingJob response: it has no CreationTime or no SecondaryStatusTransitions; "
            "give what describe_training_job returned, or a file with the output of `aws sagemaker describe-training-job`"
        )
    if not isinstance(transitions, (list, tuple)):
        raise PlanError(
            f"SecondaryStatusTransitions of the record is a list of entries, not {shown(transitions)}: give it as it was returned"
        )
    created_us = _instant(response, "CreationTime")

    def offset(key: str) -> int | None:
        return _instant(response, key) - created_us if response.get(key) is not None else None

    entries = tuple(_entry(at, index, created_us) for index, at in enumerate(transitions))
    for before, after in pairwise(entries):
        if before.end_us is None or after.start_us < before.start_us:
            raise PlanError(
                f"{_name(response)}: {after.status} follows {before.status} before that ended; the record is not in order: "
                "give it as it was returned"
            )
    last = entries[-1]
    ending = last.status if last.status in status.ENDINGS else None
    modified_us = offset("LastModifiedTime")
    return Recorded(
        entries=entries if ending is None else entries[:-1],
        ending=ending,
        last_message=last.message,
        failure_reason=str(response.get("FailureReason") or last.message) if ending == "Failed" else None,
        stopping=response.get("TrainingJobStatus") == "Stopping",
        started_us=offset("TrainingStartTime"),
        ended_us=offset("TrainingEndTime"),
        modified_us=last.start_us if modified_us is None else modified_us,
        training_s=_seconds(response, "TrainingTimeInSeconds"),
        billable_s=_seconds(response, "BillableTimeInSeconds"),
    )


def without_nulls(value: Any) -> Any:  # noqa: ANN401  # a JSON value, or what boto3 made of one
    """Return a response without its null members, at every depth: to tools that show every member, null is an absent one."""
    if isinstance(value, Mapping):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, str):
        with of_a_plan():
            encodable("a text of the record", value)
    return [without_nulls(item) for item in value if item is not None] if isinstance(value, list) else value


def _entry(given: object, index: int, created_us: int) -> Entry:
    at: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    name = at.get("Status")
    if not isinstance(name, str) or name not in status.PHASES | status.ENDINGS or at.get("StartTime") is None:
        raise PlanError(
            f"SecondaryStatusTransitions[{index}] is {shown(given)}: it has no StartTime, or no Status that a job can have; "
            "give it as it was returned"
        )
    start_us = _instant(at, "StartTime") - created_us
    end_us = _instant(at, "EndTime") - created_us if at.get("EndTime") is not None else None
    return Entry(name, start_us, end_us, str(at.get("StatusMessage", status.MESSAGES[name])))


def _instant(holder: Mapping[str, Any], key: str) -> int:
    try:
        return instant_us(holder[key])
    except (TypeError, ValueError) as error:
        raise PlanError(f"{key} of the record: {error}") from None


def _seconds(response: Mapping[str, Any], key: str) -> int | None:
    value = response.get(key)
    if value is None:
        return None
    with of_a_plan():
        return whole(key, value, "a whole number of seconds", "give the record as it was returned", least=0)


def _name(response: Mapping[str, Any]) -> str:
    return f"the record of {shown(response['TrainingJobName'])}" if "TrainingJobName" in response else "this record"
