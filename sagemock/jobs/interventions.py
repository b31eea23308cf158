"""Interventions: what was done to a job of any kind since its creation, by its owner or by the test."""

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Complete", "Delete", "Fail", "Intervention", "Stop"]


@dataclass(frozen=True)
class Stop:
    """The job was stopped through the API, `at_us` after its creation."""

    at_us: int


@dataclass(frozen=True)
class Fail:
    """The test let the job fail at once."""

    at_us: int
    reason: str


@dataclass(frozen=True)
class Complete:
    """The test let the job complete at once."""

    at_us: int


@dataclass(frozen=True)
class Delete:
    """The job was deleted through the API."""

    at_us: int


Intervention: TypeAlias = Stop | Fail | Complete | Delete
"""What can be done to a job of any kind."""
