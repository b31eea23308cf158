"""Random lives: each job of a mock gets another life, drawn from its name.

For property tests that shrink their failures, `sagemock.strategies` draws the same lives through Hypothesis.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final, Protocol, TypeVar

from sagemock import reasons
from sagemock.checks import public, whole
from sagemock.training.plan.fields import NORMAL
from sagemock.training.plan.plan import Plan

__all__ = ["Dice", "any_life", "life", "plan"]

LONGEST_S: Final = 7200
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
_OFTEN: Final = 0.3
"""The probability of each optional event in a job's life."""

_T = TypeVar("_T")


class Dice(Protocol):
    """A source of random decisions. The first of several options is the simplest."""

    def number(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        ...

    def one_of(self, options: Sequence[_T]) -> _T:
        """Return one of these."""
        ...

    def happens(self) -> bool:
        """Return whether an optional event happens."""
        ...


def plan(dice: Dice) -> Plan:
    """Return a plan that any job can play. It always ends; a job that hangs ends by the limit of its request."""
    return dice.one_of(_KINDS)(dice)


def life(dice: Dice, *, spot: bool) -> Plan:
    """Return a plan with anything that can happen to a job."""
    base = plan(dice)
    trains = any(phase.status == "Training" and phase.duration != 0 for phase in base.phases)
    if spot and trains and dice.happens():
        base = Plan.interrupted(dice.number(1, 3), then=base)
    if dice.happens():
        base = Plan.internal_error(dice.number(1, 3), after=_seconds(dice), then=base)
    if dice.happens():
        base = Plan.waits_for_capacity(_seconds(dice), base)
    changes: dict[str, Any] = {}
    if dice.happens():
        changes["stopped_after"] = _seconds(dice)
        changes["stopping"] = dice.number(0, 120)
    if dice.happens():
        changes["limit_lag"] = dice.number(0, 300)
    return base.but(**changes) if changes else base


@public
def any_life(seed: int = 0) -> Callable[[Mapping[str, Any]], Plan]:
    """Return a plan source that gives each job another random life: `mock_sagemaker(plan=any_life())`.

    The lives are those of `sagemock.strategies.lives`. A life depends only on `seed` and the name of its job, so it is the same
    in each run: `any_life(seed)({"TrainingJobName": name})` is the plan of a failed job, and its repr is the code for it.
    Only managed spot jobs are interrupted.
    """
    return _AnyLife(whole("seed", seed, "a whole number", "write any_life(seed=0)"))


class _AnyLife:
    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, request: Mapping[str, Any]) -> Plan:
        dice = _SeededDice(f"{self._seed}/{request['TrainingJobName']}")
        return life(dice, spot=bool(request.get("EnableManagedSpotTraining")))

    def __repr__(self) -> str:
        return f"any_life({self._seed!r})"


class _SeededDice:
    """Dice with a seed."""

    def __init__(self, seed: str) -> None:
        self._rng = Random(seed)  # noqa: S311  # a test's dice, not a secret

    def number(self, low: int, high: int) -> int:
        return self._rng.randint(low, high)

    def one_of(self, options: Sequence[_T]) -> _T:
        return self._rng.choice(options)

    def happens(self) -> bool:
        return self._rng.random() < _OFTEN


def _seconds(dice: Dice) -> int:
    return dice.number(0, LONGEST_S)


def _completes(dice: Dice) -> Plan:
    durations: dict[str, Any] = {name: _seconds(dice) for name in _NAMED if dice.happens()}
    return Plan.completes(**durations)


def _fails(dice: Dice) -> Plan:
    return Plan.fails(dice.one_of(_REASONS), during=dice.one_of(NORMAL), after=_seconds(dice))


def _capacity_error(dice: Dice) -> Plan:
    return Plan.capacity_error(_seconds(dice))


def _hangs(dice: Dice) -> Plan:
    # In these statuses MaxRuntimeInSeconds ends the job; in others, a job that hangs never ends.
    return Plan.hangs(dice.one_of(("Training", "Downloading")))


_KINDS: Final[tuple[Callable[[Dice], Plan], ...]] = (_completes, _fails, _capacity_error, _hangs)
