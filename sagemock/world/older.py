"""The threads that keep real time: those that are older than a mock, and those of a server that serves it."""

import threading
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from weakref import WeakSet

__all__ = ["OlderThreads"]


class OlderThreads(AbstractSet[threading.Thread]):
    """A set of threads that does not keep them alive, and to which a thread may be added while another one iterates."""

    def __init__(self, threads: Iterable[threading.Thread]) -> None:
        # Replaced and never added to: a WeakSet that grows while it is iterated over raises.
        self._threads = WeakSet(threads)
        self._lock = threading.Lock()

    def add(self, thread: threading.Thread) -> None:
        """Count a thread among them from now on."""
        with self._lock:
            self._threads = WeakSet([*self._threads, thread])

    def __contains__(self, thread: object) -> bool:
        return thread in self._threads

    def __iter__(self) -> Iterator[threading.Thread]:
        return iter(self._threads)

    def __len__(self) -> int:
        return len(self._threads)
