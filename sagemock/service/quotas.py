"""Account quotas: how many instances of a type may be in use at once, if a test has set a limit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final, Literal, TypeAlias

from botocore.loaders import create_loader

from sagemock.checks import nearest, quoted, text
from sagemock.errors import UsageError
from sagemock.evidence import Assumption
from sagemock.jobs.batch import job as batch
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.jobs.place import Place
from sagemock.jobs.store import Region, Store
from sagemock.protocol.refusal import LIMIT, Refusal
from sagemock.service.recent import Recent
from sagemock.training.job import Job
from sagemock.training.plan.resources import instances
from sagemock.training.snapshot import snapshot
from sagemock.training.warm_pool import pool

__all__ = ["Quotas", "Usage", "checked_instance_type"]

_FROM_CREATION: Final = Assumption("that a warm pool counts against its quota from the creation of its job on")
Usage: TypeAlias = Literal["training job", "spot training job", "training warm pool", "processing job", "transform job"]
"""The use of instances, as in the names of the quotas."""


def checked_instance_type(name: object, kind: Kind = TRAINING) -> str:
    """Return a type of instance. Raises UsageError if the installed botocore does not know it for jobs of this kind."""
    given = text("instance_type", name, "a type of instance", "write quota('ml.p3.2xlarge', instances=2)")
    known = _instance_types(kind)
    if given not in known:
        near = nearest(given, known, least=0)
        raise UsageError(
            f"{kind.noun}s do not run on {quoted(given)}: did you mean {near!r}? A newer botocore may know more instance types"
        )
    return given


@cache
def _instance_types(kind: Kind) -> frozenset[str]:
    # A session or a client would ask for a region, a profile and plugins, so load the model directly. Loading takes a tenth of a
    # second, and a fixture may set quotas for every test, so load it once.
    shapes = create_loader().load_service_model("sagemaker", "service-2")["shapes"]
    return frozenset(shapes[f"{kind.name.title()}InstanceType"]["enum"])


@dataclass
class Quotas:
    """The quotas of the accounts of a mock. A type of instance without a quota has no limit."""

    limits: dict[tuple[str, Usage], int] = field(default_factory=dict)
    _recent: dict[Place, Recent[Job]] = field(default_factory=dict)
    _recent_batch: dict[tuple[Place, Usage], Recent[BatchJob]] = field(default_factory=dict)

    def check(self, store: Store, place: Place, request: Mapping[str, Any], now_us: int, owner: Job | None = None) -> None:
        """Refuse a job that would use more instances than its account may.

        The instances of running jobs count, and those in warm pools (developer guide, warm pools: they count toward the limit of
        training). Only the pool of `owner` does not count, because the job takes it over.
        """
        usage = _usage(request)
        recent = self._recent.setdefault(place, Recent())
        for kind, wanted in instances(request) if self.limits else ():
            limit = self.limits.get((kind, usage))
            if limit is None:
                continue
            used = sum(
                count
                for job in recent.jobs(store.region(place, Job), partial(_uses, now_us=now_us))
                if _usage(job.request) == usage and (job is not owner or not snapshot(job, now_us).over)
                for other, count in instances(job.request)
                if other == kind
            )
            _refuse_beyond(limit, kind, usage, used, wanted)

    def check_batch(self, place: Place, usage: Usage, region: Region[BatchJob], wanted: tuple[str, int], now_us: int) -> None:
        """Refuse a processing or transform job that would use more instances than its account may.

        `region` has the jobs of its kind, `wanted` is the type and the number of its own instances.
        """
        kind, number = wanted
        limit = self.limits.get((kind, usage))
        if limit is not None:
            recent = self._recent_batch.setdefault((place, usage), Recent())
            running = recent.jobs(region, lambda job: not batch.snapshot(job, now_us).over)
            used = sum(job.instances[1] for job in running if job.instances[0] == kind)
            _refuse_beyond(limit, kind, usage, used, number)

    def retained_s(self, pools: Iterable[Job], request: Mapping[str, Any], now_us: int, owner: Job | None = None) -> int:
        """Return for how many seconds a job's instances are retained after its end: 0 if they exceed the quota.

        The service does not report that it retains none (developer guide, warm pools). `pools` are the jobs at the same place
        that have a warm pool. A pool counts from the creation of its job on.
        """
        wanted_s: int = request.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds", 0)
        for kind, count in instances(request) if wanted_s else ():
            limit = self.limits.get((kind, "training warm pool"))
            if limit is None:
                continue
            used = sum(
                other_count
                for job in pools
                if job is not owner and _FROM_CREATION(_keeps(job, now_us))
                for other, other_count in instances(job.request)
                if other == kind
            )
            if used + count > limit:
                return 0
        return wanted_s


def _refuse_beyond(limit: int, kind: str, usage: Usage, used: int, wanted: int) -> None:
    if used + wanted > limit:
        # The whole text was seen with an older ending ("Please contact AWS support to request an increase for this
        # limit."). This ending and the name of the quota for spot were seen separately.
        text = (
            f"The account-level service limit '{kind} for {usage} usage' is {limit} Instances, "
            f"with current utilization of {used} Instances and a request delta of {wanted} Instances. "
            "Please use AWS Service Quotas to request an increase for this quota."
        )
        raise Refusal(LIMIT, text)


def _uses(job: Job, now_us: int) -> bool:
    """Whether a job has instances: it runs, or they are in a warm pool."""
    return not snapshot(job, now_us).over or _keeps(job, now_us)


def _keeps(job: Job, now_us: int) -> bool:
    """Whether the instances of a job are in a warm pool, or will be."""
    found = pool(job, now_us)
    return found is not None and found.status in ("InUse", "Available")


def _usage(request: Mapping[str, Any]) -> Usage:
    return "spot training job" if request.get("EnableManagedSpotTraining") else "training job"
