"""Reads a recorded DescribeTrainingJob response into offsets from the creation of its job."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sagemock.checks import MOST, encodable, of_a_plan, quoted, whole
from sagemock.clock.instants import LONGEST, duration_us, instant_us
from sagemock.errors import PlanError
from sagemock.training import status
from sagemock.training.plan.forms import CALLED, MESSAGES, formed

__all__ = ["MAY_BE_NULL", "Entry", "Recorded", "nulls_of", "read", "without_nulls"]

_TEXT, _NUMBER, _INSTANT = (str,), (int, float), (str, int, float, datetime)
_RULES: Final = [
    {
        **dict.fromkeys(("RuleConfigurationName", "RuleEvaluationJobArn", "RuleEvaluationStatus", "StatusDetails"), _TEXT),
        "LastModifiedTime": _INSTANT,
    }
]
_KINDS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("TrainingJobName", "TrainingJobStatus", "FailureReason", "ProfilingStatus"), _TEXT),
    **dict.fromkeys(("TuningJobArn", "LabelingJobArn", "AutoMLJobArn", "OutputModelPackageArn"), _TEXT),
    "SecondaryStatusTransitions": [{"StatusMessage": _TEXT}],
    "AlgorithmSpecification": {"TrainingImage": _TEXT, "MetricDefinitions": [{"Name": _TEXT, "Regex": _TEXT}]},
    "FinalMetricDataList": [{"MetricName": _TEXT, "Value": _NUMBER, "Timestamp": _INSTANT}],
    "DebugRuleEvaluationStatuses": _RULES,
    "ProfilerRuleEvaluationStatuses": _RULES,
    "WarmPoolStatus": {"Status": _TEXT, "ResourceRetainedBillableTimeInSeconds": _NUMBER, "ReusedByJob": _TEXT},
    "MlflowDetails": dict.fromkeys(("MlflowExperimentId", "MlflowRunId"), _TEXT),
    "ProgressInfo": dict.fromkeys(("TotalStepCountPerEpoch", "CurrentStep", "CurrentEpoch", "MaxEpoch"), _NUMBER),
    "BillableTokenCount": _NUMBER,
}
"""The types of the fields that this module reads, or that a replayed job shows at its end (service model)."""
_DEEPEST: Final = 20
"""The deepest nesting of a response that is read; responses of the service model have 6 levels."""


@dataclass(frozen=True)
class Entry:
    """One entry of SecondaryStatusTransitions, in microseconds after CreationTime; `end_us` is None while it is open."""

    status: str
    start_us: int
    end_us: int | None
    message: str
    messages: tuple[tuple[int, str], ...] = ()
    """All messages that the entry is known to have shown, by offset in microseconds from its beginning. Several records of one
    job tell them; empty if there is one record."""


@dataclass(frozen=True)
class Recorded:
    """What a response says about the life of its job. Instants are in microseconds after CreationTime."""

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
    """A sentence for each thing that the record does not say, and how it is filled in."""
    called_us: int | None = None
    """When TrainingJobStatus was first seen to be Stopping, if several records tell; else None."""
    nulls: frozenset[str] = frozenset()
    """The fields that the record of an ended job shows as null."""


MAY_BE_NULL: Final = (
    "TrainingStartTime", "TrainingEndTime", "TrainingTimeInSeconds", "BillableTimeInSeconds", "ModelArtifacts",
    "FinalMetricDataList",
)  # fmt: skip
"""The fields that an ended job usually has, and that a replay shows as null if the record does."""


def nulls_of(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields of `MAY_BE_NULL` that a record shows as null."""
    return tuple(name for name in MAY_BE_NULL if name in given and given[name] is None)


def read(given: Mapping[str, Any], nulls: Iterable[str] = (), *, in_order: bool = True) -> Recorded:
    """Return what a record says: boto3's dict, the CLI's JSON, or another form that `forms` knows.

    `nulls` are fields that the record showed as null, if they were removed from `given`. Raises PlanError if `given` is not a
    record, or if its entries are not in order; with `in_order=False`, any order is read.
    """
    try:
        response, filled = formed(given)
    except (TypeError, ValueError, AttributeError) as error:
        raise PlanError(f"{_name(given)}: {error}; give it as it was returned") from None
    transitions = response.get("SecondaryStatusTransitions")
    if "CreationTime" not in response or not transitions:
        raise PlanError(
            f"{_name(response)} is not a DescribeTrainingJob response: CreationTime or SecondaryStatusTransitions is missing; "
            "give what describe_training_job returned, or a file with the output of `aws sagemaker describe-training-job`"
        )
    if not isinstance(transitions, (list, tuple)):
        raise PlanError(
            f"SecondaryStatusTransitions of the record is a list of entries, not {quoted(transitions)}: "
            "give it as it was returned"
        )
    created_us = _instant(response, "CreationTime")
    _check_fields(response, created_us)

    def offset(key: str) -> int | None:
        return _offset(response, key, created_us) if response.get(key) is not None else None

    names = [at.get("Status") if isinstance(at, Mapping) else None for at in transitions]
    entries = tuple(
        _entry(at, index, created_us, after)
        for index, (at, after) in enumerate(zip(transitions, [*names[1:], None], strict=True))
    )
    if in_order:
        _check_order(response, entries)
    last = entries[-1]
    ending = last.status if last.status in status.ENDINGS else None
    modified_us = offset("LastModifiedTime")
    started_us, ended_us = offset("TrainingStartTime"), offset("TrainingEndTime")
    if _is_selection(response):
        if started_us is None and "TrainingStartTime" not in nulls:
            started_us = next((entry.start_us for entry in entries if entry.status in status.STARTED), None)
        if ended_us is None and "TrainingEndTime" not in nulls:
            ended_us = _selected_end_us(started_us, ending, last)
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


