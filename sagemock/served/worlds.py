"""The worlds that a server serves: that of a test, or worlds of its own, each under a path of its own."""

import re
from collections.abc import Callable, Sequence
from typing import Final, NoReturn, Protocol, TypeAlias

from sagemock.errors import UsageError
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING, of_arn
from sagemock.moto.fallback import MotoFallback
from sagemock.protocol.answer import Reply
from sagemock.protocol.request import Request
from sagemock.world.arguments import named_kind
from sagemock.world.controls import Controls
from sagemock.world.mappings import Jobs, ProcessingJobs, TransformJobs, TuningJobs
from sagemock.world.options import Options
from sagemock.world.views import JobView, ProcessingJobView, TransformJobView, TuningJobView
from sagemock.world.world import World

__all__ = ["NAME", "OwnWorlds", "ServedWorld", "TestWorld", "View", "Worlds", "refuse"]

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""The name of a world, which is the first part of its path."""
MOST: Final = 1000
View: TypeAlias = JobView | ProcessingJobView | TransformJobView | TuningJobView


class ServedWorld(Controls):
    """A world, with the verbs of a mock, as other processes use it."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._worlds.append(world)
        self.world = world

    def answer(self, request: Request) -> Reply | None:
        """Return the reply to a call; None if it is about logs of others. Raises UsageError if the mock is over."""
        self.check()
        return self.world.answer_outside(request)

    def check(self) -> None:
        """Raise UsageError if the mock is over."""
        if self.world.is_over:
            raise UsageError("the mock that was served here is over: serve it for as long as other processes need it")

    def view(self, key: str, kind: str | None = None) -> View:
        """Return a job of a kind by its name, or of any kind by its ARN. Raises UnknownJob."""
        return self._of(key, kind)[key]

    def find(self, key: str, kind: str | None = None) -> AnyJob:
        """Return what is stored of such a job. Raises UnknownJob."""
        return self._of(key, kind).find(key)

    def views(self, kind: str | None = None) -> list[View]:
        """Return every job (of a kind) in the order of creation."""
        wanted = None if kind is None else named_kind(kind)
        jobs = self.world.store.jobs(self.clock.now_us())
        return [self.view(job.arn) for job in jobs if wanted in (None, job.kind)]

    def _of(self, key: object, kind: object) -> Jobs | ProcessingJobs | TransformJobs | TuningJobs:
        named = of_arn(key) if isinstance(key, str) else None
        if named is not None:
            return self._of_kind(named[0])
        return self._of_kind(TRAINING if kind is None else named_kind(kind))


def refuse(name: str) -> NoReturn:
    """Raise UsageError for the path of no world."""
    raise UsageError(f"there is no world {name[:100]!r} here: a test's mock has one, at /; a server of its own more, at /NAME")


class Worlds(Protocol):
    """What a server serves."""

    def find(self, name: str, *, begin: bool) -> ServedWorld | None:
        """Return the world with a name, "" for that without one; None if there is none. `begin` lets a new one begin."""

    def reset(self, name: str) -> ServedWorld:
        """Replace a world by a fresh one. Raises UsageError if it belongs to a test, or if there can be none of that name."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the worlds that there are."""


class TestWorld:
    """The world of a test: the only one of its server."""

    __test__ = False
    """pytest collects no class that says so."""

    def __init__(self, world: World) -> None:
        self._only = ServedWorld(world)

    def find(self, name: str, *, begin: bool) -> ServedWorld | None:  # noqa: ARG002  # a test has begun it
        """Return the world, which has no name."""
        return None if name else self._only

    def reset(self, name: str) -> ServedWorld:  # noqa: ARG002  # there is one
        """Refuse: the test holds this world in its hands."""
        raise UsageError(
            "this world belongs to a test, whose mock cannot be replaced from outside: enter a fresh mock there, or start a "
            "server with worlds of its own, by `sagemock serve`"
        )

    @property
    def names(self) -> Sequence[str]:
        """The one that has no name."""
        return [""]


class OwnWorlds:
    """Worlds that belong to nobody else. One begins at the first request to its path."""

    def __init__(self, options: Options, prepare: Callable[[ServedWorld], object] = lambda _: None) -> None:
        """Begin the one without a name. `prepare` is called with each world that begins."""
        self._options = options
        self._prepare = prepare
        self._worlds = {"": self._fresh()}

    def find(self, name: str, *, begin: bool) -> ServedWorld | None:
        """Return the world with a name. Raises UsageError if there are too many."""
        found = self._worlds.get(name)
        if found is None and begin and NAME.fullmatch(name):
            if len(self._worlds) >= MOST:
                raise UsageError(f"this server has {MOST} worlds, which is all that it keeps: use one again after a /reset")
            found = self._worlds[name] = self._fresh()
        return found

    def reset(self, name: str) -> ServedWorld:
        """Replace a world by a fresh one, which begins as the first one did. Raises UsageError if there can be none."""
        before = self._worlds.get(name)
        if before is None:
            found = self.find(name, begin=True)
            if found is None:
                refuse(name)
            return found
        found = self._worlds[name] = self._fresh()
        before.world.close()
        return found

    @property
    def names(self) -> Sequence[str]:
        """The names in the order in which the worlds began."""
        return list(self._worlds)

    def _fresh(self) -> ServedWorld:
        found = ServedWorld(World(self._options, self, MotoFallback))
        self._prepare(found)
        return found
