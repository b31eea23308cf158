"""The reason why a thread waits, and what that reason means for time (law 7), as one table.

Linux tells a process in which system call each of its threads waits. That, and the thread's position in its code, give the reason
at the first look. Where the reason is unknown the thread is watched (`sagemock.clock.stillness`).
"""

import os
import sys
import threading
from collections.abc import Callable
from enum import Enum
from types import FrameType
from typing import Final, NamedTuple

from sagemock.clock import children
from sagemock.clock.frames import frame_of, is_at, place
from sagemock.clock.linux import native_id, of_interpreter, of_thread, state_in
from sagemock.clock.system_calls import (
    EVENTFD,
    PIDFD,
    POLLS,
    WRITES,
    Call,
    blocked_in,
    descriptors,
    goes_to,
    is_known_here,
    is_pair,
    is_pipe,
    is_ready,
    is_terminal,
    is_within,
    serves,
    time_out_ms,
)

__all__ = [
    "LOOKS",
    "MEANING",
    "OUTSIDE",
    "UNKNOWN",
    "Time",
    "Wait",
    "Why",
    "is_idle_worker",
    "is_own_wake_up",
    "is_sleep",
    "lasts",
    "looks_outside",
    "tells",
    "why",
]


class Time(Enum):
    """The effect of a wait on virtual time."""

    FREE = "time moves on"
    HELD = "time is held"
    PATIENCE = "time is held for `patience`, once for each wait"
    WATCHED = "time is held until the thread was seen to stand still for a few milliseconds"


class Why(Enum):
    """The reason why a thread waits, or that it does not."""

    RUNS = "it runs, or waits for a processor, the GIL or a mutex of native code"
    IDLE = "it is an idle worker of a ThreadPoolExecutor, or manages a pool of processes that has no work"
    LOCK = "it waits for a lock, which another thread gives"
    TIMED_LOCK = "it waits for a lock with a timeout"
    SERVES = "it waits for callers: at a listening socket, a connection that came in, or a loop's own wake-up"
    LOOKS = "it looks at threads of its own from time to time (joblib)"
    SLEEPS = "it really sleeps, as a heartbeat does between two beats"
    PERSON = "it reads or writes a terminal, or a pipe that has its other end outside of this process"
    CHILD = "it waits for a child process"
    WITHIN = "it waits for a connection whose other end is in this process, and nothing is on the way"
    OUTSIDE = "it waits for a socket, a file lock, or a pipe or semaphore that a child may have"
    UNKNOWN = "the kernel does not say, or it is none of these"


class Meaning(NamedTuple):
    """The effect of a wait on time, which depends on the thread, and how the wait is recognised."""

    entered: Time
    """For the thread that entered the mock."""
    others: Time
    """For another thread of the mock."""
    older: Time
    """For a thread that is older than the mock. It only matters while a thread of the mock may wait for it.

    PATIENCE only counts while it `goes_on`: an answer is owed, or it waits for a child that is young.
    """
    evidence: str


MEANING: Final = {
    Why.RUNS: Meaning(
        Time.HELD,
        Time.HELD,
        Time.HELD,
        "/proc/self/task/*/stat says R, or syscall says running; futex, but not WAIT_BITSET; a futex in the interpreter's own "
        "data: the GIL; an epoll that has something to report; __shutdown_request",
    ),
    Why.IDLE: Meaning(
        Time.FREE, Time.FREE, Time.FREE, "as LOCK, in concurrent.futures.thread._worker; the pool's own table of its work"
    ),
    Why.LOCK: Meaning(
        Time.WATCHED, Time.WATCHED, Time.WATCHED, "futex WAIT_BITSET without a timeout: glibc's semaphores and conditions"
    ),
    Why.TIMED_LOCK: Meaning(
        Time.WATCHED, Time.WATCHED, Time.WATCHED, "futex WAIT_BITSET with a timeout; with musl's C library also the GIL"
    ),
    Why.SERVES: Meaning(
        Time.FREE, Time.FREE, Time.FREE, "accept; SO_ACCEPTCONN; a port at which this process listens; an eventfd"
    ),
    Why.LOOKS: Meaning(Time.FREE, Time.FREE, Time.FREE, "clock_nanosleep, below the functions in LOOKS"),
    Why.SLEEPS: Meaning(
        Time.WATCHED,
        Time.FREE,
        Time.FREE,
        "nanosleep, clock_nanosleep; a poll or select of nothing; as OUTSIDE in real_time_modules",
    ),
    Why.PERSON: Meaning(
        Time.HELD, Time.PATIENCE, Time.PATIENCE, "read, write; isatty, or a pipe of which this process has one end"
    ),
    Why.CHILD: Meaning(
        Time.HELD, Time.PATIENCE, Time.PATIENCE, "wait4, waitid; a poll or sleep below subprocess and multiprocessing"
    ),
    Why.WITHIN: Meaning(
        Time.WATCHED, Time.WATCHED, Time.FREE, "addresses and TCP_INFO; as OUTSIDE while another thread may answer in real time"
    ),
    Why.OUTSIDE: Meaning(
        Time.PATIENCE,
        Time.PATIENCE,
        Time.PATIENCE,
        "recv*, send*, connect, polls, a pidfd, flock, fcntl, openat; with a child, a shared futex, rt_sig*, pause, inotify",
    ),
    Why.UNKNOWN: Meaning(Time.WATCHED, Time.WATCHED, Time.FREE, "any other call; other systems than Linux on x86_64 and aarch64"),
}
"""The only definition of what each reason means for time."""


