"""By real threads and the real kernel: what is looked at here, only Linux tells."""

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from sagemock.clock import linux, waits
from sagemock.clock.real import real
from sagemock.clock.stillness import Ended, Stillness
from sagemock.clock.waits import Work, has_nothing_to_do
from sagemock.patches.sleep import VirtualSleep
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    waits._FUTEX < 0 or sys.platform != "linux" or not waits.has_one_interpreter_lock(),
    reason="only Linux tells, and only where one thread runs at a time",
)


@contextmanager
def pool_thread() -> Iterator[tuple[ThreadPoolExecutor, threading.Thread]]:
    """Yield a pool of one worker, and the worker."""
    with ThreadPoolExecutor(1) as pool:
        yield pool, pool.submit(threading.current_thread).result()


@contextmanager
def loop_thread() -> Iterator[tuple[asyncio.AbstractEventLoop, threading.Thread]]:
    """Yield a loop, and the thread that runs it."""
    loop = asyncio.SelectorEventLoop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop, thread
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def in_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], object]) -> None:
    """Let a loop do something, and wait until it has."""
    done = threading.Event()
    loop.call_soon_threadsafe(work)
    loop.call_soon_threadsafe(done.set)
    done.wait()


def never(thread: threading.Thread) -> bool:
    """Return whether a thread is seen with nothing to do at no time during a while."""
    return not any(has_nothing_to_do(thread) for _ in range(50) if real.sleep(0.0005) is None)


def test_a_worker_of_a_pool_has_nothing_to_do_while_its_queue_is_empty() -> None:
    """And something while it waits for a lock in the midst of its work, which looks alike to the kernel."""
    gate = threading.Lock()
    with pool_thread() as (pool, worker):
        eventually(lambda: has_nothing_to_do(worker))
        gate.acquire()
        work = pool.submit(gate.acquire)
        assert never(worker)
        gate.release()
        work.result()
        eventually(lambda: has_nothing_to_do(worker))


def test_a_loop_has_nothing_to_do_while_it_waits_for_other_threads_only() -> None:
    """One with a socket may get something at any moment, and one with a timer that is about to go off will."""
    here, there = socket.socketpair()
    with here, there, loop_thread() as (loop, thread):
        eventually(lambda: has_nothing_to_do(thread))
        in_loop(loop, lambda: loop.add_reader(here, lambda: None))
        assert never(thread)
        in_loop(loop, lambda: loop.remove_reader(here))
        timers = list[Any]()
        in_loop(loop, lambda: timers.append(loop.call_later(0.9, lambda: None)))
        assert never(thread)
        in_loop(loop, lambda: (timers.pop().cancel(), loop.call_later(3600, lambda: None)))
        eventually(lambda: has_nothing_to_do(thread))


def test_who_sleeps_between_two_looks_at_threads_of_its_own_has_nothing_to_do() -> None:
    """As joblib does; who sleeps otherwise is watched."""
    over: list[int] = []
    scope: dict[str, Any] = {"__name__": "joblib.parallel"}
    code = "VirtualSleep(lambda: None, sleep)(0.05)"
    exec(f"def _retrieve():\n  while not over: {code}\ndef other():\n  while not over: {code}", scope)  # noqa: S102  # stands in for it
    scope |= {"over": over, "VirtualSleep": VirtualSleep, "sleep": real.sleep}
    looking, other = (threading.Thread(target=scope[name]) for name in ("_retrieve", "other"))
    looking.start()
    other.start()
    if sys.version_info >= (3, 11):
        # Before, time.sleep is another system call.
        eventually(lambda: has_nothing_to_do(looking))
    assert never(other)
    over.append(1)
    looking.join()
    other.join()


def test_who_waits_for_anything_else_may_have_something_to_do() -> None:
    """A lock, a selector of its own; or it runs, or is no more."""
    go, ended = threading.Event(), threading.Thread(target=lambda: None)
    waiting = threading.Thread(target=go.wait)
    waiting.start()
    ended.start()
    ended.join()
    assert never(waiting)
    go.set()
    waiting.join()
    assert not has_nothing_to_do(ended)
    assert not has_nothing_to_do(threading.current_thread())


@pytest.mark.parametrize("lack", ["an interpreter's lock", "frames", "a known machine"])
def test_where_it_cannot_be_told_nobody_has_nothing_to_do(monkeypatch: pytest.MonkeyPatch, lack: str) -> None:
    """Then a thread is watched for a while, as any other."""
    with pool_thread() as (_, worker):
        eventually(lambda: has_nothing_to_do(worker))
        if lack == "frames":
            monkeypatch.setattr(sys, "_current_frames", dict)
        elif lack == "a known machine":
            monkeypatch.setattr(waits, "_FUTEX", -1)
        else:
            monkeypatch.setattr(waits, "has_one_interpreter_lock", lambda: False)
        assert not has_nothing_to_do(worker)


def test_threads_that_have_nothing_to_do_rest_at_the_first_look_that_finds_them_all_so() -> None:
    """And not while one of the threads works; by the position in the code nobody is taken at his word."""
    gate = threading.Lock()
    with pool_thread() as (pool, worker), pool_thread() as (_, other), loop_thread() as (_, looping):
        threads = [worker, other, looping]
        eventually(lambda: all(map(has_nothing_to_do, threads)))
        still = Stillness()
        assert still.all_rest(threads)
        assert still.all_rest(threads)
        gate.acquire()
        work = pool.submit(gate.acquire)
        eventually(lambda: never(worker))
        assert not Stillness().all_rest([other, worker])
        gate.release()
        work.result()
        assert not Stillness(lambda _: 0).all_rest([other])


def test_who_ran_between_two_looks_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have given something to one that was looked at before; one that ended meanwhile has not."""
    with pool_thread() as (_, worker):
        eventually(lambda: has_nothing_to_do(worker))
        still = Stillness()
        beats = iter([1, 2, 2, 2])
        monkeypatch.setattr(still, "_pulse", lambda _: next(beats))
        assert not still.all_rest([worker])
        assert still.all_rest([worker])

        def end(_thread: threading.Thread) -> int:
            if not pulses:
                raise Ended
            return pulses.pop()

        pulses = [3]
        monkeypatch.setattr(still, "_pulse", end)
        assert still.all_rest([worker])


def test_work_is_what_was_computed_and_what_would_have_been(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that ended meanwhile takes nothing away, and one that began adds what it waited."""
    monkeypatch.setattr(time, "process_time_ns", iter([100, 150]).__next__)
    waited = iter([[("1", 1000), ("2", 10)], [("2", 15), ("3", 2)]])
    monkeypatch.setattr(waits, "_waits_for_a_processor", waited.__next__)
    before = Work()
    assert Work().since_ns(before) == 50 + 5 + 2


def test_the_kernel_counts_for_how_long_each_thread_could_have_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it does; and a thread may end while it is looked at."""
    found = dict(waits._waits_for_a_processor())
    assert str(threading.get_native_id()) in found
    monkeypatch.setattr(os, "listdir", lambda _: ["none"])
    assert dict(waits._waits_for_a_processor()) == {}
    monkeypatch.undo()
    monkeypatch.setattr(linux, "_THREADS", "/none")
    assert dict(waits._waits_for_a_processor()) == {}
