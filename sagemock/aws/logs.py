"""CloudWatch Logs, as far as it shows what training jobs write: one log group, and the operations that read it.

A page is cut at a position, not at a number of lines: a line that is written late, with an earlier instant, moves no page, and
who follows a stream does not see it (assumed of the service). The grammar of refusals of single values is SageMaker's
(elastic/integrations#10564); other texts have their source beside them. That a group or a stream does not exist is said in words
that moto's tests have too.
"""

import base64
import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from sagemock.aws import filters
from sagemock.aws.decode import parse
from sagemock.aws.model import Api
from sagemock.aws.refusal import Refusal
from sagemock.aws.wire import dump
from sagemock.errors import NotSimulated
from sagemock.jobs.job import Place
from sagemock.jobs.logs import Line, Stream

if TYPE_CHECKING:
    from sagemock.aws.operations import Operation, Service

__all__ = ["GROUP", "INVALID", "OPERATIONS", "concerns", "simulated"]

GROUP: Final = "/aws/sagemaker/TrainingJobs"
INVALID: Final = "InvalidParameterException"
_STREAMS: Final = 50
"""How many streams a page has when the request has no limit (operation documentation of DescribeLogStreams)."""
_EVENTS: Final = 10_000
_BYTES: Final = 1_048_576
"""What a page of events holds at the most (operation documentation of GetLogEvents): so many of them, or 1 MB."""
_OVERHEAD: Final = 26
"""What an event counts for beyond its text (operation documentation of PutLogEvents)."""
_BACKWARD_SINCE_MS: Final = 1_704_067_200_000
"""2024-01-01: FilterLogEvents reads backwards only from then on (its operation documentation, startFromHead)."""


def concerns(operation: str, body: bytes | str) -> bool:
    """Return whether a request is for sagemock: it names the log group of training jobs, whichever way it does.

    So is a simulated operation of which nobody can read the group, for that is refused whatever the group.
    """
    try:
        request = parse(body)
    except Refusal:
        return operation in OPERATIONS
    if not isinstance(request, dict):
        return operation in OPERATIONS
    named = [request.get(key) for key in ("logGroupName", "logGroupIdentifier")]
    if any(not isinstance(name, str | None) for name in named):
        return operation in OPERATIONS
    for key in ("logGroupNames", "logGroupIdentifiers"):
        several = request.get(key)
        named += several if isinstance(several, list) else []
    return any(_group(name) == GROUP for name in named if isinstance(name, str))


def simulated(operation: str) -> "Operation":
    """Return an operation on the log group. Raises NotSimulated if sagemock does not have it."""
    if operation not in OPERATIONS:
        msg = (
            f"sagemock does not simulate {operation} of CloudWatch Logs on {GROUP}. It simulates {', '.join(sorted(OPERATIONS))} "
            "there: read the lines by one of these, or leave that call out of this test"
        )
        raise NotSimulated(msg)
    return OPERATIONS[operation]


# -- the operations