class Wait(NamedTuple):
    """A wait of a thread. Two waits are the same if the system call and its arguments are equal."""

    why: Why
    call: Call | None = None
    timeout_ms: int = -1
    """The timeout of the system call in milliseconds; negative if there is none, or if it is unknown."""


UNKNOWN: Final = Wait(Why.UNKNOWN)
LOOKS: Final = {("joblib.parallel", "_retrieve"), ("joblib.parallel", "retrieve")}
"""Modules and functions that wait for their own threads in a loop with real sleeps of a few milliseconds."""

FOR_NATIVES: Final = {Why.LOCK, Why.TIMED_LOCK, Why.UNKNOWN}
"""The reasons that may hide a wait for a native thread: time is held while such a thread computes."""

OUTSIDE: Final = {Why.PERSON, Why.CHILD, Why.OUTSIDE}
"""The reasons that are outside this process."""

_NOT_TO_BE_WOKEN: Final = b"D"
"""The state of a thread that waits for the kernel, and goes on by itself."""
_WAIT_BITSET: Final = 9
"""FUTEX_WAIT_BITSET, by which glibc waits for a semaphore or a condition; for a mutex it uses another command."""
_COMMAND: Final = 0x7F
_PRIVATE: Final = 128
"""FUTEX_PRIVATE_FLAG: the bit of an operation on a futex that no other process has."""
# The positions of the arguments. A poll without a timeout has -1 ms, which as an unsigned number is large.
_OPERATION, _TIMEOUT, _POLL_TIMEOUT = 1, 3, 2
_SOON_MS: Final = 1000
_WITHOUT_END: Final = 1 << 31
_ENDS: Final = "_BaseServer__shutdown_request"
"""The attribute by which `socketserver.BaseServer.shutdown` tells a server to end, and then waits until it has."""
_OUR_SLEEP: Final = "sagemock.patches.sleep", "__call__"
_OUR_STEPS: Final = "sagemock.clock."
"""The modules that sleep for a moment only, and then go on: before a fork, or until a move has ended."""
_SLEEPS: Final = {"nanosleep", "clock_nanosleep"}
_FOR_SIGNALS: Final = {"rt_sigtimedwait", "rt_sigsuspend", "pause"}
_READS_AND_WRITES: Final = ("read", "readv", "pread64", *WRITES)
_FOR_DATA: Final = (*POLLS, *_READS_AND_WRITES)
_FOR_CHILDREN: Final = (
    "subprocess",
    "multiprocessing.popen_fork",
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.process",
)

# The functions of the threads that manage a pool of `multiprocessing`, and which argument is the table of its work.
_POOLS: Final = {
    ("multiprocessing.pool", "Pool._handle_workers"): 0,
    ("multiprocessing.pool", "Pool._handle_results"): 2,
}

# The functions in which asyncio's and trio's event loops wait, each with its caller.
_TRIO: Final = "trio._core._io_epoll", "get_events"
_LOOPS: Final = {
    (("selectors", "select"), ("asyncio.base_events", "_run_once")),
    (_TRIO, ("trio._core._run", "run")),
}
_INOTIFY: Final = "anon_inode:inotify"

has_one_interpreter_lock: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)


def tells() -> bool:
    """Return whether this system says why threads wait."""
    return is_known_here() and has_one_interpreter_lock()


