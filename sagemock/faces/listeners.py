"""Who is told that a world begins or ends, without importing what worlds are made of.

The pytest plugin is loaded in every run, long before a test imports botocore with `sagemock.faces.mock`, or in runs in which none
does; and whichever face a test uses, its world begins and ends here.
"""

from typing import Final, Protocol

__all__ = ["AUDIENCE", "Audience", "Listener", "Witness"]


class Listener(Protocol):
    """What is told of worlds."""

    def started(self, world: object) -> None:
        """Take note of a world that has just begun."""

    def stopped(self, world: object) -> None:
        """Take note of a world that has just ended."""


class Audience:
    """The listeners of the process."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def join(self, listener: Listener) -> None:
        """Tell `listener` from now on. Of several only the last is told: a pytest inside another's test has its own worlds."""
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Tell `listener` no more."""
        self._listeners.remove(listener)

    def started(self, world: object) -> None:
        """Tell of a world that has just begun."""
        for listener in self._listeners[-1:]:
            listener.started(world)

    def stopped(self, world: object) -> None:
        """Tell of a world that has just ended."""
        for listener in self._listeners[-1:]:
            listener.stopped(world)


AUDIENCE: Final = Audience()
"""The one of this process: what it listens to, the stack of active mocks, is the process's too."""


class Witness:
    """A listener that remembers the worlds which a test can have used: those that began in it, or were there before."""

    def __init__(self) -> None:
        self._active: list[object] = []
        self.seen: list[object] = []
        """The worlds of the present test, in the order in which they began."""

    def started(self, world: object) -> None:
        """Remember a world that has just begun."""
        self._active.append(world)
        self.seen.append(world)

    def stopped(self, world: object) -> None:
        """Note that a world is over: the next test does not have it."""
        # By identity, because worlds compare by what is in them; and it may have begun before this witness came.
        self._active = [active for active in self._active if active is not world]

    def next_test(self) -> None:
        """Forget what is over."""
        self.seen = list(self._active)
