"""Law 7 for an event loop that waits for a child process to call it, or to send a signal."""

import asyncio
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime

import pytest

from sagemock import Clock, mock_sagemaker
from tests.laws.test_asyncio import OpaqueLoop
from tests.support.waiting import sleeping_beside

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which processes are this one's children")


async def with_a_timeout(event: asyncio.Event, clock: Clock) -> datetime:
    """Wait, and nothing else happens in the loop. Return when the wait ended."""
    await asyncio.wait_for(event.wait(), 600)
    return clock.now()


async def beside_a_task(event: asyncio.Event, clock: Clock) -> datetime:
    """Wait beside a task that sleeps."""
    beside = asyncio.create_task(asyncio.sleep(3600))
    await event.wait()
    beside.cancel()
    return clock.now()


async def beside_a_thread(event: asyncio.Event, clock: Clock) -> datetime:
    """Wait in a loop that has no timer, beside a thread that sleeps."""
    with sleeping_beside():
        await event.wait()
        return clock.now()


Wait = Callable[[asyncio.Event, Clock], Awaitable[datetime]]
WAITS = pytest.mark.parametrize("wait", [with_a_timeout, beside_a_task, beside_a_thread])


CALL = """
import socket, sys, time
time.sleep(0.1)
calling = socket.create_connection((sys.argv[1], int(sys.argv[2])))
calling.send(b"1")
calling.recv(1)
"""


def calling(host: str, port: int) -> subprocess.Popen[bytes]:
    """Start a child process that calls a server in a moment."""
    return subprocess.Popen([sys.executable, "-S", "-c", CALL, host, str(port)])  # noqa: S603  # our own interpreter


@pytest.mark.parametrize("sleeps_s", [0, 60])
@WAITS
def test_a_call_of_a_child_comes_before_virtual_time(loop: asyncio.AbstractEventLoop, wait: Wait, sleeps_s: float) -> None:
    """The child, which the loop does not know, calls a server of the loop, whose handler may sleep virtually first."""

    async def called(clock: Clock) -> datetime:
        event = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            await asyncio.sleep(sleeps_s)
            writer.write(b"2")
            await writer.drain()
            writer.close()
            event.set()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            child = calling(*server.sockets[0].getsockname())
            ended = await wait(event, clock)
        child.wait()
        return ended

    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        assert loop.run_until_complete(called(sagemaker.clock)).timestamp() == 1_532_908_800 + sleeps_s


async def told(loop: asyncio.AbstractEventLoop, wait: Wait, clock: Clock) -> datetime:
    """Wait for what the loop's handler of a child's signal sets. Return when the wait ended."""
    event = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, event.set)
    child = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -USR1 {os.getpid()}"])  # noqa: S603, S607, ASYNC220  # ours
    ended = await wait(event, clock)
    loop.remove_signal_handler(signal.SIGUSR1)
    child.wait()
    return ended


@WAITS
def test_a_signal_of_a_child_comes_before_virtual_time(loop: asyncio.AbstractEventLoop, wait: Wait) -> None:
    """Neither a timeout, nor a task or a thread that sleeps comes before it."""
    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        assert loop.run_until_complete(told(loop, wait, sagemaker.clock)).timestamp() == 1_532_908_800


def test_a_signal_of_a_child_comes_before_the_tasks_of_a_loop_that_hides_its_selector() -> None:
    """As of any other loop."""
    with closing(OpaqueLoop()) as loop, mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        assert loop.run_until_complete(told(loop, beside_a_task, sagemaker.clock)).timestamp() == 1_532_908_800


@WAITS
def test_a_loop_waits_for_no_child_without_a_server_and_a_handler(loop: asyncio.AbstractEventLoop, wait: Wait) -> None:
    """A child that lives beside, whose age would hold time, can tell nothing."""

    async def elapse(clock: Clock) -> datetime:
        event = asyncio.Event()

        def wake() -> None:
            time.sleep(30)
            loop.call_soon_threadsafe(event.set)

        waker = threading.Thread(target=wake)
        waker.start()
        ended = await wait(event, clock)
        waker.join()
        return ended

    with (
        subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child,
        mock_sagemaker(start="2018-07-30T00:00:00Z", patience=60) as sagemaker,
    ):
        assert loop.run_until_complete(elapse(sagemaker.clock)).timestamp() == 1_532_908_830
        assert sagemaker.clock.forced_moves == ()
        child.communicate(b"\n")


def test_a_loop_in_another_thread_waits_for_no_call_of_a_child() -> None:
    """It serves for as long as it runs, whether or not somebody waits for a call."""
    loops, over = queue.Queue[asyncio.AbstractEventLoop](), asyncio.Event()

    async def serve() -> None:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0):
            loops.put(asyncio.get_running_loop())
            await over.wait()

    with mock_sagemaker(start="2018-07-30T00:00:00Z", patience=60) as sagemaker:
        ran = threading.Thread(target=asyncio.run, args=(serve(),))
        ran.start()
        running = loops.get()
        with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
            time.sleep(600)
            child.communicate(b"\n")
        running.call_soon_threadsafe(over.set)
        ran.join()
        assert sagemaker.clock.forced_moves == ()
