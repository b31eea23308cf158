"""The threads that keep real time: threads that are older than a mock, and threads of a server that serves it."""

import threading
from collections.abc import Iterable, Iterator, MutableSet
from weakref import WeakSet

from sagemock.clock import forks

__all__ = ["OlderThreads"]


class OlderThreads(MutableSet[threading.Thread]):
    """A weak set of threads, to which one thread may add while another thread iterates."""

    def __init__(self, threads: Iterable[threading.Thread] = ()) -> None:
        # Replaced and never changed: a WeakSet that grows while it is iterated over raises.
        self._threads = WeakSet(threads)
        self._lock = forks.lock()

    def update(self, threads: Iterable[threading.Thread]) -> None:
        """Add threads."""
        with self._lock:
            self._threads = WeakSet([*self._threads, *threads])

    def add(self, value: threading.Thread) -> None:
        """Add a thread."""
        self.update([value])

    def discard(self, value: threading.Thread) -> None:
        """Remove a thread, if the set has it."""
        if value in self._threads:
            with self._lock:
                self._threads = WeakSet(thread for thread in self._threads if thread is not value)

    def __contains__(self, thread: object) -> bool:
        return thread in self._threads

    def __iter__(self) -> Iterator[threading.Thread]:
        return iter(self._threads)

    def __len__(self) -> int:
        return len(self._threads)
