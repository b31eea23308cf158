import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock.clock import sleepers as module
from sagemock.clock.holds import Holds
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers, waiting
from sagemock.clock.table import Awaited
from sagemock.clock.virtual import Clock
from sagemock.clock.waits import Why
from tests.support.waiting import eventually

START = "2018-07-30T12:00:00Z"
S = 1_000_000


class World:
    """A clock with its sleepers; of the threads alive at its creation, only the creating one belongs to it."""

    def __init__(self, around: Sleepers | None = None) -> None:
        self.clock = Clock(START)
        self.start_us = self.clock.now_us()
        self.sleepers = Sleepers(self.clock, set(threading.enumerate()) - {threading.current_thread()}, around)

    @property
    def at_us(self) -> int:
        """Return the microseconds since the start."""
        return self.clock.now_us() - self.start_us

    def sleep_us(self, duration_us: int) -> None:
        """Sleep as a thread does."""
        self.sleepers.until_us(self.clock.now_us() + duration_us)

    def asleep(self, thread: threading.Thread) -> Sleeper:
        """Start a thread, which then counts as asleep without a deadline."""
        sleeper = self.sleepers.sleeper(None, lambda: None)
        sleeper.thread = thread
        thread.start()
        self.sleepers.begin_sleep(sleeper)
        return sleeper

    def together(self, *works: Callable[[], object]) -> list[Any]:
        """Run each function in a thread of its own, to the end; raise the first error."""
        with ThreadPoolExecutor(len(works)) as pool:
            return [future.result() for future in [pool.submit(work) for work in works]]


