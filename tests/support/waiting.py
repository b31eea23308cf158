"""Wait in real time for another thread."""

from collections.abc import Callable

from sagemock.clock.real import real

__all__ = ["PATIENCE_S", "eventually"]

PATIENCE_S = 60
"""What a machine may take for anything: a test that waits longer has hung, or waited for real what should pass at once."""


def eventually(holds: Callable[[], object]) -> None:
    """Wait until `holds` returns something true; fail after a minute.

    It polls often enough to count as busy while no other thread runs, and rarely enough to count as waiting in the long run, even
    when each line is traced (see `sagemock.clock.stillness`).
    """
    began_s = real.monotonic()
    while not holds():
        assert real.monotonic() - began_s < PATIENCE_S, "the condition did not become true within a minute"
        real.sleep(0.005)
