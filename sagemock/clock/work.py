"""The work of this process: what its threads computed, and what they would have computed on an idle machine."""

import time
from collections.abc import Iterator

from sagemock.clock.linux import of_thread, thread_ids

__all__ = ["Work"]


class Work:
    """The work of the process so far: its processor time, plus the time for which its threads were ready and got no processor.

    Without the second part, a process that computes all the time on a busy machine would look as if it waited.
    """

    def __init__(self) -> None:
        """Measure the present moment."""
        self.spent_ns = time.process_time_ns()
        # One number per thread: a sum would shrink when a thread ends.
        self.waited_ns = dict(_waits_for_a_processor())

    def since_ns(self, before: "Work") -> int:
        """Return the nanoseconds of work between two measurements."""
        waited_ns = sum(waited_ns - before.waited_ns.get(number, 0) for number, waited_ns in self.waited_ns.items())
        return self.spent_ns - before.spent_ns + waited_ns


def _waits_for_a_processor() -> Iterator[tuple[str, int]]:
    """Yield the number of each thread and the nanoseconds for which it was ready and got no processor, where known."""
    for number in thread_ids():
        schedstat = of_thread(number, "schedstat")
        if schedstat is not None:
            yield number, int(schedstat.split()[1])
