"""Lists of jobs: sort, cut a page, then filter it, as the service does."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from sagemock.evidence import Assumption
from sagemock.jobs.batch import job as batch
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TUNING, Kind
from sagemock.jobs.store import Key, Order, Region
from sagemock.protocol.decode import parse
from sagemock.protocol.refusal import Refusal
from sagemock.service.describe import summary
from sagemock.training.job import Job
from sagemock.training.snapshot import Snapshot, snapshot
from sagemock.training.warm_pool import Pool, pool
from sagemock.tuning import job as tuning

__all__ = ["after", "batch_jobs", "digest", "token", "training_jobs", "tuning_jobs"]

_J = TypeVar("_J", bound=AnyJob)
_B = TypeVar("_B", bound=batch.BatchJob)

_OF_ITS_QUERY: Final = Assumption(
    "that a NextToken is only valid with the order and the filters of its own list, and the words in which another is refused"
)
_BY_KEY: Final = Assumption(
    "that a page begins after the last job of the page before: by CreationTime, changes in between never lose or repeat a job; "
    "by Name, a new job before that place is missed; by Status, a job that moves across that place is missed, or shown twice",
    since="2026-11-26",
)
PAGE: Final = 10
"""The default of MaxResults (apache/airflow#16299)."""
_KEYS: Final[dict[Order, list[type]]] = {"CreationTime": [int, int], "Name": [str], "Status": [str, int]}
"""The types in the key of a page, by the order of the list."""


def training_jobs(region: Region[Job], request: Mapping[str, Any], now_us: int) -> dict[str, Any]:
    """Return a ListTrainingJobs response.

    The filters apply to a page after it is cut (operation documentation of ListTrainingJobs; getmoto/moto#4256), so a page can
    be empty and still have a NextToken (boto/boto3#3347).
    """

    def show(job: Job) -> dict[str, Any] | None:
        at, kept = snapshot(job, now_us), pool(job, now_us)
        return summary(job, at, kept) if _meets(_Row(job, at, kept), request) else None

    return _page(region, request, now_us, "TrainingJobSummaries", show)


def batch_jobs(  # noqa: PLR0913  # the request, and what differs by kind
    region: Region[_B],
    request: Mapping[str, Any],
    now_us: int,
    kind: Kind,
    show: Callable[[_B, batch.Snapshot], dict[str, Any]],
    *,
    descends: bool,
) -> dict[str, Any]:
    """Return a response of a list of batch jobs, as `training_jobs` does; `descends` is the default of most orders."""

    def show_if_it_meets(job: _B) -> dict[str, Any] | None:
        at = batch.snapshot(job, now_us)
        return show(job, at) if _meets(_Row(job, at, None), request) else None

    return _page(region, request, now_us, f"{kind.shape}Summaries", show_if_it_meets, descends=descends)


def tuning_jobs(
    region: Region[tuning.Job],
    request: Mapping[str, Any],
    now_us: int,
    show: Callable[[tuning.Job, tuning.Snapshot], dict[str, Any]],
) -> dict[str, Any]:
    """Return a ListHyperParameterTuningJobs response, by name unless the request says otherwise (service model)."""

    def show_if_it_meets(job: tuning.Job) -> dict[str, Any] | None:
        at = tuning.snapshot(job, now_us)
        return show(job, at) if _meets(_Row(job, at, None), request) else None

    return _page(region, request, now_us, f"{TUNING.shape}Summaries", show_if_it_meets, by="Name")


def _page(  # noqa: PLR0913  # private, three callers
    region: Region[_J],
    request: Mapping[str, Any],
    now_us: int,
    member: str,
    show: Callable[[_J], dict[str, Any] | None],
    *,
    by: Order = "CreationTime",
    descends: bool = False,
) -> dict[str, Any]:
    order: Order = request.get("SortBy", by)
    # The documentation says Ascending; recorded listings begin with the newest job.
    otherwise = "Descending" if descends or order == "CreationTime" else "Ascending"
    descending = request.get("SortOrder", otherwise) == "Descending"
    limit = request.get("MaxResults", PAGE)
    query = [order, descending, digest(request)]

    def fits(key: list[Any]) -> bool:
        return [type(part) for part in key] == _KEYS[order]

    key = after(request["NextToken"], query, fits) if request.get("NextToken") else None
    found = region.page(order, descending=descending, after=_BY_KEY(key), limit=limit + 1, now_us=now_us)
    shown = (show(job) for _, job in found[:limit])
    response: dict[str, Any] = {member: [one for one in shown if one is not None]}
    if len(found) > limit:
        response["NextToken"] = token(found[limit - 1][0], query)
    return response


def digest(request: Mapping[str, Any]) -> str:
    """Return a hash of the filters of a request; MaxResults does not count, so pages of one list may have different lengths."""
    filters = {name: value for name, value in request.items() if name not in ("NextToken", "MaxResults", "SortBy", "SortOrder")}
    return sha256(json.dumps(filters, sort_keys=True).encode()).hexdigest()[:16]


def token(key: Key, query: Sequence[Any]) -> str:
    """Return the NextToken of a page of `query` whose last job has the key `key`."""
    return base64.urlsafe_b64encode(json.dumps([*query, *key]).encode()).decode()


def after(token: str, query: Sequence[Any], fits: Callable[[list[Any]], bool]) -> Key:
    """Return the key after which the page of a NextToken begins. Raises Refusal if it is of another query, or does not fit."""
    try:
        read = parse(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, Refusal):
        read = None
    made_for, key = (read[:3], read[3:]) if isinstance(read, list) else ([], [])
    if _OF_ITS_QUERY(made_for != query) or not fits(key):
        raise Refusal("ValidationException", _OF_ITS_QUERY("Invalid NextToken."))
    return tuple(key)


class _Row(NamedTuple):
    """A job, with its state and its warm pool at the instant of the call."""

    job: AnyJob
    at: Snapshot | batch.Snapshot | tuning.Snapshot
    kept: Pool | None


def _shown_us(at_us: int) -> int:
    """Return an instant as a client sees it: in whole milliseconds."""
    return at_us // 1000 * 1000


_EDGES: Final = Assumption(
    'that CreationTimeAfter and LastModifiedTimeAfter include the instant itself (the documentation says "after", and at AWS '
    "some time passes before a job exists; here a job is created at the instant of the call), and CreationTimeBefore and "
    "LastModifiedTimeBefore exclude it"
)
_MINDS_CASE: Final = Assumption("that NameContains is case-sensitive")
# "after" compares the exact instant of the job, to the microsecond: a call takes no virtual time here, so a job that is created
# at the instant itself must not be missed.
_Filter: TypeAlias = Callable[[_Row, Mapping[str, Any]], bool]
_BY_TIME: Final[tuple[_Filter, ...]] = (
    lambda row, want: "CreationTimeAfter" not in want or row.at.created_us >= want["CreationTimeAfter"],
    lambda row, want: "CreationTimeBefore" not in want or _shown_us(row.at.created_us) < want["CreationTimeBefore"],
    lambda row, want: "LastModifiedTimeAfter" not in want or row.at.modified_us >= want["LastModifiedTimeAfter"],
    lambda row, want: "LastModifiedTimeBefore" not in want or _shown_us(row.at.modified_us) < want["LastModifiedTimeBefore"],
)
_BY_NAME: Final[_Filter] = lambda row, want: want.get("NameContains", "") in row.job.name  # noqa: E731  # one of a table
_FILTERS: Final[tuple[_Filter, ...]] = (
    *_EDGES(_BY_TIME),
    _MINDS_CASE(_BY_NAME),
    lambda row, want: want.get("StatusEquals", row.at.primary) == row.at.primary,
    lambda row, want: want.get("TrainingPlanArnEquals", plan_arn := _plan_arn(row.job)) == plan_arn,
    lambda row, want: want.get("WarmPoolStatusEquals", status := row.kept and row.kept.status) == status,
)


def _meets(row: _Row, request: Mapping[str, Any]) -> bool:
    return all(test(row, request) for test in _FILTERS)


def _plan_arn(job: AnyJob) -> str | None:
    found: str | None = job.request.get("ResourceConfig", {}).get("TrainingPlanArn")
    return found
