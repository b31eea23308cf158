"""Listeners of the process: they learn that a world begins or ends, whichever face a test uses.

The pytest plugin is a listener. It is loaded in every run, so this module imports nothing heavy, such as botocore.
"""

from typing import Final, Protocol

__all__ = ["Listener", "add", "remove", "started", "stopped"]


class Listener(Protocol):
    """An object that is notified of the beginning and the end of each world."""

    def started(self, world: object) -> None:
        """Take note of a world that has just begun."""

    def stopped(self, world: object) -> None:
        """Take note of a world that has just ended."""


_LISTENERS: Final[list[Listener]] = []
"""Only the last one is notified: a pytest run inside a test of another pytest run has its own worlds."""


def add(listener: Listener) -> None:
    """Notify `listener` from now on."""
    _LISTENERS.append(listener)


def remove(listener: Listener) -> None:
    """Stop notifying `listener`."""
    _LISTENERS.remove(listener)


def started(world: object) -> None:
    """Notify the last listener of a world that has just begun."""
    for listener in _LISTENERS[-1:]:
        listener.started(world)


def stopped(world: object) -> None:
    """Notify the last listener of a world that has just ended."""
    for listener in _LISTENERS[-1:]:
        listener.stopped(world)
