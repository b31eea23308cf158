"""Dice: the source of the decisions in a random life."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final, Protocol, TypeVar

__all__ = ["Dice", "SeededDice", "cuts", "seconds"]

LONGEST_S: Final = 7200
_OFTEN: Final = 0.3
"""The probability of each optional event in a job's life."""

_T = TypeVar("_T")


class Dice(Protocol):
    """A source of random decisions. The first of several options is the simplest."""

    def number(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        ...

    def one_of(self, options: Sequence[_T]) -> _T:
        """Return one of `options`."""
        ...

    def happens(self) -> bool:
        """Return whether an optional event happens."""
        ...


class SeededDice:
    """Dice with a seed."""

    def __init__(self, seed: str) -> None:
        self._rng = Random(seed)  # noqa: S311  # a test's dice, not a secret

    def number(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        return self._rng.randint(low, high)

    def one_of(self, options: Sequence[_T]) -> _T:
        """Return one of `options`."""
        return self._rng.choice(options)

    def happens(self) -> bool:
        """Return whether an optional event happens."""
        return self._rng.random() < _OFTEN


def cuts(dice: Dice) -> dict[str, Any]:
    """Return random plan fields that cut a life: perhaps a stop at any moment, and perhaps a late notice of its limits."""
    changes: dict[str, Any] = {}
    if dice.happens():
        changes["stopped_after"] = seconds(dice)
        changes["stopping"] = dice.number(0, 120)
    if dice.happens():
        changes["limit_lag"] = dice.number(0, 300)
    return changes


def seconds(dice: Dice) -> int:
    """Return a duration of at most two hours."""
    return dice.number(0, LONGEST_S)
