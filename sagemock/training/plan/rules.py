"""Which plan a new job gets: the rules that a test gave, the first that meets the request, else the mock's default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, TypeAlias

from sagemock.errors import UsageError
from sagemock.training.own import own
from sagemock.training.plan.plan import Plan

__all__ = ["Matcher", "PlanSource", "Plans", "Rule"]

Matcher: TypeAlias = str | Callable[[Mapping[str, Any]], bool]
"""Which jobs a plan is for: a pattern of job names (`*`, `?`, `[…]`, case matters), or a predicate of the request."""
PlanSource: TypeAlias = Plan | Callable[[Mapping[str, Any]], Plan]
"""A plan, or a callable of the request that returns one."""
_SUCCESS: Final = Plan()
"""What a job does of which nobody said anything."""


@dataclass
class Rule:
    """A plan for the jobs that match."""

    matcher: Matcher
    plan: PlanSource
    times: int | None
    used: int = 0

    def meets(self, request: Mapping[str, Any]) -> bool:
        """Whether this rule is for a job that is created by `request`."""
        if self.times is not None and self.used >= self.times:
            return False
        if isinstance(self.matcher, str):
            return fnmatchcase(request["TrainingJobName"], self.matcher)
        return bool(self.matcher(own(request)))

    def __str__(self) -> str:
        return f"plan({self.matcher!r}, {self.plan!r})"


@dataclass
class Plans:
    """The rules of one mock."""

    default: PlanSource | None = None
    rules: list[Rule] = field(default_factory=list)

    def plan_for(self, request: Mapping[str, Any]) -> Plan:
        """Return the plan of a job that is created by `request`. Raises UsageError if a callable returns something else."""
        for rule in self.rules:
            if rule.meets(request):
                rule.used += 1
                return _resolved(rule.plan, request)
        return _SUCCESS if self.default is None else _resolved(self.default, request)

    @property
    def unused(self) -> list[Rule]:
        """The rules that no job has met."""
        return [rule for rule in self.rules if not rule.used]


def _resolved(source: PlanSource, request: Mapping[str, Any]) -> Plan:
    plan: object = source if isinstance(source, Plan) else source(own(request))
    if not isinstance(plan, Plan):
        raise UsageError(f"{source!r} returned {plan!r} for {request['TrainingJobName']!r}: let it return a Plan")
    return plan
