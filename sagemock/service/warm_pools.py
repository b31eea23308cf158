"""Warm pools: what the service shows of them, and how a new job takes one over."""

from collections.abc import Mapping
from typing import Any, Final

from sagemock.evidence import Assumption
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.training.interventions import Taken
from sagemock.training.job import Job
from sagemock.training.warm_pool import Pool, pool, takes

__all__ = ["Pools", "take", "warm_pool_status"]

_OLDEST: Final = Assumption("that a job takes over the oldest of several warm pools that fit")


def warm_pool_status(found: Pool) -> dict[str, Any]:
    """Return WarmPoolStatus."""
    status: dict[str, Any] = {"Status": found.status}
    if found.retained_s is not None:
        status["ResourceRetainedBillableTimeInSeconds"] = found.retained_s
    if found.reused_by is not None:
        status["ReusedByJob"] = found.reused_by
    return status


class Pools:
    """The jobs of a mock that have a warm pool, by place, oldest first; a new job searches only these for instances."""

    def __init__(self) -> None:
        self._names: dict[Place, dict[int, str]] = {}

    def add(self, place: Place, number: int, name: str) -> None:
        """Add a job that is about to be created with a warm pool."""
        self._names.setdefault(place, {})[number] = name

    def jobs(self, store: Store, place: Place) -> list[Job]:
        """Return the jobs with a warm pool at a place, without deleted ones."""
        names = self._names.get(place)
        if names is None:
            return []
        by_name = store.region(place, Job).by_name
        for number, name in list(names.items()):
            job = by_name.get(name)
            if job is None or job.number != number:
                del names[number]
        return [by_name[name] for name in names.values()]

    def available(self, store: Store, place: Place, request: Mapping[str, Any], now_us: int) -> Job | None:
        """Return the oldest job whose warm pool the new job can take over, or None."""
        for job in self.jobs(store, place):
            found = pool(job, now_us)
            if found is None or found.status in ("Reused", "Terminated"):
                # No job can take it over any more.
                del self._names[place][job.number]
            elif found.status == "Available" and takes(job, request):
                return _OLDEST(job)
        return None


def take(store: Store, owner: Job, name: str, now_us: int) -> None:
    """Record that the job `name` takes over the warm pool of `owner`."""
    store.put(owner.after(Taken(now_us - owner.created_us, name)))
