"""Locks and objects that survive a fork: a child process has a copy of all data, and only the thread that forked."""

import os
import threading
from typing import Any, Final, Generic, Protocol, TypeVar
from weakref import ref

from sagemock.clock.real import real

__all__ = ["Forked", "Forks", "lock", "tell"]

_STEP_S: Final = 0.001
_TRIES: Final = 1000
_FEW: Final = 64
"""Below this many references, dead ones are not looked for."""

_T = TypeVar("_T")

# The type of a lock lacks `_is_owned` and `_at_fork_reinit`, which threading.Condition and logging use.
_Lock = Any


class Forked(Protocol):
    """An object that must react to a fork."""

    def forked(self) -> None:
        """Forget the other threads: this process is the child, in which they do not exist."""


class _Weak(Generic[_T]):
    """A list of weak references, in the order of `add`.

    The collections of `weakref` run a callback when an object dies, and Python discards an exception that a signal handler
    raises in there.
    """

    def __init__(self) -> None:
        self._references: list[ref[_T]] = []
        self._most = _FEW

    def add(self, thing: _T) -> None:
        # Each step is atomic under the GIL: another thread may add something between two of them.
        self._references.append(ref(thing))
        if len(self._references) > self._most:
            for gone in [reference for reference in self._references.copy() if reference() is None]:
                self._references.remove(gone)
            self._most = max(_FEW, 2 * len(self._references))

    def present(self) -> list[_T]:
        return [found for found in (reference() for reference in self._references.copy()) if found is not None]


class Forks:
    """Keeps locks, and the data that they guard, consistent in a child process.

    The thread that forks holds all locks during the fork, so that no other thread is in the middle of a change. It tries for a
    second to take them; if a thread holds a lock for longer, the child's copy of the data may be half changed.
    """

    def __init__(self) -> None:
        self._locks = _Weak[_Lock]()
        self._observers = _Weak[Forked]()
        self._held: dict[int, list[_Lock]] = {}

    def lock(self) -> "threading.RLock":
        """Return a new lock."""
        made = threading.RLock()
        self._locks.add(made)
        return made

    def tell(self, observer: Forked) -> None:
        """Call `observer.forked()` in each child from now on; the observer is not kept alive."""
        self._observers.add(observer)

    def before(self) -> None:
        """Take all locks, or give up after a second. Each try takes all or none, so that no two threads wait for each other."""
        for _ in range(_TRIES):
            taken = []
            for each in self._locks.present():
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
        """Release the locks."""
        for each in self._held.pop(threading.get_ident(), ()):
            each.release()

    def after_in_child(self) -> None:
        """Release the locks, renew those that other threads held, and notify the observers."""
        self.after_in_parent()
        self._held.clear()
        for each in self._locks.present():
            if not each._is_owned():  # noqa: SLF001  # see `_Lock`
                each._at_fork_reinit()  # noqa: SLF001  # likewise
        for observer in self._observers.present():
            observer.forked()


_FORKS: Final = Forks()
lock, tell = _FORKS.lock, _FORKS.tell

if hasattr(os, "register_at_fork"):  # pragma: no branch  # not on Windows
    os.register_at_fork(before=_FORKS.before, after_in_parent=_FORKS.after_in_parent, after_in_child=_FORKS.after_in_child)
