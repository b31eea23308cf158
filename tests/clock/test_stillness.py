import _thread
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from sagemock import mock_sagemaker
from sagemock.clock import stillness, work
from sagemock.clock.real import real
from sagemock.clock.stillness import STILL_S, Ended, Looker, Stillness
from sagemock.clock.system_calls import Call
from sagemock.clock.waits import Wait, Why
from tests.support.waiting import eventually


class Time:
    """A real clock that moves only when the test moves it."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Replace the real clock by one that the test moves."""
    found = Time()
    monkeypatch.setattr(real, "monotonic", found)
    return found


class Pulse:
    """A pulse that the test sets."""

    def __init__(self, beats: Hashable = 0) -> None:
        self.beats = beats

    def __call__(self, thread: threading.Thread) -> Hashable:
        if self.beats == "gone":
            raise Ended(thread)
        return self.beats


@contextmanager
def waiting_thread() -> Iterator[threading.Thread]:
    """Yield a thread that waits for a lock."""
    go, there = threading.Event(), threading.Event()

    def wait() -> None:
        there.set()
        go.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    there.wait()
    yield thread
    go.set()
    thread.join()


ME = threading.current_thread()


def test_a_thread_rests_when_its_pulse_is_unchanged_for_a_while(clock: Time) -> None:
    """The while is measured since the first look, and since the last change."""
    pulse = Pulse()
    still = Stillness(pulse)
    for beats in (0, 1):
        pulse.beats = beats
        assert [still.rests(ME) for _ in range(5)] == [False] * 5
        clock.now_s += STILL_S / 2
        assert not still.rests(ME)
        clock.now_s += 0.01
        assert still.rests(ME)


def test_a_thread_rests_only_after_some_real_pauses_of_the_observer(clock: Time) -> None:
    """Before that, it may not have been given the GIL."""
    still = Stillness(Pulse())
    still.rests(ME)
    clock.now_s += 100
    assert [still.rests(ME, paused=False) for _ in range(5)] == [False] * 5
    assert [still.rests(ME, paused=True) for _ in range(3)] == [False, False, True]
    assert still.rests(ME, paused=False)


