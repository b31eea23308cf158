"""Interventions: what was done to a training job since its creation, by its owner, by the test, or by another job."""

from dataclasses import dataclass
from typing import TypeAlias

from sagemock.jobs.interventions import Complete, Delete, Fail, Stop

__all__ = ["Cut", "Interrupt", "Intervention", "KeepAlive", "Remark", "Taken", "Update"]


@dataclass(frozen=True)
class Interrupt:
    """The spot instances of the job were taken away."""

    at_us: int


@dataclass(frozen=True)
class Taken:
    """Another job took over the warm pool of the job, which had ended."""

    at_us: int
    by: str


@dataclass(frozen=True)
class KeepAlive:
    """The time for which the warm pool of the job is kept was changed."""

    at_us: int
    seconds: int


@dataclass(frozen=True)
class Update:
    """Something of the request was changed that its life does not depend on."""

    at_us: int


Cut: TypeAlias = Stop | Fail | Complete | Interrupt
"""An intervention that cuts the life of the job and gives it another end."""
Remark: TypeAlias = Taken | KeepAlive | Update | Delete
"""An intervention that leaves the life of the job as it is, and only changes what is shown of it."""
Intervention: TypeAlias = Cut | Remark
