"""Records of processing and transform jobs: their kind, their content, and the plan that plays them again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from sagemock.clock.instants import instant, instant_us
from sagemock.jobs.batch.fields import BatchFields
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.batch.record import CALLED
from sagemock.jobs.place import Place
from sagemock.jobs.timeline import OVER
from sagemock.service import processing, transform
from sagemock.service.batch import BatchKind

__all__ = ["Recorded", "instants", "is_batch", "kind_of", "latest", "recorded", "response_of"]

_KINDS: Final = (processing.KIND, transform.KIND)
_LARGEST_S: Final = 253_402_300_799
"""The last second of the year 9999: a larger number is in milliseconds, as in an event."""
_NO_DICE: Final = Random(0)  # noqa: S311  # a record leaves nothing to chance


class Recorded(NamedTuple):
    """A record, and the job that plays it again."""

    of: BatchKind
    response: Mapping[str, Any]
    job: BatchJob
    """The job that plays the record."""
    until_us: int
    """The last instant in the record, in microseconds since the epoch."""
    remarks: tuple[str, ...]
    """A sentence for each fact that is missing in the record."""

    @property
    def plan(self) -> BatchFields:
        """The plan that plays the record."""
        return self.job.plan


def kind_of(record: Mapping[str, Any]) -> BatchKind | None:
    """Return the kind of the recorded job; None if it is not a processing or transform job."""
    members = _members(record)
    return next((of for of in _KINDS if of.kind.status_member in members or of.kind.name_member in members), None)


def is_batch(record: Mapping[str, Any]) -> bool:
    """Return whether a record is of a processing or transform job."""
    return kind_of(record) is not None


def response_of(record: Mapping[str, Any], of: BatchKind) -> dict[str, Any]:
    """Return a record, such as the detail of an event, as a description: nulls are absent, and milliseconds are instants."""
    members = {name: value for name, value in _members(record).items() if value is not None}
    return members | {name: instant(members[name] * 1000) for name in instants(of) if _is_in_ms(members.get(name))}


def recorded(record: Mapping[str, Any], of: BatchKind) -> Recorded:
    """Return a record with the job that plays it. Raises PlanError if it is not a record of such a job."""
    response = response_of(record, of)
    plan = type(of.success).replays(response)  # type: ignore[attr-defined]  # each kind of plan has it
    name = str(response.get(of.kind.name_member, "a job without a name"))
    created_us = instant_us(response["CreationTime"])
    script = of.concrete(plan, response, _NO_DICE)
    job = of.job(name, Place("aws", "us-east-1", "123456789012"), response, plan, script, created_us, 1)
    status = response[of.kind.status_member]
    known_us = max(instant_us(response[one]) for one in instants(of) if one in response)
    # A describe of a transform job has no LastModifiedTime, so the instant of its last status is not in the record.
    begins_us = next(created_us + change.at_us for change in job.timeline.changes if change.primary == status)
    return Recorded(of, response, job, max(known_us, begins_us), tuple(_remarks(of, response)))


def latest(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the last record of each processing and transform job, and every record of other jobs.

    The last describe of such a job has all that earlier ones have, except the instant of its stop, which is added to it.
    """
    found: dict[object, list[Mapping[str, Any]]] = {}
    for number, record in enumerate(records):
        of = kind_of(record)
        members = _members(record)
        known = of is not None and "CreationTime" in members and of.kind.name_member in members
        key = (of.kind.name, members[of.kind.name_member], str(members["CreationTime"])) if of and known else number
        found.setdefault(key, []).append(record)
    return [_one(looks) for looks in found.values()]


def _one(looks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    *earlier, last = looks
    of = kind_of(last)
    if of is None or last.get(of.kind.status_member) != "Stopped":
        return last
    stopping = [one for one in earlier if one.get(of.kind.status_member) == "Stopping" and "LastModifiedTime" in one]
    return {**last, CALLED: stopping[0]["LastModifiedTime"]} if stopping else last


def instants(of: BatchKind) -> tuple[str, ...]:
    """Return the names of the members that are instants, in the order of a job's life."""
    prefix = of.kind.shape.removesuffix("Job")
    return "CreationTime", f"{prefix}StartTime", f"{prefix}EndTime", "LastModifiedTime"


def _remarks(of: BatchKind, response: Mapping[str, Any]) -> Iterator[str]:
    status = response[of.kind.status_member]
    if (status == "Stopped" and CALLED not in response) or (status == "Stopping" and "LastModifiedTime" not in response):
        where = "its end" if instants(of)[2] in response else "its start or creation"
        side = "before" if where == "its end" else "after"
        yield f"It does not say when Stop{of.kind.shape} was called: sagemock assumes 10 s {side} {where}."
    if status not in OVER:
        yield "The record ends before the job did: later phases have the default duration."


def _members(record: Mapping[str, Any]) -> Mapping[str, Any]:
    detail = record.get("detail")
    return detail if isinstance(detail, Mapping) else record


def _is_in_ms(value: object) -> bool:
    return isinstance(value, int) and _LARGEST_S < value < _LARGEST_S * 1000
