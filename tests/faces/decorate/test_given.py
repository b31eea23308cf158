"""A decorated function with a parameter named `sagemock` gets its mock by it, and nobody else sees that parameter."""

import asyncio
import inspect
import unittest
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any
from unittest import mock

import pytest

from sagemock import SageMakerMock, current, mock_sagemaker


def is_innermost(given: object) -> bool:
    """Whether this is the mock that answers."""
    return isinstance(given, SageMakerMock) and given is current()


def plain(sagemock: SageMakerMock, value: int) -> tuple[bool, int]:
    """Take the mock first."""
    return is_innermost(sagemock), value


def last(value: int, *, sagemock: SageMakerMock) -> tuple[bool, int]:
    """Take it by keyword only."""
    return is_innermost(sagemock), value


async def coroutine(value: int, sagemock: SageMakerMock) -> tuple[bool, int]:
    """Take it in a coroutine."""
    return is_innermost(sagemock), value


def generator(sagemock: SageMakerMock, value: int) -> Generator[tuple[bool, int], None, None]:
    """Take it in a generator, as a fixture is."""
    yield is_innermost(sagemock), value


async def async_generator(sagemock: SageMakerMock, value: int) -> AsyncGenerator[tuple[bool, int], None]:
    """Take it in an async generator."""
    yield is_innermost(sagemock), value


async def first_of(values: AsyncGenerator[Any, None]) -> object:
    """Return the only value."""
    [value] = [value async for value in values]
    return value


RESULTS: list[tuple[Callable[..., Any], Callable[[Any], Any]]] = [
    (plain, lambda result: result),
    (last, lambda result: result),
    (coroutine, asyncio.run),
    (generator, lambda result: next(iter(list(result)))),
    (async_generator, lambda result: asyncio.run(first_of(result))),
]


@pytest.mark.parametrize("function, result", RESULTS, ids=[function.__name__ for function, _ in RESULTS])
def test_each_kind_of_function_gets_its_mock(function: Callable[..., Any], result: Callable[[Any], Any]) -> None:
    """By position or by name, whatever the caller gives by position or by name."""
    decorated = mock_sagemaker(function)
    assert list(inspect.signature(decorated).parameters) == ["value"]
    assert result(decorated(3)) == (True, 3)
    assert result(decorated(value=4)) == (True, 4)


def test_a_mock_that_the_caller_gives_stays() -> None:
    """A helper that is decorated can be called with a mock of the caller's own."""
    mine = mock_sagemaker()
    assert mock_sagemaker(last)(3, sagemock=mine) == (False, 3)


@pytest.mark.parametrize("function", [lambda sagemock, /: sagemock, lambda *sagemock: sagemock, lambda **sagemock: sagemock])
def test_a_parameter_of_another_kind_gets_nothing(function: Callable[..., Any]) -> None:
    """One that has no name, and one that takes any number of arguments, are the function's own."""
    assert str(inspect.signature(mock_sagemaker(function))) == str(inspect.signature(function))


def test_what_has_no_signature_is_decorated() -> None:
    """Some callables that are written in C do not tell what they take."""
    assert mock_sagemaker(vars)({}.__class__) is not None


def test_the_innermost_decorator_gives_its_mock() -> None:
    """The outer one finds the parameter hidden."""

    def latency(sagemock: SageMakerMock) -> object:
        return sagemock.options.latency

    decorated: Callable[[], object] = mock_sagemaker(latency=1)(mock_sagemaker(latency=2)(latency))  # type: ignore[assignment]
    assert decorated() == 2


def test_patches_of_unittest_stand_above_and_below() -> None:
    """`mock.patch` adds positional arguments, and does not know of our parameter."""
    seen: list[object] = []

    def function(sagemock: SageMakerMock, made: object) -> None:
        seen.extend([is_innermost(sagemock), isinstance(made, mock.MagicMock)])

    mock.patch("os.getpid")(mock_sagemaker(function))()
    mock_sagemaker(mock.patch("os.getpid")(function))()
    assert seen == [True, True] * 2


@mock_sagemaker
class TestInAClass:
    """Each test method of a decorated class gets the mock that its set-up shares."""

    def setup_method(self) -> None:
        """Keep the mock of the set-up."""
        self.of_the_set_up = current()

    def test_a_method(self, sagemock: SageMakerMock) -> None:
        """An ordinary one."""
        assert sagemock is self.of_the_set_up is current()

    @staticmethod
    def test_a_static_method(sagemock: SageMakerMock) -> None:
        """One without an instance."""
        assert is_innermost(sagemock)

    @classmethod
    def test_a_class_method(cls, sagemock: SageMakerMock) -> None:
        """One of the class."""
        assert is_innermost(sagemock)

    @pytest.mark.parametrize("value", [1, 2])
    def test_beside_a_parameter(self, sagemock: SageMakerMock, value: int) -> None:
        """With what pytest gives."""
        assert is_innermost(sagemock)
        assert value in (1, 2)


@mock_sagemaker
class TestOfUnittest(unittest.TestCase):
    """unittest gives its methods no argument at all."""

    def setUp(self) -> None:
        """Keep the mock of the set-up."""
        self.of_the_set_up = current()

    def test_a_method(self, sagemock: SageMakerMock) -> None:
        """The mock that the set-up shares."""
        assert sagemock is self.of_the_set_up is current()


@pytest.fixture
@mock_sagemaker(latency=5)
def prepared(sagemock: SageMakerMock) -> Generator[SageMakerMock, None, None]:
    """Give the mock of a decorated fixture."""
    yield sagemock
    assert is_innermost(sagemock)


def test_a_decorated_fixture_gets_its_mock(prepared: SageMakerMock) -> None:
    """There, pytest does not look for a fixture of that name."""
    assert prepared is current()
    assert prepared.options.latency == 5
