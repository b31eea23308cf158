"""Warm pools: what remains of a job's instances after its end, and which job takes them over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.training.interventions import KeepAlive, Taken
from sagemock.training.plan.resources import instances

if TYPE_CHECKING:
    from sagemock.training.job import Job

__all__ = ["Pool", "PoolStatus", "expiry_us", "pool", "settled_us", "takes"]

PoolStatus: TypeAlias = Literal["InUse", "Available", "Reused", "Terminated"]

_SAME_VOLUME: Final = ("VolumeKmsKeyId", "VolumeSizeInGB")
_CHAIN: Final = Assumption(
    "that the seven days of a chain of warm pools count from the creation of its first job (the guide of 2026 allows 28 days)"
)
CHAIN_S: Final = _CHAIN(7 * 86_400)
"""How long warm pools can pass a cluster from job to job (developer guide of 2023, warm pools)."""
_TERMINATED: Final = Assumption("that a failure of the service leaves a Terminated warm pool")
_FROM_THE_END: Final = Assumption("that a changed KeepAlivePeriodInSeconds counts from the end of the job")
_SAME_FLAGS: Final = ("EnableInterContainerTrafficEncryption", "EnableNetworkIsolation")


@dataclass(frozen=True, slots=True)
class Pool:
    """The warm pool of a job at one instant.

    `retained_s` is how long it was kept, None while it still is. `reused_by` is the name of the job that took it over.
    """

    status: PoolStatus
    retained_s: int | None = None
    reused_by: str | None = None


def pool(job: "Job", now_us: int) -> Pool | None:
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
    expires_us = expiry_us(job, now_us)
    if expires_us is not None and now_us >= expires_us:
        return Pool("Terminated", _seconds(ended_us, expires_us))
    return Pool("Available")


def expiry_us(job: "Job", now_us: int | None = None) -> int | None:
    """Return when the pool expires if no job takes it over, by the updates until `now_us` (None: all); None without a pool."""
    timeline = job.timeline
    if not job.retains or timeline.ended_us is None or not timeline.retained:
        return None
    ended_us = job.created_us + timeline.ended_us
    expires_us = ended_us + job.retains * SECOND_US
    for change in job.interventions:
        at_us = job.created_us + change.at_us
        if isinstance(change, KeepAlive) and (now_us is None or at_us <= now_us):
            # However short the new period is, the pool does not end before the call.
            expires_us = max(at_us, _FROM_THE_END(ended_us) + change.seconds * SECOND_US)
    launched_us = job.created_us if job.launched_us is None else job.launched_us
    return max(ended_us, min(expires_us, launched_us + CHAIN_S * SECOND_US))


def settled_us(job: "Job") -> int:
    """Return the instant after which a job and its warm pool change only through calls."""
    last_us = job.last_us
    if not (job.interventions or job.retains):
        return last_us
    if job.gone_us is not None:
        return job.gone_us
    if any(isinstance(one, Taken) for one in job.interventions):
        return last_us
    return max(last_us, expiry_us(job) or 0)


def takes(job: "Job", request: Mapping[str, Any]) -> bool:
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
