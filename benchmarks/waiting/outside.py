"""Scenarios: the test waits for something outside, while a thread polls a job of six hours. No virtual time must pass."""

import asyncio
import contextlib
import multiprocessing
import os
import pty
import queue
import socket
import subprocess
import sys
import threading
import time
import tty
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.waiting.scenario import Outcome, Watch, compare, needs, polled, seconds, within
from sagemock.clock.real import real

__all__ = ["SCENARIOS", "answering", "answering_in_a_loop", "serve_here", "served", "serving"]

_SERVER: Final = """
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        time.sleep(float(sys.argv[1]))
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextlib.contextmanager
def serving(program: str, *arguments: str) -> Iterator[int]:
    """Run a server in another process, which prints its port first; the value is the port."""
    with subprocess.Popen([sys.executable, "-S", "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101  # it is a pipe
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


@contextlib.contextmanager
def served(answers_s: float) -> Iterator[str]:
    """Run an HTTP server in another process, which takes `answers_s` for each answer; the value is its url."""
    with serving(_SERVER, str(answers_s)) as port:
        yield f"http://127.0.0.1:{port}/"


def _child(for_s: float) -> Outcome:
    def work() -> None:
        subprocess.run(["sleep", str(for_s)], check=True)  # it sleeps

    return compare(work, for_s)


def _requests(answers_s: float, times: int) -> Outcome:
    def work() -> str:
        for _ in range(times):
            with urllib.request.urlopen(url, timeout=20) as answer:
                answer.read()
        return ""

    with served(answers_s) as url:
        return compare(work, answers_s * times)


def answering(work: Callable[[], object] = lambda: None) -> int:
    """Serve HTTP in threads of this process, which call `work` before each answer; return the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            work()
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_port)


async def serve_here(answer: Callable[[Any], Awaitable[Any]]) -> Any:
    """Serve by aiohttp in the running loop, which calls `answer` for each request; return the runner."""
    web = needs("aiohttp.web")
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def answering_in_a_loop(sleeps_s: float = 0) -> int:
    """Serve by aiohttp in a loop of another thread, of which each answer sleeps first; return the port."""
    web, ports = needs("aiohttp.web"), queue.Queue[int]()

    async def answer(_: object) -> Any:  # aiohttp's
        if sleeps_s:
            await asyncio.sleep(sleeps_s)
        return web.Response(text="ok")

    async def serve() -> None:
        ports.put((await serve_here(answer)).addresses[0][1])
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    return ports.get()


def _requests_to_this_process() -> Outcome:
    """The server's threads are older than the mock, and really sleep for their answers."""
    port = answering(partial(real.sleep, 0.02))

    def work() -> None:
        for _ in range(10):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                answer.read()

    return compare(work, 0.2)


def _duckdb() -> Outcome:
    duckdb = needs("duckdb")

    def work() -> None:
        duckdb.sql("select sum(a.range * b.range % 7) from range(20000) a, range(3000) b").fetchall()

    work()
    watch = Watch()
    work()
    return compare(work, watch.s)


def _polars() -> Outcome:
    polars = needs("polars")
    frame = polars.DataFrame({"key": range(2_000_000), "value": range(2_000_000)})

    def work() -> None:
        frame.group_by(polars.col("key") % 1000).agg(polars.col("value").sum().alias("sum"), polars.col("value").std()).sort(
            "key"
        )

    work()
    watch = Watch()
    work()
    return compare(work, watch.s)


def _work(for_s: float) -> None:
    real.sleep(for_s)


def _pool_of_processes() -> Outcome:
    def work() -> None:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(_work, [0.5, 0.5, 0.5, 0.5])

    return compare(work, 1)


def _give(event: Any, box: Any) -> None:  # multiprocessing's
    real.sleep(0.3)
    event.set()
    box.put(7)


def _event_of_a_process() -> Outcome:
    """A child sets an event of `multiprocessing`, and puts something into a manager's queue."""
    context = multiprocessing.get_context("fork")

    def work() -> str:
        event, box = context.Event(), manager.Queue()
        child = context.Process(target=_give, args=(event, box))
        child.start()
        found = event.wait(20), box.get(timeout=20)
        child.join()
        return "" if found == (True, 7) else f"{found}"

    with context.Manager() as manager:
        return compare(work, 0.3)


def _terminal() -> Outcome:
    """A terminal gets a character after two seconds, from another process."""
    person, terminal = pty.openpty()
    tty.setraw(terminal)

    def work() -> str:
        with subprocess.Popen(["sh", "-c", "sleep 2; printf c"], stdout=person):
            return "" if os.read(terminal, 1) == b"c" else "nothing was typed"

    return compare(work, 2)


