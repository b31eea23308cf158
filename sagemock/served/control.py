"""The control API: the verbs of a mock over HTTP, in JSON."""

import json
from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import version
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sagemock.errors import NeverReached, SagemockError, UnknownJob, UnusedError, UsageError
from sagemock.served import documents, openapi
from sagemock.served.asgi import MOST, Asgi, Run, body_of, headers_of
from sagemock.served.safety import Safety
from sagemock.served.verbs import VERBS, Answer, Asked, Text, Verb, check_body
from sagemock.served.wire import TooLarge
from sagemock.served.worlds import ServedWorld, Worlds, refuse

__all__ = ["application"]

_STATUSES: Final = {UnknownJob: 404, NeverReached: 409, UnusedError: 409}


def application(worlds: Worlds, safety: Safety, run: Run) -> Asgi:
    """Return the application of the control API. It reads the name of the world from its scope."""
    control = _Control(worlds, safety, run)
    routes = [
        Route("/health", control.health, methods=["GET"]),
        Route("/openapi.json", control.openapi, methods=["GET"]),
        Route("/reset", control.reset, methods=["POST"]),
        *(Route(verb.path, partial(control.verb, verb), methods=[verb.method]) for verb in VERBS),
    ]
    found: Any = Starlette(routes=routes, exception_handlers={HTTPException: _unrouted})  # its types of ASGI differ
    asgi: Asgi = found
    return asgi


class _Control:
    """Answers requests of the control API."""

    def __init__(self, worlds: Worlds, safety: Safety, run: Run) -> None:
        self._worlds = worlds
        self._safety = safety
        self._run = run

    async def health(self, _: Request) -> Response:
        """Answer that the server runs. The answer reveals nothing, so this needs no token."""
        return _json(200, {"status": "ok", "version": version("sagemock"), "worlds": list(self._worlds.names)})

    async def openapi(self, request: Request) -> Response:
        """Answer the OpenAPI document."""
        return self._refusal(request) or Response(_openapi(), media_type="application/json")

    async def reset(self, request: Request) -> Response:
        """Replace a world by a fresh one, and answer its clock."""
        return await self._answered(request, lambda: documents.clock(self._worlds.reset(request.scope["sagemock.world"]).world))

    async def verb(self, verb: Verb, request: Request) -> Response:
        """Perform a verb, and answer its result."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            body = await body_of(headers_of(dict(request.scope)), request.receive)
        except TooLarge:
            return _error(413, "TooLarge", f"sagemock reads bodies of up to {MOST:,} bytes: send less")
        return await self._answered(request, partial(self._asked, verb, request, body or b""))

    def _asked(self, verb: Verb, request: Request, body: bytes) -> Answer:
        client = request.client
        asked = Asked(
            request.path_params.get("name", ""),
            {name: request.query_params.getlist(name) for name in request.query_params},
            _object(verb, body),
            "unknown" if client is None else f"{client.host}:{client.port}",
        )
        _check_query(verb, asked)
        return verb.answer(self._world(request), asked)

    def _world(self, request: Request) -> ServedWorld:
        name = request.scope["sagemock.world"]
        found = self._worlds.find(name, begin=True)
        if found is None:
            refuse(name)
        return found

    def _refusal(self, request: Request) -> Response | None:
        refused = self._safety.refusal(headers_of(dict(request.scope)), needs_token=True)
        return None if refused is None else _error(refused[0], "Refused", refused[1])

    async def _answered(self, request: Request, work: Callable[[], Answer]) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            answer = await self._run(work)
        except SagemockError as error:
            status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 400)
            return _error(status, type(error).__name__, str(error))
        except Exception as error:  # noqa: BLE001  # the test's own code may run, and raise any
            return _error(500, "TestError", f"the code of the test raised {type(error).__name__}: {error}; mend it there")
        if isinstance(answer, Text):
            return Response(answer.text, media_type=answer.media_type)
        return _json(200, answer)


def _object(verb: Verb, body: bytes) -> dict[str, Any]:
    """Return a body as a JSON object. Raises UsageError or InvalidType for anything else, and for unknown members."""
    try:
        found = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is not JSON ({error}): send a JSON object") from None
    if not isinstance(found, dict):
        raise UsageError(f"the body is a JSON object, not {str(found)[:100]!r}: send {{}} for none")
    check_body(verb, found, [] if verb.body is None else list(openapi.SCHEMAS[verb.body].get("properties", ())))
    return found


def _check_query(verb: Verb, asked: Asked) -> None:
    for name in asked.query:
        if name not in verb.query:
            known = ", ".join(verb.query) or "nothing"
            raise UsageError(f"{verb.method} {verb.path} has no {name[:100]!r} in its query: it takes {known}")


@cache
def _openapi() -> bytes:
    return json.dumps(openapi.document(), indent=1).encode()


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answer a request for which there is no verb."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    paths = ", ".join(sorted({f"{verb.method} {verb.path.replace('{name:path}', '{name}')}" for verb in VERBS}))
    what = f"{request.method} {request.url.path[:100]!r} is not a verb: the control API has {paths}, POST /reset, GET /health"
    return _error(status, "NoSuchVerb", f"{what}, and describes itself at /_sagemock/openapi.json")


def _json(status: int, document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), status, media_type="application/json")


def _error(status: int, error: str, message: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004  # as HTTP asks
    return Response(json.dumps({"error": error, "message": message}), status, headers, media_type="application/json")
