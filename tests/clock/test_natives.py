"""Law 7 for native threads, which Python does not know."""

import _thread
import ctypes
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest

from sagemock import mock_sagemaker
from sagemock.clock import linux, natives
from sagemock.clock.natives import Natives
from sagemock.clock.real import real
from tests.support.connections import connection, outside
from tests.support.waiting import eventually, sleeping_beside, waiting_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows native threads")


def compute_before(end: Callable[[], object]) -> None:  # pragma: no cover  # coverage does not trace native threads
    """Compute for a while, and then call `end`."""
    ends_s = real.monotonic() + 0.1
    while real.monotonic() < ends_s:
        sum(range(1000))
    end()


class Computing:
    """A thread that computes until its end; `threading` does not know it."""

    def __init__(self) -> None:
        self._has_begun = self._is_over = False

    def run(self) -> None:  # pragma: no cover  # coverage does not trace native threads
        """Compute."""
        self._has_begun = True
        while not self._is_over:
            sum(range(1000))

    def is_seen_by(self, looks: Natives) -> None:
        """Check that a look finds the thread while it computes."""
        eventually(lambda: self._has_begun)
        eventually(lambda: looks.work(10))
        self._is_over = True
        eventually(lambda: not looks.work(10))


def test_a_native_thread_that_computes_is_seen() -> None:
    """One that has ended is not."""
    looks, computing = Natives(), Computing()
    eventually(lambda: not looks.work(10))
    _thread.start_new_thread(computing.run, ())
    computing.is_seen_by(looks)


def test_threads_that_have_ended_hide_no_other_one() -> None:
    """`threading` keeps a thread of its own for each native one that has called it, in Python 3.10 and 3.11 for ever."""
    library, calls, number = ctypes.CDLL(None), ctypes.CFUNCTYPE(None, ctypes.c_void_p), ctypes.c_ulong()

    def run_natively(work: Callable[[], object]) -> Callable[[], object]:
        called = calls(lambda _: work() and None)
        library.pthread_create(ctypes.byref(number), None, called, None)
        return lambda: (library.pthread_join(number, None), called)

    before = set(threading.enumerate())
    run_natively(threading.current_thread)()
    looks, computing = Natives(), Computing()
    join = run_natively(computing.run)
    computing.is_seen_by(looks)
    join()
    # A thread that Python has started, and that `threading` does not know either.
    computing = Computing()
    _thread.start_new_thread(computing.run, ())
    computing.is_seen_by(looks)
    for left in set(threading.enumerate()) - before:  # pragma: no cover  # none if it has ended, since Python 3.12
        cast("Any", threading)._active.pop(left.ident)


def test_a_native_thread_that_has_asked_another_process_is_seen() -> None:
    """For as long as `patience`; and neither one that asks a thread of this process, nor one that serves, nor one that pauses."""
    looks = Natives()
    with outside() as (other, answer), connection() as (_, client, accepted):
        for asks, end, is_seen in (
            (other, answer, True),
            (client, partial(accepted.sendall, b"1"), False),
            (accepted, partial(client.sendall, b"1"), False),
        ):
            asks.sendall(b"?")
            done = _thread.allocate_lock()
            done.acquire()
            _thread.start_new_thread(_receive, (asks, done))
            if is_seen:
                eventually(lambda: looks.work(60))
            eventually(lambda: not looks.work(0 if is_seen else 60))  # noqa: B023  # called in this turn
            end()
            done.acquire()


def _receive(connection: socket.socket, done: "_thread.LockType") -> None:  # pragma: no cover  # coverage does not trace it
    connection.recv(1)
    done.release()


def test_a_thread_that_ends_during_the_look_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel no longer knows it."""
    monkeypatch.setattr(natives, "thread_count", lambda: threading.active_count() + 1)
    monkeypatch.setattr(natives, "thread_ids", lambda: ["4194305"])
    assert not Natives().work(10)
    monkeypatch.setattr(natives, "of_thread", lambda _number, _what: b"1 (x) R")
    assert not Natives().work(10)


@pytest.mark.parametrize("state", [b"R", b"D", b"S"])
def test_a_thread_that_reads_from_a_disk_works(monkeypatch: pytest.MonkeyPatch, state: bytes) -> None:
    """The kernel does not let it wake up until it has read: polars and duckdb read large files in native threads."""
    monkeypatch.setattr(natives, "thread_count", lambda: threading.active_count() + 1)
    monkeypatch.setattr(natives, "thread_ids", lambda: ["1"])
    monkeypatch.setattr(natives, "of_thread", lambda _number, what: b"1 (x) " + state if what == "stat" else None)
    monkeypatch.setattr(natives, "_spent_ns", lambda _number: 0)
    assert Natives().work(10) is (state != b"S")


def test_a_wait_for_a_native_thread_holds_time() -> None:
    """A query that native threads answer takes no virtual time, even when another thread sleeps."""
    done = _thread.allocate_lock()
    done.acquire()
    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        beside = threading.Thread(target=time.sleep, args=(60,))
        beside.start()
        eventually(lambda: sagemaker.sleeps)
        _thread.start_new_thread(compute_before, (done.release,))
        done.acquire()
        assert sagemaker.clock.now().timestamp() == 1_532_908_800
        beside.join()


def test_an_older_thread_that_waits_for_a_native_thread_holds_time() -> None:
    """A project's own worker runs a query, whose result the test awaits."""
    go, computed, done = _thread.allocate_lock(), _thread.allocate_lock(), threading.Event()
    go.acquire()
    computed.acquire()

    def work() -> None:
        go.acquire()
        _thread.start_new_thread(compute_before, (computed.release,))
        computed.acquire()
        done.set()

    with waiting_in(work, lambda: None), mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker, sleeping_beside():
        go.release()
        done.wait()
        assert sagemaker.clock.now().timestamp() == 1_532_908_800


def test_a_timeout_does_not_overtake_a_busy_native_thread() -> None:
    """It holds time although it is the only other thread, and Python does not know it."""
    done = threading.Event()
    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        _thread.start_new_thread(compute_before, (done.set,))
        assert done.wait(60)
        assert sagemaker.clock.now().timestamp() == 1_532_908_800


def test_where_the_kernel_lists_no_threads_there_are_no_natives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python on macOS and Windows cannot list them."""
    assert linux.thread_count() >= threading.active_count()
    monkeypatch.setattr(linux, "_THREADS", "/nowhere")
    assert linux.thread_count() == 0
    assert not Natives().work(10)
