"""Converts a call of AWS from HTTP to a request, and a reply to HTTP."""

import gzip
import re
import zlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from sagemock.client.environ import REGION
from sagemock.client.response import http_date
from sagemock.clock.real import real
from sagemock.errors import SagemockError
from sagemock.protocol.answer import CONTENT_TYPE, Answer, Reply, dump
from sagemock.protocol.model import Api, partition_of, session
from sagemock.protocol.request import Request, Timeouts

__all__ = [
    "SERVICES",
    "Response",
    "TooLarge",
    "api_of",
    "failed",
    "plain",
    "read_request",
    "scoped",
    "unpacked",
    "written",
]

SERVICES: Final = ("sagemaker", "logs")
_SCOPE: Final = re.compile(r"Credential=([^/,\s]*)/[^/,\s]*/([^/,\s]*)/([^/,\s]*)/aws4_request")
_ATTEMPT: Final = re.compile(r"attempt=([1-9][0-9]{0,3})\b")
_NOT_AT_ALL: Final = re.compile(r"q\s*=\s*0(\.0*)?")
_PROGRAM: Final = re.compile(r"[!-~]{1,80}")
_UNKNOWN: Final = "UnknownOperationException"
_LEAST_TO_COMPRESS: Final = 512


class Response(NamedTuple):
    """An HTTP response."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Scope(NamedTuple):
    """The credential scope in the signature of a request. The signature itself is not checked."""

    access_key: str | None
    region: str
    service: str | None


class TooLarge(Exception):  # noqa: N818  # the server answers it, and never raises it to a user
    """A body is larger than the server reads."""


@cache
def api_of(service: str) -> Api:
    """Return the model of a service in the installed botocore."""
    return Api.of(session().get_service_model(service))


def scoped(headers: Mapping[str, str]) -> Scope:
    """Return the credential scope of a request."""
    found = _SCOPE.search(headers.get("authorization", ""))
    if found is None:
        # An unsigned request names no region.
        return Scope(None, REGION, None)
    access_key, region, service = found.groups()
    return Scope(access_key, region or REGION, service)


def read_request(headers: Mapping[str, str], body: bytes, peer: str, latency_s: float) -> Request | Response:
    """Return the request for an operation, or an error response if the server does not serve the operation.

    `headers` have names in lower case. `peer` is the address of the client, and `latency_s` the virtual time of a call.
    """
    scope = scoped(headers)
    prefix, _, operation = headers.get("x-amz-target", "").partition(".")
    service = next((one for one in SERVICES if _prefix(one) == prefix), None)
    if service is None and scope.service not in (*SERVICES, None):
        return failed(
            501,
            "NotSimulated",
            f"sagemock serves SageMaker and the logs of its jobs, and not {scope.service}: send the calls of that service "
            f"elsewhere, by AWS_ENDPOINT_URL_{str(scope.service).upper().replace('-', '_')}",
        )
    # Measured at Athena, whose protocol is the same, as in `protocol/decode`.
    if not headers.get("content-type", "").startswith((CONTENT_TYPE, "application/json")):
        return Response(404, ((b"content-type", b"application/xml"),), b"<UnknownOperationException/>")
    if service is None or operation not in api_of(service).operations:
        return _answered(Answer(400, dump({"__type": _UNKNOWN}).encode()), _UNKNOWN)
    attempt = _ATTEMPT.search(headers.get("amz-sdk-request", ""))
    program = _PROGRAM.match(headers.get("user-agent", ""))
    return Request(
        api_of(service),
        service,
        operation,
        partition=partition_of(scope.region),
        region=scope.region,
        body=body,
        headers=_Headers(headers),
        attempt=1 if attempt is None else int(attempt[1]),
        # For a lost answer the server closes the connection, which ends the client's wait at once, whatever its timeout.
        timeouts=Timeouts(latency_s, latency_s),
        origin=peer if program is None else f"{peer} {program[0]}",
    )


def written(reply: Reply, answer: Answer, accepts: str = "") -> Response:
    """Return an answer as an HTTP response, compressed if the client accepts that and the body is long enough."""
    code = _code(answer) if answer.status >= 400 else None  # noqa: PLR2004  # the errors of HTTP
    response = _answered(answer, code)
    headers = (
        *response.headers,
        (b"x-amzn-requestid", reply.request_id.encode()),
        # Real time, like the client's clock: the SDK for JavaScript takes another time for clock skew, and retries every error.
        (b"date", _date(int(real.time()))),
    )
    if len(answer.body) >= _LEAST_TO_COMPRESS and accepts_gzip(accepts):
        # Without a time in it, equal bodies give equal bytes.
        return Response(answer.status, (*headers, (b"content-encoding", b"gzip")), gzip.compress(answer.body, 6, mtime=0))
    return Response(answer.status, headers, answer.body)


def failed(status: int, code: str, text: str) -> Response:
    """Return the response to a call that the server cannot answer, in the form of an error of AWS."""
    return _answered(Answer(status, dump({"__type": code, "message": text}).encode()), code)


def plain(error: BaseException) -> Response:
    """Return the response to a call that raised an error in this process.

    The code of a sagemock error is its class, which no SDK retries. Any other error comes from code of the test, such as a
    callable that returns a plan.
    """
    if isinstance(error, NotImplementedError):
        return failed(501, type(error).__name__, str(error))
    if isinstance(error, SagemockError):
        return failed(400, type(error).__name__, str(error))
    return failed(400, "TestError", f"the code of the test raised {type(error).__name__}: {error}; mend it there")


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """Return a request's body without its compression. Raises TooLarge, and ValueError if it cannot be read."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise ValueError(f"sagemock reads gzip, and not {encoding[:40]!r}: send the body as it is")
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        whole = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise ValueError(f"this is not gzip ({error}): send the body as it is") from None
    if len(whole) > most:
        raise TooLarge
    if not reader.eof:
        raise ValueError("this gzip is cut short: send the whole body")
    return whole


def accepts_gzip(accepts: str) -> bool:
    """Return whether an Accept-Encoding header allows gzip."""
    for one in accepts.split(","):
        coding, _, parameter = one.partition(";")
        if coding.strip().lower() == "gzip":
            return _NOT_AT_ALL.fullmatch(parameter.strip()) is None
    return False


def _answered(answer: Answer, code: str | None) -> Response:
    headers: tuple[tuple[bytes, bytes], ...] = ((b"content-type", CONTENT_TYPE.encode()),)
    if code is not None:
        # Some SDKs read this header first: it has the same code as the body.
        headers = (*headers, (b"x-amzn-errortype", code.encode("latin-1", "replace")))
    return Response(answer.status, headers, answer.body)


@lru_cache(maxsize=1)
def _date(epoch_s: int) -> bytes:
    return http_date(epoch_s).encode()


def _code(answer: Answer) -> str | None:
    # A fault may have cut the body short, before the end of the code: then the response has no code.
    found = re.match(rb'\{"__type":"([A-Za-z0-9._#:/-]+)"', answer.body)
    return None if found is None else found[1].decode()


@cache
def _prefix(service: str) -> str:
    prefix: str = session().get_service_model(service).metadata["targetPrefix"]
    return prefix


class _Headers(dict[str, Any]):
    """The headers of a request by name in lower case; `get` accepts any case."""

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # as in botocore
        return super().get(name.lower(), default)
