"""Merges several records of one job, such as a poller saves: each message comes at the instant at which it was first seen."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from sagemock.clock.instants import instant_us
from sagemock.training import status
from sagemock.training.plan.forms import CALLED, FILLED, MESSAGES, formed

__all__ = ["in_order", "merged"]

_FIRST: Final = {
    status.PREPARING_THE_INSTANCES: status.STARTING_THE_JOB,
    status.TRAINING_IMAGE: status.INPUT_DATA,
}
"""The message before another one, for an entry that had begun before the poller saw it first."""


def merged(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return one record for each job, in the order of their first records; the only record of a job does not change.

    Records belong to one job if they have LastModifiedTime, and the same TrainingJobName and CreationTime.
    """
    jobs: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for number, record in enumerate(records):
        jobs.setdefault(_key(record, number), []).append(record)
    return [given[0] if len(given) == 1 else _one(given) for given in jobs.values()]


def in_order(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each pair of consecutive records of one job, in the order of LastModifiedTime."""
    jobs: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for number, record in enumerate(records):
        jobs.setdefault(_key(record, number), []).append(formed(record).response)
    for looks in jobs.values():
        yield from pairwise(sorted(looks, key=_modified_us) if len(looks) > 1 else looks)


def _modified_us(look: Mapping[str, Any]) -> int:
    return instant_us(look["LastModifiedTime"])


def _key(record: Mapping[str, Any], number: int) -> tuple[Any, ...]:
    whole = formed(record).response
    try:
        return whole["TrainingJobName"], instant_us(whole["CreationTime"]), bool(instant_us(whole["LastModifiedTime"]))
    except (KeyError, TypeError, ValueError):
        # `recording.read` refuses it later if it is not a record.
        return (number,)


def _one(given: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    looks = sorted((formed(record).response for record in given), key=_modified_us)
    last = {**looks[-1], FILLED: formed(given[-1]).filled}
    last["SecondaryStatusTransitions"] = [_with_messages(entry, looks) for entry in last["SecondaryStatusTransitions"]]
    stopping = [look["LastModifiedTime"] for look in looks if look.get("TrainingJobStatus") == "Stopping"]
    return {**last, CALLED: stopping[0]} if stopping else last


def _with_messages(entry: Mapping[str, Any], looks: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return an entry with all messages that records show while it was the last entry."""
    begin_us = instant_us(entry["StartTime"])
    found: list[dict[str, Any]] = []
    for look in looks:
        seen = look["SecondaryStatusTransitions"][-1]
        is_this = (seen["Status"], instant_us(seen["StartTime"])) == (entry["Status"], begin_us)
        text = seen.get("StatusMessage")
        if is_this and text and text not in [one["StatusMessage"] for one in found]:
            at_us = max(begin_us, instant_us(look["LastModifiedTime"]))
            found.append({"At": entry["StartTime"] if at_us == begin_us else look["LastModifiedTime"], "StatusMessage": text})
    if not found or entry["Status"] in status.ENDINGS or found[-1]["StatusMessage"] != entry.get("StatusMessage"):
        return entry
    if instant_us(found[0]["At"]) > begin_us:
        first = _FIRST.get(found[0]["StatusMessage"])
        if first is None:
            found[0]["At"] = entry["StartTime"]
        else:
            found.insert(0, {"At": entry["StartTime"], "StatusMessage": first})
    return {**entry, MESSAGES: found}
