"""Account quotas: how many instances of a kind may be in use at once, where a test has said so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sagemock.aws.refusal import Refusal
from sagemock.jobs.job import Place, view
from sagemock.jobs.store import Store

__all__ = ["Quotas", "Usage"]

Usage: TypeAlias = Literal["training job", "spot training job", "training warm pool"]
"""What instances are used for, as the names of the quotas have it."""


@dataclass
class Quotas:
    """The quotas of the accounts of a mock; a kind of instance without one is not limited."""

    limits: dict[tuple[str, Usage], int] = field(default_factory=dict)

    def check(self, store: Store, place: Place, request: Mapping[str, Any], now_us: int) -> None:
        """Refuse a job that would use more instances than its account may, counted over the jobs that run."""
        usage = _usage(request)
        for kind, wanted in _instances(request):
            limit = self.limits.get((kind, usage))
            if limit is None:
                continue
            used = sum(
                count
                for job in store.region(place).by_name.values()
                if not view(job, now_us).over and _usage(job.request) == usage
                for other, count in _instances(job.request)
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

    def retained_s(self, request: Mapping[str, Any]) -> int:
        """Return for how long a job's instances are retained at its end: not at all if their number is above the quota.

        The service says nothing of it then (developer guide, warm pools).
        """
        asked: int = request.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds", 0)
        fits = all(count <= self.limits.get((kind, "training warm pool"), count) for kind, count in _instances(request))
        return asked if fits else 0


def _usage(request: Mapping[str, Any]) -> Usage:
    return "spot training job" if request.get("EnableManagedSpotTraining") else "training job"


def _instances(request: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    resources = request.get("ResourceConfig", {})
    for one in (resources, *resources.get("InstanceGroups", ())):
        if "InstanceType" in one:
            yield one["InstanceType"], one.get("InstanceCount", 1)
