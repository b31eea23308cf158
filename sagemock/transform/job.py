"""A transform job: its frozen record, and its default durations."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Final

from sagemock.evidence import Assumption
from sagemock.jobs.batch.fields import STARTING, STOPPING
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.batch.script import Lengths, Script, script
from sagemock.jobs.kinds import TRANSFORM, Kind
from sagemock.transform.plan import RUNNING, TransformJobPlan

__all__ = ["STOPPED", "Job", "concrete", "instances"]

STOPPED: Final = Assumption(
    "that a transform job is Stopping for 10 s, and has a TransformEndTime when it is Stopped",
    since="2026-11-26",
    knob="TransformJobPlan.completes(stopping=…)",
)
_SAME_EVERYWHERE: Final = Assumption(
    "that a transform job takes as long on every kind of instance as one of 2022 on two ml.c4.xlarge, and that a job which fails "
    "before its containers run fails at the instant at which they would run",
    since="2026-11-26",
    knob="TransformJobPlan.completes(starting=…, transforming=…)",
)
LENGTHS: Final = _SAME_EVERYWHERE(
    Lengths(
        # Record X4 of 2022: 218.230 s and 111.855 s. Record X3 of 2021 has 192.579 s and 73.513 s.
        starting=218.23,
        failed_start=218.23,
        running=111.855,
        stopping=STOPPED(10.0),
        # Record X2 of 2018.
        registered=1.414,
        # Record X1 of 2018; a list of 2022 has 0.251 s.
        settled=0.245,
        failed_settled=0.245,
    )
)


@dataclass(frozen=True, slots=True)
class Job(BatchJob):
    """A transform job: its request, its plan and the interventions in it."""

    kind: ClassVar[Kind] = TRANSFORM
    statuses: ClassVar[frozenset[str]] = frozenset({"InProgress", "Completed", "Failed", STOPPING, "Stopped", STARTING, RUNNING})

    @property
    def instances(self) -> tuple[str, int]:
        """The type and the number of its instances."""
        return instances(self.request)

    def stream(self, instance: int, begin_us: int) -> str:
        """Return the name of a log stream (developer guide, logs): `job/i-0123456789abcdef0`, with an id like that of EC2."""
        digest = hashlib.sha256(f"{self.arn}/{instance}/{begin_us}".encode()).hexdigest()
        return f"{self.name}/i-{digest[:17]}"


def instances(request: Mapping[str, Any]) -> tuple[str, int]:
    """Return the type and the number of the instances in a request."""
    resources = request.get("TransformResources", {})
    return resources.get("InstanceType", ""), resources.get("InstanceCount", 1)


def concrete(plan: TransformJobPlan, request: Mapping[str, Any], rng: Random) -> Script:
    """Return the script of a plan for a request; `rng` draws from its ranges. Raises PlanError if they do not fit."""
    return script(plan, request, rng, LENGTHS)
