"""`sagemock plan`: the Python code of a plan that plays a recorded job, for a test."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

from sagemock.checks import repeated
from sagemock.cli.batch import kind_of, recorded
from sagemock.clock.instants import duration_us
from sagemock.errors import PlanError
from sagemock.jobs.batch.fields import BatchFields
from sagemock.jobs.fields import GeneralFields
from sagemock.picture.cells import clean
from sagemock.service.batch import BatchKind
from sagemock.training import status
from sagemock.training.plan.defaults import billed_s
from sagemock.training.plan.earlier import filled_in
from sagemock.training.plan.forms import formed
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.recording import read

__all__ = ["source"]

LINE: Final = 100
"""The longest call on one line; a longer one has several lines."""
UNITS: Final = (
    ("days", 86_400_000_000),
    ("hours", 3_600_000_000),
    ("minutes", 60_000_000),
    ("seconds", 1_000_000),
    ("milliseconds", 1000),
    ("microseconds", 1),
)


def source(records: list[Mapping[str, Any]]) -> str:
    """Return Python code with the plan of one record as PLAN, or the plans of several as PLANS, by the names of the jobs.

    Raises PlanError for anything that is not a record, and for two records of the same name.
    """
    plans = [_parts(one) for one in records]
    names = [name for name, _, _ in plans]
    twice = repeated(names)
    if twice is not None:
        raise PlanError(f"there are two records of {twice!r}, but PLANS has one plan for each name: give one of them")
    if len(plans) == 1:
        _, plan, remarks = plans[0]
        body = [*remarks, f"PLAN = {plan}"]
    else:
        entries = [line for name, plan, remarks in plans for line in [*remarks, f"{_text(name)}: {plan},"]]
        body = ["PLANS = {", *(_indented(line) for line in entries), "}"]
    text = "\n".join(body)
    imports = ["from datetime import timedelta", ""] if "timedelta(" in text else []
    return "\n".join([*imports, f"from sagemock import {', '.join(_classes(records))}", "", *body])


def _classes(records: list[Mapping[str, Any]]) -> list[str]:
    found: set[str] = set()
    for one in records:
        of = kind_of(one)
        found |= {"Phase", "Plan"} if of is None else {type(of.success).__name__}
    return sorted(found)


def _parts(record: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    """Return the name of a job, the code of the plan that plays it, and remarks."""
    of = kind_of(record)
    return (_name(record), _plan(record), list(_remarks(record))) if of is None else _batch(record, of)


def _batch(record: Mapping[str, Any], of: BatchKind) -> tuple[str, str, list[str]]:
    found = recorded(record, of)
    plan = found.plan
    arguments = [f"{name}={_value(value)}" for name, value in _changed(plan)]
    code = f"{type(plan).__name__}(\n" + "\n".join(_indented(f"{one},") for one in arguments) + "\n)"
    created = clean(str(found.response["CreationTime"]))
    limits = " The limits of your request apply to it." if "StoppingCondition" in found.response else ""
    return (
        found.job.name,
        code,
        [f"# {clean(found.job.name)}, created {created}.{limits}", *(f"# {one}" for one in found.remarks)],
    )


def _changed(plan: BatchFields) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a plan that differ from the default: first its own, then those that plans of every kind have."""
    general = {one.name for one in fields(GeneralFields)}
    for one in sorted(fields(plan), key=lambda field: field.name in general):
        value = getattr(plan, one.name)
        if value != one.default and one.name not in ("replayed", "called"):
            yield one.name, value


def _value(value: object) -> str:
    if isinstance(value, timedelta):
        return _duration(value)
    return _text(value) if isinstance(value, str) else repr(value)


def _plan(response: Mapping[str, Any]) -> str:
    plan = Plan.replays(response)
    phases = "\n".join(_indented(f"{_phase(phase)},") for phase in plan.phases)
    arguments = [
        f"phases=[\n{phases}\n]",
        f"ending={_text(plan.ending)}",
        *([f"failure_reason={_text(plan.failure_reason)}"] if plan.failure_reason is not None else []),
        *_stopped(plan),
        *_billed(response),
        *(["model=False"] if "ModelArtifacts" in plan.nulls else []),
    ]
    return "Plan(\n" + "\n".join(_indented(f"{one},") for one in arguments) + "\n)"


def _stopped(plan: Plan) -> Iterator[str]:
    if isinstance(plan.stopped_after, timedelta):
        yield f"stopped_after={_duration(plan.stopped_after)}"
        last = plan.phases[-1]
        if last.status == status.PENDING and isinstance(last.duration, timedelta):
            whole = sum((one.duration for one in plan.phases if isinstance(one.duration, timedelta)), timedelta())
            yield f"stopping={_duration(whole - plan.stopped_after)}"


def _phase(phase: Phase) -> str:
    words = [_text(phase.status)]
    if isinstance(phase.duration, timedelta):
        words.append(_duration(phase.duration))
    if isinstance(phase.message, str):
        words.append(f"message={_text(phase.message)}")
    elif phase.message is not None:
        messages = [f"({_duration(at)}, {_text(text)})," for at, text in phase.message]
        words.append("message=[\n" + "\n".join(_indented(one) for one in messages) + "\n]")
    whole = f"Phase({', '.join(words)})"
    short = len(whole) <= LINE and "\n" not in whole
    return whole if short else "Phase(\n" + "\n".join(_indented(f"{word},") for word in words) + "\n)"


def _billed(response: Mapping[str, Any]) -> Iterator[str]:
    """Yield the billed part of a spot job's time, with the fewest digits that give the same seconds."""
    found = read(response)
    training_s, billable_s = found.training_s or 0, found.billable_s or 0
    if response.get("EnableManagedSpotTraining") and 0 < billable_s < training_s:
        part = billable_s / training_s
        rounded = (math.ceil(part * 10**digits) / 10**digits for digits in range(2, 16))
        yield f"billed={next((one for one in rounded if billed_s(training_s, one) == billable_s), part)}"


def _remarks(response: Mapping[str, Any]) -> Iterator[str]:
    found = read(response)
    created = formed(response).response["CreationTime"]
    yield f"# {clean(_name(response))}, created {clean(str(created))}. The limits of your request apply to it."
    yield from (f"# {sentence}" for sentence in (*found.filled, *filled_in(found, formed(response).response)))
    if found.ending is None:
        yield "# The record ends before the job did: a phase without a duration here has the default one."
    elif found.last_message != status.MESSAGES[found.ending]:
        yield f"# Only Plan.replays() plays its last message, {clean(found.last_message)!r}."


def _name(response: Mapping[str, Any]) -> str:
    return str(formed(response).response.get("TrainingJobName", "a job without a name"))


def _duration(value: timedelta | float) -> str:
    left = duration_us(value)
    words = []
    for unit, unit_us in UNITS:
        number, left = divmod(left, unit_us)
        words += [f"{unit}={number}"] if number else []
    return f"timedelta({', '.join(words)})" if words else "0"


def _text(text: str) -> str:
    literal = repr(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in text else literal


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))
