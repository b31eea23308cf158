"""Early stops: when a training job is stopped because it is worse than earlier ones.

A job emits its objective once an epoch. Each function takes the objectives of one job and of the jobs that were created before
it, and returns the first instant at which that job is stopped, or None. At an instant, only the values emitted by then count, so
later values never change an answer.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

from sagemock.evidence import Assumption
from sagemock.training.launch import Values
from sagemock.tuning.space import integer

__all__ = ["hyperband_stop_us", "median_stop_us", "resources"]

_REACHED: Final = Assumption(
    "that early stopping compares a training job with those that have emitted as many objectives by then, even if it is only one",
    since="2026-11-26",
    knob="TrainingJobEarlyStoppingType Off, in the request",
)
_RUNGS: Final = Assumption(
    "that Hyperband halves asynchronously: after MinResource epochs, and again after each 3 times as many, a training job is "
    "stopped unless it is in the best third of the jobs that have come so far, or fewer than three jobs have",
    since="2026-11-26",
    knob="MinResource, in the request: no job is stopped before",
)
_BEYOND: Final = Assumption(
    "that Hyperband stops a training job when it emits more objectives than MaxResource, not when it emits exactly as many",
    since="2026-11-26",
    knob="MaxResource, in the request",
)
_LEAST: Final = Assumption(
    "that MinResource is 1 by default, and that a static hyperparameter gives MaxResource even if it is in JSON's quotes",
    since="2026-11-26",
    knob="MinResource and MaxResource, in the request",
)
_ETA: Final = 3
_KEYS: Final = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
"""The static hyperparameters from which MaxResource is inferred, in the order of the service model."""


def median_stop_us(own: Values, others: Sequence[Values], *, maximize: bool) -> int | None:
    """Return when the median rule stops a job.

    Developer guide, early stopping: after an epoch, its objective is worse than the median of the running averages of the
    objectives of all previous jobs up to the same epoch.
    """
    from statistics import median  # noqa: PLC0415  # needed only with early stopping: it takes 3 ms to import

    sign = -1 if maximize else 1
    averages = [(_averages(one), one) for one in others]
    for epoch, (at_us, value) in enumerate(own):
        averages = [pair for pair in averages if len(pair[1]) > epoch]
        reached = _REACHED([average[epoch] for average, one in averages if one[epoch][0] <= at_us])
        if reached and sign * value > sign * median(reached):
            return at_us
    return None


def hyperband_stop_us(
    own: Values, others: Sequence[Values], *, maximize: bool, min_resource: int, max_resource: int
) -> int | None:
    """Return when Hyperband stops a job: at a rung where it is not among the best third, or beyond MaxResource.

    A rung is a number of epochs: MinResource, and then 3 times the rung before. The service model says that MinResource and
    MaxResource are epochs, and that no job is stopped before MinResource.
    """
    sign = -1 if maximize else 1
    for rung in _rungs(min_resource, min(max_resource, len(own) + 1)):
        at_us, value = own[rung - 1]
        came = sorted(sign * one[rung - 1][1] for one in others if len(one) >= rung and one[rung - 1][0] <= at_us)
        # How many of the jobs that have reached this rung, including this one, go on.
        stay = math.ceil((len(came) + 1) / _ETA)
        if _RUNGS(len(came) + 1 >= _ETA and sign * value > came[stay - 1]):
            return at_us
    return own[max_resource][0] if _BEYOND(len(own) > max_resource) else None


def resources(config: Mapping[str, Any] | None, static: Mapping[str, str]) -> tuple[int, int] | None:
    """Return Hyperband's MinResource and MaxResource; None if the request does not give MaxResource in any way.

    `config` is StrategyConfig, `static` are the static hyperparameters of a definition.
    """
    given = (config or {}).get("HyperbandStrategyConfig", {})
    inferred = (integer(_LEAST(static[name].strip('"'))) for name in _KEYS if name in static)
    most = given.get("MaxResource") or next((value for value in inferred if value is not None and value > 0), None)
    return None if most is None else (max(1, given.get("MinResource", 1)), most)


def _rungs(first: int, end: int) -> Iterable[int]:
    while first < end:
        yield first
        first *= _ETA


@lru_cache(maxsize=1024)
def _averages(emissions: Values) -> tuple[float, ...]:
    """Return the running averages. They are cached because each later job asks again: 100 children would exceed their budget."""
    values = accumulate(value for _, value in emissions)
    return tuple(total / count for count, total in enumerate(values, 1))
