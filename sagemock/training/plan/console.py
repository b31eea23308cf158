"""The console log that the SageMaker SDK prints while it waits for a job, read as a DescribeTrainingJob response.

The SDK prints `2026-02-16 10:11:12 Starting - Preparing the instances for training...`: LastModifiedTime in UTC, the status and
its message, and a dot for each poll that brings nothing new (aws/sagemaker-python-sdk, `secondary_training_status_message`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagemock.clock.instants import SECOND_US, instant, instant_us
from sagemock.training import status
from sagemock.training.plan.forms import FILLED, MESSAGES

__all__ = ["from_console"]

_NAMES: Final = "|".join(sorted(status.PHASES | status.ENDINGS, key=len, reverse=True))
_LINE: Final = re.compile(rf"(\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d) ({_NAMES}) - ([^\r\n]*)")
_NAME: Final = re.compile(r"training-job with name: ([A-Za-z0-9-]+)")
_REASON: Final = re.compile(r"Reason: ([^\r\n]+)")
_SECONDS: Final = re.compile(r"(Training|Billable) seconds: (\d+)")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m.*")
_KNOWN: Final = (
    status.STARTING_THE_JOB, status.NO_CAPACITY, status.WAITING_FOR_CAPACITY, status.INPUT_DATA, status.TRAINING_IMAGE,
    status.RETAINED, *status.MESSAGES.values(),
)  # fmt: skip
_NOTE: Final = (
    "It is a console log: its first line counts as the creation, and its instants are those of the messages, in whole seconds."
)


def from_console(text: str) -> Mapping[str, Any] | None:
    """Return a console log as a DescribeTrainingJob response, None if it has no line that the SDK prints."""
    lines = [(instant_us(f"{at}Z".replace(" ", "T")), name, _message(text)) for at, name, text in _LINE.findall(text)]
    if not lines:
        return None
    entries = list(_entries(lines))
    last = entries[-1]["Status"]
    response: dict[str, Any] = {
        "TrainingJobStatus": status.PRIMARY_OF_ENDING.get(last, "Stopping" if last == status.STOPPING else "InProgress"),
        "SecondaryStatus": last,
        "CreationTime": entries[0]["StartTime"],
        "LastModifiedTime": instant(lines[-1][0]),
        "SecondaryStatusTransitions": entries,
        FILLED: [_NOTE],
    }
    if (named := _NAME.search(text)) is not None:
        response["TrainingJobName"] = named[1]
    if last == "Failed" and (reason := _REASON.search(text)) is not None:
        response["FailureReason"] = reason[1]
    return response | _seconds(text, entries)


def _message(text: str) -> str:
    text = _COLOURS.sub("", text)
    known = next((one for one in _KNOWN if text.startswith(one)), None)
    return text.strip().rstrip(".…") if known is None else known


def _entries(lines: list[tuple[int, str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the transitions, one for each visit to a status, with all messages of the visit."""
    visits: list[list[tuple[int, str, str]]] = []
    for line in lines:
        if visits and visits[-1][0][1] == line[1]:
            visits[-1].append(line)
        else:
            visits.append([line])
    for at, visit in enumerate(visits):
        begin_us, name, _ = visit[0]
        entry = {"Status": name, "StartTime": instant(begin_us), "StatusMessage": visit[-1][2]}
        entry[MESSAGES] = [{"At": instant(at_us), "StatusMessage": text} for at_us, _, text in visit]
        after = visits[at + 1] if at + 1 < len(visits) else visit if name in status.ENDINGS else None
        yield entry if after is None else {**entry, "EndTime": instant(after[0][0])}


def _seconds(text: str, entries: list[dict[str, Any]]) -> dict[str, int]:
    """Return the seconds that the SDK prints at the end, divided by the number of instances, by which the SDK multiplies them."""
    started = next((entry["StartTime"] for entry in entries if entry["Status"] in status.STARTED), None)
    printed = {kind: int(number) for kind, number in _SECONDS.findall(text)}
    if started is None or "Training" not in printed:
        return {}
    lasted_s = (instant_us(entries[-1]["StartTime"]) - instant_us(started)) / SECOND_US
    instances = max(1, round(printed["Training"] / max(1, lasted_s)))
    return {f"{kind}TimeInSeconds": seconds // instances for kind, seconds in printed.items()}
