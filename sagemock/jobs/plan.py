"""Plans: what a test wants to happen to a training job, as an immutable value."""

import difflib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, cast

from sagemock.clock import duration_us
from sagemock.errors import PlanError
from sagemock.jobs import record, status

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Duration", "Phase", "Plan"]

Duration: TypeAlias = timedelta | float | tuple[timedelta | float, timedelta | float]
"""A `timedelta`, a number of seconds, or a (low, high) pair of these from which each job draws with the mock's seed."""

FOREVER = math.inf
REASON_MAX = 1024  # FailureReason in the service model; the real service cuts the failure file there


def span_us(value: Duration | None, what: str) -> tuple[int, int] | None:
    """Return a duration as (lowest, highest) microseconds; None stays None, infinity becomes None after `forever` was asked."""
    if value is None:
        return None
    low, high = value if isinstance(value, tuple) else (value, value)
    try:
        span = duration_us(low), duration_us(high)
    except (TypeError, ValueError) as error:
        msg = f"{what}: {error}; give a timedelta, seconds, or a (low, high) pair of them"
        raise PlanError(msg) from None
    if span[0] < 0 or span[1] < span[0]:
        msg = f"{what} is {value!r}: a duration is not negative, and a (low, high) pair is in order"
        raise PlanError(msg)
    return span


@dataclass(frozen=True)
class Phase:
    """A visit of a job to one secondary status.

    `duration` is a `Duration`; None lets the request decide (the recorded durations for its kind of instance, input mode and
    data), and `math.inf` never ends. `message` is what StatusMessage shows: one text, or (offset, text) pairs of which each
    overwrites the one before; None shows what the service shows.
    """

    status: str
    duration: Duration | None = None
    message: str | Sequence[tuple[timedelta | float, str]] | None = None

    def __post_init__(self) -> None:
        """Refuse what can be no phase, where it is written."""
        if self.status not in status.PHASES:
            known = f"one of {', '.join(sorted(status.PHASES))}"
            hint = "an ending belongs in Plan(ending=…)" if self.status in status.ENDINGS else known
            msg = f"Phase({self.status!r}): no job spends time in that status; {hint}"
            raise PlanError(msg)
        if not self.forever:
            span_us(self.duration, f"the duration of Phase({self.status!r})")
        if self.message is not None and not isinstance(self.message, str):
            pairs = tuple((offset, text) for offset, text in self.message)
            offsets = [duration_us(offset) for offset, _ in pairs]
            if not pairs or offsets[0] != 0 or offsets != sorted(offsets):
                wanted = "are (offset, text) pairs in order, the first at 0"
                msg = f"the messages of Phase({self.status!r}) {wanted}, not {self.message!r}"
                raise PlanError(msg)
            object.__setattr__(self, "message", pairs)

    @property
    def forever(self) -> bool:
        """Whether the phase never ends by itself."""
        return isinstance(self.duration, float) and self.duration == FOREVER


class Durations(TypedDict, total=False):
    """How long the phases of a recipe last, by name; what is not given is decided by the request."""

    starting: Duration
    downloading: Duration
    training: Duration
    uploading: Duration
    stopping: Duration


_NORMAL = (status.STARTING, status.DOWNLOADING, status.TRAINING, status.UPLOADING)
_LENGTH = {name.lower(): name for name in (*_NORMAL, status.STOPPING)}


