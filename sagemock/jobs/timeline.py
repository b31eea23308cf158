"""Timelines: a script and its interventions folded into what becomes visible when, and the view of it at one instant."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from sagemock.clock import SECOND_US
from sagemock.jobs import status
from sagemock.jobs.script import TEARDOWN_S, Script, Step

__all__ = ["Change", "Complete", "Fail", "Intervention", "Stop", "Timeline", "fold"]


@dataclass(frozen=True)
class Stop:
    """StopTrainingJob was called, `at_us` after creation."""

    at_us: int


@dataclass(frozen=True)
class Fail:
    """The test let the job fail at once."""

    at_us: int
    reason: str


@dataclass(frozen=True)
class Complete:
    """The test let the job complete at once."""

    at_us: int


Intervention: TypeAlias = Stop | Fail | Complete


@dataclass(frozen=True)
class Change:
    """One moment at which something that Describe shows becomes another: a status, a message, or LastModifiedTime alone."""

    at_us: int
    primary: status.Primary
    secondary: str
    message: str
    enters: bool
    """Whether this begins a new entry of SecondaryStatusTransitions (else it overwrites the message of the open one)."""


@dataclass(frozen=True)
class Timeline:
    """The whole life of a job as it is known now, in microseconds after its creation."""

    changes: tuple[Change, ...]
    started_us: int | None
    ended_us: int | None
    """None for a job that never ends."""
    stopping: tuple[tuple[int, int], ...]
    """The intervals spent in Stopping: they count as neither training nor billable time (a spot job of 2026: 9532 - 5 s)."""
    uploaded: bool
    failure_reason: str | None
    limits: tuple[tuple[int, str], ...] = ()
    """The limits that cut it, as (instant, name in StoppingCondition)."""

    @property
    def last_us(self) -> int:
        """The instant of the last thing that happens."""
        return self.changes[-1].at_us

    def until(self, offset_us: int) -> tuple[Change, ...]:
        """Return what has happened by `offset_us`."""
        return self.changes[: bisect_right(self.changes, offset_us, key=_at)]

    def after(self, offset_us: int) -> tuple[Change, ...]:
        """Return what is still to happen at `offset_us`."""
        return self.changes[bisect_right(self.changes, offset_us, key=_at) :]


def _at(change: Change) -> int:
    return change.at_us


@lru_cache(maxsize=8192)
def fold(script: Script, interventions: tuple[Intervention, ...]) -> Timeline:
    """Fold a script and what was done to its job into a timeline: pure, so that jobs with equal lives share one."""
    return _Fold(script, interventions).run()


Limit: TypeAlias = Literal["MaxRuntimeInSeconds", "MaxWaitTimeInSeconds"]


class _Fold:
    """One walk through a script: at each step, the first thing that cuts it decides what comes after."""

    def __init__(self, script: Script, interventions: Iterable[Intervention]) -> None:
        self.script = script
        self.interventions = deque(interventions)
        self.steps = deque(script.steps)
        self.ending = script.ending
        self.reason = script.failure_reason
        self.at_us = 0
        self.primary: status.Primary = "InProgress"
        self.changes: list[Change] = []
        self.started_us: int | None = None
        self.stopping: list[tuple[int, int]] = []
        self.visited: set[str] = set()
        self.limited = script.max_runtime_us is not None or script.max_wait_us is not None
        self.limits: list[tuple[int, str]] = []

    def run(self) -> Timeline:
        while self.steps:
            step = self.steps.popleft()
            self.enter(step)
            end_us = None if step.length_us is None else self.at_us + step.length_us
            cut = self.first_cut(step, end_us)
            until_us = end_us if cut is None else cut[0]
            self.say(step, until_us, cut is not None)
            if until_us is None:
                return self.timeline(None)
            if step.status == status.STOPPING:
                self.stopping.append((self.at_us, until_us))
            self.at_us = until_us
            if cut is not None:
                self.apply(cut[1], step, end_us)
        return self.finish()

    # -- one step

    def enter(self, step: Step) -> None:
        if step.status == status.STOPPING:
            self.primary = "Stopping"
        if self.started_us is None and step.status in status.STARTED:
            self.started_us = self.at_us
        self.visited.add(step.status)
        # The same status again is the same entry: S1, one entry per visit.
        if not self.changes or self.changes[-1].secondary != step.status:
            self.change(step.status, step.messages[0][1], enters=True)

    def say(self, step: Step, until_us: int | None, is_cut: bool) -> None:  # noqa: FBT001  # private, one caller
        entered_us = self.at_us
        for offset_us, text in step.messages[1:]:
            # At its natural end the next entry hides a message; at a cut somebody may already have read it.
            if until_us is not None and entered_us + offset_us + (not is_cut) > until_us:
                break
            self.at_us = entered_us + offset_us
            self.change(step.status, text)
        self.at_us = entered_us

    def change(self, secondary: str, message: str, *, enters: bool = False) -> None:
        self.changes.append(Change(self.at_us, self.primary, secondary, message, enters))

    # -- what cuts it

    def first_cut(self, step: Step, end_us: int | None) -> tuple[int, Intervention | Limit] | None:
        cuts: list[tuple[int, int, Intervention | Limit]] = []
        if self.limited and step.status != status.UPLOADING:
            # The container has ended when the upload begins: the limits do not cut that (assumed).
            if self.started_us is not None and self.script.max_runtime_us is not None:
                cuts.append((self.started_us + self.script.max_runtime_us, 0, "MaxRuntimeInSeconds"))
            if self.script.max_wait_us is not None:
                cuts.append((self.script.max_wait_us, 1, "MaxWaitTimeInSeconds"))
        if self.script.stopped_after_us is not None and self.primary == "InProgress":
            cuts.append((self.script.stopped_after_us, 2, Stop(self.script.stopped_after_us)))
        if self.interventions:
            cuts.append((self.interventions[0].at_us, 3, self.interventions[0]))
        if not cuts:
            return None
        at_us, _, what = min(cuts, key=lambda cut: cut[:2])
        if end_us is not None and at_us >= end_us:
            # What is due at T has happened at T: the step is over before anything can cut it.
            return None
        return max(at_us, self.at_us), what

    def apply(self, cut: Intervention | Limit, step: Step, end_us: int | None) -> None:
        self.limited = False
        if isinstance(cut, str):
            self.limits.append((self.at_us, cut))
            self.ending = "MaxRuntimeExceeded" if cut == "MaxRuntimeInSeconds" else "MaxWaitTimeExceeded"
            self.steps = deque(self.stop_steps(step))
            return
        if self.interventions and cut is self.interventions[0]:
            self.interventions.popleft()
        if isinstance(cut, Stop):
            self.stop(step, end_us)
        elif isinstance(cut, Fail):
            self.ending, self.reason = "Failed", cut.reason
            self.steps = deque(_instantly([status.UPLOADING] if step.status == status.TRAINING else []))
        else:
            self.ending, self.reason = "Completed", None
            rest = [status.DOWNLOADING, status.TRAINING, status.UPLOADING]
            self.steps = deque(_instantly(rest[rest.index(step.status) + 1 :] if step.status in rest else rest))

    def stop(self, step: Step, end_us: int | None) -> None:
        """Stop as the service does: TrainingJobStatus at once, and then by what the job was doing."""
        self.ending, self.reason, self.primary = "Stopped", None, "Stopping"
        if step.status in status.WAITING:
            # Recorded with a Starting job: for seconds TrainingJobStatus is Stopping while SecondaryStatus is still Starting.
            self.change(step.status, self.changes[-1].message)
            teardown = Step(step.status, round(TEARDOWN_S * SECOND_US), ((0, ""),))
            # A log of 2019: Downloading and Stopping follow in the same second. One of 2024: out of Pending nothing is started.
            after = [status.STOPPING] if step.status == status.PENDING else [status.DOWNLOADING, status.STOPPING]
            self.steps = deque([teardown, *_instantly(after)])
        elif step.status == status.UPLOADING:
            # The container has ended and the upload goes on (assumed); there is nothing left to stop.
            self.change(step.status, self.changes[-1].message)
            rest_us = None if end_us is None else end_us - self.at_us
            self.steps = deque([Step(status.UPLOADING, self.script.uploading_us if rest_us is None else rest_us, ((0, ""),))])
        else:
            self.steps = deque(self.stop_steps(step))

    def stop_steps(self, step: Step) -> list[Step]:
        """Return Stopping and, if there can be something to upload, Uploading."""
        steps = [Step(status.STOPPING, self.script.stopping_us, ((0, status.MESSAGES[status.STOPPING]),))]
        if step.status == status.TRAINING:
            steps.append(Step(status.UPLOADING, self.script.uploading_us, ((0, status.UPLOADING_MODEL),)))
        return steps

    # -- the end

    def finish(self) -> Timeline:
        self.primary = status.PRIMARY_OF_ENDING[self.ending]
        recorded = self.script.recorded
        told = recorded is not None and self.ending == self.script.ending == recorded.ending
        message = recorded.last_message if recorded is not None and told else status.MESSAGES[self.ending]
        self.change(self.ending, message, enters=True)
        ended_us = self.at_us
        if recorded is not None and told and recorded.modified_us > self.at_us:
            # Late bookkeeping of the service moves LastModifiedTime alone (seen up to 30 s after the end).
            self.at_us = recorded.modified_us
            self.change(self.ending, message)
        return self.timeline(ended_us)

    def timeline(self, ended_us: int | None) -> Timeline:
        return Timeline(
            changes=tuple(self.changes),
            started_us=self.started_us,
            ended_us=ended_us,
            stopping=tuple(self.stopping),
            uploaded=ended_us is not None and self.ending != "Failed" and status.UPLOADING in self.visited,
            failure_reason=self.reason if ended_us is not None else None,
            limits=tuple(self.limits),
        )


def _instantly(statuses: Iterable[str]) -> list[Step]:
    return [Step(name, 0, ((0, status.MESSAGES[name]),)) for name in statuses]
