"""A job of any kind: as the store, histories and logs see it, and what the records of all kinds share."""

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
    """Something that was done to a job."""

    @property
    def at_us(self) -> int:
        """When, in microseconds after its creation."""


class AnyJob(Protocol):
    """A job of any kind: a frozen record of what was asked for, and of what was done to it since. A change is a new record."""

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
        """Where it lives."""

    @property
    def arn(self) -> str:
        """Its ARN."""

    @property
    def request(self) -> Mapping[str, Any]:
        """The request that created it."""

    @property
    def plan(self) -> GeneralFields:
        """The plan that it plays."""

    @property
    def created_us(self) -> int:
        """Its creation, in microseconds since the epoch."""

    @property
    def number(self) -> int:
        """Counts the jobs of a mock in the order of their creation."""

    @property
    def interventions(self) -> Sequence[Done]:
        """What was done to it, in order."""

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Its tags."""

    @property
    def timeline(self) -> Timeline:
        """Its whole life as it is known now."""

    @property
    def planned_stop_us(self) -> int | None:
        """When its plan stops it through the API, in microseconds after its creation; None for never."""

    @property
    def last_us(self) -> int:
        """The instant of the last change to it."""

    @property
    def settled_us(self) -> int:
        """The instant after which nothing happens by itself to it and to what remains of it."""

    @property
    def gone_us(self) -> int | None:
        """The instant from which it is deleted, None if nobody deleted it."""

    @property
    def next_step_us(self) -> int | None:
        """The instant at which more of its life becomes known, None if all of it is known that does not depend on others."""

    def may_reach(self, wanted: str) -> bool:
        """Whether it may have a status of which its life, as it is known now, says nothing."""

    def since_us(self, old: "AnyJob", /) -> int | None:
        """Return when this record replaced `old` in the life of the job; None if nothing in it says so."""

    def is_gone(self, now_us: int) -> bool:
        """Whether its deletion is done at this instant."""

    def after(self, intervention: Intervention, /) -> "Self":
        """Return the job as it is once `intervention` was made."""

    def tagged(self, tags: tuple[tuple[str, str], ...], /) -> "Self":
        """Return the job with these tags instead."""

    def state(self, now_us: int) -> Change:
        """Return the last change by `now_us`: its statuses and its message."""

    # -- its logs

    @property
    def has_lines(self) -> bool:
        """Whether its containers write anything by its plan."""

    @property
    def containers(self) -> int:
        """How many containers run at once, each with a log of its own."""

    def runs(self) -> list[int]:
        """Return the instants at which a container starts, as far as is known now; each start is a stream of its own."""

    def stream(self, instance: int, begin_us: int) -> str:
        """Return the name of the log stream of an instance, counted from 1, whose container started at `begin_us`."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it was asked for, and all that was done to it since. A change is a new record."""

    kind: ClassVar[Kind]
    statuses: ClassVar[frozenset[str]]
    """Every status, or phase, for which a test can wait."""

    name: str
    place: Place
    request: Mapping[str, Any]
    plan: Any
    script: Any
    """The plan made concrete for the request."""
    created_us: int
    """Microseconds since the epoch."""
    number: int
    """Counts the jobs of a mock in the order of their creation."""
    interventions: tuple[Any, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    timeline: Any = field(init=False, repr=False, compare=False)
    """The whole life of the job as it is known now."""

    def __post_init__(self) -> None:
        """Fold once what is asked for at every look: jobs with equal lives share the result."""
        object.__setattr__(self, "timeline", self._folded())

    @abstractmethod
    def _folded(self) -> Timeline:
        """Return the whole life."""

    @property
    @abstractmethod
    def gone_us(self) -> int | None:
        """The instant from which the job is deleted, None if nobody deleted it."""

    @property
    def arn(self) -> str:
        """The ARN. The case of the name is kept, as the service does since about November 2022."""
        return self.place.arn(f"{self.kind.resource}/{self.name}")

    @property
    def planned_stop_us(self) -> int | None:
        """When its plan stops it through the API, in microseconds after its creation; None for never."""
        stopped_after_us: int | None = self.script.stopped_after_us
        return stopped_after_us

    @property
    def last_us(self) -> int:
        """The instant of the last change to the job."""
        last_us: int = self.timeline.last_us
        return self.created_us + last_us

    @property
    def next_step_us(self) -> int | None:
        """The instant at which more of its life becomes known, None if all of it is known that does not depend on others."""
        return None

    def may_reach(self, wanted: str) -> bool:  # noqa: ARG002  # one whose life is known has no other status
        """Whether it may have a status of which its life, as it is known now, says nothing."""
        return False

    def since_us(self, old: AnyJob) -> int | None:
        """Return when this record replaced `old` in the life of the job; None if nothing in it says so."""
        has_more = len(self.interventions) > len(old.interventions)
        return self.created_us + self.interventions[-1].at_us if has_more else None

    def is_gone(self, now_us: int) -> bool:
        """Whether its deletion is done at this instant."""
        return bool(self.interventions) and (gone_us := self.gone_us) is not None and gone_us <= now_us

    def after(self, intervention: Done) -> "Self":
        """Return the job as it is once `intervention` was made."""
        return replace(self, interventions=(*self.interventions, intervention))

    def tagged(self, tags: tuple[tuple[str, str], ...]) -> "Self":
        """Return the job with these tags instead."""
        return replace(self, tags=tags)

    def state(self, now_us: int) -> Change:
        """Return the last change by `now_us`: its statuses and its message."""
        last: Change = self.timeline.until(now_us - self.created_us)[-1]
        return last
