"""Timelines: all that becomes visible of a job in its life, and when."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from sagemock.jobs.lines import LoggedVisit

__all__ = ["OVER", "Change", "Timeline", "at_us"]

OVER: Final = frozenset({"Completed", "Failed", "Stopped"})
"""The statuses of a job of any kind that has ended."""


@dataclass(frozen=True, slots=True)
class Change:
    """One moment at which something that Describe shows becomes another: a status, a message, or LastModifiedTime alone."""

    at_us: int
    primary: str
    """The status, as the service shows it."""
    secondary: str
    """What the job is doing: the secondary status of a training job; for another kind the phase, which no API shows."""
    message: str
    enters: bool
    """Whether this begins a new visit to the secondary status (else it overwrites the message of the open one)."""


# Without slots, so that it can be held weakly.
@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The whole life of a job as it is known now, in microseconds after its creation."""

    changes: tuple[Change, ...]
    started_us: int | None
    ended_us: int | None
    """None for a job that never ends."""
    failure_reason: str | None
    limits: tuple[tuple[int, str], ...] = ()
    """The limits that cut it, as (instant, name in the request)."""
    logged_visits: tuple[LoggedVisit, ...] = ()
    """The visits in which the container writes lines."""

    @property
    def last_us(self) -> int:
        """The instant of the last thing that happens."""
        return self.changes[-1].at_us

    def count_until(self, offset_us: int) -> int:
        """Return how many of the changes have been made by `offset_us`."""
        return bisect_right(self.changes, offset_us, key=at_us)

    def until(self, offset_us: int) -> tuple[Change, ...]:
        """Return what has happened by `offset_us`."""
        return self.changes[: self.count_until(offset_us)]

    def after(self, offset_us: int) -> tuple[Change, ...]:
        """Return what is still to happen at `offset_us`."""
        return self.changes[self.count_until(offset_us) :]


def at_us(change: Change) -> int:
    """Return the instant of a change, to search by."""
    return change.at_us
