"""All the ways in which a training job can end, as plans with readable names.

`@pytest.mark.sagemock(outcomes="all")` runs a test once for each outcome.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sagemock import reasons
from sagemock.checks import listed, mapping, nearest, public, public_class, quoted
from sagemock.errors import UsageError
from sagemock.jobs.durations import FOREVER
from sagemock.training import status
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan

__all__ = ["ALL", "Outcome", "chosen"]


@public_class
@dataclass(frozen=True)
class Outcome:
    """A way to end: the plan that leads there, and the statuses that DescribeTrainingJob then shows."""

    name: str
    plan: Plan
    status: str
    secondary_status: str
    spot: bool = False
    """Whether only managed spot jobs can end so."""

    def __str__(self) -> str:
        return self.name

    @public
    def meets(self, request: Mapping[str, Any]) -> bool:
        """Whether a job created by `request` can end so."""
        mapping("request", request, "a CreateTrainingJob request", "give what a plan's callable gets")
        return not self.spot or bool(request.get("EnableManagedSpotTraining"))


_FAILED: Final = ("Failed", "Failed")
_WAITING: Final = Plan([Phase(status.STARTING, FOREVER, [(0, status.STARTING_THE_JOB), (15, status.NO_CAPACITY)])])

ALL: Final[Mapping[str, Outcome]] = MappingProxyType({
    outcome.name: outcome
    for outcome in (
        Outcome("completed", Plan.completes(), "Completed", "Completed"),
        Outcome("algorithm-error", Plan.fails(), *_FAILED),
        Outcome("out-of-memory", Plan.fails(reasons.OUT_OF_MEMORY), *_FAILED),
        Outcome("data-download-error", Plan.fails(reasons.data_download(), during="Downloading"), *_FAILED),
        Outcome("image-download-error", Plan.fails(reasons.image_download(), during="Downloading"), *_FAILED),
        Outcome("role-error", Plan.fails(reasons.ROLE, during="Starting"), *_FAILED),
        Outcome("upload-error", Plan.fails(reasons.UPLOAD, during="Uploading"), *_FAILED),
        # More attempts than any RetryStrategy allows (service model: at most 30 retries).
        Outcome("internal-error", Plan.internal_error(31), *_FAILED),
        Outcome("capacity-error", Plan.capacity_error(), *_FAILED),
        Outcome("stopped-while-starting", Plan(stopped_after=30), "Stopped", "Stopped"),
        Outcome("stopped-while-training", Plan.hangs().but(stopped_after=3600), "Stopped", "Stopped"),
        Outcome("max-runtime-exceeded", Plan.hangs(), "Stopped", "MaxRuntimeExceeded"),
        Outcome("max-wait-exceeded", _WAITING, "Stopped", "MaxWaitTimeExceeded", spot=True),
        Outcome("completed-after-interruption", Plan.interrupted(), "Completed", "Completed", spot=True),
    )
})  # fmt: skip
"""The outcomes by name."""


@public
def chosen(wanted: "str | Iterable[str]") -> tuple[Outcome, ...]:
    """Return all outcomes (for "all"), or those with the names. Raises UsageError for an unknown name, and names the nearest."""
    if isinstance(wanted, str) and wanted == "all":
        return tuple(ALL.values())
    advice = "write outcomes='all', or outcomes=['completed', 'algorithm-error']"
    names = (
        [wanted] if isinstance(wanted, str) else listed("outcomes", wanted, "'all', or a list of names", advice, ordered=False)
    )
    for name in names:
        if not isinstance(name, str) or name not in ALL:
            near = nearest(quoted(name), ALL, least=0)
            raise UsageError(
                f"there is no outcome {quoted(name)}; did you mean {near!r}? Write 'all', or a list of {', '.join(ALL)}"
            )
    if not names:
        raise UsageError("outcomes=[] runs no test: write outcomes='all', or leave it out")
    return tuple(ALL[name] for name in names)
