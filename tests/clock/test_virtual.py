import math
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US, instant
from sagemock.clock.real import real
from sagemock.clock.virtual import Clock
from sagemock.errors import UsageError

START = "2018-07-30T12:00:00Z"
START_US = 1_532_952_000_000_000
# A few instants, so that two agendas often have the same one.
OFFSETS = st.lists(st.integers(1, 50), max_size=6)
STEPS = st.lists(st.integers(0, 20), max_size=8)


class Diary:
    """An agenda with fixed instants that records each call, with the clock's instant at that moment."""

    def __init__(self, clock: Clock, offsets_us: list[int], shared: list[Any], name: str = "diary") -> None:
        self.clock = clock
        self.due_us = sorted({START_US + offset for offset in offsets_us})
        self.entries = shared
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def next_us(self, after_us: int) -> int | None:
        return next((at for at in self.due_us if at > after_us), None)

    def settle(self, at_us: int) -> None:
        self.entries.append((self.name, at_us - START_US, self.clock.now_us() - START_US))


class Breeding(Diary):
    """An agenda each of whose events adds a later one, as a tuning job starts its next child."""

    def settle(self, at_us: int) -> None:
        super().settle(at_us)
        self.due_us = sorted({*self.due_us, at_us + 7})


class Pushing(Diary):
    """An agenda that moves the clock during its event: an observer that sleeps."""

    def settle(self, at_us: int) -> None:
        super().settle(at_us)
        self.clock.pass_us(10)


class Failing(Diary):
    """An agenda that raises at its event: an observer with a failing assertion."""

    def settle(self, at_us: int) -> None:
        super().settle(at_us)
        raise RuntimeError("told")


def diaries(steps_us: list[int], *schedules: list[int]) -> list[Any]:
    """Return what two diaries and a breeding one record while a clock takes these steps."""
    clock, written = Clock(START), list[Any]()
    for number, offsets_us in enumerate(schedules):
        clock.add_agenda((Breeding if number == 2 else Diary)(clock, offsets_us, written, str(number)))
    for step_us in steps_us:
        clock.advance(timedelta(microseconds=step_us))
    assert clock.now_us() == START_US + sum(steps_us)
    return written


@contextmanager
def real_time(at_s: float = 1000.0) -> Iterator[SimpleNamespace]:
    """Replace the real clock by one that the test moves."""
    fake = SimpleNamespace(now_s=at_s)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real, "monotonic", lambda: fake.now_s)
        yield fake


# -- law 2: time passes only when the caller says so, and only forward


def test_a_clock_starts_now_or_at_a_given_instant() -> None:
    """Without a start it begins at the real present."""
    before_s = real.time()
    clock = Clock()
    assert before_s <= clock.now().timestamp() + 1e-6
    assert clock.now().timestamp() <= real.time() + 1e-6
    assert repr(Clock(START)) == "<Clock at 2018-07-30T12:00:00+00:00>"
    assert Clock(datetime(2018, 7, 30, 12, tzinfo=timezone.utc)).now_us() == START_US


def test_all_ways_to_write_five_minutes_are_equal() -> None:
    """Units, a timedelta, and seconds."""
    clock = Clock(START)
    clock.advance(minutes=5)
    clock.advance(timedelta(minutes=5))
    clock.advance(300)
    clock.advance_to("2018-07-30T12:20:00Z")
    clock.advance_to(clock.now())
    assert clock.now() == datetime(2018, 7, 30, 12, 20, tzinfo=timezone.utc)


def test_a_clock_stands_still_by_itself() -> None:
    """However long the test really takes."""
    clock = Clock(START)
    with real_time() as fake:
        fake.now_s += 3600
        assert clock.now_us() == START_US


@given(st.integers(1, 10**15))
def test_a_negative_advance_is_an_error_at_once(by_us: int) -> None:
    """Nothing has moved."""
    clock = Clock(START)
    back = timedelta(microseconds=-by_us)
    with pytest.raises(ValueError, match=r"^time only moves forward, not by datetime\.timedelta\(") as caught:
        clock.advance(back)
    assert str(caught.value) == f"time only moves forward, not by {back!r}: begin earlier, by start=…"
    with pytest.raises(ValueError, match=r"^time only moves forward: it is 2018-07-30T12:00:00\+00:00, later than "):
        clock.advance_to(clock.now() + back)
    assert clock.now_us() == START_US


