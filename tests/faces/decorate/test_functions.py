"""Decorated functions: when their mock starts and stops, and that generators behave as without it."""

import asyncio
import gc
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagemock.errors import UnusedError
from sagemock.faces.decorate.target import decorate
from tests.support.fake_mock import Journal


@pytest.fixture
def journal() -> Iterator[Journal]:
    """Return a journal; check that no mock of it stays active."""
    journal = Journal()
    yield journal
    assert journal.active == []


def raising(error: BaseException) -> Callable[..., NoReturn]:
    """Return a function that raises `error`."""

    def target() -> NoReturn:
        raise error

    return target


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3), GeneratorExit(), StopIteration()], ids=repr
)
def test_an_exception_passes_and_is_not_a_clean_exit(journal: Journal, error: BaseException) -> None:
    """The caller gets the exception of the body, and the mock stops as after a failure."""
    with pytest.raises(type(error)) as caught:
        decorate(raising(error), journal.new)()
    assert caught.value is error
    assert journal.story == ["unclean"]


def test_a_failing_body_does_not_report_unused_plans(journal: Journal) -> None:
    """Its own error is the only one."""

    @lambda target: decorate(target, journal.new)
    def target() -> None:
        journal.innermost.plan("churn-*")
        raise ValueError

    with pytest.raises(ValueError, match="^$"):
        target()


def test_an_unused_plan_fails_the_call(journal: Journal) -> None:
    """A call that returns, but leaves a plan unused, raises UnusedError."""
    with pytest.raises(UnusedError, match=r"^nothing used the plan churn-\*$"):
        decorate(lambda: journal.innermost.plan("churn-*"), journal.new)()


def test_if_the_mock_cannot_start_the_function_is_not_called(journal: Journal) -> None:
    """The caller gets the error of `start`."""
    journal.start_error = RuntimeError("no start")
    with pytest.raises(RuntimeError, match="^no start$"):
        decorate(raising(AssertionError()), journal.new)()
    assert journal.story == ["not started"]


def test_an_error_of_stop_keeps_the_first_error_as_context(journal: Journal) -> None:
    """Both errors are visible."""
    journal.stop_error = RuntimeError("no stop")
    error = ValueError("mine")
    with pytest.raises(RuntimeError, match="^no stop$") as caught:
        decorate(raising(error), journal.new)()
    assert caught.value.__context__ is error


def test_recursion_nests_mocks(journal: Journal) -> None:
    """Each depth of a recursive function has its own mock."""

    @lambda target: decorate(target, journal.new)
    def target(depth: int) -> list[list[int]]:
        numbers = [mock.number for mock in journal.active]
        return [numbers, *(target(depth - 1) if depth else []), [mock.number for mock in journal.active]]

    assert target(2) == [[1], [1, 2], [1, 2, 3], [1, 2, 3], [1, 2], [1]]


def test_two_threads_have_two_mocks(journal: Journal) -> None:
    """Two calls at one time do not share a mock."""
    both = threading.Barrier(2)

    @lambda target: decorate(target, journal.new)
    def target() -> int:
        both.wait(10)
        active = len(journal.active)
        both.wait(10)
        return active

    with ThreadPoolExecutor(2) as pool:
        assert [call.result() for call in [pool.submit(target), pool.submit(target)]] == [2, 2]
    assert journal.story == ["clean", "clean"]


def test_a_coroutine_that_is_never_awaited_starts_nothing(journal: Journal) -> None:
    """The mock starts when the coroutine runs, not when it is made."""

    @lambda target: decorate(target, journal.new)
    async def target() -> int:
        return journal.innermost.number

    coroutine = target()
    assert journal.made == []
    assert asyncio.run(coroutine) == 1
    target().close()
    assert journal.story == ["clean"]


def test_a_cancelled_coroutine_stops_its_mock(journal: Journal) -> None:
    """A cancellation is an exception like others."""

    @lambda target: decorate(target, journal.new)
    async def target() -> None:
        await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.ensure_future(target())
        await asyncio.sleep(0)
        assert journal.story == ["active"]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert journal.story == ["unclean"]


# -- generators


def test_a_generator_that_is_not_started_starts_nothing(journal: Journal) -> None:
    """Its mock lasts from the first `next` to its end."""

    @lambda target: decorate(target, journal.new)
    def target() -> Iterator[int]:
        yield journal.innermost.number

    target().close()
    generator = target()
    assert journal.made == []
    assert next(generator) == 1
    assert journal.story == ["active"]
    with pytest.raises(StopIteration):
        next(generator)
    assert journal.story == ["clean"]


def test_a_dropped_generator_stops_its_mock(journal: Journal) -> None:
    """The garbage collector closes it. That is not a clean exit, because nothing could catch an UnusedError."""
    seen = []

    @lambda target: decorate(target, journal.new)
    def target() -> Iterator[None]:
        journal.innermost.plan("churn-*")
        try:
            yield
        finally:
            seen.append(journal.story)

    generator = target()
    next(generator)
    del generator
    gc.collect()
    assert seen == [["active"]]
    assert journal.story == ["unclean"]