def test_a_wait_for_the_gil_is_not_rest(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread asks for the GIL once per switch interval, so the observer waits longer than that."""
    monkeypatch.setattr(sys, "getswitchinterval", lambda: 1.0)
    still = Stillness(Pulse())
    for _ in range(4):
        still.rests(ME)
    clock.now_s += 0.9
    assert not still.rests(ME)
    clock.now_s += 0.2
    assert still.rests(ME)


def test_a_runnable_thread_does_not_rest(clock: Time) -> None:
    """However long it has not run."""
    still = Stillness(Pulse(None))
    still.rests(ME)
    clock.now_s += 100
    assert not still.rests(ME)


@pytest.mark.parametrize(
    "work_s, runs, rests",
    [((0.001, 0.001), 1, True), ((0.04, 0), 1, False), ((0.001, 0.04), 1, False), ((0.001, 0), 9, False)],
    ids=["waits", "the process computes", "others do, and it would", "it has no processor"],
)
def test_a_ticking_thread_rests_if_it_mostly_waits(
    clock: Time,
    monkeypatch: pytest.MonkeyPatch,
    work_s: tuple[float, float],
    runs: int,
    rests: bool,  # noqa: FBT001  # a column of the table
) -> None:
    """Otherwise a heartbeat of a millisecond would hold time forever; many threads that compute in turns still hold it."""
    (spent_s, waited_s), pulse, passed = work_s, Pulse(0), [0]
    monkeypatch.setattr(time, "process_time_ns", lambda: int(spent_s * 1e9) * passed[0])
    monkeypatch.setattr(work, "_waits_for_a_processor", lambda: [("1", int(waited_s * 1e9) * passed[0])])
    still = Stillness(pulse)
    still.rests(ME)
    for look in range(25):
        clock.now_s += 0.004
        pulse.beats = None if look < runs else look
        assert not still.rests(ME)
    passed[0] = 1
    clock.now_s += 0.01
    pulse.beats = "ticked"
    assert still.rests(ME) is rests
    pulse.beats = "and again"
    assert not still.rests(ME)


def test_a_thread_that_was_woken_does_not_tick(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has something to do, however long it stood still and however little the process has worked: it may wait for the GIL."""
    monkeypatch.setattr(time, "process_time_ns", lambda: 0)
    monkeypatch.setattr(work, "_waits_for_a_processor", list)
    pulse = Pulse()
    still = Stillness(pulse)
    for beats in ("began", "waits"):
        pulse.beats = beats
        assert not still.rests(ME)
    for _ in range(200):
        clock.now_s += 0.004
        still.rests(ME)
    assert still.rests(ME)
    for beats in ("woken", "asks for the GIL", "asks again"):
        clock.now_s += 0.005
        pulse.beats = beats
        assert not still.rests(ME)


def test_a_thread_before_its_start_does_not_rest_and_an_ended_one_does(clock: Time) -> None:
    """The first is about to do something; the second never will."""
    still, pulse = Stillness(), Pulse("gone")
    assert not still.rests(threading.Thread())
    assert not Stillness(pulse).rests(threading.Thread())
    assert Stillness(pulse).rests(ME)
    with waiting_thread() as thread:
        pass
    assert Stillness(stillness._position).rests(thread)
    # The system may take a moment longer to end the thread.
    settle(Stillness(), thread, clock)


def test_an_ended_thread_that_is_still_listed_holds_no_time() -> None:
    """Until Python 3.11, one that was started below `threading`, and has asked who it is, stays in the list of threads."""
    with mock_sagemaker() as sagemaker:
        before, asked, was = sagemaker.clock.now(), _thread.allocate_lock(), list[threading.Thread]()

        def ask() -> None:  # pragma: no cover  # coverage does not see into such a thread
            was.append(threading.current_thread())
            asked.release()

        asked.acquire()
        _thread.start_new_thread(ask, ())
        asked.acquire()
        time.sleep(600)
        assert (sagemaker.clock.now() - before).total_seconds() == 600
    # It must not stay for the tests after this one.
    threading._active.pop(was[0].ident, None)  # type: ignore[attr-defined]
    with waiting_thread() as thread:
        pass
    still = Stillness()
    eventually(lambda: still.all_rest([thread]))


@pytest.mark.parametrize("pulse", [None, Pulse()], ids=["exact", "by position"])
def test_a_woken_thread_is_observed_anew(clock: Time, pulse: Pulse | None) -> None:
    """It may not have begun to run, so its pulse says nothing yet."""
    with waiting_thread() as thread:
        still = Stillness(pulse)
        settle(still, thread, clock)
        still.woke(thread)
        clock.now_s += 100
        assert not still.rests(thread)


def settle(still: Stillness, thread: threading.Thread, clock: Time) -> None:
    """Look until a thread rests; it may need a moment to reach its lock."""

    def rests() -> bool:
        clock.now_s += 1
        return still.rests(thread)

    eventually(rests)


@pytest.mark.parametrize("pulse", [None, stillness._position], ids=["exact", "by position"])
def test_a_waiting_thread_rests_and_a_computing_one_does_not(pulse: Any) -> None:
    """With the real clock and the real interpreter."""
    done = threading.Event()

    def compute() -> None:
        total = 0
        while not done.is_set():
            total += sum(range(100))

    busy = threading.Thread(target=compute)
    with waiting_thread() as thread:
        still = Stillness(pulse)
        eventually(lambda: still.rests(thread))
        busy.start()
        looks = [still.rests(busy) for _ in range(20) if real.sleep(0.0005) is None]
        done.set()
        busy.join()
    assert not all(looks)


@pytest.mark.skipif(not Stillness()._is_exact, reason="only Linux tells")
def test_a_thread_that_ran_while_its_state_was_read_counts_as_having_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was woken and waits again already, as when one thread starts twenty others and waits for each to begin."""
    spent_ns = [1000]

    class File(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            spent_ns[0] += 500
            return b"7 (python) S 1"

    monkeypatch.setattr("builtins.open", lambda *_, **__: File())
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _: spent_ns[0])
    found = stillness._processor_time(ME)
    monkeypatch.undo()
    assert found == 1500


def test_without_kernel_information_the_position_in_the_code_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS and Windows, and in a sandbox without /proc."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not Stillness()._is_exact
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(stillness, "of_thread", lambda *_: None)
    assert not Stillness()._is_exact
    monkeypatch.undo()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(stillness, "of_thread", lambda *_: b"7 (python) S 1")
    monkeypatch.setattr(time, "clock_gettime_ns", partial(os.truncate, "/none/of/this"), raising=False)
    assert not Stillness()._is_exact


def test_a_call_without_a_timeout_that_is_repeated_is_another_wait() -> None:
    """A thread that reads again has got what it waited for, and has its patience anew."""
    reads = Wait(Why.OUTSIDE, Call("recvfrom", (0,)))
    assert not stillness._Outside(0, reads, 0, 0, 0, 0, 0).has_timed_out(reads, 10)


def test_a_thread_that_goes_on_during_the_look_holds_time(clock: Time) -> None:
    """Its reason is read after its pulse: the call may have ended meanwhile, and the reason may be that of a later one."""
    beats = iter([0, 0, 0, 0, 0, 1])
    still = Stillness(lambda _: next(beats))
    for _ in range(4):
        assert not still.all_rest([ME])
    clock.now_s += 1
    assert not still.all_rest([ME])
    assert list(beats) == []


def test_an_older_thread_that_gets_its_lock_during_the_look_holds_time(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is looked at later may have handed it a request meanwhile."""
    monkeypatch.setattr(stillness, "why", lambda _: Wait(Why.LOCK, Call("futex", (0, 137, 0, 0))))
    beats = iter([0, 0, 0, 0, 0, 1])
    still = Stillness(lambda _: next(beats))
    monkeypatch.setattr(still, "_is_exact", True)
    monkeypatch.setattr(still, "_tells", True)
    for _ in range(4):
        assert not still.all_rest([], older=[ME])
    clock.now_s += 1
    assert not still.all_rest([], older=[ME])
    assert list(beats) == []


def test_an_older_thread_that_awaits_one_thing_after_another_has_one_patience(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also before a timeout; until it was seen to rest."""
    found = [Wait(Why.CHILD, Call("wait4", (1, 0)))]
    monkeypatch.setattr(stillness, "why", lambda _: found[0])
    monkeypatch.setattr(stillness, "goes_on", lambda *_: True)
    pulse = Pulse()
    still = Stillness(pulse)
    monkeypatch.setattr(still, "_is_exact", True)
    monkeypatch.setattr(still, "_tells", True)
    monkeypatch.setattr(still, "_is_same", lambda *_: True)

    def rests(passed_s: float) -> bool:
        clock.now_s += passed_s
        pulse.beats = clock.now_s
        return still.all_rest([], older=[ME], looker=Looker(patience_s=10))

    assert [rests(4) for _ in range(5)] == [False, False, False, True, True]
    found[0] = Wait(Why.SERVES, Call("accept", (0, 0)))
    assert rests(4)
    found[0] = Wait(Why.CHILD, Call("wait4", (1, 0)))
    assert not rests(4)


def test_one_look_tells_whether_an_older_thread_may_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """In doubt it may: where the system cannot say, while a native thread computes, or if a thread has run during the look."""
    monkeypatch.setattr(stillness, "why", lambda _: Wait(Why.LOCK, Call("futex", (0, 137, 0, 0))))

    def may_work(pulse: Callable[[threading.Thread], Hashable], *, is_native: bool = False) -> bool:
        still = Stillness(pulse)
        monkeypatch.setattr(still, "_is_exact", True)
        monkeypatch.setattr(still, "_tells", True)
        monkeypatch.setattr(still._natives, "work", lambda _: is_native)
        return still.may_work([ME], 10)

    beats = iter([1, 2])
    assert Stillness(Pulse()).may_work([ME], 10)
    assert may_work(Pulse(), is_native=True)
    assert may_work(lambda _: next(beats))
    assert not may_work(Pulse())
    assert not may_work(Pulse("gone"))
