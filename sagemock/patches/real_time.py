"""Modules whose sleeps are real inside a mock, too."""

import sys
from collections.abc import Iterable
from types import FrameType
from typing import Final

from sagemock.patches.bindings import TEST_TOOLS, belongs

__all__ = ["BUILT_IN", "RealTimeModules"]

BUILT_IN: Final = (
    # They poll a child process: virtually, that would spin and let hours of virtual time pass.
    "multiprocessing",
    "subprocess",
    # They wait for a container, for a file's lock, for a server's socket.
    "docker",
    "filelock",
    "http.server",
    "portalocker",
    "pytest_docker",
    "testcontainers",
    "werkzeug",
    *TEST_TOOLS,
)
"""Modules that themselves sleep really. What they call sleeps virtually: a handler of a server, say, that polls a job."""


class RealTimeModules:
    """The modules of one mock whose sleeps are real, those of whatever they call, and those of threads that they start."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = tuple(names)
        self._known: dict[str, bool] = {}

    def has(self, name: str) -> bool:
        """Return whether a module is one of them, or in a package that is."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = belongs(name, self._names)
        return known

    def are_below(self, depth: int) -> bool:
        """Return whether one of them has called whoever called this; the nearest `depth` frames are sagemock's own."""
        if not self._names:
            return False
        frame: FrameType | None = sys._getframe(depth)  # noqa: SLF001  # inspect's is slower
        while frame is not None:
            if self.has(str(frame.f_globals.get("__name__"))):
                return True
            frame = frame.f_back
        return False
