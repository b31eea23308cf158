"""FinalMetricDataList: the last value of each metric that the job or its algorithm defines, from the lines of its containers.

A metric's regular expression is searched in each line, and its first group is the value (developer guide, "Define training
metrics"). Without a group, the whole match is the value. An expression that Python cannot read is refused when the job is
created, and so is one for which `regex` raises NotSimulated. The metrics that the service sends to CloudWatch are left out.
"""

import math
import re
import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sagemock.clock.instants import SECOND_US
from sagemock.errors import NotSimulated
from sagemock.evidence import UNCHECKED, Assumption
from sagemock.jobs.store import Store
from sagemock.protocol.answer import seconds
from sagemock.protocol.model import Api
from sagemock.regex import Regex, read
from sagemock.service import builtin, describe
from sagemock.training.job import Job
from sagemock.training.launch import LARGEST, OBJECTIVE, OBJECTIVE_MEMBER, Values, latest
from sagemock.training.objective import emitted

__all__ = ["final", "readable"]

_AS_PYTHON: Final = Assumption(
    "that the service reads a metric's regular expression as Python does, and that the whole match is the value if it has no "
    "group"
)
_UNREADABLE: Final = Assumption(
    "that a metric whose regular expression cannot be read is refused when the job is created, and the words", knob=UNCHECKED
)
_DRAWN_FIRST: Final = Assumption(
    "that the values drawn for the objective of a child count until its log has a value",
    since="2026-11-26",
    knob="TuningJobPlan.completes(objective=…), whose values count whatever the log has",
)


def final(api: Api, store: Store, job: Job, now_us: int) -> Sequence[Mapping[str, Any]]:
    """Return FinalMetricDataList at an instant, in the order of the definitions, without the metrics that matched no line."""
    if job.script.metrics_after_us:
        ended_us = job.timeline.ended_us
        if ended_us is None or now_us < job.created_us + ended_us + job.script.metrics_after_us:
            return []
        if recorded := describe.late_metrics(api, job):
            return recorded
    values = emitted(job)
    if not (job.script.has_lines or values or store.region(job.place, Job).logbook.added(job)):
        return []
    definitions = builtin.definitions(job)
    shown = []
    for definition in definitions:
        try:
            if values and definition["Name"] in _objective(job):
                found = latest(series(store, job, definition["Name"]), now_us)
            else:
                found = _last(store, job, definition["Regex"], now_us)
        except (re.error, NotSimulated):
            # Only `validate=False` allows such an expression.
            continue
        if found is not None:
            at_us, value = found
            shown.append(
                {
                    "MetricName": definition["Name"],
                    # Recorded jobs show 0.0036 as 0.003599999938160181, and the time in whole seconds.
                    "Value": shown_value(value),
                    "Timestamp": seconds(at_us // SECOND_US * SECOND_US),
                }
            )
    return shown


def shown_value(value: float) -> float:
    """Return the value of a metric as the service shows it: rounded to a 32-bit float."""
    shown: float = struct.unpack("f", struct.pack("f", value))[0]
    return shown


def series(store: Store, job: Job, name: str) -> Values:
    """Return all values of a metric, each with its instant, by the present timeline of the job."""
    regex = next((one["Regex"] for one in builtin.definitions(job) if one["Name"] == name), None)
    try:
        logged = () if regex is None else _all(store, job, regex)
    except (re.error, NotSimulated):
        # Only `validate=False` allows such an expression.
        logged = ()
    values = emitted(job) if name in _objective(job) else ()
    if not logged or job.launch is None or (values and job.launch.overrides_log):
        return values
    return _DRAWN_FIRST((*(one for one in values if one[0] < logged[0][0]), *logged))


def _objective(job: Job) -> tuple[str, ...]:
    """Return the two names of the objective of the tuning job that launched the job; empty if none launched it."""
    return () if job.launch is None else (OBJECTIVE, job.request.get("HyperParameters", {}).get(OBJECTIVE_MEMBER))


def _all(store: Store, job: Job, regex: str) -> Values:
    found: list[tuple[int, int, float]] = []
    for visit in job.timeline.logged_visits:
        entered_us = job.created_us + visit.begin_us
        for offset_us, value in visit.lines.values(regex, lambda text: _value(regex, text)):
            at_us = entered_us + offset_us
            if visit.end_us is None or at_us <= job.created_us + visit.end_us:
                found.append((at_us, 0, value))
    for line in store.region(job.place, Job).logbook.added(job):
        added = _value(regex, line.text)
        if added is not None:
            # A line that a test adds in the past counts from the instant at which it was added.
            found.append((max(line.at_us, line.added_us), line.number, added))
    ended_us = job.timeline.ended_us
    # A tuning job ignores lines that come after the end of the child.
    return tuple((at_us, value) for at_us, _, value in sorted(found) if ended_us is None or at_us <= job.created_us + ended_us)


def readable(request: Mapping[str, Any]) -> str | None:
    """Refuse a metric whose expression cannot be read."""
    for definition in request.get("AlgorithmSpecification", {}).get("MetricDefinitions", ()):
        try:
            _read(definition["Regex"])
        except re.error as error:  # noqa: PERF203  # at most forty
            return _UNREADABLE(f"Invalid regular expression in MetricDefinitions, metric {definition['Name']}: {error}")
    return None


def _last(store: Store, job: Job, regex: str, now_us: int) -> tuple[int, float] | None:
    """Return the instant and the last value of a metric, or None if it has no value."""
    found: list[tuple[int, int, float]] = []
    for visit in reversed(job.timeline.logged_visits):
        entered_us = job.created_us + visit.begin_us
        until_us = now_us if visit.end_us is None else min(now_us, job.created_us + visit.end_us)
        values = visit.lines.values(regex, lambda text: _value(regex, text))
        place = bisect_right(values, until_us - entered_us, key=_at)
        if place:
            offset_us, value = values[place - 1]
            found.append((entered_us + offset_us, 0, value))
            break
    added = store.region(job.place, Job).logbook.added(job)
    begins = job.runs()[:1] if added else []
    for line in added:
        added_value = _value(regex, line.text) if line.at_us <= now_us and begins and line.at_us >= begins[0] else None
        if added_value is not None:
            found.append((line.at_us, line.number, added_value))
    return (last[0], last[2]) if (last := max(found, default=None)) else None


def _value(regex: str, text: str) -> float | None:
    """Return the value of a metric in a line, or None if the line has none."""
    found = _read(regex).value_in(text)
    try:
        value = float(found or "")
    except ValueError:
        # The group did not take part in the match, or is not a number.
        return None
    return value if math.isfinite(value) and abs(value) <= LARGEST else None


def _read(regex: str) -> Regex:
    # A group may have a name in Java's syntax.
    return read(_AS_PYTHON(re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", regex)))


def _at(pair: tuple[int, float]) -> int:
    return pair[0]
