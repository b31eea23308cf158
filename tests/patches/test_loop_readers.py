"""Which connections the tasks of a loop read, with streams, slots, sockets and generators."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest

from sagemock.patches.loop_readers import read_by_tasks


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield both ends of a connection."""
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(0)
        yield here, there


def read_while(wait: Callable[[], Awaitable[object]]) -> set[int]:
    """Return which connections a loop reads while a task waits."""

    async def main() -> set[int]:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(_in_task(wait))
        # One that waits for the task reads nothing itself, and one that has just been made does not wait yet.
        outer = asyncio.ensure_future(_awaits(task))
        await asyncio.sleep(0.01)
        found = read_by_tasks(loop)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await outer
        return found

    return asyncio.run(main())


async def _in_task(wait: Callable[[], Awaitable[object]]) -> None:
    await wait()


async def _awaits(task: "asyncio.Task[None]") -> None:
    await task


class Slotted:
    """A protocol as in aiohttp, with slots and no dictionary."""

    __slots__ = ("transport",)

    def __init__(self, transport: object) -> None:
        self.transport = transport

    async def read(self) -> None:
        """Wait for ever."""
        await asyncio.get_running_loop().create_future()


class Reader:
    """A reader of such a protocol."""

    def __init__(self, protocol: object) -> None:
        self._protocol = protocol

    async def read(self) -> None:
        """Wait for ever."""
        await asyncio.get_running_loop().create_future()

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield what it reads."""
        await self.read()
        yield b""  # pragma: no cover  # the read never ends


class Transport:
    """A transport of a connection, or of something else."""

    def __init__(self, connection: object) -> None:
        self._connection = connection

    def get_extra_info(self, _: str) -> object:
        """Return the connection."""
        return self._connection


def test_a_stream_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    """As anyio and websockets read theirs."""

    async def read() -> None:
        reader, writer = await asyncio.open_connection(sock=pair[0])
        try:
            await reader.readexactly(2)
        finally:
            writer.close()

    number = pair[0].fileno()
    assert read_while(read) == {number}


def test_a_socket_is_read_by_the_loop_itself(pair: tuple[socket.socket, socket.socket]) -> None:
    """`loop.sock_recv` has the socket as its argument."""
    assert read_while(lambda: asyncio.get_running_loop().sock_recv(pair[0], 1)) == {pair[0].fileno()}


def test_a_protocol_with_slots_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    """So is a reader of that protocol, also within an asynchronous generator."""
    protocol = Slotted(Transport(pair[0]))

    async def read_all() -> None:
        async for _ in Reader(protocol).parts():
            pass  # pragma: no cover  # none comes

    for wait in (protocol.read, Reader(protocol).read, read_all):
        assert read_while(wait) == {pair[0].fileno()}


def test_other_tasks_read_nothing() -> None:
    """One that sleeps; one whose object is a mock, which has every attribute; one whose transport has no socket."""
    mock: Any = Mock()

    async def waits(self: object) -> None:
        del self
        await asyncio.sleep(60)

    assert read_while(lambda: asyncio.sleep(60)) == set()
    assert read_while(lambda: waits(mock)) == set()
    assert mock.mock_calls == []
    for connection in (None, Mock()):
        assert read_while(Slotted(Transport(connection)).read) == set()
