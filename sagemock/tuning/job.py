"""A tuning job: a frozen record with its children and its timeline, and the snapshot of it that Describe shows at an instant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, NamedTuple

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.jobs.interventions import Delete, Intervention
from sagemock.jobs.job import JobRecord
from sagemock.jobs.kinds import TUNING, Kind
from sagemock.jobs.timeline import OVER
from sagemock.tuning.child import Child
from sagemock.tuning.criteria import best, progress
from sagemock.tuning.life import DELETING_US, Timeline, fold
from sagemock.tuning.plan import TuningJobPlan
from sagemock.tuning.script import Script
from sagemock.tuning.strategies import Trial

__all__ = ["COUNTERS", "Job", "Parent", "Snapshot", "snapshot"]

COUNTERS: Final = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
OBJECTIVES: Final = ("Succeeded", "Pending", "Failed")
_EARLY_IS_STOPPED: Final = Assumption(
    "that the counter Stopped counts a child which was stopped early, and that its objective counts as Succeeded if it has "
    "emitted a value",
    since="2026-11-26",
)
_RUNTIME: Final = Assumption(
    "that ConsumedResources counts the whole seconds from 0.2 s after the creation to the last write before the end, and 0 "
    "before the first child (records T1 to T3: 0, 8, 73 and 11)",
    since="2026-11-26",
)
_RUNTIME_FROM_US: Final = _RUNTIME(200_000)
_LIVE: Final = Assumption(
    "that the counters of a tuning job show the end of a child at its instant, and that LastModifiedTime moves with it",
    since="2026-11-26",
)


@dataclass(frozen=True)
class Parent:
    """A parent of a warm start: what the new tuning job learns from an earlier one."""

    name: str
    trials: tuple[Trial, ...]
    best: Child | None


@dataclass(frozen=True, slots=True)
class Job(JobRecord):
    """A tuning job: its request, its children and the interventions in it. A change is a new record."""

    kind: ClassVar[Kind] = TUNING
    statuses: ClassVar[frozenset[str]] = frozenset({"InProgress", "Stopping", "Deleting"}) | OVER

    plan: TuningJobPlan
    script: Script
    interventions: tuple[Intervention, ...] = ()
    children: tuple[Child, ...] = ()
    """In the order of their creation."""
    parents: tuple[Parent, ...] = ()
    """The tuning jobs that a warm start learns from."""
    held_us: int | None = None
    """The instant before which no child is launched, because a quota has no room; None if there is none."""
    is_blocked: bool = False
    """Whether a quota has no room, and nothing is known that will make room: another job or a quota must change first."""
    refused: tuple[int, str] | None = None
    """When CreateTrainingJob refused a child for another reason than a quota, and the message."""
    timeline: Timeline = field(init=False, repr=False, compare=False)

    def _folded(self) -> Timeline:
        return fold(
            self.script,
            self.created_us,
            self.children,
            self.interventions,
            held_us=self.held_us,
            is_blocked=self.is_blocked,
            refused=self.refused,
        )

    @property
    def settled_us(self) -> int:
        """The instant after which nothing happens without a call; while a step is due, not before that step."""
        if self.gone_us is not None:
            return self.gone_us
        step = self.timeline.step
        return self.last_us if step is None else max(self.last_us, step.at_us)

    @property
    def gone_us(self) -> int | None:
        """The instant at which the deletion ends, None if nobody deleted the job."""
        deleted = (one.at_us for one in self.interventions if isinstance(one, Delete))
        return next((self.created_us + at_us + DELETING_US for at_us in deleted), None)

    @property
    def planned_stop_us(self) -> int | None:
        """When its plan stops it through the API, in microseconds after its creation; None: never."""
        return self.script.stopped_after_us

    def with_child(self, one: Child) -> "Job":
        """Return the job with a new child, or with a new record of the child that has the same number."""
        children = list(self.children)
        children[one.number - 1 : one.number] = [one]
        return replace(self, children=tuple(children))

    def holding(self, until_us: int) -> "Job":
        """Return a copy of the job that launches no child before `until_us`."""
        return replace(self, held_us=until_us, is_blocked=False)

    def blocked(self) -> "Job":
        """Return a copy of the job that launches no child before another job or a quota changes."""
        return replace(self, is_blocked=True)

    def refusing(self, at_us: int, text: str) -> "Job":
        """Return a copy of the job whose next child was refused at `at_us`; `text` is the message of the refusal."""
        return replace(self, refused=(at_us, text))

    @property
    def next_step_us(self) -> int | None:
        """The instant of its next step (a child is launched or stopped), None if no step is due."""
        return None if self.timeline.step is None else self.timeline.step.at_us

    def may_reach(self, wanted: str) -> bool:
        """Whether steps that are still to come may bring it to the status `wanted`."""
        if wanted == "Stopped":
            return any(change.primary == "Stopping" for change in self.timeline.changes)
        # A child may be refused, also after others have succeeded.
        return wanted in ("Completed", "Failed")

    def best(self, now_us: int) -> Child | None:
        """Return the best child so far."""
        return best(self.children, now_us, maximize=self.script.maximize)

    # -- its logs: a tuning job has no container

    @property
    def has_lines(self) -> bool:
        """Whether the plan gives its containers lines to write."""
        return False

    @property
    def containers(self) -> int:
        """How many containers run at once, each with its own log stream."""
        return 0

    def runs(self) -> list[int]:
        """Return the instants at which a container starts."""
        return []  # pragma: no cover  # it has no container

    def stream(self, instance: int, begin_us: int) -> str:
        """Return the name of a log stream."""
        return f"{self.name}/{instance}-{begin_us}"  # pragma: no cover  # it has no container


class Snapshot(NamedTuple):
    """All that Describe shows of a tuning job's life at an instant. Instants are microseconds since the epoch, None if absent."""

    primary: str
    created_us: int
    modified_us: int
    ended_us: int | None
    failure_reason: str | None
    counters: Mapping[str, int]
    """TrainingJobStatusCounters."""
    objectives: Mapping[str, int]
    """ObjectiveStatusCounters."""
    best: Child | None
    not_improving: int
    converged_us: int | None
    runtime_s: int

    @property
    def over(self) -> bool:
        """Whether the job has ended."""
        return self.ended_us is not None

    @property
    def started_us(self) -> int | None:
        """None: a tuning job has no start of its own."""
        return None