def _pipe() -> Outcome:
    """A line comes from a child."""

    def work() -> str:
        with subprocess.Popen(["sh", "-c", "sleep 1; echo hello"], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None  # noqa: S101  # it is a pipe
            return "" if child.stdout.readline() == b"hello\n" else "no line came"

    return compare(work, 1)


def _socket() -> Outcome:
    """Data comes by a socket from another process."""

    def work() -> str:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.send(b"?")
            return "" if connection.recv(1) == b"x" else "nothing came"

    program = """
import socket, time
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
connection, _ = listening.accept()
connection.recv(1); time.sleep(0.5); connection.send(b"x")
"""
    with serving(program) as port:
        return compare(work, 0.5)


def _write() -> Outcome:
    """A child reads late what is written to it, more than a pipe holds."""
    program = "import sys, time; time.sleep(0.5); sys.stdin.buffer.read()"

    def work() -> None:
        with subprocess.Popen([sys.executable, "-S", "-c", program], stdin=subprocess.PIPE) as child:
            child.communicate(b"x" * 500_000)

    watch = Watch()
    work()
    return compare(work, watch.s)


def _named_pipe() -> Outcome:
    """A line comes by a pipe that has a path."""

    def work() -> str:
        with TemporaryDirectory() as folder:
            path = Path(folder, "pipe")
            os.mkfifo(path)
            with subprocess.Popen(["sh", "-c", f"exec >{path}; sleep 0.5; echo hello"]), path.open() as pipe:
                return "" if pipe.read() == "hello\n" else "no line came"

    return compare(work, 0.5)


def _accept() -> Outcome:
    """The test's own thread serves a child."""
    program = """
import socket, sys, time
time.sleep(0.3)
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    time.sleep(0.3); connection.send(b"x")
"""

    def work() -> str:
        with socket.create_server(("127.0.0.1", 0)) as server:
            command = [sys.executable, "-S", "-c", program, str(server.getsockname()[1])]
            with subprocess.Popen(command):
                accepted, _ = server.accept()
                with accepted:
                    return "" if accepted.recv(1) == b"x" else "nothing came"

    return compare(work, 0.6)


def _child_of_a_loop() -> Outcome:
    """A loop in which no task sleeps waits for a child."""

    async def wait() -> None:
        await (await asyncio.create_subprocess_exec("sleep", "0.5")).wait()

    return compare(lambda: asyncio.run(wait()), 0.5)


def _child_asks() -> Outcome:
    """A child asks a server of this process, whose handler sleeps for five virtual minutes."""
    program = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=20).read()"
    with within() as sagemaker:
        url = f"http://127.0.0.1:{answering(partial(time.sleep, 300))}/"
        watch = Watch()
        subprocess.run([sys.executable, "-S", "-c", program, url], check=True)
        slept_s = seconds(sagemaker)
        return Outcome("" if slept_s == 300 else f"slept {slept_s}", watch.s)  # five minutes


def _child_calls() -> Outcome:
    """A child calls a server of this process after 0.3 s, and the test waits for that with a timeout of ten minutes."""
    program = "import sys, time, urllib.request; time.sleep(0.3); urllib.request.urlopen(sys.argv[1], timeout=20).read()"
    called, children = threading.Event(), list[subprocess.Popen[bytes]]()

    def work() -> str:
        children.append(subprocess.Popen([sys.executable, "-S", "-c", program, f"http://127.0.0.1:{port}/"]))
        return "" if called.wait(600) else "the timeout came first"

    port = answering(called.set)
    found = compare(work, 0.3)
    children[0].wait()
    return found


def _lives_beside() -> Outcome:
    """A helper thread waits for a server that lives as long as the test: time moves after `patience`."""
    with subprocess.Popen(["sleep", "60"]) as server:
        try:
            with polled(patience=0.3) as sagemaker:
                threading.Thread(target=server.wait, daemon=True).start()
                watch = Watch()
                sagemaker.advance_until("job", "Completed")
                first_s, at_s = watch.s, seconds(sagemaker)
                watch = Watch()
                time.sleep(3600)
                slept_s = seconds(sagemaker) - at_s
                return Outcome("" if slept_s == 3600 else f"slept {slept_s}", first_s + watch.s - 0.3)
        finally:
            server.kill()


SCENARIOS: Final[dict[str, Callable[[], Outcome]]] = {
    "child-50ms": partial(_child, 0.05),
    "child-500ms": partial(_child, 0.5),
    "child-2s": partial(_child, 2),
    "requests-20ms": partial(_requests, 0.02, 10),
    "requests-2ms": partial(_requests, 0.002, 50),
    "requests-to-this-process": _requests_to_this_process,
    "socket": _socket,
    "pipe": _pipe,
    "terminal": _terminal,
    "write-to-a-child": _write,
    "named-pipe": _named_pipe,
    "accept-from-a-child": _accept,
    "child-of-a-loop-alone": _child_of_a_loop,
    "child-asks-a-handler": _child_asks,
    "child-calls": _child_calls,
    "pool-of-processes": _pool_of_processes,
    "event-of-a-process": _event_of_a_process,
    "lives-beside": _lives_beside,
    "duckdb": _duckdb,
    "polars": _polars,
}
