"""A parameter named `sagemock` gets the mock of the decorated function, and is hidden from other code."""

import asyncio
import inspect
import unittest
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any
from unittest import mock

import pytest

from sagemock import SageMakerMock, current, mock_sagemaker


def is_innermost(given: object) -> bool:
    """Return whether this is the innermost mock."""
    return isinstance(given, SageMakerMock) and given is current()


def positional(sagemock: SageMakerMock, value: int) -> tuple[bool, int]:
    """Take the mock as the first argument."""
    return is_innermost(sagemock), value


def last(value: int, *, sagemock: SageMakerMock) -> tuple[bool, int]:
    """Take the mock as a keyword."""
    return is_innermost(sagemock), value


async def coroutine(value: int, sagemock: SageMakerMock) -> tuple[bool, int]:
    """Take the mock in a coroutine."""
    return is_innermost(sagemock), value


def generator(sagemock: SageMakerMock, value: int) -> Generator[tuple[bool, int], None, None]:
    """Take the mock in a generator, as fixtures may be."""
    yield is_innermost(sagemock), value


async def async_generator(sagemock: SageMakerMock, value: int) -> AsyncGenerator[tuple[bool, int], None]:
    """Take the mock in an async generator."""
    yield is_innermost(sagemock), value


async def first_of(values: AsyncGenerator[Any, None]) -> object:
    """Return the only value."""
    [value] = [value async for value in values]
    return value


RESULTS: list[tuple[Callable[..., Any], Callable[[Any], Any]]] = [
    (positional, lambda result: result),
    (last, lambda result: result),
    (coroutine, asyncio.run),
    (generator, lambda result: next(iter(list(result)))),
    (async_generator, lambda result: asyncio.run(first_of(result))),
]


@pytest.mark.parametrize("function, result", RESULTS, ids=[function.__name__ for function, _ in RESULTS])
def test_each_kind_of_function_gets_its_mock(function: Callable[..., Any], result: Callable[[Any], Any]) -> None:
    """However the caller passes the other arguments."""
    decorated = mock_sagemaker(function)
    assert list(inspect.signature(decorated).parameters) == ["value"]
    assert result(decorated(3)) == (True, 3)
    assert result(decorated(value=4)) == (True, 4)


def test_a_mock_from_the_caller_is_kept() -> None:
    """A decorated helper can be called with another mock."""
    mine = mock_sagemaker()
    assert mock_sagemaker(last)(3, sagemock=mine) == (False, 3)


@pytest.mark.parametrize("function", [lambda sagemock, /: sagemock, lambda *sagemock: sagemock, lambda **sagemock: sagemock])
def test_other_kinds_of_parameters_get_no_mock(function: Callable[..., Any]) -> None:
    """A positional-only one, and one that takes any arguments, belong to the function."""
    assert str(inspect.signature(mock_sagemaker(function))) == str(inspect.signature(function))


def test_a_callable_without_a_signature_can_be_decorated() -> None:
    """Some callables in C have none."""
    assert mock_sagemaker(vars)({}.__class__) is not None


def test_the_innermost_decorator_passes_its_mock() -> None:
    """The outer one no longer sees the parameter."""

    def latency(sagemock: SageMakerMock) -> object:
        return sagemock.options.latency

    decorated: Callable[[], object] = mock_sagemaker(latency=1)(mock_sagemaker(latency=2)(latency))  # type: ignore[assignment]
    assert decorated() == 2


def test_patches_of_unittest_work_above_and_below() -> None:
    """`mock.patch` adds positional arguments, and does not know our parameter."""
    seen: list[object] = []

    def function(sagemock: SageMakerMock, made: object) -> None:
        seen.extend([is_innermost(sagemock), isinstance(made, mock.MagicMock)])

    mock.patch("os.getpid")(mock_sagemaker(function))()
    mock_sagemaker(mock.patch("os.getpid")(function))()
    assert seen == [True, True] * 2


@mock_sagemaker
class TestInAClass:
    """Each test method of a decorated class gets the mock of its setup."""

    def setup_method(self) -> None:
        """Keep the mock of the setup."""
        self.of_the_set_up = current()

    def test_a_method(self, sagemock: SageMakerMock) -> None:
        """An ordinary method gets it."""
        assert sagemock is self.of_the_set_up is current()

    @staticmethod
    def test_a_static_method(sagemock: SageMakerMock) -> None:
        """A static method gets it."""
        assert is_innermost(sagemock)

    @classmethod
    def test_a_class_method(cls, sagemock: SageMakerMock) -> None:
        """A class method gets it."""
        assert is_innermost(sagemock)

    @pytest.mark.parametrize("value", [1, 2])
    def test_beside_a_parameter(self, sagemock: SageMakerMock, value: int) -> None:
        """It comes beside the values of pytest."""
        assert is_innermost(sagemock)
        assert value in (1, 2)


@mock_sagemaker
class TestOfUnittest(unittest.TestCase):
    """The methods of unittest take no arguments."""

    def setUp(self) -> None:
        """Keep the mock of the setup."""
        self.of_the_set_up = current()

    def test_a_method(self, sagemock: SageMakerMock) -> None:
        """The mock of the setup is passed."""
        assert sagemock is self.of_the_set_up is current()


@pytest.fixture
@mock_sagemaker(latency=5)
def prepared(sagemock: SageMakerMock) -> Generator[SageMakerMock, None, None]:
    """Return the mock of a decorated fixture."""
    yield sagemock
    assert is_innermost(sagemock)


def test_a_decorated_fixture_gets_its_mock(prepared: SageMakerMock) -> None:
    """Pytest does not look for a fixture named `sagemock` then."""
    assert prepared is current()
    assert prepared.options.latency == 5