def test_a_single_thread_never_waits_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no lock and inspects no thread."""
    world = World()
    monkeypatch.setattr(module, "waiting", None)
    world.sleep_us(6 * 3600 * S)
    world.clock.advance(hours=1)
    world.clock.advance_to("2018-07-30T20:00:00Z")
    world.sleepers.give_way()
    assert world.at_us == 8 * 3600 * S
    assert not world.sleepers.table


# Few instants, so that deadlines often coincide; at most three threads, since each example starts real ones.
NAPS = st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=5), min_size=2, max_size=3)


@settings(max_examples=15)
@given(NAPS)
def test_sleepers_wake_at_their_own_instants_and_in_their_order(naps: list[list[int]]) -> None:
    """Law 7: no sleeper is late or early, and concurrent sleeps do not add up."""
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


def test_a_busy_thread_holds_time() -> None:
    """A background loop cannot move time far ahead of a busy test."""
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
    """Law 5 for sleepers: each sees its own deadline and not the target, however often it sleeps again."""
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
    """Only sleeps run side by side."""
    world = World()
    world.together(*[lambda: world.clock.advance(1)] * 3)
    assert world.at_us == 3 * S


def test_pass_to_wakes_sleepers_up_to_its_instant() -> None:
    """It does as `advance` does; an instant in the past changes nothing."""
    world = World()
    world.together(lambda: world.sleep_us(10), lambda: world.clock.pass_to_us(world.start_us + 20))
    world.together(lambda: world.clock.pass_to_us(0), lambda: world.clock.pass_us(0))
    assert world.at_us == 20


def test_the_end_of_the_mock_wakes_all_sleepers() -> None:
    """At once and without moving time; later sleeps return immediately."""
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


def test_the_end_of_the_mock_wakes_all_although_one_wakeup_fails() -> None:
    """The error is raised when all others are awake."""
    world = World()

    def fail() -> None:
        raise OSError

    roused: list[str] = []
    for rouse in (lambda: roused.append("first"), fail, lambda: roused.append("last")):
        world.sleepers.begin_sleep(world.sleepers.sleeper(S, rouse))
    with pytest.raises(OSError):  # noqa: PT011  # the error has no message
        world.sleepers.close()
    assert roused == ["first", "last"]
    assert not world.sleepers.table


def test_an_observer_may_move_the_clock_by_its_own_sleep() -> None:
    """Its event comes while another thread moves the clock."""
    world, events = World(), list[int]()

    class Observer:
        def next_us(self, after_us: int) -> int | None:
            return world.start_us + 5 if after_us < world.start_us + 5 else None

        def settle(self, at_us: int) -> None:
            events.append(at_us - world.start_us)
            world.sleep_us(100)

    world.clock.add_agenda(Observer())
    world.together(lambda: world.sleep_us(10), lambda: world.sleep_us(10))
    assert events == [5]
    assert world.at_us >= 105


def test_an_observers_error_is_raised_by_one_sleep_only() -> None:
    """The thread that moved the clock raises it; no other thread stays asleep."""
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


def test_a_thread_whose_wait_is_over_does_not_register_as_asleep() -> None:
    """The check happens under the lock that guards the table of sleepers."""
    world = World()
    sleeper = world.sleepers.sleeper(world.start_us + 10, lambda: None)
    world.sleepers.begin_sleep(sleeper, lambda: True)
    assert not world.sleepers.table
    world.sleepers.begin_sleep(sleeper, lambda: False)
    assert list(world.sleepers.table) == [sleeper]


def test_a_thread_that_yields_endlessly_does_not_hold_time() -> None:
    """`while not done: time.sleep(0)` waits for another thread, which may sleep."""
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


def test_a_sleep_that_is_over_holds_no_time_while_its_thread_notifies_an_observer() -> None:
    """It cannot go on before the observer is done, which may itself wait for time to pass."""
    world = World()
    sleeper = world.sleepers.sleeper(world.start_us + 10, lambda: None)
    world.sleepers.woken[sleeper] = None
    during: list[dict[Sleeper, None]] = []
    world.sleepers.busy(lambda: during.append(world.sleepers.woken.copy()))
    assert during == [{}]
    assert list(world.sleepers.woken) == [sleeper]


def test_a_thread_that_has_yielded_often_goes_to_the_next_deadline() -> None:
    """The one that sleeps may not get to run as long as this thread yields; it cannot move time itself."""
    world = World()
    world.sleepers.begin_sleep(world.sleepers.sleeper(world.start_us + 10, lambda: None))
    for _ in range(1000):
        world.sleepers.give_way()
    assert world.at_us == 0
    world.sleepers.give_way()
    assert world.at_us == 10


def test_a_deadline_passed_by_an_outside_clock_wakes_the_sleeper() -> None:
    """A test ticked a frozen wall clock while a thread slept; that clock is not moved again."""

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


def test_sleepers_of_the_outer_mock_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have nothing to do in the inner one."""
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


def test_a_second_wakeup_before_the_first_is_noticed_has_no_effect() -> None:
    """The wait ends once."""
    pause, rouse = waiting()
    rouse()
    rouse()
    pause(None)
    pause(0.001)


