import asyncio
import contextvars
from collections.abc import Iterator
from itertools import count

import pytest

from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock
from sagemock.patches.timers import Alarm, Alarms, Timer


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop that the test runs step by step."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def alarms(loop: asyncio.AbstractEventLoop) -> Alarms:
    """Return the alarms of one loop."""
    return Alarms(loop, Sleepers(Clock("2018-07-30"), set()))


def turn(loop: asyncio.AbstractEventLoop) -> None:
    """Run all callbacks of a loop that are ready."""
    loop.call_soon(loop.stop)
    loop.run_forever()


def timer(alarms: Alarms, after_s: float, fired: list[float]) -> Timer:
    """Set a timer that records its delay when it fires."""
    made = Timer(alarms.loop, lambda: fired.append(after_s), contextvars.copy_context())
    made.handle = alarms.loop.call_later(3600, made)
    alarms.set_timer(made, after_s, 0)
    return made


def test_alarms_ring_in_the_order_of_their_deadlines(alarms: Alarms) -> None:
    """Sleeps and timers share one order. At one instant the one that was set first rings first; cancelled ones are skipped."""
    fired = list[float]()
    second, first, third = timer(alarms, 2, fired), alarms.set_alarm(1_000_000), alarms.set_alarm(2_000_000)
    assert alarms.first() is first
    first.future.cancel()
    assert alarms.first() is second
    alarms.ring(second)
    turn(alarms.loop)
    assert fired == [2]
    assert alarms.first() is third
    alarms.ring(third)
    assert third.future.done()
    assert alarms.first() is None


def test_a_timer_fires_once(alarms: Alarms) -> None:
    """When the first of the two clocks reaches it; then it is off."""
    fired = list[float]()
    once = timer(alarms, 1, fired)
    seen = [once.is_off]
    once()
    once()
    once.ring()
    turn(alarms.loop)
    assert fired == [1]
    assert [*seen, once.is_off] == [False, True]
    assert repr(once).startswith("<sagemock's timer for <function")


def test_a_timer_cancelled_between_its_ring_and_its_turn_does_not_fire(alarms: Alarms) -> None:
    """As with any callback that is about to run."""
    fired = list[float]()
    once = timer(alarms, 1, fired)
    alarms.ring(once)
    assert once.handle is not None
    once.handle.cancel()
    turn(alarms.loop)
    assert fired == []


def test_at_the_end_of_the_mock_tasks_wake_and_timers_stay(alarms: Alarms) -> None:
    """Real time goes on for them."""
    fired = list[float]()
    once, nap, gone = timer(alarms, 1, fired), alarms.set_alarm(5), alarms.set_alarm(6)
    gone.future.cancel()
    assert alarms.is_wanted
    alarms.ring_all()
    turn(alarms.loop)
    assert nap.future.result() is None
    assert (fired, once.is_off) == ([], False)
    alarms.sleepers.close()
    assert not alarms.is_wanted


def test_cancelled_timers_do_not_pile_up(alarms: Alarms) -> None:
    """A client sets one for each call, and few of them ever fire."""
    naps = [alarms.set_alarm(number) for number in range(40)]
    for _ in range(1000):
        made = timer(alarms, 60, [])
        assert made.handle is not None
        made.handle.cancel()
    assert len(alarms._heap) < 200
    rung: list[Alarm | Timer] = []
    while (first := alarms.first()) is not None:
        alarms.ring(first)
        rung.append(first)
    assert rung == naps


def test_the_cost_of_a_sleep_hardly_grows_with_their_number(alarms: Alarms, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in a heap: four thousand take a few comparisons each, not thousands."""
    compared, before = count(), Alarm.__lt__

    def compare(one: Alarm, other: Alarm) -> bool:
        next(compared)
        return before(one, other)

    monkeypatch.setattr(Alarm, "__lt__", compare)
    for at_us in range(4000):
        alarms.set_alarm(at_us)
    for at_us in range(4000):
        first = alarms.first()
        assert first is not None
        assert first.at_us == at_us
        alarms.ring(first)
    assert next(compared) < 4000 * 40


def test_a_timer_that_is_no_longer_the_first_still_rings(alarms: Alarms) -> None:
    """While time passed to its instant, an earlier one was set."""
    late, early = alarms.set_alarm(2), alarms.set_alarm(1)
    alarms.ring(late)
    assert late.future.done()
    assert alarms.first() is early
