"""Plans of tuning jobs: what a test wants a tuning job itself to do. Its children have their own plans."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypedDict

from sagemock import reasons
from sagemock.checks import flag, of_a_plan, public, public_class, quoted, takes_one
from sagemock.errors import InvalidType, PlanError
from sagemock.jobs.durations import Duration, is_forever, span_us
from sagemock.jobs.fields import GeneralFields, code
from sagemock.jobs.hashing import hashed_once
from sagemock.jobs.kinds import TUNING, Kind

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["LENGTHS", "Objective", "TuningDurations", "TuningJobPlan"]

Emitted: TypeAlias = float | Sequence[tuple[timedelta | float, float]] | None
Objective: TypeAlias = Callable[[Mapping[str, str]], Emitted]
"""A function that takes a child's hyperparameters, all of them strings, as in SageMaker. It returns the value of the objective
that the child emits at the end of its training, or (offset, value) pairs, or None for a child that emits no value. An offset is a
timedelta or seconds from the start of the training."""
LENGTHS = ("first_write", "first_launch", "next_launch", "finishing", "writes_every")


class TuningDurations(TypedDict, total=False):
    """The durations of a tuning job's life, by name. One that is missing or None is that of recorded jobs."""

    first_write: Duration | None
    first_launch: Duration | None
    next_launch: Duration | None
    finishing: Duration | None
    writes_every: Duration | None