@pytest.mark.parametrize(
    "by, units, error, text",
    [
        (-5, {}, ValueError, "time only moves forward, not by -5: begin earlier, by start=…"),
        (
            None,
            {"minutes": -5},
            ValueError,
            "time only moves forward, not by datetime.timedelta(days=-1, seconds=86100): begin earlier, by start=…",
        ),
        (
            None,
            {},
            TypeError,
            "advance takes one duration: write advance(minutes=5), advance(timedelta(minutes=5)) or advance(300)",
        ),
        (
            5,
            {"minutes": 5},
            TypeError,
            "advance takes one duration: write advance(minutes=5), advance(timedelta(minutes=5)) or advance(300)",
        ),
    ],
)
def test_an_invalid_advance_is_refused_with_a_hint(
    by: float | None, units: dict[str, float], error: type[Exception], text: str
) -> None:
    """No duration, two durations, or a negative one."""
    clock = Clock(START)
    with pytest.raises(error) as caught:
        clock.advance(by, **units)
    assert str(caught.value) == text
    assert clock.now_us() == START_US


def test_advance_to_the_past_shows_both_instants() -> None:
    """The message contains both."""
    with pytest.raises(ValueError, match="time") as caught:
        Clock(START).advance_to("2018-07-30")
    both = "it is 2018-07-30T12:00:00+00:00, later than 2018-07-30T00:00:00+00:00"
    assert str(caught.value) == f"time only moves forward: {both}; begin earlier, by start=…"


def test_pass_to_an_earlier_instant_does_nothing() -> None:
    """A wall clock that moves back undoes no event."""
    clock = Clock(START)
    clock.pass_to_us(START_US - 1)
    assert clock.now_us() == START_US


# Rates and steps are sums of powers of two, so that the expected instant is exact.
@example(60.0, [111 / 1024, 0.140625, 4.0, 4.0, 4.0, 4.0, 4.0, 3873 / 1024])
@given(st.sampled_from([0.25, 1.0, 60.0, 3600.0]), st.lists(st.integers(0, 4096).map(lambda ms: ms / 1024), max_size=20))
def test_a_rate_turns_real_time_into_virtual_time_without_drift(rate: float, steps_s: list[float]) -> None:
    """However often the clock is read in between, it is where one reading at the end would find it, to the microsecond."""
    with real_time() as fake:
        clock = Clock(START, rate=rate)
        last_us = START_US
        for step_s in steps_s:
            fake.now_s += step_s
            now_us = clock.now_us()
            assert now_us == clock.now_us() >= last_us
            last_us = now_us
        assert 0 <= START_US + sum(steps_s) * rate * SECOND_US - last_us <= 2


def test_a_rate_and_advances_add_up() -> None:
    """Agendas are called for the instants that real time reached."""
    with real_time() as fake:
        clock, written = Clock(START, rate=2), list[Any]()
        clock.add_agenda(Diary(clock, [1_500_000], written))
        clock.advance(1)
        fake.now_s += 1
        assert clock.now_us() == START_US + 3_000_000
        assert [at_us for _, at_us, _ in written] == [1_500_000]
        fake.now_s += 1
        clock.advance(1)
        assert clock.now_us() == START_US + 6_000_000


@pytest.mark.parametrize("rate", [-1, -0.001, math.nan, math.inf, 1e308])
def test_a_rate_must_be_finite_and_not_negative(rate: float) -> None:
    """Otherwise the first reading would fail, far from the mistake."""
    with pytest.raises(ValueError, match="rate") as caught:
        Clock(START, rate=rate)
    bounds = "of virtual seconds per real second, from 0 to 1,000,000"
    assert str(caught.value) == f"rate is a number {bounds}, not {rate!r}: write rate=60, or leave it out for none"


# -- law 3: what is due at T has happened at T


@given(st.integers(1, 100))
def test_what_is_due_at_an_instant_has_happened_at_that_instant(offset_us: int) -> None:
    """A microsecond earlier it had not happened."""
    clock, written = Clock(START), list[Any]()
    clock.add_agenda(Diary(clock, [offset_us], written))
    clock.pass_us(offset_us - 1)
    assert written == []
    clock.pass_us(1)
    assert written == [("diary", offset_us, offset_us)]


