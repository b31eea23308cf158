"""The timeline of a training job: the general timeline, with the fields that only training jobs have."""

from dataclasses import dataclass

from sagemock.jobs import timeline

__all__ = ["Timeline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(timeline.Timeline):
    """The whole life of a training job, as long as nobody interferes again, in microseconds after its creation."""

    unbilled: tuple[tuple[int, int], ...]
    """The intervals after the start that are neither training nor billable time.

    Stopping is among them; there is one record of that (a spot job of 2026: 9532 - 5 s).
    """
    uploaded: bool
    retained: bool
    """Whether the instances go to a warm pool at the end."""
