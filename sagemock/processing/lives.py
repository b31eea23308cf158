"""Random lives of processing jobs."""

from collections.abc import Callable
from typing import Any, Final

from sagemock import reasons
from sagemock.jobs.batch.fields import STARTING
from sagemock.jobs.dice import Dice, cuts, seconds
from sagemock.processing.plan import RUNNING, ProcessingJobPlan

__all__ = ["life", "plan"]

_REASONS: Final = (
    reasons.exit_code(1),
    reasons.exit_code(137),
    reasons.ALGORITHM_LOGS,
    reasons.image_not_found("123456789012.dkr.ecr.us-east-1.amazonaws.com/processing:latest"),
    reasons.INTERNAL,
)
_MESSAGES: Final = (None, "10 rows", "CompletedWithViolations: 2 rows")


def plan(dice: Dice) -> ProcessingJobPlan:
    """Return a random plan that fits any processing job. The job always ends; the limit of its request ends one that hangs."""
    return dice.one_of(_RECIPES)(dice)


def life(dice: Dice) -> ProcessingJobPlan:
    """Return a random plan with anything that can happen to a processing job."""
    base = plan(dice)
    changes = cuts(dice)
    return base.but(**changes) if changes else base


def _completes(dice: Dice) -> ProcessingJobPlan:
    durations: dict[str, Any] = {name: seconds(dice) for name in ("starting", "processing") if dice.happens()}
    return ProcessingJobPlan.completes(exit_message=dice.one_of(_MESSAGES), **durations)


def _fails(dice: Dice) -> ProcessingJobPlan:
    during = dice.one_of((RUNNING, STARTING))
    message = dice.one_of(_MESSAGES) if during == RUNNING else None
    return ProcessingJobPlan.fails(dice.one_of(_REASONS), during=during, after=seconds(dice), exit_message=message)


def _hangs(dice: Dice) -> ProcessingJobPlan:
    # Not before its containers run: the limit does not count there, so the job would never end.
    return ProcessingJobPlan.hangs(exit_message=dice.one_of(_MESSAGES))


_RECIPES: Final[tuple[Callable[[Dice], ProcessingJobPlan], ...]] = (_completes, _fails, _hangs)
