"""Clients of CloudWatch Logs, jobs that write lines, and readings of responses."""

from functools import cache
from typing import Any, Final

import botocore.session
from botocore.config import Config

from sagemock import Plan
from sagemock.jobs.kinds import TRAINING
from tests.support.calling import START, after, check

__all__ = [
    "BEGIN_S",
    "CONFIG",
    "EPOCH_S",
    "GROUP",
    "INVALID_TOKEN",
    "KNOWN",
    "NO_GROUP",
    "NO_STREAM",
    "STREAM",
    "TWO",
    "WITH_LINES",
    "epochs",
    "make_logs",
    "ms",
    "names",
    "session",
    "texts",
]

GROUP = TRAINING.log_group

BEGIN_S = 30
EPOCH_S = int(START.timestamp()) + BEGIN_S
"""When the container of a job with the durations KNOWN starts."""
KNOWN: Any = {"starting": 10, "downloading": 20, "uploading": 5, "stopping": 3}
STREAM = f"churn/algo-1-{EPOCH_S}"
NO_GROUP = ("ResourceNotFoundException", "The specified log group does not exist.", 400)
NO_STREAM = ("ResourceNotFoundException", "The specified log stream does not exist.", 400)
INVALID_TOKEN = ("InvalidParameterException", "The specified nextToken is invalid.", 400)
CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"}, parameter_validation=False)
TWO: Any = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 10}}


@cache
def session() -> Any:
    """Return one session for all tests, which reads the model of CloudWatch Logs once."""
    return botocore.session.Session()


def make_logs(region: str = "us-east-1", **options: Any) -> Any:
    """Return a real CloudWatch Logs client; every response is checked against botocore's output shapes."""
    keys = {"aws_access_key_id": "AKIDTEST", "aws_secret_access_key": "secret"}
    client = session().create_client("logs", region, config=CONFIG, **{**keys, **options})
    client.meta.events.register("after-call.cloudwatch-logs", check)
    return client


def epochs(count: int = 5, every: float = 10) -> dict[str, Any]:
    """Return lines for so many epochs."""
    return {"Training": [(number * every, f"epoch {number}") for number in range(count)]}


WITH_LINES: Final[dict[str, Any]] = {"latency": 0, "plan": Plan.completes(training=100, logs=epochs(), **KNOWN)}
"""Options of a mock without latency, in which each job writes five lines in the first 41 seconds of its training."""


def texts(response: dict[str, Any]) -> list[str]:
    """Return the lines in a response."""
    return [event["message"] for event in response["events"]]


def names(response: dict[str, Any]) -> list[str]:
    """Return the stream names in a response."""
    return [stream["logStreamName"] for stream in response["logStreams"]]


def ms(seconds: float) -> int:
    """Return the instant this many seconds after the start, in milliseconds as CloudWatch Logs has it."""
    return round(after(seconds).timestamp() * 1000)
