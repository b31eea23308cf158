"""Eventual consistency: jobs that exist, but that some operations do not see yet."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, Final, cast

from sagemock.checks import quoted
from sagemock.clock.instants import duration_us
from sagemock.errors import InvalidValue, UsageError
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import KINDS, named_in
from sagemock.jobs.logbook import Logbook
from sagemock.jobs.place import Place
from sagemock.jobs.store import Key, Order, Region, Store
from sagemock.service.faults import check_job
from sagemock.service.recent import Recent
from sagemock.service.search import RESOURCES
from sagemock.service.service import Service
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
        self._recent: dict[tuple[Place, str], Recent[AnyJob]] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, rule: HideRule) -> None:
        """Hide jobs by a rule."""
        self._rules.append(rule)
        # The new rule may last longer than the others, so jobs that were dropped may count again.
        self._recent = {}

    def view(self, service: Service, place: Place, operation: str, request: Mapping[str, Any], now_us: int) -> Service:
        """Return the service as an operation sees it.

        If a job is hidden, the result is another service, for reading only. That is enough: an operation that would change a
        hidden job is refused, and the operations that create jobs see every job, so names stay unique.
        """
        rules = [one for one in self._rules if operation not in _CREATES and fnmatchcase(operation, one.operation)]
        searched = RESOURCES.get(request.get("Resource", "")) if operation == "Search" else None
        kind, name = named_in(request) or (_LISTS.get(operation) if searched is None else searched.kind, None)
        if kind is None:
            return service
        hidden = set()
        for job in self._young(place, kind.name, now_us):
            for rule in rules:
                if name in (None, job.name) and rule.hides(job, now_us):
                    rule.used = True
                    hidden.add(job.name)
        if not hidden:
            return service
        visible = Store()
        if name is None:
            # Only for a list: a call about one job that is hidden sees no jobs at all.
            visible.regions[place, kind.name] = cast("Region[AnyJob]", _Without(service.store.kind_at(place, kind), hidden))
        return replace(service, store=visible)

    def _young(self, place: Place, kind: str, now_us: int) -> list[AnyJob]:
        """Return the jobs of a kind at a place that some rule may hide."""
        lasting_us = max((rule.lasting_us for rule in self._rules), default=0)
        recent = self._recent.setdefault((place, kind), Recent())
        with self._store.lock:
            region = self._store.regions.get((place, kind))
            return [] if region is None else recent.jobs(region, lambda job: now_us < job.created_us + lasting_us)

    def pending(self, now_us: int) -> bool:
        """Whether a job is hidden now that later calls will see."""
        wheres = tuple(self._store.regions) if self._rules else ()
        jobs = [job for where in wheres for job in self._young(*where, now_us) if not job.is_gone(now_us)]
        return any(rule.hides(job, now_us) for rule in self._rules for job in jobs)

    def unused(self) -> list[HideRule]:
        """Return the rules that hid no job from any call."""
        return [rule for rule in self._rules if not rule.used]


class _Without:
    """A region without the jobs that are hidden, for reading."""

    def __init__(self, region: Region[AnyJob], hidden: AbstractSet[str]) -> None:
        self._region = region
        self._hidden = hidden

    @property
    def logbook(self) -> Logbook:
        """The log group of all jobs of the region, including hidden ones."""
        return self._region.logbook

    @property
    def by_name(self) -> dict[str, AnyJob]:
        """The jobs that are not hidden."""
        return {name: job for name, job in self._region.by_name.items() if name not in self._hidden}

    def page(self, order: Order, *, descending: bool, after: Key | None, limit: int, now_us: int) -> list[tuple[Key, AnyJob]]:
        """Return a page, as `Region.page` does, without the hidden jobs."""
        more = limit + len(self._hidden)
        found = self._region.page(order, descending=descending, after=after, limit=more, now_us=now_us)
        return [(key, job) for key, job in found if job.name not in self._hidden][:limit]
