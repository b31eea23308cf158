"""The timeline of a training job: what only such a job has in its life."""

from dataclasses import dataclass

from sagemock.jobs import timeline

__all__ = ["Timeline"]


@dataclass(frozen=True, kw_only=True)
class Timeline(timeline.Timeline):
    """The whole life of a training job as it is known now, in microseconds after its creation."""

    unbilled: tuple[tuple[int, int], ...]
    """The intervals after the start that count as neither training nor billable time.

    That Stopping is among them was seen once (a spot job of 2026: 9532 - 5 s).
    """
    uploaded: bool
    retained: bool
    """Whether the instances go to a warm pool when it has ended."""
