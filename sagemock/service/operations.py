"""The operations that sagemock simulates: each takes a valid request and an instant, and returns its response as JSON."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

from sagemock.protocol.answer import dump
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import Refusal
from sagemock.service import describe, listing, metrics, tags, updates, warm_pools
from sagemock.service.quotas import Quotas
from sagemock.service.rules import table
from sagemock.training.interventions import Stop
from sagemock.training.job import Job, Place
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import script
from sagemock.training.progress import progress
from sagemock.training.snapshot import running_s, snapshot
from sagemock.training.store import Store
from sagemock.training.warm_pool import pool

__all__ = ["INVALID", "OPERATIONS", "READS", "Service"]

INVALID: Final = "ValidationException"
IN_USE: Final = "ResourceInUse"
_NO_DICE: Final = Random(0)  # noqa: S311  # nothing is drawn from them
_KEPT: Final = 1024
"""How many jobs' descriptions are kept encoded: what is polled is encoded once a change, and memory stays bounded."""


class _Shown(NamedTuple):
    """A job's description, encoded, as it is between two instants."""

    job: Job
    from_us: int
    until_us: float
    text: str


@dataclass
class Service:
    """SageMaker within one mock: its jobs, and how a job gets its plan."""

    store: Store
    plan_for: Callable[[Mapping[str, Any]], Plan]
    seed: int = 0
    validate: bool = True
    """Whether the rules beyond the constraints of single values are enforced."""
    check_data: Callable[[Place, Mapping[str, Any]], None] | None = None
    """Refuses a job whose input is not there, if somebody can look."""
    quotas: Quotas = field(default_factory=Quotas)
    api: Api = field(init=False)
    """The service model of the client that created the last job: there is none before the first."""

    def __post_init__(self) -> None:
        """Begin with nothing encoded."""
        self._shown: dict[tuple[int, Api], _Shown] = {}

    def find(self, place: Place, name: str) -> Job:
        """Return a job, or refuse as the service does (boto/boto3#2808: ValidationException, not ResourceNotFound)."""
        job = self.store.region(place).by_name.get(name)
        if job is None:
            raise Refusal(INVALID, "Requested resource not found.")
        return job

    def encoded(self, api: Api, job: Job, now_us: int) -> str:
        """Return what stays the same of a job's description until its next change, encoded."""
        key = (job.number, api)
        found = self._shown.get(key)
        if found is not None and found.job is job and found.from_us <= now_us < found.until_us:
            return found.text
        if len(self._shown) >= _KEPT:
            del self._shown[next(iter(self._shown))]
        text = dump({**describe.constant_members(api, job), **describe.members_by_change(api, job, snapshot(job, now_us))})
        ahead = job.timeline.after(now_us - job.created_us)
        until_us = job.created_us + ahead[0].at_us if ahead else math.inf
        self._shown[key] = _Shown(job, now_us, until_us, text)
        return text


Operation: TypeAlias = Callable[[Service, Api, Place, Mapping[str, Any], int], str]


def create_training_job(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Create a job; its name must be new in its account and region."""
    name = request["TrainingJobName"]
    if service.validate:
        table.check(request)
    if service.check_data is not None:
        service.check_data(place, request)
    taken = service.store.region(place).by_name.get(name)
    if taken is not None:
        # SuperCowPowers/workbench#384, aws/amazon-sagemaker-examples#3108
        raise Refusal(
            IN_USE,
            "Training job names must be unique within an AWS account and region, "
            f"and a training job with this name already exists ({taken.arn})",
        )
    owner = warm_pools.available(service.store, place, request, now_us)
    service.quotas.check(service.store, place, request, now_us, owner)
    plan = service.plan_for(request)
    # A test's dice, not a secret; to seed them takes longer than to validate the request.
    rng = Random(f"{service.seed}/{place.account}/{place.region}/{name}") if plan.draws else _NO_DICE  # noqa: S311
    retains = service.quotas.retained_s(service.store, place, request, now_us, owner)
    made = script(plan, request, rng, warm=owner is not None, retains=retains > 0)
    launched_us = None
    if owner is not None:
        launched_us = owner.created_us if owner.launched_us is None else owner.launched_us
        warm_pools.take(service.store, owner, name, now_us)
    service.api = api
    number = service.store.next_number()
    kept_tags = tags.pairs(request.get("Tags", ()))
    service.store.put(job := Job(name, place, request, plan, made, now_us, number, (), kept_tags, retains, launched_us))
    return _arn_of(job)


def _arn_of(job: Job) -> str:
    return f'{{"TrainingJobArn":{dump(job.arn)}}}'


def describe_training_job(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Describe a job as it is at this instant."""
    job = service.find(place, request["TrainingJobName"])
    shown = service.encoded(api, job, now_us)
    at = progress(job, snapshot(job, now_us), now_us) if job.plan.counts_steps else None
    by_time = describe.members_by_time(pool(job, now_us), metrics.final(service.store, job, now_us), at)
    running = running_s(job, now_us)
    # What is recorded of a replayed job comes last, and so counts.
    if by_time:
        shown = f"{dump(by_time)[:-1]},{shown[1:]}"
    # By hand, because it is all that passes in most lives, and an encoder takes longer to set up than to write a number.
    return shown if running is None else f'{{"TrainingTimeInSeconds":{running},{shown[1:]}'


def stop_training_job(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Stop a job that is in progress."""
    job = service.find(place, request["TrainingJobName"])
    primary = job.state(now_us).primary
    if primary != "InProgress":
        # awslabs/benchmark-ai#928; that a job which is Stopping is refused in the same words is inferred.
        raise Refusal(INVALID, f"The request was rejected because the training job is in status {primary}.")
    service.store.put(job.after(Stop(now_us - job.created_us)))
    return ""


def list_training_jobs(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List jobs: a page is cut and then filtered."""
    return dump(listing.training_jobs(service.store.region(place), request, now_us))


def update_training_job(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Change what can still be changed of a job."""
    job = updates.updated(service.find(place, request["TrainingJobName"]), request, now_us)
    service.store.put(job)
    return _arn_of(job)


def delete_training_job(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Delete a job: for a while it is Deleting, then its name is free again."""
    service.store.put(updates.deleted(service.find(place, request["TrainingJobName"]), now_us))
    return ""


def add_tags(service: Service, _: Api, place: Place, request: Mapping[str, Any], _now_us: int) -> str:
    """Add tags to a job, or overwrite them."""
    return dump(tags.add(service.store, place, request))


def list_tags(service: Service, _: Api, place: Place, request: Mapping[str, Any], _now_us: int) -> str:
    """List the tags of a job."""
    return dump(tags.page(service.store, place, request))


def delete_tags(service: Service, _: Api, place: Place, request: Mapping[str, Any], _now_us: int) -> str:
    """Delete tags of a job."""
    return dump(tags.delete(service.store, place, request))


OPERATIONS: Final[dict[str, Operation]] = {
    "AddTags": add_tags,
    "CreateTrainingJob": create_training_job,
    "DeleteTags": delete_tags,
    "DeleteTrainingJob": delete_training_job,
    "DescribeTrainingJob": describe_training_job,
    "ListTags": list_tags,
    "ListTrainingJobs": list_training_jobs,
    "StopTrainingJob": stop_training_job,
    "UpdateTrainingJob": update_training_job,
}
READS: Final = frozenset({"DescribeTrainingJob", "ListTags", "ListTrainingJobs"})
"""The operations that change nothing: what a poll loop calls."""
