"""Which mocks are active, innermost last; what patches ask of the innermost; and which patches are installed for them."""

import threading
from collections.abc import Callable, MutableSet, Sequence
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from sagemock.cleanup import run_all
from sagemock.clock import forks
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock
from sagemock.patches.patch import Patch
from sagemock.patches.real_time import RealTimeModules

__all__ = ["Active", "Innermost", "Stack", "keeps_real_time", "shows_here", "sleeps_here"]


class Active(Protocol):
    """The world of an active mock, as `sleep`, `wall`, `adaptive` and `guard` see it."""

    @property
    def clock(self) -> Clock:
        """The virtual clock."""

    @property
    def wall(self) -> Literal["virtual", "real"]:
        """Whose time the process shows."""

    @property
    def sleeping(self) -> Literal["virtual", "real"]:
        """How the process sleeps."""

    @property
    def passthrough(self) -> frozenset[str]:
        """The services that may reach the network."""

    @property
    def real_time_modules(self) -> RealTimeModules:
        """The modules whose sleeps are real."""

    @property
    def threads_before(self) -> MutableSet[threading.Thread]:
        """The threads that were alive before the mock started: they keep real time (law 8)."""

    @property
    def sleepers(self) -> Sleepers:
        """Who sleeps on the clock."""

    def note_older_threads(self) -> None:
        """Note that all other threads that are alive now are older than the mock."""

    def begin_sleep_us(self, duration_us: int) -> int:
        """Record and guard a sleep that begins now; return the instant of its end."""

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Note that tasks have only yielded for so many real seconds in those places while nobody slept; it may be an error."""

    def sleep_us(self, duration_us: int) -> None:
        """Let the calling thread sleep virtually: recorded, guarded against idling, advances the clock."""


Innermost: TypeAlias = Callable[[], Active | None]
"""Returns the world of the innermost active mock, or None when there is none."""


def keeps_real_time(active: Active) -> bool:
    """Return whether the calling thread was alive before the mock started (law 8)."""
    return threading.current_thread() in active.threads_before


def sleeps_here(innermost: Innermost) -> Active | None:
    """Return the innermost mock if the calling thread, or task, sleeps by its clock."""
    active = innermost()
    if active is None or active.sleeping == "real" or keeps_real_time(active) or active.sleepers.pauses.is_here:
        return None
    return active


def shows_here(innermost: Innermost) -> Active | None:
    """Return the innermost mock if the calling thread is shown its clock as the time of the process."""
    active = innermost()
    return None if active is None or active.wall == "real" or keeps_real_time(active) else active


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
            # Once more: while the world was made, another thread may have begun, and have entered a mock of its own.
            world.note_older_threads()
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
