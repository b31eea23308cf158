"""Training jobs that a tuning job launches: what such a job has beyond its request."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from sagemock.training import status
from sagemock.training.plan.script import Script

__all__ = ["LARGEST", "OBJECTIVE", "OBJECTIVE_MEMBER", "Launch", "Launching", "Values", "latest", "training_us"]

OBJECTIVE: Final = "ObjectiveMetric"
"""The metric that the service adds to those of the job, with the expression of the objective (tuning jobs of 2021 and 2024)."""
OBJECTIVE_MEMBER: Final = "_tuning_objective_metric"
"""The hyperparameter that names the objective (the same tuning jobs)."""
LARGEST: Final = 3.4028234663852886e38
"""The largest number that fits a MetricData (service model: a float)."""
Values: TypeAlias = tuple[tuple[int, float], ...]
"""Values of a metric, each with an instant or an offset in microseconds, in order."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a tuning job gave to a training job when it launched it."""

    tuning_job_arn: str
    metrics: tuple[Mapping[str, str], ...] = ()
    """The metric definitions of the job: those of the tuning job, with its objective as the last one."""
    values: Values = ()
    """The values of the objective that the job emits without lines in its log, by offset in its training."""
    overrides_log: bool = False
    """Whether these values count even if the test adds lines to the log."""


class Launching(NamedTuple):
    """How a tuning job launches a training job."""

    tuning_job_arn: str
    metrics: tuple[Mapping[str, str], ...]
    """The metric definitions that the job gets."""
    is_warm: bool
    """Whether it runs on the instances of an earlier child."""
    values: Callable[[int | None], Values]
    """Takes how long the training lasts (in microseconds; None: forever), and returns the values of the objective."""
    overrides_log: bool
    """Whether these values count even if the job has lines in its log."""

    def launch(self, script: Script) -> Launch:
        """Return what the tuning job gives to the job with this script."""
        says_itself = script.has_lines and not self.overrides_log
        values = () if says_itself else self.values(training_us(script))
        return Launch(self.tuning_job_arn, self.metrics, values, self.overrides_log)


def training_us(script: Script) -> int | None:
    """Return how long the last attempt trains by its script: 0 if it never does, None if it trains forever."""
    lengths = [step.length_us for step in script.steps if step.status == status.TRAINING]
    return lengths[-1] if lengths else 0


def latest(values: Values, now_us: int) -> tuple[int, float] | None:
    """Return the last value emitted by `now_us`, with its instant; None if there is none yet."""
    place = bisect_right(values, now_us, key=_at)
    return values[place - 1] if place else None


def _at(pair: tuple[int, float]) -> int:
    return pair[0]
