"""The jobs at a place that still count for something, found in a time that does not grow with the jobs of the past."""

from collections.abc import Callable
from typing import Generic, TypeVar

from sagemock.jobs.job import AnyJob
from sagemock.jobs.store import Region

__all__ = ["Recent"]


_J = TypeVar("_J", bound=AnyJob)


class Recent(Generic[_J]):
    """The jobs of a region that count for something: a job that has ceased to count never counts again.

    Hold the store's lock.
    """

    def __init__(self) -> None:
        self._last = 0
        """The number of the newest job at the last call of `jobs`."""
        self._names: dict[int, str] = {}

    def jobs(self, region: Region[_J], counts: Callable[[_J], bool]) -> list[_J]:
        """Return the jobs for which `counts` is true, oldest first."""
        new: list[_J] = []
        # The newest jobs are at the end: a new record keeps the job's place in the dict, and a name used again comes last.
        for job in reversed(region.by_name.values()):
            if job.number <= self._last:
                break
            new.append(job)
        if new:
            self._last = new[0].number
            self._names.update((job.number, job.name) for job in reversed(new))
        found = []
        for number, name in list(self._names.items()):
            known = region.by_name.get(name)
            if known is not None and known.number == number and counts(known):
                found.append(known)
            else:
                del self._names[number]
        return found
