"""Busy processes beside a run: what depends on time or threads must be right on a loaded machine, too."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["BUSY", "busy", "numbers"]

BUSY: Final = (0, 2, 6)
"""How many busy processes run beside, in turn."""


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Run `number` other processes that compute all the time."""
    others = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers in an argument such as 0,2,6."""
    return tuple(int(number) for number in text.split(","))
