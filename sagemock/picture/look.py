"""The look of each status in every picture: colour, letter in plain text, sign in Unicode. No two are alike."""

from typing import Final, NamedTuple

from sagemock.training import status

__all__ = ["LOOKS", "MARKS", "Look"]


class Look(NamedTuple):
    """The look of a status. Colours are readable on light and dark backgrounds (a test computes their contrast)."""

    color: str
    letter: str
    block: str


LOOKS: Final[dict[str, Look]] = {
    status.STARTING: Look("#7b8798", "S", "░"),
    status.LAUNCHING: Look("#5f8a8b", "L", "▁"),
    status.PREPARING: Look("#8f8577", "K", "▂"),
    status.PENDING: Look("#b07d1e", "P", "·"),
    status.DOWNLOADING: Look("#1f8fb3", "D", "▒"),
    status.DOWNLOADING_IMAGE: Look("#3a86a8", "G", "▄"),
    status.TRAINING: Look("#4a74e8", "T", "█"),
    status.INTERRUPTED: Look("#d9662b", "I", "◆"),
    status.RESTARTING: Look("#c27a3a", "R", "▚"),
    status.UPDATING: Look("#8a8a55", "A", "▞"),
    "Processing": Look("#2f8f6f", "N", "▆"),
    "InProgress": Look("#5a7f99", "E", "▬"),
    "Transforming": Look("#6f79d8", "H", "▇"),
    status.UPLOADING: Look("#9164d6", "U", "▓"),
    status.STOPPING: Look("#c9577c", "O", "▽"),
    "Completed": Look("#2c9a5f", "C", "✓"),
    "Failed": Look("#dd4343", "F", "✗"),
    "Stopped": Look("#8a6d6d", "X", "■"),
    "MaxRuntimeExceeded": Look("#b5652a", "M", "▣"),
    "MaxWaitTimeExceeded": Look("#a3731f", "W", "▤"),
}
MARKS: Final = {
    "limit": "|",
    "stop": "#",
    "fail": "!",
    "complete": "*",
    "interrupt": "~",
    "taken": ">",
    "update": "=",
    "delete": "_",
}
"""The signs of interventions and limits, in pictures with one line per job."""
BEST: Final = "+"
"""The sign of the best child of a tuning job, in plain text."""
