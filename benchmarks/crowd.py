"""Measures many jobs: one page of a list, an advance by a week, and the memory of each job."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import timedelta
from typing import Any, Final

from botocore.session import Session
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sagemaker.models import sagemaker_backends

from benchmarks.report import Row, ratios
from benchmarks.timing import interleaved, timed
from benchmarks.worlds import client, request
from sagemock import Plan, mock_sagemaker
from sagemock.jobs.place import Place
from sagemock.jobs.rules import Plans
from sagemock.jobs.store import Store
from sagemock.protocol.model import Api
from sagemock.service import training
from sagemock.service.service import Service

__all__ = ["rows"]

MANY: Final = "eu-west-1"
FEW: Final = "us-east-1"
"""The regions of the two crowds. A list shows only the jobs of one region, so one mock can hold both crowds."""


def _name(index: int) -> str:
    return f"job-{index:06}"


def _fill(region: str, number: int) -> Any:  # noqa: ANN401  # boto3 makes clients without a class
    made = client(region)
    for index in range(number):
        made.create_training_job(**request(_name(index)))
    return made


def _moto_fill(region: str, number: int) -> Any:  # noqa: ANN401  # boto3 makes clients without a class
    """Fill moto with copies of one job: a hundred thousand calls would take minutes."""
    made = _fill(region, 1)
    jobs = sagemaker_backends[DEFAULT_ACCOUNT_ID][region].training_jobs
    for index in range(1, number):
        job = jobs[_name(index)] = copy(jobs[_name(0)])
        job.training_job_name = _name(index)
    return made


def _queries(made: Any, number: int) -> dict[str, dict[str, Any]]:  # noqa: ANN401  # boto3 makes clients without a class
    """Return the queries to measure, by name: one for each filter and each sort order.

    A filter by time lets half of the first page through, in every crowd: so the pages of both crowds have equally many jobs.
    """
    halfway = made.describe_training_job(TrainingJobName=_name(number - 50))["CreationTime"]
    queries: dict[str, dict[str, Any]] = {
        "": {},
        "NameContains": {"NameContains": "7"},
        "StatusEquals": {"StatusEquals": "InProgress"},
    }
    for name in ("CreationTimeAfter", "CreationTimeBefore", "LastModifiedTimeAfter", "LastModifiedTimeBefore"):
        queries[name] = {name: halfway}
    for order in ("CreationTime", "Name", "Status"):
        for direction in ("Ascending", "Descending"):
            queries[f"{order} {direction}"] = {"SortBy": order, "SortOrder": direction}
    return queries


def _pages(large: Any, many: int, small: Any, few: int, rounds: int) -> dict[str, list[float]]:  # noqa: ANN401  # boto3's clients
    """Return, for each query, how much longer its page takes among `many` jobs than among `few`, in each round."""
    found = {}
    asked, asked_small = _queries(large, many), _queries(small, few)
    for name, query in asked.items():
        taken = interleaved({"few": _page(small, asked_small[name]), "many": _page(large, query)}, rounds)
        found[name] = ratios(taken["many"], taken["few"])
    return found


def _page(made: Any, query: dict[str, Any]) -> Callable[[], float]:  # noqa: ANN401  # boto3 makes clients without a class
    return lambda: timed(lambda: made.list_training_jobs(MaxResults=100, **query))


@contextmanager
def _crowded(many: int, few: int, weeks: int) -> Iterator[tuple[Any, Any, Any]]:
    # Some jobs end in each of the measured weeks, and some after them.
    plan = Plan.completes(training=(0, timedelta(weeks=2 * weeks).total_seconds()))
    with mock_sagemaker(wall="real", latency=0.001, idle_limit=None, plan=plan) as sagemaker:
        yield sagemaker, _fill(MANY, many), _fill(FEW, few)


@contextmanager
def _out_of_sight() -> Iterator[None]:
    """Hide the crowd from the garbage collector, which would need minutes for it between the measurements."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _kib_per_job(number: int) -> float:
    """Return the memory of a stored job in KiB, without its request."""
    api = Api.of(Session().create_client("sagemaker", region_name=MANY).meta.service_model)
    place = Place("aws", MANY, "123456789012")
    asked = [request(_name(index)) for index in range(number)]
    plan = Plan.completes()
    service = Service(Store(), Plans({plan.kind.name: plan}).plan_for)
    gc.collect()
    tracemalloc.start()
    try:
        for index, one in enumerate(asked):
            training.create(service, api, place, one, index)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / number / 1024
    finally:
        tracemalloc.stop()


def rows(rounds: int, many: int, few: int) -> list[Row]:
    """Measure crowds of `many` and `few` jobs."""
    with mock_aws():
        crowds = _moto_fill(MANY, many), many, _moto_fill(FEW, few), few
        with _out_of_sight():
            moto = _pages(*crowds, rounds)
    with _crowded(many, few, rounds) as (sagemaker, large, small), _out_of_sight():
        weeks = [timed(lambda: sagemaker.clock.advance(days=7)) * 1000 for _ in range(rounds)]
        pages = _pages(large, many, small, few, rounds)
    return [
        *(
            Row(f"page of 100 at {many:,} jobs {name}".strip(), f"x {few:,}", 1.3, found, moto[name])
            for name, found in pages.items()
        ),
        Row(f"advance by a week over {many:,} jobs", "ms", 1, weeks),
        Row("memory of a stored job beyond its request", "KiB", 1, interleaved({"": lambda: _kib_per_job(few)}, 3)[""]),
    ]
