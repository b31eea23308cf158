"""Random lives of transform jobs."""

from collections.abc import Callable
from typing import Any, Final

from sagemock import reasons
from sagemock.jobs.batch.fields import STARTING
from sagemock.jobs.dice import Dice, seconds
from sagemock.transform.plan import RUNNING, TransformJobPlan

__all__ = ["life", "plan"]

_REASONS: Final = (reasons.CLIENT_LOGS, reasons.ALGORITHM_LOGS, reasons.INTERNAL)
_PHASES: Final = (RUNNING, STARTING)


def plan(dice: Dice) -> TransformJobPlan:
    """Return a random plan that fits any transform job. The job always ends by itself, because no limit would end it."""
    return dice.one_of(_RECIPES)(dice)


def life(dice: Dice) -> TransformJobPlan:
    """Return a random plan with anything that can happen to a transform job. The plan stops a job that hangs."""
    base = plan(dice)
    if not dice.happens():
        return base
    if dice.happens():
        base = TransformJobPlan.hangs(dice.one_of(_PHASES))
    return base.but(stopped_after=seconds(dice), stopping=dice.number(0, 120))


def _completes(dice: Dice) -> TransformJobPlan:
    durations: dict[str, Any] = {name: seconds(dice) for name in ("starting", "transforming") if dice.happens()}
    return TransformJobPlan.completes(**durations)


def _fails(dice: Dice) -> TransformJobPlan:
    return TransformJobPlan.fails(dice.one_of(_REASONS), during=dice.one_of(_PHASES), after=seconds(dice))


def _never_answers(_: Dice) -> TransformJobPlan:
    return TransformJobPlan.never_answers()


_RECIPES: Final[tuple[Callable[[Dice], TransformJobPlan], ...]] = (_completes, _fails, _never_answers)
