"""Measures polls that depend on the past (the tail of a log, its pages, the last event, a quota), after much and after little."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import boto3

from benchmarks.report import Row, ratios
from benchmarks.timing import timed
from benchmarks.worlds import client, request
from sagemock import Plan, SageMakerMock, mock_sagemaker

__all__ = ["rows"]

_GROUP: Final = "/aws/sagemaker/TrainingJobs"
_POLLS: Final = 100
_EVENTS_A_JOB: Final = 5
_SHORT: Final = Plan.completes(starting=1, downloading=1, training=5, uploading=1)


@contextmanager
def _mock(plan: Plan) -> Iterator[tuple[SageMakerMock, Any]]:
    with mock_sagemaker(wall="real", latency=0.001, idle_limit=None, plan=plan) as sagemaker:
        yield sagemaker, client()


def _of_lines(lines: int) -> dict[str, float]:
    """Return the seconds of each kind of poll of a job that has written `lines` lines."""
    plan = Plan.completes(training=timedelta(days=30), logs={"Training": [(at, f"epoch {at}") for at in range(lines)]})
    with _mock(plan) as (sagemaker, made):
        made.create_training_job(**request("job"))
        sagemaker.advance_until("job", "Training")
        sagemaker.clock.advance(lines)
        logs: Any = boto3.client("logs", region_name="eu-west-1", aws_access_key_id="nobody", aws_secret_access_key="nobody")  # noqa: S106  # opens nothing
        (stream,) = logs.describe_log_streams(logGroupName=_GROUP, logStreamNamePrefix="job/")["logStreams"]
        asked: dict[str, Any] = {"logGroupName": _GROUP, "logStreamName": stream["logStreamName"]}
        end = logs.get_log_events(limit=1, **asked)["nextForwardToken"]
        return {
            "tail of a log": _polls(lambda: logs.get_log_events(nextToken=end, **asked)),
            "tail of a log by FilterLogEvents": _polls(
                lambda: logs.filter_log_events(logGroupName=_GROUP, startTime=stream["lastEventTimestamp"])
            ),
            "page of 100 lines": _polls(lambda: logs.get_log_events(limit=100, startFromHead=True, **asked)),
        }


def _of_events(events: int) -> dict[str, float]:
    """Return the seconds of each kind of poll after `events` events."""
    with _mock(_SHORT) as (sagemaker, made):
        for number in range(events // _EVENTS_A_JOB):
            made.create_training_job(**request(f"job-{number}"))
        sagemaker.clock.advance(hours=1)
        found = {"last event": _polls(lambda: sagemaker.events[-1])}
        sagemaker.quota("ml.m5.xlarge", instances=1_000_000)
        sagemaker.hide("late-*", lasting=60)
        names = iter(range(2 * _POLLS))
        found["creation under a quota"] = _polls(lambda: made.create_training_job(**request(f"late-{next(names)}")))
        found["list with hidden jobs"] = _polls(lambda: made.list_training_jobs(MaxResults=10))
        return found


def _polls(poll: Callable[[], object]) -> float:
    poll()
    return timed(lambda: [poll() for _ in range(_POLLS)])


def rows(rounds: int, many: int, few: int) -> list[Row]:
    """Measure after `many` and after `few` lines and events."""
    return [*_rows(_of_lines, "lines", rounds, many, few), *_rows(_of_events, "events", rounds, many, few)]


def _rows(measure: Callable[[int], dict[str, float]], noun: str, rounds: int, many: int, few: int) -> Iterator[Row]:
    # A first run that does not count, because it imports modules.
    measure(few)
    taken = [(measure(few), measure(many)) for _ in range(rounds)]
    for what in taken[0][0]:
        samples = ratios([after_many[what] for _, after_many in taken], [after_few[what] for after_few, _ in taken])
        yield Row(f"{what} after {many:,} {noun}", f"x {few:,}", 1.5, samples)
