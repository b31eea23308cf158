"""Interventions: what the owner, the test or another job did to a training job after its creation."""

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
    """UpdateTrainingJob changed how long the warm pool of the job is kept."""

    at_us: int
    seconds: int


@dataclass(frozen=True)
class Update:
    """UpdateTrainingJob changed a setting that does not affect the timeline."""

    at_us: int


Cut: TypeAlias = Stop | Fail | Complete | Interrupt
"""An intervention that cuts the life of the job and gives it another end."""
Remark: TypeAlias = Taken | KeepAlive | Update | Delete
"""An intervention that does not change the life of the job, only what is shown of it."""
Intervention: TypeAlias = Cut | Remark
