"""Read recorded descriptions of jobs from files or standard input: one or several, in any Unicode encoding."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sagemock.cli.batch import is_batch, latest
from sagemock.errors import PlanError
from sagemock.jobs.kinds import KINDS
from sagemock.training.plan.kept import values_of
from sagemock.training.plan.recording import nulls_of, without_nulls
from sagemock.training.plan.series import merged

__all__ = ["raw_records", "responses", "trimmed"]


def responses(files: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the JSON objects in these files; `-` is standard input.

    A file holds one object, a list of objects, or several in a row, such as one per line; or the output of list-training-jobs and
    similar commands; or the console log of the SageMaker SDK. A directory stands for its files. Several records of one job are
    merged into one. Raises PlanError for other content, and OSError for a file that cannot be read.
    """
    return latest(merged(trimmed(one) for _, one in raw_records(files)))


def raw_records(files: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each record as it was saved, with the name of its file."""
    for file in files:
        for path in _files(file):
            yield from (("standard input" if path == "-" else path, one) for one in _objects(path))


def trimmed(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record without its nulls, except those that have a meaning of their own."""
    if is_batch(record):
        return {name: value for name, value in record.items() if value is not None}
    return {**without_nulls(record), **dict.fromkeys(nulls_of(record))}


def _files(file: str) -> Iterator[str]:
    """Yield a file, or the files of a directory in the order of their names."""
    if file == "-" or not Path(file).is_dir():
        yield file
        return
    found = sorted(path for path in Path(file).iterdir() if path.is_file() and not path.name.startswith("."))
    if not found:
        raise PlanError(f"{file} has no files in it: save the output of `aws sagemaker describe-training-job` there")
    yield from map(str, found)


def _objects(file: str) -> Iterator[Mapping[str, Any]]:
    name = "standard input" if file == "-" else file
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        # Windows PowerShell saves what a command prints as UTF-16.
        values = values_of(raw)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{name} is not JSON ({error}): save the output of `aws sagemaker describe-training-job` there") from None
    found = [one for value in values for one in _members(value)]
    wrong = [f"{str(one)[:40]!r}" for one in found if not isinstance(one, dict)]
    if wrong or not found:
        holds = wrong[0] if wrong else "nothing"
        raise PlanError(
            f"{name} holds {holds} where a JSON object should be: save the output of `aws sagemaker describe-training-job` there"
        )
    for one in found:
        _check(name, one)
    yield from found


def _members(value: Any) -> list[Any]:  # noqa: ANN401  # a JSON value
    """Return the records in a value: one record, a list of them, or the output of list-training-jobs and similar commands."""
    if isinstance(value, dict):
        lists = (value.get(f"{kind.shape}Summaries") for kind in KINDS)
        value = next((one for one in lists if isinstance(one, list)), value)
    return value if isinstance(value, list) else [value]


def _check(name: str, record: Mapping[str, Any]) -> None:
    """Raise PlanError for a record whose members have other types than in AWS's own output."""
    entries = record.get("SecondaryStatusTransitions", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) and isinstance(one.get("Status"), str) for one in entries):
        raise PlanError(
            f"{name}: SecondaryStatusTransitions is not a list of objects with a Status: save what AWS printed, without changes"
        )
    for member in ("TrainingTimeInSeconds", "BillableTimeInSeconds"):
        if not isinstance(record.get(member, 0), int | None):
            raise PlanError(f"{name}: {member} is {record[member]!r}, not a whole number: save what AWS printed, without changes")
