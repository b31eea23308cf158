"""Programs in which threads wait, by name: what the world outside does to virtual time, and waits with a time-out."""

from collections.abc import Callable
from typing import Final

from benchmarks.waiting import loops, outside, pools, threads
from benchmarks.waiting.scenario import Outcome

__all__ = ["SCENARIOS"]

SCENARIOS: Final[dict[str, Callable[[], Outcome]]] = {
    **outside.SCENARIOS,
    **loops.SCENARIOS,
    **threads.SCENARIOS,
    **pools.SCENARIOS,
}
