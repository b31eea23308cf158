"""Search for jobs: over the same documents that their Describe operation shows, as they are at the instant of the call."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias, cast

from botocore.model import ListShape, StructureShape

from sagemock.evidence import Assumption
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING, TUNING, Kind
from sagemock.jobs.place import Place
from sagemock.jobs.store import Key, Region, Store
from sagemock.protocol.model import Api
from sagemock.service import describe, metrics, search_filters, tuning
from sagemock.service.listing import after, digest, token
from sagemock.training.job import Job
from sagemock.training.snapshot import snapshot
from sagemock.training.warm_pool import pool
from sagemock.tuning import job as tuning_job

__all__ = ["RESOURCES", "Resource", "find", "record"]

_ABSENT_LAST: Final = Assumption(
    "that jobs without the property of SortBy come last in a Search, in either order, and that jobs with the same value come in "
    "the order of their creation if it is ascending",
    since="2026-11-26",
)
_NO_TOTAL: Final = Assumption("that the answer of a Search has no TotalHits", since="2026-11-26")
_TAGS: Final = Assumption("that a job without tags has an empty list of Tags in a Search", since="2026-11-26")
_OTHERS: Final = Assumption("that other accounts share no jobs, so that a CrossAccount Search finds none", since="2026-11-26")
_PASSES: Final = Assumption(
    "that a condition in VisibilityConditions of a Search without a Key or a Value hides nothing", since="2026-11-26"
)
PAGE: Final = 10
"""The default of MaxResults (sagemaker-python-sdk, integration tests: "Search returns 10 results by default")."""
_CHUNK: Final = 100
"""How many jobs a Search by CreationTime reads at once."""
_BY_CREATION: Final[list[type]] = [int, int]
_WITH_VALUE: Final = 3
"""The length of the key of a job with the property: whether its value is text, the value, and the number of the job."""
_WITHOUT_VALUE: Final = 1
"""The length of the key of a job without the property: its number."""


class Resource(NamedTuple):
    """A resource for which sagemock answers Search."""

    kind: Kind
    show: "Show"
    """Returns the description of a job at an instant."""


Show: TypeAlias = Callable[[Api, Store, Any, int], Mapping[str, Any]]


def _training_job(api: Api, store: Store, job: Job, now_us: int) -> Mapping[str, Any]:
    final = metrics.final(api, store, job, now_us)
    return {
        **describe.constant_members(api, job),
        **describe.members_now(api, job, snapshot(job, now_us), pool(job, now_us), final),
    }


def _tuning_job(api: Api, _: Store, job: tuning_job.Job, now_us: int) -> Mapping[str, Any]:
    return tuning.document(api, job, tuning_job.snapshot(job, now_us), now_us)


RESOURCES: Final[Mapping[str, Resource]] = {
    one.kind.shape: one for one in (Resource(TRAINING, _training_job), Resource(TUNING, _tuning_job))
}
"""The resources, by the Resource of a request, which is also the field of a result that has the job."""


def find(store: Store, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> dict[str, Any]:
    """Return a Search response."""
    resource = RESOURCES[request["Resource"]]
    shape = record(api, resource.kind)
    # service model, SearchRequest: LastModifiedTime, Descending
    by, descending = request.get("SortBy", "LastModifiedTime"), request.get("SortOrder", "Descending") == "Descending"
    limit = request.get("MaxResults", PAGE)
    meets = _meets(shape, request)
    region = store.kind_at(place, resource.kind)

    def show(job: AnyJob) -> dict[str, Any]:
        return _document(shape, resource.show(api, store, job, now_us), job)

    query = [by, descending, digest(request)]
    creation = by == "CreationTime"
    sort = search_filters.sorting(shape, by)
    key = after(request["NextToken"], query, _is_creation if creation else _is_place) if request.get("NextToken") else None
    rows: Iterator[tuple[Key, dict[str, Any]]]
    if creation:
        created = ((where, show(job)) for where, job in _created(region, key, now_us, descending=descending))
        rows = (row for row in created if meets(row[1]))
    else:
        found = ((job.number, show(job)) for job in region.by_name.values())
        rows = _sorted((row for row in found if meets(row[1])), sort, key, descending=descending)
    page = list(islice(rows, limit + 1))
    response: dict[str, Any] = _NO_TOTAL({"Results": [{resource.kind.shape: shown} for _, shown in page[:limit]]})
    if len(page) > limit:
        response["NextToken"] = token(page[limit - 1][0], query)
    return response


def _document(shape: StructureShape, described: Mapping[str, Any], job: AnyJob) -> dict[str, Any]:
    """Return what Search shows of a job: the members of its description that the shape has, and its tags."""
    shown = {**described, "Tags": _TAGS([{"Key": key, "Value": value} for key, value in job.tags])}
    return {name: value for name, value in shown.items() if name in shape.members}


def record(api: Api, kind: Kind = TRAINING) -> StructureShape:
    """Return the shape of a job in a response."""
    output = cast("StructureShape", api.output("Search"))
    results = cast("ListShape", output.members["Results"])
    return cast("StructureShape", cast("StructureShape", results.member).members[kind.shape])


def _meets(record: StructureShape, request: Mapping[str, Any]) -> search_filters.Test:
    tests: list[search_filters.Test] = []
    if "SearchExpression" in request:
        tests.append(search_filters.expression(record, request["SearchExpression"]))
    tests += (_visible(record, one["Key"], one["Value"]) for one in _PASSES(_complete(request.get("VisibilityConditions", ()))))
    if request.get("CrossAccountFilterOption") == "CrossAccount":
        tests.append(_OTHERS(lambda _: False))
    return lambda shown: all(test(shown) for test in tests)


def _complete(conditions: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [one for one in conditions if "Key" in one and "Value" in one]


def _visible(record: StructureShape, key: str, value: str) -> search_filters.Test:
    """Return a test: a job with the property `key` must have this value; a job without the property passes."""
    of = search_filters.named(record, key)
    return lambda shown: all(found == value for found in of.values(shown))


def _created(region: Region[AnyJob], key: Key | None, now_us: int, *, descending: bool) -> Iterator[tuple[Key, AnyJob]]:
    """Yield the jobs after a key in the order of creation; the time for a page does not grow with the number of jobs."""
    while True:
        found = region.page("CreationTime", descending=descending, after=key, limit=_CHUNK, now_us=now_us)
        yield from found
        if len(found) < _CHUNK:
            return
        key = found[-1][0]


def _sorted(
    found: Iterable[tuple[int, dict[str, Any]]],
    sort: Callable[[Mapping[str, Any]], tuple[int, Any] | None],
    key: Key | None,
    *,
    descending: bool,
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Yield the documents after a key in the order of a property; documents without the property come last."""
    have: list[tuple[Key, dict[str, Any]]] = []
    lack: list[tuple[Key, dict[str, Any]]] = []
    for number, shown in found:
        value = sort(shown)
        if value is None:
            lack.append(((number,), shown))
        else:
            have.append(((*value, number), shown))
    for rows, size in ((have, _WITH_VALUE), _ABSENT_LAST((lack, _WITHOUT_VALUE))):
        rows.sort(key=_place, reverse=descending)
        for row in rows:
            if key is None or size < len(key) or (size == len(key) and (row[0] < key if descending else row[0] > key)):
                yield row


def _place(row: tuple[Key, Any]) -> Key:
    return row[0]


def _is_creation(key: list[Any]) -> bool:
    return [type(part) for part in key] == _BY_CREATION


def _is_place(key: list[Any]) -> bool:
    """Whether this is the key of a page sorted by a property: a job's number, perhaps with the property's value before it."""
    if not key or type(key[-1]) is not int:
        return False
    if len(key) == _WITHOUT_VALUE:
        return True
    return len(key) == _WITH_VALUE and key[0] == int(isinstance(key[1], str)) and isinstance(key[1], str | int | float)