def test_a_dropped_async_generator_stops_its_mock(journal: Journal) -> None:
    """The event loop closes it, inside its mock."""
    seen = []

    @lambda target: decorate(target, journal.new)
    async def target() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await asyncio.sleep(0)
            seen.append(journal.story)

    async def drop() -> None:
        generator = target()
        await generator.__anext__()
        del generator
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert journal.story == ["unclean"]

    asyncio.run(drop())
    assert seen == [["active"]]


def test_an_async_generator_that_is_not_started_starts_nothing(journal: Journal) -> None:
    """Closing it before its start starts nothing either."""

    @lambda target: decorate(target, journal.new)
    async def target() -> AsyncGenerator[None, None]:
        yield  # pragma: no cover  # never started

    asyncio.run(target().aclose())
    assert journal.made == []


class Odd(Exception):  # noqa: N818  # not an error
    """An exception that the tests throw into generators."""


def echo() -> Generator[Any, Any, str]:
    """Yield what is sent, and what is thrown; end at None, fail at 'fail'."""
    received: Any = "start"
    while received is not None:
        try:
            received = yield received
        except Odd as error:
            received = ("caught", str(error))
        if received == "fail":
            raise LookupError(received)
    return "end"


async def async_echo() -> AsyncGenerator[Any, Any]:
    """Do the same as `echo`."""
    received: Any = "start"
    while received is not None:
        await asyncio.sleep(0)
        try:
            received = yield received
        except Odd as error:
            received = ("caught", str(error))
        if received == "fail":
            raise LookupError(received)


Step = tuple[str, Any]
STEPS = st.one_of(
    st.just(("next", None)),
    st.tuples(st.just("send"), st.sampled_from([None, 1, "a", "fail"])),
    st.tuples(
        st.just("throw"), st.sampled_from([Odd("x"), KeyError("y"), GeneratorExit(), StopIteration("z"), StopAsyncIteration()])
    ),
    st.just(("close", None)),
)


def drive(generator: Generator[Any, Any, Any], steps: list[Step]) -> list[Any]:
    """Return the answer of a generator to each step: a value, or the type and text of an exception."""
    answers: list[Any] = []
    for action, argument in steps:
        try:
            if action == "next":
                answers.append(next(generator))
            elif action == "close":
                answers.append(generator.close())  # type: ignore[func-returns-value]
            else:
                answers.append(getattr(generator, action)(argument))
        except BaseException as error:  # noqa: BLE001  # any exception is an answer
            answers.append((type(error), str(error)))
    return answers


async def drive_async(generator: AsyncGenerator[Any, Any], steps: list[Step]) -> list[Any]:
    """Do the same as `drive`."""
    answers: list[Any] = []
    for action, argument in steps:
        try:
            if action == "next":
                answers.append(await generator.__anext__())
            elif action == "close":
                answers.append(await generator.aclose())  # type: ignore[func-returns-value]
            else:
                answers.append(await getattr(generator, f"a{action}")(argument))
        except BaseException as error:  # noqa: BLE001  # any exception is an answer
            answers.append((type(error), str(error)))
    return answers


# Six steps reach each state of the echo (start, waiting, ended) from each other one; the examples reach all of its lines.
@given(st.lists(STEPS, max_size=6))
@example([("next", None), ("throw", Odd("x")), ("send", "fail"), ("next", None)])
@example([("next", None), ("send", 1), ("send", None)])
@example([("next", None), ("close", None), ("next", None)])
def test_a_decorated_generator_answers_like_the_bare_one(steps: list[Step]) -> None:
    """next, send, throw and close reach it; values, return value and errors come back."""
    journal = Journal()
    decorated = decorate(echo, journal.new)()
    assert drive(decorated, steps) == drive(echo(), steps)
    decorated.close()
    assert journal.active == []


@given(st.lists(STEPS, max_size=6))
@example([("next", None), ("throw", Odd("x")), ("send", "fail"), ("next", None)])
@example([("next", None), ("send", 1), ("send", None)])
@example([("next", None), ("close", None), ("next", None)])
def test_a_decorated_async_generator_answers_like_the_bare_one(steps: list[Step]) -> None:
    """__anext__, asend, athrow and aclose reach it; values and errors come back."""
    journal = Journal()

    async def both() -> tuple[list[Any], list[Any]]:
        decorated, bare = decorate(async_echo, journal.new)(), async_echo()
        answers = await drive_async(decorated, steps), await drive_async(bare, steps)
        await decorated.aclose()
        await bare.aclose()
        return answers

    answers = asyncio.run(both())
    assert answers[0] == answers[1]
    assert journal.active == []


def test_a_generator_that_refuses_to_close_still_stops_its_mock(journal: Journal) -> None:
    """Python raises its RuntimeError, and the mock is over, since no later call could stop it."""

    @lambda target: decorate(target, journal.new)
    def target() -> Generator[str, None, None]:
        try:
            yield "one"
        except GeneratorExit:
            yield "two"

    @lambda target: decorate(target, journal.new)
    async def async_target() -> AsyncGenerator[str, None]:
        try:
            yield "one"
        except GeneratorExit:
            yield "two"

    steps = [("next", None), ("close", None)]
    assert drive(target(), steps) == ["one", (RuntimeError, "generator ignored GeneratorExit")]
    assert asyncio.run(drive_async(async_target(), steps)) == ["one", (RuntimeError, "async generator ignored GeneratorExit")]
    assert journal.story == ["unclean", "unclean"]
