"""Blocks of code in which a thread or task waits in real time, while virtual time stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = ["Pauses"]

_HERE: Final[ContextVar[tuple["Pauses", ...]]] = ContextVar("sagemock_pauses", default=())
"""The clocks that the calling thread or task has paused. A task that begins in such a block inherits them."""


class Pauses:
    """The blocks that pause one clock."""

    def __init__(self) -> None:
        self._blocks: dict[object, None] = {}

    @property
    def is_any(self) -> bool:
        """Whether any block pauses the clock, so that it must not go to a sleeper's deadline by itself."""
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
        """End all blocks: in a child process, their threads do not exist."""
        self._blocks.clear()
