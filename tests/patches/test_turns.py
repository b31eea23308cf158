import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from sagemock.clock.real import real
from sagemock.patches.turns import TURNS, Turns, yields


class Rounds:
    """A loop that runs rounds under a real clock that the test moves, and a virtual clock that stands still."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.turns = Turns()
        self.real_s = 100.0
        self.at_us: int | None = 0
        self.is_hasty = True
        monkeypatch.setattr(real, "monotonic", lambda: self.real_s)

    def nowhere(self, for_s: float, who: list[str] | None, each_s: float = 0.001) -> bool:
        """Run rounds for so many real seconds; return whether time should pass at the end."""
        found, ends_s = False, self.real_s + for_s
        while self.real_s < ends_s:
            self.real_s += each_s
            kinds = None if who is None else [KINDS[one] for one in who]
            found |= self.turns.lead_nowhere(kinds, lambda: self.at_us, hasty=lambda: self.is_hasty)
        return found


KINDS: dict[str, Callable[..., object]] = {"a": lambda: 0, "b": lambda: 1}


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Rounds:
    """Return a loop before its first round."""
    return Rounds(monkeypatch)


def test_tasks_that_only_yield_let_time_pass_after_a_quarter_of_a_second(rounds: Rounds) -> None:
    """Not earlier, and not after a few long rounds: a task that computes holds time."""
    assert not rounds.nowhere(0.24, ["a", "b"])
    assert rounds.nowhere(0.6, ["a"])
    rounds.turns.begin()
    assert not rounds.nowhere(100, ["a"], each_s=0.5)


def test_a_task_known_to_yield_lets_time_pass_at_once(rounds: Rounds) -> None:
    """At each later instant, while no other task runs, and until the loop was idle once."""
    assert rounds.nowhere(0.6, ["a"])
    rounds.turns.begin()
    assert rounds.nowhere(2 * TURNS * 0.0001, ["a"], each_s=0.0001)
    rounds.turns.begin()
    assert not rounds.nowhere(2 * TURNS * 0.0001, ["a", "b"], each_s=0.0001)
    rounds.is_hasty = False
    rounds.turns.begin()
    assert not rounds.nowhere(2 * TURNS * 0.0001, ["a"], each_s=0.0001)
    rounds.is_hasty = True
    rounds.turns.forget()
    rounds.turns.forget()
    assert not rounds.nowhere(2 * TURNS * 0.0001, ["a"], each_s=0.0001)


def test_tasks_that_wake_one_another_hold_time_longer(rounds: Rounds) -> None:
    """They may be working on the items of a queue."""
    assert not rounds.nowhere(0.9, None)
    assert rounds.nowhere(0.6, None)


def test_yielding_does_not_count_where_time_passes_anyway(rounds: Rounds) -> None:
    """Without an active mock it does not count either."""
    for at_us in range(10):
        rounds.at_us = at_us
        assert not rounds.nowhere(0.2, ["a"])
    rounds.at_us = None
    assert not rounds.nowhere(10, ["a"])


def test_the_length_of_yielding_is_measured(rounds: Rounds) -> None:
    """It starts with the first round that only yields; a few such rounds count as none."""
    assert rounds.turns.lasts_s == 0
    rounds.nowhere(9, None)
    rounds.nowhere(0.1, ["a"])
    assert rounds.turns.lasts_s == 0
    rounds.nowhere(1.9, ["a"])
    assert rounds.turns.lasts_s == pytest.approx(2, abs=0.01)


def test_yielding_tasks_are_told_apart_from_woken_ones() -> None:
    """A callback counts by its code, whatever its closure; one that gets a future passes on a result."""
    seen = list[object]()

    def made() -> Callable[[], None]:
        return lambda: None

    async def yielding() -> None:
        await asyncio.sleep(0)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(yielding())]
        await asyncio.sleep(0)
        ready = [(handle._callback, handle._args) for handle in vars(loop)["_ready"]]
        assert yields(ready) == tasks
        assert yields([(made(), ())]) == yields([(made(), ())])
        assert yields([(partial(print), ("x",))]) == [partial]
        # A cancelled handle holds no callback.
        assert yields([(None, None)])
        assert yields([*ready, (seen.append, (loop.create_future(),))]) is None
        await tasks[0]

    asyncio.run(main())
