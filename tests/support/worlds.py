"""A fake world for the tests of the patches: a clock that records what slept on it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock
from sagemock.patches.active import Active
from sagemock.patches.real_time import RealTimeModules


class Patch(Protocol):
    """A patch that `Worlds.patched` can install."""

    def install(self) -> None:
        """Patch the process."""

    def uninstall(self) -> None:
        """Remove the patch."""


@dataclass(eq=False)
class World:
    """A fake `Active`: each sleep only moves the clock."""

    clock: Clock = field(default_factory=lambda: Clock("2018-07-30T12:00:00Z"))
    wall: Literal["virtual", "real"] = "virtual"
    sleeping: Literal["virtual", "real"] = "virtual"
    passthrough: frozenset[str] = frozenset()
    real_time_modules: RealTimeModules = field(default_factory=RealTimeModules)
    threads_before: set[threading.Thread] = field(default_factory=set)
    slept_us: list[int] = field(default_factory=list)
    stalls: list[tuple[str, ...]] = field(default_factory=list)
    _led: tuple[Clock, Sleepers] | None = None

    @property
    def sleepers(self) -> Sleepers:
        """Return the sleepers of the current clock."""
        if self._led is None or self._led[0] is not self.clock:
            self._led = self.clock, Sleepers(self.clock, self.threads_before)
        return self._led[1]

    def note_older_threads(self) -> None:
        """Do nothing: the test sets `threads_before`."""

    def sleep_us(self, duration_us: int) -> None:
        """Record the sleep and let the time pass."""
        self.sleepers.until_us(self.begin_sleep_us(duration_us))

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Record the stall."""
        self.stalls.append(tuple(places))  # pragma: no cover  # called only when a loop stalls

    def begin_sleep_us(self, duration_us: int) -> int:
        """Record the sleep."""
        self.slept_us.append(duration_us)
        return self.clock.now_us() + duration_us


class Worlds:
    """A stack of fake worlds, as the patches see it."""

    def __init__(self) -> None:
        """Start with an empty stack."""
        self._stack: list[World] = []

    def innermost(self) -> Active | None:
        """Return the world that was entered last."""
        return self._stack[-1] if self._stack else None

    @contextmanager
    def inside(self, world: World) -> Iterator[World]:
        """Make `world` the innermost one within the block."""
        self._stack.append(world)
        yield world
        self._stack.remove(world)

    @contextmanager
    def patched(self, *patches: Patch, clock: Clock | None = None) -> Iterator[World]:
        """Install the patches over one world within the block, and remove them in reverse order."""
        with ExitStack() as undo:
            world = undo.enter_context(self.inside(World() if clock is None else World(clock)))
            for patch in patches:
                patch.install()
                undo.callback(patch.uninstall)
            yield world
