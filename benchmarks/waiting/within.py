"""Clients and servers of one process, whose handlers sleep virtually: the answer waits for virtual time, and for no real time."""

import asyncio
import socket
import socketserver
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, TypeVar, cast

from benchmarks.waiting.outside import answering, answering_in_a_loop, serve_here
from benchmarks.waiting.scenario import Outcome, Watch, needs, seconds, within
from benchmarks.worlds import client, request
from sagemock import SageMakerMock
from sagemock.clock.real import real

__all__ = ["SCENARIOS"]

_T = TypeVar("_T")


def _serving(work: Callable[[], object]) -> str:
    """Serve in threads of this process, which do some work for each answer; return the address."""
    return f"http://127.0.0.1:{answering(work)}/"


def _got(url: str, timeout_s: float | None = None) -> bytes:
    with urllib.request.urlopen(url, timeout=timeout_s) as answer:
        return bytes(answer.read())


def _handler_sleeps() -> Outcome:
    """Five requests, for each of which the handler sleeps for fifty seconds."""
    with within() as sagemaker:
        url, watch = _serving(lambda: time.sleep(50)), Watch()
        found = [(_got(url), seconds(sagemaker)) for _ in range(5)]
    right = [(b"ok", 50.0 * number) for number in range(1, 6)]
    return Outcome("" if found == right else f"{found}", watch.s)


def _handler_polls() -> Outcome:
    """The handler answers when a job of six hours has ended."""
    with within() as sagemaker:
        made: Any = client()
        made.create_training_job(**request("job"))

        def poll() -> None:
            while made.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] == "InProgress":
                time.sleep(60)

        url, watch = _serving(poll), Watch()
        answer, at_s = _got(url), seconds(sagemaker)
    return Outcome("" if answer == b"ok" and at_s > 21_000 else f"{answer!r} at {at_s}", watch.s)  # six hours


def _times_out() -> Outcome:
    """The client's own timeout of a second is over before the handler's hour."""
    with within() as sagemaker:
        url, watch = _serving(lambda: time.sleep(3600)), Watch()
        try:
            found = f"{_got(url, 1)!r} at {seconds(sagemaker)}"
        except TimeoutError:
            found = f"{seconds(sagemaker)} s passed" if seconds(sagemaker) else ""
    return Outcome(found, watch.s - 1)


def _server_from_before() -> Outcome:
    """A server that is older than the mock; the threads that it starts for requests are not."""
    url = _serving(lambda: time.sleep(50))
    with within() as sagemaker:
        watch = Watch()
        found = [(_got(url), seconds(sagemaker)) for _ in range(2)]
    return Outcome("" if found == [(b"ok", 50), (b"ok", 100)] else f"{found}", watch.s)


def _streams() -> Outcome:
    """Both ends of a connection are in one loop, whose server sleeps; one timeout of the client is over before."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(10):
            await asyncio.sleep(5)
            writer.write(asked)

    async def go() -> list[object]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        found: list[object] = []
        for timeout_s in (30, 30, 2):
            writer.write(b"x")
            try:
                found.append((await asyncio.wait_for(reader.read(1), timeout_s), seconds(sagemaker)))
            except asyncio.TimeoutError:
                found.append(seconds(sagemaker))
        return found

    with within() as sagemaker:
        watch = Watch()
        found = asyncio.run(go())
        return Outcome("" if found == [(b"x", 5), (b"x", 10), 12] else f"{found}", watch.s)


def _aiohttp() -> Outcome:
    """As a suite's own server beside its client, in one loop."""
    aiohttp, web = needs("aiohttp"), needs("aiohttp.web")

    async def go() -> list[object]:
        async def answer(asked: Any) -> Any:  # aiohttp's
            await asyncio.sleep(float(asked.query["s"]))
            return web.Response(text="ok")

        runner = await serve_here(answer)
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        found: list[object] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=100)) as asked:
            for for_s in ("50", "99"):
                async with asked.get(url, params={"s": for_s}) as got:
                    found.append((await got.text(), seconds(sagemaker)))
        await runner.cleanup()
        return found

    with within() as sagemaker:
        watch = Watch()
        found = asyncio.run(go())
        return Outcome("" if found == [("ok", 50), ("ok", 149)] else f"{found}", watch.s)


def _uvicorn() -> Outcome:
    """A server in a thread of the mock, whose application sleeps in its loop."""
    uvicorn = needs("uvicorn")

    async def app(scope: Any, _: object, send: Any) -> None:  # ASGI's
        if scope["type"] == "http":
            await asyncio.sleep(50)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

    with within() as sagemaker:
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            real.sleep(0.01)
        url, watch = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/", Watch()
        found = []
        for _ in range(2):
            began_s = seconds(sagemaker)
            found.append((_got(url), round(seconds(sagemaker) - began_s, 6)))
    return Outcome("" if all(answer == b"ok" and 50 <= for_s < 51 for answer, for_s in found) else f"{found}", watch.s)


