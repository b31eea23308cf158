"""Random lives of tuning jobs. Their children have random lives like any training job."""

from typing import Any, Final

from sagemock import reasons
from sagemock.jobs.dice import Dice, seconds
from sagemock.tuning.plan import TuningJobPlan

__all__ = ["life", "plan"]

_REASONS: Final = (reasons.INTERNAL, reasons.ROLE)
_NAMED: Final = ("first_write", "first_launch", "next_launch", "finishing")
_WRITES_EVERY_S: Final = 60


def plan(dice: Dice) -> TuningJobPlan:
    """Return a random plan that fits any tuning job. The job ends when its children have ended, because no limit would end it."""
    return dice.one_of((_completes, _fails))(dice)


def life(dice: Dice) -> TuningJobPlan:
    """Return a random plan with anything that can happen to a tuning job. The plan stops a job that hangs."""
    base = plan(dice)
    if not dice.happens():
        return base
    if dice.happens():
        base = TuningJobPlan.hangs(**_durations(dice))
    return base.but(stopped_after=seconds(dice))


def _completes(dice: Dice) -> TuningJobPlan:
    return TuningJobPlan.completes(**_durations(dice))


def _fails(dice: Dice) -> TuningJobPlan:
    return TuningJobPlan.fails(dice.one_of(_REASONS), after=seconds(dice), **_durations(dice))


def _durations(dice: Dice) -> dict[str, Any]:
    durations: dict[str, Any] = {name: seconds(dice) for name in _NAMED if dice.happens()}
    if dice.happens():
        durations["writes_every"] = dice.number(1, _WRITES_EVERY_S)
    return durations
