"""The application: it tells calls of AWS, the control API and the page apart, and answers the first of them."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from sagemock.errors import UsageError
from sagemock.protocol.answer import Lost
from sagemock.protocol.request import Request
from sagemock.served import wire
from sagemock.served.asgi import MOST, Asgi, Receive, Run, Scope, Send, body_of, headers_of
from sagemock.served.safety import Safety
from sagemock.served.wire import Response, TooLarge
from sagemock.served.worlds import ServedWorld, Worlds, refuse

__all__ = ["CLOSE", "CONTROL", "App"]

CONTROL: Final = "/_sagemock"
CLOSE: Final = "sagemock.close"
"""The extension of a scope that closes its connection at once."""
_CLOSES: Final = (b"connection", b"close")


class App:
    """The ASGI application of a server: it answers all requests."""

    def __init__(self, worlds: Worlds, safety: Safety, run: Run) -> None:
        self._worlds = worlds
        self._safety = safety
        self._run = run
        self._control: Asgi | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        before, is_control, rest = scope["path"].partition(CONTROL)
        if is_control and rest[:1] in ("", "/"):
            await self._to_control(scope, receive, send, before.strip("/"), rest)
        elif scope["method"] == "POST":
            await self._aws(scope, receive, send, scope["path"].strip("/"))
        elif scope["method"] in ("GET", "HEAD"):
            await self._page(scope, send, scope["path"].strip("/"))
        else:
            await _send(send, _elsewhere(scope["method"]), closes=True)

    async def _aws(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        headers = headers_of(scope)
        try:
            packed = await body_of(headers, receive)
            if packed is None:
                return
            body = wire.unpacked(packed, headers.get("content-encoding", ""), MOST)
        except TooLarge:
            text = f"sagemock reads bodies of up to {MOST:,} bytes: send less"
            await _send(send, wire.failed(413, "RequestEntityTooLarge", text), closes=True)
            return
        except ValueError as error:
            await _send(send, wire.failed(400, "SerializationException", str(error)))
            return
        response = await self._answered(scope, headers, body, name)
        if response is not None:
            await _send(send, response)
            return
        scope["extensions"][CLOSE]()
        while (await receive())["type"] != "http.disconnect":
            pass  # pragma: no cover  # ignore anything that a client sends after its request

    async def _answered(self, scope: Scope, headers: Mapping[str, str], body: bytes, name: str) -> Response | None:
        """Return the response to a call of AWS; None if it is lost."""
        try:
            world = self._worlds.find(name, begin=True)
            if world is None:
                return _no_world(name)
            read = wire.read_request(headers, body, _peer(scope), world.clock.latency.total_seconds())
            if isinstance(read, Response):
                return read
            return await self._run(partial(_reply, world, read, headers.get("accept-encoding", "")))
        except Exception as error:  # noqa: BLE001  # the test's own code may raise any; the client gets it
            return wire.plain(error)

    async def _to_control(self, scope: Scope, receive: Receive, send: Send, name: str, rest: str) -> None:
        if self._control is None:
            from sagemock.served.control import application  # noqa: PLC0415  # needed only by those who use it

            self._control = application(self._worlds, self._safety, self._run)
        # The router looks at the path only.
        inner = {**scope, "path": rest or "/", "raw_path": b"", "root_path": "", "sagemock.world": name}
        await self._control(inner, receive, send)

    async def _page(self, scope: Scope, send: Send, name: str) -> None:
        from sagemock.served.page import page  # noqa: PLC0415  # needed only by those who look at it

        refusal = self._safety.refusal(headers_of(scope), needs_token=False)
        if refusal is not None:
            status, text = refusal
            await _send(send, Response(status, ((b"content-type", b"text/plain; charset=utf-8"),), text.encode()))
        elif self._worlds.find(name, begin=False) is None:
            await _send(send, _no_world(name))
        else:
            await _send(send, page(), is_head=scope["method"] == "HEAD")


def _reply(world: ServedWorld, request: Request, accepts: str) -> Response | None:
    reply = world.answer(request)
    if reply is None:
        return wire.failed(
            501,
            "NotSimulated",
            f"sagemock serves the logs of jobs, and {request.operation} is about other logs: send such calls elsewhere, by "
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        )
    return None if isinstance(reply.answer, Lost) else wire.written(reply, reply.answer, accepts)


def _no_world(name: str) -> Response:
    try:
        refuse(name)
    except UsageError as error:
        return wire.failed(404, "UnknownWorld", str(error))


def _elsewhere(method: str) -> Response:
    text = f"this server does not answer {method[:20]}: sagemock serves SageMaker and the logs of its jobs, by POST"
    return wire.failed(501, "NotSimulated", text)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return "unknown" if client is None else f"{client[0]}:{client[1]}"


async def _send(send: Send, response: Response, *, closes: bool = False, is_head: bool = False) -> None:
    headers = [*response.headers, (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": [*headers, _CLOSES] if closes else headers})
    await send({"type": "http.response.body", "body": b"" if is_head else response.body})
