"""The stack of active mocks, the interface through which patches ask the innermost one, and the patches that they need."""

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
        """Whether the process shows the virtual clock's time or real time."""

    @property
    def sleeping(self) -> Literal["virtual", "real"]:
        """Whether sleeps are virtual or real."""

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
        """The threads and tasks that sleep on the clock."""

    def note_older_threads(self) -> None:
        """Count all other threads that are alive now as older than the mock."""

    def begin_sleep_us(self, duration_us: int) -> int:
        """Record a sleep that begins now, and return the instant of its end. Raises NothingWillHappen if it is one too many."""

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Note that tasks only yielded for `for_s` real seconds, at these places, and none slept; may raise NothingWillHappen."""

    def sleep_us(self, duration_us: int) -> None:
        """Let the calling thread sleep virtually: record the sleep and advance the clock. May raise NothingWillHappen."""


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
    """Return the innermost mock if the calling thread sees that mock's clock as the time of the process."""
    active = innermost()
    return None if active is None or active.wall == "real" or keeps_real_time(active) else active


A = TypeVar("A", bound=Active)


class Stack(Generic[A]):
    """The active mocks of the process, under one lock.

    The innermost mock is the one that started last and has not stopped. All threads share one stack, because clients,
    `time.sleep` and the wall clock belong to the process: the mock also answers a client in a worker thread. If several threads
    start mocks, a thread uses the innermost mock to which it belongs; a thread that is older than all mocks uses the innermost of
    all. Mocks may stop in any order.
    """

    def __init__(self) -> None:
        self.patches: Sequence[tuple[Patch, Callable[[A], bool]]] = ()
        """Each patch, and the predicate that says whether an active mock needs it."""
        self._lock = forks.lock()
        # The tuple is replaced, never changed: a reader without the lock sees the mocks of one moment.
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
        """Make `world` the innermost. If a patch cannot be installed, nothing is changed and the error is raised."""
        with self._lock:
            before = self._active
            # A second time: since `world` was made, another thread may have started and entered a mock of its own.
            world.note_older_threads()
            self._active = (*before, world)
            try:
                self._reconcile()
            except BaseException:
                self._active = before
                self._reconcile()
                raise

    def pop(self, world: A) -> None:
        """Remove `world` from any place in the stack. If a patch cannot be undone, undo the others and then raise the error."""
        with self._lock:
            self._active = tuple(active for active in self._active if active is not world)
            self._reconcile()

    def _reconcile(self) -> None:
        """Install the patches that an active mock needs, and uninstall the others in reverse order."""
        needed = [patch for patch, need in self.patches if any(map(need, self._active))]
        done = [patch for patch in reversed(self._installed) if patch not in needed]
        # Even if its uninstall raises, a patch counts as uninstalled, so that the next mock installs it anew.
        self._installed = [patch for patch in self._installed if patch in needed]
        if done:
            run_all(*[patch.uninstall for patch in done])
        for patch in needed:
            if patch not in self._installed:
                patch.install()
                self._installed.append(patch)
