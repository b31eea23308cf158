"""Early stops: at which instant a training job is stopped because it is worse than those before it.

A job writes its objective once an epoch. Each function takes the objectives of one job and of those that were created before it,
and returns the first instant at which that job is stopped, or None. At an instant only what was written until then counts, so an
answer never depends on what comes later.
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
    "that early stopping compares with the training jobs that have written as many objectives by then, be it only one job",
    since="2026-11-26",
    knob="TrainingJobEarlyStoppingType Off, in the request",
)
_RUNGS: Final = Assumption(
    "that Hyperband halves asynchronously: at MinResource epochs and at each 3 times as many, a training job is stopped unless "
    "it is in the best third of those that have come so far, or fewer than three have",
    since="2026-11-26",
    knob="MinResource, in the request: no job is stopped before",
)
_BEYOND: Final = Assumption(
    "that Hyperband stops a training job when it writes more objectives than MaxResource, and lets one end that writes as many",
    since="2026-11-26",
    knob="MaxResource, in the request",
)
_LEAST: Final = Assumption(
    "that MinResource is 1 if it is not given, and that a static hyperparameter says MaxResource also between JSON's quotes",
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
    """Return when Hyperband stops a job: at a rung where too few were worse, or beyond MaxResource.

    Service model: MinResource and MaxResource are epochs. No job is stopped before MinResource.
    """
    sign = -1 if maximize else 1
    for rung in _rungs(min_resource, min(max_resource, len(own) + 1)):
        at_us, value = own[rung - 1]
        came = sorted(sign * one[rung - 1][1] for one in others if len(one) >= rung and one[rung - 1][0] <= at_us)
        # How many of those that have come, this job among them, go on.
        stay = math.ceil((len(came) + 1) / _ETA)
        if _RUNGS(len(came) + 1 >= _ETA and sign * value > came[stay - 1]):
            return at_us
    return own[max_resource][0] if _BEYOND(len(own) > max_resource) else None


def resources(config: Mapping[str, Any] | None, static: Mapping[str, str]) -> tuple[int, int] | None:
    """Return Hyperband's MinResource and MaxResource; None if nothing says MaxResource.

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
    """Return the running averages. Each later job asks for them again: without a cache, 100 children are beyond their budget."""
    values = accumulate(value for _, value in emissions)
    return tuple(total / count for count, total in enumerate(values, 1))
