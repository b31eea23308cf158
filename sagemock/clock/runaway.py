"""Noticing a loop that goes on although nothing can happen any more (law 9)."""

import re
from collections import Counter
from collections.abc import Callable, Hashable

from sagemock.clock.instants import SECOND_US
from sagemock.errors import NothingWillHappen

__all__ = ["Runaway", "timeless"]

REPEATS = 1000
"""How many familiar polls and sleeps together may come once nothing can happen.

Together, because it is botocore's side of a poll that takes the real time: a thousand polls take half a second of a quiet machine
and more than one of a loaded one, and a loop that is to end within a second must not be allowed a thousand sleeps besides.
"""
FAMILIAR = 10
"""How often a poll may come before it is familiar: whoever goes round twenty jobs polls as much as whoever looks at one."""
A_LOOP = 3
"""How many polls and sleeps make a loop: one long sleep, and a look after it, are none."""
# Also in a string: two that differ in nothing else are no loss.
_NUMBER = re.compile(r"(?<=[:\[,])\s*-?\d[\d.eE+-]*")


class Runaway:
    """Counts the polls and sleeps of the code under test since the last moment at which something could still happen.

    Only a familiar poll counts, one that came a few times: looking at each of five thousand finished jobs is no loop.
    Virtual time counts as far as the code itself spent it, by sleeping: what the test advances is the test's business.
    """

    def __init__(self, report: Callable[[str], str]) -> None:
        """`report` makes the text of the error from a sentence that says what went on."""
        self._report = report
        self._polls: Counter[Hashable] = Counter()
        self._familiar = 0
        self._sleeps = 0
        self._slept_us = 0
        self._armed = False

    def reset(self) -> None:
        """Begin again: something was changed, or can still happen."""
        self._armed = True
        if self._polls or self._sleeps or self._slept_us:
            self._polls.clear()
            self._familiar = self._sleeps = self._slept_us = 0

    def polled(self, poll: Hashable, *, settled: bool, limit_us: int | None) -> None:
        """Note a call that reads. Raises NothingWillHappen if it is one too many."""
        if not settled:
            self.reset()
            return
        self._armed = True
        self._polls[poll] += 1
        times = self._polls[poll]
        if times > FAMILIAR:
            # What it came before counts as soon as it is familiar.
            self._familiar += times if times == FAMILIAR + 1 else 1
        self._judge(limit_us)

    def slept(self, duration_us: int, *, settled: bool, limit_us: int | None) -> None:
        """Note a sleep that is about to begin. Raises NothingWillHappen if it is one too many."""
        if not settled:
            self.reset()
            return
        if not self._armed:
            # Code that sleeps and never asked SageMaker anything waits for something else.
            return
        self._sleeps += 1
        self._judge(limit_us)
        self._slept_us += duration_us

    def crept(self, duration_us: int, *, settled: bool, limit_us: int | None) -> None:
        """Note that time passed for somebody who only reads it. Raises NothingWillHappen if it was too much.

        Each step is much shorter than a sleep, so only their sum counts.
        """
        if not settled:
            self.reset()
        elif self._armed:
            self._slept_us += duration_us
            if limit_us is not None and self._slept_us >= limit_us:
                waited_s = f"{self._slept_us / SECOND_US:,.0f} s"
                raise NothingWillHappen(self._report(f"the code under test waited for {waited_s} by reading the clock"))

    def stalled(self, what: str, *, limit_us: int | None) -> None:
        """Note that time stands, and that nobody will move it. Raises NothingWillHappen if SageMaker was ever asked anything."""
        if self._armed and limit_us is not None:
            raise NothingWillHappen(self._report(what))

    def _judge(self, limit_us: int | None) -> None:
        if limit_us is None:
            return
        if self._familiar + self._sleeps > REPEATS:
            raise NothingWillHappen(self._report(self._what_went_on()))
        if self._slept_us >= limit_us and self._sleeps + self._polls.total() >= A_LOOP:
            slept_s = f"{self._slept_us / SECOND_US:,.0f} s"
            raise NothingWillHappen(self._report(f"the code under test slept {slept_s} in {self._sleeps} sleeps"))

    def _what_went_on(self) -> str:
        if not self._familiar:
            return f"the code under test slept {self._sleeps} times"
        again = [times for times in self._polls.values() if times > FAMILIAR]
        calls = "the same call was" if len(again) == 1 else f"the same {len(again)} calls were"
        slept = f" and the code under test slept {self._sleeps} times" if self._sleeps else ""
        return f"{calls} made {sum(again)} times{slept}"


def timeless(body: bytes | str) -> str:
    """Return a request's JSON without its numbers: who asks for what is newer than now asks the same again."""
    return _NUMBER.sub("0", body if isinstance(body, str) else body.decode(errors="replace"))