# -- law 4: reading never changes the world


def contents(clock: Clock) -> dict[str, Any]:
    """Return all that a clock holds."""
    return {name: getattr(clock, name) for name in Clock.__slots__ if not name.startswith("__")}


@given(OFFSETS, st.integers(0, 60))
def test_reading_never_changes_the_world(offsets_us: list[int], by_us: int) -> None:
    """The instant, latency, limit and repr can be read any number of times."""
    clock, written = Clock(START), list[Any]()
    clock.add_agenda(Diary(clock, offsets_us, written))
    clock.pass_us(by_us)
    before, told_before = contents(clock), written.copy()
    for _ in range(3):
        assert clock.now_us() == START_US + by_us
        assert clock.now() == instant(START_US + by_us)
        assert (clock.latency, clock.idle_limit) == (timedelta(milliseconds=100), timedelta(days=1))
        assert repr(clock)
    assert contents(clock) == before
    assert written == told_before


def test_latency_and_idle_limit_can_be_set_at_any_time() -> None:
    """Each takes seconds or a timedelta; None means no limit."""
    clock = Clock(START, latency=0, idle_limit=None)
    assert (clock.latency, clock.idle_limit) == (timedelta(0), None)
    clock.latency, clock.idle_limit = timedelta(seconds=2), 60
    assert (clock.latency_us, clock.idle_limit_us) == (2_000_000, 60_000_000)
    assert (clock.latency, clock.idle_limit) == (timedelta(seconds=2), timedelta(minutes=1))


def test_an_invalid_latency_or_idle_limit_is_refused() -> None:
    """The old value stays."""
    clock = Clock(START)
    with pytest.raises(ValueError, match=r"^latency is 0 or more, not -1: write latency = 0 for none$"):
        clock.latency = -1
    for wrong in (0, -5):
        with pytest.raises(
            ValueError, match=rf"^idle_limit is a positive duration, not {wrong}: write idle_limit = None for no limit$"
        ):
            clock.idle_limit = wrong
    assert (clock.latency, clock.idle_limit) == (timedelta(milliseconds=100), timedelta(days=1))


# -- law 5: advance(a); advance(b) is advance(a + b) for every observer


@given(STEPS, OFFSETS, OFFSETS, OFFSETS)
def test_small_steps_equal_one_advance_for_every_observer(
    steps_us: list[int], one: list[int], two: list[int], three: list[int]
) -> None:
    """Each is called for the same instants in the same order, also for those that come about on the way."""
    in_steps = diaries(steps_us, one, two, three)
    assert in_steps == diaries([sum(steps_us)], one, two, three)
    assert in_steps == sorted(in_steps, key=lambda entry: (entry[1], entry[0]))


@given(STEPS, OFFSETS, OFFSETS)
def test_an_observer_sees_the_instant_of_its_event(steps_us: list[int], one: list[int], two: list[int]) -> None:
    """It sees its own instant and not the target of the advance; no event is missed or repeated."""
    written = diaries(steps_us, one, two)
    assert all(at_us == shown_us for _, at_us, shown_us in written)
    for name, offsets_us in (("0", one), ("1", two)):
        due = sorted({offset for offset in offsets_us if offset <= sum(steps_us)})
        assert [at_us for who, at_us, _ in written if who == name] == due


@pytest.mark.parametrize("order", [(Pushing, Diary), (Diary, Pushing)])
def test_an_observer_that_moves_the_clock_skips_no_other(order: tuple[type[Diary], ...]) -> None:
    """All that is due at one instant happens there, before anything later."""
    clock, written = Clock(START), list[Any]()
    for kind in order:
        clock.add_agenda(kind(clock, [5, 12], written, kind.__name__))
    clock.pass_us(6)
    assert clock.now_us() == START_US + 22
    assert [(at_us, shown_us) for _, at_us, shown_us in written] == [(5, 5), (5, 5), (12, 12), (12, 12)]
    assert {name for name, at_us, _ in written if at_us == 5} == {"Pushing", "Diary"}


