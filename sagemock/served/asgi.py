"""ASGI for the application, the control API and the page: its types, and functions that read a request."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from sagemock.served.wire import TooLarge

__all__ = ["MOST", "Asgi", "Receive", "Run", "Scope", "Send", "body_of", "headers_of"]

Scope: TypeAlias = "dict[str, Any]"
Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Asgi: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
_R = TypeVar("_R")

MOST: Final = 16 * 2**20
"""The largest body in bytes: a plan may carry a model of some size."""
_MOST_READ: Final = 4 * MOST


class Run(Protocol):
    """Runs a function that may wait, so that the server can answer other requests meanwhile."""

    async def __call__(self, work: Callable[[], _R], /) -> _R:
        """Return the result of `work`."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request by their names in lower case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def body_of(headers: Mapping[str, str], receive: Receive) -> bytes | None:
    """Return the body of a request; None if the client has gone. Raises TooLarge."""
    if int(headers.get("content-length", "0")) > MOST and "expect" in headers:
        # With `Expect`, the client sends the body only after the server asks for it.
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= MOST:
            chunks.append(chunk)
        # A client that is still sending would not read the answer, so read and discard some more of the body.
        if size > _MOST_READ or not message.get("more_body", False):
            if size > MOST:
                raise TooLarge
            return b"".join(chunks)
