"""A processing job: a frozen record, and how its life goes when a plan does not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Final

from sagemock.evidence import Assumption
from sagemock.jobs.batch.fields import STARTING, STOPPING
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.batch.script import Lengths, Script, script
from sagemock.jobs.kinds import PROCESSING, Kind
from sagemock.processing.plan import MESSAGE_MAX, RUNNING, ProcessingJobPlan

__all__ = ["DEFAULT_MAX_RUNTIME_S", "STOPPED", "Job", "concrete", "instances"]

DEFAULT_MAX_RUNTIME_S: Final = 86_400
"""MaxRuntimeInSeconds when the request has none (shown by four records of 2024)."""
STOPPED: Final = Assumption(
    "that a processing job is Stopping for 10 s, and has a ProcessingEndTime when it is Stopped",
    since="2026-11-26",
    knob="ProcessingJobPlan.completes(stopping=…)",
)
_SAME_EVERYWHERE: Final = Assumption(
    "that a processing job takes as long on every kind of instance as the one that was recorded, on ml.m5.xlarge",
    since="2026-11-26",
    knob="ProcessingJobPlan.completes(starting=…, processing=…)",
)
LENGTHS: Final = _SAME_EVERYWHERE(
    Lengths(
        # Record P4 of 2021: 229.075 s and 18.487 s; its LastModifiedTime is 0.010 s after the end.
        starting=229.075,
        running=18.487,
        settled=0.01,
        # Record P1 of 2024: an image that cannot be pulled.
        failed_start=101.49,
        stopping=STOPPED(10.0),
        # Record P3 of 2024; record P2 has 1.631 s.
        registered=0.413,
    )
)
_FIRST_PREFERENCE: Final = Assumption(
    "that a processing job runs on the first of its InstancePreferences, and does not show which one it got", since="2026-11-26"
)
_LIMIT: Final = Assumption(
    "that MaxRuntimeInSeconds of a processing job counts from ProcessingStartTime, that the job is Stopping and then Stopped "
    "when it is over, and that it has no FailureReason then",
    since="2026-11-26",
    knob="ProcessingJobPlan.completes(…).but(limit_lag=…) says how late, ProcessingJobPlan.fails(…) plays another end",
)


@dataclass(frozen=True, slots=True)
class Job(BatchJob):
    """A processing job as it was asked for, and all that was done to it since."""

    kind: ClassVar[Kind] = PROCESSING
    statuses: ClassVar[frozenset[str]] = frozenset({"InProgress", "Completed", "Failed", STOPPING, "Stopped", STARTING, RUNNING})

    @property
    def instances(self) -> tuple[str, int]:
        """The type of its instances, and their number."""
        return instances(self.request)


def instances(request: Mapping[str, Any]) -> tuple[str, int]:
    """Return the type of the instances that a request asks for, and their number: of its InstancePreferences the first."""
    cluster = request.get("ProcessingResources", {}).get("ClusterConfig", {})
    preferences = cluster.get("InstancePreferences", ())
    first = _FIRST_PREFERENCE(preferences[0] if preferences else cluster)
    return first.get("InstanceType", ""), first.get("InstanceCount", cluster.get("InstanceCount", 1))


def concrete(plan: ProcessingJobPlan, request: Mapping[str, Any], rng: Random) -> Script:
    """Return a plan made concrete for a request; `rng` draws from its ranges. Raises PlanError if it does not fit."""
    limit_s = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)
    message = None if plan.exit_message is None else plan.exit_message.encode()[:MESSAGE_MAX].decode(errors="ignore")
    return script(plan, request, rng, LENGTHS, max_runtime_s=_LIMIT(limit_s), exit_message=message)
