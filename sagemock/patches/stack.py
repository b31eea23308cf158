"""Who answers: the mocks that are active, innermost last, and the patches of the process that stand while there is one."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sagemock.cleanup import run_all
from sagemock.clock import forks
from sagemock.patches.active import Active
from sagemock.patches.patch import Patch

__all__ = ["Stack"]

A = TypeVar("A", bound=Active)


class Stack(Generic[A]):
    """The active mocks of the process, under one lock.

    The innermost is the one that started last and has not stopped. It is one stack for all threads, because a client,
    `time.sleep` and the wall clock are the process's: a client used in a worker thread is answered too. Where several threads
    start mocks, a thread has the innermost of those that it lives in, and one that is older than all has the innermost of all.
    Mocks may stop in any order.
    """

    def __init__(self) -> None:
        self.patches: Sequence[tuple[Patch, Callable[[A], bool]]] = ()
        """Which patches stand while a mock is active for which the predicate holds."""
        self._lock = forks.lock()
        # Never changed but replaced: who reads it without the lock sees the mocks of one moment.
        self._active: tuple[A, ...] = ()
        self._installed: list[Patch] = []

    def innermost(self) -> A | None:
        """Return the innermost active mock's world, as the calling thread sees it, or None."""
        active = self._active
        if len(active) > 1:
            me = threading.current_thread()
            for world in reversed(active):
                if me not in world.threads_before:
                    return world
        return active[-1] if active else None

    def push(self, world: A) -> None:
        """Make `world` the innermost. If a patch cannot be made, nothing has changed."""
        with self._lock:
            before = self._active
            self._active = (*before, world)
            try:
                self._reconcile()
            except BaseException:
                self._active = before
                self._reconcile()
                raise

    def pop(self, world: A) -> None:
        """Take `world` out, wherever in the stack it is. If a patch cannot be undone, the others are, and then it raises."""
        with self._lock:
            self._active = tuple(active for active in self._active if active is not world)
            self._reconcile()

    def _reconcile(self) -> None:
        """Install and uninstall patches until those stand that an active mock needs; undo in the reverse order."""
        needed = [patch for patch, need in self.patches if any(need(world) for world in self._active)]
        done = [patch for patch in reversed(self._installed) if patch not in needed]
        # Whatever its uninstall says: a patch that was asked to go does not stand, and the next mock installs it anew.
        self._installed = [patch for patch in self._installed if patch in needed]
        if done:
            run_all(*[patch.uninstall for patch in done])
        for patch in needed:
            if patch not in self._installed:
                patch.install()
                self._installed.append(patch)
