"""Read recorded DescribeTrainingJob responses from files or standard input: one or several, in any Unicode encoding."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sagemock.errors import PlanError
from sagemock.training.plan.recording import without_nulls

__all__ = ["responses"]


def responses(files: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the JSON objects in these files; `-` is standard input.

    A file has one object, a list of objects, or several objects in a row, such as one on each line. Raises PlanError for other
    content, and OSError if a file cannot be read.
    """
    return [one for file in files for one in _objects(file)]


def _objects(file: str) -> Iterator[Mapping[str, Any]]:
    name = "standard input" if file == "-" else file
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        # Windows PowerShell saves what a command prints as UTF-16.
        values = list(_values(raw.decode(json.detect_encoding(raw))))
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{name} is not JSON ({error}): save the output of `aws sagemaker describe-training-job` there") from None
    found = [one for value in values for one in (value if isinstance(value, list) else [value])]
    wrong = [f"{str(one)[:40]!r}" for one in found if not isinstance(one, dict)]
    if wrong or not found:
        holds = wrong[0] if wrong else "nothing"
        raise PlanError(
            f"{name} holds {holds} where a JSON object should be: save the output of `aws sagemaker describe-training-job` there"
        )
    for one in found:
        _check(name, one)
    yield from map(without_nulls, found)


def _check(name: str, record: Mapping[str, Any]) -> None:
    """Raise PlanError for a record whose members have other types than AWS's: it is not what AWS printed."""
    entries = record.get("SecondaryStatusTransitions", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) and isinstance(one.get("Status"), str) for one in entries):
        raise PlanError(
            f"{name}: SecondaryStatusTransitions is not a list of objects with a Status: save what AWS printed, without changes"
        )
    for member in ("TrainingTimeInSeconds", "BillableTimeInSeconds"):
        if not isinstance(record.get(member, 0), int | None):
            raise PlanError(f"{name}: {member} is {record[member]!r}, not a whole number: save what AWS printed, without changes")


def _values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    rest = text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].lstrip()
