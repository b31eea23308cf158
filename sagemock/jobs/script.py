"""Scripts: a plan made concrete for one request. Every duration is known, every message has its offset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from sagemock.clock import SECOND_US, duration_us
from sagemock.jobs import record, status
from sagemock.jobs.plan import Duration, Phase, Plan, span_us

__all__ = ["Script", "Step", "Traits", "script", "traits"]

# Medians of recorded jobs and logs, in seconds, by kind of instance: (CPU, accelerated).
STARTING_S = (55.0, 95.0)
DATA_S = (20.0, 25.0)
IMAGE_S = (80.0, 170.0)
TRAINING_S = (49.0, 605.0)
UPLOADING_S = (11.0, 46.0)
STOPPING_S = 5.0
"""A spot job stopped at MaxWaitTimeInSeconds in 2026: 5 s."""
TEARDOWN_S = 10.0
"""How long a stop takes before any instance ran; assumed. (Recorded: TrainingJobStatus Stopping, SecondaryStatus Starting.)"""
OTHER_S = 60.0
"""The statuses of which no duration was recorded; assumed."""
FIRST_MESSAGE = 0.27
"""The part of Starting for which it is "Starting the training job": 15 of 55 s, 15 of 52 s, 16 of 70 s, 27 of 97 s."""

DEFAULT_MAX_RUNTIME_S = 86_400
"""MaxRuntimeInSeconds when the request has none (service model, StoppingCondition: "The default value is 1 day")."""
SPOT_BILLED = 0.4
"""The billed part of a spot job's training time: one of 2021 was billed 14683 of 37026 s, one of 2026 6386 of 9527 s."""


@dataclass(frozen=True)
class Step:
    """A visit to a secondary status: its length (None: for ever) and its messages by offset, all in microseconds."""

    status: str
    length_us: int | None
    messages: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Script:
    """All that happens to a job if nobody interferes, in microseconds after its creation. Equal scripts fold equally."""

    steps: tuple[Step, ...]
    ending: str
    failure_reason: str | None
    stopping_us: int
    uploading_us: int
    stopped_after_us: int | None
    max_runtime_us: int | None
    """None when no limit cuts: a replay."""
    max_wait_us: int | None
    billed: float
    """The billed part of the training time."""
    recorded: record.Recorded | None


class Traits(NamedTuple):
    """What of a request decides how its job's life goes by default."""

    accelerated: bool
    data: bool
    """Whether input data is copied before training: File mode, and there is input."""
    spot: bool
    max_runtime_s: int
    max_wait_s: int | None


def traits(request: Mapping[str, Any]) -> Traits:
    """Return what of `request` decides how its job's life goes by default."""
    resources = request.get("ResourceConfig", {})
    kinds = [resources.get("InstanceType", ""), *(group["InstanceType"] for group in resources.get("InstanceGroups", ()))]
    mode = request.get("AlgorithmSpecification", {}).get("TrainingInputMode", "File")
    condition = request.get("StoppingCondition", {})
    return Traits(
        # The service model's own grouping (MaxPendingTimeInSeconds): "the ml.p, ml.g, and ml.trn families".
        accelerated=any(kind.startswith(("ml.p", "ml.g", "ml.trn")) for kind in kinds),
        data=any(channel.get("InputMode", mode) == "File" for channel in request.get("InputDataConfig", ())),
        spot=bool(request.get("EnableManagedSpotTraining")),
        max_runtime_s=condition.get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S),
        max_wait_s=condition.get("MaxWaitTimeInSeconds"),
    )


def script(plan: Plan, request: Mapping[str, Any], rng: Random) -> Script:
    """Return `plan` made concrete for `request`; `rng` draws from its ranges."""
    if plan.draws:
        return _script(plan, traits(request), rng)
    return _shared(plan, traits(request))


@lru_cache(maxsize=1024)
def _shared(plan: Plan, by: Traits) -> Script:
    """Make the script of a plan without ranges once for all jobs that it fits: a hundred thousand of them hold one."""
    return _script(plan, by, Random(0))  # noqa: S311  # nothing is drawn from it


def _script(plan: Plan, by: Traits, rng: Random) -> Script:
    def length_us(given: Duration | None, default_s: float, what: str) -> int:
        span = span_us(given, what)
        return round(default_s * SECOND_US) if span is None else rng.randint(*span)

    kind = int(by.accelerated)
    replayed = plan.replayed is not None
    return Script(
        steps=tuple(_step(phase, by, length_us) for phase in plan.phases),
        ending=plan.ending,
        failure_reason=plan.failure_reason,
        stopping_us=length_us(plan.stopping, STOPPING_S, "stopping"),
        uploading_us=length_us(plan.uploading, UPLOADING_S[kind], "uploading"),
        stopped_after_us=None if plan.stopped_after is None else length_us(plan.stopped_after, 0, "stopped_after"),
        max_runtime_us=None if replayed else by.max_runtime_s * SECOND_US,
        max_wait_us=None if replayed or not by.spot or by.max_wait_s is None else by.max_wait_s * SECOND_US,
        billed=SPOT_BILLED if by.spot else 1.0,
        recorded=None if plan.replayed is None else record.read(plan.replayed),
    )


def _step(phase: Phase, by: Traits, length_us: Callable[[Duration | None, float, str], int]) -> Step:
    if phase.forever:
        return Step(phase.status, None, _messages(phase, by, None))
    length = length_us(phase.duration, _default_s(phase.status, by), phase.status)
    if phase.duration is None and isinstance(phase.message, tuple):
        # The default must leave room for what the plan says of the phase: its last message, and a second to read it.
        length = max(length, duration_us(phase.message[-1][0]) + SECOND_US)
    return Step(phase.status, length, _messages(phase, by, length))


def _default_s(name: str, by: Traits) -> float:
    kind = int(by.accelerated)
    data_s = DATA_S[kind] if by.data else 0.0
    return {
        status.STARTING: STARTING_S[kind],
        status.DOWNLOADING: data_s + IMAGE_S[kind],
        status.DOWNLOADING_IMAGE: IMAGE_S[kind],
        status.TRAINING: TRAINING_S[kind],
        status.UPLOADING: UPLOADING_S[kind],
        status.STOPPING: STOPPING_S,
    }.get(name, OTHER_S)


def _messages(phase: Phase, by: Traits, length: int | None) -> tuple[tuple[int, str], ...]:
    if isinstance(phase.message, str):
        return ((0, phase.message),)
    if phase.message is not None:
        return tuple((duration_us(offset), text) for offset, text in phase.message)
    last = status.MESSAGES[phase.status]
    if phase.status == status.STARTING:
        return ((0, status.STARTING_THE_JOB), (_part(length, STARTING_S[int(by.accelerated)], FIRST_MESSAGE), last))
    if phase.status == status.DOWNLOADING and by.data:
        data_s = DATA_S[int(by.accelerated)]
        whole_s = data_s + IMAGE_S[int(by.accelerated)]
        return ((0, status.INPUT_DATA), (_part(length, whole_s, data_s / whole_s), last))
    return ((0, last),)


def _part(length: int | None, default_s: float, part: float) -> int:
    """Return the offset of a message that comes after `part` of a phase; a phase without end is measured by its default."""
    return round((default_s * SECOND_US if length is None else length) * part)