def _check_fields(response: Mapping[str, Any], created_us: int) -> None:
    for name, value in response.items():
        if name != "ResponseMetadata":
            _check(name if isinstance(name, str) else quoted(name), value, _KINDS.get(name), created_us)


def _check_order(response: Mapping[str, Any], entries: Iterable[Entry]) -> None:
    for before, after in pairwise(entries):
        if before.end_us is None or after.start_us < before.start_us:
            raise PlanError(
                f"{_name(response)}: {after.status} follows {before.status} before that ended; the record is not in order: "
                "give it as it was returned"
            )


def _selected_end_us(started_us: int | None, ending: str | None, last: Entry) -> int | None:
    """Return TrainingEndTime for a part of a response that lacks it."""
    return None if ending is None or (started_us, ending) == (None, "Failed") else last.start_us


def _is_selection(response: Mapping[str, Any]) -> bool:
    """Whether the record is only a part of a response: every whole response has these fields."""
    return not {"TrainingJobArn", "LastModifiedTime", "ResourceConfig"} <= response.keys()


def without_nulls(value: Any) -> Any:  # noqa: ANN401  # a JSON value, or what boto3 made of one
    """Return a response without null fields at any depth: tools that show every field write null for an absent one."""
    if isinstance(value, Mapping):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, str):
        with of_a_plan():
            encodable("a text of the record", value)
    return [without_nulls(item) for item in value if item is not None] if isinstance(value, list) else value


def _message(name: str, after: object) -> str:
    """Return the usual last message of an entry; for Starting and Pending it depends on the status `after` that follows."""
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
            f"SecondaryStatusTransitions[{index}] is {quoted(given)}: it has no StartTime, or no Status that a job can have; "
            "give it as it was returned"
        )
    start_us = _offset(at, "StartTime", created_us)
    end_us = _offset(at, "EndTime", created_us) if at.get("EndTime") is not None else None
    listed = at.get(MESSAGES, ())
    messages = tuple((_offset(one, "At", created_us) - start_us, str(one["StatusMessage"])) for one in listed)
    return Entry(name, start_us, end_us, str(at.get("StatusMessage") or _message(name, after)), messages)


def _check(path: str, value: Any, kind: Any, created_us: int, depth: int = 1) -> None:  # noqa: ANN401  # None: any kind
    """Raise PlanError for a value that JSON does not have, or that has another type than its place in the record."""
    parts: list[tuple[str, Any, Any]] = []
    if isinstance(value, Mapping):
        fits = isinstance(kind, dict | None) and all(isinstance(name, str) for name in value)
        parts = [(f"{name} of {path}", item, kind.get(name) if kind else None) for name, item in value.items()] if fits else []
    elif isinstance(value, (list, tuple)):
        fits = isinstance(kind, list | None)
        parts = [(path, item, kind[0] if kind else None) for item in value] if fits else []
    else:
        fits = value is None or (isinstance(kind, tuple | None) and isinstance(value, kind or _INSTANT))
    if not fits or depth > _DEEPEST or (isinstance(value, int) and abs(value) > MOST):
        raise PlanError(f"{path} of the record cannot be {quoted(value)}: give the record as it was returned")
    if kind is _INSTANT and value is not None:
        _offset({path: value}, path, created_us)
    for part in parts:
        _check(*part, created_us, depth + 1)


def _offset(holder: Mapping[str, Any], key: str, created_us: int) -> int:
    offset_us = _instant(holder, key) - created_us
    if abs(offset_us) > duration_us(LONGEST):
        far = f"{quoted(holder[key])}, more than a century from its CreationTime"
        raise PlanError(f"{key} of the record is {far}: give the record as it was returned")
    return offset_us


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
    return f"the record of {quoted(response['TrainingJobName'])}" if "TrainingJobName" in response else "this record"
