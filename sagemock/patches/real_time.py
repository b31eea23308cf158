"""Modules whose sleeps are real inside a mock, too."""

import sys
from collections.abc import Iterable
from types import FrameType
from typing import Final

from sagemock.patches.bindings import TEST_TOOLS, WAITERS, belongs

__all__ = ["BUILT_IN", "RealTimeModules"]

BUILT_IN: Final = (
    # These poll a child process: with virtual sleeps they would spin, and hours of virtual time would pass.
    "multiprocessing",
    "subprocess",
    # These wait for a server's socket.
    "http.server",
    "werkzeug",
    *WAITERS,
    *TEST_TOOLS,
)
"""Modules whose own sleeps are real. Code that they call, such as a server's request handler that polls, sleeps virtually."""


class RealTimeModules:
    """The modules of one mock whose sleeps are real, as are the sleeps of all code that they call and threads that they start."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = tuple(names)
        self._known: dict[str, bool] = {}

    def has(self, name: str) -> bool:
        """Return whether the list has a module, or a package that contains it."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = belongs(name, self._names)
        return known

    def are_below(self, depth: int) -> bool:
        """Return whether such a module is on the call stack, above the nearest `depth` frames, which are sagemock's own."""
        if not self._names:
            return False
        frame: FrameType | None = sys._getframe(depth)  # noqa: SLF001  # inspect's is slower
        while frame is not None:
            if self.has(str(frame.f_globals.get("__name__"))):
                return True
            frame = frame.f_back
        return False
