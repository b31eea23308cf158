"""The virtual sleeps of a mock, as a test reads them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple, overload

from sagemock.checks import Suggesting, quoted
from sagemock.errors import InvalidType

__all__ = ["Sleep", "Sleeps"]


class Sleep(NamedTuple):
    """One virtual sleep: its start and its length."""

    at: datetime
    """When it began."""
    duration: timedelta
    """How long it was to last."""

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}.{self.at.microsecond // 1000:03} {self._length}"

    @property
    def _length(self) -> str:
        return f"{self.duration.total_seconds():g} s"


class Sleeps(Suggesting, Sequence[Sleep]):
    """Virtual sleeps in the order in which they began: a live view, which grows with each new sleep.

    `print` shows one line per sleep. It equals a list of the same sleeps.
    """

    def __init__(self, sleeps: Sequence[Sleep]) -> None:
        """Show the content of `sleeps`."""
        self._sleeps = sleeps

    @property
    def total(self) -> timedelta:
        """The sum of the lengths of all sleeps. Sleeps of several threads or tasks may overlap."""
        return sum((sleep.duration for sleep in self), timedelta())

    def __iter__(self) -> Iterator[Sleep]:
        # A copy, because another thread may begin a sleep meanwhile.
        return iter(list(self._sleeps))

    def __len__(self) -> int:
        return len(self._sleeps)

    @overload
    def __getitem__(self, place: int) -> Sleep: ...
    @overload
    def __getitem__(self, place: slice) -> list[Sleep]: ...
    def __getitem__(self, place: int | slice) -> Sleep | list[Sleep]:
        if isinstance(place, bool) or not isinstance(place, (int, slice)):
            raise InvalidType(f"an index of sleeps is a whole number, not {quoted(place)}: write sleeps[0]")
        __tracebackhide__ = True
        sleeps = list(self)
        try:
            return sleeps[place]
        except IndexError:
            raise IndexError(f"sleeps[{quoted(place)}]: the number of sleeps so far is {len(sleeps)}") from None

    def __eq__(self, other: object) -> bool:
        return len(self) == len(other) and list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    # Not hashable, because the sequence grows.
    __hash__ = None  # type: ignore[assignment]  # as `list` has it

    def __repr__(self) -> str:
        lengths = [sleep._length for sleep in self]  # noqa: SLF001  # of this module
        runs = [(length, sum(1 for _ in run)) for length, run in groupby(lengths)]
        text = ", ".join(length if times == 1 else f"{times} x {length}" for length, times in runs)
        return f"<{len(lengths)} sleep{'' if len(lengths) == 1 else 's'}{': ' if text else ''}{text}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no sleeps"
