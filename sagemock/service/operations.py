"""The operations that sagemock simulates: each takes a valid request and an instant, and returns its response as JSON."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.interventions import Stop
from sagemock.jobs.kinds import KINDS
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.protocol.answer import dump
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import Refusal
from sagemock.service import describe, listing, metrics, processing, search, tags, transform, tuning, updates, warm_pools
from sagemock.service.quotas import Quotas
from sagemock.service.rules import table
from sagemock.service.warm_pools import Pools
from sagemock.training.job import Job
from sagemock.training.launch import Launching
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import script
from sagemock.training.progress import progress
from sagemock.training.snapshot import running_s, snapshot
from sagemock.training.warm_pool import pool

__all__ = ["INVALID", "OPERATIONS", "READS", "Service"]

INVALID: Final = "ValidationException"
IN_USE: Final = "ResourceInUse"
_SUCCESS: Final = Plan()
"""The plan of a job for which the test has planned nothing."""
_NO_DICE: Final = Random(0)  # noqa: S311  # nothing draws from it
_ENCODED_MAX: Final = 1024
"""How many encoded descriptions are cached: a job is encoded once for each change, and memory stays bounded."""


class _Encoded(NamedTuple):
    """The encoded description of a job between two instants."""

    job: Job
    from_us: int
    until_us: float
    text: str


_P = TypeVar("_P", bound=GeneralFields)


class PlanFor(Protocol):
    """A function that returns the plan of a new job."""

    def __call__(self, request: Mapping[str, Any], otherwise: _P, /) -> _P:
        """Return the plan for a request, or `otherwise` if the test has planned nothing for it."""


@dataclass
class Service:
    """SageMaker within one mock: its jobs, and how a job gets its plan."""

    store: Store
    plan_for: PlanFor
    seed: int = 0
    validate: bool = True
    """Whether `service.rules` is enforced, in addition to the constraints of single values."""
    check_data: Callable[[Place, Mapping[str, Any]], None] | None = None
    """Refuses a job whose input does not exist in S3. None: not checked."""
    check_model: Callable[[Place, str], None] | None = None
    """Refuses a model that does not exist. None: not checked."""
    quotas: Quotas = field(default_factory=Quotas)
    back_us: int = 0
    """How long before the present instant a new job is created."""
    launching: Launching | None = None
    """How a tuning job launches the training job that is being created; None if no tuning job launches it."""
    pools: Pools = field(default_factory=Pools)
    launches: Callable[[], object] = lambda: None
    """A function that is called before a tuning job is created, to start the launcher of children."""
    api: Api = field(init=False)
    """The service model of the client that created the last job. Not set before the first job."""

    def __post_init__(self) -> None:
        """Begin with an empty cache."""
        self._encoded: dict[tuple[int, Api], _Encoded] = {}

    def find(self, place: Place, name: str) -> Job:
        """Return a job, or refuse as the service does (boto/boto3#2808: ValidationException, not ResourceNotFound)."""
        job = self.store.region(place, Job).by_name.get(name)
        if job is None:
            raise Refusal(INVALID, "Requested resource not found.")
        return job

    def encoded(self, api: Api, job: Job, now_us: int) -> str:
        """Return the part of a job's description that stays the same until its next change, as JSON."""
        key = (job.number, api)
        found = self._encoded.get(key)
        if found is not None and found.job is job and found.from_us <= now_us < found.until_us:
            return found.text
        if len(self._encoded) >= _ENCODED_MAX:
            del self._encoded[next(iter(self._encoded))]
        text = dump({**describe.constant_members(api, job), **describe.members_by_change(api, job, snapshot(job, now_us))})
        ahead = job.timeline.after(now_us - job.created_us)
        until_us = job.created_us + ahead[0].at_us if ahead else math.inf
        self._encoded[key] = _Encoded(job, now_us, until_us, text)
        return text


LIST_CHILDREN: Final = "ListTrainingJobsForHyperParameterTuningJob"
Operation: TypeAlias = Callable[[Service, Api, Place, Mapping[str, Any], int], str]


def create_training_job(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Create a job; its name must be new in its account and region."""
    name = request["TrainingJobName"]
    if service.validate:
        table.check(request)
    if service.check_data is not None:
        service.check_data(place, request)
    taken = service.store.region(place, Job).by_name.get(name)
    if taken is not None:
        # SuperCowPowers/workbench#384, aws/amazon-sagemaker-examples#3108
        raise Refusal(
            IN_USE,
            "Training job names must be unique within an AWS account and region, "
            f"and a training job with this name already exists ({taken.arn})",
        )
    launching = service.launching
    # A job that was created in the past did not find the warm pools of the present. A tuning job keeps its own instances.
    finds_pools = not service.back_us and launching is None
    owner = service.pools.available(service.store, place, request, now_us) if finds_pools else None
    service.quotas.check(service.store, place, request, now_us, owner)
    plan = service.plan_for(request, _SUCCESS)
    # A test's dice, not a secret. Seeding takes longer than validating the request, so only plans that draw get dice.
    rng = Random(f"{service.seed}/{place.account}/{place.region}/{name}") if plan.draws else _NO_DICE  # noqa: S311
    retains = service.quotas.retained_s(service.pools.jobs(service.store, place), request, now_us, owner)
    if launching is None:
        concrete = script(plan, request, rng, warm=owner is not None, retains=retains > 0)
    else:
        # Instances of spot jobs are not kept (developer guide, warm pools).
        concrete = script(plan, request, rng, warm=launching.is_warm, retains=not request.get("EnableManagedSpotTraining"))
    launched_us = None
    if owner is not None:
        launched_us = owner.created_us if owner.launched_us is None else owner.launched_us
        warm_pools.take(service.store, owner, name, now_us)
    service.api = api
    number = service.store.next_number()
    if retains:
        service.pools.add(place, number, name)
    tag_pairs = tags.pairs(request.get("Tags", ()))
    created_us = now_us - service.back_us
    launch = None if launching is None else launching.launch(concrete)
    job = Job(name, place, request, plan, concrete, created_us, number, (), tag_pairs, retains, launched_us, launch)
    service.store.put(job, joins_us=now_us if service.back_us else None)
    return _arn_of(job)


def _arn_of(job: Job) -> str:
    return f'{{"TrainingJobArn":{dump(job.arn)}}}'


def describe_training_job(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Describe a job as it is at this instant."""
    job = service.find(place, request["TrainingJobName"])
    response = service.encoded(api, job, now_us)
    at = progress(job, snapshot(job, now_us), now_us) if job.plan.counts_steps else None
    by_time = describe.members_by_time(pool(job, now_us), metrics.final(api, service.store, job, now_us), at)
    running = running_s(job, now_us)
    # In JSON the last of two members with one name counts. For a replayed job that must be the recorded one, so it comes last.
    if by_time:
        response = f"{dump(by_time)[:-1]},{response[1:]}"
    # Written by hand: in most jobs only this number changes, and to set up an encoder takes longer than to write a number.
    return response if running is None else f'{{"TrainingTimeInSeconds":{running},{response[1:]}'


def stop_training_job(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Stop a job that is in progress."""
    job = service.find(place, request["TrainingJobName"])
    primary = job.state(now_us).primary
    if primary != "InProgress":
        # awslabs/benchmark-ai#928; that a job in status Stopping is refused in the same words is inferred.
        raise Refusal(INVALID, f"The request was rejected because the training job is in status {primary}.")
    service.store.put(job.after(Stop(now_us - job.created_us)))
    return ""


def list_training_jobs(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List jobs: cut a page, then filter it."""
    return dump(listing.training_jobs(service.store.region(place, Job), request, now_us))


def search_jobs(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Search for jobs of one kind."""
    return dump(search.find(service.store, api, place, request, now_us))


def update_training_job(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Change the settings of a job that can still change."""
    job = updates.updated(service.find(place, request["TrainingJobName"]), request, now_us)
    service.store.put(job)
    return _arn_of(job)


def delete_training_job(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Delete a job: it is Deleting for a while, then its name is free again."""
    service.store.put(updates.deleted(service.find(place, request["TrainingJobName"]), now_us))
    return ""


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
    "CreateTrainingJob": create_training_job,
    "CreateTransformJob": transform.create,
    "DeleteHyperParameterTuningJob": tuning.delete,
    "DeleteProcessingJob": processing.delete,
    "DeleteTags": delete_tags,
    "DeleteTrainingJob": delete_training_job,
    "DescribeHyperParameterTuningJob": tuning.describe,
    "DescribeProcessingJob": processing.describe,
    "DescribeTrainingJob": describe_training_job,
    "DescribeTransformJob": transform.describe,
    "ListHyperParameterTuningJobs": tuning.list_jobs,
    "ListProcessingJobs": processing.list_jobs,
    "ListTags": list_tags,
    "ListTrainingJobs": list_training_jobs,
    LIST_CHILDREN: tuning.list_children,
    "ListTransformJobs": transform.list_jobs,
    "Search": search_jobs,
    "StopHyperParameterTuningJob": tuning.stop,
    "StopProcessingJob": processing.stop,
    "StopTrainingJob": stop_training_job,
    "StopTransformJob": transform.stop,
    "UpdateTrainingJob": update_training_job,
}
READS: Final = frozenset({"ListTags", LIST_CHILDREN, "Search", *(name for kind in KINDS for name in (kind.describe, kind.list))})
"""The operations that change nothing, such as those that a poll loop calls."""
