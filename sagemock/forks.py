"""A fork: the child has one thread, the one that forked, and a copy of everything else as it was at that moment."""

import os
import threading
from itertools import count
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from sagemock.realtime import real

__all__ = ["Forked", "Forks", "lock", "tell"]

_STEP_S: Final = 0.001
_TRIES: Final = 1000

# threading's own type does not show by what a lock is made new; threading.Condition and logging use it.
_Lock = Any


class Forked(Protocol):
    """What has to know that the process is a child now, in which the other threads do not exist."""

    def forked(self) -> None:
        """Forget the other threads."""


class Forks:
    """Keeps locks, and what they guard, whole in a child.

    Whoever forks holds all of them meanwhile, so that no other thread is in the midst of a change. A thread that goes on holding
    one is given a second; in the child what it guards is then as it was left.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._locks: WeakValueDictionary[int, _Lock] = WeakValueDictionary()
        self._told: WeakValueDictionary[int, Forked] = WeakValueDictionary()
        self._held: dict[int, list[_Lock]] = {}

    def lock(self) -> "threading.RLock":
        """Return a new lock."""
        made = threading.RLock()
        self._locks[next(self._numbers)] = made
        return made

    def tell(self, told: Forked) -> None:
        """Call `told.forked()` in a child, as long as there is such an object."""
        self._told[next(self._numbers)] = told

    def before(self) -> None:
        """Take all locks: all or none, so that nobody who waits for a second one is waited for."""
        for _ in range(_TRIES):
            taken = []
            for each in _present(self._locks):
                if not each.acquire(blocking=False):
                    break
                taken.append(each)
            else:
                self._held[threading.get_ident()] = taken
                return
            for each in taken:
                each.release()
            real.sleep(_STEP_S)

    def after_in_parent(self) -> None:
        """Go on."""
        for each in self._held.pop(threading.get_ident(), ()):
            each.release()

    def after_in_child(self) -> None:
        """Go on, without the other threads."""
        self.after_in_parent()
        self._held.clear()
        for each in _present(self._locks):
            if not each._is_owned():  # noqa: SLF001  # see `_Lock`
                each._at_fork_reinit()  # noqa: SLF001  # likewise
        for told in _present(self._told):
            told.forked()


def _present(held: "WeakValueDictionary[int, Any]") -> list[Any]:
    # `valuerefs` is one step: another thread may add one at this moment.
    return [found for found in (reference() for reference in held.valuerefs()) if found is not None]


_FORKS: Final = Forks()
lock, tell = _FORKS.lock, _FORKS.tell

if hasattr(os, "register_at_fork"):  # pragma: no branch  # not on Windows
    os.register_at_fork(before=_FORKS.before, after_in_parent=_FORKS.after_in_parent, after_in_child=_FORKS.after_in_child)
