"""The HTTP server: in a thread of its own for a test, or in the main thread of a process of its own."""

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import FrameType
from typing import Any, Final, TypeVar

from sagemock.checks import quoted, whole
from sagemock.errors import UsageError
from sagemock.served import safety
from sagemock.served.app import CLOSE, App
from sagemock.served.asgi import Asgi, Receive, Scope, Send
from sagemock.served.wire import SERVICES, api_of
from sagemock.served.worlds import TestWorld, Worlds
from sagemock.world.world import World

__all__ = ["run", "serving"]

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as missing:
    raise UsageError(f"to serve, sagemock needs its extra ({missing}): pip install 'sagemock[server]'") from None

_R = TypeVar("_R")
_LOGGER: Final = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())
_WORKERS: Final = 16
_KEPT_ALIVE_S: Final = 65
"""How long an idle connection stays open: longer than clients keep theirs, so that no client uses a closed one."""
_GRACE_S: Final = 5
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class _Connection(H11Protocol):
    """A connection that its application can close without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Give the application a way to close this connection."""
        joining: Any = _JoiningTransport(transport, self.loop)
        super().connection_made(joining)
        # A client that sends bytes other than HTTP is at fault, which is not worth a line in the output of a test.
        self.logger = _LOGGER
        app: Any = self.app
        extensions = {CLOSE: transport.abort}

        async def connected(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = extensions
            await app(scope, receive, send)

        self.app: Any = connected


class _JoiningTransport:
    """A transport that joins the writes of one iteration of the loop, so that head and body of a response are one packet.

    h11 writes them one by one, and two system calls for each answer would take a third of the server's time.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send the data at the end of this iteration of the loop."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """Send the data written so far, and close the connection."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        written, self._written = self._written, []
        if written:
            self._transport.write(b"".join(written))


class _Server(uvicorn.Server):
    """uvicorn's server, ended by `end`. uvicorn's own would poll ten times a second for its end."""

    def __init__(self, app: Asgi, began: Callable[[], object]) -> None:
        config = uvicorn.Config(
            app,
            http=_Connection,
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level=None,
            # No log of uvicorn's own, and no date header: that may be a second old.
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEPT_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
        super().__init__(config)
        self._began = began
        self._over = asyncio.Event()

    async def main_loop(self) -> None:
        """Serve until the end."""
        self._began()
        await self._over.wait()

    def end(self) -> None:
        """End the server; call this in the thread of its loop."""
        self._over.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End by SIGTERM and Ctrl-C if the server has the main thread; beside a test, leave the signal handlers alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def handle(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.end)

        before = [(one, signal.signal(one, handle)) for one in _SIGNALS]
        try:
            yield
        finally:
            for one, handler in before:
                signal.signal(one, handler)


def _port(port: int) -> int:
    return whole("port", port, "the number of a port, 0 for any that is free", "write port=5123", least=0, most=65535)


def _listening(host: str, port: int) -> socket.socket:
    # Give the protocol: asyncio switches Nagle's algorithm off only for sockets that name it (base_events.py, _set_nodelay). With
    # that algorithm, each answer would wait for 40 ms.
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # pragma: no branch  # on other systems, this would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, UnicodeError) as error:
        listener.close()
        raise UsageError(
            f"cannot listen on {quoted(host)}, port {port} ({error}): give another, or port=0 for any that is free"
        ) from None
    return listener


def _url(host: str, port: int) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # such an address needs a token
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def serving(world: World, *, host: str, port: int, allow_host: Iterable[str], token: str | None) -> AbstractContextManager[str]:
    """Return a context manager that serves the world of a test; its value is the url."""
    return _serving(world, safety.checked(host, allow_host, token), host, _port(port))


@contextmanager
def _serving(world: World, checked: safety.Safety, host: str, port: int) -> Iterator[str]:
    listener = _listening(host, port)
    server = _ThreadedServer(world, checked, listener)
    # The server's threads are not of the mock: while the caller waits for them, no other thread may let time pass.
    with world.sleepers.paused():
        server.start()
    try:
        yield _url(host, listener.getsockname()[1])
    finally:
        with world.sleepers.paused():
            server.stop()


class _ThreadedServer:
    """A server in a thread of its own. It answers in worker threads, because an answer may run the test's code or take time."""

    def __init__(self, world: World, checked: safety.Safety, listener: socket.socket) -> None:
        self._world = world
        self._checked = checked
        self._listener = listener
        self._workers = ThreadPoolExecutor(_WORKERS, "sagemock-answer", initializer=world.keep_out)
        self._thread = threading.Thread(target=self._work, name="sagemock-server", daemon=True)
        self._began = threading.Event()
        # A lock, not a join: in threads of the mock, a join waits on the mock's clock.
        self._ended = threading.Lock()
        self._ended.acquire()
        self._end: Callable[[], object] | None = None

    def start(self) -> None:
        """Start the server, and return when it listens."""
        # Start all workers now: a thread that starts later would belong to a mock that has begun meanwhile.
        together = threading.Barrier(_WORKERS + 1)

        def begin() -> None:
            # In a thread outside the mock: if a thread of the mock submits work to a pool, the pool's threads join the mock.
            self._world.keep_out()
            for _ in range(_WORKERS):
                self._workers.submit(together.wait)

        threading.Thread(target=begin).start()
        together.wait()
        self._thread.start()
        self._began.wait()

    def stop(self) -> None:
        """End the server, and return when it answers no more calls."""
        if self._end is not None:  # pragma: no branch  # `start` has set it
            self._end()
        # Wait for the end of the loop; after that, the thread has only a few instructions left.
        self._ended.acquire()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        self._world.keep_out()
        try:
            asyncio.run(self._serve())
        finally:
            self._began.set()
            self._ended.release()

    async def _serve(self) -> None:
        server = _Server(App(TestWorld(self._world), self._checked, self._run), self._began.set)
        self._end = partial(asyncio.get_running_loop().call_soon_threadsafe, server.end)
        await server.serve([self._listener])

    async def _run(self, work: Callable[[], _R], /) -> _R:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)


def run(  # noqa: PLR0913  # the options of a server
    worlds: Worlds,
    *,
    host: str,
    port: int,
    allow_host: Iterable[str] = (),
    token: str | None = None,
    began: Callable[[str], object],
) -> None:
    """Serve worlds until SIGTERM or Ctrl-C. Call `began` with the url once the server listens."""
    checked = safety.checked(host, allow_host, token)
    listener = _listening(host, _port(port))
    url = _url(host, listener.getsockname()[1])

    async def serve() -> None:
        await _Server(App(worlds, checked, _at_once), lambda: began(url)).serve([listener])

    # Load the service models now, so that the first call is quick; freeze them, so that the garbage collector skips them.
    for service in SERVICES:
        api_of(service)
    gc.collect()
    gc.freeze()
    asyncio.run(serve())


async def _at_once(work: Callable[[], _R], /) -> _R:
    # In these worlds no code of a test runs and no thread sleeps, so `work` never waits.
    return work()
