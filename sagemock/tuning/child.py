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
    "that the objective of a child counts as Failed if the child failed, also if it had emitted values", since="2026-11-26"
)
_RETRYABLE: Final = Assumption(
    "that a child counts under RetryableError if its FailureReason begins with InternalServerError, and is not replaced",
    since="2026-11-26",
)
_REMEMBERED: Final = Assumption(
    "that a tuning job shows and counts a child which was deleted as before, with the status with which it ended",
    since="2026-11-26",
)


@dataclass(frozen=True, slots=True)
class Child:
    """A training job that a tuning job has launched. Instants are microseconds since the epoch."""

    number: int
    """Counts the children of the tuning job from 1."""
    slot: int
    """Which of the jobs that run at once it is, from 0."""
    definition: str | None
    tuned: Mapping[str, str]
    """The values of the hyperparameters that vary."""
    job: Job
    """Its present record."""
    emissions: Values
    """All values of its objective, as far as its life is known."""
    ended_us: int | None
    """None: never, as far as is known."""
    ending: str
    """The status with which it ends."""
    counter: str
    """The counter in which it is after its end."""
    stop_us: int | None
    """When early stopping or the strategy stops it; None: never."""

    @property
    def created_us(self) -> int:
        """When it was created."""
        return self.job.created_us

    @property
    def has_succeeded(self) -> bool:
        """Whether it ends well."""
        return self.ending == "Completed"

    @property
    def objective(self) -> float | None:
        """The value of its objective at its end, None if it has none."""
        return self.emissions[-1][1] if self.emissions and not _FAILED(self.ending == "Failed") else None

    def emitted(self, now_us: int) -> float | None:
        """Return the last value that it has emitted by an instant, None if it has not."""
        found = latest(self.emissions, now_us)
        return None if found is None else found[1]

    def status(self, now_us: int) -> str:
        """Return its status; of a child that has ended it is the last one, also while and after it is deleted."""
        return _REMEMBERED(self.ending if self.is_over(now_us) else self.job.state(now_us).primary)

    def is_over(self, now_us: int) -> bool:
        """Whether it has ended."""
        return self.ended_us is not None and self.ended_us <= now_us


def child(  # noqa: PLR0913, PLR0917  # all that a child is
    number: int, slot: int, definition: str | None, tuned: Mapping[str, str], job: Job, emissions: Values, stop_us: int | None
) -> Child:
    """Return the child with this record."""
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
