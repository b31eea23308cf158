"""Eventual consistency: jobs that exist, but that some operations do not see yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, Final

from sagemock.checks import quoted
from sagemock.clock.instants import duration_us
from sagemock.errors import InvalidValue, UsageError
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import KINDS, named_in
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.service.faults import check_job
from sagemock.service.operations import Service
from sagemock.service.subject import checked_operation

__all__ = ["HideRule", "Visibility"]

_CREATES: Final = frozenset(kind.create for kind in KINDS)
_LISTS: Final = {kind.list: kind for kind in KINDS}


@dataclass
class HideRule:
    """Which jobs are hidden from which operations, and for how long after their creation."""

    job: str
    lasting: timedelta | float
    operation: str = "*"
    lasting_us: int = field(init=False)
    used: bool = field(default=False, init=False)
    """Whether the rule hid a job from a call."""

    def __post_init__(self) -> None:
        check_job(self.job, "")
        checked_operation(self.operation)
        if self.operation in _CREATES:
            raise UsageError(
                f"{self.operation} does not look up jobs: hide jobs from operations that do, such as 'DescribeTrainingJob', or "
                "from '*'"
            )
        self.lasting_us = duration_us(self.lasting)
        if self.lasting_us <= 0:
            raise InvalidValue(
                f"lasting is a positive duration after the creation of a job, not {quoted(self.lasting)}: write lasting=5"
            )

    def hides(self, job: AnyJob, now_us: int) -> bool:
        """Whether a job is hidden at this instant."""
        return now_us < job.created_us + self.lasting_us and fnmatchcase(job.name, self.job)

    def __str__(self) -> str:
        operation = "" if self.operation == "*" else f", operation={self.operation!r}"
        return f"hide({self.job!r}, lasting={self.lasting!r}{operation})"


class Visibility:
    """The jobs that a mock hides."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules: list[HideRule] = []

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, rule: HideRule) -> None:
        """Hide jobs by a rule."""
        self._rules.append(rule)

    def view(self, service: Service, place: Place, operation: str, request: Mapping[str, Any], now_us: int) -> Service:
        """Return the service as an operation sees it.

        If a job is hidden, this is another service, which is good for reading only. That is enough: an operation that would
        change a hidden job refuses, and the operations that create jobs see every job, so names stay unique.
        """
        rules = [one for one in self._rules if operation not in _CREATES and fnmatchcase(operation, one.operation)]
        kind, name = named_in(request) or (_LISTS.get(operation), None)
        if kind is None:
            return service
        by_name = service.store.kind_at(place, kind).by_name
        candidates = by_name.values() if name is None else [by_name[name]] if name in by_name else []
        hidden = set()
        for job in candidates:
            for rule in rules:
                if rule.hides(job, now_us):
                    rule.used = True
                    hidden.add(job.name)
        if not hidden:
            return service
        visible = Store()
        for job in by_name.values():
            if job.name not in hidden:
                visible.put(job)
        return replace(service, store=visible)

    def pending(self, now_us: int) -> bool:
        """Whether a job is hidden now that later calls will see."""
        return any(rule.hides(job, now_us) for rule in self._rules for job in self._store.jobs(now_us))

    def unused(self) -> list[HideRule]:
        """Return the rules that hid no job from any call."""
        return [rule for rule in self._rules if not rule.used]