def _checked(recipe: str, durations: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in durations:
        if name not in _LENGTH:
            near = difflib.get_close_matches(name, _LENGTH, 1, 0.0)[0]
            msg = f"Plan.{recipe}() has no {name!r}; did you mean {near!r}? Its phases: {', '.join(_LENGTH)}"
            raise TypeError(msg)
    return durations


def _phases(statuses: Sequence[str], durations: Mapping[str, Any]) -> tuple[Phase, ...]:
    return tuple(Phase(name, durations.get(name.lower())) for name in statuses)


def _tail(durations: Mapping[str, Any]) -> "dict[str, Any]":
    """Return the durations that a stop plays."""
    return {"stopping": durations.get("stopping"), "uploading": durations.get("uploading")}


@dataclass(frozen=True)
class Plan:
    """What happens to a training job, from CreateTrainingJob to its end.

    A plan is made by a recipe (`Plan.completes`, `Plan.fails`, `Plan.hangs`, `Plan.replays`) or phase by phase:
    `Plan(phases=[Phase("Starting", 60), Phase("Training", 3600)], ending="Completed")`. It says what happens if nobody
    interferes: a stop, a limit of the request or an intervention of the test cuts it short.

    `stopping` is how long the container takes to end after a stop (the service grants it 120 s), `uploading` how long the
    upload after that takes. Raises PlanError if it contradicts itself.
    """

    phases: Sequence[Phase] = tuple(
        Phase(name) for name in (status.STARTING, status.DOWNLOADING, status.TRAINING, status.UPLOADING)
    )
    ending: status.Ending = "Completed"
    failure_reason: str | None = None
    stopping: Duration | None = None
    uploading: Duration | None = None
    stopped_after: Duration | None = None
    """When somebody calls StopTrainingJob, after creation; None for never."""
    replayed: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    """The recorded DescribeTrainingJob response that is played again, if one is."""

    def __post_init__(self) -> None:
        """Refuse a plan that contradicts itself, where it is written."""
        object.__setattr__(self, "phases", tuple(self.phases))
        if not self.phases:
            msg = "a plan has at least one phase: every job starts in Starting"
            raise PlanError(msg)
        for phase in self.phases[:-1]:
            if phase.forever:
                msg = f"{phase.status} never ends in this plan, so what follows never comes: leave that out, or give a duration"
                raise PlanError(msg)
        for before, after in pairwise(self.phases):
            if before.status == after.status:
                msg = f"two phases of {after.status} in a row are one entry: make them one Phase with several messages"
                raise PlanError(msg)
        if self.ending not in status.ENDINGS:
            msg = f"ending={self.ending!r} ends no job; one of {', '.join(sorted(status.ENDINGS))}"
            raise PlanError(msg)
        if (self.failure_reason is not None) != (self.ending == "Failed"):
            msg = f"failure_reason={self.failure_reason!r} with ending={self.ending!r}: a job has a reason exactly when it fails"
            raise PlanError(msg)
        if any(phase.status == status.STOPPING for phase in self.phases) and status.PRIMARY_OF_ENDING[self.ending] != "Stopped":
            msg = f"a job that is Stopping ends Stopped, MaxRuntimeExceeded or MaxWaitTimeExceeded, not {self.ending}"
            raise PlanError(msg)
        span_us(self.stopped_after, "stopped_after")
        span_us(self.stopping, "stopping")
        span_us(self.uploading, "uploading")

    @property
    def draws(self) -> bool:
        """Whether jobs that play this plan differ, because it gives ranges to draw from."""
        lengths = [phase.duration for phase in self.phases] + [self.stopping, self.uploading, self.stopped_after]
        return any(isinstance(length, tuple) for length in lengths)

    # -- recipes

    @classmethod
    def completes(cls, **durations: "Unpack[Durations]") -> "Plan":
        """Plan a success with capacity at hand.

        Starting → Downloading → Training → Uploading → Completed
        """
        _checked("completes", durations)
        return cls(_phases(_NORMAL, durations), **_tail(durations))

    @classmethod
    def fails(
        cls,
        reason: str = "AlgorithmError: , exit code: 1",
        *,
        during: str = "Training",
        after: Duration | None = None,
        **durations: "Unpack[Durations]",
    ) -> "Plan":
        """Plan a failure `during` a phase, `after` so long in that phase (default: at its end).

        In Training the container fails, and what it left is uploaded before the job is Failed (aws/sagemaker-python-sdk#658):
        Starting → Downloading → Training → Uploading → Failed. Before that nothing is uploaded: Starting → Downloading → Failed.
        `reason` is FailureReason; the service's own form for a container that ends with code 1 and says nothing is the default.
        Its first 1024 characters are shown, as by the service.
        """
        given: dict[str, Any] = dict(_checked("fails", durations))
        if during not in _NORMAL:
            msg = f"Plan.fails(during={during!r}): a job fails during one of {', '.join(_NORMAL)}"
            raise PlanError(msg)
        if not reason or not isinstance(reason, str):
            msg = f"Plan.fails({reason!r}): the reason is a text that is not empty, such as 'AlgorithmError: , exit code: 1'"
            raise PlanError(msg)
        if after is not None:
            if during.lower() in given:
                msg = f"Plan.fails(after=…, {during.lower()}=…): both say how long {during} lasts; give one"
                raise PlanError(msg)
            given[during.lower()] = after
        last = _NORMAL.index(during) + 1 + (during == status.TRAINING)
        phases = _phases(_NORMAL[:last], given)
        return cls(phases, ending="Failed", failure_reason=reason[:REASON_MAX], **_tail(durations))

    @classmethod
    def hangs(cls, during: str = "Training", **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that never leaves `during` by itself; a stop or a limit of its request still ends it."""
        _checked("hangs", durations)
        if during not in _NORMAL:
            msg = f"Plan.hangs(during={during!r}): a job hangs during one of {', '.join(_NORMAL)}"
            raise PlanError(msg)
        # `uploading` also says how long the upload after a stop takes, so it has a meaning for every job that hangs.
        if during != status.UPLOADING and during.lower() in durations:
            msg = f"Plan.hangs(during={during!r}, {during.lower()}=…): a phase that never ends has no duration; leave one out"
            raise PlanError(msg)
        before = _NORMAL[: _NORMAL.index(during)]
        return cls((*_phases(before, durations), Phase(during, FOREVER)), **_tail(durations))

    @classmethod
    def replays(cls, response: Mapping[str, Any] | str | os.PathLike[str]) -> "Plan":
        """Plan the same life again from a recorded DescribeTrainingJob response, relative to the new job's creation.

        `response` is the dict that boto3 returned, or the path of a JSON file as `aws sagemaker describe-training-job` prints it
        (times as ISO 8601 strings or epoch numbers). A record of a job that had not finished goes on by the defaults.
        Limits of the new job's request do not cut a replay. Raises PlanError if it is no such record.
        """
        if not isinstance(response, Mapping):
            response = _load(Path(response))
        recorded = record.read(response)
        phases = [_replayed(recorded, entry) for entry in recorded.entries]
        ending, stopped_after = recorded.ending, None
        if ending is None:
            # What the record does not show any more is the rest of a normal life, or of a stop, by the defaults.
            seen = [entry.status for entry in recorded.entries]
            if status.STOPPING in seen:
                ending = "Stopped"
                phases += [Phase(status.UPLOADING)] if seen[-1] == status.STOPPING and status.TRAINING in seen else []
            else:
                ending = "Completed"
                place = _NORMAL.index(seen[-1]) if seen[-1] in _NORMAL else 0
                phases += [Phase(name) for name in _NORMAL[place + 1 :]]
                if recorded.stopping:
                    stopped_after = timedelta(microseconds=recorded.modified_us)
        return cls(
            phases,
            ending=cast("status.Ending", ending),
            failure_reason=recorded.failure_reason,
            stopped_after=stopped_after,
            replayed=MappingProxyType(dict(response)),
        )


def _replayed(recorded: record.Recorded, entry: record.Entry) -> Phase:
    if entry.end_us is not None:
        return Phase(entry.status, timedelta(microseconds=entry.end_us - entry.start_us), entry.message)
    seen_us = recorded.modified_us - entry.start_us
    if seen_us <= 0:
        return Phase(entry.status, None, entry.message)
    # The entry was open, and its message had last changed when the record says it was last modified.
    first = status.STARTING_THE_JOB if entry.status == status.STARTING else entry.message
    return Phase(entry.status, None, [(0, first), (timedelta(microseconds=seen_us), entry.message)])


def _load(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{path} is no JSON ({error}): save the output of `aws sagemaker describe-training-job` there"
        raise PlanError(msg) from None
    if not isinstance(found, dict):
        msg = f"{path} holds no JSON object: save the output of one `aws sagemaker describe-training-job` there"
        raise PlanError(msg)
    return found
