"""Connections within this process and to another one, for tests of what threads wait for."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["asking", "connection", "outside"]


@contextmanager
def connection() -> Iterator[tuple[socket.socket, socket.socket, socket.socket]]:
    """Yield a listening socket and both ends of a connection to it."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            yield server, client, accepted


_ANSWERS = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    connection, _ = server.accept()
for line in sys.stdin:
    connection.sendall(b"1")
"""


@contextmanager
def outside() -> Iterator[tuple[socket.socket, Callable[[], object]]]:
    """Yield a connection to another process, and what lets that send a byte."""
    command = [sys.executable, "-S", "-c", _ANSWERS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as child:  # noqa: S603  # our own interpreter
        stdin, stdout = child.stdin, child.stdout
        assert stdin is not None
        assert stdout is not None
        with socket.create_connection(("127.0.0.1", int(stdout.readline()))) as client:
            yield client, lambda: stdin.write("\n")
            stdin.close()


_ASKS = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as client:
    client.sendall(b"?")
    client.recv(1)
    input()
"""


@contextmanager
def asking() -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """Yield a child process that has asked this one something, and the connection by which it waits for the answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-S", "-c", _ASKS, str(server.getsockname()[1])]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own interpreter
            accepted, _ = server.accept()
            with accepted:
                yield child, accepted
                child.kill()
