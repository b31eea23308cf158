"""Law 8 for pools that are older than the mock."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as FutureTimeout

import pytest

from sagemock import mock_sagemaker
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers

START = "2018-07-30T00:00:00Z"


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Return a pool whose two threads have worked before."""
    with ThreadPoolExecutor(2) as pool:
        both = threading.Barrier(2)
        for begun in [pool.submit(both.wait) for _ in range(2)]:
            begun.result()
        yield pool


@pytest.mark.parametrize("times", range(2))
def test_threads_of_an_older_pool_sleep_in_virtual_time(pool: ThreadPoolExecutor, times: int) -> None:
    """They call no AWS operation; they do so in one mock after another."""
    for _ in range(1 + times):
        with mock_sagemaker(start=START) as sagemaker:
            done = list[tuple[float, float]]()
            begun = {pool.submit(time.sleep, long_s): long_s for long_s in (600, 60)}
            for each in as_completed(begun):
                done.append((begun[each], sagemaker.clock.now().timestamp() - 1_532_908_800))
            assert done == [(60, 60), (600, 600)]


def test_time_does_not_move_before_older_threads_have_begun(pool: ThreadPoolExecutor) -> None:
    """They belong to the mock from the moment the work is submitted."""
    for _ in range(20):
        with mock_sagemaker(start=START) as sagemaker:
            began = pool.submit(sagemaker.clock.now)
            time.sleep(600)
            assert began.result().timestamp() == 1_532_908_800


def test_time_does_not_move_before_an_idle_worker_has_begun() -> None:
    """It was seen idle before, again and again."""
    with mock_sagemaker(start=START) as sagemaker, ThreadPoolExecutor(3) as pool:
        list(pool.map(time.sleep, (1, 2, 3)))
        for round_ in range(1, 21):
            time.sleep(600)
            began = pool.submit(sagemaker.clock.now)
            time.sleep(600)
            assert began.result().timestamp() == 1_532_908_800 + 3 + round_ * 1200 - 600


def test_no_time_passes_while_a_pool_is_shut_down() -> None:
    """Its idle workers were seen idle; now they end, and a thread waits for that."""

    def beat() -> None:
        while not ended.is_set():
            time.sleep(10)

    ended, passed = threading.Event(), list[float]()
    with mock_sagemaker(start=START) as sagemaker:
        heart = threading.Thread(target=beat)
        heart.start()
        for _ in range(20):
            pool = ThreadPoolExecutor(3)
            list(pool.map(time.sleep, (1, 1, 1)))
            time.sleep(60)
            before = sagemaker.clock.now()
            pool.shutdown()
            passed.append((sagemaker.clock.now() - before).total_seconds())
        ended.set()
        heart.join()
    assert passed == [0] * 20


def test_a_worker_that_is_busy_for_other_code_stays_older(pool: ThreadPoolExecutor) -> None:
    """Its sleep is real; afterwards it takes the mock's work."""
    begun, go, naps = threading.Event(), threading.Event(), list[float]()

    def beat() -> None:
        began_s = real.monotonic()
        begun.set()
        go.wait()
        time.sleep(0.02)
        naps.append(real.monotonic() - began_s)

    busy: list[Future[object]] = [pool.submit(beat), pool.submit(go.wait)]
    begun.wait()
    with mock_sagemaker(start=START) as sagemaker:
        mine = pool.submit(time.sleep, 600)
        go.set()
        mine.result()
        for each in busy:
            each.result()
        assert [nap.duration.total_seconds() for nap in sagemaker.sleeps] == [600]
    assert naps[0] >= 0.02


def test_work_that_a_real_time_module_submits_is_real(pool: ThreadPoolExecutor) -> None:
    """As in a thread that the module starts; invalid work gets Python's own error."""
    with mock_sagemaker(start=START, real_time_modules=[__name__]) as sagemaker:
        pool.submit(time.sleep, 0.001).result()
        assert sagemaker.sleeps == []
    with mock_sagemaker(start=START), pytest.raises(TypeError, match="fn"):
        pool.submit()  # type: ignore[call-arg]


def test_the_pool_is_unpatched_after_the_mock(pool: ThreadPoolExecutor) -> None:
    """Its methods are the original ones."""
    before = ThreadPoolExecutor.submit
    with mock_sagemaker():
        assert ThreadPoolExecutor.submit is not before
    assert ThreadPoolExecutor.submit is before
    assert pool.submit(int, "7").result() == 7


def test_the_thread_of_an_older_loop_is_the_mock_s_when_it_is_given_a_coroutine() -> None:
    """As a module's loop in the background is, by `run_coroutine_threadsafe`; not when it is only called."""
    loop, begun = asyncio.SelectorEventLoop(), threading.Event()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    loop.call_soon_threadsafe(begun.set)
    begun.wait()
    try:
        for _ in range(2):
            with mock_sagemaker(start=START) as sagemaker:
                called = threading.Event()
                loop.call_soon_threadsafe(called.set)
                called.wait()
                leader = sagemaker.clock._leader
                assert isinstance(leader, Sleepers)
                assert thread in leader._before
                slept = asyncio.run_coroutine_threadsafe(asyncio.sleep(600, 7), loop)
                assert slept.result(timeout=1000) == 7
                long = asyncio.run_coroutine_threadsafe(asyncio.sleep(600), loop)
                with pytest.raises(FutureTimeout):
                    long.result(timeout=50)
                assert sagemaker.clock.now().timestamp() == 1_532_908_800 + 650
                long.cancel()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
