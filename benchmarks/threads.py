"""Threads: a poll of one among many that poll, and a move of the clock beside a heartbeat."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final

from benchmarks.report import Row, ratios
from benchmarks.timing import interleaved, timed
from benchmarks.worlds import client, request
from sagemock import Plan, mock_sagemaker
from sagemock.clock.real import real

__all__ = ["rows"]

_BUDGETS: Final = {10: 1.3, 100: 1.5}
"""How much more a poll may cost among so many threads than in one."""
_BEAT_S: Final = 0.002
_MOVES: Final = 50


def _poll(threads: int, polls: int) -> float:
    """Return the seconds of CPU of a poll, of which each thread makes so many, of a job of its own, with a minute in between."""
    with mock_sagemaker(plan=Plan.hangs(), idle_limit=None) as sagemaker, ThreadPoolExecutor(threads) as pool:
        made = client()
        for index in range(threads):
            made.create_training_job(**request(f"job-{index}"))

        def work(index: int) -> None:
            for _ in range(polls):
                made.describe_training_job(TrainingJobName=f"job-{index}")
                time.sleep(60)

        seconds = timed(lambda: list(pool.map(work, range(threads))))
        if len(sagemaker.calls) != threads * (polls + 1):
            raise AssertionError(len(sagemaker.calls))
    return seconds / threads / polls


@contextmanager
def _heartbeat() -> Iterator[None]:
    """Let a thread of the mock wait again and again, for two milliseconds each time."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(_BEAT_S):
            pass

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _move() -> float:
    """Return the real milliseconds of a sleep of a minute beside a heartbeat."""
    with mock_sagemaker(idle_limit=None), _heartbeat():
        before = real.perf_counter()
        for _ in range(_MOVES):
            time.sleep(60)
        return float((real.perf_counter() - before) * 1000 / _MOVES)


def rows(rounds: int, counts: Sequence[int], polls: int) -> list[Row]:
    """Measure each count of threads, of which each makes `polls` polls, against as many polls of one thread as ten make."""
    polling = {"1": partial(_poll, 1, 10 * polls), **{str(threads): partial(_poll, threads, polls) for threads in counts}}
    found = interleaved(polling, rounds)
    taken = {threads: ratios(found[str(threads)], found["1"]) for threads in counts}
    return [
        *(Row(f"poll in {threads:,} threads", "x one", _BUDGETS[threads], samples) for threads, samples in taken.items()),
        Row("move beside a heartbeat of 2 ms", "real ms", 10, interleaved({"": _move}, rounds)[""]),
    ]