def test_a_thread_that_begins_during_the_look_holds_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that rests when it is inspected may have started another one just before."""
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


def test_a_woken_thread_that_has_not_run_yet_holds_time() -> None:
    """It may wait long for a processor.

    While it runs an event handler it does not hold time, since the handler may wait for time.
    """
    world = World()
    waits, sleeps = (world.sleepers.sleeper(deadline_us, lambda: None) for deadline_us in (None, world.start_us + 10))
    for one in (waits, sleeps):
        world.sleepers.begin_sleep(one)
    world.sleepers.release(waits)
    assert world.sleepers.drive(waits) == 0
    assert world.sleepers.drive(sleeps) != 0
    world.sleepers.table.set_busy(waits, is_busy=True)
    assert world.sleepers.drive(sleeps) == 0
    world.sleepers.end_sleep(sleeps)
    world.sleepers.table.set_busy(waits, is_busy=False)
    assert world.sleepers._holds.hold(None, paused=True)
    world.sleepers.end_sleep(waits)
    assert not world.sleepers._holds.hold(None, threading.current_thread(), paused=True)


def test_a_wakeup_that_comes_too_late_holds_no_time() -> None:
    """The wait timed out at the same moment."""
    world = World()
    waits = world.sleepers.sleeper(None, lambda: None)
    world.sleepers.begin_sleep(waits)
    world.sleepers.end_sleep(waits)
    world.sleepers.release(waits)
    assert world.sleepers.woken == {}
    world.sleepers.woken[waits] = None
    assert not world.sleepers._holds.hold(None, threading.current_thread(), paused=True)
    assert world.sleepers.woken == {}


def test_a_thread_without_a_deadline_drives_only_for_others() -> None:
    """Alone it would move time to nowhere. A thread with a deadline drives, and hands over to a waiting one when it leaves."""
    world, roused = World(), list[str]()
    waits = world.sleepers.sleeper(None, lambda: roused.append("waits"))
    world.sleepers.begin_sleep(waits)
    assert world.sleepers.drive(waits) is None
    busy = threading.Thread(target=threading.Event().wait, args=(1,))
    busy.start()
    sleeps, later = (world.sleepers.sleeper(world.start_us + at_us, lambda: None) for at_us in (10, 20))
    for one in (sleeps, later):
        world.sleepers.begin_sleep(one)
    assert world.sleepers.drive(sleeps) == 0.002
    assert world.sleepers.drive(waits) is None
    world.sleepers.end_sleep(sleeps)
    assert roused == ["waits"]
    assert world.sleepers.drive(waits) == 0.002
    world.sleepers.end_sleep(later)
    assert world.sleepers.drive(waits) is None
    assert vars(world.sleepers)["_driver"] is None
    busy.join()


def test_a_driver_that_wakes_up_hands_over() -> None:
    """An event loop does so when it is called just then: those that remain need a driver."""
    world, roused = World(), list[int]()
    first, called, left = (world.sleepers.sleeper(world.start_us + at_us, partial(roused.append, at_us)) for at_us in (1, 3, 2))
    for one in (first, left, called):
        world.sleepers.begin_sleep(one)
    vars(world.sleepers)["_driver"] = first
    for one in (first, called):
        world.sleepers.end_sleep(one)
    assert roused == [3, 2]
    assert vars(world.sleepers)["_driver"] is left
    world.sleepers.end_sleep(left)
    assert vars(world.sleepers)["_driver"] is None


@pytest.fixture
def idle() -> Iterator[threading.Thread]:
    """Return a thread that waits for its end in real time."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    yield thread
    end.set()
    thread.join()


def test_time_holds_between_the_end_of_a_thread_and_the_wakeup_of_its_joiner(idle: threading.Thread) -> None:
    """The ended thread is on no list any more, and the joining one still counts as asleep."""
    world, ended = World(), threading.Thread()
    joins, again, sleeps = (world.sleepers.sleeper(at_us, lambda: None) for at_us in (None, None, world.start_us + 5))
    joins.thread = again.thread = idle
    idle.start()
    joins.joins, again.joins = threading.current_thread(), ended
    world.sleepers.begin_sleep(joins)
    assert world.sleepers.is_alone()
    world.sleepers.begin_sleep(again)
    assert not world.sleepers.is_alone()
    assert not World(around=world.sleepers).sleepers.is_alone()
    world.sleepers.begin_sleep(sleeps)
    assert world.sleepers.drive(sleeps)
    assert world.at_us == 0
    world.sleepers.end_sleep(again)
    assert world.sleepers.drive(sleeps) == 0
    assert world.at_us == 5


