"""The fold: a function that turns a script and the interventions in its job into a timeline."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from sagemock import reasons
from sagemock.clock.instants import SECOND_US
from sagemock.evidence import REPLAY, Assumption
from sagemock.jobs.interventions import Delete, Fail, Stop
from sagemock.jobs.lines import NO_LINES, LoggedVisit
from sagemock.jobs.shared import shared
from sagemock.jobs.timeline import Change, at_us
from sagemock.training import status
from sagemock.training.interventions import Cut, Interrupt, Intervention, KeepAlive, Remark, Taken, Update
from sagemock.training.plan.defaults import TEARDOWN_S
from sagemock.training.plan.script import Script, Step
from sagemock.training.timeline import Timeline

__all__ = ["MESSAGE_AT_THE_CALL", "STOPPING_WHILE_PENDING", "fold"]


@shared
def fold(script: Script, interventions: tuple[Intervention, ...]) -> Timeline:
    """Return the timeline of a script with these interventions. The function is pure, so jobs with equal lives share one."""
    return _Fold(script, interventions).run()


Limit: TypeAlias = Literal["MaxRuntimeInSeconds", "MaxWaitTimeInSeconds", "MaxPendingTimeInSeconds"]
_Cut: TypeAlias = Cut | Limit
_ENDS: Final[dict[Limit, str]] = {
    "MaxRuntimeInSeconds": "MaxRuntimeExceeded",
    "MaxWaitTimeInSeconds": "MaxWaitTimeExceeded",
    "MaxPendingTimeInSeconds": "Stopped",
}
_PENDING_ENDS_LIKE_A_STOP: Final = Assumption(
    "that a job whose MaxPendingTimeInSeconds is over ends like a job that is stopped while Pending, and is Stopped (the service "
    'model: "before it is stopped")',
    knob="Plan(limit_lag=…) says how late, Plan(stopping=…) how long it takes",
)
STOPPING_WHILE_PENDING: Final = Assumption(
    "that TrainingJobStatus of a Pending job is Stopping from the call of StopTrainingJob on (recorded for a Starting job)",
    since="2026-11-26",
    knob=REPLAY,
)
_UPLOAD_GOES_ON: Final = Assumption("that neither a limit nor a stop cuts an upload", knob=REPLAY)
MESSAGE_AT_THE_CALL: Final = Assumption(
    'that the message of Pending becomes "Training job stopped" at the call of StopTrainingJob, not only at the end',
    since="2026-11-26",
    knob=REPLAY,
)


_REST: Final = (status.DOWNLOADING, status.TRAINING, status.UPLOADING)
_DONE: Final = {status.DOWNLOADING: 1, status.DOWNLOADING_IMAGE: 1, status.TRAINING: 2, status.STOPPING: 2, status.UPLOADING: 3}
"""How many statuses of `_REST` a job has behind it when complete() ends it in this status."""


class _Fold:
    """One walk through a script: at each step, the first thing that cuts it decides what comes after."""

    def __init__(self, script: Script, interventions: Iterable[Intervention]) -> None:
        self.script = script
        self.interventions: deque[Cut] = deque()
        self.remarks: list[Remark] = []
        for one in interventions:
            if isinstance(one, (Taken, KeepAlive, Update, Delete)):
                self.remarks.append(one)
            else:
                self.interventions.append(one)
        self.steps = deque(script.steps)
        self.ending = script.ending
        self.reason = script.failure_reason
        self.at_us = 0
        self.primary: status.Primary = "InProgress"
        self.changes: list[Change] = []
        self.started_us: int | None = None
        self.unbilled: list[tuple[int, int]] = []
        self.ran_us = 0
        self.chances = deque(script.interruptions_us)
        self.visited: set[str] = set()
        self.limited = True
        self.limits: list[tuple[int, str]] = []
        # The record of a replay; None once something has cut the replay, for then it ends in another way.
        self.recorded = script.recorded
        self.logged_visits: list[LoggedVisit] = []

    def run(self) -> Timeline:
        while self.steps:
            step = self.steps.popleft()
            self.enter(step)
            end_us = None if step.length_us is None else self.at_us + step.length_us
            cut = self.first_cut(step, end_us)
            until_us = end_us if cut is None else cut[0]
            self.say(step, until_us, cut is not None)
            if step.lines:
                self.logged_visits.append(LoggedVisit(self.at_us, until_us, step.lines))
            if until_us is None:
                return self.timeline(None)
            self.spend(step, until_us)
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
        # Re-entering the same status extends the open entry: SecondaryStatusTransitions has one entry per visit.
        if not self.changes or self.changes[-1].secondary != step.status:
            self.change(step.status, step.messages[0][1], enters=True)

    def spend(self, step: Step, until_us: int) -> None:
        if step.status not in status.UNBILLED:
            self.ran_us += until_us - self.at_us
        elif self.started_us is not None:
            self.unbilled.append((self.at_us, until_us))
        self.at_us = until_us

    def say(self, step: Step, until_us: int | None, is_cut: bool) -> None:  # noqa: FBT001  # private, one caller
        entered_us = self.at_us
        for offset_us, text in step.messages[1:]:
            # A message that comes at the natural end of an entry is never seen: the next entry hides it. At a cut, somebody may
            # already have read the message.
            if until_us is not None and entered_us + offset_us + (not is_cut) > until_us:
                break
            self.at_us = entered_us + offset_us
            self.change(step.status, text)
        self.at_us = entered_us

    def change(self, secondary: str, message: str, *, enters: bool = False) -> None:
        since_us = self.script.stopping_since_us
        is_stopping = since_us is not None and self.at_us >= since_us and self.primary == "InProgress"
        self.changes.append(Change(self.at_us, "Stopping" if is_stopping else self.primary, secondary, message, enters))

    # -- what cuts it

    def first_cut(self, step: Step, end_us: int | None) -> tuple[int, _Cut] | None:
        cuts: list[tuple[int, int, _Cut]] = []
        if self.limited:
            cuts += self.limits_of(step)
        if self.script.stopped_after_us is not None and self.primary == "InProgress":
            cuts.append((self.script.stopped_after_us, 3, Stop(self.script.stopped_after_us)))
        if self.chances and step.status == status.TRAINING:
            cuts.append((self.at_us + self.chances[0], 4, Interrupt(self.at_us + self.chances[0])))
        if self.interventions:
            cuts.append((self.interventions[0].at_us, 5, self.interventions[0]))
        if not cuts:
            return None
        at_us, _, what = min(cuts, key=lambda cut: cut[:2])
        if end_us is not None and at_us >= end_us:
            # An end that is due at T has happened at T, before anything can cut the step.
            return None
        return max(at_us, self.at_us), what

    def limits_of(self, step: Step) -> Iterator[tuple[int, int, Limit]]:
        """Return when each limit of the request cuts this step, if it lasts so long."""
        lag_us = self.script.limit_lag_us
        # The container has ended when the upload begins, and is ending when it is stopped: limits do not cut these statuses.
        if _UPLOAD_GOES_ON(step.status in (status.UPLOADING, status.STOPPING)):
            return
        if self.script.max_runtime_us is not None and step.status not in status.UNBILLED:
            # Only running time counts, of all attempts together (service model, RetryStrategy; for spot: MaxWaitTimeInSeconds is
            # "the amount of time spent waiting for Spot capacity plus the amount of time the job can run").
            yield self.at_us + self.script.max_runtime_us - self.ran_us + lag_us, 0, "MaxRuntimeInSeconds"
        if self.script.max_wait_us is not None:
            yield self.script.max_wait_us + lag_us, 1, "MaxWaitTimeInSeconds"
        if self.script.max_pending_us is not None and step.status == status.PENDING:
            yield self.at_us + self.script.max_pending_us + lag_us, 2, "MaxPendingTimeInSeconds"

    def apply(self, cut: _Cut, step: Step, end_us: int | None) -> None:
        self.recorded = None
        if isinstance(cut, str):
            self.limited = False
            self.limits.append((self.at_us, cut))
            self.ending, self.reason = _ENDS[cut], None
            gives_up = _PENDING_ENDS_LIKE_A_STOP(cut == "MaxPendingTimeInSeconds")
            self.steps = deque(self.leave_pending() if gives_up else self.stop_steps(step))
            return
        if self.interventions and cut is self.interventions[0]:
            self.interventions.popleft()
        elif isinstance(cut, Interrupt):
            self.chances.popleft()
        if isinstance(cut, Interrupt):
            self.interrupt(step, end_us)
            return
        self.limited = False
        if isinstance(cut, Stop):
            self.stop(step, end_us)
        elif isinstance(cut, Fail):
            self.ending, self.reason = "Failed", cut.reason
            self.steps = deque(_instantly([status.UPLOADING] if step.status == status.TRAINING else []))
        else:
            self.ending, self.reason = "Completed", None
            self.steps = deque(_instantly(_REST[_DONE.get(step.status, 0) :]))

    def interrupt(self, step: Step, end_us: int | None) -> None:
        """Start again on new instances: Interrupted, Starting, Downloading, and then the interrupted status."""
        interrupted, starting, downloading = self.script.restart
        if step.status != status.TRAINING:
            # A download that was interrupted starts again from the beginning.
            self.steps.extendleft([step, starting, interrupted])
            return
        left_us = step.length_us if end_us is None or not self.script.resumes else end_us - self.at_us
        lines = step.lines
        if lines and self.script.resumes:
            lines = lines.after(self.at_us - self.logged_visits[-1].begin_us)
        again = Step(status.TRAINING, left_us, step.messages, lines)
        self.steps.extendleft([again, downloading, starting, interrupted])

    def stop(self, step: Step, end_us: int | None) -> None:
        """Stop as the service does: TrainingJobStatus is Stopping at once; what follows depends on the secondary status."""
        self.ending, self.reason, self.primary = "Stopped", None, "Stopping"
        if step.status == status.PENDING:
            self.steps = deque(self.leave_pending())
        elif step.status in status.WAITING:
            # Recorded with a Starting job: for seconds TrainingJobStatus is Stopping while SecondaryStatus is still Starting.
            message = self.changes[-1].message
            self.change(step.status, message)
            teardown = Step(step.status, round(TEARDOWN_S * SECOND_US), ((0, ""),))
            # In a log of 2019, Downloading and Stopping follow in the same second. Spot jobs of 2026 that were stopped while they
            # waited for capacity were never billed; we infer that they end like a job that is never launched (developer guide,
            # managed spot training: Starting, Stopping, MaxWaitTimeExceeded).
            begins = self.started_us is None and message != status.NO_CAPACITY
            after = [status.DOWNLOADING, status.STOPPING] if begins else [status.STOPPING]
            self.steps = deque([teardown, *_instantly(after)])
        elif step.status == status.UPLOADING:
            # The container has ended, so there is nothing left to stop: the upload goes on.
            self.change(step.status, self.changes[-1].message)
            rest_us = None if end_us is None else end_us - self.at_us
            self.steps = deque([Step(status.UPLOADING, self.script.uploading_us if rest_us is None else rest_us, ((0, ""),))])
        else:
            self.steps = deque(self.stop_steps(step))

    def leave_pending(self) -> list[Step]:
        """Return the steps of a job that is stopped while Pending: only the rest of Pending, without Stopping or Uploading.

        Three jobs of 2026 had the entries Starting, Pending and Stopped, and the last message of Pending was that of Stopped.
        """
        self.primary = STOPPING_WHILE_PENDING("Stopping")
        self.change(status.PENDING, MESSAGE_AT_THE_CALL(status.MESSAGES["Stopped"]))
        return [Step(status.PENDING, self.script.pending_stop_us, ((0, ""),))]

    def stop_steps(self, step: Step) -> list[Step]:
        """Return Stopping and, if the job has trained and so has something to upload, Uploading."""
        # Only a container that runs writes lines while it is stopped.
        lines = self.script.last_words if step.status == status.TRAINING else NO_LINES
        steps = [Step(status.STOPPING, self.script.stopping_us, ((0, status.MESSAGES[status.STOPPING]),), lines)]
        if step.status == status.TRAINING:
            steps.append(Step(status.UPLOADING, self.script.uploading_us, ((0, status.UPLOADING_MODEL),)))
        return steps

    # -- the end

    def finish(self) -> Timeline:
        self.primary = status.PRIMARY_OF_ENDING[self.ending]
        recorded = self.recorded if self.recorded is not None and self.recorded.ending == self.ending else None
        message = status.MESSAGES[self.ending] if recorded is None else recorded.last_message
        if self.retained and self.ending == "Completed" and recorded is None:
            message = status.RETAINED
        self.change(self.ending, message, enters=True)
        ended_us = self.at_us
        if recorded is not None and recorded.modified_us > self.at_us:
            # The service writes the record again, and only LastModifiedTime changes (seen up to 30 s after the end).
            self.at_us = recorded.modified_us
            self.change(self.ending, message)
        return self.timeline(ended_us)

    @property
    def retained(self) -> bool:
        """Whether the end leaves a warm pool: a failure does so only if it is the job's own fault."""
        own = self.ending != "Failed" or str(self.reason).startswith(("AlgorithmError", "ClientError"))
        return self.script.retains and self.started_us is not None and own

    def timeline(self, ended_us: int | None) -> Timeline:
        return Timeline(
            changes=tuple(self.remarked()),
            started_us=self.started_us,
            ended_us=ended_us,
            unbilled=tuple(self.unbilled),
            # A job that completes has a model, even if its plan has no Uploading phase.
            uploaded=ended_us is not None
            and self.script.leaves_model
            and (self.ending == "Completed" or (self.ending != "Failed" and status.UPLOADING in self.visited)),
            retained=ended_us is not None and self.retained,
            failure_reason=self.reason[: reasons.LENGTH] if ended_us is not None and self.reason is not None else None,
            limits=tuple(self.limits),
            logged_visits=tuple(self.logged_visits),
        )

    def remarked(self) -> Iterable[Change]:
        """Return the changes, with one more for each remark: it moves LastModifiedTime, and may change the message or status."""
        changes = self.changes
        for remark in self.remarks:
            place = bisect_right(changes, remark.at_us, key=at_us)
            before = changes[place - 1]
            now = replace(before, at_us=remark.at_us, enters=False)
            if isinstance(remark, Taken) and before.secondary == "Completed":
                now = replace(now, message=status.REUSED.format(remark.by))
            elif isinstance(remark, Delete):
                # Later changes of the life are never shown.
                changes = [*changes[:place], replace(now, primary="Deleting")]
                continue
            changes = [*changes[:place], now, *changes[place:]]
        return changes


def _instantly(statuses: Iterable[str]) -> list[Step]:
    return [Step(name, 0, ((0, status.MESSAGES[name]),)) for name in statuses]
