"""Hypothesis strategies: random plans and lives of training jobs, for property tests of code that uses them.

This module needs Hypothesis (`pip install hypothesis`); the rest of sagemock does not. Without it, `sagemock.chance.any_life`
gives each job of a mock such a life.
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

    Every plan ends; a job that hangs ends by the limit of its request (a day, if it has none). Durations are whole seconds up to
    two hours, or those of recorded jobs. Plans shrink towards a plain success.
    """
    return _plans()


@public
def lives(*, spot: bool = False) -> st.SearchStrategy[Plan]:
    """Return plans with anything that can happen to a job.

    The job may first wait for capacity, its first attempts may end in internal errors, somebody may stop it at any moment, and
    the service may notice its limits too late.

    :param spot: The job may also be interrupted. Use these lives only for jobs with EnableManagedSpotTraining.
    """
    return _lives(spot=flag("spot", spot))


class _HypothesisDice:
    """Dice thrown by Hypothesis."""

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
    # One strategy per range, so that Hypothesis analyses each only once.
    return st.integers(low, high)


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    return chance.plan(_HypothesisDice(draw))


@st.composite
def _lives(draw: st.DrawFn, *, spot: bool) -> Plan:
    return chance.life(_HypothesisDice(draw), spot=spot)
