"""Listeners of the process: they learn that a world begins or ends, whichever face a test uses.

The pytest plugin is one. It is loaded in every run, so this module does not import what worlds are made of (botocore).
"""

from typing import Final, Protocol

__all__ = ["Listener", "add", "remove", "started", "stopped"]


class Listener(Protocol):
    """Is notified of worlds."""

    def started(self, world: object) -> None:
        """Take note of a world that has just begun."""

    def stopped(self, world: object) -> None:
        """Take note of a world that has just ended."""


_LISTENERS: Final[list[Listener]] = []
"""Of several only the last is notified: a pytest that runs inside another's test has its own worlds."""


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
