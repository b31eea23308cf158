"""Native threads, which Python does not know (duckdb's, polars', OpenMP's, gRPC's): whether one of them works (Linux only)."""

import threading
import time
from typing import Final

from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.linux import native_id, of_thread, processor_clock, state_in, thread_count, thread_ids
from sagemock.clock.real import real
from sagemock.clock.system_calls import blocked_by_number, other_ends, serves, sources, traffic

__all__ = ["Natives"]

_DUMMY: Final = threading._DummyThread  # noqa: SLF001  # there is no other way to know one
_SHARE: Final = 0.5
"""A native thread computes if it used a processor for more than this share of the time since the last look."""


class Natives:
    """Looks at the native threads of this process."""

    def __init__(self) -> None:
        self._spent_ns: dict[str, int] = {}
        self._looked_s: float = real.monotonic()

    def work(self, patience_s: float) -> bool:
        """Return whether a native thread computes, or waits for a connection to another process.

        Such a connection counts for `patience_s` from the moment at which something was last sent over it. Whether an answer is
        owed is not known: gRPC's connections also carry acknowledgements of their own.
        A thread that runs, is ready to run, or has mostly run since the last look computes. So does one that the kernel does not
        let wake up ("D"): it reads from a disk, or waits for a lock of the kernel's.
        """
        threads = threading.enumerate()
        # `threading` makes a thread of its own kind for each other one that has called it, in Python 3.10 and 3.11 for ever.
        if thread_count() <= len([thread for thread in threads if type(thread) is not _DUMMY]):
            return False
        known = {str(native_id(thread)) for thread in threads}
        numbers = [number for number in thread_ids() if number not in known]
        now_s: float = real.monotonic()
        elapsed_ns, self._looked_s = (now_s - self._looked_s) * 1e9, now_s
        before_ns, self._spent_ns = self._spent_ns, {}
        found = False
        for number in numbers:
            stat = of_thread(number, "stat")
            spent_ns = _spent_ns(int(number))
            if stat is None or spent_ns is None:
                continue
            self._spent_ns[number] = spent_ns
            used_ns = spent_ns - before_ns.get(number, spent_ns)
            computes = used_ns > elapsed_ns * _SHARE or state_in(stat) in {b"R", b"D"}
            found = found or computes or _asks(number, patience_s)
        return found


def _asks(number: str, patience_s: float) -> bool:
    """Return whether a thread waits for a connection to another process over which something was sent lately."""
    call = blocked_by_number(number)
    asking = [
        source
        for source in ([] if call is None else sources(call))
        if (seen := traffic(source)) is not None and seen.segments and seen.sent_ms < patience_s * 1000
    ]
    served = serves(asking)
    return any([source not in served and not other_ends([source]) for source in asking])  # noqa: C419  # see `clock.table`


def _spent_ns(number: int) -> int | None:
    """Return the processor time of a thread in nanoseconds; None if the thread has ended."""
    try:
        return time.clock_gettime_ns(processor_clock(number))
    except OSError as error:
        raise_if_foreign(error)
        return None
