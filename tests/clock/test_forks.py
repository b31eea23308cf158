"""A fork inside a mock: the child has one thread and its own copy of the world."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sagemock.clock import forks as module
from sagemock.clock import linux
from sagemock.clock.forks import Forks
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock
from sagemock.patches.tasks import VirtualTasks
from tests.support import children

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")

COMMON = """
import asyncio, os, sys, threading, time, warnings
from concurrent.futures import ThreadPoolExecutor
from sagemock import mock_sagemaker
from sagemock.clock.real import real
from tests.support.calling import create, describe, make_client
from tests.support.waiting import eventually

warnings.simplefilter("ignore", DeprecationWarning)


def busy(seconds):
    end = real.monotonic() + seconds
    while real.monotonic() < end:
        pass


def child():
    '''Compute while a thread sleeps: no time passes; then let it.'''
    before = sagemaker.clock.now()
    thread = threading.Thread(target=time.sleep, args=(3600,))
    thread.start()
    busy(0.2)
    assert sagemaker.clock.now() == before, "time ran away"
    thread.join()
    assert (sagemaker.clock.now() - before).total_seconds() == 3600
    create(client, "of-the-child")
    time.sleep(60)
    asyncio.run(asyncio.sleep(60))
    assert describe(client, "of-the-child")["SecondaryStatus"] != "Pending"


def fork(after=lambda: os._exit(0)):
    pid = os.fork()
    if pid == 0:
        try:
            child()
            after()
        except Exception:
            import traceback
            traceback.print_exc()
            os._exit(1)
    return pid


def ended(pid):
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) in (0, 3), "the child failed"


client = make_client()
with mock_sagemaker(idle_limit=None) as sagemaker:
    create(client)
"""
AFTER = """
    at = sagemaker.clock.now()
    time.sleep(60)
    assert (sagemaker.clock.now() - at).total_seconds() == 60
    assert list(sagemaker.jobs) == ["churn"]
print("well")
"""
WAYS = {
    "alone": """
    ended(fork())
    """,
    "and leaves by sys.exit": """
    ended(fork(lambda: sys.exit(3)))
    """,
    "beside threads that sleep": """
    over = []
    def watch(seconds):
        while not over:
            time.sleep(seconds)
    with ThreadPoolExecutor(3) as pool:
        watching = [pool.submit(watch, 60 + number) for number in range(3)]
        for _ in range(3):
            time.sleep(100)
            ended(fork())
        over.append(1)
    """,
    "from a worker": """
    with ThreadPoolExecutor(2) as pool:
        sleeping = pool.submit(time.sleep, 7200)
        ended(pool.submit(fork).result())
    """,
    "in a loop": """
    async def main():
        sleeping = asyncio.create_task(asyncio.sleep(3600))
        await asyncio.sleep(1)
        ended(fork())
        await sleeping
    asyncio.run(main())
    """,
    "in a handler of events": """
    def handle(event):
        if not pids:
            pids.append(0)
            pids.append(fork())
    pids = []
    sagemaker.on_event(handle)
    time.sleep(600)
    ended(pids[1])
    """,
}


@pytest.mark.parametrize("way", WAYS)
def test_time_and_jobs_of_a_child_are_its_own(way: str) -> None:
    """The child does not wait for the parent's threads."""
    code = COMMON + WAYS[way] + AFTER
    assert children.run(code) == ("well\n", "")


# The handlers of a fork are called in this process, because coverage does not measure a forked child.


class Listener:
    """An object to call in the child."""

    times = 0

    def forked(self) -> None:
        """Count the calls."""
        self.times += 1


def test_a_fork_holds_all_locks_and_the_child_has_them_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that another thread does not release is given up after a while; locks of the forking thread stay held."""
    forks, listener = Forks(), Listener()
    forks.tell(listener)
    free, mine, other = (forks.lock() for _ in range(3))
    with mine:
        forks.before()
        assert not _can_take(free)
        forks.after_in_parent()
        assert _can_take(free)
        assert not _can_take(mine)
        forks.before()
        forks.after_in_child()
        assert _can_take(free)
        assert not _can_take(mine)
    assert listener.times == 1
    monkeypatch.setattr(module, "_TRIES", 2)
    with _held_elsewhere(other, release=False):
        forks.before()
        assert _can_take(free)
        assert not _can_take(other)
        forks.after_in_parent()
        forks.after_in_child()
        assert _can_take(other)


def test_a_fork_waits_for_a_thread_that_is_about_to_release_its_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """That thread may be in the middle of a change."""
    forks = Forks()
    locks = [forks.lock(), forks.lock()]
    slept: list[float] = []
    with _held_elsewhere(locks[1], release=True) as go:

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            go()

        monkeypatch.setattr(real, "sleep", sleep)
        forks.before()
    assert len(slept) == 1
    assert not any(map(_can_take, locks))
    forks.after_in_parent()


@contextmanager
def _held_elsewhere(lock: Any, *, release: bool) -> Iterator[Callable[[], None]]:
    """Let another thread hold a lock within the block; yield a function that ends the thread."""
    there, go = threading.Event(), threading.Event()

    def hold() -> None:
        lock.acquire()
        there.set()
        go.wait()
        if release:
            lock.release()

    def end() -> None:
        go.set()
        thread.join()

    thread = threading.Thread(target=hold)
    thread.start()
    there.wait()
    try:
        yield end
    finally:
        end()


def _can_take(lock: Any) -> bool:
    """Return whether another thread can take the lock."""
    found: list[bool] = []

    def take() -> None:
        found.append(lock.acquire(blocking=False))
        if found[0]:
            lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return found[0]


def test_sleepers_of_a_child_are_those_of_its_thread() -> None:
    """A thread may fork during a sleep, from an event handler."""
    sleepers, me = Sleepers(Clock("2018-07-30T12:00:00Z"), set()), threading.current_thread()
    mine, other = (sleepers.sleeper(10, lambda: None) for _ in range(2))
    other.thread = threading.Thread()
    for one in (mine, other):
        sleepers.begin_sleep(one)
    stillness = sleepers._holds.stillness
    sleepers._driver, sleepers._mover = other, me
    sleepers.forked()
    assert list(sleepers.table) == [mine]
    assert sleepers._mover is me
    assert vars(sleepers)["_driver"] is None
    assert sleepers._holds.stillness is not stillness
    sleepers._mover = other.thread
    sleepers.forked()
    assert sleepers._mover is None


def test_a_child_wakes_none_of_its_parents_loops() -> None:
    """Parent and child share the pipe that wakes a loop."""
    tasks = VirtualTasks(lambda: None)
    loop = asyncio.new_event_loop()
    tasks.alarms_of(loop, Sleepers(Clock(), set())).asleep = 1
    tasks.forked()
    tasks.close()
    assert "_ready" not in vars(loop) or not vars(loop)["_ready"]
    loop.close()


def test_the_child_knows_the_new_native_id_of_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fork `threading` still has the id from the parent."""
    thread = threading.current_thread()
    assert linux.native_id(thread) == thread.native_id
    monkeypatch.setattr(linux, "_FORKED", type(linux._FORKED)())
    monkeypatch.setattr(threading, "get_native_id", lambda: 7)
    linux._note_fork()
    assert linux.native_id(thread) == 7
    assert linux.native_id(threading.Thread()) is None
