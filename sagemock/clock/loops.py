"""The polls and sleeps of one thread or task, since the last change that matters to it (law 9)."""

import asyncio
import threading
from collections.abc import Hashable
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakKeyDictionary

__all__ = ["Loop", "Loops"]


class Loop:
    """What one thread or task has polled and slept."""

    def __init__(self) -> None:
        self.has_asked = False
        """Whether this thread or task has ever asked SageMaker about a job."""
        self.changes = 0
        """The number of changes at the moment at which this count began."""
        self.begin()

    def begin(self) -> None:
        """Start all counts at zero."""
        self.polls: dict[Hashable, int] = {}
        """How often each call was made."""
        self.familiar = self.lists = self.sleeps = self.slept_us = 0
        self.until_us: int | None = None
        """The instant until which a job can change that this thread or task asked about; None if it asked about none."""

    def asked(self, until_us: int) -> None:
        """Note a question about jobs that can change until an instant."""
        self.has_asked = True
        self.until_us = until_us if self.until_us is None else max(self.until_us, until_us)


class Loops:
    """The loops of all threads and tasks of one mock."""

    def __init__(self) -> None:
        self._changes = 0
        self._of_threads: WeakKeyDictionary[threading.Thread, Loop] = WeakKeyDictionary()
        self._of_tasks: WeakKeyDictionary[asyncio.Task[Any], Loop] = WeakKeyDictionary()
        # The context variable is for `asyncio.to_thread`: what the thread does counts for the task.
        self._here: Final[ContextVar[Loop | None]] = ContextVar("sagemock_loop", default=None)

    def changed(self) -> None:
        """Let all loops start their counts at zero: some caller changed something."""
        self._changes += 1

    def mine(self) -> Loop:
        """Return the loop of the calling thread or task."""
        # Ask for the running loop first: without one, current_task() raises.
        task = asyncio.current_task() if asyncio._get_running_loop() is not None else None  # noqa: SLF001  # as above
        found = self._of_task(task) if task is not None else self._here.get() or self._of_thread()
        if found.changes != self._changes:
            found.changes = self._changes
            found.begin()
        return found

    def _of_task(self, task: "asyncio.Task[Any]") -> Loop:
        found = self._of_tasks.get(task)
        if found is None:
            found = self._of_tasks[task] = Loop()
            self._here.set(found)
        return found

    def _of_thread(self) -> Loop:
        me = threading.current_thread()
        found = self._of_threads.get(me)
        return self._of_threads.setdefault(me, Loop()) if found is None else found
