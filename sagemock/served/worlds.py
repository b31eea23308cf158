"""The worlds of a server: the world of a test, or several worlds of the server's own, each under its path."""

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
    """A world for other processes, with the verbs of a mock."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._worlds.append(world)
        self.world = world

    def answer(self, request: Request) -> Reply | None:
        """Return the reply to a call; None for a call about logs that are not of jobs. Raises UsageError if the mock is over."""
        self.check()
        return self.world.answer_outside(request)

    def check(self) -> None:
        """Raise UsageError if the mock is over."""
        if self.world.is_over:
            raise UsageError("the mock that was served here is over: serve it for as long as other processes need it")

    def view(self, key: str, kind: str | None = None) -> View:
        """Return the view of a job: of a kind by its name, or of any kind by its ARN. Raises UnknownJob."""
        return self._of(key, kind)[key]

    def find(self, key: str, kind: str | None = None) -> AnyJob:
        """Return the stored record of a job, found as in `view`. Raises UnknownJob."""
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
    """Raise UsageError for a path at which there is no world."""
    raise UsageError(
        f"there is no world {name[:100]!r} here: the mock of a test has only one, at /; `sagemock serve` has more, at /NAME"
    )


class Worlds(Protocol):
    """The worlds of a server, by name; the name of the first one is ""."""

    def find(self, name: str, *, begin: bool) -> ServedWorld | None:
        """Return the world with a name; None if there is none. With `begin`, a missing world may begin."""

    def reset(self, name: str) -> ServedWorld:
        """Replace a world by a fresh one, and return that. Raises UsageError if a test owns it, or if the name is invalid."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the worlds."""


class TestWorld:
    """The world of a test: the only one of its server."""

    __test__ = False
    """Keeps pytest from collecting this class as a test."""

    def __init__(self, world: World) -> None:
        self._only = ServedWorld(world)

    def find(self, name: str, *, begin: bool) -> ServedWorld | None:  # noqa: ARG002  # a test has begun it
        """Return the world if `name` is "", else None."""
        return None if name else self._only

    def reset(self, name: str) -> ServedWorld:  # noqa: ARG002  # there is one
        """Raise UsageError: the world belongs to the test."""
        raise UsageError(
            "this world belongs to a test, whose mock cannot be replaced from outside: enter a fresh mock there, or start a "
            "server with worlds of its own, by `sagemock serve`"
        )

    @property
    def names(self) -> Sequence[str]:
        """The only name: ""."""
        return [""]


class OwnWorlds:
    """Worlds of the server's own. Each begins at the first request to its path."""

    def __init__(self, options: Options, prepare: Callable[[ServedWorld], object] = lambda _: None) -> None:
        """Begin the world "". `prepare` is called with each world that begins."""
        self._options = options
        self._prepare = prepare
        self._worlds = {"": self._fresh()}

    def find(self, name: str, *, begin: bool) -> ServedWorld | None:
        """Return the world with a name; None if there is none. Raises UsageError if there are too many to begin another one."""
        found = self._worlds.get(name)
        if found is None and begin and NAME.fullmatch(name):
            if len(self._worlds) >= MOST:
                raise UsageError(f"this server has {MOST} worlds, which is all that it keeps: use one again after a /reset")
            found = self._worlds[name] = self._fresh()
        return found

    def reset(self, name: str) -> ServedWorld:
        """Replace a world by a fresh one with the same options, and return that. Raises UsageError for an invalid name."""
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
        """The names of the worlds, in the order in which they began."""
        return list(self._worlds)

    def _fresh(self) -> ServedWorld:
        found = ServedWorld(World(self._options, self, MotoFallback))
        self._prepare(found)
        return found
