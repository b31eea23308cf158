"""Reading a recorded DescribeTrainingJob response: what happened in it, as offsets from its creation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from sagemock.checks import encodable, of_a_plan, shown, whole
from sagemock.clock.instants import instant_us
from sagemock.errors import PlanError
from sagemock.training import status
from sagemock.training.plan.forms import CALLED, MESSAGES, formed

__all__ = ["MAY_BE_NULL", "Entry", "Recorded", "nulls_of", "read", "without_nulls"]


@dataclass(frozen=True)
class Entry:
    """One entry of SecondaryStatusTransitions, in microseconds after CreationTime; `end_us` is None while it is open."""

    status: str
    start_us: int
    end_us: int | None
    message: str
    messages: tuple[tuple[int, str], ...] = ()
    """What it is known to have shown, by offset in microseconds from its beginning, where several records tell."""


@dataclass(frozen=True)
class Recorded:
    """What a response says about the life of its job; every instant in microseconds after CreationTime."""

    created_us: int
    """CreationTime, in microseconds since the epoch."""
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
    filled: tuple[str, ...]
    """What the record does not say, and how that is filled in, in sentences."""
    called_us: int | None = None
    """When it was first seen to be Stopping, where several records tell."""
    nulls: frozenset[str] = frozenset()
    """The members that the record of a job that has ended shows as null."""


MAY_BE_NULL: Final = (
    "TrainingStartTime", "TrainingEndTime", "TrainingTimeInSeconds", "BillableTimeInSeconds", "ModelArtifacts",
    "FinalMetricDataList",
)  # fmt: skip
"""The members that a job which has ended usually has, and that are shown as null if its record shows them so."""


def nulls_of(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which of these a record shows as null."""
    return tuple(name for name in MAY_BE_NULL if name in given and given[name] is None)


def read(given: Mapping[str, Any], nulls: Iterable[str] = (), *, in_order: bool = True) -> Recorded:
    """Return what a record says: boto3's dict, the CLI's JSON, or what `forms` reads as such. Raises PlanError if it is none.

    `nulls` are the members that the record shows as null, if these were taken out. Entries that are not `in_order` are refused,
    unless somebody wants to know of them.
    """
    try:
        response, filled = formed(given)
    except (TypeError, ValueError, AttributeError) as error:
        raise PlanError(f"{_name(given)}: {error}; give it as it was returned") from None
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

    names = [at.get("Status") if isinstance(at, Mapping) else None for at in transitions]
    entries = tuple(
        _entry(at, index, created_us, after)
        for index, (at, after) in enumerate(zip(transitions, [*names[1:], None], strict=True))
    )
    for before, after in pairwise(entries):
        if in_order and (before.end_us is None or after.start_us < before.start_us):
            raise PlanError(
                f"{_name(response)}: {after.status} follows {before.status} before that ended; the record is not in order: "
                "give it as it was returned"
            )
    last = entries[-1]
    ending = last.status if last.status in status.ENDINGS else None
    modified_us = offset("LastModifiedTime")
    started_us, ended_us = offset("TrainingStartTime"), offset("TrainingEndTime")
    if _is_selection(response):
        if started_us is None and "TrainingStartTime" not in nulls:
            started_us = next((entry.start_us for entry in entries if entry.status in status.STARTED), None)
        if (
            ended_us is None
            and ending is not None
            and "TrainingEndTime" not in nulls
            and (started_us, ending) != (None, "Failed")
        ):
            ended_us = last.start_us
    return Recorded(
        created_us=created_us,
        entries=entries if ending is None else entries[:-1],
        ending=ending,
        last_message=last.message,
        failure_reason=str(response.get("FailureReason") or last.message) if ending == "Failed" else None,
        stopping=response.get("TrainingJobStatus") == "Stopping",
        started_us=started_us,
        ended_us=ended_us,
        modified_us=last.start_us if modified_us is None else modified_us,
        training_s=_seconds(response, "TrainingTimeInSeconds"),
        billable_s=_seconds(response, "BillableTimeInSeconds"),
        filled=filled,
        called_us=offset(CALLED),
        nulls=frozenset(nulls),
    )


def _is_selection(response: Mapping[str, Any]) -> bool:
    """Whether somebody left members out: every response has these."""
    return not {"TrainingJobArn", "LastModifiedTime", "ResourceConfig"} <= response.keys()


def without_nulls(value: Any) -> Any:  # noqa: ANN401  # a JSON value, or what boto3 made of one
    """Return a response without its null members, at every depth: to tools that show every member, null is an absent one."""
    if isinstance(value, Mapping):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, str):
        with of_a_plan():
            encodable("a text of the record", value)
    return [without_nulls(item) for item in value if item is not None] if isinstance(value, list) else value


def _message(name: str, after: object) -> str:
    """Return the last message that an entry shows which is followed by another: of Starting and Pending it depends on that."""
    if after == status.PENDING and name == status.STARTING:
        return status.STARTING_THE_JOB
    if name == status.PENDING and after is not None:
        return status.MESSAGES["Stopped"] if after == "Stopped" else status.PREPARING_THE_INSTANCES
    return status.MESSAGES[name]


def _entry(given: object, index: int, created_us: int, after: object) -> Entry:
    at: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    name = at.get("Status")
    if not isinstance(name, str) or name not in status.PHASES | status.ENDINGS or at.get("StartTime") is None:
        raise PlanError(
            f"SecondaryStatusTransitions[{index}] is {shown(given)}: it has no StartTime, or no Status that a job can have; "
            "give it as it was returned"
        )
    start_us = _instant(at, "StartTime") - created_us
    end_us = _instant(at, "EndTime") - created_us if at.get("EndTime") is not None else None
    told = at.get(MESSAGES, ())
    messages = tuple((_instant(one, "At") - created_us - start_us, str(one["StatusMessage"])) for one in told)
    return Entry(name, start_us, end_us, str(at.get("StatusMessage") or _message(name, after)), messages)


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
