"""Durations in plans: their type, and how they are read."""

import math
from datetime import timedelta
from typing import Final, TypeAlias

from sagemock.checks import quoted
from sagemock.clock.instants import duration_us
from sagemock.errors import PlanError

__all__ = ["FOREVER", "Duration", "is_forever", "span_us"]

Duration: TypeAlias = timedelta | float | tuple[timedelta | float, timedelta | float]
"""A `timedelta`, a number of seconds, or a (low, high) pair of these from which each job draws with the mock's seed."""

FOREVER: Final = math.inf
"""The duration of a phase that never ends by itself."""


def is_forever(value: Duration | None) -> bool:
    """Whether a duration never ends."""
    return isinstance(value, float) and value == FOREVER


def span_us(value: Duration | None, what: str) -> tuple[int, int] | None:
    """Return a duration as (lowest, highest) microseconds; None stays None. Raises PlanError, which calls it `what`."""
    if value is None:
        return None
    if isinstance(value, tuple) and len(value) != 2:  # noqa: PLR2004  # the lowest and the highest
        raise PlanError(f"{what} is {quoted(value)}: give a timedelta, seconds, or a (low, high) pair of them")
    try:
        low, high = value if isinstance(value, tuple) else (value, value)
        span = duration_us(low), duration_us(high)
    except (TypeError, ValueError) as error:
        raise PlanError(f"{what}: {error}; give a timedelta, seconds, or a (low, high) pair of them") from None
    if span[0] < 0 or span[1] < span[0]:
        raise PlanError(f"{what} is {quoted(value)}: a duration is not negative, and a (low, high) pair is in order")
    return span
