"""Scripts of batch jobs: a plan made concrete for one request, with every duration known."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.batch.fields import STOPPING, BatchFields
from sagemock.jobs.durations import Duration, span_us
from sagemock.jobs.hashing import hashed_once
from sagemock.jobs.lines import NO_LINES, Lines, check_fit, lines_of
from sagemock.jobs.own import own

__all__ = ["Lengths", "Script", "script"]


class Lengths(NamedTuple):
    """The default durations, in seconds."""

    starting: float
    failed_start: float
    """Starting of a job that fails there."""
    running: float
    stopping: float
    """From the call that stops a job to its end."""
    registered: float
    """From the creation to the first move of LastModifiedTime."""
    settled: float
    """From the end to the last move of LastModifiedTime."""
    failed_settled: float
    """The same for a job that fails in Starting."""


@hashed_once
@dataclass(frozen=True)
class Script:
    """All that happens to a batch job if nobody interferes, in microseconds. Equal scripts have equal timelines."""

    running: str
    """The phase in which the containers run."""
    status_member: str
    starting_us: int | None
    """None: forever."""
    running_us: int | None
    """None: forever."""
    runs: bool
    """Whether the containers ever run."""
    ending: str
    failure_reason: str | None
    exit_message: str | None
    stopping_us: int
    stopped_after_us: int | None
    max_runtime_us: int | None
    """None if no limit cuts the job."""
    limit_lag_us: int
    registered_us: int
    settled_us: int
    lines: Lines = NO_LINES
    last_words: Lines = NO_LINES
    """The lines that the container writes when it is stopped."""


def script(  # noqa: PLR0913  # all that a life depends on
    plan: BatchFields,
    request: Mapping[str, Any],
    rng: Random,
    lengths: Lengths,
    *,
    max_runtime_s: int | None = None,
    exit_message: str | None = None,
) -> Script:
    """Return the script of `plan` for `request`; `rng` draws from its ranges. Raises PlanError if its lines do not fit."""

    def length_us(given: Duration | None, default_s: float) -> int:
        span = span_us(given, "a duration")
        return round(default_s * SECOND_US) if span is None else rng.randint(*span)

    lines = _lines(plan, plan.running, request)
    starting_s, settled_s = (lengths.starting, lengths.settled) if plan.runs else (lengths.failed_start, lengths.failed_settled)
    starting_us = None if plan.endless and not plan.runs else length_us(plan.starting, starting_s)
    running_us = None if plan.endless else length_us(plan.running_length, lengths.running)
    if running_us is not None and plan.running_length is None:
        # The default duration must be long enough for the plan's last line, and a second to read it.
        running_us = max(running_us, lines.last_us + SECOND_US)
    if plan.running_length is not None:
        check_fit(lines, running_us, plan.running)
    return Script(
        running=plan.running,
        status_member=plan.kind.status_member,
        starting_us=starting_us,
        running_us=running_us,
        runs=plan.runs,
        ending=plan.ending,
        failure_reason=plan.failure_reason,
        exit_message=exit_message,
        stopping_us=length_us(plan.stopping, lengths.stopping),
        stopped_after_us=None if plan.stopped_after is None else length_us(plan.stopped_after, 0),
        max_runtime_us=None if max_runtime_s is None or plan.replayed is not None else max_runtime_s * SECOND_US,
        limit_lag_us=length_us(plan.limit_lag, 0),
        registered_us=length_us(plan.registered_after, lengths.registered),
        settled_us=length_us(plan.settled_after, settled_s),
        lines=lines,
        last_words=_lines(plan, STOPPING, request),
    )


def _lines(plan: BatchFields, phase: str, request: Mapping[str, Any]) -> Lines:
    source = plan.by_status.get(phase, NO_LINES)
    return lines_of(source(own(request)), f"the lines of {phase} by {source!r}") if callable(source) else lines_of(source, phase)
