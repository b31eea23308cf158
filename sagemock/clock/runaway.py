"""Detection of a loop that goes on although nothing can happen any more (law 9)."""

import re
from collections.abc import Callable, Hashable

from sagemock.clock.instants import SECOND_US
from sagemock.clock.loops import Loop, Loops
from sagemock.errors import NothingWillHappen

__all__ = ["Runaway", "timeless"]

REPEATS = 1000
"""The limit on familiar polls and sleeps, added up, once nothing can happen.

They are added up because a loop must end within about a second: a thousand polls already take half a second in botocore, and more
on a busy machine.
"""
FAMILIAR = 50
"""A poll that came more often than this is familiar: to look at a hundred finished jobs a few times is not a loop."""
SLEEPS = 10_000
"""The limit on sleeps without a familiar poll among them."""
LISTS = 3000
"""The limit on List calls whose filters differ."""
A_LOOP = 3
"""This many polls and sleeps make a loop: one long sleep and one poll after it do not."""
# A number inside a string matches, too. That does no harm: two requests that differ only there count as one poll.
_NUMBER = re.compile(r"(?<=[:\[,])\s*-?\d[\d.eE+-]*")


class Runaway:
    """Counts the polls and sleeps of each thread and task since the last change to a job that it asked about.

    Only a familiar poll counts, one that came many times: to look once at each of five thousand finished jobs is not a loop. The
    sleeps of a thread that never asked about a job do not count. Virtual time counts only if the code under test spent it by
    sleeping; time that the test advances does not count.
    """

    def __init__(self, report: Callable[[str], str]) -> None:
        """`report` returns the text of the error for a sentence that says what the code did."""
        self._report = report
        self._loops = Loops()
        self._was_asked = False

    def asked(self) -> None:
        """Note a call of SageMaker that is not about a job."""
        self._was_asked = True

    def reset(self) -> None:
        """Start all counts at zero: the calling thread, or another one, has changed something."""
        self._was_asked = True
        self._loops.changed()
        self._loops.mine().has_asked = True

    def polled(self, poll: Hashable, *, settled: bool, until_us: int, limit_us: int | None, is_list: bool = False) -> None:
        """Note a call that reads jobs. Raises NothingWillHappen if it is one too many.

        `until_us` is the last instant at which something happens to these jobs; `settled` is whether it has passed and no fault
        was injected into the call.
        """
        self._was_asked = True
        loop = self._loops.mine()
        if not settled:
            loop.begin()
            loop.asked(until_us)
            return
        loop.asked(until_us)
        times = loop.polls[poll] = loop.polls.get(poll, 0) + 1
        loop.lists += is_list
        if times > FAMILIAR:
            # Once a poll is familiar, its earlier repeats count, too.
            loop.familiar += times if times == FAMILIAR + 1 else 1
        self._judge(loop, limit_us)

    def slept(self, duration_us: int, *, settled: Callable[[int | None], bool], limit_us: int | None) -> None:
        """Note a sleep that is about to begin. Raises NothingWillHappen if it is one too many.

        `settled` takes an instant and returns whether nothing can happen to jobs that go on until then; for None, to any job.
        """
        loop = self._waiting(settled)
        if loop is None:
            return
        loop.sleeps += 1
        self._judge(loop, limit_us)
        loop.slept_us += duration_us

    def crept(self, duration_us: int, *, settled: Callable[[int | None], bool], limit_us: int | None) -> None:
        """Note a step of a busy wait, which only reads the clock. Raises NothingWillHappen if the steps add up to the limit.

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
        """Note that time stands still and no thread will move it. Raises NothingWillHappen if SageMaker was ever called."""
        if self._was_asked and limit_us is not None:
            raise NothingWillHappen(self._report(what))

    def _waiting(self, settled: Callable[[int | None], bool]) -> Loop | None:
        """Return the loop of the calling thread or task if nothing can happen to the jobs that it waits for, else None."""
        loop = self._loops.mine()
        if not loop.has_asked:
            # Code that never called SageMaker sleeps for another reason.
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
        if loop.slept_us >= limit_us and loop.sleeps + sum(loop.polls.values()) >= A_LOOP:
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
    """Return a request's JSON without its numbers, so that a list of jobs newer than "now" counts as the same poll each time."""
    return _NUMBER.sub("0", body if isinstance(body, str) else body.decode(errors="replace"))
