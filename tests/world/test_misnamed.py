"""Attributes that a mock does not have: the error says where they are."""

from collections.abc import Callable
from typing import Any

import pytest

import sagemock
from sagemock import SageMakerMock, connect


@pytest.mark.parametrize(
    "name, hint",
    [
        ("advance", ": write clock.advance"),
        ("now", ": write clock.now"),
        ("assert_not_called", ": write calls.assert_not_called"),
        ("total", ": write sleeps.total"),
        ("stop_training_job", ": it is a call of a client, boto3.client('sagemaker').stop_training_job(…)"),
        ("create_job", ": did you mean 'create_tuning_job'?"),
        ("complet", ": did you mean 'complete'?"),
        ("training_jobs", ": write jobs"),
        ("nothing_like_it_here", ""),
        ("_private", ""),
    ],
)
def test_the_error_says_where_an_attribute_is(sagemaker: SageMakerMock, name: str, hint: str) -> None:
    """Also of a mock that another process serves."""
    with pytest.raises(AttributeError) as found:
        getattr(sagemaker, name)
    assert str(found.value) == f"'SageMakerMock' object has no attribute {name!r}{hint}"
    assert not hasattr(sagemaker, name)
    with sagemaker.serve() as url, pytest.raises(AttributeError) as found:
        getattr(connect(url), name)
    assert str(found.value).startswith(f"'RemoteMock' object has no attribute {name!r}")


@pytest.mark.parametrize(
    "read, words",
    [
        (lambda mock: mock.jobs["churn-1"].statuss, "'JobView' object has no attribute 'statuss': did you mean 'status'?"),
        (lambda mock: mock.jobs["churn-1"].state, "'JobView' object has no attribute 'state': write status"),
        (lambda mock: mock.jobs["churn-1"].transitions[0].Status, "'TransitionView' object has no attribute 'Status': did you mean 'status'?"),  # noqa: E501
        (lambda mock: mock.jobs.valeus(), "'Jobs' object has no attribute 'valeus': did you mean 'values'?"),
        (lambda mock: mock.sleeps.totl, "'Sleeps' object has no attribute 'totl': did you mean 'total'?"),
        (lambda mock: mock.events.matchin({}), "'Events' object has no attribute 'matchin': did you mean 'matching'?"),
        (lambda _: sagemock.Plans, "module 'sagemock' has no attribute 'Plans': did you mean 'Plan'?"),
        (lambda _: sagemock.mock, "module 'sagemock' has no attribute 'mock'"),
        (lambda _: sagemock.__mock__, "module 'sagemock' has no attribute '__mock__'"),
    ],
)  # fmt: skip
def test_a_misspelt_attribute_gets_a_suggestion(sagemaker: SageMakerMock, read: Callable[[Any], Any], words: str) -> None:
    """Where pytest, which does not show Python's own suggestion, shows it."""
    sagemaker.create_training_job("churn-1")
    with pytest.raises(AttributeError) as found:
        read(sagemaker)
    assert str(found.value) == words


@pytest.mark.parametrize(
    "name, hint",
    [
        ("latency", "write clock.latency = …"),
        ("plan", "options are given at the start, as in mock_sagemaker(plan=…)"),
        ("stop_job", "it has no attributes to set"),
    ],
)
def test_setting_an_attribute_of_a_mock_is_an_error(sagemaker: SageMakerMock, name: str, hint: str) -> None:
    """It would change nothing."""
    with pytest.raises(AttributeError) as found:
        setattr(sagemaker, name, 3)
    assert str(found.value) == f"cannot set {name!r} of a mock: {hint}"
    with pytest.raises(AttributeError, match="jobs|set"):
        sagemaker.jobs = {}  # type: ignore[misc, assignment]  # a property, for which Python has an error


@pytest.mark.parametrize("name", ["now", "latencyy"])
def test_setting_a_method_or_an_unknown_attribute_of_a_clock_is_an_error(sagemaker: SageMakerMock, name: str) -> None:
    """`clock.now = …` would hide the method, and a misspelt `clock.latency = …` would change nothing."""
    with pytest.raises(AttributeError, match=name):
        setattr(sagemaker.clock, name, 3)


@pytest.mark.parametrize("part", ["sleeps", "events"])
def test_an_index_that_is_too_large_is_an_error_with_their_number(sagemaker: SageMakerMock, part: str) -> None:
    """An IndexError, as of a list."""
    with pytest.raises(IndexError, match=rf"^{part}\[3\]: the number of {part} so far is 0$"):
        getattr(sagemaker, part)[3]
