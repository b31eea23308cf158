"""A training job: a frozen record, and its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sagemock.clock.instants import SECOND_US
from sagemock.training.fold import fold
from sagemock.training.interventions import Delete, Intervention
from sagemock.training.plan.defaults import DELETING_S
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import Script
from sagemock.training.timeline import Change, Timeline

__all__ = ["Job", "Place"]


class Place(NamedTuple):
    """Where a job lives: worlds with different places know nothing of each other."""

    partition: str
    region: str
    account: str

    def arn(self, resource: str) -> str:
        """Return the ARN of a SageMaker resource there."""
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Job:
    """A training job as it was asked for, and all that was done to it since. A change is a new record."""

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
        return self.place.arn(f"training-job/{self.name}")

    @property
    def last_us(self) -> int:
        """The instant of the last change to the job."""
        return self.created_us + self.timeline.last_us

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

    def state(self, now_us: int) -> Change:
        """Return the last change by `now_us`: the job's statuses and its message."""
        return self.timeline.until(now_us - self.created_us)[-1]
