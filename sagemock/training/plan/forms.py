"""Turns whatever people keep of a job into the form of a DescribeTrainingJob response, and says what it fills in.

A whole response does not change. A selection by `--query` may lack CreationTime or the transitions; a member of a list has only a
few instants; an event of EventBridge has milliseconds.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sagemock.clock.instants import SECOND_US, instant, instant_us
from sagemock.training import status
from sagemock.training.plan import defaults

__all__ = ["CALLED", "FILLED", "MESSAGES", "Form", "formed"]

CALLED: Final = "sagemock:StoppingSince"
"""An extra member of a response, by sagemock: when TrainingJobStatus was first seen to be Stopping."""
FILLED: Final = "sagemock:Filled"
"""An extra member of a response, by sagemock: sentences about what was filled in already."""

MESSAGES: Final = "sagemock:Messages"
"""An extra member of a transition, by sagemock: {At, StatusMessage} of each message that several records have shown."""

_LARGEST_S: Final = 253_402_300_799
"""The last second of the year 9999: a larger number is in milliseconds."""
_INSTANTS: Final = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")
_OF_2024_US: Final = instant_us("2024-01-01T00:00:00Z")


class Form(NamedTuple):
    """A record as a DescribeTrainingJob response."""

    response: Mapping[str, Any]
    filled: tuple[str, ...]
    """A sentence for each thing that the record does not say, and how it is filled in."""


def formed(given: Mapping[str, Any]) -> Form:
    """Return a record in the form of a response. A value that is not a record of any known form is returned as it is."""
    event = given.get("detail")
    if isinstance(event, Mapping) and "TrainingJobName" in event:
        given = event
    response = dict(given)
    for name in _INSTANTS:
        if name in response:
            response[name] = _second(response[name])
    filled: list[str] = list(response.get(FILLED, ()))
    entries = response.get("SecondaryStatusTransitions")
    if isinstance(entries, (list, tuple)) and entries:
        response["SecondaryStatusTransitions"] = list(_closed(entries))
        first = response["SecondaryStatusTransitions"][0]
        if response.get("CreationTime") is None and isinstance(first, Mapping) and first.get("StartTime") is not None:
            response["CreationTime"] = first["StartTime"]
            filled.append("It has no CreationTime: the beginning of its first status is taken.")
        if any(isinstance(entry, Mapping) and not entry.get("StatusMessage") for entry in entries):
            filled.append("It lacks messages: each status has its usual one.")
    elif entries is None and response.get("CreationTime") is not None and isinstance(response.get("TrainingJobStatus"), str):
        response["SecondaryStatusTransitions"] = list(_built(response))
        filled.append(
            "It has no SecondaryStatusTransitions: what lies between its instants is a normal life by the default durations."
        )
    return Form(response, tuple(dict.fromkeys(filled)))


def _second(value: object) -> object:
    """Return an instant, converted if it is in milliseconds: events have such numbers, or, in AWS's own sample, such strings."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if isinstance(value, int) and value > _LARGEST_S:
        return instant(value * 1000) if value < _LARGEST_S * 1000 else value
    return value


def _closed(entries: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    """Yield the entries with EndTime, which the schema of events lacks: each ends where the next one begins."""
    for at, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            yield entry
            continue
        one = {name: _second(value) if name in ("StartTime", "EndTime") else value for name, value in entry.items()}
        after = entries[at + 1] if at + 1 < len(entries) else one
        is_over = after is not one or one.get("Status") in status.ENDINGS
        if one.get("EndTime") is None and is_over and isinstance(after, Mapping) and not _has_end_times(entries):
            one["EndTime"] = _second(after.get("StartTime"))
        yield one


def _has_end_times(entries: list[Any] | tuple[Any, ...]) -> bool:
    """Whether some entries have EndTime: then an entry without it really is open."""
    return any(isinstance(entry, Mapping) and entry.get("EndTime") is not None for entry in entries)


def _built(response: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entries of a normal life that has the instants of a record without transitions."""
    created_us = instant_us(response["CreationTime"])
    started_us, ended_us, modified_us = (
        None if response.get(name) is None else instant_us(response[name])
        for name in ("TrainingStartTime", "TrainingEndTime", "LastModifiedTime")
    )
    primary = response["TrainingJobStatus"]
    secondary = response.get("SecondaryStatus") or (primary if primary in status.ENDINGS else status.STARTING)
    if secondary in status.ENDINGS and ended_us is None:
        # A job that failed before it started has no TrainingEndTime, and members of a list may lack it.
        ended_us = created_us if modified_us is None else modified_us
    by = defaults.traits(response)
    legacy = created_us < _OF_2024_US
    lengths = {
        name: round(defaults.length_s(name, by, legacy=legacy) * SECOND_US)
        for name in (status.STARTING, status.DOWNLOADING, status.STOPPING, status.UPLOADING)
    }
    now_us = created_us if modified_us is None else modified_us
    known_us = ended_us if ended_us is not None else now_us
    if started_us is None and not (primary in ("Failed", "Stopped") or secondary in status.WAITING):
        # A member of a list does not say when the job started.
        started_us = min(created_us + lengths[status.STARTING], known_us)
    names = [status.STARTING]
    if started_us is not None:
        names += [status.DOWNLOADING, status.TRAINING]
        names += [status.STOPPING] if status.PRIMARY_OF_ENDING.get(secondary) == "Stopped" else []
        names += [status.UPLOADING]
    if secondary in status.ENDINGS:
        starts = _starts(names, created_us, started_us, known_us, lengths)
        yield from _entries(names, [*starts, known_us], legacy=legacy)
        yield {
            "Status": secondary,
            "StartTime": instant(known_us),
            "EndTime": instant(known_us),
            "StatusMessage": status.MESSAGES[secondary],
        }
        return
    names = names[: names.index(secondary)] if secondary in names else names[: 3 if started_us is not None else 1]
    if secondary == status.STARTING:
        yield {"Status": secondary, "StartTime": instant(created_us), "StatusMessage": status.MESSAGES[secondary]}
        return
    # The last status began when the job was last modified; Downloading begins at the start.
    since_us = started_us if secondary == status.DOWNLOADING and started_us is not None else now_us
    yield from _entries(names, [*_starts(names, created_us, started_us, since_us, lengths), since_us], legacy=legacy)
    yield {"Status": secondary, "StartTime": instant(since_us), "StatusMessage": status.MESSAGES.get(secondary, secondary)}


def _starts(names: list[str], created_us: int, started_us: int | None, end_us: int, lengths: Mapping[str, int]) -> Iterator[int]:
    """Yield when each status begins, so that the last ends at `end_us`: Training gets the time that the others leave, if any."""
    after = names[1:]
    begin_us = end_us if started_us is None or not after else started_us
    yield created_us
    fixed_us = sum(lengths.get(name, 0) for name in after)
    whole_us = end_us - begin_us
    for name in after:
        yield begin_us
        if name == status.TRAINING:
            begin_us += max(0, whole_us - fixed_us)
        else:
            begin_us += lengths[name] if fixed_us <= whole_us else lengths[name] * whole_us // fixed_us


def _entries(names: list[str], bounds_us: list[int], *, legacy: bool) -> Iterator[dict[str, Any]]:
    for name, begin_us, end_us in zip(names, bounds_us, bounds_us[1:], strict=False):
        message = status.INPUT_DATA if legacy and name == status.DOWNLOADING else status.MESSAGES[name]
        yield {"Status": name, "StartTime": instant(begin_us), "EndTime": instant(end_us), "StatusMessage": message}