def describe_log_streams(service: "Service", _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List the streams of the group: a token is given only if more follow."""
    prefix = request.get("logStreamNamePrefix", "")
    by_time = request.get("orderBy") == "LastEventTime"
    if by_time and prefix:
        # turbot/steampipe-plugin-aws#1949
        _refuse("Cannot order by LastEventTime with a logStreamNamePrefix.")
    descending = request.get("descending", False)
    found = _found(service, place, request, now_us, prefix)
    keys = {(stream.lines[-1].at_us // 1000 if by_time else 0, stream.name): stream for stream in found}
    ordered = sorted(keys, reverse=descending)
    if "nextToken" in request:
        after = _after(request["nextToken"], by_time=by_time, descending=descending)
        ordered = [key for key in ordered if (key < after if descending else key > after)]
    limit = request.get("limit", _STREAMS)
    response: dict[str, Any] = {"logStreams": [_described(keys[key], place) for key in ordered[:limit]]}
    if len(ordered) > limit:
        token = json.dumps([by_time, descending, *ordered[limit - 1]])
        response["nextToken"] = base64.urlsafe_b64encode(token.encode()).decode()
    return dump(response)


def get_log_events(service: "Service", _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Read one stream, forwards or backwards; both tokens are always given, and at an end it is the token that was sent."""
    name = request.get("logStreamName", "")
    stream = next((one for one in _found(service, place, request, now_us, name) if one.name == name), None)
    if stream is None:
        _refuse("The specified log stream does not exist.", "ResourceNotFoundException")
    end_ms = request.get("endTime")
    # "Events with a timestamp equal to or later than this time are not included."
    events = _events([stream], request.get("startTime", 0), None if end_ms is None else end_ms - 1)
    forward = request.get("startFromHead", False)
    at = 0 if forward else _id(stream.lines[-1], stream) + 1
    if "nextToken" in request:
        forward, at = _position(request["nextToken"])
    page = _page(events, at, forward=forward, limit=request.get("limit", _EVENTS))
    return dump(
        {
            "events": [
                {"timestamp": one.at_ms, "message": one.line.text, "ingestionTime": one.line.ingested_us // 1000}
                for one in page.events
            ],
            "nextForwardToken": _token("f", page.end),
            "nextBackwardToken": _token("b", page.begin),
        }
    )


def filter_log_events(service: "Service", _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Read several streams in the order of their lines; a token is given only if more follow."""
    prefix, names = request.get("logStreamNamePrefix"), request.get("logStreamNames")
    if prefix is not None and names is not None:
        # Operation documentation: "If you specify a value for both …, the action returns an InvalidParameterException". The words
        # are assumed.
        _refuse("logStreamNames and logStreamNamePrefix cannot both be specified.")
    forward = request.get("startFromHead", True)
    start_ms = request.get("startTime", 0)
    if not forward and start_ms < _BACKWARD_SINCE_MS and "startTime" in request:
        # The words are assumed.
        _refuse("startFromHead can only be false when startTime is on or after 2024-01-01T00:00:00Z.")
    test = filters.matches(request.get("filterPattern", ""))
    streams = _found(service, place, request, now_us, prefix or "")
    if names is not None:
        streams = [stream for stream in streams if stream.name in names]
        if {stream.name for stream in streams} != set(names):
            # That one unknown name is refused is assumed.
            _refuse("The specified log stream does not exist.", "ResourceNotFoundException")
    # "Events with a timestamp later than this time are not returned": unlike in GetLogEvents.
    events = [one for one in _events(streams, start_ms, request.get("endTime")) if test(one.line.text)]
    at = events[-1].id + 1 if events and not forward else 0
    if "nextToken" in request:
        forward, at = _position(request["nextToken"])
    page = _page(events, at, forward=forward, limit=request.get("limit", _EVENTS))
    shown = page.events if forward else reversed(page.events)
    response: dict[str, Any] = {"events": [_filtered(one) for one in shown], "searchedLogStreams": []}
    if page.more:
        response["nextToken"] = _token("f", page.end) if forward else _token("b", page.begin)
    return dump(response)


OPERATIONS: Final[dict[str, "Operation"]] = {
    "DescribeLogStreams": describe_log_streams,
    "FilterLogEvents": filter_log_events,
    "GetLogEvents": get_log_events,
}


# -- the group and its streams


def _group(identifier: str) -> str:
    """Return the name of a log group, given by name or ARN."""
    if not identifier.startswith("arn:"):
        return identifier
    return identifier.partition(":log-group:")[2].removesuffix(":*")


def _found(service: "Service", place: Place, request: Mapping[str, Any], now_us: int, prefix: str) -> list[Stream]:
    """Return the streams whose names begin so; refuse if there is no group, because no container ever wrote."""
    if "logGroupName" in request and "logGroupIdentifier" in request:
        # Operation documentation: "you can't include both". The words are assumed.
        _refuse("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    logbook = service.store.region(place).logbook
    job, slash, _ = prefix.partition("/")
    here = request.get("logGroupIdentifier", GROUP) in (GROUP, _arn(place))
    found = [one for one in logbook.streams(now_us, job if slash else None) if one.name.startswith(prefix)] if here else []
    if not found and not (here and any(True for _ in logbook.streams(now_us))):
        _refuse("The specified log group does not exist.", "ResourceNotFoundException")
    return found


def _arn(place: Place) -> str:
    return f"arn:{place.partition}:logs:{place.region}:{place.account}:log-group:{GROUP}"


def _described(stream: Stream, place: Place) -> dict[str, Any]:
    first, last = stream.lines[0], stream.lines[-1]
    return {
        "logStreamName": stream.name,
        "creationTime": first.at_us // 1000,
        "firstEventTimestamp": first.at_us // 1000,
        "lastEventTimestamp": last.at_us // 1000,
        "lastIngestionTime": max(line.ingested_us for line in stream.lines) // 1000,
        "uploadSequenceToken": f"{stream.job.number:028}{len(stream.lines):028}",
        "arn": f"{_arn(place)}:log-stream:{stream.name}",
        # "As of June 17, 2019, this parameter is no longer supported … always reported as zero" (service model, LogStream)
        "storedBytes": 0,
    }


def _after(token: str, *, by_time: bool, descending: bool) -> tuple[int, str]:
    try:
        made_for_time, made_descending, at_ms, name = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError):
        _invalid_token()
    if [made_for_time, made_descending] != [by_time, descending] or (type(at_ms), type(name)) != (int, str):
        _invalid_token()
    return at_ms, name


# -- events


class _Event(NamedTuple):
    id: int
    """Its position among all events of the group; it never changes."""
    at_ms: int
    line: Line
    stream: Stream


class _Page(NamedTuple):
    events: Sequence[_Event]
    begin: int
    """The position of the first event of the page: what comes before it is further back."""
    end: int
    """The position right after the last one."""
    more: bool


def _events(streams: Iterable[Stream], start_ms: int, last_ms: int | None) -> list[_Event]:
    """Return the events of streams whose timestamps are in this range, both ends included, in the order of their positions."""
    found = []
    for stream in streams:
        for line in stream.lines:
            at_ms = line.at_us // 1000
            if at_ms >= start_ms and (last_ms is None or at_ms <= last_ms):
                found.append(_Event(_id(line, stream), at_ms, line, stream))
    return sorted(found, key=_by_id)


def _id(line: Line, stream: Stream) -> int:
    return ((line.at_us * 10**12 + line.order) * 10**9 + stream.job.number) * 10**4 + stream.instance


def _by_id(event: _Event) -> int:
    return event.id


def _page(events: Sequence[_Event], at: int, *, forward: bool, limit: int) -> _Page:
    """Cut a page at a position: what comes from there on, or the last before it."""
    middle = bisect_left(events, at, key=_by_id)
    ahead = events[middle:] if forward else events[:middle][::-1]
    count = _fitting(islice(ahead, limit))
    page = ahead[:count] if forward else ahead[:count][::-1]
    if page:
        return _Page(page, page[0].id, page[-1].id + 1, more=count < len(ahead))
    return _Page(page, at, at, more=False)


def _fitting(events: Iterable[_Event]) -> int:
    """Return how many events fit into a page, at least one."""
    count = size = 0
    for event in events:
        size += len(event.line.text.encode()) + _OVERHEAD
        if count and size > _BYTES:
            break
        count += 1
    return count


def _filtered(event: _Event) -> dict[str, Any]:
    return {
        "logStreamName": event.stream.name,
        "timestamp": event.at_ms,
        "message": event.line.text,
        "ingestionTime": event.line.ingested_us // 1000,
        "eventId": f"{event.id:0{_DIGITS}}",
    }


_DIGITS: Final = 56
"""How long an event id is: those of the service have 56 digits."""


def _token(direction: str, position: int) -> str:
    """Return a token in the form of the service's own."""
    return f"{direction}/{position:0{_DIGITS}}/s"


def _position(token: str) -> tuple[bool, int]:
    """Return whether a token leads forward, and from which position."""
    direction, _, rest = token.partition("/")
    digits = rest.removesuffix("/s")
    if direction not in ("f", "b") or len(digits) != _DIGITS or not (digits.isascii() and digits.isdecimal()):
        _invalid_token()
    return direction == "f", int(digits)


def _invalid_token() -> NoReturn:
    # boto/boto3#1467
    _refuse("The specified nextToken is invalid.")


def _refuse(text: str, code: str = INVALID) -> NoReturn:
    raise Refusal(code, text)
