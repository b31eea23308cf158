"""Account quotas: how many instances of a kind may be in use at once, where a test has said so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

from botocore.loaders import create_loader

from sagemock.checks import nearest, shown, text
from sagemock.errors import UsageError
from sagemock.protocol.refusal import Refusal
from sagemock.training.job import Job, Place
from sagemock.training.plan.resources import instances
from sagemock.training.snapshot import snapshot
from sagemock.training.store import Store
from sagemock.training.warm_pool import pool

__all__ = ["Quotas", "Usage", "checked_instance_type"]

Usage: TypeAlias = Literal["training job", "spot training job", "training warm pool"]
"""What instances are used for, as the names of the quotas have it."""


def checked_instance_type(name: object) -> str:
    """Return a type of instance. Raises UsageError if a training job cannot have it, by the botocore that is installed."""
    kind = text("instance_type", name, "a type of instance", "write quota('ml.p3.2xlarge', instances=2)")
    known = _instance_types()
    if kind not in known:
        near = nearest(kind, known, least=0)
        raise UsageError(
            f"no training job runs on {shown(kind)}: did you mean {near!r}? A newer botocore may know more types of instances"
        )
    return kind


@cache
def _instance_types() -> frozenset[str]:
    # Not by way of a session or a client: those would ask for a region, a profile and plugins. Read once: it takes a tenth of a
    # second, and quotas stand in fixtures of every test.
    shapes = create_loader().load_service_model("sagemaker", "service-2")["shapes"]
    return frozenset(shapes["TrainingInstanceType"]["enum"])


@dataclass
class Quotas:
    """The quotas of the accounts of a mock; a kind of instance without one is not limited."""

    limits: dict[tuple[str, Usage], int] = field(default_factory=dict)

    def check(self, store: Store, place: Place, request: Mapping[str, Any], now_us: int, owner: Job | None = None) -> None:
        """Refuse a job that would use more instances than its account may.

        Counted are those of the jobs that run, and those in warm pools but the one of `owner`, which the job takes over
        (developer guide, warm pools: they count toward the limit of training).
        """
        usage = _usage(request)
        for kind, wanted in instances(request) if self.limits else ():
            limit = self.limits.get((kind, usage))
            if limit is None:
                continue
            used = sum(
                count
                for job in store.region(place).by_name.values()
                if _usage(job.request) == usage and (not snapshot(job, now_us).over or (job is not owner and _keeps(job, now_us)))
                for other, count in instances(job.request)
                if other == kind
            )
            if used + wanted > limit:
                # Seen whole with an older ending ("Please contact AWS support to request an increase for this limit."); this
                # ending and the name of the quota for spot were seen apart.
                text = (
                    f"The account-level service limit '{kind} for {usage} usage' is {limit} Instances, "
                    f"with current utilization of {used} Instances and a request delta of {wanted} Instances. "
                    "Please use AWS Service Quotas to request an increase for this quota."
                )
                code = "ResourceLimitExceeded"
                raise Refusal(code, text)

    def retained_s(self, store: Store, place: Place, request: Mapping[str, Any], now_us: int, owner: Job | None = None) -> int:
        """Return for how long a job's instances are retained at its end: not at all if there are too many for the quota.

        The service says nothing of it then (developer guide, warm pools). That a pool counts from the creation of its job on is
        assumed.
        """
        asked: int = request.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds", 0)
        for kind, count in instances(request) if asked else ():
            limit = self.limits.get((kind, "training warm pool"))
            if limit is None:
                continue
            used = sum(
                other_count
                for job in store.region(place).pools()
                if job is not owner and _keeps(job, now_us)
                for other, other_count in instances(job.request)
                if other == kind
            )
            if used + count > limit:
                return 0
        return asked


def _keeps(job: Job, now_us: int) -> bool:
    """Whether the instances of a job are in a warm pool, or will be."""
    found = pool(job, now_us)
    return found is not None and found.status in ("InUse", "Available")


def _usage(request: Mapping[str, Any]) -> Usage:
    return "spot training job" if request.get("EnableManagedSpotTraining") else "training job"
