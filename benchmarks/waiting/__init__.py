"""Programs in which threads wait, by name: waits for something outside the process, and waits with a timeout."""

from collections.abc import Callable
from typing import Final

from benchmarks.waiting.loops import SCENARIOS as LOOPS
from benchmarks.waiting.outside import SCENARIOS as OUTSIDE
from benchmarks.waiting.pools import SCENARIOS as POOLS
from benchmarks.waiting.scenario import Outcome
from benchmarks.waiting.threads import SCENARIOS as THREADS
from benchmarks.waiting.within import SCENARIOS as WITHIN

__all__ = ["SCENARIOS"]

SCENARIOS: Final[dict[str, Callable[[], Outcome]]] = {
    **OUTSIDE,
    **LOOPS,
    **THREADS,
    **POOLS,
    **WITHIN,
}
