"""Replays: the fields of a plan that repeats the life of a recorded job."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

from sagemock.checks import LONGEST, quoted
from sagemock.errors import PlanError
from sagemock.training import status
from sagemock.training.plan import recording
from sagemock.training.plan.earlier import messages, stop_call_us
from sagemock.training.plan.fields import NORMAL
from sagemock.training.plan.forms import formed
from sagemock.training.plan.kept import values_of
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.series import merged

__all__ = ["Replay", "replay"]


class Replay(NamedTuple):
    """The life of a recorded job as fields of a plan, relative to the creation of the new job."""

    response: Mapping[str, Any]
    phases: list[Phase]
    ending: status.Ending
    failure_reason: str | None
    stopped_after: timedelta | None
    nulls: tuple[str, ...]
    """The fields that the new job shows as null at its end."""


def replay(response: Mapping[str, Any] | str | os.PathLike[str]) -> Replay:
    """Return the replay of a recorded response, or of a file with one. Raises PlanError if it is not such a record."""
    source: object = response
    if not isinstance(source, (Mapping, str, os.PathLike)):
        raise PlanError(
            f"a record is a DescribeTrainingJob response, or the path of a file that holds one, not {quoted(source)}: give one"
        )
    given = source if isinstance(source, Mapping) else _load(Path(source))
    try:
        whole: Mapping[str, Any] = formed(recording.without_nulls(given)).response
    except RecursionError:
        raise PlanError(
            "this record is nested too deep for a DescribeTrainingJob response: give what describe_training_job returned"
        ) from None
    nulls = recording.nulls_of(formed(given).response)
    recorded = recording.read(whole, nulls)
    phases = [_phase(recorded, entry, whole) for entry in recorded.entries]
    called_us = stop_call_us(recorded)
    ending, stopped_after = recorded.ending, None if called_us is None else timedelta(microseconds=called_us)
    if ending is None:
        # The record ends before its job did. The rest is that of a normal life, or of a stop, by the defaults.
        seen = [entry.status for entry in recorded.entries]
        if status.STOPPING in seen:
            ending = "Stopped"
            phases += [Phase(status.UPLOADING)] if seen[-1] == status.STOPPING and status.TRAINING in seen else []
        else:
            ending = "Completed"
            last = status.DOWNLOADING if seen[-1] == status.DOWNLOADING_IMAGE else seen[-1]
            place = NORMAL.index(last) if last in NORMAL else 0
            phases += [Phase(name) for name in NORMAL[place + 1 :]]
            if recorded.stopping:
                stopped_after = timedelta(microseconds=recorded.modified_us)
    nulls = nulls if recorded.ending is not None else ()
    return Replay(whole, phases, cast("status.Ending", ending), recorded.failure_reason, stopped_after, nulls)


def _phase(recorded: recording.Recorded, entry: recording.Entry, response: Mapping[str, Any]) -> Phase:
    if entry.end_us is not None:
        found = messages(recorded, entry, response)
        pairs = [(timedelta(microseconds=at_us), text) for at_us, text in found]
        one = found[0][1] if len(found) == 1 else pairs
        return Phase(entry.status, timedelta(microseconds=entry.end_us - entry.start_us), one)
    seen_us = recorded.modified_us - entry.start_us
    if seen_us <= 0:
        return Phase(entry.status, None, entry.message)
    # The entry was open, and its message last changed at LastModifiedTime of the record.
    first = status.STARTING_THE_JOB if entry.status == status.STARTING else entry.message
    return Phase(entry.status, None, [(0, first), (timedelta(microseconds=seen_us), entry.message)])


def _load(path: Path) -> Mapping[str, Any]:
    try:
        values = values_of(path.read_bytes())
    except OSError as error:
        raise PlanError(f"{_shown(path)} cannot be read ({error.strerror}): give the path of a file") from None
    except (ValueError, RecursionError) as error:
        raise PlanError(
            f"{_shown(path)} is not JSON ({error}): save the output of `aws sagemaker describe-training-job` there"
        ) from None
    jobs = merged(values) if all(isinstance(one, dict) for one in values) else values
    if len(jobs) > 1:
        raise PlanError(f"{_shown(path)} holds records of {len(jobs)} jobs: give a file with those of one")
    found = jobs[0] if jobs else None
    if not isinstance(found, Mapping):
        raise PlanError(
            f"{_shown(path)} holds no JSON object: save the output of one `aws sagemaker describe-training-job` there"
        )
    return found


def _shown(path: Path) -> str:
    # A path may have surrogates, which cannot be printed.
    return str(path).encode(errors="backslashreplace").decode()[:LONGEST]