def why(thread: threading.Thread) -> Wait:  # noqa: C901, PLR0911  # a table of calls
    """Return why a thread waits at this moment."""
    call = blocked_in(thread)
    # An epoll with something to report is about to return, whether or not the thread has a processor yet.
    if call is None or (call.name.startswith("epoll") and is_ready(call.arguments[0])):
        return Wait(Why.RUNS)
    name, arguments = call
    if name == "futex":
        return _futex(thread, call)
    if name.startswith("accept"):
        return Wait(Why.SERVES, call)
    if name in _SLEEPS:
        return Wait(_why_it_sleeps(thread), call)
    if name.startswith("wait"):
        return Wait(Why.CHILD, call)
    if name in _FOR_DATA and _manages_an_idle_pool(thread):
        return Wait(Why.IDLE, call)
    if name in POLLS:
        return _poll(thread, call)
    if name in _READS_AND_WRITES:
        return Wait(_why_of_file(arguments[0]), call)
    if name in _FOR_SIGNALS:
        # Without a child, a thread of this process is to send it.
        return Wait(Why.OUTSIDE if children.there_are() else Why.UNKNOWN, call)
    if name.startswith(("recv", "send")):
        return Wait(_why_of_socket(arguments[0]), call)
    if not name and state_in(of_thread(native_id(thread) or 0, "stat") or b"") == _NOT_TO_BE_WOKEN:
        # It starts a child, say.
        return Wait(Why.RUNS)
    return Wait(Why.OUTSIDE if name else Why.UNKNOWN, call)


def lasts(wait: Wait) -> bool:
    """Return whether the reason for a wait is the same until the thread runs again.

    Another one may not be: a pool gets work, a server is told to end, and a child inherits a pipe, while the thread that waits
    for it stands still.
    """
    if wait.call is None:
        return False
    if wait.call.name == "futex":
        return wait.why in {Why.IDLE, Why.LOCK} and bool(wait.call.arguments[_OPERATION] & _PRIVATE)
    return wait.why is Why.SERVES and wait.call.name.startswith(("accept", "epoll"))


def is_sleep(call: Call) -> bool:
    """Return whether a system call only lets time pass: before Python 3.11, `time.sleep` is a `select` of nothing."""
    return call.name in _SLEEPS or (call.name in {"select", "pselect6"} and not descriptors(call))


def looks_outside(thread: threading.Thread, wait: Wait) -> bool:
    """Return whether a thread really sleeps between two looks at something real: its module is one of real time."""
    frame = frame_of(thread) if wait.why is Why.SLEEPS else None
    return frame is not None and is_at(frame, *_OUR_SLEEP)


def is_idle_worker(thread: threading.Thread) -> bool:
    """Return whether a thread is a worker of a ThreadPoolExecutor that waits for work."""
    frame = frame_of(thread)
    return frame is not None and is_at(frame, "concurrent.futures.thread", "_worker")


def _manages_an_idle_pool(thread: threading.Thread) -> bool:
    """Return whether a thread manages a pool of processes that has no work: of concurrent.futures, loky or multiprocessing."""
    if type(thread).__name__ == "_ExecutorManagerThread":
        # At its end it waits for its processes.
        is_ending = getattr(thread, "is_shutting_down", bool)()
        return not (is_ending or getattr(thread, "pending_work_items", True))
    # A thread has these only while it runs.
    target, arguments = getattr(thread, "_target", None), getattr(thread, "_args", ())
    position = _POOLS.get((getattr(target, "__module__", ""), getattr(target, "__qualname__", "")))
    return position is not None and position < len(arguments) and not arguments[position]


def _futex(thread: threading.Thread, call: Call) -> Wait:
    address, operation, timeout = call.arguments[0], call.arguments[_OPERATION], call.arguments[_TIMEOUT]
    if operation & _COMMAND != _WAIT_BITSET or address in of_interpreter():
        return Wait(Why.RUNS, call)
    if not operation & _PRIVATE and children.there_are():
        # A semaphore of `multiprocessing`.
        return Wait(Why.OUTSIDE, call, time_out_ms(call))
    return Wait(Why.TIMED_LOCK if timeout else _why_it_locks(thread), call)


def _why_it_locks(thread: threading.Thread) -> Why:
    return Why.IDLE if is_idle_worker(thread) else Why.LOCK


