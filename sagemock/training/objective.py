"""The values of a tuning job's objective that a child emits without lines in its log."""

from collections.abc import Iterator
from typing import Final

from sagemock.evidence import Assumption
from sagemock.training import status
from sagemock.training.job import Job
from sagemock.training.launch import Values
from sagemock.training.timeline import Timeline

__all__ = ["emitted"]

_ANEW: Final = Assumption(
    "that a child which is interrupted or retried without checkpoints emits the values of its objective again", since="2026-11-26"
)


def emitted(job: Job) -> Values:
    """Return the values that the job emits without lines in its log, each with its instant (microseconds since the epoch).

    The instants are those of the job's present timeline.
    """
    if job.launch is None or not job.launch.values:
        return ()
    found: list[tuple[int, float]] = []
    done_us = 0
    for begin_us, end_us in _training(job.timeline):
        if not job.script.resumes:
            found, done_us = _ANEW([]), 0
        for offset_us, value in job.launch.values[len(found) :]:
            at_us = begin_us + offset_us - done_us
            if end_us is not None and at_us > end_us:
                break
            found.append((job.created_us + at_us, value))
        done_us += 0 if end_us is None else end_us - begin_us
    return tuple(found)


def _training(timeline: Timeline) -> Iterator[tuple[int, int | None]]:
    """Yield the begin and the end of each visit to Training; the end is None if it never ends."""
    entries = [change for change in timeline.changes if change.enters]
    for place, change in enumerate(entries):
        if change.secondary == status.TRAINING:
            following = entries[place + 1 : place + 2]
            yield change.at_us, following[0].at_us if following else None
