import threading

from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.table import Sleeper, Table

ME, OTHER = threading.current_thread(), threading.Thread()


def sleeper(deadline_us: int | None, number: int = 0, thread: threading.Thread = ME, *, is_ticker: bool = False) -> Sleeper:
    """Return a sleeper whose wakeup does nothing."""
    found = Sleeper(deadline_us, number, thread, lambda: None)
    found.is_ticker = is_ticker
    return found


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans())))
def test_the_first_sleeper_is_the_one_with_the_earliest_deadline(deadlines: list[tuple[int, bool]]) -> None:
    """Removed ones do not count; at one instant the one that was added first comes first."""
    table, stayed = Table(), list[Sleeper]()
    for number, (deadline_us, stays) in enumerate(deadlines):
        one = sleeper(deadline_us, number)
        table.add(one)
        if stays:
            stayed.append(one)
        else:
            table.discard(one)
            table.discard(one)
    assert len(table) == len(stayed)
    assert set(table) == set(stayed)
    expected = min(stayed, key=lambda one: (one.deadline_us, one.number), default=None)
    assert table.first() is expected
    assert table.has_deadlines == bool(stayed)


def test_a_sleeper_without_a_deadline_is_disturbed_first() -> None:
    """It has nothing else to do than to drive; one that has been woken has."""
    table, timed, untimed, given_one = Table(), sleeper(1), sleeper(None), sleeper(None)
    for one in (untimed, given_one):
        table.add(one)
    assert (table.first(), table.has_deadlines) == (None, False)
    table.add(timed)
    given_one.is_released = True
    assert (table.first(), table.last()) == (timed, untimed)
    table.set_busy(untimed, is_busy=True)
    assert table.last() is timed
    table.set_busy(timed, is_busy=True)
    assert table.last() is None
    assert untimed in table
    assert timed in table


def test_threads_are_counted_unless_they_are_busy() -> None:
    """A thread may have several sleepers: an event handler that runs during its sleep may sleep too."""
    table, first, second, third = Table(), sleeper(1), sleeper(2), sleeper(3, thread=OTHER)
    for one in (first, second, third):
        table.add(one)
    assert table.threads() == 2
    table.set_busy(first, is_busy=True)
    assert (table.threads(), table.has(ME)) == (2, True)
    table.set_busy(second, is_busy=True)
    assert (table.threads(), table.has(ME), table.of(ME)) == (1, False, [first, second])
    table.set_busy(second, is_busy=False)
    table.keep(ME)
    assert (table.threads(), list(table), table.of(OTHER)) == (1, [first, second], [])
    table.clear()
    assert (len(table), table.threads()) == (0, 0)


def test_the_clock_stops_for_a_ticker_only_if_no_other_sleeper_has_a_deadline() -> None:
    """Once its instant has passed, the ticker is due all the same."""
    table, ticker, serious = Table(), sleeper(1, is_ticker=True), sleeper(5)
    table.add(ticker)
    assert table.first() is ticker
    table.add(serious)
    assert table.first() is serious
    assert table.due(0) is None
    assert table.due(5) is ticker
    table.discard(ticker)
    assert (table.due(4), table.due(5)) == (None, serious)


def test_the_clock_stops_for_the_sleeping_task_of_a_ticking_loop() -> None:
    """Its timers alone do not stop the clock, but wake the loop once the clock has gone on."""
    table, loop, later = Table(), sleeper(1, is_ticker=True), sleeper(5)
    loop.firm_us = 4
    table.add(later)
    assert later.stop_us == 5
    table.add(loop)
    assert table.first() is loop
    assert loop.stop_us == 4
    assert table.due(0) is None
    assert table.due(2) is loop
    table.discard(loop)
    assert table.first() is later
    assert table.due(4) is None


def test_deadlines_of_removed_sleepers_do_not_pile_up() -> None:
    """Without a cleanup, an unneeded timeout would stay until its instant."""
    table = Table()
    last = sleeper(10**9)
    table.add(last)
    for deadline_us in range(1000, 0, -1):
        one = sleeper(deadline_us)
        table.add(one)
        table.discard(one)
    assert len(table._heap) <= 65
    assert table.first() is last