def _why_it_sleeps(thread: threading.Thread) -> Why:
    frame = frame_of(thread)
    if frame is not None and place(frame)[0].startswith(_OUR_STEPS):
        return Why.RUNS
    if frame is None or not is_at(frame, *_OUR_SLEEP) or frame.f_back is None:
        return Why.SLEEPS
    caller = place(frame.f_back)
    if caller in LOOKS:
        return Why.LOOKS
    return Why.CHILD if caller[0] in _FOR_CHILDREN else Why.SLEEPS


def _why_of_file(descriptor: int) -> Why:
    where = goes_to(descriptor)
    if where.startswith("socket:"):
        return _why_of_socket(descriptor)
    if where == PIDFD:
        return Why.OUTSIDE
    if where == _INOTIFY:
        # Without a child, a thread of this process is to write the file.
        return Why.OUTSIDE if children.there_are() else Why.UNKNOWN
    if is_pipe(descriptor):
        if _ends_here(where) < len(("its read end", "its write end")):
            return Why.PERSON
        return Why.OUTSIDE if children.have_open(where) else Why.LOCK
    return Why.PERSON if where and is_terminal(descriptor) else Why.UNKNOWN


def _why_of_socket(number: int) -> Why:
    if serves([number]):
        return Why.SERVES
    if is_own_wake_up(number):
        return Why.LOCK
    return Why.WITHIN if is_within(number) else Why.OUTSIDE


def _ends_here(pipe: str) -> int:
    return [goes_to(int(name)) for name in os.listdir("/proc/self/fd")].count(pipe)  # noqa: PTH208  # a name is all


def _poll(thread: threading.Thread, call: Call) -> Wait:
    timeout_ms = -1
    if call.name in {"poll", "epoll_wait", "epoll_pwait"}:
        timeout_ms = call.arguments[_POLL_TIMEOUT if call.name == "poll" else _TIMEOUT] & 0xFFFF_FFFF
        timeout_ms = -1 if timeout_ms >= _WITHOUT_END else timeout_ms
    numbers = descriptors(call)
    frame = frame_of(thread)
    if frame is not None and frame.f_back is not None and (place(frame), place(frame.f_back)) in _LOOPS:
        has_a_child = place(frame) == _TRIO and PIDFD in map(goes_to, numbers)
        if 0 <= timeout_ms < _SOON_MS and not has_a_child:
            # The loop's next timer is due soon, so it has something to do; sagemock's own poll of a loop looks the same.
            return Wait(Why.UNKNOWN, call, timeout_ms)
        # A single descriptor is the loop's own wake-up, by which threads call it.
        numbers = numbers if len(numbers) > 1 else []
        if not numbers:
            return Wait(Why.SERVES, call, timeout_ms)
    is_for_a_child = frame is not None and place(frame)[0] in _FOR_CHILDREN
    if not numbers or is_for_a_child:
        # A poll without descriptors is a sleep, as in `time.sleep` before Python 3.11.
        return Wait(Why.CHILD if is_for_a_child and numbers else _why_it_sleeps(thread), call, timeout_ms)
    kinds = {number: goes_to(number) for number in numbers}
    sockets = [number for number, where in kinds.items() if where.startswith("socket:")]
    serving = serves(sockets)
    whys = {_why_of_file(number) for number in kinds.keys() - sockets if kinds[number] != EVENTFD}
    if whys & {Why.PERSON, Why.CHILD}:
        return Wait(Why.PERSON, call, timeout_ms)
    outside = [number for number in sockets if number not in serving and not is_own_wake_up(number)]
    if outside or Why.OUTSIDE in whys:
        is_here = Why.OUTSIDE not in whys and all(map(is_within, outside))
        return Wait(Why.WITHIN if is_here else Why.OUTSIDE, call, timeout_ms)
    server = _server(frame)
    # As above, for an event loop of a library whose frames are unknown. A socketserver looks twice a second whether to end.
    is_soon = 0 <= timeout_ms < _SOON_MS and server is None
    found = Why.RUNS if getattr(server, _ENDS, False) else Why.UNKNOWN if is_soon else Why.SERVES
    return Wait(found, call, timeout_ms)


def is_own_wake_up(number: int) -> bool:
    """Return whether a socket is a loop's own wake-up: one end of an unnamed pair of which no child has an end."""
    return is_pair(number) and not children.have_open("socket:")


def _server(frame: FrameType | None) -> object:
    """Return the `socketserver.BaseServer` that waits for callers in a frame; None if it is another wait."""
    caller = None if frame is None else frame.f_back
    return caller.f_locals.get("self") if caller is not None and is_at(caller, "socketserver", "serve_forever") else None
