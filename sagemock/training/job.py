"""A training job: a frozen record, and its timeline."""

from dataclasses import dataclass, field
from typing import ClassVar, get_args

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.interventions import Delete
from sagemock.jobs.job import JobRecord
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.training import status, warm_pool
from sagemock.training.fold import fold
from sagemock.training.interventions import Intervention
from sagemock.training.launch import Launch
from sagemock.training.plan import resources
from sagemock.training.plan.defaults import DELETING_S
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import Script
from sagemock.training.timeline import Timeline

__all__ = ["Job"]


@dataclass(frozen=True, slots=True)
class Job(JobRecord):
    """A training job: its request, its plan and the interventions in it. A change is a new record."""

    kind: ClassVar[Kind] = TRAINING
    statuses: ClassVar[frozenset[str]] = status.PHASES | status.ENDINGS | frozenset(get_args(status.Primary))

    plan: Plan
    script: Script
    interventions: tuple[Intervention, ...] = ()
    retains: int = 0
    """For how many seconds the instances are kept in a warm pool after the end; 0: no warm pool."""
    launched_us: int | None = None
    """When the first job on this cluster was created, if warm pools passed the cluster on; None: the job has its own cluster."""
    launch: Launch | None = None
    """What the tuning job that launched this job gave to it; None if none launched it."""
    timeline: Timeline = field(init=False, repr=False, compare=False)

    def _folded(self) -> Timeline:
        return fold(self.script, self.interventions)

    @property
    def settled_us(self) -> int:
        """The instant after which the job and its warm pool change only through calls."""
        return warm_pool.settled_us(self)

    @property
    def gone_us(self) -> int | None:
        """The instant at which the deletion ends, None if nobody deleted the job."""
        for one in self.interventions:
            if isinstance(one, Delete):
                return self.created_us + one.at_us + round(DELETING_S * SECOND_US)
        return None

    # -- its logs

    @property
    def has_lines(self) -> bool:
        """Whether the plan gives its containers lines to write."""
        return self.script.has_lines

    @property
    def containers(self) -> int:
        """How many containers run at once, each with its own log stream."""
        return resources.count(self.request)

    def runs(self) -> list[int]:
        """Return the instants at which the containers start, by the present timeline. Each start opens new log streams."""
        found: list[int] = []
        runs_now = False
        for change in self.timeline.changes:
            if change.enters:
                # A stop starts no container.
                if change.secondary in status.WRITES - {status.STOPPING} and not runs_now:
                    found.append(self.created_us + change.at_us)
                    runs_now = True
                runs_now = runs_now and change.secondary in status.WRITES
        return found

    def stream(self, instance: int, begin_us: int) -> str:
        """Return the name of a log stream, as in AWS (developer guide, kubernetes-sagemaker-jobs): `job/algo-1-1574293123`."""
        return f"{self.name}/algo-{instance}-{begin_us // SECOND_US}"
