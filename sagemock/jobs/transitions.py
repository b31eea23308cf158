"""Transitions: the entries of SecondaryStatusTransitions, one for each visit of a job to a secondary status."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sagemock.jobs.timeline import Change

__all__ = ["ENDINGS", "Transition", "transitions"]

ENDINGS = frozenset({"Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"})
"""The last secondary statuses of jobs of all kinds."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A visit to a secondary status. Instants are microseconds since the epoch; `end_us` is None while the visit is open."""

    status: str
    start_us: int
    end_us: int | None
    message: str


def transitions(seen: Sequence[Change], created_us: int, endings: Collection[str] = ENDINGS) -> tuple[Transition, ...]:
    """Return the visits in these changes of a job. The last visit has length 0 if its status is in `endings`; else it is open."""
    entries: list[Transition] = []
    name, start_us, message = "", 0, ""
    for change in seen:
        if change.enters:
            if name:
                entries.append(Transition(name, start_us, created_us + change.at_us, message))
            name, start_us = change.secondary, created_us + change.at_us
        message = change.message
    entries.append(Transition(name, start_us, start_us if name in endings else None, message))
    return tuple(entries)
