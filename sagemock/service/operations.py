"""The operations that sagemock simulates, by name."""

from collections.abc import Mapping
from typing import Any, Final

from sagemock.jobs.kinds import KINDS
from sagemock.jobs.place import Place
from sagemock.protocol.answer import dump
from sagemock.protocol.model import Api
from sagemock.service import processing, search, tags, training, transform, tuning
from sagemock.service.service import Operation, Service

__all__ = ["OPERATIONS", "READS"]

LIST_CHILDREN: Final = "ListTrainingJobsForHyperParameterTuningJob"


def search_jobs(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Search for jobs of one kind."""
    return dump(search.find(service.store, api, place, request, now_us))


def add_tags(service: Service, _: Api, place: Place, request: Mapping[str, Any], _now_us: int) -> str:
    """Add tags to a job, or overwrite them."""
    return dump(tags.add(service.store, place, request))


def list_tags(service: Service, _: Api, place: Place, request: Mapping[str, Any], _now_us: int) -> str:
    """List the tags of a job."""
    return dump(tags.page(service.store, place, request))


def delete_tags(service: Service, _: Api, place: Place, request: Mapping[str, Any], _now_us: int) -> str:
    """Delete some tags of a job."""
    return dump(tags.delete(service.store, place, request))


OPERATIONS: Final[dict[str, Operation]] = {
    "AddTags": add_tags,
    "CreateHyperParameterTuningJob": tuning.create,
    "CreateProcessingJob": processing.create,
    "CreateTrainingJob": training.create,
    "CreateTransformJob": transform.create,
    "DeleteHyperParameterTuningJob": tuning.delete,
    "DeleteProcessingJob": processing.delete,
    "DeleteTags": delete_tags,
    "DeleteTrainingJob": training.delete,
    "DescribeHyperParameterTuningJob": tuning.describe,
    "DescribeProcessingJob": processing.describe,
    "DescribeTrainingJob": training.describe,
    "DescribeTransformJob": transform.describe,
    "ListHyperParameterTuningJobs": tuning.list_jobs,
    "ListProcessingJobs": processing.list_jobs,
    "ListTags": list_tags,
    "ListTrainingJobs": training.list_jobs,
    LIST_CHILDREN: tuning.list_children,
    "ListTransformJobs": transform.list_jobs,
    "Search": search_jobs,
    "StopHyperParameterTuningJob": tuning.stop,
    "StopProcessingJob": processing.stop,
    "StopTrainingJob": training.stop,
    "StopTransformJob": transform.stop,
    "UpdateTrainingJob": training.update,
}
READS: Final = frozenset({"ListTags", LIST_CHILDREN, "Search", *(name for kind in KINDS for name in (kind.describe, kind.list))})
"""The operations that change nothing, such as those that a poll loop calls."""
