"""The state of SageMaker within one mock, which its operations read and change."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.protocol.answer import dump
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import INVALID, Refusal
from sagemock.service import describe
from sagemock.service.quotas import Quotas
from sagemock.service.warm_pools import Pools
from sagemock.training.job import Job
from sagemock.training.launch import Launching
from sagemock.training.snapshot import snapshot

__all__ = ["Operation", "PlanFor", "Service"]

_ENCODED_MAX: Final = 1024
"""How many encoded descriptions are cached: a job is encoded once for each change, and memory stays bounded."""


class _Encoded(NamedTuple):
    """The encoded description of a job between two instants."""

    job: Job
    from_us: int
    until_us: float
    text: str


_P = TypeVar("_P", bound=GeneralFields)


class PlanFor(Protocol):
    """A function that returns the plan of a new job."""

    def __call__(self, request: Mapping[str, Any], otherwise: _P, /) -> _P:
        """Return the plan for a request, or `otherwise` if the test has planned nothing for it."""


@dataclass
class Service:
    """SageMaker within one mock: its jobs, and how a job gets its plan."""

    store: Store
    plan_for: PlanFor
    seed: int = 0
    validate: bool = True
    """Whether `service.rules` is enforced, in addition to the constraints of single values."""
    check_data: Callable[[Place, Mapping[str, Any]], None] | None = None
    """Refuses a job whose input does not exist in S3. None: not checked."""
    check_model: Callable[[Place, str], None] | None = None
    """Refuses a model that does not exist. None: not checked."""
    quotas: Quotas = field(default_factory=Quotas)
    back_us: int = 0
    """How long before the present instant a new job is created."""
    launching: Launching | None = None
    """How a tuning job launches the training job that is being created; None if no tuning job launches it."""
    pools: Pools = field(default_factory=Pools)
    launches: Callable[[], object] = lambda: None
    """A function that is called before a tuning job is created, to start the launcher of children."""
    api: Api = field(init=False)
    """The service model of the client that created the last job. Not set before the first job."""

    def __post_init__(self) -> None:
        """Begin with an empty cache."""
        self._encoded: dict[tuple[int, Api], _Encoded] = {}

    def find(self, place: Place, name: str) -> Job:
        """Return a job, or refuse as the service does (boto/boto3#2808: ValidationException, not ResourceNotFound)."""
        job = self.store.region(place, Job).by_name.get(name)
        if job is None:
            raise Refusal(INVALID, "Requested resource not found.")
        return job

    def encoded(self, api: Api, job: Job, now_us: int) -> str:
        """Return the part of a job's description that stays the same until its next change, as JSON."""
        key = (job.number, api)
        found = self._encoded.get(key)
        if found is not None and found.job is job and found.from_us <= now_us < found.until_us:
            return found.text
        if len(self._encoded) >= _ENCODED_MAX:
            del self._encoded[next(iter(self._encoded))]
        text = dump({**describe.constant_members(api, job), **describe.members_by_change(api, job, snapshot(job, now_us))})
        ahead = job.timeline.after(now_us - job.created_us)
        until_us = job.created_us + ahead[0].at_us if ahead else math.inf
        self._encoded[key] = _Encoded(job, now_us, until_us, text)
        return text


Operation: TypeAlias = Callable[[Service, Api, Place, Mapping[str, Any], int], str]
"""A function that takes a valid request and an instant (microseconds since the epoch), and returns the response as JSON or raises
Refusal."""
