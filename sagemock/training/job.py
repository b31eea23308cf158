"""A training job: a frozen record, and its timeline."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, get_args

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.jobs.interventions import Delete
from sagemock.jobs.job import JobRecord
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.training import status
from sagemock.training.fold import fold
from sagemock.training.interventions import Intervention, KeepAlive, Taken
from sagemock.training.launch import Launch
from sagemock.training.plan import resources
from sagemock.training.plan.defaults import DELETING_S
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import Script
from sagemock.training.timeline import Timeline

__all__ = ["Job"]

_CHAIN: Final = Assumption(
    "that the seven days of a chain of warm pools count from the creation of its first job (the guide of 2026 allows 28 days)"
)
CHAIN_S: Final = _CHAIN(7 * 86_400)
"""How long warm pools can pass a cluster from job to job (developer guide of 2023, warm pools)."""
_FROM_THE_END: Final = Assumption("that a changed KeepAlivePeriodInSeconds counts from the end of the job")


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
        last_us = self.last_us
        if not (self.interventions or self.retains):
            return last_us
        if self.gone_us is not None:
            return self.gone_us
        if any(isinstance(one, Taken) for one in self.interventions):
            return last_us
        return max(last_us, self.pool_ends_us() or 0)

    @property
    def gone_us(self) -> int | None:
        """The instant at which the deletion ends, None if nobody deleted the job."""
        for one in self.interventions:
            if isinstance(one, Delete):
                return self.created_us + one.at_us + round(DELETING_S * SECOND_US)
        return None

    def pool_ends_us(self, now_us: int | None = None) -> int | None:
        """Return when its warm pool ends if no job takes it, by the updates until `now_us` (None: all); None without a pool."""
        timeline = self.timeline
        if not self.retains or timeline.ended_us is None or not timeline.retained:
            return None
        ended_us = self.created_us + timeline.ended_us
        ends_us = ended_us + self.retains * SECOND_US
        for change in self.interventions:
            at_us = self.created_us + change.at_us
            if isinstance(change, KeepAlive) and (now_us is None or at_us <= now_us):
                # However short the new period is, the pool does not end before the call.
                ends_us = max(at_us, _FROM_THE_END(ended_us) + change.seconds * SECOND_US)
        launched_us = self.created_us if self.launched_us is None else self.launched_us
        return max(ended_us, min(ends_us, launched_us + CHAIN_S * SECOND_US))

    def may_reach(self, wanted: str) -> bool:
        """Whether a step of its tuning job that is still to come may bring it to a status: such a step may only stop it."""
        return self.launch is not None and wanted in ("Stopping", "Stopped")

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
