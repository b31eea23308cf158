"""Send raw HTTP requests to a local server."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

__all__ = ["Response", "call", "connection", "exchange", "signature"]


class Response(NamedTuple):
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    """Keyed by lower-case name."""
    body: bytes

    @property
    def document(self) -> Any:
        """The body, parsed as JSON."""
        return json.loads(self.body)


def connection(url: str) -> HTTPConnection:
    """Return a connection to a server; the caller closes it."""
    return HTTPConnection(urlsplit(url).netloc, timeout=60)


def exchange(
    to: HTTPConnection | str, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Send a request and return the response."""
    if isinstance(to, str):
        one = connection(to)
        try:
            return exchange(one, method, path, body, headers)
        finally:
            one.close()
    to.request(method, path, body, dict(headers or {}))
    response = to.getresponse()
    return Response(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def call(
    to: HTTPConnection | str, operation: str, params: Mapping[str, Any] | None = None, *, path: str = "/", **headers: str
) -> Response:
    """Call a SageMaker operation."""
    target = {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return exchange(to, "POST", path, json.dumps(params or {}), {**target, **named})


def signature(access_key: str = "AKIDTEST", region: str = "us-east-1", service: str = "sagemaker") -> str:
    """Return a Signature Version 4 header; the server does not check it."""
    return f"AWS4-HMAC-SHA256 Credential={access_key}/20180730/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
