"""What a wait for another process or another thread depends on: who owes an answer, and who may give it (law 7)."""

import signal
import threading
from collections.abc import Iterable
from typing import Final

from sagemock.clock import children
from sagemock.clock.real import real
from sagemock.clock.system_calls import (
    PIDFD,
    POLLS,
    WRITES,
    Call,
    blocked_in,
    callers_wait,
    descriptors,
    goes_to,
    listens,
    other_ends,
    owes_an_answer,
    pid_of,
    serves,
    sources,
    traffic,
)
from sagemock.clock.waits import OUTSIDE, Wait, Why, why

__all__ = [
    "asked_since_s",
    "connections",
    "goes_on",
    "has_received",
    "is_loop_idle",
    "may_be_answered",
    "may_be_called",
    "may_be_signalled",
    "serves_a_child",
]

_ANSWERS: Final = {Why.RUNS, Why.SLEEPS, *OUTSIDE}
"""The reasons of a thread of the mock that may give an answer without virtual time."""

_FOR_CALLERS: Final = {Why.SERVES, Why.UNKNOWN}
"""The reasons of a wait for callers. With a timeout of less than a second, the reason is not known: see `clock.waits`."""

_P_PID: Final = 1
"""By this argument, `waitid` waits for one process. Not every system has it."""
_LARGEST: Final = 1 << 31
"""A negative argument, which stands for several processes, is larger."""

# Those of a keyboard and of this process's own timers do not come from a child.
_NOT_SENT: Final = {"SIGINT", "SIGALRM", "SIGVTALRM", "SIGPROF"}
_SIGNALS: Final = [one for one in signal.Signals if one.name not in _NOT_SENT]


def goes_on(wait: Wait, within_s: float) -> bool:
    """Return whether a thread older than the mock may soon go on that waits for something outside.

    A connection owes it an answer, or it waits for a child that was started less than `within_s` real seconds ago. The reason of
    an event loop is UNKNOWN if its next timer is due soon.
    """
    if wait.call is None or not (wait.why in OUTSIDE or (wait.why is Why.UNKNOWN and wait.call.name in POLLS)):
        return False
    name, to_write = wait.call.name, wait.call.name in WRITES
    numbers = descriptors(wait.call) if to_write else sources(wait.call)
    if wait.why is Why.CHILD and not numbers:
        child = _child_of(wait.call)
        # The thread may look only from time to time whether the child has ended.
        return children.are_young_for_s(within_s, lambda one: child in {None, one}, also_ended=True) > 0
    is_read = not name.startswith("epoll")
    asking = set(numbers) - serves(numbers)
    if any([owes_an_answer(one, within_s, is_read=is_read) for one in asking]):  # noqa: C419  # as in `may_be_answered`
        return True
    kinds = {number: goes_to(number) for number in numbers}
    awaited = {pid_of(number) for number, where in kinds.items() if where == PIDFD}
    pipes = {where for where in kinds.values() if where.startswith("pipe:")}

    def is_meant(child: str) -> bool:
        return child in awaited or any([children.has_end(child, pipe, to_write=not to_write) for pipe in pipes])  # noqa: C419

    return bool(awaited or pipes) and children.are_young_for_s(within_s, is_meant) > 0


def _child_of(call: Call) -> str | None:
    """Return the number of the child for which a call waits, as text; None if that may be any."""
    first, second = call.arguments[:2]
    number = {"wait4": first, "waitid": second if first == _P_PID else 0}.get(call.name, 0)
    return str(number) if 0 < number < _LARGEST else None


def has_received(numbers: Iterable[int], within_s: float) -> bool:
    """Return whether one of these connections has received data within the last real seconds, as far as the kernel tells."""
    # A list, as in `may_be_answered`.
    found = [one for one in map(traffic, numbers) if one is not None]
    return any([one.received > 0 and one.received_ms < within_s * 1000 for one in found])  # noqa: C419


def connections(wait: Wait) -> list[int]:
    """Return the descriptors for which a thread waits, of connections and whatever else; none unless it waits for data."""
    return [] if wait.call is None else sources(wait.call)


def asked_since_s() -> float | None:
    """Return the real instant since which another process, a child say, waits for an answer of this one; None if there is none.

    The answer may need virtual time.
    """
    asked = callers_wait()
    if asked:
        for thread in threading.enumerate():
            call = blocked_in(thread)
            # A thread that reads the connection waits for more of the request. A loop always watches all of its connections.
            if call is not None and not call.name.startswith("epoll"):
                asked.difference_update(sources(call))
    silent_ms = [found.received_ms for found in map(traffic, asked) if found is not None]
    return real.monotonic() - max(silent_ms) / 1000 if silent_ms else None


def is_loop_idle(wait: Wait) -> bool:
    """Return whether a thread waits in the epoll of an event loop, for callers or for other threads."""
    return wait.why in _FOR_CALLERS and wait.call is not None and wait.call.name.startswith("epoll")


def serves_a_child(wait: Wait) -> bool:
    """Return whether a thread waits for callers, not in a loop, while there is a child process, which may be about to call."""
    if wait.why not in _FOR_CALLERS or wait.call is None or wait.call.name.startswith("epoll"):
        return False
    return children.there_are() and (wait.why is Why.SERVES or bool(serves(connections(wait))))


def may_be_called(within_s: float) -> bool:
    """Return whether a child that was started less than `within_s` real seconds ago may call a server here, or send a signal."""
    handles_signals = _handles_signals()
    # A child that has ended cannot call, but its last signal may not have been handled yet.
    return children.are_young_for_s(within_s, also_ended=handles_signals) > 0 and (handles_signals or listens())


def may_be_signalled() -> bool:
    """Return whether there is a child process, and a function of Python handles a signal that it may send."""
    return not children.are_none() and _handles_signals()


def _handles_signals() -> bool:
    """Return whether a function of Python handles a signal that a child may send, by its end, say."""
    return any([callable(signal.getsignal(number)) for number in _SIGNALS])  # noqa: C419  # a list, as below


def may_be_answered(
    numbers: Iterable[int], threads: Iterable[threading.Thread], older: Iterable[threading.Thread], within_s: float
) -> bool:
    """Return whether an answer on one of these connections within this process may come without virtual time.

    A thread of the mock, or an older one, may give it: it works, really sleeps, or waits outside (the older one as in `goes_on`).
    """
    # Lists, because of signal handlers: see `clock.table` on generators.
    if any([why(one).why in _ANSWERS for one in threads]):  # noqa: C419
        return True
    ends = other_ends(numbers)
    return any([_may_answer(one, ends, within_s) for one in older])  # noqa: C419


def _may_answer(older: threading.Thread, ends: set[int], within_s: float) -> bool:
    wait = why(older)
    # A loop with a timer may sleep really: before it answers on one of these connections, or if the timer is about to go off.
    is_timed = wait.timeout_ms >= 0 and (wait.why is Why.UNKNOWN or not ends.isdisjoint(connections(wait)))
    return is_timed or wait.why in {Why.RUNS, Why.SLEEPS} or goes_on(wait, within_s)
