"""Measures the server with many clients, against a null server on the same framework and moto's: `python -m benchmarks.served`.

`--clients 64 --seconds 30 --only sagemock` is the endurance run. Each client creates a job of its own and describes it for the
whole time; a lost call is an error, and so is a job that goes backwards. The figures are calls per second, of one server process
and one client process: on a machine with two cores each has a core. moto's server needs flask and flask-cors.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.request import urlopen

from benchmarks.worlds import request

__all__ = ["main"]

_ORDER: Final = ("Pending", "Starting", "Downloading", "Training", "Stopping", "Uploading", "Completed", "Stopped", "Failed")
_BODY: Final = json.dumps({"TrainingJobArn": "x" * 900}).encode()
_HEADERS: Final = [
    (b"content-type", b"application/x-amz-json-1.1"),
    (b"x-amzn-requestid", b"00000000-0000-4000-a000-000000000001"),
    (b"date", b"Mon, 30 Jul 2018 00:00:00 GMT"),
    (b"content-length", b"%d" % len(_BODY)),
]
_GIVES_UP_S: Final = 60


async def null(_: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """Answer every request with the same bytes, as an ASGI application that reads it."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


def _commands(port: int) -> dict[str, list[str]]:
    framework = "--http h11 --loop asyncio --log-level critical --no-access-log --no-date-header --no-server-header"
    return {
        "null": ["-m", "uvicorn", *framework.split(), "--port", str(port), "benchmarks.served:null"],
        "sagemock": ["-m", "sagemock", "serve", "--port", str(port), "--latency", "0"],
        "moto": ["-m", "moto.server", "-p", str(port)],
    }


@contextmanager
def _server(kind: str) -> Iterator[int]:
    """Run a server in a process of its own; the value of the block is its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, *_commands(port)[kind]], stdout=nowhere, stderr=nowhere)  # noqa: S603  # ours
    try:
        asyncio.run(asyncio.wait_for(_listens(port), _GIVES_UP_S))
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_GIVES_UP_S)


async def _listens(port: int) -> None:
    while not await _is_open(port):  # noqa: ASYNC110  # another process opens it
        await asyncio.sleep(0.05)


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


class _Client:
    """A client with one connection, which creates a job and describes it."""

    def __init__(self, number: int, *, is_real: bool) -> None:
        self.name = f"job-{os.getpid()}-{number}"
        self._is_real = is_real
        self.calls = 0
        self._seen = (0, 0)

    async def begin(self, port: int) -> None:
        """Connect, and create a job."""
        self._port = port
        await self._connect()
        await self._ask(_http("CreateTrainingJob", request(self.name)))

    async def go_on(self, is_over: Callable[[], bool]) -> None:
        """Describe the job until it is over."""
        describe = _http("DescribeTrainingJob", {"TrainingJobName": self.name})
        while not is_over():
            shown = json.loads(await self._ask(describe))
            if self._is_real:
                self._check(shown)
        self._writer.close()

    async def _ask(self, sent: bytes) -> bytes:
        reader = self._reader
        self._writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if head[8:13] != b" 200 " or length is None:
            raise AssertionError(head + await reader.read(1000))
        self.calls += 1
        body = await reader.readexactly(int(length[1]))
        if b"connection: close" in head.lower():
            # moto's server closes the connection after each answer.
            self._writer.close()
            await self._connect()
        return body

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    def _check(self, shown: Mapping[str, Any]) -> None:
        if shown["TrainingJobName"] != self.name:
            raise AssertionError(f"asked for {self.name}, got {shown['TrainingJobName']}")
        statuses = [one["Status"] for one in shown.get("SecondaryStatusTransitions", ())]
        now = len(statuses), _ORDER.index(shown.get("SecondaryStatus", "Pending"))
        if now < self._seen:
            raise AssertionError(f"{self.name} went backwards: {self._seen} and then {now}")
        self._seen = now


def _http(operation: str, params: Mapping[str, Any]) -> bytes:
    body = json.dumps(params)
    signed = "AWS4-HMAC-SHA256 Credential=AKID/20180730/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0"
    return (
        f"POST / HTTP/1.1\r\nHost: sagemaker.us-east-1.amazonaws.com\r\nX-Amz-Target: SageMaker.{operation}\r\n"
        f"Content-Type: application/x-amz-json-1.1\r\nAuthorization: {signed}\r\nUser-Agent: benchmark\r\n"
        f"amz-sdk-request: attempt=1\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def _load(port: int, clients: Sequence[_Client], seconds: float) -> float:
    """Let the clients describe their jobs for `seconds`, and return the real time that this took."""
    await asyncio.gather(*(client.begin(port) for client in clients))
    over = asyncio.Event()
    # Real time, because two processes take part.
    began_s = time.perf_counter()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await asyncio.gather(*(client.go_on(over.is_set) for client in clients))
    return time.perf_counter() - began_s


def _rate(kind: str, number: int, seconds: float) -> float:
    """Return the number of calls that a server answers in a second."""
    with _server(kind) as port:
        # The null server's answers are not those of a job, so they are not checked.
        clients = [_Client(one, is_real=kind != "null") for one in range(number)]
        lasted_s = asyncio.run(_load(port, clients, seconds))
        calls = sum(client.calls for client in clients)
        if kind == "sagemock":
            _compare(port, calls)
        return (calls - number) / lasted_s


def _compare(port: int, calls: int) -> None:
    """Compare the number of calls that the server has recorded with the clients' number."""
    # Ask for the number only: there are too many calls for one answer.
    with urlopen(f"http://127.0.0.1:{port}/_sagemock/calls?after=999999999") as answer:  # above
        arrived = json.load(answer)["count"]
    if arrived != calls:
        raise AssertionError(f"{arrived} calls arrived, and {calls} were answered")


def main(arguments: list[str] | None = None) -> int:
    """Print calls per second, and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.served", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("null", "sagemock", "moto"))
    asked = parser.parse_args(arguments)
    kinds = [asked.only] if asked.only else ["null", "sagemock", "moto"]
    best = dict.fromkeys(kinds, 0.0)
    for _ in range(1 if asked.only else asked.rounds):
        # In turns, so that the load of the machine affects all of them.
        for kind in kinds:
            best[kind] = max(best[kind], _rate(kind, asked.clients, asked.seconds))
    for kind, rate in best.items():
        print(f"{kind:10} {rate:8,.0f} calls per second, {asked.clients} clients")
    if not asked.only:
        print(f"null / sagemock {best['null'] / best['sagemock']:.2f}, sagemock / moto {best['sagemock'] / best['moto']:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
