"""Interventions: what the owner or the test did to a job of any kind after its creation."""

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Complete", "Delete", "Fail", "Intervention", "Stop"]


@dataclass(frozen=True)
class Stop:
    """A call of the API stopped the job, `at_us` microseconds after its creation."""

    at_us: int


@dataclass(frozen=True)
class Fail:
    """The test made the job fail."""

    at_us: int
    reason: str


@dataclass(frozen=True)
class Complete:
    """The test made the job complete."""

    at_us: int


@dataclass(frozen=True)
class Delete:
    """A call of the API deleted the job."""

    at_us: int


Intervention: TypeAlias = Stop | Fail | Complete | Delete
"""An intervention in a job of any kind."""
