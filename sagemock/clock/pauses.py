"""Blocks in which the calling thread or task waits really, and virtual time waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = ["Pauses"]

_HERE: Final[ContextVar[tuple["Pauses", ...]]] = ContextVar("sagemock_pauses", default=())
"""The clocks that the calling thread or task has paused, as it knows; a task that was begun in such a block has a copy."""


class Pauses:
    """The blocks of one clock that are paused."""

    def __init__(self) -> None:
        self._blocks: dict[object, None] = {}

    @property
    def is_any(self) -> bool:
        """Whether the clock must not go to a sleeper's deadline by itself."""
        return bool(self._blocks)

    @property
    def is_here(self) -> bool:
        """Whether the calling thread or task is in such a block."""
        return bool(self._blocks) and self in _HERE.get()

    @contextmanager
    def block(self) -> Iterator[None]:
        """Pause the clock for the calling thread or task."""
        mark = object()
        before = _HERE.get()
        self._blocks[mark] = None
        try:
            _HERE.set((*before, self))
            yield
        finally:
            self._blocks.pop(mark, None)
            _HERE.set(before)

    def end(self) -> None:
        """End all blocks: their threads do not exist in a child."""
        self._blocks.clear()
