"""Measures calls: describe, create, and a waiter that polls for hours."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from moto import mock_aws

from benchmarks.report import Row, ratios
from benchmarks.timing import interleaved, timed
from benchmarks.worlds import LONG, Null, client, null_responder, request
from sagemock import mock_sagemaker

__all__ = ["rows"]


@contextmanager
def _sagemock() -> Iterator[Any]:
    """Yield a client, an hour after its job `job` was created."""
    with mock_sagemaker(plan=LONG) as sagemaker:
        made = client()
        made.create_training_job(**request("job"))
        sagemaker.clock.advance(hours=1)
        yield made


@contextmanager
def _moto() -> Iterator[Any]:
    with mock_aws():
        made = client()
        made.create_training_job(**request("job"))
        yield made


@contextmanager
def _null(null: Null) -> Iterator[Any]:
    yield null.client()


def _describes(world: Callable[[], AbstractContextManager[Any]], number: int) -> float:
    with world() as made:
        return timed(lambda: [made.describe_training_job(TrainingJobName="job") for _ in range(number)])


def _creates(world: Callable[[], AbstractContextManager[Any]], number: int) -> float:
    requests = [request(f"job-{index}") for index in range(number)]
    with world() as made:
        return timed(lambda: [made.create_training_job(**asked) for asked in requests])


def _wait(null: Null) -> float:
    """Return the time of a wait for a job of six hours, divided by the time of as many describes of the null responder."""
    with mock_sagemaker(plan=LONG) as sagemaker:
        made = client()
        made.create_training_job(**request("job"))
        waiter = made.get_waiter("training_job_completed_or_stopped")
        waiting = timed(lambda: waiter.wait(TrainingJobName="job", WaiterConfig={"MaxAttempts": 400}))
        polls = sum(call.operation == "DescribeTrainingJob" for call in sagemaker.calls)
    return waiting / _describes(partial(_null, null), polls)


def rows(rounds: int, number: int) -> list[Row]:
    """Measure `number` calls in each of `rounds` rounds."""
    null = null_responder()
    worlds: dict[str, Callable[[], AbstractContextManager[Any]]]
    worlds = {"null": partial(_null, null), "sagemock": _sagemock, "moto": _moto}
    describe = interleaved({name: partial(_describes, world, number) for name, world in worlds.items()}, rounds)
    create = interleaved({name: partial(_creates, world, number) for name, world in worlds.items()}, rounds)
    wait = interleaved({"sagemock": partial(_wait, null)}, rounds)
    return [
        Row(
            "describe", "x null", 1.12, ratios(describe["sagemock"], describe["null"]), ratios(describe["moto"], describe["null"])
        ),
        Row("create", "x null", 1.3, ratios(create["sagemock"], create["null"]), ratios(create["moto"], create["null"])),
        Row("waiter on a job of six hours", "x null", 1.15, wait["sagemock"]),
    ]
