"""Snapshots: all that Describe shows of a job's life at one instant."""

from dataclasses import dataclass

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.transitions import Transition, transitions
from sagemock.training import status
from sagemock.training.job import Job
from sagemock.training.plan.defaults import billed_s
from sagemock.training.plan.recording import Recorded
from sagemock.training.timeline import Timeline

__all__ = ["Snapshot", "running_s", "snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that Describe shows of a job's life at an instant. Instants are microseconds since the epoch, None if absent."""

    primary: str
    secondary: str
    transitions: tuple[Transition, ...]
    created_us: int
    modified_us: int
    started_us: int | None
    ended_us: int | None
    training_s: int | None
    billable_s: int | None
    failure_reason: str | None
    artifacts: bool

    @property
    def over(self) -> bool:
        """Whether the job has ended."""
        return self.secondary in status.ENDINGS


def snapshot(job: Job, now_us: int, count: int | None = None) -> Snapshot:
    """Return what Describe shows of `job` at `now_us`; with `count`, what it shows after that many changes of its timeline."""
    timeline = job.timeline
    seen = timeline.until(now_us - job.created_us) if count is None else timeline.changes[:count]
    last = seen[-1]
    over = last.secondary in status.ENDINGS
    created_us = job.created_us
    started_us, ended_us = _recorded_times(job, timeline) if over else (timeline.started_us, None)
    if started_us is not None and started_us > now_us - created_us:
        started_us = None
    if count is not None and not over and all(change.secondary not in status.STARTED for change in seen):
        started_us = None
    training_s = None
    if started_us is not None:
        until_us = now_us - created_us if ended_us is None else ended_us
        # A log of 2019: a job stopped in the second in which it began has TrainingTimeInSeconds 1, the service model's minimum.
        training_s = max(1, _training_s(created_us, started_us, until_us, timeline.unbilled))
    billable_s = None
    if over and training_s is not None and job.plan.tokens is None:
        billable_s = max(1, billed_s(training_s, job.script.billed))
    recorded = _played_to_its_end(job) if over else None
    if recorded is not None:
        training_s = _of_record(recorded, "TrainingTimeInSeconds", recorded.training_s, training_s)
        billable_s = _of_record(recorded, "BillableTimeInSeconds", recorded.billable_s, billable_s)
    return Snapshot(
        primary=last.primary,
        secondary=last.secondary,
        transitions=transitions(seen, created_us),
        created_us=created_us,
        modified_us=created_us + last.at_us,
        started_us=None if started_us is None else created_us + started_us,
        # A job that failed before it started has no TrainingEndTime.
        ended_us=None if ended_us is None or (started_us is None and last.secondary == "Failed") else created_us + ended_us,
        training_s=training_s,
        billable_s=billable_s,
        failure_reason=timeline.failure_reason if last.secondary == "Failed" else None,
        artifacts=over and timeline.uploaded and not (recorded is not None and "ModelArtifacts" in recorded.nulls),
    )


def _of_record(recorded: Recorded, name: str, known: int | None, otherwise: int | None) -> int | None:
    """Return a number of a replayed record: None if the record shows null, and `otherwise` if the record lacks it."""
    return None if name in recorded.nulls else otherwise if known is None else known


def running_s(job: Job, now_us: int) -> int | None:
    """Return TrainingTimeInSeconds of a job that has started and not ended; else None."""
    timeline = job.timeline
    offset_us = now_us - job.created_us
    started_us, ended_us = timeline.started_us, timeline.ended_us
    if started_us is None or started_us > offset_us or (ended_us is not None and ended_us <= offset_us):
        return None
    return max(1, _training_s(job.created_us, started_us, offset_us, timeline.unbilled))


def _recorded_times(job: Job, timeline: Timeline) -> tuple[int | None, int | None]:
    """Return TrainingStartTime and TrainingEndTime of an ended job: those of the record, if it was replayed to its end."""
    recorded = _played_to_its_end(job)
    return (timeline.started_us, timeline.ended_us) if recorded is None else (recorded.started_us, recorded.ended_us)


def _played_to_its_end(job: Job) -> Recorded | None:
    """Return the record of a job that was replayed to its end; None without a replay, or if its recorded job had not ended."""
    recorded = job.script.recorded
    return None if recorded is None or job.interventions or recorded.ending is None else recorded


def _training_s(created_us: int, started_us: int, until_us: int, unbilled: tuple[tuple[int, int], ...]) -> int:
    """Return TrainingTimeInSeconds.

    Both instants are cut to whole seconds before the subtraction (the only rule that fits all recorded jobs), and unbilled time
    does not count.
    """
    training_s = (created_us + until_us) // SECOND_US - (created_us + started_us) // SECOND_US
    for begin_us, end_us in unbilled:
        if begin_us < until_us:
            training_s -= (created_us + min(end_us, until_us)) // SECOND_US - (created_us + begin_us) // SECOND_US
    return training_s
