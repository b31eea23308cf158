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
    """A training job as it was asked for, and all that was done to it since. A change is a new record."""

    kind: ClassVar[Kind] = TRAINING
    statuses: ClassVar[frozenset[str]] = status.PHASES | status.ENDINGS | frozenset(get_args(status.Primary))

    plan: Plan
    script: Script
    interventions: tuple[Intervention, ...] = ()
    retains: int = 0
    """For how many seconds the instances are kept in a warm pool after the end."""
    launched_us: int | None = None
    """When the job was created whose cluster this one took over, through however many warm pools; None: it has its own."""
    launch: Launch | None = None
    """What a tuning job has given to it, if one has launched it."""
    timeline: Timeline = field(init=False, repr=False, compare=False)

    def _folded(self) -> Timeline:
        return fold(self.script, self.interventions)

    @property
    def settled_us(self) -> int:
        """The instant after which nothing happens by itself to the job and to its warm pool."""
        return warm_pool.settled_us(self)

    @property
    def gone_us(self) -> int | None:
        """The instant from which the job is deleted, None if nobody deleted it."""
        for one in self.interventions:
            if isinstance(one, Delete):
                return self.created_us + one.at_us + round(DELETING_S * SECOND_US)
        return None

    # -- its logs

    @property
    def has_lines(self) -> bool:
        """Whether its containers write anything by its plan."""
        return self.script.has_lines

    @property
    def containers(self) -> int:
        """How many containers run at once, each with a log of its own."""
        return resources.count(self.request)

    def runs(self) -> list[int]:
        """Return the instants at which a container starts, as far as is known now; each start is a stream of its own."""
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
        """Return the name of a log stream, as AWS's own (developer guide, kubernetes-sagemaker-jobs): `job/algo-1-1574293123`."""
        return f"{self.name}/algo-{instance}-{begin_us // SECOND_US}"
