"""Noticing a loop that goes on although nothing can happen any more (law 9)."""

from collections import Counter
from collections.abc import Callable, Hashable

from sagemock.errors import NothingWillHappen
from sagemock.instants import SECOND_US

__all__ = ["Idle"]

REPEATS = 1000
"""How often the same poll, or any sleep, may come again once nothing can happen."""
A_LOOP = 3
"""How many polls and sleeps make a loop: one long sleep, and a look after it, are none."""


class Idle:
    """Counts the polls and sleeps of the code under test since the last moment at which something could still happen.

    Only the same poll again counts as a repetition: looking once at each of five thousand finished jobs is no loop.
    Virtual time counts as far as the code itself spent it, by sleeping: what the test advances is the test's business.
    """

    def __init__(self, report: Callable[[str], str]) -> None:
        """`report` makes the text of the error from a sentence that says what went on."""
        self._report = report
        self._polls: Counter[Hashable] = Counter()
        self._sleeps = 0
        self._slept_us = 0
        self._armed = False

    def reset(self) -> None:
        """Begin again: something was changed, or can still happen."""
        self._armed = True
        if self._polls or self._sleeps:
            self._polls.clear()
            self._sleeps = self._slept_us = 0

    def polled(self, poll: Hashable, *, settled: bool, limit_us: int | None) -> None:
        """Note a call that reads. Raises NothingWillHappen if it is one too many."""
        if not settled:
            self.reset()
            return
        self._armed = True
        self._polls[poll] += 1
        self._judge(self._polls[poll], f"the same call was made {self._polls[poll]} times", limit_us)

    def slept(self, duration_us: int, *, settled: bool, limit_us: int | None) -> None:
        """Note a sleep that is about to begin. Raises NothingWillHappen if it is one too many."""
        if not settled:
            self.reset()
            return
        if not self._armed:
            # Code that sleeps and never asked SageMaker anything waits for something else.
            return
        self._sleeps += 1
        self._judge(self._sleeps, f"the code under test slept {self._sleeps} times", limit_us)
        self._slept_us += duration_us

    def _judge(self, times: int, what: str, limit_us: int | None) -> None:
        if limit_us is None:
            return
        if times > REPEATS:
            raise NothingWillHappen(self._report(what))
        if self._slept_us >= limit_us and self._sleeps + sum(self._polls.values()) >= A_LOOP:
            slept_s = f"{self._slept_us / SECOND_US:,.0f} s"
            raise NothingWillHappen(self._report(f"the code under test slept {slept_s} in {self._sleeps} sleeps"))
