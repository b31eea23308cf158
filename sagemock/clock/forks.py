"""A fork: the child has one thread, the one that forked, and a copy of everything else as it was at that moment."""

import os
import threading
from typing import Any, Final, Generic, Protocol, TypeVar
from weakref import ref

from sagemock.clock.real import real

__all__ = ["Forked", "Forks", "lock", "tell"]

_STEP_S: Final = 0.001
_TRIES: Final = 1000
_FEW: Final = 64
"""So many things that may be gone are not looked through."""

_T = TypeVar("_T")

# threading's own type does not show by what a lock is made new; threading.Condition and logging use it.
_Lock = Any


class Forked(Protocol):
    """What has to know that the process is a child now, in which the other threads do not exist."""

    def forked(self) -> None:
        """Forget the other threads."""


class _Weak(Generic[_T]):
    """Things that others hold, in the order in which they came.

    None of `weakref`'s collections: those run code when a thing is let go of, and what the handler of a signal raises in that,
    Python drops.
    """

    def __init__(self) -> None:
        self._references: list[ref[_T]] = []
        self._most = _FEW

    def add(self, thing: _T) -> None:
        # Each step is one of the interpreter's: another thread may add something meanwhile.
        self._references.append(ref(thing))
        if len(self._references) > self._most:
            for gone in [reference for reference in self._references.copy() if reference() is None]:
                self._references.remove(gone)
            self._most = max(_FEW, 2 * len(self._references))

    def present(self) -> list[_T]:
        return [found for found in (reference() for reference in self._references.copy()) if found is not None]


class Forks:
    """Keeps locks, and what they guard, whole in a child.

    Whoever forks holds all of them meanwhile, so that no other thread is in the midst of a change. A thread that goes on holding
    one is given a second; in the child what it guards is then as it was left.
    """

    def __init__(self) -> None:
        self._locks = _Weak[_Lock]()
        self._told = _Weak[Forked]()
        self._held: dict[int, list[_Lock]] = {}

    def lock(self) -> "threading.RLock":
        """Return a new lock."""
        made = threading.RLock()
        self._locks.add(made)
        return made

    def tell(self, told: Forked) -> None:
        """Call `told.forked()` in a child, as long as there is such an object."""
        self._told.add(told)

    def before(self) -> None:
        """Take all locks: all or none, so that nobody who waits for a second one is waited for."""
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
        """Go on."""
        for each in self._held.pop(threading.get_ident(), ()):
            each.release()

    def after_in_child(self) -> None:
        """Go on, without the other threads."""
        self.after_in_parent()
        self._held.clear()
        for each in self._locks.present():
            if not each._is_owned():  # noqa: SLF001  # see `_Lock`
                each._at_fork_reinit()  # noqa: SLF001  # likewise
        for told in self._told.present():
            told.forked()


_FORKS: Final = Forks()
lock, tell = _FORKS.lock, _FORKS.tell

if hasattr(os, "register_at_fork"):  # pragma: no branch  # not on Windows
    os.register_at_fork(before=_FORKS.before, after_in_parent=_FORKS.after_in_parent, after_in_child=_FORKS.after_in_child)
