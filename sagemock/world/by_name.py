"""A mapping of jobs by name. What it lists is of one moment: jobs may come and go while a test walks through it."""

from abc import abstractmethod
from collections import Counter
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any, Generic, Protocol, TypeVar

from sagemock.checks import Suggesting

__all__ = ["ByName"]


class _Named(Protocol):
    """A job, or what is known of one."""

    @property
    def name(self) -> str: ...

    @property
    def arn(self) -> str: ...


_J = TypeVar("_J", bound=_Named)
_V = TypeVar("_V")


class ByName(Suggesting, Mapping[str, _V], Generic[_J, _V]):
    """The jobs of one kind by name, or by ARN if the same name exists in several regions or accounts."""

    @abstractmethod
    def _present(self) -> list[_J]:
        """Return the jobs in the order of creation."""

    @abstractmethod
    def _view(self, job: _J) -> _V:
        """Return the view of a job."""

    def _pairs(self) -> list[tuple[str, _V]]:
        jobs = self._present()
        return [(key, self._view(job)) for key, job in zip(_keys(jobs), jobs, strict=True)]

    def __iter__(self) -> Iterator[str]:
        return iter(_keys(self._present()))

    def __len__(self) -> int:
        return len(self._present())

    def values(self) -> ValuesView[_V]:
        """Return the views of all jobs, also of those that share a name."""
        return _Values(self)

    def items(self) -> ItemsView[str, _V]:
        """Return the views of all jobs, each with the key that finds it."""
        return _Items(self)

    def all(self) -> list[_V]:
        """Return every job in the order of creation, including jobs that share a name."""
        return [self._view(job) for job in self._present()]


class _Values(ValuesView[_V]):
    _mapping: ByName[Any, _V]

    def __iter__(self) -> Iterator[_V]:
        return iter(self._mapping.all())


class _Items(ItemsView[str, _V]):
    _mapping: ByName[Any, _V]

    def __iter__(self) -> Iterator[tuple[str, _V]]:
        return iter(self._mapping._pairs())  # noqa: SLF001  # its own class


def _keys(jobs: list[_J]) -> list[str]:
    named = Counter(job.name for job in jobs)
    return [job.name if named[job.name] == 1 else job.arn for job in jobs]
