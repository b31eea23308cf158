"""What a test waits for that another thread does."""

from collections.abc import Callable

from sagemock.clock.real import real

__all__ = ["eventually"]

PATIENCE_S = 60


def eventually(holds: Callable[[], object]) -> None:
    """Return when something holds; fail when it does not for a minute.

    It looks so often that it counts as busy while nothing else goes on, and so seldom that in the long run it counts as waiting,
    also where every line of it is traced (see `sagemock.clock.stillness`).
    """
    began_s = real.monotonic()
    while not holds():
        assert real.monotonic() - began_s < PATIENCE_S, "what was waited for did not come"
        real.sleep(0.005)
