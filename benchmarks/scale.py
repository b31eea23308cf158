"""Measures how time and memory grow with the size of a test: `python -m benchmarks.scale`.

It prints the table of docs/explanation/scale.md. Each figure comes from a fresh process: the seconds of CPU, and the growth of
its peak memory since it did the same with a size of five.
"""

import argparse
import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final, NamedTuple

from benchmarks.worlds import client, request
from sagemock import Plan, SageMakerMock, mock_sagemaker

__all__ = ["main"]

_POLLS: Final = 5
"""The number of polls or sleeps of each thread or task."""
_SHORT: Final = Plan.completes(starting=1, downloading=1, training=5, uploading=1)
_EVENTS: Final = 5
_Watched = Callable[[int], None]


def _mock(plan: Plan = _SHORT) -> SageMakerMock:
    return mock_sagemaker(plan=plan, idle_limit=None, strict=False)


def jobs(number: int) -> None:
    """Create `number` jobs, and let all of them end."""
    with _mock() as sagemaker:
        made = client()
        for index in range(number):
            made.create_training_job(**request(f"job-{index}"))
        sagemaker.advance_until_idle()


def lines(number: int) -> None:
    """Read a log of `number` lines to its end, page by page."""
    import boto3  # noqa: PLC0415  # only here

    # Two lines per second, because the request limits the job to a day.
    plan = Plan.completes(
        training=timedelta(seconds=number / 2 + 1), logs={"Training": [(at / 2, f"epoch {at}") for at in range(number)]}
    )
    with _mock(plan) as sagemaker:
        client().create_training_job(**request("job"))
        sagemaker.advance_until_idle()
        logs = boto3.client("logs", region_name="eu-west-1", aws_access_key_id="nobody", aws_secret_access_key="nobody")  # noqa: S106  # opens nothing
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/sagemaker/TrainingJobs")
        read = sum(len(page["events"]) for page in pages)
    _check(read, number)


def events(number: int) -> None:
    """Deliver `number` events to a handler."""
    seen = 0

    def handle(_: object) -> None:
        nonlocal seen
        seen += 1

    with _mock() as sagemaker:
        sagemaker.on_event(handle)
        made = client()
        for index in range(number // _EVENTS):
            made.create_training_job(**request(f"job-{index}"))
        sagemaker.advance_until_idle()
    _check(seen, number // _EVENTS * _EVENTS)


def threads(number: int) -> None:
    """Let `number` threads poll a job of their own, five times each, with sleeps in between."""
    with _mock(Plan.hangs()) as sagemaker:
        made = client()

        def poll(index: int) -> None:
            made.create_training_job(**request(f"job-{index}"))
            for _ in range(_POLLS):
                made.describe_training_job(TrainingJobName=f"job-{index}")
                time.sleep(60)

        with ThreadPoolExecutor(number) as pool:
            list(pool.map(poll, range(number)))
        _check(len(sagemaker.calls), number * (_POLLS + 1))


def tasks(number: int) -> None:
    """Let `number` asyncio tasks sleep five times each."""

    async def poll() -> None:
        for _ in range(_POLLS):
            await asyncio.sleep(60)

    async def all_of_them() -> None:
        await asyncio.gather(*[poll() for _ in range(number)])

    with _mock():
        asyncio.run(all_of_them())


def tests(number: int) -> None:
    """Run `number` tests: each creates and describes a job, in a mock and with a client of its own."""
    for _ in range(number):
        with _mock():
            made = client()
            made.create_training_job(**request("job"))
            made.describe_training_job(TrainingJobName="job")


class _Subject(NamedTuple):
    what: str
    measure: _Watched
    sizes: Sequence[int]


_SUBJECTS: Final = (
    _Subject("jobs, created and ended", jobs, (100, 1_000, 10_000)),
    _Subject("log lines, read to the end", lines, (1_000, 10_000, 100_000)),
    _Subject("events, delivered", events, (500, 5_000, 50_000)),
    _Subject("threads, five polls each", threads, (10, 100, 1_000)),
    _Subject("tasks, five sleeps each", tasks, (100, 1_000, 10_000)),
    _Subject("tests of one job each", tests, (10, 100, 1_000)),
)


def _check(found: int, wanted: int) -> None:
    if found != wanted:
        raise SystemExit(f"{found} instead of {wanted}")


def _measured(subject: _Subject, number: int) -> str:
    """Return the seconds and the MiB of one measurement, in this process."""
    for _ in range(3):
        # Load now all modules and data that a process loads only once.
        subject.measure(_EVENTS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    since = time.process_time()
    subject.measure(number)
    seconds = time.process_time() - since
    return f"{seconds} {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}"


def _in_a_process(index: int, number: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.scale", "--one", str(index), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own interpreter


def _result(child: "subprocess.Popen[str]") -> tuple[float, float]:
    answer, _ = child.communicate()
    seconds, mib = map(float, answer.split())
    return seconds, mib


def _table(share: int) -> list[str]:
    """Return the lines of the table; each size divided by `share`."""
    rows = ["| | how many | seconds of CPU | each, in ms | MiB |", "|---|--:|--:|--:|--:|"]
    for index, subject in enumerate(_SUBJECTS):
        for size in subject.sizes:
            number = max(size // share, _EVENTS)
            seconds, mib = _result(_in_a_process(index, number))
            rows.append(f"| {subject.what} | {number:,} | {seconds:.2f} | {seconds / number * 1000:.2f} | {mib:.0f} |")
    number = max(_SUBJECTS[-1].sizes[-1] // share, _EVENTS)
    both = [_result(child) for child in [_in_a_process(len(_SUBJECTS) - 1, number // 2) for _ in range(2)]]
    seconds, mib = sum(one for one, _ in both), sum(other for _, other in both)
    rows.append(f"| the same in two processes at once | {number:,} | {seconds:.2f} | {seconds / number * 1000:.2f} | {mib:.0f} |")
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of everything: it only shows that all of it runs")
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    asked: Any = parser.parse_args(arguments)
    if asked.one is not None:
        index, number = asked.one
        print(_measured(_SUBJECTS[index], number))
    else:
        print("\n".join(_table(100 if asked.quick else 1)))


if __name__ == "__main__":
    main()
