import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from sagemock.clock.real import real
from sagemock.patches.turns import TURNS, Turns, yields


class Rounds:
    """A loop that goes round by a real clock which is moved by hand, and a virtual one that stands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.turns = Turns()
        self.real_s = 100.0
        self.at_us: int | None = 0
        self.is_hasty = True
        monkeypatch.setattr(real, "monotonic", lambda: self.real_s)

    def nowhere(self, for_s: float, who: list[str] | None, each_s: float = 0.001) -> bool:
        """Go round for so long, and return whether time should have passed in the end."""
        found, ends_s = False, self.real_s + for_s
        while self.real_s < ends_s:
            self.real_s += each_s
            kinds = None if who is None else [KINDS[one] for one in who]
            found |= self.turns.lead_nowhere(kinds, lambda: self.at_us, hasty=lambda: self.is_hasty)
        return found


KINDS: dict[str, Callable[..., object]] = {"a": lambda: 0, "b": lambda: 1}


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Rounds:
    """Return a loop that has not gone round yet."""
    return Rounds(monkeypatch)


def test_tasks_that_only_yield_wait_after_a_quarter_of_a_second(rounds: Rounds) -> None:
    """Not before, and not after a few long turns: whoever computes in them holds time."""
    assert not rounds.nowhere(0.24, ["a", "b"])
    assert rounds.nowhere(0.6, ["a"])
    rounds.turns.begin()
    assert not rounds.nowhere(100, ["a"], each_s=0.5)


def test_who_is_known_to_yield_waits_at_once(rounds: Rounds) -> None:
    """At each later instant, as long as nobody else runs; until the loop has had nothing to do."""
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


def test_tasks_that_wake_one_another_are_given_longer(rounds: Rounds) -> None:
    """They may well be at work, on what lies in a queue."""
    assert not rounds.nowhere(0.9, None)
    assert rounds.nowhere(0.6, None)


def test_where_time_passes_anyhow_nobody_waits_in_vain(rounds: Rounds) -> None:
    """Nor where no mock is active."""
    for at_us in range(10):
        rounds.at_us = at_us
        assert not rounds.nowhere(0.2, ["a"])
    rounds.at_us = None
    assert not rounds.nowhere(10, ["a"])


def test_for_how_long_it_lasts_is_told(rounds: Rounds) -> None:
    """It begins with the first turn of nothing but yields; a few are nothing yet."""
    assert rounds.turns.lasts_s == 0
    rounds.nowhere(9, None)
    rounds.nowhere(0.1, ["a"])
    assert rounds.turns.lasts_s == 0
    rounds.nowhere(1.9, ["a"])
    assert rounds.turns.lasts_s == pytest.approx(2, abs=0.01)


def test_who_yields_is_told_from_who_is_woken() -> None:
    """A callback counts by its code, whatever closure it is; one that is given a future passes on its result."""
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
        # A handle that was cancelled has nothing left.
        assert yields([(None, None)])
        assert yields([*ready, (seen.append, (loop.create_future(),))]) is None
        await tasks[0]

    asyncio.run(main())
