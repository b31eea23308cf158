"""The type of the arguments of `Plan.but`, so that a type checker knows each field of a plan."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from sagemock.jobs.durations import Duration
from sagemock.jobs.lines import LogMapping
from sagemock.training import status
from sagemock.training.plan.phase import Phase

__all__ = ["PlanChanges"]


class PlanChanges(TypedDict, total=False):
    """The fields of a plan; `PlanFields` documents them."""

    phases: Sequence[Phase]
    ending: status.Ending
    failure_reason: str | None
    stopping: Duration | None
    uploading: Duration | None
    granular: bool
    legacy: bool
    capacity: Duration | None
    scheduled: Duration | None
    interruptions: Sequence[Duration]
    evenly: int
    interruptions_per_hour: float
    interruption: Duration | None
    internal_errors: int
    attempt: Sequence[Phase]
    limit_lag: Duration | None
    billed: float | None
    stopped_after: Duration | None
    epochs: int | None
    steps: int | None
    tokens: int | None
    logs: LogMapping
    artifact: bytes | str | os.PathLike[str] | None
    replayed: Mapping[str, Any] | None
    model: bool | None
    nulls: Sequence[str]
    empty_log_pages: int | None
    metrics_after: Duration | None
    called: str
