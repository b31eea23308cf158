"""Tickers: threads and tasks that only time out or sleep, again and again, such as the refresher of a progress bar (law 8)."""

from typing import Final

__all__ = ["Ticks"]

_TICKS: Final = 1000
"""After so many in a row, with no call to AWS in between, it is one."""


class Ticks:
    """How often in a row one thread or task has only timed out or slept."""

    def __init__(self) -> None:
        self.times = 0
        self._calls = 0

    def is_one(self, calls: int) -> bool:
        """Return whether it is a ticker; `calls` says how often its thread has called AWS."""
        if calls != self._calls:
            self._calls, self.times = calls, 0
        return self.times >= _TICKS

    def is_one_more(self, calls: int) -> bool:
        """Note one more sleep, and return whether it is a ticker."""
        found = self.is_one(calls)
        self.times += 1
        return found
