"""Measures variants in turns, so that other load of the machine affects all of them."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

__all__ = ["Measured", "Stopwatch", "interleaved", "timed"]

Measured: TypeAlias = Callable[[], float]
"""A measurement: it does its own set-up and returns a number, usually seconds of CPU."""


class Stopwatch:
    """Counts the seconds of CPU of this process, which neither other processes nor a mock's clock change."""

    _now = staticmethod(time.process_time)

    def __init__(self) -> None:
        """Start at zero, stopped."""
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run while the block does, without garbage collection."""
        gc.collect()
        gc.disable()
        before = self._now()
        try:
            yield
        finally:
            self.seconds += self._now() - before
            gc.enable()


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of CPU that `work` takes."""
    watch = Stopwatch()
    with watch.running():
        work()
    return watch.seconds


def interleaved(variants: Mapping[str, Measured], rounds: int) -> dict[str, list[float]]:
    """Measure each variant `rounds` times, A B C A B C, after one turn that does not count because it imports modules."""
    for measure in variants.values():
        measure()
    found: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, measure in variants.items():
            found[name].append(measure())
    return found
