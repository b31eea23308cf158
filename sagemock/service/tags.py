"""AddTags, ListTags and DeleteTags, for jobs of every kind."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import of_arn
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.protocol.refusal import INVALID, LIMIT, Refusal

__all__ = ["add", "delete", "page", "pairs"]

TAGS_MAX: Final = 50
"""How many tags a resource can have (service model, TagList)."""
_DEFAULT_PAGE: Final = Assumption(
    "that a page of tags has 50 tags if the request has no MaxResults (service model: at least 50)", knob="MaxResults"
)
PAGE: Final = _DEFAULT_PAGE(50)
"""The default of MaxResults."""
_WORDS: Final = Assumption("the words in which more than 50 tags, and an invalid NextToken, are refused", knob=YOUR_WORDS)
_NO_ERROR: Final = Assumption("that deleting a tag that does not exist is not an error")


def pairs(tags: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return tags as pairs. If two have the same key, the later one counts (AddTags: "Adds or overwrites")."""
    return tuple({tag["Key"]: tag["Value"] for tag in tags}.items())


def find(store: Store, place: Place, arn: str) -> AnyJob:
    """Return the job with exactly this ARN, or refuse (boto/boto3#4606)."""
    named = of_arn(arn)
    job = None if named is None else store.kind_at(place, named[0]).by_name.get(named[1])
    if job is None or job.arn != arn:
        raise Refusal(INVALID, "Resource does not exist.")
    return job


def add(store: Store, place: Place, request: Mapping[str, Any]) -> dict[str, Any]:
    """Add or overwrite tags, and return all tags of the job."""
    job = find(store, place, request["ResourceArn"])
    tags = tuple({**dict(job.tags), **dict(pairs(request["Tags"]))}.items())
    if len(tags) > TAGS_MAX:
        raise Refusal(LIMIT, _WORDS(f"The number of tags of {job.arn} exceeds the limit of {TAGS_MAX}."))
    store.put(job.tagged(tags))
    return {"Tags": _shown(tags)}


def delete(store: Store, place: Place, request: Mapping[str, Any]) -> dict[str, Any]:
    """Delete the tags with these keys. A key that does not exist is not an error."""
    job = find(store, place, request["ResourceArn"])
    left = _NO_ERROR(tuple((key, value) for key, value in job.tags if key not in request["TagKeys"]))
    store.put(job.tagged(left))
    return {}


def page(store: Store, place: Place, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tags, a page at a time."""
    tags = find(store, place, request["ResourceArn"]).tags
    start = _start(request["NextToken"]) if request.get("NextToken") else 0
    end = start + request.get("MaxResults", PAGE)
    response: dict[str, Any] = {"Tags": _shown(tags[start:end])}
    if end < len(tags):
        response["NextToken"] = base64.urlsafe_b64encode(f"tags:{end}".encode()).decode()
    return response


def _start(token: str) -> int:
    try:
        kind, _, start = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except ValueError:
        kind = start = ""
    if kind != "tags" or not start.isdecimal():
        raise Refusal(INVALID, _WORDS("Invalid NextToken."))
    return int(start)


def _shown(tags: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags]
