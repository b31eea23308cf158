"""Tickers: threads and tasks that only time out or sleep, again and again, such as the refresher of a progress bar (law 8)."""

from typing import Final

__all__ = ["Ticks"]

_TICKS: Final = 1000
"""A thread or task is a ticker after this many timeouts and sleeps in a row, with no call to AWS in between."""
_OF_AN_EVENT: Final = 100
"""For each event, this many timers of a loop do not count: a server sets a few for each request, and is no ticker."""


class Ticks:
    """How often in a row one thread or task has only timed out or slept."""

    def __init__(self) -> None:
        self.times = 0
        self._calls = 0

    def had_event(self) -> None:
        """Note that something other than a timeout or a sleep has happened."""
        self.times = max(0, self.times - _OF_AN_EVENT)

    def is_one(self, calls: int) -> bool:
        """Return whether the thread or task is a ticker; `calls` is the number of its thread's calls to AWS so far."""
        if calls != self._calls:
            self._calls, self.times = calls, 0
        return self.times >= _TICKS

    def is_one_more(self, calls: int) -> bool:
        """Count one more sleep, and return whether the thread or task was a ticker before it."""
        found = self.is_one(calls)
        self.times += 1
        return found
