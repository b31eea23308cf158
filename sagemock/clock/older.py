"""The threads that keep real time: those that are older than a mock, and those of a server that serves it."""

import threading
from collections.abc import Iterable, Iterator, MutableSet
from weakref import WeakSet

from sagemock.clock import forks

__all__ = ["OlderThreads"]


class OlderThreads(MutableSet[threading.Thread]):
    """A set of threads that does not keep them alive, and to which a thread may be added while another one iterates."""

    def __init__(self, threads: Iterable[threading.Thread] = ()) -> None:
        # Replaced and never changed: a WeakSet that grows while it is iterated over raises.
        self._threads = WeakSet(threads)
        self._lock = forks.lock()

    def update(self, threads: Iterable[threading.Thread]) -> None:
        """Count threads among them from now on."""
        with self._lock:
            self._threads = WeakSet([*self._threads, *threads])

    def add(self, value: threading.Thread) -> None:
        """Count a thread among them from now on."""
        self.update([value])

    def discard(self, value: threading.Thread) -> None:
        """Count a thread among them no more."""
        if value in self._threads:
            with self._lock:
                self._threads = WeakSet(thread for thread in self._threads if thread is not value)

    def __contains__(self, thread: object) -> bool:
        return thread in self._threads

    def __iter__(self) -> Iterator[threading.Thread]:
        return iter(self._threads)

    def __len__(self) -> int:
        return len(self._threads)
