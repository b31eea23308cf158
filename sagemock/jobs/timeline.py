"""Timelines: all visible changes of a job in its life, and when they come."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from sagemock.jobs.lines import LoggedVisit

__all__ = ["OVER", "Change", "Timeline", "at_us"]

OVER: Final = frozenset({"Completed", "Failed", "Stopped"})
"""The statuses of a job of any kind that has ended."""


@dataclass(frozen=True, slots=True)
class Change:
    """A moment at which Describe begins to show something else: a status, a message, or only another LastModifiedTime."""

    at_us: int
    primary: str
    """The status, as the service shows it."""
    secondary: str
    """The secondary status of a training job; for another kind the phase, which no API shows."""
    message: str
    enters: bool
    """Whether this begins a new visit to the secondary status (else it overwrites the message of the open one)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The whole life of a job, as long as nobody interferes again, in microseconds after its creation."""

    changes: tuple[Change, ...]
    started_us: int | None
    ended_us: int | None
    """None if the job never ends."""
    failure_reason: str | None
    limits: tuple[tuple[int, str], ...] = ()
    """The limits that cut the life, as (instant, name of the field in the request)."""
    logged_visits: tuple[LoggedVisit, ...] = ()
    """The visits in which the container writes lines."""

    @property
    def last_us(self) -> int:
        """The instant of the last change."""
        return self.changes[-1].at_us

    def count_until(self, offset_us: int) -> int:
        """Return how many changes have happened by `offset_us`."""
        return bisect_right(self.changes, offset_us, key=at_us)

    def until(self, offset_us: int) -> tuple[Change, ...]:
        """Return the changes by `offset_us`."""
        return self.changes[: self.count_until(offset_us)]

    def after(self, offset_us: int) -> tuple[Change, ...]:
        """Return the changes after `offset_us`."""
        return self.changes[self.count_until(offset_us) :]


def at_us(change: Change) -> int:
    """Return the instant of a change, as the key of a binary search."""
    return change.at_us
