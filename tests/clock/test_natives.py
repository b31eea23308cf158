"""Law 7 for threads that Python does not know."""

import _thread
import sys
import threading
import time

import pytest

from sagemock import mock_sagemaker
from sagemock.clock import natives
from sagemock.clock.natives import Natives
from sagemock.clock.real import real
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows native threads")


def compute(for_s: float, done: "_thread.LockType") -> None:  # pragma: no cover  # nobody traces a native thread
    """Compute for so many real seconds."""
    ends_s = real.monotonic() + for_s
    while real.monotonic() < ends_s:
        sum(range(1000))
    done.release()


def test_a_native_thread_that_computes_is_seen() -> None:
    """And one that waits is not."""
    looks, done = Natives(), _thread.allocate_lock()
    eventually(lambda: not looks.compute())
    done.acquire()
    _thread.start_new_thread(compute, (0.2, done))
    eventually(looks.compute)
    done.acquire()
    eventually(lambda: not looks.compute())


def test_a_thread_that_ends_while_it_is_looked_at_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel does not know it any more."""
    monkeypatch.setattr(natives, "thread_ids", lambda: ["4194305"])
    assert not Natives().compute()
    monkeypatch.setattr(natives, "of_thread", lambda _number, _what: b"1 (x) R")
    assert not Natives().compute()


def test_who_waits_for_a_native_thread_holds_time() -> None:
    """A query that native threads answer takes no virtual time, whoever sleeps beside."""
    done = _thread.allocate_lock()
    done.acquire()
    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        beside = threading.Thread(target=time.sleep, args=(60,))
        beside.start()
        eventually(lambda: sagemaker.sleeps)
        _thread.start_new_thread(compute, (0.1, done))
        done.acquire()
        assert sagemaker.clock.now().timestamp() == 1_532_908_800
        beside.join()
