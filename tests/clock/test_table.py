import threading

from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.table import Sleeper, Table

ME, OTHER = threading.current_thread(), threading.Thread()


def sleeper(deadline_us: int | None, number: int = 0, thread: threading.Thread = ME, *, is_ticker: bool = False) -> Sleeper:
    """Return a sleeper that nobody can rouse."""
    found = Sleeper(deadline_us, number, thread, lambda: None)
    found.is_ticker = is_ticker
    return found


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans())))
def test_the_next_is_the_one_with_the_earliest_deadline_of_those_that_stayed(deadlines: list[tuple[int, bool]]) -> None:
    """At one instant the one that began first."""
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


def test_one_that_waits_without_a_time_out_has_no_deadline_and_is_disturbed_first() -> None:
    """It has nothing else to do than to look around; one that was given something has."""
    table, timed, untimed, given_one = Table(), sleeper(1), sleeper(None), sleeper(None)
    for one in (untimed, given_one):
        table.add(one)
    assert (table.first(), table.has_deadlines) == (None, False)
    table.add(timed)
    given_one.is_given = True
    assert (table.first(), table.last()) == (timed, untimed)
    table.set_busy(untimed, is_busy=True)
    assert table.last() is timed
    table.set_busy(timed, is_busy=True)
    assert table.last() is None
    assert untimed in table
    assert timed in table


def test_threads_are_counted_while_they_do_nothing_else() -> None:
    """One may have several sleepers: it sleeps in an event handler that runs while it sleeps."""
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


def test_the_clock_stops_for_a_ticker_only_if_there_is_nothing_else() -> None:
    """It is due all the same when its instant is over."""
    table, ticker, serious = Table(), sleeper(1, is_ticker=True), sleeper(5)
    table.add(ticker)
    assert table.first() is ticker
    table.add(serious)
    assert table.first() is serious
    assert table.due(0) is None
    assert table.due(5) is ticker
    table.discard(ticker)
    assert (table.due(4), table.due(5)) == (None, serious)


def test_deadlines_that_nobody_waits_for_do_not_pile_up() -> None:
    """A time-out that was not needed would stay until its instant comes."""
    table = Table()
    last = sleeper(10**9)
    table.add(last)
    for deadline_us in range(1000, 0, -1):
        one = sleeper(deadline_us)
        table.add(one)
        table.discard(one)
    assert len(table._heap) <= 65
    assert table.first() is last
