"""A processing job: its frozen record, and its default durations."""

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
"""MaxRuntimeInSeconds if the request has none (four records of 2024 show it)."""
STOPPED: Final = Assumption(
    "that a processing job is Stopping for 10 s, and has a ProcessingEndTime when it is Stopped",
    since="2026-11-26",
    knob="ProcessingJobPlan.completes(stopping=…)",
)
_SAME_EVERYWHERE: Final = Assumption(
    "that a processing job takes as long on every kind of instance as the recorded one on ml.m5.xlarge",
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
        failed_settled=0.42,
        stopping=STOPPED(10.0),
        # Record P3 of 2024; record P2 has 1.631 s.
        registered=0.413,
    )
)
_FIRST_PREFERENCE: Final = Assumption(
    "that a processing job runs on the first of its InstancePreferences, and does not show which one that is", since="2026-11-26"
)
_LIMIT: Final = Assumption(
    "that MaxRuntimeInSeconds of a processing job counts from ProcessingStartTime, and that at the limit the job is Stopping and "
    "then Stopped, without a FailureReason",
    since="2026-11-26",
    knob="ProcessingJobPlan.completes(…).but(limit_lag=…) says how late, ProcessingJobPlan.fails(…) plans another end",
)


@dataclass(frozen=True, slots=True)
class Job(BatchJob):
    """A processing job: its request, its plan and the interventions in it."""

    kind: ClassVar[Kind] = PROCESSING
    statuses: ClassVar[frozenset[str]] = frozenset({"InProgress", "Completed", "Failed", STOPPING, "Stopped", STARTING, RUNNING})

    @property
    def instances(self) -> tuple[str, int]:
        """The type and the number of its instances."""
        return instances(self.request)


def instances(request: Mapping[str, Any]) -> tuple[str, int]:
    """Return the type and the number of the instances in a request. Of InstancePreferences, only the first counts."""
    cluster = request.get("ProcessingResources", {}).get("ClusterConfig", {})
    preferences = cluster.get("InstancePreferences", ())
    first = _FIRST_PREFERENCE(preferences[0] if preferences else cluster)
    return first.get("InstanceType", ""), first.get("InstanceCount", cluster.get("InstanceCount", 1))


def concrete(plan: ProcessingJobPlan, request: Mapping[str, Any], rng: Random) -> Script:
    """Return the script of a plan for a request; `rng` draws from its ranges. Raises PlanError if they do not fit."""
    limit_s = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)
    message = None if plan.exit_message is None else plan.exit_message.encode()[:MESSAGE_MAX].decode(errors="ignore")
    return script(plan, request, rng, LENGTHS, max_runtime_s=_LIMIT(limit_s), exit_message=message)
