"""Timelines: all that becomes visible of a job in its life, and when."""

from bisect import bisect_right
from dataclasses import dataclass

from sagemock.training import status
from sagemock.training.plan.lines import LoggedVisit

__all__ = ["Change", "Timeline", "at_us"]


@dataclass(frozen=True, slots=True)
class Change:
    """One moment at which something that Describe shows becomes another: a status, a message, or LastModifiedTime alone."""

    at_us: int
    primary: status.Primary
    secondary: str
    message: str
    enters: bool
    """Whether this begins a new entry of SecondaryStatusTransitions (else it overwrites the message of the open one)."""


# Without slots, so that it can be held weakly.
@dataclass(frozen=True)
class Timeline:
    """The whole life of a job as it is known now, in microseconds after its creation."""

    changes: tuple[Change, ...]
    started_us: int | None
    ended_us: int | None
    """None for a job that never ends."""
    unbilled: tuple[tuple[int, int], ...]
    """The intervals after the start that count as neither training nor billable time.

    That Stopping is among them was seen once (a spot job of 2026: 9532 - 5 s).
    """
    uploaded: bool
    retained: bool
    """Whether the instances go to a warm pool when it has ended."""
    failure_reason: str | None
    limits: tuple[tuple[int, str], ...] = ()
    """The limits that cut it, as (instant, name in StoppingCondition)."""
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
