"""Random lives of training jobs."""

from collections.abc import Callable
from typing import Any, Final

from sagemock import reasons
from sagemock.jobs.dice import Dice, cuts, seconds
from sagemock.training.plan.fields import NORMAL
from sagemock.training.plan.plan import Plan

__all__ = ["life", "plan"]

_REASONS: Final = (
    reasons.exit_code(1),
    reasons.exit_code(137),
    reasons.algorithm("KeyError: 'train'"),
    reasons.data_download(),
    reasons.image_download(),
    reasons.OUT_OF_MEMORY,
    reasons.ROLE,
    reasons.INTERNAL,
)
_NAMED: Final = ("starting", "downloading", "training", "uploading")


def plan(dice: Dice) -> Plan:
    """Return a random plan that any training job can play. The job always ends; the limit of its request ends one that hangs."""
    return dice.one_of(_RECIPES)(dice)


def life(dice: Dice, *, spot: bool) -> Plan:
    """Return a random plan with anything that can happen to a training job, for `spot` also interruptions."""
    base = plan(dice)
    trains = any(phase.status == "Training" and phase.duration != 0 for phase in base.phases)
    if spot and trains and dice.happens():
        base = Plan.interrupted(dice.number(1, 3), then=base)
    if dice.happens():
        base = Plan.internal_error(dice.number(1, 3), after=seconds(dice), then=base)
    if dice.happens():
        base = Plan.waits_for_capacity(seconds(dice), base)
    changes = cuts(dice)
    return base.but(**changes) if changes else base


def _completes(dice: Dice) -> Plan:
    durations: dict[str, Any] = {name: seconds(dice) for name in _NAMED if dice.happens()}
    return Plan.completes(**durations)


def _fails(dice: Dice) -> Plan:
    return Plan.fails(dice.one_of(_REASONS), during=dice.one_of(NORMAL), after=seconds(dice))


def _capacity_error(dice: Dice) -> Plan:
    return Plan.capacity_error(seconds(dice))


def _hangs(dice: Dice) -> Plan:
    # In these statuses MaxRuntimeInSeconds ends the job; in others, a job that hangs never ends.
    return Plan.hangs(dice.one_of(("Training", "Downloading")))


_RECIPES: Final[tuple[Callable[[Dice], Plan], ...]] = (_completes, _fails, _capacity_error, _hangs)
