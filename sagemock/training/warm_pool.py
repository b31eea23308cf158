"""Warm pools: what remains of a job's instances after its end, and which job takes them over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.training.interventions import Taken
from sagemock.training.job import Job
from sagemock.training.plan.resources import instances

__all__ = ["Pool", "PoolStatus", "pool", "takes"]

PoolStatus: TypeAlias = Literal["InUse", "Available", "Reused", "Terminated"]

_SAME_VOLUME: Final = ("VolumeKmsKeyId", "VolumeSizeInGB")
_TERMINATED: Final = Assumption("that a failure of the service leaves a Terminated warm pool")
_SAME_FLAGS: Final = ("EnableInterContainerTrafficEncryption", "EnableNetworkIsolation")


@dataclass(frozen=True, slots=True)
class Pool:
    """The warm pool of a job at one instant.

    `retained_s` is how long it was kept, None while it still is. `reused_by` is the name of the job that took it over.
    """

    status: PoolStatus
    retained_s: int | None = None
    reused_by: str | None = None


def pool(job: Job, now_us: int) -> Pool | None:
    """Return the warm pool of a job at `now_us`, None if the job has none.

    A pool remains if the job completed, was stopped after its cluster was launched, or failed by its own fault (developer guide,
    "Train using SageMaker managed warm pools").
    """
    if not job.retains:
        return None
    timeline = job.timeline
    if timeline.ended_us is None or job.created_us + timeline.ended_us > now_us:
        return Pool("InUse")
    ended_us = job.created_us + timeline.ended_us
    if not timeline.retained:
        return _TERMINATED(Pool("Terminated", 0))
    for taken in job.interventions:
        if isinstance(taken, Taken) and job.created_us + taken.at_us <= now_us:
            return Pool("Reused", _seconds(ended_us, job.created_us + taken.at_us), taken.by)
    expires_us = job.pool_ends_us(now_us)
    if expires_us is not None and now_us >= expires_us:
        return Pool("Terminated", _seconds(ended_us, expires_us))
    return Pool("Available")


def takes(job: Job, request: Mapping[str, Any]) -> bool:
    """Whether a job that is created by `request` can run on the instances of `job` (developer guide, warm pools)."""
    resources, wanted = job.request.get("ResourceConfig", {}), request.get("ResourceConfig", {})
    return (
        job.request["RoleArn"] == request["RoleArn"]
        and instances(job.request) == instances(request)
        # An empty key counts as no key.
        and all((resources.get(name) or None) == (wanted.get(name) or None) for name in _SAME_VOLUME)
        and job.request.get("VpcConfig") == request.get("VpcConfig")
        and all(bool(job.request.get(name)) == bool(request.get(name)) for name in _SAME_FLAGS)
    )


def _seconds(begin_us: int, end_us: int) -> int:
    return end_us // SECOND_US - begin_us // SECOND_US