@public_class
@hashed_once
@dataclass(frozen=True, repr=False, kw_only=True)
class TuningJobPlan(GeneralFields):
    """What a tuning job does, from CreateHyperParameterTuningJob to its end. Its children follow their own plans.

    Recipes make plans, such as `TuningJobPlan.completes(objective=lambda parameters: float(parameters["eta"]))`.
    Children are training jobs: plan them by their names, which begin with that of the tuning job, as
    `sagemaker.plan("tune-*", Plan.completes(training=600))`, or by their requests. Every recipe takes these durations by name,
    each a `timedelta`, seconds, or a (low, high) pair to draw from with the mock's seed:

    * `first_write`: until LastModifiedTime moves for the first time (recorded: 3.4 s)
    * `first_launch`: until the first children are created, all at once (recorded: 3 to 10 s)
    * `next_launch`: from the end of a child to the creation of the next one (recorded: 30 to 40 s)
    * `finishing`: from the end of the last child to that of a successful tuning job (recorded: 25 s)
    * `writes_every`: how often LastModifiedTime moves while nothing else happens (recorded: 10 s)
    """

    kind: ClassVar[Kind] = TUNING
    writes: ClassVar[Collection[str]] = ()

    objective: Objective | None = None
    """A function of a child's hyperparameters; None: the child emits what its log has, or, without a log, values drawn with the
    seed."""
    first_write: Duration | None = None
    first_launch: Duration | None = None
    next_launch: Duration | None = None
    finishing: Duration | None = None
    writes_every: Duration | None = None
    ending: Literal["Completed", "Failed"] | None = None
    """The status with which it ends at `ended_after`; None: as its children decide."""
    failure_reason: str | None = None
    ended_after: Duration | None = None
    """How long after its creation it ends, whatever its children do."""
    endless: bool = False
    """Whether it stays InProgress when all of its children have ended."""

    def __post_init__(self) -> None:
        """Refuse a plan that contradicts itself, at the line of the test that makes the plan."""
        self._check_general()
        with of_a_plan():
            flag("endless", self.endless)
            if self.objective is not None:
                _check_callable(self.objective)
                takes_one("objective", self.objective, "write objective=lambda hyperparameters: 0.5")
        for name, length in self._lengths.items():
            if is_forever(length):
                raise PlanError(f"{name} never ends in this plan: use TuningJobPlan.hangs()")
            span_us(length, name)
        if self.writes_every is not None and span_us(self.writes_every, "writes_every") == (0, 0):
            raise PlanError("writes_every is a positive duration: write writes_every=10")
        for name in ("stopping", "limit_lag", "empty_log_pages"):
            if getattr(self, name) not in ((), None):
                raise PlanError(f"a tuning job has no container of its own: give {name} to the plans of its children")
        if self.replayed is not None:
            raise PlanError("a record of a tuning job cannot be played again: plan its children, and its durations by name")
        self._check_ending()

    def _check_ending(self) -> None:
        ending: object = self.ending
        if ending is not None and (not isinstance(ending, str) or ending not in ("Completed", "Failed")):
            raise PlanError(f"ending={quoted(ending)} is not an end of a tuning job; give one of Completed, Failed")
        if (self.ending is None) != (self.ended_after is None):
            raise PlanError("ending and ended_after belong together: give both, or neither")
        if (self.failure_reason is not None) != (self.ending == "Failed"):
            raise PlanError('failure_reason and ending="Failed" belong together: give both, or neither')
        if self.failure_reason is not None:
            reasons.checked(self.failure_reason)

    @property
    def _lengths(self) -> dict[str, Duration | None]:
        return {name: getattr(self, name) for name in (*LENGTHS, "ended_after", "stopped_after")}

    @cached_property
    def draws(self) -> bool:
        """Whether jobs with this plan differ, because a duration is a range."""
        return any(isinstance(length, tuple) for length in self._lengths.values())

    # -- recipes

    @classmethod
    @public
    def completes(cls, *, objective: Objective | None = None, **durations: "Unpack[TuningDurations]") -> "TuningJobPlan":
        """Plan a tuning job that ends as its children decide: Completed once one of them has succeeded.

        :param objective: A function of a child's hyperparameters, a mapping of strings. It returns the value of the objective,
            (offset, value) pairs, or None for a child that emits no value. Default: the metric definitions find the values in
            the child's log. A child whose plan has no lines emits values drawn with the mock's seed.
        """
        return cls._by_recipe("completes", durations, objective=objective)

    @classmethod
    @public
    def fails(
        cls,
        reason: str = reasons.INTERNAL,
        *,
        after: Duration,
        objective: Objective | None = None,
        **durations: "Unpack[TuningDurations]",
    ) -> "TuningJobPlan":
        """Plan a tuning job that fails by itself, whatever its children do. Its running children are stopped then.

        :param reason: FailureReason.
        :param after: How long after its creation it fails.
        :param objective: As in `completes`.
        """
        changes = {"ending": "Failed", "failure_reason": reasons.checked(reason), "ended_after": after, "objective": objective}
        return cls._by_recipe("fails", durations, repr(reason), f"after={code(after)}", **changes)

    @classmethod
    @public
    def hangs(cls, *, objective: Objective | None = None, **durations: "Unpack[TuningDurations]") -> "TuningJobPlan":
        """Plan a tuning job that stays InProgress when all of its children have ended; a stop or a limit ends it."""
        return cls._by_recipe("hangs", durations, objective=objective, endless=True)

    @classmethod
    @public
    def stopped(
        cls, *, after: Duration, objective: Objective | None = None, **durations: "Unpack[TuningDurations]"
    ) -> "TuningJobPlan":
        """Plan a tuning job that its owner stops through the API.

        :param after: How long after its creation it is stopped.
        :param objective: As in `completes`.
        """
        if span_us(after, "after") is None:
            raise PlanError("TuningJobPlan.stopped(after=None): say when it is stopped, after=600")
        return cls._by_recipe("stopped", durations, f"after={code(after)}", stopped_after=after, objective=objective)

    @classmethod
    @public
    def immediate(cls) -> "TuningJobPlan":
        """Plan a tuning job without children that is Completed when it is created, as in moto: for a suite that used moto."""
        return cls(ending="Completed", ended_after=0, called="TuningJobPlan.immediate()")

    @public
    def but(self, **changes: Any) -> "TuningJobPlan":  # noqa: ANN401  # the fields of a plan
        """Return a copy of the plan with these fields changed."""
        return self._changed(changes, lambda _, value: code(value))

    @classmethod
    def _by_recipe(cls, recipe: str, durations: Mapping[str, Any], *words: str, **changes: Any) -> "TuningJobPlan":  # noqa: ANN401
        cls._check_durations(recipe, durations, LENGTHS)
        objective = changes.get("objective")
        given = [*words, *([] if objective is None else [f"objective={code(objective)}"])]
        given += [f"{name}={code(value)}" for name, value in durations.items()]
        return cls(**{"called": f"TuningJobPlan.{recipe}({', '.join(given)})", **durations, **changes})


def _check_callable(objective: object) -> None:
    if not callable(objective):
        raise InvalidType(
            f"objective is a function of a child's hyperparameters, not {quoted(objective)}: "
            "write objective=lambda hyperparameters: 0.5"
        )
