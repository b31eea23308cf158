"""The operations on training jobs: each takes a valid request and an instant, and returns its response as JSON."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from sagemock.jobs.interventions import Stop
from sagemock.jobs.place import Place
from sagemock.protocol.answer import dump
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import IN_USE, INVALID, Refusal
from sagemock.service import describe as description
from sagemock.service import listing, metrics, tags, updates, warm_pools
from sagemock.service.rules import table
from sagemock.service.service import Service
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import script
from sagemock.training.progress import progress
from sagemock.training.snapshot import running_s, snapshot
from sagemock.training.warm_pool import pool

__all__ = ["create", "delete", "describe", "list_jobs", "stop", "update"]

_SUCCESS: Final = Plan()
"""The plan of a job for which the test has planned nothing."""
_NO_DICE: Final = Random(0)  # noqa: S311  # nothing draws from it


def create(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
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


def describe(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Describe a job as it is at this instant."""
    job = service.find(place, request["TrainingJobName"])
    response = service.encoded(api, job, now_us)
    at = progress(job, snapshot(job, now_us), now_us) if job.plan.counts_steps else None
    by_time = description.members_by_time(pool(job, now_us), metrics.final(api, service.store, job, now_us), at)
    running = running_s(job, now_us)
    # In JSON the last of two members with one name counts. For a replayed job that must be the recorded one, so it comes last.
    if by_time:
        response = f"{dump(by_time)[:-1]},{response[1:]}"
    # Written by hand: in most jobs only this number changes, and to set up an encoder takes longer than to write a number.
    return response if running is None else f'{{"TrainingTimeInSeconds":{running},{response[1:]}'


def stop(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Stop a job that is in progress."""
    job = service.find(place, request["TrainingJobName"])
    primary = job.state(now_us).primary
    if primary != "InProgress":
        # awslabs/benchmark-ai#928; we infer that a job in status Stopping is refused in the same words.
        raise Refusal(INVALID, f"The request was rejected because the training job is in status {primary}.")
    service.store.put(job.after(Stop(now_us - job.created_us)))
    return ""


def list_jobs(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List jobs: cut a page, then filter it."""
    return dump(listing.training_jobs(service.store.region(place, Job), request, now_us))


def update(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Change the settings of a job that can still change."""
    job = updates.updated(service.find(place, request["TrainingJobName"]), request, now_us)
    service.store.put(job)
    return _arn_of(job)


def delete(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Delete a job: it is Deleting for a while, then its name is free again."""
    service.store.put(updates.deleted(service.find(place, request["TrainingJobName"]), now_us))
    return ""
