"""Measures tests: entering and leaving a mock, and a hundred whole tests."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from freezegun import freeze_time
from moto import mock_aws

from benchmarks.report import Row, ratios
from benchmarks.timing import interleaved, timed
from benchmarks.worlds import client, null_responder, request, session_client
from sagemock import mock_sagemaker

__all__ = ["rows"]


def _one_test(made: Any) -> None:  # noqa: ANN401  # boto3 makes clients without a class
    made.create_training_job(**request("job"))
    made.describe_training_job(TrainingJobName="job")


def _tests_inside(
    mock: Callable[[], AbstractContextManager[object]], number: int, make_client: Callable[[], Any] = client
) -> float:
    def tests() -> None:
        for _ in range(number):
            with mock():
                _one_test(make_client())

    return timed(tests)


def _tests_with(make_client: Callable[[], Any], number: int) -> float:
    def tests() -> None:
        for _ in range(number):
            _one_test(make_client())

    return timed(tests)


def _enter_and_exit(mock: Callable[[], AbstractContextManager[object]], number: int) -> float:
    """Return the milliseconds of CPU of one start and stop."""

    def turns() -> None:
        for _ in range(number):
            with mock():
                pass

    return timed(turns) * 1000 / number


def rows(rounds: int, tests: int) -> list[Row]:
    """Measure `tests` tests in each of `rounds` rounds."""
    null = null_responder()
    freezing = partial(freeze_time, "2018-07-30", tick=False, real_asyncio=True)
    virtual, real = mock_sagemaker, partial(mock_sagemaker, wall="real")
    whole = interleaved(
        {
            "null": lambda: _tests_with(null.client, tests),
            "virtual": lambda: _tests_inside(virtual, tests),
            "real": lambda: _tests_inside(real, tests),
            "moto": lambda: _tests_inside(mock_aws, tests),
        },
        rounds,
    )
    sessions = max(2, tests // 10)
    own = interleaved(
        {
            "null": lambda: _tests_with(partial(null.client, session_client), sessions),
            "virtual": lambda: _tests_inside(virtual, sessions, session_client),
            "real": lambda: _tests_inside(real, sessions, session_client),
            "moto": lambda: _tests_inside(mock_aws, sessions, session_client),
        },
        rounds,
    )
    entered = interleaved(
        {
            "freezegun": lambda: _enter_and_exit(freezing, tests),
            "virtual": lambda: _enter_and_exit(virtual, tests),
            "real": lambda: _enter_and_exit(real, tests),
            "moto": lambda: _enter_and_exit(mock_aws, tests),
        },
        rounds,
    )
    beyond = [mine - freezegun for mine, freezegun in zip(entered["virtual"], entered["freezegun"], strict=True)]
    moto = ratios(whole["moto"], whole["null"])
    moto_own = ratios(own["moto"], own["null"])
    return [
        Row(f"{tests} tests, wall virtual", "x null", 1.15, ratios(whole["virtual"], whole["null"]), moto),
        Row(f"{tests} tests, wall real", "x null", 1.15, ratios(whole["real"], whole["null"]), moto),
        *(
            Row(f"{sessions} tests, a session in each, wall {wall}", "x null", 0.5, ratios(own[wall], own["null"]), moto_own)
            for wall in ("virtual", "real")
        ),
        Row("enter + exit, wall virtual, beyond freezegun's", "ms", 0.3, beyond),
        Row("enter + exit, wall real", "ms", 0.15, entered["real"], entered["moto"]),
    ]
