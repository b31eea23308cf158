"""Measure variants in turns, so that what disturbs the machine disturbs them all."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

__all__ = ["Measured", "Stopwatch", "interleaved", "timed"]

Measured: TypeAlias = Callable[[], float]
"""One measurement: it sets up what it needs, and returns a number: most often seconds of CPU."""


class Stopwatch:
    """Seconds of CPU of this process, which other processes of the machine do not change; no mock freezes them."""

    _now = staticmethod(time.process_time)

    def __init__(self) -> None:
        """Start at zero, standing still."""
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
    """Measure each variant `rounds` times, A B C A B C, after one turn that does not count: it loads what is loaded lazily."""
    for measure in variants.values():
        measure()
    found: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, measure in variants.items():
            found[name].append(measure())
    return found
