import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock.clock import sleepers as module
from sagemock.clock.holds import Holds
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers, waiting
from sagemock.clock.virtual import Clock
from tests.support.waiting import eventually

START = "2018-07-30T12:00:00Z"
S = 1_000_000


class World:
    """A clock with its sleepers; whoever is alive when it is made keeps out of it, but for this thread."""

    def __init__(self, around: Sleepers | None = None) -> None:
        self.clock = Clock(START)
        self.start_us = self.clock.now_us()
        self.sleepers = Sleepers(self.clock, set(threading.enumerate()) - {threading.current_thread()}, around)

    @property
    def at_us(self) -> int:
        """The time since the start."""
        return self.clock.now_us() - self.start_us

    def sleep_us(self, duration_us: int) -> None:
        """Sleep as a thread does."""
        self.sleepers.until_us(self.clock.now_us() + duration_us)

    def together(self, *works: Callable[[], object]) -> list[Any]:
        """Run each in a thread of its own, to the end; raise what one raised."""
        with ThreadPoolExecutor(len(works)) as pool:
            return [future.result() for future in [pool.submit(work) for work in works]]


def test_a_single_thread_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no lock and looks at nobody."""
    world = World()
    monkeypatch.setattr(module, "waiting", None)
    world.sleep_us(6 * 3600 * S)
    world.clock.advance(hours=1)
    world.clock.advance_to("2018-07-30T20:00:00Z")
    world.sleepers.give_way()
    assert world.at_us == 8 * 3600 * S
    assert not world.sleepers.table


# Few instants, so that deadlines often coincide; three threads at most, since each example starts and settles them really.
NAPS = st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=5), min_size=2, max_size=3)


@settings(max_examples=15)
@given(NAPS)
def test_each_sleeper_wakes_at_its_own_instant_and_all_in_their_order(naps: list[list[int]]) -> None:
    """Law 7: no deadline is passed, none is early, and concurrent sleeps do not add up."""
    world, woke = World(), list[tuple[int, int]]()

    def work(number: int) -> None:
        for nap_us in naps[number]:
            world.sleep_us(nap_us)
            woke.append((world.at_us, number))

    world.together(*(lambda number=number: work(number) for number in range(len(naps))))

    expected = [(sum(mine[: end + 1]), number) for number, mine in enumerate(naps) for end in range(len(mine))]
    assert sorted(woke) == sorted(expected)
    assert [at_us for at_us, _ in woke] == sorted(at_us for at_us, _ in woke)
    assert world.at_us == max(map(sum, naps))


def test_a_thread_that_is_busy_holds_time() -> None:
    """A background loop does not run time away from a test that is about something else."""
    world, there, seen = World(), threading.Event(), list[int]()

    def sleeper() -> None:
        there.set()
        world.sleep_us(3600 * S)

    thread = threading.Thread(target=sleeper)
    thread.start()
    there.wait()
    ends_s = real.monotonic() + 0.05
    while real.monotonic() < ends_s:
        seen.append(world.at_us)
    thread.join()
    assert set(seen) == {0}
    assert world.at_us == 3600 * S


def test_an_advance_stops_at_each_deadline_on_the_way() -> None:
    """Law 5 for sleepers: whoever has one sees its instant and not the target, however often it sleeps again."""
    world, seen, begun = World(), list[int](), threading.Event()

    def poll() -> None:
        begun.set()
        for _ in range(5):
            world.sleep_us(10)
            seen.append(world.at_us)

    thread = threading.Thread(target=poll)
    thread.start()
    begun.wait()
    world.clock.advance(100e-6)
    thread.join()
    assert seen == [10, 20, 30, 40, 50]
    assert world.at_us == 100


def test_advances_of_several_threads_add_up() -> None:
    """Each lets so much time pass as it says; only sleeps run side by side."""
    world = World()
    world.together(*[lambda: world.clock.advance(1)] * 3)
    assert world.at_us == 3 * S


def test_to_pass_to_an_instant_wakes_whoever_sleeps_until_then() -> None:
    """As `advance` does; to one that is over nothing happens."""
    world = World()
    world.together(lambda: world.sleep_us(10), lambda: world.clock.pass_to_us(world.start_us + 20))
    world.together(lambda: world.clock.pass_to_us(0), lambda: world.clock.pass_us(0))
    assert world.at_us == 20


def test_the_end_of_the_mock_wakes_everybody() -> None:
    """At once, with no time passed; and who comes later does not sleep."""
    world = World()

    def sleep_twice() -> None:
        world.sleep_us(3600 * S)
        world.sleep_us(3600 * S)

    held = threading.Thread(target=sleep_twice)
    held.start()
    eventually(lambda: world.sleepers.table)
    world.sleepers.close()
    held.join()
    assert world.at_us == 0
    world.clock.advance(1)
    assert world.at_us == S


def test_the_end_of_the_mock_wakes_everybody_although_one_cannot_be_roused() -> None:
    """Its error is raised when all others are awake."""
    world = World()

    def fail() -> None:
        raise OSError

    roused: list[str] = []
    for rouse in (lambda: roused.append("first"), fail, lambda: roused.append("last")):
        world.sleepers.lie_down(world.sleepers.sleeper(S, rouse))
    with pytest.raises(OSError):  # noqa: PT011  # it has no words
        world.sleepers.close()
    assert roused == ["first", "last"]
    assert not world.sleepers.table


def test_an_observer_that_sleeps_moves_the_clock_itself() -> None:
    """It is told while the clock stands at its event, on the way of somebody else's move."""
    world, told = World(), list[int]()

    class Observer:
        def next_us(self, after_us: int) -> int | None:
            return world.start_us + 5 if after_us < world.start_us + 5 else None

        def settle(self, at_us: int) -> None:
            told.append(at_us - world.start_us)
            world.sleep_us(100)

    world.clock.add_agenda(Observer())
    world.together(lambda: world.sleep_us(10), lambda: world.sleep_us(10))
    assert told == [5]
    assert world.at_us >= 105


