"""Noticing a loop that goes on although nothing can happen any more (law 9)."""

import re
from collections.abc import Callable, Hashable

from sagemock.clock.instants import SECOND_US
from sagemock.clock.loops import Loop, Loops
from sagemock.errors import NothingWillHappen

__all__ = ["Runaway", "timeless"]

REPEATS = 1000
"""How many familiar polls and sleeps together may come once nothing can happen.

Together, because it is botocore's side of a poll that takes the real time: a thousand polls take half a second of a quiet machine
and more than one of a loaded one, and a loop that is to end within a second must not be allowed a thousand sleeps besides.
"""
FAMILIAR = 100
"""How often a poll may come before it is familiar: to reconcile a hundred finished jobs in some rounds is not a loop."""
SLEEPS = 10_000
"""How many sleeps may come without a familiar poll among them."""
LISTS = 3000
"""How many lists may come that differ in their filters."""
A_LOOP = 3
"""How many polls and sleeps make a loop: one long sleep, and a look after it, do not."""
# Also in a string: two that differ in nothing else are no loss.
_NUMBER = re.compile(r"(?<=[:\[,])\s*-?\d[\d.eE+-]*")


class Runaway:
    """Counts the polls and sleeps of each thread and task since the last change to a job that it asked about.

    Only a familiar poll counts, one that came many times: to look at each of five thousand finished jobs is not a loop. Nor do
    the sleeps of a thread count that never asked about a job. Virtual time counts as far as the code itself spent it, by
    sleeping: what the test advances is the test's business.
    """

    def __init__(self, report: Callable[[str], str]) -> None:
        """`report` makes the text of the error from a sentence that says what went on."""
        self._report = report
        self._loops = Loops()
        self._was_asked = False

    def asked(self) -> None:
        """Note that SageMaker was asked something, although there is no job."""
        self._was_asked = True

    def reset(self) -> None:
        """Begin again: somebody has changed something, perhaps the calling thread."""
        self._was_asked = True
        self._loops.changed()
        self._loops.mine().has_asked = True

    def polled(self, poll: Hashable, *, settled: bool, until_us: int, limit_us: int | None, is_list: bool = False) -> None:
        """Note a call that reads. Raises NothingWillHappen if it is one too many.

        Nothing happens to the jobs that it is about after `until_us`; it is `settled` if that has come, and no fault goes by.
        """
        self._was_asked = True
        loop = self._loops.mine()
        if not settled:
            loop.begin()
            loop.asked(until_us)
            return
        loop.asked(until_us)
        loop.polls[poll] += 1
        loop.lists += is_list
        times = loop.polls[poll]
        if times > FAMILIAR:
            # What it came before counts as soon as it is familiar.
            loop.familiar += times if times == FAMILIAR + 1 else 1
        self._judge(loop, limit_us)

    def slept(self, duration_us: int, *, settled: Callable[[int | None], bool], limit_us: int | None) -> None:
        """Note a sleep that is about to begin. Raises NothingWillHappen if it is one too many.

        `settled` says whether nothing can happen any more to jobs that go on until an instant; None: to any job.
        """
        loop = self._waiting(settled)
        if loop is None:
            return
        loop.sleeps += 1
        self._judge(loop, limit_us)
        loop.slept_us += duration_us

    def crept(self, duration_us: int, *, settled: Callable[[int | None], bool], limit_us: int | None) -> None:
        """Note that time passed for somebody who only reads it. Raises NothingWillHappen if it was too much.

        Each step is much shorter than a sleep, so only their sum counts.
        """
        loop = self._waiting(settled)
        if loop is None:
            return
        loop.slept_us += duration_us
        if limit_us is not None and loop.slept_us >= limit_us:
            waited_s = f"{loop.slept_us / SECOND_US:,.0f} s"
            raise NothingWillHappen(self._report(f"the code under test waited for {waited_s} by reading the clock"))

    def stalled(self, what: str, *, limit_us: int | None) -> None:
        """Note that time stands, and that nobody will move it. Raises NothingWillHappen if SageMaker was ever asked anything."""
        if self._was_asked and limit_us is not None:
            raise NothingWillHappen(self._report(what))

    def _waiting(self, settled: Callable[[int | None], bool]) -> Loop | None:
        """Return the calling thread's or task's loop if it may wait in vain, else None."""
        loop = self._loops.mine()
        if not loop.has_asked:
            # Code that sleeps and never asked SageMaker anything waits for something else.
            return None
        if not settled(loop.until_us):
            until_us = loop.until_us
            loop.begin()
            loop.until_us = until_us
            return None
        return loop

    def _judge(self, loop: Loop, limit_us: int | None) -> None:
        if limit_us is None:
            return
        if loop.familiar + loop.sleeps > (REPEATS if loop.familiar else SLEEPS):
            raise NothingWillHappen(self._report(_what_went_on(loop)))
        if loop.lists > LISTS:
            raise NothingWillHappen(self._report(f"the code under test listed jobs {loop.lists} times"))
        if loop.slept_us >= limit_us and loop.sleeps + loop.polls.total() >= A_LOOP:
            slept_s = f"{loop.slept_us / SECOND_US:,.0f} s"
            raise NothingWillHappen(self._report(f"the code under test slept {slept_s} in {loop.sleeps} sleeps"))


def _what_went_on(loop: Loop) -> str:
    if not loop.familiar:
        return f"the code under test slept {loop.sleeps} times"
    again = [times for times in loop.polls.values() if times > FAMILIAR]
    calls = "the same call was" if len(again) == 1 else f"the same {len(again)} calls were"
    slept = f" and the code under test slept {loop.sleeps} times" if loop.sleeps else ""
    return f"{calls} made {sum(again)} times{slept}"


def timeless(body: bytes | str) -> str:
    """Return a request's JSON without its numbers: who asks for what is newer than now asks the same again."""
    return _NUMBER.sub("0", body if isinstance(body, str) else body.decode(errors="replace"))
