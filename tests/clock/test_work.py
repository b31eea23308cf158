"""The work of a process, as Linux counts it."""

import os
import sys
import threading
import time

import pytest

from sagemock.clock import linux, work
from sagemock.clock.work import Work


def test_work_counts_computing_and_waiting_for_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that ended meanwhile subtracts nothing, and a new one adds its waiting."""
    monkeypatch.setattr(time, "process_time_ns", iter([100, 150]).__next__)
    waited = iter([[("1", 1000), ("2", 10)], [("2", 15), ("3", 2)]])
    monkeypatch.setattr(work, "_waits_for_a_processor", waited.__next__)
    before = Work()
    assert Work().since_ns(before) == 50 + 5 + 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_the_kernel_counts_how_long_a_thread_could_have_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel does so; a thread may end during the look."""
    found = dict(work._waits_for_a_processor())
    assert str(threading.get_native_id()) in found
    monkeypatch.setattr(os, "listdir", lambda _: ["none"])
    assert dict(work._waits_for_a_processor()) == {}
    monkeypatch.undo()
    monkeypatch.setattr(linux, "_THREADS", "/none")
    assert dict(work._waits_for_a_processor()) == {}
