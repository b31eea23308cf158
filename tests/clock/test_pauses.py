"""Blocks in which one thread or task waits in real time."""

import asyncio
import contextvars
import os
import threading
import time

import pytest

from sagemock import UsageError, mock_sagemaker
from sagemock.clock.pauses import Pauses
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock
from tests.support.waiting import eventually

START = "2018-07-30T00:00:00Z"
START_S = 1_532_908_800


def test_waits_inside_the_block_are_real() -> None:
    """Sleeps, which are not recorded, and waits with a timeout."""
    with mock_sagemaker(start=START) as sagemaker:
        began_s = real.monotonic()
        with sagemaker.clock.paused(), sagemaker.clock.paused():
            time.sleep(0.02)
            assert not threading.Event().wait(0.02)
        assert real.monotonic() - began_s >= 0.04
        assert (len(sagemaker.sleeps), time.time()) == (0, START_S)
        time.sleep(60)
        assert time.time() == START_S + 60


def test_other_sleepers_wait_for_the_end_of_the_block() -> None:
    """An explicit advance passes all the same."""
    woken: list[float] = []
    with mock_sagemaker(start=START) as sagemaker:

        def sleep() -> None:
            time.sleep(60)
            woken.append(time.time())

        beside = threading.Thread(target=sleep)
        with sagemaker.clock.paused():
            beside.start()
            eventually(lambda: sagemaker.sleeps)
            time.sleep(0.05)
            assert woken == []
            sagemaker.clock.advance(10)
            assert time.time() == START_S + 10
        beside.join()
    assert woken == [START_S + 60]


def test_the_block_belongs_to_one_task() -> None:
    """Another task of the loop sleeps in virtual time, and so does this one after the block."""

    async def both() -> tuple[float, float]:
        beside = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        with sagemaker.clock.paused():
            await asyncio.sleep(0.05)
            at_s = time.time()
        await beside
        return at_s, time.time()

    with mock_sagemaker(start=START) as sagemaker:
        assert asyncio.run(both()) == (START_S, START_S + 60)


def test_an_error_ends_the_block() -> None:
    """A task that was started inside has a copy of the context; its block ends too."""

    async def fail(tasks: list[asyncio.Task[None]]) -> None:
        with sagemaker.clock.paused():
            tasks.append(asyncio.create_task(asyncio.sleep(60)))
            raise ZeroDivisionError

    async def sleep() -> None:
        tasks: list[asyncio.Task[None]] = []
        with pytest.raises(ZeroDivisionError):
            await fail(tasks)
        await tasks[0]

    with mock_sagemaker(start=START) as sagemaker:
        asyncio.run(sleep())
        assert time.time() == START_S + 60
        clock = sagemaker.clock
    with pytest.raises(UsageError, match="this mock is over"), clock.paused():
        pass  # pragma: no cover  # the error comes first


def test_after_a_fork_only_the_forking_threads_block_is_open() -> None:
    """The steps of a child, done in this process; blocks of other threads are gone."""
    sleepers = Sleepers(Clock(START), set())
    with sleepers.pauses.block():
        sleepers.forked()
        assert sleepers.pauses.is_any
        context = contextvars.Context()
        context.run(sleepers.forked)
        assert not sleepers.pauses.is_any


def test_a_clock_without_sleepers_has_no_pauses() -> None:
    """Asking it is allowed."""
    with Clock(START_S).paused():
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only Unix forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_in_a_child_only_its_own_threads_block_goes_on() -> None:
    """The other threads do not exist there."""
    with mock_sagemaker(start=START) as sagemaker:
        inside, over = threading.Event(), threading.Event()

        def pause() -> None:
            with sagemaker.clock.paused():
                inside.set()
                over.wait()

        pauses = sagemaker.clock._leader.pauses  # type: ignore[union-attr]  # a mock leads its clock
        assert isinstance(pauses, Pauses)
        other = threading.Thread(target=pause)
        other.start()
        inside.wait()
        pid = os.fork()
        if not pid:  # pragma: no cover  # runs in the child
            os._exit(int(pauses.is_any))
        assert os.waitpid(pid, 0)[1] == 0
        assert pauses.is_any
        with sagemaker.clock.paused():
            pid = os.fork()
            if not pid:  # pragma: no cover  # runs in the child
                os._exit(int(not pauses.is_any))
            assert os.waitpid(pid, 0)[1] == 0
        over.set()
        other.join()
        assert not pauses.is_any
