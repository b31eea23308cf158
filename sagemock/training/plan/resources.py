"""Resources: on which instances a job runs, by the ResourceConfig of its request. Only this module reads that."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sagemock.evidence import Assumption

__all__ = ["Instances", "choices", "count", "instances"]


_FIRST: Final = Assumption("that a job runs on the first of its InstancePreferences")


class Instances(NamedTuple):
    """Instances of one type."""

    kind: str
    number: int


def instances(request: Mapping[str, Any]) -> tuple[Instances, ...]:
    """Return the instances that a job uses, by type. Of its InstancePreferences, only the first counts.

    A preference without an InstanceCount has that of ResourceConfig (service model: only one of them may be given).
    """
    return tuple(_named(request, preferences=_FIRST(1)))


def choices(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every type of instance that a job may run on. All of its InstancePreferences count."""
    return tuple(one.kind for one in _named(request, preferences=None))


def count(request: Mapping[str, Any]) -> int:
    """Return how many instances a job has, at least one: a serverless job also has a container."""
    return max(1, sum(one.number for one in instances(request)))


def _named(request: Mapping[str, Any], *, preferences: int | None) -> Iterator[Instances]:
    resources = request.get("ResourceConfig", {})
    several = *resources.get("InstanceGroups", ()), *resources.get("InstancePreferences", ())[:preferences]
    for one in several or (resources,):
        # Without validation, InstanceType or InstanceCount may be missing.
        if "InstanceType" in one or "InstanceCount" in one:
            yield Instances(one.get("InstanceType", ""), one.get("InstanceCount", resources.get("InstanceCount", 1)))
