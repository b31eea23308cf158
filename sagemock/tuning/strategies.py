"""Strategies: which values the next training job of a tuning job gets.

Grid is exact: each combination once. The other strategies draw values that are only plausible: Amazon's optimiser is not public,
and this is not it. Random draws each value independently, by the scaling of its range. Bayesian draws like Random until a few
objectives are known, and then mostly near the best settings so far. Hyperband draws like Random, and stops jobs early
(`stopping`).
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from random import Random
from typing import Final, NamedTuple

from sagemock.evidence import Assumption
from sagemock.tuning.space import Space

__all__ = ["Trial", "propose"]

_NOT_AMAZONS: Final = Assumption(
    "which values Bayesian draws: like Random before three objectives are known, then seven of ten near the best setting so far, "
    "two near another of the best quarter, and one anywhere. The values are plausible, the optimiser is not Amazon's",
    since="2026-11-26",
    knob="RandomSeed, or Grid with the values of your choice",
)
_HYPERBAND: Final = Assumption("that Hyperband draws its values as Random does", since="2026-11-26")
_ONCE: Final = Assumption(
    "that no two training jobs of a tuning job have the same values while there are others: ranges with fewer combinations than "
    "training jobs are refused",
    since="2026-11-26",
)
_GRID_ORDER: Final = Assumption("that in a grid the values of the last range change fastest", since="2026-11-26")
_ENOUGH: Final = 3
_ANYWHERE, _NOT_THE_BEST = 0.1, 0.3
_WIDEST, _NARROWEST = 0.3, 0.02
_STAYS: Final = 0.8
"""How often a categorical value, which has no neighbours, stays that of the good setting."""
_DRAWS: Final = 8


class Trial(NamedTuple):
    """An earlier training job: the values of its hyperparameters and its objective."""

    values: Mapping[str, str]
    objective: float | None
    """None if it is not known yet, or if the job has none."""


def propose(  # noqa: PLR0913  # what a draw depends on, and nothing else
    strategy: str, space: Space, *, seed: str, number: int, trials: Sequence[Trial], maximize: bool
) -> dict[str, str]:
    """Return the values of training job `number` (from 1). The same arguments give the same values.

    `trials` are the jobs before it and, for a warm start, those of the parents.
    """
    if strategy == "Grid":
        return _GRID_ORDER(space.grid(number - 1))
    dice = Random(f"{seed}/{number}")  # noqa: S311  # a test's dice, not a secret
    draw = partial(_anywhere, space, dice)
    if not _HYPERBAND(strategy in ("Random", "Hyperband")):
        known = [(one.objective, one.values) for one in trials if one.objective is not None and not math.isnan(one.objective)]
        if _NOT_AMAZONS(len(known) >= _ENOUGH):
            ranked = sorted(known, key=itemgetter(0), reverse=maximize)
            draw = partial(_near, space, dice, [values for _, values in ranked])
    return _new(space, dice, draw, (trial.values for trial in trials))


def _new(space: Space, dice: Random, draw: Callable[[], list[float]], before: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return values that no earlier job has, unless all combinations are taken."""
    if space.combinations is None:
        return space.decode(draw())
    taken = {_key(space, values) for values in before}
    for _ in range(_ONCE(_DRAWS)):
        values = space.decode(draw())
        if _key(space, values) not in taken:
            return values
    first = dice.randrange(space.combinations)
    # One more candidate than there are taken combinations, so one is new unless all are taken.
    others = (space.grid((first + step) % space.combinations) for step in range(len(taken) + 1))
    return next((values for values in others if _key(space, values) not in taken), space.grid(first))


def _key(space: Space, values: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(map(values.get, space.names))


def _anywhere(space: Space, dice: Random) -> list[float]:
    return [dice.random() for _ in space.names]


def _near(space: Space, dice: Random, ranked: Sequence[Mapping[str, str]]) -> list[float]:
    """Return a point near a good setting, mostly the best one: the more objectives are known, the nearer."""
    roll = dice.random()
    if roll < _ANYWHERE:
        return _anywhere(space, dice)
    place = dice.randint(1, max(1, len(ranked) // 4)) if roll < _NOT_THE_BEST else 0
    spread = max(_NARROWEST, _WIDEST / math.sqrt(len(ranked)))
    centre = space.encode(ranked[place])
    return [
        _folded(dice.gauss(at, spread)) if axis.ordered else at if dice.random() < _STAYS else dice.random()
        for axis, at in zip(space.axes, centre, strict=True)
    ]


def _folded(place: float) -> float:
    """Return a coordinate within 0 and 1: one beyond an edge is reflected at that edge."""
    place = abs(place) % 2
    return min(place, 2 - place)
