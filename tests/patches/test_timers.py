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
    """Return a loop that is run by hand."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def alarms(loop: asyncio.AbstractEventLoop) -> Alarms:
    """Return the alarms of one loop."""
    return Alarms(loop, Sleepers(Clock("2018-07-30"), set()))


def turn(loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop do what is ready."""
    loop.call_soon(loop.stop)
    loop.run_forever()


def timer(alarms: Alarms, after_s: float, told: list[float]) -> Timer:
    """Set a timer that says how long it was set for."""
    made = Timer(alarms.loop, lambda: told.append(after_s), contextvars.copy_context())
    made.handle = alarms.loop.call_later(3600, made)
    alarms.set_timer(made, after_s, 0)
    return made


def test_what_rings_first_is_what_is_due_first_and_then_what_was_set_first(alarms: Alarms) -> None:
    """Sleeps and timers in one order; what is off is passed over."""
    told = list[float]()
    second, first, third = timer(alarms, 2, told), alarms.set_alarm(1_000_000), alarms.set_alarm(2_000_000)
    assert alarms.first() is first
    first.future.cancel()
    assert alarms.first() is second
    alarms.ring(second)
    turn(alarms.loop)
    assert told == [2]
    assert alarms.first() is third
    alarms.ring(third)
    assert third.future.done()
    assert alarms.first() is None


def test_a_timer_goes_off_once(alarms: Alarms) -> None:
    """By whichever time is over first, and then it is off."""
    told = list[float]()
    once = timer(alarms, 1, told)
    seen = [once.is_off]
    once()
    once()
    once.ring()
    turn(alarms.loop)
    assert told == [1]
    assert [*seen, once.is_off] == [False, True]
    assert repr(once).startswith("<sagemock's timer for <function")


def test_a_timer_that_is_cancelled_between_the_ring_and_its_turn_does_not_go_off(alarms: Alarms) -> None:
    """As with any callback that is about to run."""
    told = list[float]()
    once = timer(alarms, 1, told)
    alarms.ring(once)
    assert once.handle is not None
    once.handle.cancel()
    turn(alarms.loop)
    assert told == []


def test_when_the_mock_is_over_the_tasks_wake_and_the_timers_stay(alarms: Alarms) -> None:
    """Real time goes on without it."""
    told = list[float]()
    once, nap, gone = timer(alarms, 1, told), alarms.set_alarm(5), alarms.set_alarm(6)
    gone.future.cancel()
    assert alarms.is_wanted
    alarms.ring_all()
    turn(alarms.loop)
    assert nap.future.result() is None
    assert (told, once.is_off) == ([], False)
    alarms.sleepers.close()
    assert not alarms.is_wanted


def test_timers_that_are_cancelled_do_not_pile_up(alarms: Alarms) -> None:
    """A client sets one for each call that it makes, and nobody rings them."""
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


def test_many_sleeps_cost_little_more_each(alarms: Alarms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their order is that of a heap: four thousand take a few comparisons each, and not thousands."""
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


def test_one_that_is_not_the_first_any_more_rings_all_the_same(alarms: Alarms) -> None:
    """While time passed to its instant, an earlier one was set."""
    late, early = alarms.set_alarm(2), alarms.set_alarm(1)
    alarms.ring(late)
    assert late.future.done()
    assert alarms.first() is early
