"""The types of the public API: mypy and pyright check each `assert_type`, and it runs here too."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from typing_extensions import assert_type

import sagemock as package
from sagemock import (
    Call,
    Calls,
    Clock,
    Events,
    Jobs,
    JobView,
    Options,
    Phase,
    Plan,
    SageMakerMock,
    Sleep,
    Sleeps,
    Subscription,
    TransitionView,
    current,
    mock_sagemaker,
)
from tests.support.calling import create, make_client


@mock_sagemaker
def function(x: int, *, y: str = "") -> tuple[int, str]:
    """Return the argument."""
    return x, y


@mock_sagemaker(latency=0)
def with_options(x: int) -> int:
    """Return the argument."""
    return x


@mock_sagemaker()
async def coroutine(x: int) -> int:
    """Return the argument."""
    return x


@mock_sagemaker
def generator() -> Iterator[SageMakerMock]:
    """Yield the mock, as a fixture does."""
    yield current()


@mock_sagemaker
async def async_generator() -> AsyncIterator[SageMakerMock]:
    """Yield the mock, as a fixture does."""
    yield current()


@mock_sagemaker(seed=1)
class Decorated:
    """A decorated class of tests."""

    def test_method(self, x: int) -> int:
        """Return the argument."""
        return x

    @staticmethod
    @mock_sagemaker
    def static(x: int) -> int:
        """Return the argument."""
        return x


def test_decorated_callables_keep_their_types() -> None:
    """Functions of every kind, methods and classes: parameters and results are those of the bare ones."""
    asyncio.run(decorated_callables())


async def decorated_callables() -> None:
    """Use all decorated callables."""
    assert_type(function(1, y="a"), tuple[int, str])
    assert_type(with_options(1), int)
    assert_type(await coroutine(1), int)
    bare: Callable[[int], Coroutine[Any, Any, int]] = coroutine
    assert bare is coroutine
    for mock in generator():
        assert_type(mock, SageMakerMock)
    async for one in async_generator():
        assert_type(one, SageMakerMock)
    assert_type(Decorated(), Decorated)
    assert_type(Decorated().test_method(1), int)
    assert_type(Decorated.static(1), int)


def test_every_way_to_enter_a_mock_returns_it() -> None:
    """`with`, `async with`, `start`, `current`, and the options."""
    asyncio.run(ways_to_enter())


async def ways_to_enter() -> None:
    """Use every way."""
    mock = mock_sagemaker(start="2018-07-30", wall="virtual", latency=timedelta(0), plan=Plan.completes(), passthrough=["s3"])
    assert_type(mock, SageMakerMock)
    with mock as entered:
        assert_type(entered, SageMakerMock)
        assert_type(current(), SageMakerMock)
    async with mock as entered_too:
        assert_type(entered_too, SageMakerMock)
    assert_type(mock.start(), SageMakerMock)
    mock.stop()
    assert_type(mock.options, Options)


# Only this order works at run time; see `decorate`.
@pytest.fixture
@mock_sagemaker
def mock() -> Iterator[SageMakerMock]:
    """Yield the mock."""
    yield current()  # noqa: PT022  # the teardown is the decorator's


def test_a_decorated_fixture_is_typed(mock: SageMakerMock) -> None:
    """An editor needs only the annotated parameter."""
    assert_type(mock.clock, Clock)


def test_readings_of_a_test_are_typed() -> None:
    """Time, jobs, calls, sleeps, events and pictures."""
    with mock_sagemaker(start="2018-07-30", plan=Plan(phases=[Phase("Starting", 60)], ending="Completed")) as mock:
        create(make_client(), "churn-1")
        assert_type(mock.clock.now(), datetime)
        assert_type(mock.clock.latency, timedelta)
        assert_type(mock.clock.idle_limit, timedelta | None)
        assert_type(mock.advance_until("churn-1", "Completed"), datetime)
        assert_type(mock.advance_until_idle(), datetime)
        assert_type(mock.jobs, Jobs)
        job = mock.jobs["churn-1"]
        assert_type(job, JobView)
        assert_type(job.status, str)
        assert_type(job.transitions, tuple[TransitionView, ...])
        assert_type(job.transitions[0].end, datetime | None)
        assert_type(job.request, dict[str, Any])
        assert_type(job.plan, Plan)
        assert_type(job.billable_seconds, int | None)
        assert_type(mock.calls, Calls)
        assert_type(mock.calls[0], Call)
        assert_type(mock.calls[:1], list[Call])
        assert_type(mock.calls.to("CreateTrainingJob").count, int)
        assert_type([call.at for call in mock.calls], list[datetime])
        assert_type(mock.sleeps, Sleeps)
        assert_type(mock.sleeps[:1], list[Sleep])
        assert_type(mock.events, Events)
        assert_type(mock.timeline("churn-1"), str)


def test_verbs_of_a_test_are_typed() -> None:
    """Plans by pattern and by predicate, and event handlers."""

    def is_big(request: Mapping[str, Any]) -> bool:
        return bool(request["ResourceConfig"]["InstanceCount"] > 1)

    with mock_sagemaker(strict=False) as mock:
        mock.plan("churn-*", Plan.fails(training=(60, 120)), times=1)
        mock.plan(is_big, lambda _: Plan.hangs())
        mock.fault("DescribeTrainingJob", "ThrottlingException", times=3, after=timedelta(minutes=1))
        handled: list[dict[str, Any]] = []
        assert_type(mock.on_event(lambda event: handled.append(event["detail"])), Subscription)
        assert_type(
            mock.on_event(lambda event, context: handled.append({"event": event, "context": context}), check=False), Subscription
        )
        create(make_client(), "big", ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30})
    assert handled


def test_invalid_code_is_an_error_of_type_checkers_too() -> None:
    """Each `type: ignore` here is needed: mypy and pyright, which accepts it too, warn about an unused one."""
    with pytest.raises(TypeError):
        mock_sagemaker(lateny=0)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="wall"):
        mock_sagemaker(wall="sideways")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        mock_sagemaker(seed="x")  # type: ignore[call-overload]
    assert package.marker(lateny=0).kwargs == {"lateny": 0}  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Clock().advance(minuets=5)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Plan.completes().but(limit_lags=60)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="ending"):
        Plan.completes().but(ending="Done")  # type: ignore[arg-type]


def test_all_is_complete() -> None:
    """An editor completes `__all__` after `sagemock.`."""
    assert set(package.__all__) <= set(dir(package))
