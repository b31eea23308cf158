"""The connections from which the tasks of an event loop read at this moment, as far as their frames show it."""

import asyncio
import gc
import socket
from collections.abc import Iterator
from types import AsyncGeneratorType, FrameType, MemberDescriptorType
from typing import Any, Final

from sagemock.patches.yielding import waits_for_something

__all__ = ["read_by_tasks"]

_FRAMES: Final = ("cr_frame", "ag_frame", "gi_frame")
_AWAITED: Final = ("cr_await", "ag_await", "gi_yieldfrom")
_TRANSPORTS: Final = ("transport", "_transport")
_PROTOCOLS: Final = ("protocol", "_protocol")


def read_by_tasks(loop: asyncio.AbstractEventLoop) -> set[int]:
    """Return the descriptors of the connections for which tasks of a loop wait.

    A task waits for a connection if a function in which it waits is a method of an object that has a transport, as those of
    asyncio's streams, anyio, aiohttp and websockets are, or has a socket named `sock`, as the loop's own do.
    """
    found = set[int]()
    for task in asyncio.all_tasks(loop):
        # A task that waits for another one reads nothing itself.
        if waits_for_something(task):
            for frame in _frames(task.get_coro()):
                found.update(_connections(frame))
    return found


def _frames(awaited: object) -> Iterator[FrameType]:
    """Yield the frames of a coroutine, and of all that it awaits."""
    while awaited is not None:
        frame = _first(awaited, _FRAMES)
        if isinstance(frame, FrameType):
            yield frame
        following = _first(awaited, _AWAITED)
        if following is None and frame is None:
            # What `async for` awaits does not show its generator.
            following = next((one for one in gc.get_referents(awaited) if isinstance(one, AsyncGeneratorType)), None)
        awaited = following


def _first(owner: object, names: tuple[str, ...]) -> object:
    return next((found for name in names if (found := getattr(owner, name, None)) is not None), None)


def _connections(frame: FrameType) -> Iterator[int]:
    names = frame.f_locals
    sock = names.get("sock")
    if isinstance(sock, socket.socket):
        yield sock.fileno()
    owner = names.get("self")
    for one in (owner, *(_attribute(owner, name) for name in _PROTOCOLS)):
        for name in _TRANSPORTS:
            transport: Any = _attribute(one, name)
            # On the class: a mock has every attribute.
            if hasattr(type(transport), "get_extra_info"):
                connection = transport.get_extra_info("socket")
                number = connection.fileno() if hasattr(connection, "fileno") else None
                if isinstance(number, int):
                    yield number


def _attribute(owner: object, name: str) -> object:
    """Return an attribute of an object without running its code; None if it has none."""
    names: dict[str, object] = getattr(owner, "__dict__", {})
    if name in names:
        return names[name]
    return getattr(owner, name, None) if isinstance(getattr(type(owner), name, None), MemberDescriptorType) else None
