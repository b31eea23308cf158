"""Law 7 for clients and servers of one process: an answer that waits for virtual time holds nothing."""

import asyncio
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.clock import waits

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not waits.tells(), reason="only Linux tells where a connection ends, and where one thread runs"
)

START = "2018-07-30T00:00:00Z"


def seconds(sagemaker: SageMakerMock) -> float:
    """Return the virtual seconds since the start."""
    return round(sagemaker.clock.now().timestamp() - 1_532_908_800, 6)


@contextmanager
def serving(for_s: float) -> Iterator[str]:
    """Serve HTTP in threads, whose handlers sleep for so long; the address is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(for_s)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def get(url: str) -> bytes:
    """Ask, by no proxy."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        return bytes(answer.read())


def test_a_handler_that_sleeps_answers_at_its_virtual_instant() -> None:
    """Also that of a server from before the mock: the threads that it starts for requests are the mock's."""
    with serving(50) as older, mock_sagemaker(start=START) as sagemaker, serving(50) as url:
        assert [(get(asked), seconds(sagemaker)) for asked in (url, url, older)] == [(b"ok", 50), (b"ok", 100), (b"ok", 150)]
        assert sagemaker.clock.forced_moves == ()


def test_a_time_out_that_is_over_before_the_handler_s_sleep_comes_first() -> None:
    """Really, since it is a descriptor's; and no time passes meanwhile."""
    with mock_sagemaker(start=START) as sagemaker:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve() -> None:
                accepted, _ = server.accept()
                with accepted:
                    time.sleep(3600)

            thread = threading.Thread(target=serve)
            thread.start()
            with socket.create_connection(server.getsockname()) as client:
                client.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    client.recv(1)
                assert seconds(sagemaker) == 0
            thread.join()
        assert seconds(sagemaker) == 3600


def test_both_ends_in_one_loop_sleep_and_time_out_virtually() -> None:
    """As a suite's own server beside its client."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(10):
            await asyncio.sleep(5)
            writer.write(asked)
        writer.close()

    async def main() -> list[object]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        found: list[object] = []
        for timeout_s in (30, 2):
            writer.write(b"x")
            try:
                found.append((await asyncio.wait_for(reader.read(1), timeout_s), seconds(sagemaker)))
            except asyncio.TimeoutError:
                found.append(seconds(sagemaker))
        writer.close()
        await asyncio.sleep(10)
        server.close()
        await server.wait_closed()
        return found

    with mock_sagemaker(start=START) as sagemaker:
        assert asyncio.run(main()) == [(b"x", 5), 7]
        assert sagemaker.clock.forced_moves == ()