def test_an_error_of_an_observer_comes_out_of_one_sleep_and_the_others_go_on() -> None:
    """Whoever moved the clock there raises it; nobody is left asleep."""
    world = World()

    class Observer:
        def next_us(self, after_us: int) -> int | None:
            return world.start_us + 5 if after_us < world.start_us + 5 else None

        def settle(self, _at_us: int) -> None:
            raise RuntimeError("told")

    errors: list[str] = []

    def sleep() -> None:
        try:
            world.sleep_us(10)
        except RuntimeError as error:
            errors.append(str(error))

    world.clock.add_agenda(Observer())
    world.together(sleep, sleep, sleep)
    assert errors == ["told"]
    assert world.at_us == 10


def test_who_has_something_to_do_meanwhile_does_not_lie_down() -> None:
    """It is found out under the lock under which others look who sleeps."""
    world = World()
    sleeper = world.sleepers.sleeper(world.start_us + 10, lambda: None)
    world.sleepers.lie_down(sleeper, lambda: True)
    assert not world.sleepers.table
    world.sleepers.lie_down(sleeper, lambda: False)
    assert list(world.sleepers.table) == [sleeper]


def test_a_thread_that_yields_without_end_does_not_hold_time() -> None:
    """`while not done: time.sleep(0)` waits for somebody, and that one may sleep."""
    world, done = World(), threading.Event()

    def spin() -> None:
        while not done.is_set():
            world.sleepers.give_way()

    def work() -> None:
        world.sleep_us(10)
        done.set()

    world.together(work, spin)
    assert world.at_us == 10
    for _ in range(2000):
        world.sleepers.give_way()
    assert world.at_us == 10


def test_a_clock_outside_that_moved_past_a_deadline_wakes_the_sleeper_and_is_not_moved_again() -> None:
    """A wall clock that the test froze was ticked while a thread slept."""

    class Outside:
        ahead_us = 0
        moved = 0

        def moved_us(self, _now_us: int) -> int:
            ahead_us, self.ahead_us = self.ahead_us, 0
            return ahead_us

        def move_us(self, by_us: int) -> None:
            self.moved += by_us

        def wall_us(self, now_us: int) -> int:
            return now_us

    world, outside = World(), Outside()
    world.clock.outside = outside
    assert world.clock.wall_us() == world.start_us

    def sleep() -> int:
        world.sleep_us(60)
        return world.at_us

    def tick() -> None:
        eventually(lambda: world.sleepers.table)
        outside.ahead_us = 100

    assert world.together(sleep, tick)[0] == 100
    assert outside.moved == 0
    world.sleep_us(5)
    assert outside.moved == 5


def test_who_sleeps_in_the_mock_around_this_one_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread of the outer mock that has nothing to do here."""
    outer = World()
    held = threading.Thread(target=lambda: outer.sleep_us(3600 * S))
    held.start()
    eventually(lambda: outer.sleepers.table)
    inner = World(outer.sleepers)
    inner.sleepers._before = outer.sleepers._before

    monkeypatch.setattr(inner.sleepers._holds.stillness, "all_rest", lambda *_, **__: pytest.fail("it was watched"))
    inner.sleep_us(60 * S)
    outer.sleepers.close()
    held.join()
    assert (outer.at_us, inner.at_us) == (0, 60 * S)


def test_to_rouse_twice_is_to_rouse_once() -> None:
    """The second comes before the first was noticed."""
    pause, rouse = waiting()
    rouse()
    rouse()
    pause(None)
    pause(0.001)


def test_a_thread_that_begins_while_others_are_looked_at_holds_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stands still when it is looked at may have started it a moment ago."""
    world, over, begun = World(), threading.Event(), list[threading.Thread]()

    def all_rest(*_: object, **__: object) -> bool:
        if not begun:
            begun.append(threading.Thread(target=over.wait))
            begun[0].start()
        return True

    monkeypatch.setattr(world.sleepers._holds.stillness, "all_rest", all_rest)
    looks = [world.sleepers._holds.hold(None, paused=True) for _ in range(2)]
    over.set()
    begun[0].join()
    assert looks == [True, False]


