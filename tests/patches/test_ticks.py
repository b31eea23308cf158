"""Law 8: a thread or task that only ticks is woken at each instant for a while, and then at most once per move."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.patches import ticks
from sagemock.patches.ticks import Ticks
from tests.laws.test_asyncio import OpaqueLoop, new_uvloop
from tests.support.waiting import eventually

START_S = 1_532_908_800


@contextmanager
def five_hours_beside(serve: Callable[[], None]) -> Iterator[SageMakerMock]:
    """Sleep five hours in a mock beside a thread that runs `serve`; after the block, wait for the thread."""
    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        thread = threading.Thread(target=serve)
        thread.start()
        eventually(lambda: sagemaker.sleeps)
        for _ in range(5):
            time.sleep(3600)
        yield sagemaker
        thread.join()


def test_a_call_to_aws_restarts_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that polls a job is never a ticker."""
    monkeypatch.setattr(ticks, "_TICKS", 2)
    one = Ticks()
    assert [one.is_one_more(calls) for calls in (0, 0, 0, 0, 1, 1, 1)] == [False, False, True, True, False, False, True]


def test_an_event_counts_as_some_timers_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sets timers for each request is no ticker; a loop that ticks and is called now and then is one."""
    monkeypatch.setattr(ticks, "_TICKS", 300)
    one = Ticks()
    one.times = 250
    one.had_event()
    one.times += 149
    assert not one.is_one(0)
    one.times += 1
    assert one.is_one(0)
    for _ in range(4):
        one.had_event()
    assert one.times == 0


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, OpaqueLoop], ids=["asyncio", "opaque"])
def test_a_ticking_task_is_woken_at_most_once_per_move(
    new_loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server's loop that looks around every tenth of a second does not split an hour into 36,000 steps."""
    monkeypatch.setattr(ticks, "_TICKS", 10)
    stop, ticked = threading.Event(), list[float]()

    async def tick() -> None:
        while not stop.is_set():
            ticked.append(round(time.time() - START_S, 3))
            await asyncio.sleep(0.1)

    def serve() -> None:
        loop = new_loop()
        loop.run_until_complete(tick())
        loop.close()

    with five_hours_beside(serve) as sagemaker:
        stop.set()
        sagemaker.clock.advance(1)
    assert ticked[:11] == [round(number / 10, 3) for number in range(11)]
    assert len(ticked) < 20


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, new_uvloop], ids=["asyncio", "uvloop"])
def test_ticking_timers_beside_a_task_that_sleeps_are_woken_at_most_once_per_move(
    new_loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in tornado, whose periodic callbacks are timers. The task still wakes at its instant."""
    monkeypatch.setattr(ticks, "_TICKS", 10)
    ticked = list[float]()

    async def sleep() -> float:
        tick()
        await asyncio.sleep(9000)
        return time.time() - START_S

    def tick() -> None:
        ticked.append(round(time.time() - START_S, 3))
        loop.call_later(0.1, tick)

    def serve() -> None:
        woke.append(loop.run_until_complete(sleep()))
        loop.close()

    woke, loop = list[float](), new_loop()
    with five_hours_beside(serve):
        pass
    assert woke == [9000]
    assert ticked[:11] == [round(number / 10, 3) for number in range(11)]
    assert len(ticked) < 20


def test_the_thread_that_entered_the_mock_is_not_a_ticker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test itself may count its own sleeps."""
    monkeypatch.setattr(ticks, "_TICKS", 10)
    seen = list[float]()

    async def count() -> None:
        beside = asyncio.create_task(asyncio.sleep(3600))
        while not beside.done():
            await asyncio.sleep(60)
            seen.append(time.time() - START_S)

    with mock_sagemaker(start="2018-07-30T00:00:00Z"):
        thread = threading.Thread(target=time.sleep, args=(7200,))
        thread.start()
        asyncio.run(count())
        thread.join()
    assert seen == [60.0 * number for number in range(1, 61)]


@pytest.mark.parametrize("way", ["forgotten", "kept in a set", "gathered", "in a future of its own"])
def test_a_task_of_the_tests_own_loop_is_a_ticker_unless_it_is_awaited(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """A heartbeat beside a thread that polls does not split two hours into steps; what the test waits for is exact."""
    monkeypatch.setattr(ticks, "_TICKS", 10)
    ticked, kept = list[float](), set[asyncio.Task[None]]()

    async def beat() -> None:
        for _ in range(100):
            await asyncio.sleep(60)
            ticked.append(time.time() - START_S)

    async def run() -> None:
        task = asyncio.create_task(beat())
        if way == "kept in a set":
            kept.add(task)
            task.add_done_callback(kept.discard)
        elif way == "in a future of its own":
            task.add_done_callback(lambda _: None)
        work = asyncio.to_thread(time.sleep, 7200)
        await (asyncio.gather(task, work) if way == "gathered" else work)
        task.cancel()

    with mock_sagemaker(start="2018-07-30T00:00:00Z"):
        asyncio.run(run())
    if way in {"forgotten", "kept in a set"}:
        assert ticked[:10] == [60.0 * number for number in range(1, 11)]
        assert len(ticked) < 20
    else:
        assert ticked == [60.0 * number for number in range(1, 101 if way == "gathered" else len(ticked) + 1)]
        assert len(ticked) >= 100
