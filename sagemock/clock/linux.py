"""What Linux tells about the threads of this process, and the kernel's number of each."""

import os
import threading
from functools import cache
from typing import Final
from weakref import WeakKeyDictionary

from sagemock.clock.interrupts import raise_if_foreign

__all__ = ["native_id", "of_interpreter", "of_thread", "processor_clock", "read", "state_in", "thread_count", "thread_ids"]

_THREADS: Final = "/proc/self/task"
_FORKED: Final[WeakKeyDictionary[threading.Thread, int]] = WeakKeyDictionary()
"""The thread that forked, and its number in the child: its `native_id` is still the one that it had in the parent."""


def _note_fork() -> None:
    _FORKED[threading.current_thread()] = threading.get_native_id()


if hasattr(os, "register_at_fork"):  # pragma: no branch  # not on Windows
    os.register_at_fork(after_in_child=_note_fork)


def native_id(thread: threading.Thread) -> int | None:
    """Return the kernel's number of a thread; None if the thread has not begun."""
    return (_FORKED and _FORKED.get(thread)) or thread.native_id


def of_thread(number: int | str, what: str) -> bytes | None:
    """Return the content of a thread's file `what` in /proc ("stat", "syscall"); None if there is none, as after its end."""
    return read(f"{_THREADS}/{number}/{what}")


def state_in(stat: bytes) -> bytes:
    """Return the state of a thread in the content of its file "stat": b"R" if it runs or is ready to run, b"S" if it waits."""
    return stat.rpartition(b") ")[2][:1]


def processor_clock(number: int) -> int:
    """Return the kernel's number for the processor clock of a thread (CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED), as glibc makes it.

    pthread_getcpuclockid would be undefined behaviour for a thread that has just ended; with this number, reading is an OSError.
    """
    return (~number << 3) | 6


def read(path: str) -> bytes | None:
    """Return the content of a file; None if it cannot be read."""
    try:
        with open(path, "rb", 0) as file:  # noqa: PTH123  # twice as fast
            return file.read()
    except OSError as error:
        raise_if_foreign(error)
        return None


@cache
def of_interpreter() -> range:
    """Return the addresses of the interpreter's own static data; an empty range if they are not known.

    There is the futex of the GIL, as the object `None` is; a lock is on the heap or on a stack. Seen in Python 3.10 to 3.13, as a
    program and as a shared library; musl's conditions are on the stack.
    """
    for line in (read("/proc/self/maps") or b"").splitlines():
        first, _, last = line.split(maxsplit=1)[0].partition(b"-")
        addresses = range(int(first, 16), int(last, 16))
        if id(None) in addresses:
            return addresses
    return range(0)


def thread_count() -> int:
    """Return how many threads this process has; 0 where the kernel cannot say."""
    try:
        # The directory has one link for itself, one from its parent, and one per thread. A count is faster than a list.
        return os.stat(_THREADS).st_nlink - 2  # noqa: PTH116  # twice as fast
    except OSError as error:
        raise_if_foreign(error)
        return 0


def thread_ids() -> list[str]:
    """Return the kernel's numbers of this process's threads; an empty list where the kernel cannot say."""
    try:
        return os.listdir(_THREADS)  # noqa: PTH208  # a name is all
    except OSError as error:
        raise_if_foreign(error)
        return []
