"""Which plan a new job gets: that of the first rule of the test that matches the request, else the mock's default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeAlias, TypeVar

from sagemock.errors import UsageError
from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.kinds import Kind
from sagemock.jobs.own import own

__all__ = ["Matcher", "PlanSource", "Plans", "Rule", "kind_by"]

Matcher: TypeAlias = str | Callable[[Mapping[str, Any]], bool]
"""Which jobs a plan is for: a pattern of job names (`*`, `?`, `[…]`, case matters), or a predicate that takes the request."""
PlanSource: TypeAlias = GeneralFields | Callable[[Mapping[str, Any]], GeneralFields]
"""A plan of any kind, or a callable that takes the request and returns one."""
_P = TypeVar("_P", bound=GeneralFields)


def kind_by(plan: object) -> Kind | None:
    """Return the kind of job that a plan is for, or that a callable has as its attribute `kind`; None if there is none."""
    kind = getattr(plan, "kind", None)
    return kind if isinstance(kind, Kind) else None


@dataclass
class Rule:
    """A plan for the jobs of a kind that match."""

    kind: Kind
    matcher: Matcher
    plan: PlanSource
    times: int | None
    used: int = 0

    def meets(self, kind: Kind, request: Mapping[str, Any]) -> bool:
        """Whether this rule matches a job of this kind that `request` creates."""
        if kind != self.kind or (self.times is not None and self.used >= self.times):
            return False
        if isinstance(self.matcher, str):
            return fnmatchcase(request[kind.name_member], self.matcher)
        return bool(self.matcher(own(request)))

    def __str__(self) -> str:
        return f"plan({self.matcher!r}, {self.plan!r})"


@dataclass
class Plans:
    """The rules of one mock."""

    defaults: Mapping[str, PlanSource] = field(default_factory=dict)
    """The plans of jobs that match no rule, by the name of their kind."""
    rules: list[Rule] = field(default_factory=list)

    def plan_for(self, request: Mapping[str, Any], otherwise: _P) -> _P:
        """Return the plan of the job that `request` creates, or `otherwise`, a plan of the same kind.

        Raises UsageError if a callable returns something else than a plan of that kind.
        """
        kind = otherwise.kind
        for rule in self.rules:
            if rule.meets(kind, request):
                rule.used += 1
                return _resolved(rule.plan, request, otherwise)
        default = self.defaults.get(kind.name)
        return otherwise if default is None else _resolved(default, request, otherwise)

    def asks(self, kind: Kind) -> bool:
        """Whether functions of the test decide which plan a job of this kind gets."""
        rules = (one for one in self.rules if one.kind == kind)
        return callable(self.defaults.get(kind.name)) or any(callable(one.matcher) or callable(one.plan) for one in rules)

    @property
    def unused(self) -> list[Rule]:
        """The rules that no job has matched."""
        return [rule for rule in self.rules if not rule.used]


def _resolved(source: PlanSource, request: Mapping[str, Any], otherwise: _P) -> _P:
    wanted = type(otherwise)
    plan: object = source if isinstance(source, GeneralFields) else source(own(request))
    if not isinstance(plan, wanted):
        name = request[otherwise.kind.name_member]
        raise UsageError(f"{source!r} returned {plan!r} for {name!r}: let it return a {wanted.__name__}")
    return plan
