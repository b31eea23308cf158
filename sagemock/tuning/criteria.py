"""Completion criteria: what the values of the children so far mean for a tuning job."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sagemock.evidence import Assumption
from sagemock.tuning.child import Child
from sagemock.tuning.script import Criteria

__all__ = ["Progress", "best", "better", "completion_us", "progress"]

_CONVERGED: Final = Assumption(
    "that a tuning job has converged when ten children in a row were no better",
    since="2026-11-26",
    knob="leave the criterion out",
)
_CONVERGES_AFTER: Final = _CONVERGED(10)
_BETTER_BY: Final = 0.01
"""A child improves the objective if it is better by 1 % or more (service model, BestObjectiveNotImproving)."""
_ONLY_COMPLETED: Final = Assumption(
    "that only a child that has Completed can be the best one or improve the objective, not one that was stopped early",
    since="2026-11-26",
)


class Progress(NamedTuple):
    """The state of the objective when a child has ended."""

    at_us: int
    best: float
    not_improving: int
    """How many children in a row were no better."""
    converged_us: int | None


def better(one: float, other: float, *, maximize: bool) -> bool:
    """Whether the first value is better than the second one."""
    return one > other if maximize else one < other


def best(children: Iterable[Child], now_us: int, *, maximize: bool) -> Child | None:
    """Return the best child that has ended by `now_us`; if several have the same value, the one that was created first."""
    found: Child | None = None
    value: float | None = None
    for one in children:
        if not _ONLY_COMPLETED(one.has_succeeded) or not one.is_over(now_us):
            continue
        own = one.objective
        if own is not None and (value is None or better(own, value, maximize=maximize)):
            found, value = one, own
    return found


def progress(children: Iterable[Child], *, maximize: bool) -> Iterator[Progress]:
    """Yield the progress after each child that succeeded and has a value, in the order in which the children end."""
    ended = [
        (one.ended_us, one.number, value)
        for one in children
        if one.has_succeeded and one.ended_us is not None and (value := one.objective) is not None
    ]
    found: float | None = None
    in_a_row, converged_us = 0, None
    for at_us, _, value in sorted(ended):
        if found is None or _improves(value, found, maximize=maximize):
            in_a_row = 0
        else:
            in_a_row += 1
        found = value if found is None or better(value, found, maximize=maximize) else found
        if converged_us is None and in_a_row >= _CONVERGES_AFTER:
            converged_us = at_us
        yield Progress(at_us, found, in_a_row, converged_us)


def _improves(value: float, found: float, *, maximize: bool) -> bool:
    return better(value, found, maximize=maximize) and abs(value - found) >= _BETTER_BY * abs(found)


def completion_us(criteria: Criteria, children: Iterable[Child], *, maximize: bool) -> int | None:
    """Return when the first criterion is met, None if these children meet none."""
    if criteria.target is None and criteria.not_improving is None and not criteria.on_convergence:
        return None
    for at in progress(children, maximize=maximize):
        reached = criteria.target is not None and not better(criteria.target, at.best, maximize=maximize)
        stuck = criteria.not_improving is not None and at.not_improving >= criteria.not_improving
        if reached or stuck or (criteria.on_convergence and at.converged_us is not None):
            return at.at_us
    return None