def snapshot(job: Job, now_us: int, count: int | None = None) -> Snapshot:
    """Return what Describe shows of `job` at `now_us`; with `count`, what it shows after that many changes of its timeline."""
    timeline, script, created_us = job.timeline, job.script, job.created_us
    changes = timeline.until(now_us - created_us) if count is None else timeline.changes[:count]
    primary = changes[-1].primary
    ended_us = next((created_us + change.at_us for change in changes if change.primary in OVER), None)
    at_us = now_us if ended_us is None else min(now_us, ended_us)
    children = [one for one in job.children if one.created_us <= now_us]
    # The instants of changes to children, and those at which the service writes the record in any case.
    moments = [at for one in children for at in (one.created_us, one.ended_us) if at is not None and at <= at_us]
    writes = [created_us + change.at_us for change in changes] + _last_writes_us(script, created_us, at_us)
    known = [one for one in progress(children, maximize=script.maximize) if one.at_us <= now_us]
    return Snapshot(
        primary=primary,
        created_us=created_us,
        modified_us=max(_LIVE([*moments, *writes])),
        ended_us=ended_us,
        failure_reason=timeline.failure_reason if ended_us is not None else None,
        counters=_counted(COUNTERS, (one.counter if one.is_over(now_us) else "InProgress" for one in children)),
        objectives=_counted(OBJECTIVES, (objective_status(one, now_us) for one in children)),
        best=job.best(now_us),
        not_improving=known[-1].not_improving if known else 0,
        converged_us=known[-1].converged_us if known else None,
        runtime_s=_runtime_s(job, [*moments, *(one for one in writes if one != ended_us)]),
    )


def _counted(names: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys(names, 0)
    for name in found:
        counts[_EARLY_IS_STOPPED(name)] += 1
    return counts


def objective_status(child: Child, now_us: int) -> str:
    """Return the ObjectiveStatus of a child at an instant."""
    if not child.is_over(now_us):
        return "Pending"
    return "Failed" if child.objective is None else "Succeeded"


def _last_writes_us(script: Script, created_us: int, at_us: int) -> list[int]:
    """Return the last two periodic writes of the record: the last one may coincide with the end, which does not count."""
    first_us, every_us = created_us + script.first_write_us, script.writes_every_us
    count = (at_us - first_us) // every_us
    return [first_us + one * every_us for one in (count - 1, count) if one >= 0]


def _runtime_s(job: Job, writes: list[int]) -> int:
    first_us = min((one.created_us for one in job.children), default=None)
    if first_us is None or first_us > (last_us := max(writes)):
        return 0
    return max(0, last_us - job.created_us - _RUNTIME_FROM_US) // SECOND_US
