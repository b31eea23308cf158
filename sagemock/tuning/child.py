"""A child: a training job that a tuning job has launched, as the tuning job sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sagemock.evidence import Assumption
from sagemock.jobs.timeline import OVER
from sagemock.training.job import Job
from sagemock.training.launch import Values, latest

__all__ = ["Child", "child"]

_FAILED: Final = Assumption(
    "that the objective of a child counts as Failed if the child failed, even if it had emitted values", since="2026-11-26"
)
_RETRYABLE: Final = Assumption(
    "that a child counts under RetryableError if its FailureReason begins with InternalServerError, and is not replaced",
    since="2026-11-26",
)
_REMEMBERED: Final = Assumption(
    "that a tuning job still shows and counts a child that was deleted, with the status with which the child ended",
    since="2026-11-26",
)


@dataclass(frozen=True, slots=True)
class Child:
    """A training job that a tuning job has launched. Instants are microseconds since the epoch."""

    number: int
    """The place of the child among those of the tuning job, from 1."""
    slot: int
    """The place of the child among those that run at once, from 0."""
    definition: str | None
    tuned: Mapping[str, str]
    """The values of the hyperparameters that vary."""
    job: Job
    """The current record of the training job."""
    emissions: Values
    """All values of its objective that its timeline foresees, also those of the future."""
    ended_us: int | None
    """None if its timeline has no end."""
    ending: str
    """The status with which it ends; "InProgress" if its timeline has no end."""
    counter: str
    """The member of TrainingJobStatusCounters that counts it after its end."""
    stop_us: int | None
    """When early stopping or the strategy stops it; None: never."""

    @property
    def created_us(self) -> int:
        """When it was created."""
        return self.job.created_us

    @property
    def has_succeeded(self) -> bool:
        """Whether it ends Completed."""
        return self.ending == "Completed"

    @property
    def objective(self) -> float | None:
        """The value of its objective at its end, None if it has none."""
        return self.emissions[-1][1] if self.emissions and not _FAILED(self.ending == "Failed") else None

    def emitted(self, now_us: int) -> float | None:
        """Return the last value of the objective that the child has emitted by `now_us`, None if there is none."""
        found = latest(self.emissions, now_us)
        return None if found is None else found[1]

    def status(self, now_us: int) -> str:
        """Return the status of the child. A child that has ended keeps its last one, even when the training job is deleted."""
        return _REMEMBERED(self.ending if self.is_over(now_us) else self.job.state(now_us).primary)

    def is_over(self, now_us: int) -> bool:
        """Whether it has ended."""
        return self.ended_us is not None and self.ended_us <= now_us


def child(  # noqa: PLR0913, PLR0917  # one for each field of a child
    number: int, slot: int, definition: str | None, tuned: Mapping[str, str], job: Job, emissions: Values, stop_us: int | None
) -> Child:
    """Return the child whose training job has the record `job`."""
    timeline, created_us = job.timeline, job.created_us
    ended_us = None if timeline.ended_us is None else created_us + timeline.ended_us
    ending = next((change.primary for change in timeline.changes if change.primary in OVER), "InProgress")
    return Child(
        number,
        slot,
        definition,
        tuned,
        job,
        emissions,
        ended_us,
        ending,
        _counter(ending, timeline.failure_reason),
        stop_us,
    )


def _counter(ending: str, reason: str | None) -> str:
    if ending != "Failed":
        return ending
    return _RETRYABLE("RetryableError" if (reason or "").startswith("InternalServerError") else "NonRetryableError")
