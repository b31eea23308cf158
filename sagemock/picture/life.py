"""The content of a picture of a job: entries, marks and notes, in any format of the picture."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.batch.job import snapshot as batch_snapshot
from sagemock.jobs.interventions import Complete, Delete, Fail, Stop
from sagemock.jobs.job import AnyJob, Done
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.jobs.transitions import Transition, transitions
from sagemock.training import status
from sagemock.training.interventions import Interrupt, KeepAlive, Taken, Update
from sagemock.training.job import Job
from sagemock.training.plan.forms import formed
from sagemock.training.plan.recording import read
from sagemock.training.snapshot import snapshot
from sagemock.tuning import job as tuning

__all__ = ["Life", "Mark", "life", "life_of_record", "life_until"]


@dataclass(frozen=True, slots=True)
class Mark:
    """An intervention in a job, or a limit that it reached, at an instant in microseconds since the epoch."""

    at_us: int
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Life:
    """A job's life as known at `now_us`; instants are microseconds since the epoch."""

    name: str
    noun: str
    """The kind of job, in words: "training job"."""
    primary: str
    secondary: str
    created_us: int
    now_us: int
    entries: tuple[Transition, ...]
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    """More lines of text, below the picture."""
    planned: bool
    """Whether the picture shows the time after `now_us`; the picture of a record does not."""
    remark: str = ""
    """A text for pictures with one line per job, in place of the job's message."""
    is_child: bool = False
    """Whether the job is shown below the tuning job that launched it."""
    is_best: bool = False
    """Whether the job is the best child of its tuning job."""

    @property
    def summary(self) -> str:
        """The status in one word, or in two if the primary status says more than the secondary one."""
        if self.primary in (self.secondary, "InProgress", status.PRIMARY_OF_ENDING.get(self.secondary)):
            return self.secondary
        return f"{self.primary}/{self.secondary}"

    @property
    def last_us(self) -> int:
        """The last instant of the picture."""
        last = self.entries[-1]
        marks = (mark.at_us for mark in self.marks)
        return max(self.now_us, last.start_us, last.end_us or 0, *marks) if self.planned else self.now_us

    @property
    def length_us(self) -> int:
        """The time from the creation to the end, or to now if it has not ended."""
        end_us = self.entries[-1].start_us if self.entries[-1].status in status.ENDINGS else self.now_us
        return min(end_us, self.now_us) - self.created_us

    def moved(self, by_us: int) -> "Life":
        """Return the same life, moved in time."""
        entries = tuple(
            replace(entry, start_us=entry.start_us + by_us, end_us=None if entry.end_us is None else entry.end_us + by_us)
            for entry in self.entries
        )
        marks = tuple(replace(mark, at_us=mark.at_us + by_us) for mark in self.marks)
        return replace(self, created_us=self.created_us + by_us, now_us=self.now_us + by_us, entries=entries, marks=marks)


def life(job: AnyJob, now_us: int) -> Life:
    """Return the life of a job of the mock: its past at `now_us`, and its plan."""
    state = job.state(now_us)
    until_us = max(now_us, job.last_us) - job.created_us
    return Life(
        name=job.name,
        noun=job.kind.noun,
        primary=state.primary,
        secondary=state.secondary,
        created_us=job.created_us,
        now_us=now_us,
        entries=transitions(job.timeline.until(until_us), job.created_us),
        marks=tuple(sorted(_marks(job), key=lambda mark: mark.at_us)),
        notes=tuple(_notes_of(job, now_us)),
        planned=True,
    )


def life_until(job: AnyJob, until_us: int, *, remarks: Iterable[str] = ()) -> Life:
    """Return the life of a job that plays a record, as far as the record goes."""
    whole = life(job, until_us)
    entries = transitions(job.timeline.until(until_us - job.created_us), job.created_us)
    return replace(whole, entries=entries, marks=(), notes=(*whole.notes, *remarks), planned=False)


def life_of_record(response: Mapping[str, Any]) -> Life:
    """Return the life that a DescribeTrainingJob response shows. Raises PlanError if it is not such a response."""
    found = read(response)
    whole = formed(response).response
    created_us = found.created_us
    ends_us = [entry.start_us if entry.end_us is None else entry.end_us for entry in found.entries]
    now_us = max([found.modified_us, *ends_us])
    entries = [
        Transition(
            entry.status, created_us + entry.start_us, None if entry.end_us is None else created_us + entry.end_us, entry.message
        )
        for entry in found.entries
    ]
    if found.ending is not None:
        over_us = created_us + (found.entries[-1].end_us or 0) if found.entries else created_us
        entries.append(Transition(found.ending, over_us, over_us, found.last_message))
    last = entries[-1].status
    return Life(
        name=str(whole.get("TrainingJobName", "a job without a name")),
        noun=TRAINING.noun,
        primary=str(whole.get("TrainingJobStatus", status.PRIMARY_OF_ENDING.get(last, "InProgress"))),
        secondary=str(whole.get("SecondaryStatus", last)),
        created_us=created_us,
        now_us=created_us + now_us,
        entries=tuple(entries),
        marks=(),
        notes=(*_notes(found.training_s, found.billable_s, found.failure_reason), *found.filled),
        planned=False,
    )


def _notes_of(job: AnyJob, now_us: int) -> Iterator[str]:
    if isinstance(job, BatchJob):
        at = batch_snapshot(job, now_us)
        yield from _notes(None, None, at.failure_reason)
        if at.exit_message is not None:
            yield f"ExitMessage: {at.exit_message}"
    elif isinstance(job, tuning.Job):
        yield from _notes(None, None, tuning.snapshot(job, now_us).failure_reason)
    else:
        shown = snapshot(cast("Job", job), now_us)
        yield from _notes(shown.training_s, shown.billable_s, shown.failure_reason)


def _notes(training_s: int | None, billable_s: int | None, failure_reason: str | None) -> Iterator[str]:
    if training_s is not None:
        billed = "" if billable_s is None else f", {billable_s} s billed"
        yield f"{training_s} s of training{billed}"
    if failure_reason is not None:
        yield f"FailureReason: {failure_reason}"


def _marks(job: AnyJob) -> Iterator[Mark]:
    for offset_us, name in job.timeline.limits:
        yield Mark(job.created_us + offset_us, "limit", name)
    planned_us = job.planned_stop_us
    if any(change.at_us == planned_us and change.primary == "Stopping" for change in job.timeline.changes):
        yield Mark(job.created_us + (planned_us or 0), "stop", f"Stop{job.kind.shape}, by the plan")
    for one in job.interventions:
        label, text = _label_and_text(one, job.kind)
        yield Mark(job.created_us + one.at_us, label, text)


def _label_and_text(one: Done, kind: Kind) -> tuple[str, str]:
    if isinstance(one, Stop):
        return "stop", f"Stop{kind.shape}"
    if isinstance(one, Taken):
        return "taken", f"its warm pool goes to {one.by}"
    if isinstance(one, KeepAlive):
        return "update", f"KeepAlivePeriodInSeconds={one.seconds}"
    if isinstance(one, Update):
        return "update", "UpdateTrainingJob"
    if isinstance(one, Delete):
        return "delete", f"Delete{kind.shape}"
    return _BY_THE_TEST[type(one)], "by the test"


_BY_THE_TEST: Final[dict[type[Any], str]] = {Fail: "fail", Complete: "complete", Interrupt: "interrupt"}
