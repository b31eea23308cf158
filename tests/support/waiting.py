"""Wait in real time for another thread."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sagemock.clock.real import real
from sagemock.clock.waits import Why, why

__all__ = ["PATIENCE_S", "eventually", "in_loop", "is_why", "loop_thread", "sleeping_beside", "waiting_in"]

PATIENCE_S = 60
"""What a machine may take for anything: a test that waits longer has hung, or waited for real what should pass at once."""


def eventually(holds: Callable[[], object]) -> None:
    """Wait until `holds` returns something true; fail after a minute.

    It polls often enough to count as busy while no other thread runs, and rarely enough to count as waiting in the long run, even
    when each line is traced (see `sagemock.clock.stillness`).
    """
    began_s = real.monotonic()
    while not holds():
        assert real.monotonic() - began_s < PATIENCE_S, "the condition did not become true within a minute"
        real.sleep(0.005)


@contextmanager
def waiting_in(wait: Callable[[], object], end: Callable[[], object]) -> Iterator[threading.Thread]:
    """Yield a thread that waits; end its wait afterwards."""
    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield thread
    finally:
        end()
        thread.join()


@contextmanager
def sleeping_beside(times: int = 100) -> Iterator[threading.Thread]:
    """Yield a thread that sleeps for a minute again and again; in a mock, virtually."""
    over = threading.Event()

    def sleep() -> None:
        for _ in range(times):
            if over.is_set():
                break
            time.sleep(60)

    with waiting_in(sleep, over.set) as thread:
        yield thread


@contextmanager
def loop_thread() -> Iterator[tuple[asyncio.AbstractEventLoop, threading.Thread]]:
    """Yield a loop and the thread that runs it."""
    loop = asyncio.SelectorEventLoop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop, thread
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def in_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], object]) -> None:
    """Run a function in a loop, and wait until it is done."""
    done = threading.Event()
    loop.call_soon_threadsafe(work)
    loop.call_soon_threadsafe(done.set)
    done.wait()


def is_why(expected: Why, thread: threading.Thread) -> Callable[[], bool]:
    """Return a function that tells whether a thread waits for this reason."""
    return lambda: why(thread).why is expected
