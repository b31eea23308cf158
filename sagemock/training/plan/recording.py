"""Reading a recorded DescribeTrainingJob response: what happened in it, as offsets from its creation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sagemock.checks import MOST, encodable, of_a_plan, shown, whole
from sagemock.clock.instants import LONGEST, duration_us, instant_us
from sagemock.errors import PlanError
from sagemock.training import status

__all__ = ["Entry", "Recorded", "read", "without_nulls"]

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
"""The kinds of the members that are read here, or that a replayed job shows at its end (service model)."""
_DEEPEST: Final = 20
"""How deep a response is nested at the most; the service model's is 6 deep."""


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
    for name, value in response.items():
        if name != "ResponseMetadata":
            _check(name if isinstance(name, str) else shown(name), value, _KINDS.get(name), created_us)

    def offset(key: str) -> int | None:
        return _offset(response, key, created_us) if response.get(key) is not None else None

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
    start_us = _offset(at, "StartTime", created_us)
    end_us = _offset(at, "EndTime", created_us) if at.get("EndTime") is not None else None
    return Entry(name, start_us, end_us, str(at.get("StatusMessage", status.MESSAGES[name])))


def _check(path: str, value: Any, kind: Any, created_us: int, depth: int = 1) -> None:  # noqa: ANN401  # None: any kind
    """Raise PlanError for what no JSON has, and for another kind of value than is read or shown there."""
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
        raise PlanError(f"{path} of the record is not {shown(value)}: give the record as it was returned")
    if kind is _INSTANT and value is not None:
        _offset({path: value}, path, created_us)
    for part in parts:
        _check(*part, created_us, depth + 1)


def _offset(holder: Mapping[str, Any], key: str, created_us: int) -> int:
    offset_us = _instant(holder, key) - created_us
    if abs(offset_us) > duration_us(LONGEST):
        far = f"{shown(holder[key])}, more than a century from its CreationTime"
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
    return f"the record of {shown(response['TrainingJobName'])}" if "TrainingJobName" in response else "this record"
