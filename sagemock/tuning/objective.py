"""The objective of a child whose log has no value of it: values from a function of the test, or values drawn with the seed."""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from sagemock.checks import quoted
from sagemock.clock.instants import duration_us
from sagemock.errors import PlanError
from sagemock.evidence import Assumption
from sagemock.training.launch import LARGEST, Values
from sagemock.tuning.space import Space

__all__ = ["ValuesFor", "values_drawn", "values_returned"]

ValuesFor = Callable[[int | None], Values]
"""A function that takes how long a child trains (in microseconds; None: forever) and returns its values by offset in the
training."""
EPOCHS: Final = 10
"""How many values a child emits by default."""
_DRAWN: Final = Assumption(
    "what a child emits whose plan has no log and whose tuning job has no objective=: ten values that approach a smooth function "
    "of its hyperparameters, drawn with the seed",
    since="2026-11-26",
    knob="TuningJobPlan.completes(objective=…), or logs= in the plan of the child",
)
_NOISE: Final = 0.02


def values_returned(value: object, what: str) -> ValuesFor:
    """Return the values of the objective, where a function of the test has returned `value`.

    Raises PlanError, which calls the function `what`, if it returned something else than a number, (offset, value) pairs or None.
    """
    if value is None:
        return lambda _: ()
    if isinstance(value, (int, float)):
        number = _number(value, what)
        # A container that trains forever never emits the value of its end.
        return lambda training_us: () if training_us is None else ((training_us, number),)
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise _wrong(value, what)
    pairs = tuple(sorted(_pair(one, what) for one in value))
    return lambda _: pairs


def _pair(value: object, what: str) -> tuple[int, float]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:  # noqa: PLR2004  # a pair
        raise _wrong(value, what)
    offset, number = value
    try:
        offset_us = duration_us(offset)
    except (TypeError, ValueError) as error:
        raise PlanError(f"{what}: {error}; give each value a timedelta or seconds") from None
    if offset_us < 0:
        raise PlanError(f"{what}: a value is at {offset!r}, before the training begins; an offset is not negative")
    return offset_us, _number(number, what)


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(value, what)
    # "not <=" and not ">", so that NaN is refused, too.
    if not abs(value) <= LARGEST:
        raise PlanError(f"{what} returned {quoted(value)}, which cannot be a metric: let it return a finite number, or None")
    return float(value)


def _wrong(value: object, what: str) -> PlanError:
    return PlanError(f"{what} returned {quoted(value)}: let it return a number, (offset, value) pairs, or None for no value")


def values_drawn(space: Space, tuned: Mapping[str, str], seed: str, number: int, *, maximize: bool) -> ValuesFor:
    """Return values that approach a smooth function of the hyperparameters, with a little noise. Equal seeds give equal ones."""
    point = space.encode(tuned)
    best = Random(seed)  # noqa: S311  # a test's dice, not a secret
    far = sum((one - best.random()) ** 2 for one in point) / max(1, len(point))
    noise = Random(f"{seed}/{number}").uniform(-_NOISE, _NOISE)  # noqa: S311  # as above
    last = 0.1 + 0.8 * math.sqrt(far) + noise
    # The first values are bad; the worse the hyperparameters are, the less the values improve.
    worst = [last + (1.0 - last) * math.exp(-4.0 * epoch / EPOCHS) for epoch in range(1, EPOCHS)]
    values = _DRAWN([1.0 - one if maximize else one for one in (*worst, last)])

    def spread(training_us: int | None) -> Values:
        if training_us is None:
            return ()
        return tuple((training_us * epoch // EPOCHS, value) for epoch, value in enumerate(values, 1))

    return spread
