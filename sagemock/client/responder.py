"""Turns botocore's prepared request into a mock's request, and the reply into botocore's response."""

from collections.abc import Callable
from typing import IO, Any, Final, Protocol, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient

from sagemock.client.guard import IN_FLIGHT
from sagemock.client.response import Response
from sagemock.client.trouble import error_of
from sagemock.errors import NotAnswered
from sagemock.moto.handler import mark, moto_answers
from sagemock.patches.active import Active
from sagemock.protocol.answer import Lost, Reply
from sagemock.protocol.model import Api
from sagemock.protocol.request import Request, Timeouts

__all__ = ["SERVICES", "Respondent", "Responder"]

SERVICES: Final = frozenset({"sagemaker", "logs"})
"""The services whose clients a mock answers."""


class Respondent(Active, Protocol):
    """An active mock that answers calls."""

    def answer(self, request: Request) -> Reply | None:
        """Return the reply to a request; None if another mock must answer it. An error raised here reaches the caller as is."""


class Responder:
    """Answers the requests of one client. It knows the client's region, but does not keep the client alive."""

    def __init__(self, client: BaseClient, innermost: Callable[[], Respondent | None]) -> None:
        self._innermost = innermost
        self._api = Api.of(client.meta.service_model)
        self._service: str = client.meta.service_model.service_name
        self._region: str = client.meta.region_name
        self._partition: str = client.meta.partition
        config: Any = client.meta.config  # its stubs have no attributes
        self._timeouts = Timeouts(config.connect_timeout, config.read_timeout)

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        """Answer instead of the network: a handler of `before-send`."""
        return self.answer(request, event_name.rpartition(".")[2])

    def answer(self, prepared: AWSPreparedRequest, operation: str) -> AWSResponse | None:
        """Return the innermost mock's answer to a request; None if another mock must answer it."""
        active = self._innermost()
        if active is None:
            if self._service == "sagemaker" and IN_FLIGHT.get() is not None and not moto_answers():
                raise NotAnswered(
                    f"the mock was stopped while {operation} was in progress, and a call that began under a mock is not sent to "
                    "AWS: end the threads and tasks of a test before its mock (join them, or await them)"
                )
            return None
        reply = active.answer(self._read(prepared, operation))
        if reply is None:
            return None
        if isinstance(reply.answer, Lost):
            raise error_of(reply.answer, prepared)
        mark(prepared)
        return Response(prepared.url, reply.answer, reply.at_us, reply.request_id)

    def _read(self, prepared: AWSPreparedRequest, operation: str) -> Request:
        """Return a prepared request as plain values."""
        timeouts = self._timeouts
        headers: Any = prepared.headers  # a mapping, but its type does not say so
        # In newer versions of botocore an operation can have its own timeout (URLLib3Session._get_request_timeout).
        own_s = (getattr(prepared, "context", None) or {}).get("read_timeout")
        return Request(
            self._api,
            self._service,
            operation,
            partition=self._partition,
            region=self._region,
            body=_whole(prepared.body),
            headers=headers,
            attempt=_attempt(headers.get("amz-sdk-request", b"")),
            timeouts=timeouts if own_s is None else timeouts._replace(read_s=own_s),
        )


def _whole(body: object) -> bytes | str:
    """Return a request's body as bytes or text.

    botocore serialises JSON to bytes. Code that changes the request later may leave a buffer, a file or None.
    """
    if isinstance(body, (bytes, str)):
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if body is None:
        return b""
    file = cast("IO[bytes] | IO[str]", body)
    file.seek(0)
    return file.read()


def _attempt(header: bytes | str) -> int:
    """Return the number of the attempt in botocore's retry header (`attempt=2; max=5`); 1 if it has none."""
    text = header.decode() if isinstance(header, bytes) else header
    _, found, rest = text.partition("attempt=")
    return int(rest.partition(";")[0]) if found else 1
