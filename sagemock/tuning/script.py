"""Scripts of tuning jobs: a plan made concrete for one request, with every duration known."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.jobs.durations import span_us
from sagemock.tuning.definitions import Definition, defined, static
from sagemock.tuning.plan import TuningJobPlan
from sagemock.tuning.stopping import resources

__all__ = ["Criteria", "Script", "script"]

_NEXT: Final = Assumption(
    "that the next child is created 35 s after the end of the one before it (worked out of two records of 2021 with two children "
    "each, of which only one is known: 31 and 40 s, if both took equally long)",
    since="2026-11-26",
    knob="TuningJobPlan.completes(next_launch=…)",
)
_UNBOUNDED: Final = Assumption(
    "that a tuning job without MaxNumberOfTrainingJobs launches 750 children at most, 10,000 by Random (the quotas of the "
    "developer guide)",
    since="2026-11-26",
    knob="MaxNumberOfTrainingJobs",
)
_IN_TURN: Final = Assumption(
    "that the children of a tuning job with several definitions take these in turn, and with Grid one definition after the other",
    since="2026-11-26",
)
FIRST_WRITE_S: Final = 3.352
"""Record T2: LastModifiedTime 3.352 s after the creation, all counters 0."""
FIRST_LAUNCH_S: Final = 9.0
"""Record T2: all children are there at 9.175 s; record T4: the first was created in the eleventh second."""
NEXT_LAUNCH_S: Final = _NEXT(35.0)
FINISHING_S: Final = 25.0
"""Record T5: the tuning job ended 25.4 s after its last child, which ended in a whole second."""
WRITES_EVERY_S: Final = 10.0
"""Record T3: LastModifiedTime 63.294 and 73.240 s after the creation."""


@dataclass(frozen=True)
class Criteria:
    """The completion criteria of a request, which may complete a tuning job before its last child."""

    target: float | None
    not_improving: int | None
    """MaxNumberOfTrainingJobsNotImproving: how many children in a row were no better."""
    on_convergence: bool


@dataclass(frozen=True)
class Script:
    """All that decides the life of a tuning job, except its children and interventions. Durations are in microseconds."""

    definitions: tuple[Definition, ...]
    strategy: str
    parallel: int
    most: int
    """The largest number of children."""
    criteria: Criteria
    stops_early: bool
    resources: tuple[int, int] | None
    """Hyperband's MinResource and MaxResource, None for another strategy."""
    seed: str
    max_runtime_us: int | None
    first_write_us: int
    first_launch_us: int
    next_launch_us: int
    finishing_us: int
    writes_every_us: int
    ending: str | None
    failure_reason: str | None
    ended_after_us: int | None
    stopped_after_us: int | None
    endless: bool

    def of_child(self, number: int) -> tuple[Definition, int]:
        """Return the definition of a child, and the child's number among those of this definition, from 1."""
        if self.strategy == "Grid":
            for one in self.definitions:  # pragma: no branch  # there are no more children than combinations
                combinations = one.space.combinations or 1
                if number <= combinations:
                    return one, number
                number -= combinations
        turn = _IN_TURN(number - 1) % len(self.definitions)
        return self.definitions[turn], (number - 1) // len(self.definitions) + 1

    def metric(self, definition: str | None) -> str:
        """Return the name of the metric that the children of a definition emit."""
        return next((one.metric for one in self.definitions if one.name == definition), self.definitions[0].metric)

    @property
    def maximize(self) -> bool:
        """Whether the largest value is the best, as the first definition says."""
        return self.definitions[0].maximize


def script(plan: TuningJobPlan, request: Mapping[str, Any], rng: Random, seed: str) -> Script:
    """Return the script of `plan` for `request`. `rng` draws durations from ranges; the strategy draws with `seed`."""

    def length_us(name: str, default_s: float) -> int:
        span = span_us(getattr(plan, name), name)
        return round(default_s * SECOND_US) if span is None else rng.randint(*span)

    def once_us(name: str) -> int | None:
        return None if getattr(plan, name) is None else length_us(name, 0)

    config = request["HyperParameterTuningJobConfig"]
    limits, strategy = config["ResourceLimits"], config["Strategy"]
    own = defined(request)
    for one in own:
        # Without validation, nothing has read the ranges yet: this raises if one cannot be read.
        one.space.decode([0.5] * len(one.space.names))
    runtime_s = limits.get("MaxRuntimeInSeconds")
    return Script(
        definitions=own,
        strategy=strategy,
        parallel=limits["MaxParallelTrainingJobs"],
        most=limits.get("MaxNumberOfTrainingJobs") or _most(strategy, own),
        criteria=_criteria(config.get("TuningJobCompletionCriteria", {})),
        # Jobs with one algorithm only (developer guide, early stopping).
        stops_early=config.get("TrainingJobEarlyStoppingType") == "Auto" and len(own) == 1,
        resources=resources(config.get("StrategyConfig"), static(own[0].body)) if strategy == "Hyperband" else None,
        seed=seed,
        max_runtime_us=None if runtime_s is None else runtime_s * SECOND_US,
        first_write_us=length_us("first_write", FIRST_WRITE_S),
        first_launch_us=length_us("first_launch", FIRST_LAUNCH_S),
        next_launch_us=length_us("next_launch", NEXT_LAUNCH_S),
        finishing_us=length_us("finishing", FINISHING_S),
        writes_every_us=length_us("writes_every", WRITES_EVERY_S),
        ending=plan.ending,
        failure_reason=plan.failure_reason,
        ended_after_us=once_us("ended_after"),
        stopped_after_us=once_us("stopped_after"),
        endless=plan.endless,
    )


def _most(strategy: str, own: tuple[Definition, ...]) -> int:
    if strategy == "Grid":
        # The service computes it (developer guide, grid search).
        return sum(one.space.combinations or 1 for one in own)
    return _UNBOUNDED(10_000 if strategy == "Random" else 750)


def _criteria(given: Mapping[str, Any]) -> Criteria:
    return Criteria(
        given.get("TargetObjectiveMetricValue"),
        given.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving"),
        given.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled",
    )