def test_a_thread_that_goes_to_sleep_during_the_count_keeps_its_deadline(
    idle: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was awake at the look at the deadlines, and asleep at the count of the threads that are awake."""
    world = World()
    first = world.sleepers.sleeper(world.start_us + 5, lambda: None)
    first.thread = idle
    idle.start()

    def count() -> int:
        if first not in world.sleepers.table:
            world.sleepers.begin_sleep(first)
        return 2

    monkeypatch.setattr(threading, "active_count", count)
    assert not world.sleepers.is_alone()
    world.sleepers.end_sleep(first)


def test_a_loop_that_has_something_to_do_holds_time() -> None:
    """Until it has noticed that; not while its thread is busy with an event handler, which may wait for time to pass."""
    world, news = World(), [True]
    loop, sleeps = (world.sleepers.sleeper(world.start_us + at_us, lambda: None) for at_us in (20, 5))
    loop.news = lambda: news[0]
    for one in (loop, sleeps):
        world.sleepers.begin_sleep(one)
    assert world.sleepers.drive(sleeps)
    world.sleepers.busy(lambda: world.sleepers.table.has_news() and pytest.fail("it is busy"))
    news[0] = False
    assert world.sleepers.drive(sleeps) == 0
    assert world.at_us == 5
    news[0] = True
    world.sleepers.end_sleep(loop)
    assert not world.sleepers.table.has_news()


def test_a_timeout_waits_for_a_native_thread_that_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """That thread may be about to give the result."""
    world, computes = World(), [True]
    monkeypatch.setattr(world.sleepers._holds._natives, "work", lambda _: computes[0])
    wait = world.sleepers.sleeper(world.start_us + 5, lambda: None)
    wait.is_wait = True
    world.sleepers.begin_sleep(wait)
    assert world.sleepers.drive(wait)
    computes[0] = False
    eventually(lambda: world.sleepers.drive(wait) == 0)
    assert world.at_us == 5
    world.sleepers.end_sleep(wait)


def test_a_loop_that_begins_to_wait_between_two_looks_waits_for_older_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first look it still ran, so the older threads were not looked at."""
    world = World()
    holds, sleeps = world.sleepers._holds, world.sleepers.sleeper(world.start_us + 5, lambda: None)
    world.sleepers.begin_sleep(sleeps)
    for older, waits in (
        ([threading.current_thread()], [False, True]),
        ([threading.current_thread()], [False, False]),
        ([], [False, True]),
    ):
        answers = iter(waits)
        monkeypatch.setattr(holds, "older", lambda older=older: older)
        monkeypatch.setattr(holds, "_may_wait_for_older", lambda _, answers=answers: next(answers))
        monkeypatch.setattr(holds, "_awake", lambda _: [threading.main_thread()])
        monkeypatch.setattr(holds.stillness, "all_rest", lambda *_, **__: True)
        assert holds.hold(sleeps, paused=True) is (older != [] and waits[-1])
    world.sleepers.end_sleep(sleeps)


def test_a_loop_may_begin_to_wait_for_the_outside_while_it_sleeps() -> None:
    """And end that wait; once it is awake, it holds nothing any more."""
    world = World()
    loop = world.sleepers.sleeper(world.start_us + 5, lambda: None)
    world.sleepers.begin_sleep(loop)
    world.sleepers.awaits(loop, Awaited("it", str(Why.OUTSIDE.value), math.inf, ()))
    assert world.sleepers.drive(loop)
    # This names it if that lasts.
    assert world.sleepers._holds.stillness.holder == (threading.current_thread(), Why.OUTSIDE)
    world.sleepers.awaits(loop, None)
    assert world.sleepers.drive(loop) == 0
    world.sleepers.awaits(loop, Awaited("it", str(Why.OUTSIDE.value), math.inf, ()))
    assert world.sleepers.table.outside() == []
    world.sleepers.end_sleep(loop)


class Mutex:
    """A lock that calls `freed` when it has been released."""

    def __init__(self, freed: Callable[[], object]) -> None:
        self.freed = freed
        self.lock = threading.RLock()

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        self.freed()


def test_a_thread_that_goes_on_right_after_the_count_is_not_overlooked(
    idle: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread woke it and ended before the count. It had to wait for the mutex, and is awake before the answer is given."""
    world = World()
    waits = world.asleep(idle)

    def count(_: Holds) -> int:
        world.sleepers.release(waits)
        return 1

    def goes_on() -> None:
        world.sleepers.woken.pop(waits, None)

    monkeypatch.setattr(Holds, "_awake_threads", count)
    monkeypatch.setattr(world.sleepers, "_mutex", Mutex(goes_on))
    assert not world.sleepers.is_alone()
    world.sleepers.end_sleep(waits)


def test_a_thread_that_was_alone_does_not_move_time_after_a_pause_or_a_wake_up(idle: threading.Thread) -> None:
    """Both may come between the count and the move."""
    world = World()
    waits, then_us, resumed = world.asleep(idle), world.start_us + 5, world.sleepers.resumed
    with world.sleepers.paused():
        assert not world.sleepers.move_alone_us(then_us, resumed)
    world.sleepers.release(waits)
    assert not world.sleepers.move_alone_us(then_us, resumed)
    world.sleepers.end_sleep(waits)
    assert not world.sleepers.move_alone_us(then_us, resumed)
    assert world.at_us == 0
    assert world.sleepers.move_alone_us(then_us, world.sleepers.resumed)
    assert world.at_us == 5


def test_the_main_thread_looks_for_signals_while_it_waits() -> None:
    """One that came while another thread had the GIL does not end Python's wait for a lock. Other threads get none."""
    world, asked = World(), list[float | None]()

    def wait() -> None:
        woken = world.sleepers.sleeper(None, lambda: None)

        def pause(longest_s: float | None) -> None:
            asked.append(longest_s)
            world.sleepers.release(woken)

        world.sleepers.sleep_as(woken, pause)

    wait()
    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    assert asked == [module._SIGNAL_S, None]


def test_a_thread_that_is_alone_no_more_sleeps_as_others_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the end of the pause."""
    world, over = World(), ExitStack()

    def is_alone() -> bool:
        over.enter_context(world.sleepers.paused())
        return True

    def drive(sleeper: Sleeper) -> float | None:
        over.close()
        return real_drive(sleeper)

    real_drive = world.sleepers.drive
    monkeypatch.setattr(world.sleepers, "is_alone", is_alone)
    monkeypatch.setattr(world.sleepers, "drive", drive)
    world.sleep_us(5)
    assert world.at_us == 5


def test_a_move_of_another_thread_ends_before_a_pause_begins_or_a_woken_thread_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was decided before: the thread that goes on must not see time pass behind it."""
    world, other = World(), threading.Thread()

    def end_move(_: float) -> None:
        world.clock.move_to_us(world.clock.now_us() + 5)
        world.sleepers._mover = None

    monkeypatch.setattr(real, "sleep", end_move)
    world.sleepers._mover = other
    with world.sleepers.paused():
        assert world.at_us == 5
    woken = world.sleepers.sleeper(None, lambda: None)
    world.sleepers.release(woken)
    world.sleepers._mover = other
    world.sleepers.sleep_as(woken, lambda _: None)
    assert world.at_us == 10


def test_a_thread_that_ends_during_the_count_is_waited_for(idle: threading.Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody counts it any more, and it has not woken the thread that joins it yet."""
    world, end = World(), threading.Event()
    ending = threading.Thread(target=end.wait)
    ending.start()
    joins = world.sleepers.sleeper(None, lambda: None)
    joins.thread, joins.joins = idle, ending
    idle.start()
    world.sleepers.begin_sleep(joins)

    def count(_: Holds) -> int:
        end.set()
        ending.join()
        return 1

    monkeypatch.setattr(Holds, "_awake_threads", count)
    assert not world.sleepers.is_alone()
    world.sleepers.end_sleep(joins)


def test_a_thread_woken_during_the_count_is_waited_for(idle: threading.Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that woke it has ended since, so the count alone finds no thread awake."""
    world = World()
    waits, sleeps = world.asleep(idle), world.sleepers.sleeper(world.start_us + 5, lambda: None)

    def count(_: Holds) -> int:
        world.sleepers.release(waits)
        return 0

    monkeypatch.setattr(Holds, "_awake_threads", count)
    assert not world.sleepers.is_alone()
    world.sleepers.woken.clear()
    world.sleepers.begin_sleep(sleeps)
    assert world.sleepers.drive(sleeps)
    assert world.at_us == 0
