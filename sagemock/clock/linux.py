"""What the kernel says of the threads of this process (Linux), and by which number it knows them."""

import os
import threading
from typing import Final
from weakref import WeakKeyDictionary

from sagemock.clock.interrupts import raise_if_foreign

__all__ = ["native_id", "of_thread", "processor_clock", "read", "thread_count", "thread_ids"]

_THREADS: Final = "/proc/self/task"
_FORKED: Final[WeakKeyDictionary[threading.Thread, int]] = WeakKeyDictionary()
"""The thread that went on in the child after a fork: `threading` says of it what was true in the parent."""


def _note_fork() -> None:
    _FORKED[threading.current_thread()] = threading.get_native_id()


if hasattr(os, "register_at_fork"):  # pragma: no branch  # not on Windows
    os.register_at_fork(after_in_child=_note_fork)


def native_id(thread: threading.Thread) -> int | None:
    """Return the kernel's number of a thread, None if it has not begun."""
    return (_FORKED and _FORKED.get(thread)) or thread.native_id


def of_thread(number: int | str, what: str) -> bytes | None:
    """Return what the kernel says of a thread in one of its files; None where it says nothing, as of one that has ended."""
    return read(f"{_THREADS}/{number}/{what}")


def processor_clock(number: int) -> int:
    """Return the kernel's number for the processor clock of a thread (CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED), as glibc makes it.

    By pthread_getcpuclockid it would be undefined behaviour where the thread has just ended; so it is an error.
    """
    return (~number << 3) | 6


def read(path: str) -> bytes | None:
    """Return what stands in a file, None if it cannot be read."""
    try:
        with open(path, "rb", 0) as file:  # noqa: PTH123  # twice as fast
            return file.read()
    except OSError as error:
        raise_if_foreign(error)
        return None


def thread_count() -> int:
    """Return how many threads this process has, 0 where the kernel does not tell."""
    try:
        # A directory has a link for itself, one from its parent, and one for each thread: no list is made.
        return os.stat(_THREADS).st_nlink - 2  # noqa: PTH116  # twice as fast
    except OSError as error:
        raise_if_foreign(error)
        return 0


def thread_ids() -> list[str]:
    """Return the numbers of the threads of this process, none where the kernel does not tell."""
    try:
        return os.listdir(_THREADS)  # noqa: PTH208  # a name is all
    except OSError as error:
        raise_if_foreign(error)
        return []
