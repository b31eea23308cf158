"""Uses one mock from many threads at once, and checks that nothing got lost: `python -m benchmarks.stress --seconds 30`.

This is not a measurement, and not a part of the default suite: run it after a change to data that threads share.
"""

import argparse
import faulthandler
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.exceptions import ClientError

from benchmarks.timing import Stopwatch
from benchmarks.worlds import client, request
from sagemock import Plan, SageMakerMock, mock_sagemaker

__all__ = ["main"]

_ORDER: Final = ("Pending", "Starting", "Downloading", "Training", "Stopping", "Uploading", "Completed", "Stopped", "Failed")
_PLAN: Final = Plan.completes(starting=(30, 90), downloading=20, training=(60, 900), uploading=15)


class _Worker:
    """The work of one thread: it creates, describes, lists and stops jobs, advances and sleeps, and records what it did."""

    def __init__(self, sagemaker: SageMakerMock, number: int, is_over: Callable[[], bool]) -> None:
        self._sagemaker = sagemaker
        self._client = client()
        self._number = number
        self._is_over = is_over
        self._rng = random.Random(number)  # noqa: S311  # the same in each run
        self.created: list[str] = []
        self.calls: Counter[str] = Counter()
        self.sleeps = 0
        self._seen: dict[str, tuple[int, int]] = {}

    def run(self) -> "_Worker":
        """Work until `is_over` returns True."""
        acts = [self._create, self._describe, self._describe, self._page, self._stop, self._sleep, self._sleep, self._advance]
        self._create()
        last = self._sagemaker.clock.now_us()
        while not self._is_over():
            self._rng.choice(acts)()
            now = self._sagemaker.clock.now_us()
            _check(now >= last, f"the clock went back from {last} to {now}")
            last = now
        return self

    def _call(self, operation: str, **params: Any) -> Any:  # noqa: ANN401  # boto3's
        self.calls[operation] += 1
        return getattr(self._client, operation)(**params)

    def _create(self) -> None:
        name = f"job-{self._number}-{len(self.created)}"
        self._call("create_training_job", **request(name))
        self.created.append(name)

    def _describe(self) -> None:
        name = self._rng.choice(self.created)
        shown = self._call("describe_training_job", TrainingJobName=name)
        _check(shown["TrainingJobName"] == name, f"asked for {name}, got {shown['TrainingJobName']}")
        statuses = [each["Status"] for each in shown["SecondaryStatusTransitions"]]
        _check(statuses == sorted(statuses, key=_ORDER.index), f"{name} went {statuses}")
        now = len(statuses), _ORDER.index(shown["SecondaryStatus"])
        _check(now >= self._seen.get(name, now), f"{name} went backwards: {self._seen.get(name)} and then {now}")
        self._seen[name] = now

    def _page(self) -> None:
        page = self._call("list_training_jobs", NameContains=f"job-{self._number}-", MaxResults=50)["TrainingJobSummaries"]
        names = [each["TrainingJobName"] for each in page]
        _check(len(names) == len(set(names)), f"a page has a job twice: {names}")

    def _stop(self) -> None:
        name = self._rng.choice(self.created)
        try:
            self._call("stop_training_job", TrainingJobName=name)
        except ClientError as error:
            # The job has ended meanwhile: any other error is wrong.
            _check(error.response["Error"]["Code"] == "ValidationException", str(error))

    def _sleep(self) -> None:
        self.sleeps += 1
        wake_us = self._sagemaker.clock.now_us() + (duration_s := self._rng.randint(1, 120)) * 1_000_000
        time.sleep(duration_s)
        now_us = self._sagemaker.clock.now_us()
        _check(now_us == wake_us, f"slept until {now_us} and not until {wake_us}")

    def _advance(self) -> None:
        self._sagemaker.clock.advance(self._rng.randint(0, 30))


def _check(holds: bool, what: str) -> None:  # noqa: FBT001  # like assert, which -O would remove
    if not holds:
        raise AssertionError(what)


def main(arguments: list[str] | None = None) -> int:
    """Let the workers work, compare the mock's records with theirs, and print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stress", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--threads", type=int, default=16)
    asked = parser.parse_args(arguments)
    faulthandler.dump_traceback_later(asked.seconds * 3 + 60, exit=True)
    sys.setswitchinterval(1e-5)
    over = threading.Event()
    watch = Stopwatch()
    with watch.running(), mock_sagemaker(plan=_PLAN, idle_limit=None) as sagemaker:
        workers = [_Worker(sagemaker, number, over.is_set) for number in range(asked.threads)]
        with ThreadPoolExecutor(asked.threads) as pool:
            futures = [pool.submit(worker.run) for worker in workers]
            over.wait(asked.seconds)
            over.set()
            done = [future.result() for future in futures]
        calls, sleeps = sum((worker.calls for worker in done), Counter[str]()), sum(worker.sleeps for worker in done)
        created = sorted(name for worker in done for name in worker.created)
        _check(len(sagemaker.calls) == calls.total(), f"{calls.total()} calls were made, {len(sagemaker.calls)} are on record")
        _check(len(sagemaker.sleeps) == sleeps, f"{sleeps} sleeps were slept, {len(sagemaker.sleeps)} are on record")
        _check(sorted(sagemaker.jobs) == created, f"{len(created)} jobs were created, {len(sagemaker.jobs)} are there")
        instants = [call.at for call in sagemaker.calls]
        _check(instants == sorted(instants), "the calls are not in the order of time")
        passed = sagemaker.clock.now() - sagemaker.calls[0].at
    faulthandler.cancel_dump_traceback_later()
    print(
        f"{asked.threads} threads, {watch.seconds:.0f} s, {passed} of virtual time: {sleeps} sleeps, {dict(calls)}; nothing lost"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
