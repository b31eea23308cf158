"""What a thread waits for, where the kernel tells: Linux lets a process know in which system call each of its threads waits.

With that and the place in its code, some waits are known for what they are at the first look, and are not watched for a while.
Without it each turn of a loop that calls by `asyncio.to_thread` or `run_in_executor` takes two such whiles, 16 ms.
"""

import platform
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import Any, Final

from sagemock.clock.linux import native_id, of_thread, thread_ids

__all__ = ["LOOKS", "Work", "has_nothing_to_do", "place"]

LOOKS: Final = {("joblib.parallel", "_retrieve"), ("joblib.parallel", "retrieve")}
"""Modules and functions that wait for threads of theirs by looking every few milliseconds, between which they sleep really."""

# The numbers of futex, of epoll_wait and epoll_pwait, of clock_nanosleep (include/uapi/asm-generic/unistd.h,
# arch/x86/entry/syscalls/syscall_64.tbl).
_FUTEX, _POLLS, _SLEEP = {"x86_64": (202, (232, 281), 230), "aarch64": (98, (22,), 115)}.get(platform.machine(), (-1, (), -1))
_WAIT_BITSET: Final = 9
"""The command by which glibc waits for a semaphore or a condition; for a mutex it is another one."""
_COMMAND: Final = 0x7F
# Where the arguments stand, after the number of the call. To poll without end is to poll for -1 ms: much, without its sign.
_OPERATION, _TIMEOUT = 2, 4
_SOON_MS: Final = 1000

# Where loops wait, and for whom: asyncio's, and trio's.
_LOOPS: Final = {
    (("selectors", "select"), ("asyncio.base_events", "_run_once")),
    (("trio._core._io_epoll", "get_events"), ("trio._core._run", "run")),
}

has_one_interpreter_lock: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)


class Work:
    """What the process has worked until now: the processor time that it had, and that for which its threads waited in vain.

    On a machine that is busy with something else a process that computes all the time is given little, and looks as if it waited.
    """

    def __init__(self) -> None:
        """Look."""
        self.spent_ns = time.process_time_ns()
        # Of each thread, since those of one that ends would be missed in a sum.
        self.waited_ns = dict(_waits_for_a_processor())

    def since_ns(self, before: "Work") -> int:
        """Return what was worked in between."""
        waited_ns = sum(waited_ns - before.waited_ns.get(number, 0) for number, waited_ns in self.waited_ns.items())
        return self.spent_ns - before.spent_ns + waited_ns


def _waits_for_a_processor() -> Iterator[tuple[str, int]]:
    """Return for how long each thread could have run and did not; nothing where the kernel does not tell."""
    for number in thread_ids():
        said = of_thread(number, "schedstat")
        if said is not None:
            yield number, int(said.split()[1])


def has_nothing_to_do(thread: threading.Thread) -> bool:
    """Return whether a thread waits for another one to give it something to do, and nobody has yet.

    So does a worker of a ThreadPoolExecutor whose queue is empty, one who sleeps between two looks at threads of its own, and
    asyncio's or trio's own loop, when it waits for nothing but calls of other threads and its timers. False where it cannot be
    told, as without an interpreter's lock, which holds the frames still.
    """
    call = _system_call(thread)
    if not call or not has_one_interpreter_lock():
        return False
    # It has been given nothing: whoever puts something into its queue, or calls its loop, makes it leave the system call.
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001  # the only way to another's
    if frame is None:
        return False
    if call[0] in _POLLS:
        caller = frame.f_back
        return (
            # One whose timer is about to go off has something to do; sagemock's own look at a loop is one.
            call[_TIMEOUT] >= _SOON_MS
            and caller is not None
            and (place(frame), place(caller)) in _LOOPS
            # Its own, by which threads call it.
            and len(_descriptors(frame.f_locals["self"])) <= 1
        )
    if call[0] == _SLEEP:
        looker = frame.f_back
        return _is_at(frame, "sagemock.patches.sleep", "__call__") and looker is not None and place(looker) in LOOKS
    return _waits_without_end(call) and _is_at(frame, "concurrent.futures.thread", "_worker")


def _descriptors(selector: Any) -> Collection[Any]:  # noqa: ANN401  # of whichever loop
    """Return what a loop waits for besides its timers."""
    found: Collection[Any] = selector.get_map() if hasattr(selector, "get_map") else selector._registered  # noqa: SLF001  # trio's
    return found


def _waits_without_end(call: list[int]) -> bool:
    return call[0] == _FUTEX and call[_OPERATION] & _COMMAND == _WAIT_BITSET and not call[_TIMEOUT]


def _system_call(thread: threading.Thread) -> list[int]:
    """Return the number and the arguments of the system call in which a thread is blocked; nothing where that is unknown."""
    if _FUTEX < 0:
        return []
    words = (of_thread(native_id(thread) or 0, "syscall") or b"").split()
    # "running", or "-1" with the stack: it is blocked in none.
    return [int(word, 0) for word in words[:7]] if len(words) > len(("-1", "stack", "place")) else []


def place(frame: FrameType) -> tuple[str, str]:
    """Return the names of the module and the function that a frame is in."""
    return str(frame.f_globals.get("__name__")), frame.f_code.co_name


def _is_at(frame: FrameType, module: str, function: str) -> bool:
    return place(frame) == (module, function)
