"""A training job: a frozen record, and its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, get_args

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.interventions import Delete
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.jobs.place import Place
from sagemock.jobs.timeline import Change
from sagemock.training import status, warm_pool
from sagemock.training.fold import fold
from sagemock.training.interventions import Intervention
from sagemock.training.plan import resources
from sagemock.training.plan.defaults import DELETING_S
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import Script
from sagemock.training.timeline import Timeline

__all__ = ["Job"]


@dataclass(frozen=True, slots=True)
class Job:
    """A training job as it was asked for, and all that was done to it since. A change is a new record."""

    kind: ClassVar[Kind] = TRAINING
    statuses: ClassVar[frozenset[str]] = status.PHASES | status.ENDINGS | frozenset(get_args(status.Primary))
    """Every status for which a test can wait."""

    name: str
    place: Place
    request: Mapping[str, Any]
    plan: Plan
    script: Script
    created_us: int
    """Microseconds since the epoch."""
    number: int
    """Counts the jobs of a mock in the order of their creation."""
    interventions: tuple[Intervention, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    retains: int = 0
    """For how many seconds the instances are kept in a warm pool after the end."""
    launched_us: int | None = None
    """When the job was created whose cluster this one took over, through however many warm pools; None: it has its own."""
    timeline: Timeline = field(init=False, repr=False, compare=False)
    """The whole life of the job as it is known now."""

    def __post_init__(self) -> None:
        """Fold once what is asked for at every look: jobs with equal lives share the result."""
        object.__setattr__(self, "timeline", fold(self.script, self.interventions))

    @property
    def arn(self) -> str:
        """TrainingJobArn. The case of the name is kept, as the service does since about November 2022."""
        return self.place.arn(f"{TRAINING.resource}/{self.name}")

    @property
    def planned_stop_us(self) -> int | None:
        """When its plan stops it through the API, in microseconds after its creation; None for never."""
        return self.script.stopped_after_us

    @property
    def last_us(self) -> int:
        """The instant of the last change to the job."""
        return self.created_us + self.timeline.last_us

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

    def is_gone(self, now_us: int) -> bool:
        """Whether its deletion is done at this instant."""
        return bool(self.interventions) and (gone_us := self.gone_us) is not None and gone_us <= now_us

    def after(self, intervention: Intervention) -> "Job":
        """Return the job as it is once `intervention` was made."""
        return replace(self, interventions=(*self.interventions, intervention))

    def tagged(self, tags: tuple[tuple[str, str], ...]) -> "Job":
        """Return the job with these tags instead."""
        return replace(self, tags=tags)

    def state(self, now_us: int) -> Change:
        """Return the last change by `now_us`: the job's statuses and its message."""
        return self.timeline.until(now_us - self.created_us)[-1]

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