def test_who_was_woken_and_has_not_gone_on_holds_time() -> None:
    """However long it takes to be given a processor; one that runs a handler meanwhile does not, since that may wait for time."""
    world = World()
    waits, sleeps = (world.sleepers.sleeper(deadline_us, lambda: None) for deadline_us in (None, world.start_us + 10))
    for one in (waits, sleeps):
        world.sleepers.lie_down(one)
    world.sleepers.give(waits)
    assert world.sleepers.drive(waits) == 0
    assert world.sleepers.drive(sleeps) != 0
    world.sleepers.table.set_busy(waits, is_busy=True)
    assert world.sleepers.drive(sleeps) == 0
    world.sleepers.get_up(sleeps)
    world.sleepers.table.set_busy(waits, is_busy=False)
    assert world.sleepers._holds.hold(None, paused=True)
    world.sleepers.get_up(waits)
    assert not world.sleepers._holds.hold(None, threading.current_thread(), paused=True)


def test_what_is_given_too_late_holds_nobody() -> None:
    """The thread timed out at the same moment, on its own."""
    world = World()
    waits = world.sleepers.sleeper(None, lambda: None)
    world.sleepers.lie_down(waits)
    world.sleepers.get_up(waits)
    world.sleepers.give(waits)
    assert world.sleepers.woken == {}
    world.sleepers.woken[waits] = None
    assert not world.sleepers._holds.hold(None, threading.current_thread(), paused=True)
    assert world.sleepers.woken == {}


def test_who_waits_without_a_time_out_does_not_look_around_for_nothing() -> None:
    """There is nowhere to go; whoever comes with a deadline looks for itself, and hands over to one that waits."""
    world, roused = World(), list[str]()
    waits = world.sleepers.sleeper(None, lambda: roused.append("waits"))
    world.sleepers.lie_down(waits)
    assert world.sleepers.drive(waits) is None
    busy = threading.Thread(target=threading.Event().wait, args=(1,))
    busy.start()
    sleeps, later = (world.sleepers.sleeper(world.start_us + at_us, lambda: None) for at_us in (10, 20))
    for one in (sleeps, later):
        world.sleepers.lie_down(one)
    assert world.sleepers.drive(sleeps) == 0.001
    assert world.sleepers.drive(waits) is None
    world.sleepers.get_up(sleeps)
    assert roused == ["waits"]
    assert world.sleepers.drive(waits) == 0.001
    world.sleepers.get_up(later)
    assert world.sleepers.drive(waits) is None
    assert vars(world.sleepers)["_driver"] is None
    busy.join()


def test_who_is_to_look_around_and_gets_up_instead_hands_over() -> None:
    """As a loop does that was called at that moment: whoever is left must not wait for somebody who looks no more."""
    world, roused = World(), list[int]()
    first, called, left = (world.sleepers.sleeper(world.start_us + at_us, partial(roused.append, at_us)) for at_us in (1, 3, 2))
    for one in (first, left, called):
        world.sleepers.lie_down(one)
    vars(world.sleepers)["_driver"] = first
    for one in (first, called):
        world.sleepers.get_up(one)
    assert roused == [3, 2]
    assert vars(world.sleepers)["_driver"] is left
    world.sleepers.get_up(left)
    assert vars(world.sleepers)["_driver"] is None


@pytest.fixture
def idle() -> Iterator[threading.Thread]:
    """Return a thread that waits for its end, really."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    yield thread
    end.set()
    thread.join()


def test_time_stands_between_the_end_of_a_thread_and_the_moment_at_which_who_joins_it_is_woken(idle: threading.Thread) -> None:
    """The thread is on no list any more, and the one that waits for it sleeps as far as anybody knows."""
    world, ended = World(), threading.Thread()
    joins, again, sleeps = (world.sleepers.sleeper(at_us, lambda: None) for at_us in (None, None, world.start_us + 5))
    joins.thread = again.thread = idle
    idle.start()
    joins.joins, again.joins = threading.current_thread(), ended
    world.sleepers.lie_down(joins)
    assert world.sleepers.is_alone()
    world.sleepers.lie_down(again)
    assert not world.sleepers.is_alone()
    assert not World(around=world.sleepers).sleepers.is_alone()
    world.sleepers.lie_down(sleeps)
    assert world.sleepers.drive(sleeps)
    assert world.at_us == 0
    world.sleepers.get_up(again)
    assert world.sleepers.drive(sleeps) == 0
    assert world.at_us == 5


def test_who_was_woken_while_the_threads_were_counted_is_waited_for(
    idle: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that gave it something has ended since, so that the count says that nobody is awake."""
    world = World()
    waits, sleeps = (world.sleepers.sleeper(at_us, lambda: None) for at_us in (None, world.start_us + 5))
    waits.thread = idle
    idle.start()
    world.sleepers.lie_down(waits)

    def count(_: Holds) -> int:
        world.sleepers.give(waits)
        return 0

    monkeypatch.setattr(Holds, "_awake_threads", count)
    assert not world.sleepers.is_alone()
    world.sleepers.woken.clear()
    world.sleepers.lie_down(sleeps)
    assert world.sleepers.drive(sleeps)
    assert world.at_us == 0
