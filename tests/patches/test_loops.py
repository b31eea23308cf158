import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from sagemock import mock_sagemaker
from sagemock.clock.natives import Natives
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.clock.virtual import Clock
from sagemock.patches.loop_sleepers import LoopSleeper
from sagemock.patches.loops import drive_of
from sagemock.patches.polled_loop import PolledLoop
from sagemock.patches.selector_loop import SelectorLoop
from sagemock.patches.timers import Alarm, Alarms
from sagemock.patches.yielding import waits_for_something
from tests.laws.test_asyncio import OpaqueLoop, new_uvloop
from tests.patches.test_timers import turn
from tests.support.waiting import eventually


@pytest.fixture(params=[asyncio.SelectorEventLoop, OpaqueLoop], ids=["asyncio", "opaque"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop that the test runs step by step."""
    loop = request.param()
    yield loop
    loop.close()


class Situation:
    """A loop with alarms, some of whose tasks count as asleep."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.clock = Clock("2018-07-30")
        self.alarms = Alarms(loop, Sleepers(self.clock, set(threading.enumerate()) - {threading.current_thread()}))
        self.alarms.asleep = 1
        self.are_asleep = True
        self.drive: Any = drive_of(loop, lambda: self.alarms if self.are_asleep else None, lambda: None, lambda: None)

    def sleep_until(self, alarm: Alarm) -> None:
        """Run the loop until an alarm rings, with no task asleep from then on."""
        self.drive.begin()
        alarm.future.add_done_callback(lambda _: self.loop.stop())
        self.loop.run_forever()
        self.are_asleep = False
        self.drive.end()
        turn(self.loop)


def test_a_loop_that_shows_its_selector_is_driven_by_it(loop: asyncio.AbstractEventLoop) -> None:
    """A loop that shows none is polled."""
    kind = PolledLoop if isinstance(loop, OpaqueLoop) else SelectorLoop
    assert isinstance(Situation(loop).drive, kind)


def test_a_selector_is_patched_only_while_a_task_sleeps() -> None:
    """However often that begins and ends."""
    loop = asyncio.SelectorEventLoop()
    situation, selector = Situation(loop), vars(loop)["_selector"]
    situation.drive.begin()
    situation.drive.begin()
    assert "select" in vars(selector)
    situation.drive.end()
    situation.drive.end()
    assert "select" not in vars(selector)
    loop.close()


def test_cancelled_sleepers_move_no_time(loop: asyncio.AbstractEventLoop) -> None:
    """Until the tasks notice, they count as asleep, but without a deadline."""
    situation = Situation(loop)
    before_us = situation.clock.now_us()
    situation.drive.begin()
    loop.call_later(0.05, loop.stop)
    loop.run_forever()
    situation.are_asleep = False
    turn(loop)
    situation.drive.end()
    assert situation.clock.now_us() == before_us


def test_a_call_from_another_thread_wakes_the_loop(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even between its last look and its registration as asleep: time does not pass before the loop has handled the call."""
    situation = Situation(loop)
    before_us = situation.clock.now_us()
    monkeypatch.setattr(situation.alarms.sleepers, "is_alone", lambda: False)
    nap = situation.alarms.set_alarm(before_us + 1)
    begin_sleep, calls = Sleepers.begin_sleep, list[int]()

    def called_at_the_last_moment(sleepers: Any, *args: Any) -> bool:
        if not calls:
            situation.drive.called()
            assert situation.clock.now_us() == before_us
        calls.append(1)
        return begin_sleep(sleepers, *args)

    monkeypatch.setattr(Sleepers, "begin_sleep", called_at_the_last_moment)
    situation.drive.begin()
    nap.future.add_done_callback(lambda _: loop.stop())
    loop.run_forever()
    situation.drive.called()
    situation.are_asleep = False
    situation.drive.end()
    turn(loop)
    assert len(calls) >= 2
    assert situation.clock.now_us() == before_us + 1


def test_a_loop_that_a_thread_has_called_is_not_alone(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread may have called and ended just before the look at the threads, as asyncio's own does that waits for a child."""
    situation = Situation(loop)
    before_us, rung = situation.clock.now_us(), list[int]()
    alarm = situation.alarms.set_alarm(before_us + 1)

    def is_alone() -> bool:
        if not rung:
            rung.append(situation.clock.now_us())
            loop.call_soon_threadsafe(lambda: rung.append(situation.clock.now_us()))
            situation.drive.called()
        return True

    monkeypatch.setattr(situation.alarms.sleepers, "is_alone", is_alone)
    situation.sleep_until(alarm)
    assert rung == [before_us, before_us]
    assert situation.clock.now_us() == before_us + 1


def test_a_loop_that_is_alone_no_more_runs_on(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread has paused the clock since the look at the threads, and may wait for the loop."""
    situation, over, seen = Situation(loop), ExitStack(), list[int]()
    before_us, sleepers = situation.clock.now_us(), situation.alarms.sleepers
    alarm = situation.alarms.set_alarm(before_us + 1)

    def end_pause() -> None:
        seen.append(situation.clock.now_us())
        over.close()

    def is_alone() -> bool:
        if not seen:
            over.enter_context(sleepers.paused())
            loop.call_soon_threadsafe(end_pause)
        return not seen

    monkeypatch.setattr(sleepers, "is_alone", is_alone)
    situation.sleep_until(alarm)
    assert seen == [before_us]
    assert situation.clock.now_us() == before_us + 1


def test_a_caller_finds_the_loop_that_wakes_up_registered() -> None:
    """A caller that found no sleeper could itself be idle before the loop counts as awake."""
    found: list[bool] = []

    class Looking(Sleepers):
        def end_sleep(self, sleeper: Sleeper) -> None:
            found.append(place.taken is not None)
            super().end_sleep(sleeper)

    place, sleepers = LoopSleeper(), Looking(Clock("2018-07-30"), set(threading.enumerate()))
    assert place.begin_sleep(sleepers, sleepers.sleeper(0, lambda: None), place.calls)
    place.end_sleep()
    assert found == [True]
    assert place.taken is None


def test_a_uvloop_loop_looks_at_its_tasks_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each wake-up would look at all sleeping tasks, at quadratic cost."""
    loop = new_uvloop()
    looks, all_tasks = list[object](), asyncio.all_tasks

    def look(of: asyncio.AbstractEventLoop) -> set[asyncio.Task[Any]]:
        looks.append(of)
        return all_tasks(of)

    monkeypatch.setattr(asyncio, "all_tasks", look)

    async def main() -> None:
        await asyncio.gather(*(asyncio.sleep(1 + number / 1000) for number in range(300)))

    with mock_sagemaker() as sagemaker:
        loop.run_until_complete(main())
        assert len(sagemaker.sleeps) == 300
    loop.close()
    assert len(looks) < 5


def test_a_call_during_the_last_look_keeps_a_dozing_loop_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands until the loop has handled the call."""
    place, sleepers = LoopSleeper(), Sleepers(Clock("2018-07-30"), set(threading.enumerate()))
    monkeypatch.setattr(sleepers, "is_alone", lambda: False)
    now_us, calls = sleepers.clock.now_us(), place.calls
    place.called()
    assert not place.sleep_briefly(sleepers, now_us + 1, calls)
    assert sleepers.clock.now_us() == now_us
    assert place.sleep_briefly(sleepers, now_us + 1, place.calls)
    assert sleepers.clock.now_us() == now_us + 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells in which system call a thread waits")
def test_a_polled_loop_that_runs_has_something_to_do() -> None:
    """Between the arrival of data and the callback that handles it; not while the loop looks around, or sleeps in a callback."""
    loop, over = new_uvloop(), threading.Event()
    situation = Situation(loop)
    drive, sleepers = situation.drive, situation.alarms.sleepers
    thread = threading.Thread(target=over.wait)
    thread.start()

    def has_news(one: threading.Thread) -> bool:
        return bool(drive._has_news(sleepers, one, drive._backend()))

    eventually(lambda: has_news(thread))
    assert not has_news(threading.current_thread())
    drive._is_looking = True
    assert not has_news(thread)
    drive._is_looking = False
    naps = [Sleeper(None, number, thread, lambda: None) for number in range(2)]
    for nap in naps:
        sleepers.begin_sleep(nap)
    assert not has_news(thread)
    for nap in naps:
        sleepers.end_sleep(nap)
    assert has_news(thread)
    over.set()
    thread.join()
    loop.run_until_complete(asyncio.sleep(0))
    running = threading.Thread(target=loop.run_forever)
    running.start()
    eventually(lambda: not has_news(running))
    loop.call_soon_threadsafe(loop.stop)
    running.join()
    loop.close()


def test_a_task_that_gathers_waits_for_something_if_one_of_them_does() -> None:
    """A loop of uvloop gathers the futures of its lookups of names; asyncio gathers tasks."""

    async def gather(*awaited: Any) -> bool:
        task = asyncio.ensure_future(_all(awaited))
        await asyncio.sleep(0)
        found = waits_for_something(task)
        task.cancel()
        return found

    async def _all(awaited: Any) -> None:
        await asyncio.gather(asyncio.gather(*awaited))

    async def run() -> list[bool]:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        done.set_result(None)
        return [
            await gather(loop.create_future(), asyncio.sleep(1)),
            await gather(asyncio.sleep(1)),
            await gather(done, asyncio.sleep(1)),
        ]

    assert asyncio.run(run()) == [True, False, False]


def test_a_polled_loop_waits_while_a_native_thread_works() -> None:
    """For `patience` at most: uvloop looks up names in such threads, and shows no descriptor for it."""
    situation = Situation(OpaqueLoop())
    drive = situation.drive
    assert drive._is_early(10)
    for works in (True, False):
        drive._natives.work = lambda _, works=works: works
        drive._since_s = real.monotonic() - 1
        assert drive._is_early(10) is works
        drive._since_s -= 10
        assert not drive._is_early(10)
    situation.loop.close()


def test_a_polled_loop_handles_what_a_native_thread_has_given_before_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread may give its result while the loop looks at it, and rest at once; the loop needs turns to hand it on."""
    ours, theirs = socket.socketpair()

    def rests(*_: object) -> bool:
        looks.append(theirs.send(b"1"))
        return False

    async def look_up_beside_a_sleep() -> None:
        beside = asyncio.create_task(asyncio.sleep(3600))
        found = loop.create_future()

        def arrived() -> None:
            loop.remove_reader(ours)
            found.set_result(ours.recv(1))

        loop.add_reader(ours, arrived)
        await asyncio.gather(found)
        beside.cancel()

    looks = list[int]()
    monkeypatch.setattr(Natives, "work", rests)
    with ours, theirs, mock_sagemaker() as sagemaker, closing(OpaqueLoop()) as loop:
        before_us = sagemaker.clock.now_us()
        loop.run_until_complete(look_up_beside_a_sleep())
        assert sagemaker.clock.now_us() == before_us
    assert looks


def test_a_polled_loop_looks_again_when_a_connection_or_a_child_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop of uvloop tells its protocol in a callback, which may be behind the look: time must not pass before it has run."""
    situation = Situation(OpaqueLoop())
    drive, looks = situation.drive, list[object]()
    situation.alarms.set_alarm(situation.clock.now_us() + 1)
    watched = iter([[1], [1], [], [], []])
    monkeypatch.setattr(drive, "_descriptors", lambda: next(watched))
    monkeypatch.setattr(drive, "_awaits_nobody", lambda: True)
    monkeypatch.setattr(drive, "_awaited", lambda _alarms, numbers: looks.append(numbers))
    monkeypatch.setattr(drive, "_pass", lambda *_: looks.append("pass"))
    for _ in range(5):
        drive._quiet = 3
        drive._look()
    assert looks == [[1], "pass", [], "pass", [], "pass"]
    situation.loop.close()
