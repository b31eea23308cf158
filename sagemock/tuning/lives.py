"""Random lives of tuning jobs. What their children do is drawn as for any training job."""

from typing import Any, Final

from sagemock import reasons
from sagemock.jobs.dice import Dice, seconds
from sagemock.tuning.plan import TuningJobPlan

__all__ = ["life", "plan"]

_REASONS: Final = (reasons.INTERNAL, reasons.ROLE)
_NAMED: Final = ("first_write", "first_launch", "next_launch", "finishing")
_WRITES_EVERY_S: Final = 60


def plan(dice: Dice) -> TuningJobPlan:
    """Return a plan that any tuning job can play. It ends when its children have ended: no limit would end one that hangs."""
    return dice.one_of((_completes, _fails))(dice)


def life(dice: Dice) -> TuningJobPlan:
    """Return a plan with anything that can happen to a tuning job. A job that hangs is stopped."""
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