def _thread_sends() -> Outcome:
    """A thread sends a message to a loop each minute, and sleeps on at once."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)

    def send() -> None:
        for _ in range(50):
            time.sleep(60)
            theirs.send(b"!")

    async def go() -> list[float]:
        beside = asyncio.create_task(asyncio.sleep(86_400))
        thread = threading.Thread(target=send)
        thread.start()
        seen = []
        for _ in range(50):
            await asyncio.get_running_loop().sock_recv(ours, 1)
            seen.append(seconds(sagemaker))
        beside.cancel()
        thread.join()
        return seen

    with ours, theirs, within() as sagemaker:
        watch = Watch()
        seen = asyncio.run(go())
    late_s = [at_s - 60 * number for number, at_s in enumerate(seen, 1)]
    return Outcome(f"{sum(map(bool, late_s))} of 50 late" if any(late_s) else "", watch.s, max(late_s))


async def _gets(sagemaker: SageMakerMock, url: str, beside_s: float) -> list[tuple[str, float]]:
    """Get two answers beside a task that sleeps for `beside_s`, and return each with its instant."""
    httpx = needs("httpx")
    beside = asyncio.create_task(asyncio.sleep(beside_s))
    found = []
    async with httpx.AsyncClient(timeout=100, trust_env=False) as asked:
        for _ in range(2):
            try:
                found.append(((await asked.get(url)).text, seconds(sagemaker)))
            except httpx.HTTPError as error:
                found.append((repr(error), seconds(sagemaker)))
    beside.cancel()
    return found


def _run(kind: str, work: Coroutine[Any, Any, _T]) -> _T:
    """Run a task in a loop of this kind; uvloop is imported as late as a server of uvicorn imports it."""
    loop = needs(kind).new_event_loop()
    try:
        return cast("_T", loop.run_until_complete(work))
    finally:
        loop.close()


def _loop_asks_threads(kind: str, beside_s: float) -> Outcome:
    """The client is a task, and the handlers sleep in threads of the mock."""
    needs("httpx")
    with within() as sagemaker:
        url, watch = _serving(lambda: time.sleep(50)), Watch()
        found = _run(kind, _gets(sagemaker, url, beside_s))
    return Outcome("" if found == [("ok", 50), ("ok", 100)] else f"{found}", watch.s)


def _loop_asks_a_loop(kind: str, beside_s: float) -> Outcome:
    """Client and server are tasks of two loops, both in threads of the mock."""
    needs("httpx")
    with within() as sagemaker:
        url, watch = f"http://127.0.0.1:{answering_in_a_loop(50)}/", Watch()
        found = _run(kind, _gets(sagemaker, url, beside_s))
    return Outcome("" if found == [("ok", 50), ("ok", 100)] else f"{found}", watch.s)


def _loop_asks_an_older_loop(kind: str, beside_s: float) -> Outcome:
    """The server is older than the mock, so its tasks sleep really."""
    needs("httpx")
    url = f"http://127.0.0.1:{answering_in_a_loop(0.3)}/"
    with within() as sagemaker:
        watch = Watch()
        found = _run(kind, _gets(sagemaker, url, beside_s))
    return Outcome("" if found == [("ok", 0), ("ok", 0)] else f"{found}", watch.s - 0.6)


def _asks_by_unix_socket(kind: str | None) -> Outcome:
    """The handlers sleep in threads of the mock; the client is a thread, or a task of a loop of this kind."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(1):
                time.sleep(50)
                self.request.send(b"!")

    async def ask() -> list[tuple[bytes, float]]:
        reader, writer = await asyncio.open_unix_connection(path)
        found = []
        for _ in range(2):
            writer.write(b"?")
            found.append((await asyncio.wait_for(reader.read(1), 100), seconds(sagemaker)))
        return found

    def asked() -> list[tuple[bytes, float]]:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            return [(client.recv(1), seconds(sagemaker)) for _ in range(2) if client.send(b"?")]

    with tempfile.TemporaryDirectory() as directory, within() as sagemaker:
        path = f"{directory}/server"
        server = socketserver.ThreadingUnixStreamServer(path, Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        watch = Watch()
        found = asked() if kind is None else _run(kind, ask())
        return Outcome("" if found == [(b"!", 50), (b"!", 100)] else f"{found}", watch.s)


_ASKS: Final[dict[str, Callable[[str, float], Outcome]]] = {
    "threads": _loop_asks_threads,
    "a-loop": _loop_asks_a_loop,
    "an-older-loop": _loop_asks_an_older_loop,
}
_LOOPS: Final = {"loop": "asyncio", "uvloop": "uvloop"}
_BESIDE_S: Final = {"": 3600.0, "-alone": 0.0}
"""Alone, the loop has no other timer than the client's timeout."""

SCENARIOS: Final[dict[str, Callable[[], Outcome]]] = {
    "handler-sleeps": _handler_sleeps,
    "handler-polls": _handler_polls,
    "handler-after-timeout": _times_out,
    "server-from-before": _server_from_before,
    "streams-of-one-loop": _streams,
    "aiohttp-of-one-loop": _aiohttp,
    "uvicorn-sleeps": _uvicorn,
    "thread-sends-to-a-loop": _thread_sends,
    **{
        f"{loop}-asks-{whom}{beside}": partial(asks, kind, beside_s)
        for loop, kind in _LOOPS.items()
        for whom, asks in _ASKS.items()
        for beside, beside_s in _BESIDE_S.items()
    },
    **{f"{who}-asks-unix": partial(_asks_by_unix_socket, kind) for who, kind in {"thread": None, **_LOOPS}.items()},
}
