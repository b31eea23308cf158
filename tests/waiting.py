"""Waiting in real time for what another thread is about to do."""

from collections.abc import Callable

from sagemock.clock import real

__all__ = ["eventually"]


def eventually(holds: Callable[[], object]) -> None:
    """Return when something holds; in no test for longer than a moment."""
    while not holds():
        real.sleep(0.005)
