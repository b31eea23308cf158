"""Fake mocks for the patches of the process: a clock, and a record of what slept on it."""

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
    """What `Worlds.patched` installs."""

    def install(self) -> None:
        """Patch the process."""

    def uninstall(self) -> None:
        """Undo `install`."""


@dataclass(eq=False)
class World:
    """An `Active` whose sleeps do nothing but move the clock."""

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
        """Return who sleeps on the clock that this world has now."""
        if self._led is None or self._led[0] is not self.clock:
            self._led = self.clock, Sleepers(self.clock, self.threads_before)
        return self._led[1]

    def note_older_threads(self) -> None:
        """Leave it at those that the test gave."""

    def sleep_us(self, duration_us: int) -> None:
        """Record the sleep and let it pass."""
        self.sleepers.until_us(self.begin_sleep_us(duration_us))

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Record it."""
        self.stalls.append(tuple(places))  # pragma: no cover  # only a loop that stalls says so

    def begin_sleep_us(self, duration_us: int) -> int:
        """Record the sleep."""
        self.slept_us.append(duration_us)
        return self.clock.now_us() + duration_us


class Worlds:
    """A stack of worlds, as the patches see it."""

    def __init__(self) -> None:
        """Start with none."""
        self._stack: list[World] = []

    def innermost(self) -> Active | None:
        """Return the world that was entered last."""
        return self._stack[-1] if self._stack else None

    @contextmanager
    def inside(self, world: World) -> Iterator[World]:
        """Let `world` be the innermost one."""
        self._stack.append(world)
        yield world
        self._stack.remove(world)

    @contextmanager
    def patched(self, *patches: Patch, clock: Clock | None = None) -> Iterator[World]:
        """Install the patches with one world, on this clock, and undo them in reverse."""
        with ExitStack() as undo:
            world = undo.enter_context(self.inside(World() if clock is None else World(clock)))
            for patch in patches:
                patch.install()
                undo.callback(patch.uninstall)
            yield world