def test_an_observer_that_raises_skips_no_other() -> None:
    """The advance raises and the clock stands at that instant; the others are called when time goes on."""
    clock, written = Clock(START), list[Any]()
    clock.add_agenda(Failing(clock, [5], written, "failing"))
    clock.add_agenda(Diary(clock, [5], written))
    with pytest.raises(RuntimeError, match=r"^told$"):
        clock.pass_us(10)
    assert clock.now_us() == START_US + 5
    clock.pass_us(0)
    assert written == [("failing", 5, 5), ("diary", 5, 5)]


def test_a_removed_observer_is_not_called_again() -> None:
    """Not even for the instant at which another observer removed it."""
    clock, written = Clock(START), list[Any]()
    second = Diary(clock, [1, 5, 9], written, "second")
    clock.add_agenda(second)
    clock.pass_us(2)
    clock.remove_agenda(second)
    clock.pass_us(10)
    assert written == [("second", 1, 1)]

    third = Diary(clock, [20], written, "third")

    class Parting(Diary):
        """An observer that removes another one."""

        def settle(self, at_us: int) -> None:
            super().settle(at_us)
            clock.remove_agenda(third)

    clock.add_agenda(Parting(clock, [20], written, "parting"))
    clock.add_agenda(third)
    clock.pass_us(100)
    assert written[1:] == [("parting", 20, 20)]


def test_removing_an_unknown_agenda_is_a_usage_error() -> None:
    """The message names it."""
    clock = Clock(START)
    with pytest.raises(UsageError, match=r"^<stranger> is not an agenda of this clock: add it first, by add_agenda\(\)$"):
        clock.remove_agenda(Diary(clock, [], [], "stranger"))


# -- law 6: a sleep from t for d ends at t + d


@given(STEPS)
def test_a_sleep_advances_the_clock_by_its_length(steps_us: list[int]) -> None:
    """From wherever the clock stands."""
    clock = Clock(START)
    for step_us in steps_us:
        t_us = clock.now_us()
        clock.pass_us(step_us)
        assert clock.now_us() == t_us + step_us


def test_concurrent_sleeps_of_threads_without_sleepers_add_up() -> None:
    """Every microsecond of every thread is in the sum, and each instant is reported once."""
    threads, times = 6, 300
    clock, written = Clock(START), list[Any]()
    clock.add_agenda(Diary(clock, list(range(1, threads * times + 1)), written))

    # A traced thread may fail to start at such a pace, so all start before.
    ready = threading.Barrier(threads + 1)

    def hammer() -> None:
        ready.wait()
        for _ in range(times):
            clock.pass_us(1)

    workers = [threading.Thread(target=hammer) for _ in range(threads)]
    for worker in workers:
        worker.start()
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        ready.wait()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval_s)
    assert clock.now_us() == START_US + threads * times
    assert [at_us for _, at_us, _ in written] == list(range(1, threads * times + 1))


# -- clocks outside


class Wall:
    """An outside clock that the test moves, and that records how far it is moved along."""

    def __init__(self) -> None:
        self.owed_us = 0
        self.moved: list[int] = []

    def moved_us(self, _now_us: int) -> int:
        by_us, self.owed_us = self.owed_us, 0
        return by_us

    def move_us(self, by_us: int) -> None:
        self.moved.append(by_us)

    def wall_us(self, now_us: int) -> int:
        return now_us - 5


def test_the_process_shows_the_virtual_or_the_outside_clock() -> None:
    """Without an outside clock, and with a rate, it is the present instant."""
    with real_time():
        for clock in (Clock(START), Clock(START, rate=2)):
            assert clock.wall_us() == START_US
        clock = Clock(START)
        clock.outside = Wall()
        assert clock.wall_us() == START_US - 5


def test_an_outside_clock_is_followed_and_moved_along() -> None:
    """What it passed by itself is not added again; when it moves back, no agenda is called."""
    clock, wall, written = Clock(START), Wall(), list[Any]()
    clock.add_agenda(Diary(clock, [5, 12], written))
    clock.outside = wall
    wall.owed_us = 6
    assert clock.now_us() == START_US + 6
    assert wall.moved == []
    clock.advance(timedelta(microseconds=4))
    assert (clock.now_us(), sum(wall.moved)) == (START_US + 10, 4)
    wall.owed_us = -3
    assert clock.now_us() == START_US + 7
    assert [at_us for _, at_us, _ in written] == [5]
    assert sum(wall.moved) == 4
