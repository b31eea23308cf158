"""Warm pools: what the service shows of them, and how a new job takes one over."""

from collections.abc import Mapping
from typing import Any, Final

from sagemock.evidence import Assumption
from sagemock.training.interventions import Taken
from sagemock.training.job import Job, Place
from sagemock.training.store import Store
from sagemock.training.warm_pool import Pool, pool, takes

__all__ = ["available", "take", "warm_pool_status"]

_OLDEST: Final = Assumption("that a job takes over the oldest of several warm pools that fit")


def warm_pool_status(found: Pool) -> dict[str, Any]:
    """Return WarmPoolStatus."""
    status: dict[str, Any] = {"Status": found.status}
    if found.retained_s is not None:
        status["ResourceRetainedBillableTimeInSeconds"] = found.retained_s
    if found.reused_by is not None:
        status["ReusedByJob"] = found.reused_by
    return status


def available(store: Store, place: Place, request: Mapping[str, Any], now_us: int) -> Job | None:
    """Return the job whose warm pool a new job takes over, or None. Of several, it is the oldest."""
    region = store.region(place)
    for job in region.pools():
        found = pool(job, now_us)
        if found is None or found.status in ("Reused", "Terminated"):
            region.without_pool(job)
        elif found.status == "Available" and takes(job, request):
            return _OLDEST(job)
    return None


def take(store: Store, owner: Job, name: str, now_us: int) -> None:
    """Let the job `name` take over the warm pool of `owner`."""
    store.put(owner.after(Taken(now_us - owner.created_us, name)))
