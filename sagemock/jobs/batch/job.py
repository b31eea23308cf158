"""A batch job: a frozen record, its timeline, and the snapshot of it that Describe shows at an instant."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import NamedTuple

from sagemock.jobs.batch.fields import BatchFields
from sagemock.jobs.batch.fold import fold
from sagemock.jobs.batch.script import Script
from sagemock.jobs.interventions import Delete, Intervention
from sagemock.jobs.job import JobRecord
from sagemock.jobs.timeline import OVER, Timeline

__all__ = ["BatchJob", "Snapshot", "snapshot"]


@dataclass(frozen=True, slots=True)
class BatchJob(JobRecord):
    """A batch job: its request, its plan and the interventions in it. A change is a new record."""

    plan: BatchFields
    script: Script
    interventions: tuple[Intervention, ...] = ()
    timeline: Timeline = field(init=False, repr=False, compare=False)

    def _folded(self) -> Timeline:
        return fold(self.script, self.interventions)

    @property
    def settled_us(self) -> int:
        """The instant after which the job changes only through calls."""
        return self.last_us if self.gone_us is None else self.gone_us

    @property
    def gone_us(self) -> int | None:
        """The instant at which the job was deleted, None if nobody deleted it."""
        return next((self.created_us + one.at_us for one in self.interventions if isinstance(one, Delete)), None)

    # -- its logs

    @property
    def has_lines(self) -> bool:
        """Whether the plan gives its containers lines to write."""
        return bool(self.script.lines or self.script.last_words)

    @property
    def containers(self) -> int:
        """How many containers run at once, each with its own log stream."""
        return max(1, self.instances[1])

    @property
    @abstractmethod
    def instances(self) -> tuple[str, int]:
        """The type and the number of its instances."""

    def runs(self) -> list[int]:
        """Return the instant at which the containers start, by the present timeline, in a list; empty if they never start."""
        started_us = self.timeline.started_us
        return [] if started_us is None else [self.created_us + started_us]

    def stream(self, instance: int, begin_us: int) -> str:
        """Return the name of the log stream of an instance, counted from 1, whose container started at `begin_us`."""
        return f"{self.name}/algo-{instance}-{begin_us // 1_000_000}"


class Snapshot(NamedTuple):
    """All that Describe shows of a batch job's life at an instant. Instants are microseconds since the epoch, None if absent."""

    primary: str
    phase: str
    created_us: int
    modified_us: int
    started_us: int | None
    ended_us: int | None
    failure_reason: str | None
    exit_message: str | None

    @property
    def over(self) -> bool:
        """Whether the job has ended."""
        return self.primary in OVER


def snapshot(job: BatchJob, now_us: int, count: int | None = None) -> Snapshot:
    """Return what Describe shows of `job` at `now_us`; with `count`, what it shows after that many changes of its timeline."""
    timeline = job.timeline
    changes = timeline.until(now_us - job.created_us) if count is None else timeline.changes[:count]
    last = changes[-1]
    over = last.primary in OVER
    has_started = any(change.secondary == job.script.running for change in changes)
    return Snapshot(
        primary=last.primary,
        phase=last.secondary,
        created_us=job.created_us,
        modified_us=job.created_us + last.at_us,
        started_us=job.created_us + timeline.started_us if has_started and timeline.started_us is not None else None,
        ended_us=job.created_us + timeline.ended_us if over and timeline.ended_us is not None else None,
        failure_reason=timeline.failure_reason if over else None,
        # The container writes it, so there is none if the container never ran.
        exit_message=job.script.exit_message if over and has_started else None,
    )
