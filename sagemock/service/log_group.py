"""The log groups of jobs: which requests are about one, whether it exists, and the operations on a whole group."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NoReturn

from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.jobs.kinds import KINDS, Kind
from sagemock.jobs.logbook import Logbook
from sagemock.jobs.place import Place
from sagemock.protocol.answer import dump
from sagemock.protocol.decode import decode, parse
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import Refusal
from sagemock.service.log_pages import INVALID, invalid_token
from sagemock.service.service import Service

__all__ = ["GROUPS", "arn", "create", "delete", "describe", "first_named", "is_about", "logbook", "missing", "named", "refuse"]

GROUPS: Final = {kind.log_group: kind for kind in KINDS if kind.log_group is not None}
"""The log groups of jobs, each with the kind of job that writes there."""
_WORDS: Final = Assumption("the words in which DescribeLogGroups refuses a prefix beside a pattern", knob=YOUR_WORDS)
_NOTHING_STORED: Final = Assumption("that storedBytes of a log group is 0: the service counts only from time to time")
_PAGE: Final = 50
"""How many groups a page has if the request has no limit (operation documentation of DescribeLogGroups)."""
_CLASS: Final = "STANDARD"
"""The default of logGroupClass (service model)."""


def is_about(api: Api, operation: str, body: bytes | str) -> bool:
    """Return whether a request is about a log group of jobs: it names one in any way, or lists groups that may include one.

    Raises Refusal if the request cannot be read: such a request is refused for every group.
    """
    request = parse(body)
    if isinstance(request, dict) and operation != "DescribeLogGroups":
        named = list(_named(request))
        if all(isinstance(name, str) for name in named):
            return any(_name(name) in GROUPS for name in named)
    asked = decode(api.input(operation), request)
    return operation == "DescribeLogGroups" and any(_can_list(asked, group, _CLASS) for group in GROUPS)


def _named(request: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the groups that a request names, as the request has them."""
    for key in ("logGroupName", "logGroupIdentifier"):
        if request.get(key) is not None:
            yield request[key]
    for key in ("logGroupNames", "logGroupIdentifiers"):
        several = request.get(key)
        yield from several if isinstance(several, list) else ()


def first_named(request: Mapping[str, Any]) -> str:
    """Return the first log group of jobs that a request names."""
    return next(name for one in _named(request) if (name := _name(one)) in GROUPS)


def _name(identifier: str) -> str:
    """Return the name of a log group from its name or ARN."""
    if not identifier.startswith("arn:"):
        return identifier
    return identifier.partition(":log-group:")[2].removesuffix(":*")


def _can_list(request: Mapping[str, Any], name: str, kind: str) -> bool:
    """Return whether a DescribeLogGroups request asks for a group of this name and class."""
    named = request.get("logGroupIdentifiers")
    return (
        name.startswith(request.get("logGroupNamePrefix", ""))
        # "a case-sensitive substring search" (operation documentation)
        and request.get("logGroupNamePattern", "") in name
        and request.get("logGroupClass", kind) == kind
        and (not named or any(_name(one) == name for one in named))
    )


def arn(place: Place, kind: Kind) -> str:
    """Return the ARN of the log group of a kind of job."""
    return f"arn:{place.partition}:logs:{place.region}:{place.account}:log-group:{kind.log_group}"


def named(place: Place, request: Mapping[str, Any]) -> Kind:
    """Return the kind whose group a request names, by name or ARN, or refuse."""
    identifier = str(request.get("logGroupName") or request.get("logGroupIdentifier", ""))
    for name, kind in GROUPS.items():
        if identifier.removesuffix(":*") in (name, arn(place, kind)):
            return kind
    return missing()


def logbook(service: Service, place: Place, request: Mapping[str, Any], now_us: int) -> Logbook:
    """Return the logbook of the group that a request names, or refuse if the group does not exist."""
    found = service.store.kind_at(place, named(place, request)).logbook
    if found.created_us(now_us) is None:
        missing()
    return found


def missing() -> NoReturn:
    """Refuse a request about a group that does not exist."""
    # grycap/scar#72
    refuse("The specified log group does not exist.", "ResourceNotFoundException")


def refuse(text: str, code: str = INVALID) -> NoReturn:
    """Refuse with this text."""
    raise Refusal(code, text)


# -- the operations


def create(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Create the group. Its tags, key and class in the request are ignored."""
    found = service.store.kind_at(place, named(place, request)).logbook
    if found.created_us(now_us) is not None:
        # aws-robotics/cloudwatchlogs-ros1#1
        refuse("The specified log group already exists", "ResourceAlreadyExistsException")
    found.create(now_us)
    return ""


def delete(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Delete the group and every line in it."""
    logbook(service, place, request, now_us).erase(now_us)
    return ""


def describe(
    service: Service,
    _: Api,
    place: Place,
    request: Mapping[str, Any],
    now_us: int,
    others: Iterable[Mapping[str, Any]] = (),
) -> str:
    """List the groups of jobs and the `others` (those of moto) by their names, with a token only if more groups follow."""
    if "logGroupNamePrefix" in request and "logGroupNamePattern" in request:
        # Operation documentation: "mutually exclusive".
        refuse(_WORDS("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."))
    groups = {group["logGroupName"]: group for group in others if group["logGroupName"] not in GROUPS}
    for name, kind in GROUPS.items():
        created_us = service.store.kind_at(place, kind).logbook.created_us(now_us)
        if created_us is not None:
            groups[name] = _described(place, kind, created_us)
    after = _after(request["nextToken"]) if "nextToken" in request else ""
    listed = [groups[name] for name in sorted(groups) if name > after]
    listed = [group for group in listed if _can_list(request, group["logGroupName"], group.get("logGroupClass", _CLASS))]
    limit = request.get("limit", _PAGE)
    response: dict[str, Any] = {"logGroups": listed[:limit]}
    if len(listed) > limit:
        key = dump(["groups", listed[limit - 1]["logGroupName"]])
        response["nextToken"] = base64.urlsafe_b64encode(key.encode()).decode()
    return dump(response)


def _described(place: Place, kind: Kind, created_us: int) -> dict[str, Any]:
    return {
        "logGroupName": kind.log_group,
        "creationTime": created_us // 1000,
        "metricFilterCount": 0,
        "arn": f"{arn(place, kind)}:*",
        "storedBytes": _NOTHING_STORED(0),
        "logGroupClass": _CLASS,
        "logGroupArn": arn(place, kind),
    }


def _after(token: str) -> str:
    try:
        kind, name = parse(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, Refusal):
        invalid_token()
    if kind != "groups" or not isinstance(name, str):
        invalid_token()
    return name
