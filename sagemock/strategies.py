"""Hypothesis strategies: random plans and lives of jobs, for property tests of code that uses them.

This module needs Hypothesis (`pip install hypothesis`); the rest of sagemock does not. Without it, `sagemock.chance.any_life`
gives each job of a mock such a life.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, TypeVar, overload

from hypothesis import strategies as st

from sagemock import chance
from sagemock.chance import LivingKind, checked_kind
from sagemock.checks import flag, public
from sagemock.errors import InvalidValue
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.training.plan.plan import Plan
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning.plan import TuningJobPlan

__all__ = ["lives", "plans"]

_T = TypeVar("_T")


@overload
def plans(*, kind: Literal["training"] = ...) -> st.SearchStrategy[Plan]: ...
@overload
def plans(*, kind: Literal["processing"]) -> st.SearchStrategy[ProcessingJobPlan]: ...
@overload
def plans(*, kind: Literal["transform"]) -> st.SearchStrategy[TransformJobPlan]: ...
@overload
def plans(*, kind: Literal["tuning"]) -> st.SearchStrategy[TuningJobPlan]: ...
@public
def plans(*, kind: LivingKind = "training") -> st.SearchStrategy[Any]:
    """Return plans that any job of a kind can play: successes, failures in every phase, jobs that hang, lack of capacity.

    Every plan ends; a job that hangs ends by the limit of its request (a day, if it has none). Transform jobs have no limit, nor
    need tuning jobs have one, and so none of their plans hangs. A tuning job ends when its children have ended: they play plans
    of training jobs. Durations are whole seconds up to two hours, or those of recorded jobs. Plans shrink towards a plain
    success.

    :param kind: The kind of job: "training", "processing", "transform" or "tuning".
    """
    return _plans(checked_kind(kind))


@overload
def lives(*, kind: Literal["training"] = ..., spot: bool = ...) -> st.SearchStrategy[Plan]: ...
@overload
def lives(*, kind: Literal["processing"], spot: bool = ...) -> st.SearchStrategy[ProcessingJobPlan]: ...
@overload
def lives(*, kind: Literal["transform"], spot: bool = ...) -> st.SearchStrategy[TransformJobPlan]: ...
@overload
def lives(*, kind: Literal["tuning"], spot: bool = ...) -> st.SearchStrategy[TuningJobPlan]: ...
@public
def lives(*, kind: LivingKind = "training", spot: bool = False) -> st.SearchStrategy[Any]:
    """Return plans with anything that can happen to a job.

    The job may first wait for capacity, its first attempts may end in internal errors, somebody may stop it at any moment, and
    the service may notice its limits too late. The first two happen to training jobs only, the last to training and processing
    jobs.

    :param kind: The kind of job: "training", "processing", "transform" or "tuning".
    :param spot: The job may also be interrupted. Use these lives only for training jobs with EnableManagedSpotTraining.
    """
    name = checked_kind(kind)
    if flag("spot", spot) and name != "training":
        raise InvalidValue(f"spot=True with kind={kind!r}: only training jobs run on spot instances; leave spot out")
    return _lives(name, spot=spot)


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
def _plans(draw: st.DrawFn, kind: str) -> Any:  # noqa: ANN401  # a plan of that kind
    return chance.PLANS[kind](_HypothesisDice(draw))


@st.composite
def _lives(draw: st.DrawFn, kind: str, *, spot: bool) -> Any:  # noqa: ANN401  # a plan of that kind
    return chance.life(_HypothesisDice(draw), kind, spot=spot)
