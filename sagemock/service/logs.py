"""CloudWatch Logs for jobs: the operations on their log groups.

Refusals of single values have the same form as SageMaker's (elastic/integrations#10564); the other texts have their source beside
them. The text for a stream that does not exist is also in moto's tests.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from sagemock.errors import NotSimulated
from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.jobs.logbook import Logbook
from sagemock.jobs.place import Place
from sagemock.jobs.streams import Stream
from sagemock.protocol.answer import dump
from sagemock.protocol.decode import parse
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import Refusal
from sagemock.service import log_filters, log_group
from sagemock.service.log_group import refuse
from sagemock.service.log_pages import (
    END,
    INVALID,
    PER_US,
    Event,
    Range,
    after,
    digits,
    events,
    invalid_token,
    newest_us,
    page,
    position,
    token,
    with_empty_pages,
)
from sagemock.service.service import Operation, Service

__all__ = ["INVALID", "OPERATIONS", "WRITES", "concerns", "simulated"]

_WORDS: Final = Assumption(
    "the words in which CloudWatch Logs refuses two names of a group, a prefix beside names of streams, "
    "and reading backward before 2024",
    knob=YOUR_WORDS,
)
_ONE_IS_ENOUGH: Final = Assumption("that FilterLogEvents is refused if one of several streams does not exist")
_STREAMS: Final = 50
"""How many streams a page has if the request has no limit (operation documentation of DescribeLogStreams)."""
_EVENTS: Final = 10_000
"""How many events a page has at most (operation documentation of GetLogEvents)."""
_BACKWARD_SINCE_MS: Final = 1_704_067_200_000
"""2024-01-01: FilterLogEvents reads backward only lines since then (its operation documentation, startFromHead)."""


def concerns(api: Api, operation: str, body: bytes | str) -> bool:
    """Return whether sagemock answers a request: it is about the log group of a kind of job, or it cannot be read."""
    try:
        return log_group.is_about(api, operation, body)
    except Refusal:
        return operation in OPERATIONS


def simulated(operation: str, request: Mapping[str, Any]) -> Operation:
    """Return an operation on a log group of jobs. Raises NotSimulated, which names the group, if sagemock does not have it."""
    if operation not in OPERATIONS:
        raise NotSimulated(
            f"sagemock does not simulate {operation} of CloudWatch Logs on {log_group.first_named(request)}. It simulates "
            f"{', '.join(sorted(OPERATIONS))} there: read the lines by one of these, or leave that call out of this test"
        )
    return OPERATIONS[operation]


# -- the operations


def describe_log_streams(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List the streams of the group, with a token only if more streams follow."""
    prefix = request.get("logStreamNamePrefix", "")
    by_time = request.get("orderBy") == "LastEventTime"
    if by_time and prefix:
        # turbot/steampipe-plugin-aws#1949
        refuse("Cannot order by LastEventTime with a logStreamNamePrefix.")
    descending = request.get("descending", False)
    found = _streams(_group(service, place, request, now_us), now_us, prefix)
    keys = {(stream.last.at_us // 1000 if by_time else 0, stream.name): stream for stream in found}
    ordered = sorted(keys, reverse=descending)
    if "nextToken" in request:
        last = _last(request["nextToken"], by_time=by_time, descending=descending)
        ordered = [key for key in ordered if (key < last if descending else key > last)]
    limit = request.get("limit", _STREAMS)
    response: dict[str, Any] = {"logStreams": [_described(keys[key], place) for key in ordered[:limit]]}
    if len(ordered) > limit:
        key = json.dumps([by_time, descending, *ordered[limit - 1]])
        response["nextToken"] = base64.urlsafe_b64encode(key.encode()).decode()
    return dump(response)


def get_log_events(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Read one stream, forward or backward. Both tokens are always there; at an end, one is the token of the request."""
    stream = _stream(_group(service, place, request, now_us), now_us, request.get("logStreamName", ""))
    forward = request.get("startFromHead", False)
    at = 0 if forward else after(stream.last, stream)
    empty = 0
    end_ms = request.get("endTime")
    # "Events with a timestamp equal to or later than this time are not included."
    within = Range(request.get("startTime", 0), None if end_ms is None else end_ms - 1)
    from_us = None if forward else newest_us(within, now_us)
    if "nextToken" in request:
        forward, at, empty = position(request["nextToken"])
        from_us = at // PER_US
    found = page(events([stream], within, at, forward=forward), at, forward=forward, limit=request.get("limit", _EVENTS))
    found, empty = with_empty_pages(found, [stream], at, empty, from_us)
    return dump(
        {
            "events": [
                {"timestamp": one.at_ms, "message": one.line.text, "ingestionTime": one.line.ingested_us // 1000}
                for one in (found.events if forward else reversed(found.events))
            ],
            "nextForwardToken": token("f", found.end, empty if forward else 0),
            "nextBackwardToken": token("b", found.begin, 0 if forward else empty),
        }
    )


def filter_log_events(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Read several streams in the order of their lines, with a token only if more lines follow."""
    prefix, names = request.get("logStreamNamePrefix"), request.get("logStreamNames")
    if prefix is not None and names is not None:
        # Operation documentation: "If you specify a value for both …, the action returns an InvalidParameterException".
        refuse(_WORDS("logStreamNames and logStreamNamePrefix cannot both be specified."))
    forward = request.get("startFromHead", True)
    start_ms = request.get("startTime", 0)
    if not forward and start_ms < _BACKWARD_SINCE_MS and "startTime" in request:
        refuse(_WORDS("startFromHead can only be false when startTime is on or after 2024-01-01T00:00:00Z."))
    test = log_filters.matches(request.get("filterPattern", ""))
    at = 0 if forward else END
    empty = 0
    # "Events with a timestamp later than this time are not returned": unlike in GetLogEvents.
    within = Range(start_ms, request.get("endTime"))
    # If startTime is long before the first line, the first page is empty (aws/aws-parallelcluster#7571).
    from_us = (start_ms * 1000 or None) if forward else newest_us(within, now_us)
    if "nextToken" in request:
        forward, at, empty = position(request["nextToken"])
        from_us = at // PER_US
    logbook = _group(service, place, request, now_us)
    if names is None:
        since_us = max(start_ms * 1000, at // PER_US if forward else 0)
        streams = _streams(logbook, now_us, prefix or "", since_us=since_us)
    else:
        streams = [_ONE_IS_ENOUGH(_stream(logbook, now_us, name)) for name in dict.fromkeys(names)]
    matching = (one for one in events(streams, within, at, forward=forward) if test(one.line.text))
    found = page(matching, at, forward=forward, limit=request.get("limit", _EVENTS))
    found, empty = with_empty_pages(found, streams, at, empty, from_us)
    response: dict[str, Any] = {"events": [_filtered(one) for one in found.events], "searchedLogStreams": []}
    if found.more:
        response["nextToken"] = token("f", found.end, empty) if forward else token("b", found.begin, empty)
    return dump(response)


OPERATIONS: Final[dict[str, Operation]] = {
    "CreateLogGroup": log_group.create,
    "DeleteLogGroup": log_group.delete,
    "DescribeLogGroups": log_group.describe,
    "DescribeLogStreams": describe_log_streams,
    "FilterLogEvents": filter_log_events,
    "GetLogEvents": get_log_events,
}
WRITES: Final = frozenset({"CreateLogGroup", "DeleteLogGroup"})
"""The operations that change something."""


# -- the group and its streams


def _group(service: Service, place: Place, request: Mapping[str, Any], now_us: int) -> Logbook:
    """Return the logbook of the group that a request names, or refuse."""
    if "logGroupName" in request and "logGroupIdentifier" in request:
        # Operation documentation: "you can't include both".
        refuse(_WORDS("LogGroup name and LogGroup ARN are mutually exclusive parameters."))
    return log_group.logbook(service, place, request, now_us)


def _streams(logbook: Logbook, now_us: int, prefix: str, *, since_us: int = 0) -> list[Stream]:
    """Return the streams whose names have this prefix. Those that end before `since_us` may be missing."""
    job, slash, _ = prefix.partition("/")
    streams = logbook.streams(now_us, job if slash else None, since_us=since_us)
    return [one for one in streams if one.name.startswith(prefix)]


def _stream(logbook: Logbook, now_us: int, name: str) -> Stream:
    """Return the stream with this name, or refuse."""
    found = next((one for one in _streams(logbook, now_us, name) if one.name == name), None)
    if found is None:
        refuse("The specified log stream does not exist.", "ResourceNotFoundException")
    return found


def _described(stream: Stream, place: Place) -> dict[str, Any]:
    first_ms = stream.first.at_us // 1000
    return {
        "logStreamName": stream.name,
        "creationTime": first_ms,
        "firstEventTimestamp": first_ms,
        "lastEventTimestamp": stream.last.at_us // 1000,
        "lastIngestionTime": stream.ingested_us // 1000,
        "uploadSequenceToken": f"{stream.job.number:028}{stream.length:028}",
        "arn": f"{log_group.arn(place, stream.job.kind)}:log-stream:{stream.name}",
        # "As of June 17, 2019, this parameter is no longer supported … always reported as zero" (service model, LogStream)
        "storedBytes": 0,
    }


def _last(sent: str, *, by_time: bool, descending: bool) -> tuple[int, str]:
    try:
        made_for_time, made_descending, at_ms, name = parse(base64.urlsafe_b64decode(sent.encode()))
    except (ValueError, Refusal):
        invalid_token()
    if [made_for_time, made_descending] != [by_time, descending] or (type(at_ms), type(name)) != (int, str):
        invalid_token()
    return at_ms, name


def _filtered(event: Event) -> dict[str, Any]:
    return {
        "logStreamName": event.stream.name,
        "timestamp": event.at_ms,
        "message": event.line.text,
        "ingestionTime": event.line.ingested_us // 1000,
        "eventId": digits(event.id),
    }
