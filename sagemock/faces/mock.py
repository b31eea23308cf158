"""The mock: one object, used as a decorator, by `with`, by `start()` and `stop()`, or as a fixture."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sagemock.checks import flag, public, public_class, quoted
from sagemock.cleanup import run_all
from sagemock.client.adaptive import AdaptivePatch
from sagemock.client.aio import AioPatch
from sagemock.client.environ import Environ, MetadataOff, StandIns
from sagemock.client.guard import Guard
from sagemock.client.hook import Hook
from sagemock.client.loaders import LoadersPatch
from sagemock.client.network import gives_credentials
from sagemock.client.resolvers import Resolvers
from sagemock.errors import InvalidType, UsageError
from sagemock.faces import listeners
from sagemock.faces.decorate.target import decorate
from sagemock.moto.fallback import MotoFallback
from sagemock.patches.active import Stack
from sagemock.patches.greenlets import refuse
from sagemock.patches.sleep import SleepPatch
from sagemock.patches.threads import ThreadsPatch
from sagemock.patches.trio_sleep import TrioPatch
from sagemock.patches.wall import WallPatch
from sagemock.world.controls import Controls
from sagemock.world.misnamed import check_setting
from sagemock.world.options import Options
from sagemock.world.world import World

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SageMakerMock", "current"]

_STACK: Stack[World] = Stack()
_ENVIRON, _GUARD, _HOOK = Environ(_STACK.innermost), Guard(_STACK.innermost), Hook(_STACK.innermost)
_STACK.patches = (
    (_ENVIRON, lambda _: True),
    (MetadataOff(), lambda world: not any(map(gives_credentials, world.passthrough))),
    (StandIns(), lambda world: not world.passthrough),
    (_GUARD, lambda _: True),
    (_HOOK, lambda _: True),
    (LoadersPatch(), lambda _: True),
    (Resolvers(_STACK.innermost), lambda _: True),
    (AioPatch(_STACK.innermost, _HOOK, _GUARD, _ENVIRON), lambda _: True),
    (SleepPatch(_STACK.innermost), lambda world: world.sleeping == "virtual"),
    (ThreadsPatch(_STACK.innermost), lambda world: world.sleeping == world.wall == "virtual"),
    (TrioPatch(_STACK.innermost), lambda world: world.sleeping == "virtual"),
    (AdaptivePatch(_STACK.innermost), lambda _: True),
    (WallPatch(_STACK.innermost), lambda world: world.wall == "virtual"),
)


@public_class
class SageMakerMock(Controls):
    """SageMaker's training jobs, on a virtual clock, in this process.

    Use it as a decorator, by `with`, `async with`, `start()` and `stop()`, or as the pytest fixture `sagemock`; all of them take
    the same options (`Options`). Every start begins a fresh world. After the end, you can still read what happened.
    """

    def __init__(self, options: Options | None = None) -> None:
        super().__init__()
        value: object = options
        if value is not None and not isinstance(value, Options):
            raise InvalidType(f"SageMakerMock takes Options, not {quoted(value)}: write mock_sagemaker(latency=0)")
        self._options = Options() if options is None else options

    if not TYPE_CHECKING:  # pragma: no branch  # for a type checker, an unknown attribute is an error

        def __setattr__(self, name: str, value: object) -> None:
            check_setting(self, name)
            super().__setattr__(name, value)

    # -- faces

    @public
    def start(self) -> "Self":
        """Begin a fresh world. After `stop`, the mock that was innermost before answers again.

        Raises UsageError if gevent or eventlet has replaced the process's threads or its `time.sleep`.
        """
        refuse()
        world = World(self._options, self, MotoFallback, _STACK.innermost())
        _STACK.push(world)
        self._worlds.append(world)
        try:
            listeners.started(world)
        except BaseException:
            self.stop(clean=False)
            raise
        return self

    @public
    def stop(self, *, clean: bool = True) -> None:
        """End the world that was started last, and undo every change to the process.

        Raises UsageError if no world is active. Raises UnusedError, after everything is undone, if the mock is `strict`, `clean`
        is true and a plan or a fault was never used. If a step fails, the other steps are still taken, and then the error of that
        step is raised.
        """
        flag("clean", clean)
        if not self._worlds:
            raise UsageError(
                "this mock is not active: each stop() belongs to one start(): remove this stop(), or start the mock first"
            )
        world = self._last = self._worlds.pop()
        ends: list[Callable[[], object]] = [partial(_STACK.pop, world), partial(listeners.stopped, world), world.close]
        run_all(*([world.check_used, *ends] if clean else ends))

    def fresh(self) -> "SageMakerMock":
        """Return a new mock with the same options."""
        return SageMakerMock(self._options)

    def __enter__(self) -> "Self":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(clean=kind is None)

    async def __aenter__(self) -> "Self":
        return self.start()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(clean=kind is None)

    def __call__(self, target: "_Target") -> "_Target":
        """Decorate a function, method, coroutine function, generator, or a class of tests: each call gets its own world."""
        return decorate(target, self.fresh)

    @property
    def options(self) -> Options:
        """The options of this mock."""
        return self._options

    @public
    def serve(
        self, *, host: str = "127.0.0.1", port: int = 0, allow_host: Iterable[str] = (), token: str | None = None
    ) -> AbstractContextManager[str]:
        """Serve this world over HTTP, for other processes and other languages: `with sagemaker.serve() as url:`.

        Point a client at the url by `AWS_ENDPOINT_URL_SAGEMAKER`; `sagemock.child_environment(url)` returns the variables that a
        child process needs. Served calls are in `calls`, with their `origin`. The extra `sagemock[server]` must be installed.
        Raises UsageError if it is not, or if the server cannot listen at this address.

        :param host: The address to listen on.
        :param port: The port; 0 for any free port.
        :param allow_host: More host names by which the page and the control API may be reached.
        :param token: The token that the control API requires. An address beyond loopback needs a token.
        """
        from sagemock.served.server import serving  # noqa: PLC0415  # needed only to serve

        return serving(self._running, host=host, port=port, allow_host=allow_host, token=token)

    def __repr__(self) -> str:
        state = "active" if self._worlds else "over" if self._last else "not started"
        return f"<SageMakerMock, {state}>"

    def check_used(self) -> None:
        """Raise UnusedError if, under `strict`, nothing has used a plan or a fault."""
        self._world.check_used()


_Target = TypeVar("_Target", bound="Callable[..., Any] | staticmethod[..., Any] | classmethod[Any, ..., Any]")


def current() -> SageMakerMock:
    """Return the innermost active mock, the one that answers calls. Raises UsageError if no mock is active."""
    world = _STACK.innermost()
    if world is None:
        raise UsageError("no mock is active here: decorate the test with @mock_sagemaker, or enter mock_sagemaker() by `with`")
    return cast("SageMakerMock", world.owner)
