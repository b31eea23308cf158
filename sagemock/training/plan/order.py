"""The order of phases: which secondary status a job can have after others."""

from collections.abc import Sequence
from typing import Final

from sagemock.training import status

__all__ = ["impossible"]

# Each attempt goes through these in this order, and may leave some out (recorded jobs; the service model calls Downloading "an
# optional stage"). Two statuses with the same place may come in either order, because nothing is known about it.
_PLACE: Final = {
    status.STARTING: 0,
    status.LAUNCHING: 1,
    status.PREPARING: 1,
    status.DOWNLOADING: 2,
    status.DOWNLOADING_IMAGE: 2,
    status.TRAINING: 3,
    status.STOPPING: 4,
    status.UPLOADING: 5,
}
# A job may start again with these: with Starting after an internal error (service model, RetryStrategy), with Pending between the
# reservations of a training plan (service model, MaxPendingTimeInSeconds), with Starting or Downloading after Interrupted
# (developer guide, managed spot training). The use of Restarting and Updating is not documented, so any status may come before
# and after them.
_AGAIN: Final = frozenset({status.STARTING, status.PENDING, status.INTERRUPTED, status.RESTARTING, status.UPDATING})
_LATER: Final = frozenset({status.UPLOADING, status.STOPPING, status.INTERRUPTED, status.RESTARTING, status.UPDATING})


def impossible(before: Sequence[str], name: str) -> str | None:  # noqa: PLR0911  # one for each reason
    """Return why a job cannot have the status `name` after the statuses `before`, and what to do; None if it can."""
    if not before:
        if name in _LATER:
            return f"this plan begins in {name}, and every job starts in Starting: begin it with Phase('Starting')"
        return None
    last = before[-1]
    if last == name:
        return f"two phases of {name} in a row are one entry: make them one Phase with several messages"
    if last == status.STOPPING and name != status.UPLOADING:
        return f"{name} follows Stopping in this plan: a job that is Stopping goes on to Uploading, or ends"
    if name == status.UPLOADING and status.TRAINING not in before:
        return (
            "Uploading comes before Training in this plan, and a job uploads what it has trained: put Phase('Training') before it"
        )
    if name == status.INTERRUPTED and last in status.WAITING:
        return f"Interrupted follows {last} in this plan, and no instance belongs to the job then: put it after Training"
    if name not in _AGAIN and _PLACE[name] < _PLACE.get(last, 0):
        return f"{name} follows {last} in this plan: a job comes back to it when it starts again; put Phase('Starting') before it"
    return None
