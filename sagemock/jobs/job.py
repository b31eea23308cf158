"""A job of any kind: the protocol that the store, histories and logs use, and the base class of the records of all kinds."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.interventions import Intervention
from sagemock.jobs.kinds import Kind
from sagemock.jobs.place import Place
from sagemock.jobs.timeline import Change, Timeline

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AnyJob", "Done", "JobRecord"]


class Done(Protocol):
    """An intervention in a job."""

    @property
    def at_us(self) -> int:
        """Its instant, in microseconds after the creation of the job."""


class AnyJob(Protocol):
    """A job of any kind: a frozen record of its request, its plan and the interventions in it. A change is a new record."""

    @property
    def kind(self) -> Kind:
        """Its kind."""

    @property
    def statuses(self) -> frozenset[str]:
        """Every status, or phase, for which a test can wait."""

    @property
    def name(self) -> str:
        """Its name, unique among the jobs of its kind at its place."""

    @property
    def place(self) -> Place:
        """Its partition, region and account."""

    @property
    def arn(self) -> str:
        """Its ARN."""

    @property
    def request(self) -> Mapping[str, Any]:
        """The request that created it."""

    @property
    def plan(self) -> GeneralFields:
        """The plan that it follows."""

    @property
    def created_us(self) -> int:
        """Its creation, in microseconds since the epoch."""

    @property
    def number(self) -> int:
        """Its number among the jobs of a mock, in the order of creation."""

    @property
    def interventions(self) -> Sequence[Done]:
        """The interventions in it, in order."""

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Its tags."""

    @property
    def timeline(self) -> Timeline:
        """Its whole life, as long as nobody interferes again."""

    @property
    def planned_stop_us(self) -> int | None:
        """When its plan stops it through the API, in microseconds after its creation; None: never."""

    @property
    def last_us(self) -> int:
        """The instant of the last change in its timeline."""

    @property
    def settled_us(self) -> int:
        """The instant after which the job and its warm pool change only through calls."""

    @property
    def gone_us(self) -> int | None:
        """The instant at which its deletion ends, None if nobody deleted it."""

    @property
    def next_step_us(self) -> int | None:
        """The instant of its next step that creates or stops another job, None if none is due."""

    def may_reach(self, wanted: str) -> bool:
        """Whether it may reach a status that its present timeline does not have, by steps that are still to come."""

    def since_us(self, old: "AnyJob", /) -> int | None:
        """Return the instant of the change that made this record replace `old`, None if the change has no instant of its own."""

    def is_gone(self, now_us: int) -> bool:
        """Whether its deletion has ended by `now_us`."""

    def after(self, intervention: Intervention, /) -> "Self":
        """Return a copy of the job with one more intervention."""

    def tagged(self, tags: tuple[tuple[str, str], ...], /) -> "Self":
        """Return a copy of the job with these tags."""

    def state(self, now_us: int) -> Change:
        """Return the last change by `now_us`: its statuses and its message."""

    # -- its logs

    @property
    def has_lines(self) -> bool:
        """Whether the plan gives its containers lines to write."""

    @property
    def containers(self) -> int:
        """How many containers run at once, each with its own log stream."""

    def runs(self) -> list[int]:
        """Return the instants at which the containers start, by the present timeline. Each start opens new log streams."""

    def stream(self, instance: int, begin_us: int) -> str:
        """Return the name of the log stream of an instance, counted from 1, whose container started at `begin_us`."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The base class of the records of all kinds of job. A change is a new record."""

    kind: ClassVar[Kind]
    statuses: ClassVar[frozenset[str]]
    """Every status, or phase, for which a test can wait."""

    name: str
    place: Place
    request: Mapping[str, Any]
    plan: Any
    script: Any
    """The script of the plan for the request."""
    created_us: int
    """Microseconds since the epoch."""
    number: int
    """Its number among the jobs of a mock, in the order of creation."""
    interventions: tuple[Any, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    timeline: Any = field(init=False, repr=False, compare=False)
    """The whole life of the job, as long as nobody interferes again."""

    def __post_init__(self) -> None:
        """Compute the timeline once for all reads; jobs with equal lives share it."""
        object.__setattr__(self, "timeline", self._folded())

    @abstractmethod
    def _folded(self) -> Timeline:
        """Return the timeline."""

    @property
    @abstractmethod
    def gone_us(self) -> int | None:
        """The instant at which the deletion ends, None if nobody deleted the job."""

    @property
    def arn(self) -> str:
        """The ARN. It keeps the case of the name, as in the service since about November 2022."""
        return self.place.arn(f"{self.kind.resource}/{self.name}")

    @property
    def planned_stop_us(self) -> int | None:
        """When its plan stops it through the API, in microseconds after its creation; None: never."""
        stopped_after_us: int | None = self.script.stopped_after_us
        return stopped_after_us

    @property
    def last_us(self) -> int:
        """The instant of the last change in the timeline."""
        last_us: int = self.timeline.last_us
        return self.created_us + last_us

    @property
    def next_step_us(self) -> int | None:
        """The instant of its next step that creates or stops another job, None if none is due."""
        return None

    def may_reach(self, wanted: str) -> bool:  # noqa: ARG002  # tuning jobs use it
        """Whether it may reach a status that its present timeline does not have, by steps that are still to come."""
        return False

    def since_us(self, old: AnyJob) -> int | None:
        """Return the instant of the change that made this record replace `old`, None if the change has no instant of its own."""
        has_more = len(self.interventions) > len(old.interventions)
        return self.created_us + self.interventions[-1].at_us if has_more else None

    def is_gone(self, now_us: int) -> bool:
        """Whether its deletion has ended by `now_us`."""
        return bool(self.interventions) and (gone_us := self.gone_us) is not None and gone_us <= now_us

    def after(self, intervention: Done) -> "Self":
        """Return a copy of the job with one more intervention."""
        return replace(self, interventions=(*self.interventions, intervention))

    def tagged(self, tags: tuple[tuple[str, str], ...]) -> "Self":
        """Return a copy of the job with these tags."""
        return replace(self, tags=tags)

    def state(self, now_us: int) -> Change:
        """Return the last change by `now_us`: its statuses and its message."""
        last: Change = self.timeline.until(now_us - self.created_us)[-1]
        return last
