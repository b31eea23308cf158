"""The mappings by which a test finds jobs: one for each kind of job. They always show the present instant."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final, TypeVar, cast

from sagemock.checks import nearest, quoted
from sagemock.clock.virtual import Clock
from sagemock.errors import UnknownJob
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.jobs.store import Store
from sagemock.processing import job as processing
from sagemock.training.job import Job
from sagemock.transform import job as transform
from sagemock.tuning import job as tuning
from sagemock.world.by_name import ByName
from sagemock.world.views import AnyView, JobView, ProcessingJobView, TransformJobView, TuningJobView, Verbs, still

__all__ = ["Jobs", "ProcessingJobs", "TransformJobs", "TuningJobs"]

NONE_YET: Final = "there is none yet: let the code under test create it first"
NAMED: Final = 20
"""The greatest number of jobs that an error names."""

_J = TypeVar("_J", bound=AnyJob)
_V = TypeVar("_V", bound=AnyView[Any])


class _JobsOf(ByName[_J, _V]):
    """The jobs of one kind of a mock by name, or by ARN if the same name exists in several regions or accounts.

    Such a name is `in` the mapping, but does not identify one job: `jobs[name]` raises UnknownJob, and `get` returns the default.
    A deleted job stays until its deletion is done.
    """

    _job: ClassVar[type[Any]]
    _shown: ClassVar[type[Any]]
    """The class of the jobs, and the class of their views."""
    _named: ClassVar[str]
    """The plural noun in the repr."""

    def __init__(self, clock: Clock, store: Store, verbs: Verbs | None = None) -> None:
        self._clock = clock
        self._store = store
        self._verbs = verbs

    @property
    def _kind(self) -> Kind:
        kind: Kind = self._job.kind
        return kind

    def find(self, key: str) -> _J:
        """Return a job by name or ARN. Raises UnknownJob if there is no such job, or if several jobs have this name."""
        found = list(self._called(key))
        if not found:
            raise UnknownJob(self._unknown(key))
        if len(found) > 1:
            arns = ", ".join(job.arn for job in found)
            raise UnknownJob(f"several {self._kind.noun}s are called {key!r}; ask for one of the ARNs {arns}")
        return found[0]

    def _called(self, key: object) -> Iterator[_J]:
        if not isinstance(key, str):
            return
        name, now_us = self._name_in(key), self._clock.now_us()
        for region in list(self._store.regions.values()):
            job = region.by_name.get(name)
            if isinstance(job, self._job) and key in (name, job.arn) and not job.is_gone(now_us):
                yield cast("_J", job)

    def _unknown(self, key: object) -> str:
        if not isinstance(key, str):
            mend = f"give its name, {key.name!r}" if isinstance(key, AnyView) else "write jobs['churn-1']"
            return f"jobs are looked up by name or ARN, not by {quoted(key)}: {mend}"
        now_us, jobs = self._clock.now_us(), self._present()
        known = list(dict.fromkeys(job.name for job in jobs))
        ask = f"ask for one of {', '.join(known[:NAMED])}" + (f", or {len(known) - NAMED} more" if len(known) > NAMED else "")
        name = self._name_in(key)
        # A job whose deletion is done may still be stored: only the next call forgets it.
        deleted = (job for job in self._store.jobs() if isinstance(job, self._job) and job.is_gone(now_us))
        if (self._kind, name) in self._store.deleted or any(job.name == name for job in deleted):
            return f"{self._kind.noun} {name!r} was deleted; {ask if known else 'there is none any more'}"
        if not known:
            return f"no {self._kind.noun} {quoted(key)} was created; {self._elsewhere(name) or NONE_YET}"
        near = nearest(key, [*known, *(job.arn for job in jobs)])
        hint = ask if near is None else f"did you mean {near!r}?" + (f" {ask[0].upper()}{ask[1:]}" if len(known) > 1 else "")
        return f"no {self._kind.noun} {quoted(key)} was created; {self._elsewhere(name) or hint}"

    def _elsewhere(self, name: str) -> str:
        """Return a hint if a job of another kind has this name, else an empty text."""
        for job in self._store.jobs(self._clock.now_us()):
            if job.name == name and not isinstance(job, self._job):
                prefix = "" if job.kind == TRAINING else f"{job.kind.name}_"
                return f"{name!r} is a {job.kind.noun}: ask for sagemaker.{prefix}jobs[{name!r}], or use its ARN"
        return ""

    def _name_in(self, key: str) -> str:
        """Return the name in `key`, which is a name or an ARN. Without `validate` a name may contain a slash."""
        return key.partition(f":{self._kind.resource}/")[2] or key

    def _present(self) -> list[_J]:
        return [cast("_J", job) for job in self._store.jobs(self._clock.now_us()) if isinstance(job, self._job)]

    def _view(self, job: _J) -> _V:
        return cast("_V", self._shown(self._clock, job, lambda: self.find(job.arn), self._verbs))

    def __getitem__(self, key: str) -> _V:
        return self._view(self.find(key))

    def __contains__(self, key: object) -> bool:
        return any(True for _ in self._called(key))

    def __reduce__(self) -> tuple[Any, ...]:
        return _still_jobs, (type(self), list(self._store.jobs()), self._clock.now_us())

    def __repr__(self) -> str:
        return f"<{self._named} {', '.join(repr(view) for view in self.all())}>"


class Jobs(_JobsOf[Job, JobView]):
    """The training jobs of a mock by name, or by ARN if the same name exists in several regions or accounts.

    Such a name is `in` the mapping, but does not identify one job: `jobs[name]` raises UnknownJob, and `get` returns the default.
    A deleted job stays until its deletion is done.
    """

    _job = Job
    _shown = JobView
    _named = "jobs"


class ProcessingJobs(_JobsOf[processing.Job, ProcessingJobView]):
    """The processing jobs of a mock by name or ARN, as `Jobs` has its training jobs."""

    _job = processing.Job
    _shown = ProcessingJobView
    _named = "processing jobs"


class TransformJobs(_JobsOf[transform.Job, TransformJobView]):
    """The transform jobs of a mock by name or ARN, as `Jobs` has its training jobs."""

    _job = transform.Job
    _shown = TransformJobView
    _named = "transform jobs"


class TuningJobs(_JobsOf[tuning.Job, TuningJobView]):
    """The tuning jobs of a mock by name or ARN, as `Jobs` has its training jobs."""

    _job = tuning.Job
    _shown = TuningJobView
    _named = "tuning jobs"


def _still_jobs(of: type[Any], jobs: Sequence[AnyJob], now_us: int) -> Any:  # noqa: ANN401  # jobs of that class
    store = Store()
    for job in jobs:
        store.put(job)
    return of(still(now_us), store)
