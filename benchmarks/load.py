"""Busy processes beside a run: what depends on time or threads must be right on a loaded machine, too."""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from typing import TypeVar

__all__ = ["add_options", "repeated"]

_Result = TypeVar("_Result")


def add_options(parser: argparse.ArgumentParser, *, parallel: int) -> None:
    """Add the options that `repeated` reads; by default `parallel` runs at once."""
    parser.add_argument("--times", type=int, default=3, help="how many runs of each")
    parser.add_argument("--busy", type=_numbers, default=(0, 2, 6), help="how many busy processes beside, in turn: 0,2,6")
    parser.add_argument("--parallel", type=int, default=parallel, help="how many runs at once")


def repeated(run: Callable[[], _Result], asked: argparse.Namespace) -> Iterator[tuple[int, _Result]]:
    """Call `run` as often as was asked for, and yield each result with the number of busy processes beside it."""
    turns = list(islice(cycle(asked.busy), asked.times))
    for number in dict.fromkeys(turns):
        with _busy(number), ThreadPoolExecutor(asked.parallel) as pool:
            for result in pool.map(lambda _: run(), range(turns.count(number))):
                yield number, result


@contextmanager
def _busy(number: int) -> Iterator[None]:
    """Run `number` other processes that compute all the time."""
    others = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def _numbers(text: str) -> tuple[int, ...]:
    """Return the numbers in an argument such as 0,2,6."""
    return tuple(int(number) for number in text.split(","))
