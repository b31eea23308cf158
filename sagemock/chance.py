"""Random lives: each job of a mock gets another life, drawn from its name.

For property tests that shrink their failures, `sagemock.strategies` draws the same lives through Hypothesis.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, overload

from sagemock.checks import one_of, public, whole
from sagemock.jobs.dice import Dice, SeededDice
from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.kinds import KINDS, PROCESSING, TRAINING, TRANSFORM, TUNING, Kind
from sagemock.processing import lives as processing
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.training import lives as training
from sagemock.training.plan.plan import Plan
from sagemock.transform import lives as transform
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning import lives as tuning
from sagemock.tuning.plan import TuningJobPlan

__all__ = ["PLANS", "AnyLife", "LivingKind", "any_life", "checked_kind", "life"]

LivingKind: TypeAlias = Literal["training", "processing", "transform", "tuning"]
"""The kinds of job that have random lives."""
_P_co = TypeVar("_P_co", bound=GeneralFields, covariant=True)

PLANS: Final[Mapping[str, Callable[[Dice], Any]]] = {
    TRAINING.name: training.plan,
    PROCESSING.name: processing.plan,
    TRANSFORM.name: transform.plan,
    TUNING.name: tuning.plan,
}
"""The functions that draw a plan which any job of a kind can play, by the name of the kind."""
_LIVES: Final[Mapping[str, Callable[[Dice], Any]]] = {
    PROCESSING.name: processing.life,
    TRANSFORM.name: transform.life,
    TUNING.name: tuning.life,
}
_KINDS: Final = {kind.name: kind for kind in KINDS}


def life(dice: Dice, kind: str, *, spot: bool) -> Any:  # noqa: ANN401  # a plan of that kind
    """Return a plan with anything that can happen to a job of a kind; only training jobs can be `spot`."""
    return training.life(dice, spot=spot) if kind == TRAINING.name else _LIVES[kind](dice)


def checked_kind(kind: object) -> str:
    """Return `kind`, the name of a kind of job that has random lives. Raises InvalidValue for any other value."""
    return one_of("kind", kind, PLANS)


@overload
def any_life(seed: int = ..., *, kind: Literal["training"] = ...) -> "AnyLife[Plan]": ...
@overload
def any_life(seed: int = ..., *, kind: Literal["processing"]) -> "AnyLife[ProcessingJobPlan]": ...
@overload
def any_life(seed: int = ..., *, kind: Literal["transform"]) -> "AnyLife[TransformJobPlan]": ...
@overload
def any_life(seed: int = ..., *, kind: Literal["tuning"]) -> "AnyLife[TuningJobPlan]": ...
@public
def any_life(seed: int = 0, *, kind: LivingKind = "training") -> "AnyLife[Any]":
    """Return a plan source that gives each job of a kind another random life: `mock_sagemaker(plan=any_life())`.

    The lives are those of `sagemock.strategies.lives`. A life depends only on `seed` and the name of its job, so it is the same
    in each run: `any_life(seed)({"TrainingJobName": name})` is the plan of a failed job, and its repr is the code for it.
    Only managed spot jobs are interrupted. `mock_sagemaker(plan=[any_life(), any_life(kind="tuning")])` is for two kinds: tuning
    jobs, and training jobs with the children among them.
    """
    return AnyLife(whole("seed", seed, "a whole number", "write any_life(seed=0)"), _KINDS[checked_kind(kind)])


class AnyLife(Generic[_P_co]):
    """A callable of the request that creates a job, which returns its plan. `any_life()` makes it."""

    def __init__(self, seed: int, kind: Kind) -> None:
        self._seed = seed
        self.kind: Final = kind
        """The kind of job that its plans are for."""

    def __call__(self, request: Mapping[str, Any]) -> _P_co:
        """Return the plan of the job that a request creates."""
        dice = SeededDice(f"{self._seed}/{request[self.kind.name_member]}")
        plan: _P_co = life(dice, self.kind.name, spot=bool(request.get("EnableManagedSpotTraining")))
        return plan

    def __repr__(self) -> str:
        more = "" if self.kind == TRAINING else f", kind={self.kind.name!r}"
        return f"any_life({self._seed!r}{more})"
