"""Hypothesis strategies: random plans and lives of training jobs, for property tests of the code around them.

Needs Hypothesis (`pip install hypothesis`), which sagemock itself does not. Without it, `sagemock.chance.any_life` gives each job
of a mock such a life.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from hypothesis import strategies as st

from sagemock import chance
from sagemock.checks import flag, public
from sagemock.training.plan.plan import Plan

__all__ = ["lives", "plans"]

_T = TypeVar("_T")


@public
def plans() -> st.SearchStrategy[Plan]:
    """Return plans that any job can play: successes, failures in every phase, jobs that hang, and capacity that never comes.

    Every one comes to an end, a job that hangs by the limit of its request (a day, if it has none). Their durations are whole
    seconds up to two hours, or those of recorded jobs. They shrink towards a plain success.
    """
    return _plans()


@public
def lives(*, spot: bool = False) -> st.SearchStrategy[Plan]:
    """Return plans to which, besides, anything happens that can happen to a job.

    It may wait for capacity before, have its first attempts end in internal errors, be stopped by somebody at any moment, have
    its limits noticed too late, and be interrupted if it is a managed `spot` job (give only jobs with EnableManagedSpotTraining
    such a life).
    """
    return _lives(spot=flag("spot", spot))


class _HypothesisDice:
    """Dice that Hypothesis throws."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def number(self, low: int, high: int) -> int:
        return self._draw(_number(low, high))

    def one_of(self, options: Sequence[_T]) -> _T:
        return options[self._draw(_number(0, len(options) - 1))]

    def happens(self) -> bool:
        return self._draw(_HAPPENS)


_HAPPENS = st.booleans()


@lru_cache(maxsize=64)
def _number(low: int, high: int) -> st.SearchStrategy[int]:
    # One strategy for each range: what Hypothesis finds out about a strategy it finds out once.
    return st.integers(low, high)


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    return chance.plan(_HypothesisDice(draw))


@st.composite
def _lives(draw: st.DrawFn, *, spot: bool) -> Plan:
    return chance.life(_HypothesisDice(draw), spot=spot)
