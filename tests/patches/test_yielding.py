"""Tasks that yield forever beside sleepers, on each kind of event loop, through the mock (laws 7 and 9)."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest

from sagemock import NothingWillHappen, SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from sagemock.patches.yielding import _place
from tests.laws.test_asyncio import Run, client, run, sagemaker
from tests.laws.test_threads import seconds

__all__ = ["client", "run", "sagemaker"]

Until = Callable[[Callable[[], bool]], Awaitable[None]]


class Bare:
    """An awaitable that only yields."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def by_sleep(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110  # as in code under test
        await asyncio.sleep(0)


async def by_await(done: Callable[[], bool]) -> None:
    while not done():
        await Bare()


async def by_callbacks(done: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.create_future()

    def again() -> None:
        if done():
            ends.set_result(None)
        else:
            loop.call_soon(lambda: again())  # noqa: PLW0108  # a new closure each time

    again()
    await ends


YIELDS = pytest.mark.parametrize("until", [by_sleep, by_await, by_callbacks])


@YIELDS
def test_a_task_that_only_yields_waits_for_sleeping_tasks(run: Run, sagemaker: SageMakerMock, until: Until) -> None:
    """Each sleeper wakes at its instant, and a task that goes on there is waited for: a few yields do not count."""
    woke = list[float]()

    async def sleep(interval_s: float) -> None:
        for _ in range(3):
            await asyncio.sleep(interval_s)
            at_s = seconds(sagemaker)
            for _ in range(5):
                await asyncio.sleep(0)
            assert seconds(sagemaker) == at_s
            woke.append(at_s)

    async def main() -> None:
        await asyncio.gather(sleep(60), sleep(90), until(lambda: len(woke) == 6), until(lambda: len(woke) == 6))

    run(main())
    assert woke == [60, 90, 120, 180, 180, 270]


@YIELDS
def test_a_task_that_only_yields_waits_for_sleeping_threads(run: Run, sagemaker: SageMakerMock, until: Until) -> None:
    """Even if no task sleeps."""
    woke = list[float]()

    def sleep() -> None:
        for _ in range(2):
            time.sleep(60)
            woke.append(seconds(sagemaker))

    async def main() -> None:
        thread = threading.Thread(target=sleep)
        thread.start()
        await until(lambda: len(woke) == 2)
        thread.join()

    run(main())
    assert woke == [60, 120]


def test_a_yielding_loop_in_another_thread_waits_too(sagemaker: SageMakerMock) -> None:
    """The thread that entered the mock waits for it; debug mode makes no difference."""
    woke = list[float]()

    async def sleep() -> None:
        await asyncio.sleep(60)
        woke.append(seconds(sagemaker))

    async def main() -> None:
        await asyncio.gather(sleep(), by_sleep(lambda: bool(woke)))

    thread = threading.Thread(target=lambda: asyncio.run(main(), debug=True))
    thread.start()
    thread.join()
    assert woke == [60]


def test_a_task_that_only_yields_does_not_overtake_a_computing_thread(run: Run, sagemaker: SageMakerMock) -> None:
    """The thread holds time while it works."""
    done = list[float]()

    def compute() -> None:
        ends_s = real.monotonic() + 0.6
        while real.monotonic() < ends_s:
            pass
        done.append(seconds(sagemaker))

    async def main() -> None:
        asleep = asyncio.create_task(asyncio.sleep(60))
        computing = asyncio.get_running_loop().run_in_executor(None, compute)
        await by_sleep(computing.done)
        await by_sleep(asleep.done)

    run(main())
    assert done == [0]
    assert seconds(sagemaker) == 60


def test_tasks_that_poll_with_zero_timeouts_wait_too(run: Run, sagemaker: SageMakerMock) -> None:
    """They never let the loop rest, although each time something wakes them."""

    async def main() -> None:
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asleep = asyncio.create_task(asyncio.sleep(60))
        while not asleep.done():
            await asyncio.wait({never}, timeout=0)

    run(main())
    assert seconds(sagemaker) == 60


@pytest.fixture
def fast_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed up real time, so that five seconds pass soon."""
    monkeypatch.setattr("sagemock.patches.yielding.STALLED_S", 0.3)


@pytest.mark.usefixtures("fast_real_time")
def test_without_a_sleeper_yielding_forever_is_an_error(run: Run, sagemaker: SageMakerMock, client: Any) -> None:
    """The error names the place. Code that never called SageMaker waits for something else."""
    client.list_training_jobs()
    line = by_sleep.__code__.co_firstlineno + 2
    place = f"{__file__}:{line}"
    with pytest.raises(NothingWillHappen, match=rf"yet tasks have only yielded, for 0\.3 real seconds, at {place}.* since\."):
        run(by_sleep(lambda: False))
    assert seconds(sagemaker) == 0.1


@pytest.mark.usefixtures("fast_real_time")
@pytest.mark.parametrize("why", ["the test allows it", "SageMaker was never asked", "a child process works", "a thread works"])
def test_yielding_goes_on_while_something_may_still_come(client: Any, why: str) -> None:
    """For half a second, which is more than the limit."""
    ends = threading.Event()

    async def main() -> None:
        began_s = real.monotonic()
        await by_sleep(lambda: real.monotonic() - began_s > 0.6)

    def compute() -> None:
        while not ends.is_set():
            pass

    with mock_sagemaker(idle_limit=None if why == "the test allows it" else 3600):
        if why != "SageMaker was never asked":
            client.list_training_jobs()
        if why == "a child process works":
            with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE):
                asyncio.run(main())
        elif why == "a thread works":
            thread = threading.Thread(target=compute)
            thread.start()
            asyncio.run(main())
            ends.set()
            thread.join()
        else:
            asyncio.run(main())


def test_the_place_of_a_loop_is_named() -> None:
    """A task has its line, a callback the start of its code, and C code its name."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(by_sleep(lambda: True))
    assert _place(task) == f"{__file__}:{by_sleep.__code__.co_firstlineno}"
    loop.run_until_complete(task)
    loop.close()
    assert _place(task) == repr(task)
    assert _place(by_sleep.__code__) == f"{__file__}:{by_sleep.__code__.co_firstlineno}"
    assert _place("partial") == "'partial'"
