import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sagemock import mock_sagemaker
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.clock.virtual import Clock
from sagemock.patches.loop_sleepers import LoopSleeper
from sagemock.patches.loops import PolledLoop, SelectorLoop, drive_of
from sagemock.patches.timers import Alarms
from tests.laws.test_asyncio import OpaqueLoop, new_uvloop
from tests.patches.test_timers import turn


@pytest.fixture(params=[asyncio.SelectorEventLoop, OpaqueLoop], ids=["asyncio", "opaque"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop that is run by hand."""
    loop = request.param()
    yield loop
    loop.close()


class Situation:
    """A loop with alarms for tasks that are said to sleep."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.clock = Clock("2018-07-30")
        self.alarms = Alarms(loop, Sleepers(self.clock, set(threading.enumerate()) - {threading.current_thread()}))
        self.alarms.asleep = 1
        self.are_asleep = True
        self.drive: Any = drive_of(loop, lambda: self.alarms if self.are_asleep else None, lambda: None, lambda: None)


def test_a_loop_that_shows_its_selector_is_driven_by_that(loop: asyncio.AbstractEventLoop) -> None:
    """And one that does not is watched."""
    kind = PolledLoop if isinstance(loop, OpaqueLoop) else SelectorLoop
    assert isinstance(Situation(loop).drive, kind)


def test_a_selector_is_itself_again_when_nobody_sleeps() -> None:
    """It is touched only as long as somebody does, however often that begins and ends."""
    loop = asyncio.SelectorEventLoop()
    situation, selector = Situation(loop), vars(loop)["_selector"]
    situation.drive.begin()
    situation.drive.begin()
    assert "select" in vars(selector)
    situation.drive.end()
    situation.drive.end()
    assert "select" not in vars(selector)
    loop.close()


def test_where_every_sleeper_was_cancelled_nothing_moves(loop: asyncio.AbstractEventLoop) -> None:
    """Until the tasks notice, they count as asleep, and there is not an instant to go to."""
    situation = Situation(loop)
    before_us = situation.clock.now_us()
    situation.drive.begin()
    loop.call_later(0.05, loop.stop)
    loop.run_forever()
    situation.are_asleep = False
    turn(loop)
    situation.drive.end()
    assert situation.clock.now_us() == before_us


def test_a_call_from_another_thread_gets_the_loop_up(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one between the last look and the lying down: time does not pass before the loop has seen to it."""
    situation = Situation(loop)
    before_us = situation.clock.now_us()
    monkeypatch.setattr(situation.alarms.sleepers, "is_alone", lambda: False)
    nap = situation.alarms.set_alarm(before_us + 1)
    lie_down, calls = Sleepers.lie_down, list[int]()

    def called_at_the_last_moment(sleepers: Any, *args: Any) -> bool:
        if not calls:
            situation.drive.called()
            assert situation.clock.now_us() == before_us
        calls.append(1)
        return lie_down(sleepers, *args)

    monkeypatch.setattr(Sleepers, "lie_down", called_at_the_last_moment)
    situation.drive.begin()
    nap.future.add_done_callback(lambda _: loop.stop())
    loop.run_forever()
    situation.drive.called()
    situation.are_asleep = False
    situation.drive.end()
    turn(loop)
    assert len(calls) >= 2
    assert situation.clock.now_us() == before_us + 1


def test_a_loop_that_gets_up_is_found_by_who_calls_it_meanwhile() -> None:
    """It waits for whoever looks around: a caller that found no sleeper would be idle again before the loop counts as awake."""
    found: list[bool] = []

    class Looking(Sleepers):
        def get_up(self, sleeper: Sleeper) -> None:
            found.append(place.taken is not None)
            super().get_up(sleeper)

    place, sleepers = LoopSleeper(), Looking(Clock("2018-07-30"), set(threading.enumerate()))
    assert place.lie_down(sleepers, sleepers.sleeper(0, lambda: None), place.calls)
    place.get_up()
    assert found == [True]
    assert place.taken is None


def test_of_uvloops_tasks_only_those_that_stirred_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all that sleep, for each that wakes: the cost of a thousand would be that of a million."""
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


def test_who_dozes_is_not_overtaken_by_what_another_thread_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call between the last look and the doze: time stands until the loop has seen to it."""
    place, sleepers = LoopSleeper(), Sleepers(Clock("2018-07-30"), set(threading.enumerate()))
    monkeypatch.setattr(sleepers, "is_alone", lambda: False)
    now_us, calls = sleepers.clock.now_us(), place.calls
    place.called()
    assert not place.doze(sleepers, now_us + 1, calls)
    assert sleepers.clock.now_us() == now_us
    assert place.doze(sleepers, now_us + 1, place.calls)
    assert sleepers.clock.now_us() == now_us + 1
