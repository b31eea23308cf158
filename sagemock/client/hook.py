"""The hook: every SageMaker client of the process asks the innermost mock before it asks the network."""

import threading
from collections.abc import Callable
from functools import partial
from typing import IO, Any, Final, Protocol, cast
from weakref import WeakKeyDictionary

from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials

from sagemock.cleanup import run_all
from sagemock.client.guard import IN_FLIGHT, InFlight
from sagemock.client.network import canonical, host_of, is_loopback, lets_through
from sagemock.client.response import Response
from sagemock.errors import NotAnswered
from sagemock.moto.handler import Moto, mark, moto_answers
from sagemock.patches.active import Active
from sagemock.patches.patch import Wrapped
from sagemock.protocol.answer import Answer
from sagemock.protocol.model import Api

__all__ = ["ApiCall", "Hook", "Respondent"]

_EVENTS: Final = ("before-send", "choose-signer")
_ID: Final = "sagemock"


class ApiCall:
    """One attempt of a client to call an operation."""

    __slots__ = ("api", "attempt", "body", "config", "operation", "partition", "region", "request", "service")

    def __init__(self, respondent: "_Handler", operation: str, request: AWSPreparedRequest) -> None:
        """Read off a prepared request what an answer depends on; botocore serialises JSON to bytes."""
        self.api = respondent.api
        self.partition = respondent.partition
        self.region = respondent.region
        self.config = respondent.config
        self.service = respondent.service
        self.request = request
        self.operation = operation
        self.body = _whole(request.body)
        self.attempt = _attempt(request.headers.get("amz-sdk-request", b""))

    @property
    def access_key(self) -> str | None:
        """The access key that signed the request, None for an unsigned one."""
        return _access_key(self.request.headers.get("Authorization", ""))


class Respondent(Active, Protocol):
    """An active mock that answers calls."""

    def answer(self, call: ApiCall) -> tuple[Answer, int, str]:
        """Return the answer, its instant in microseconds, and a request id. An error raised here reaches the caller as it is."""

    def answer_logs(self, call: ApiCall) -> tuple[Answer, int, str] | None:
        """Return the same for a call of CloudWatch Logs, None if it is not about the logs of training jobs."""


_ANSWERS: Final[dict[str, Callable[[Respondent, ApiCall], tuple[Answer, int, str] | None]]] = {
    "sagemaker": lambda active, call: active.answer(call),
    "logs": lambda active, call: active.answer_logs(call),
}
"""How a mock answers the clients of each service; the clients of others are left alone."""


class Hook:
    """Finds every client at its first call while a mock is active, whenever and wherever it was made.

    A handler stays on its client until the calls are over that began under a mock: what is under way when the last mock stops is
    not sent for real.
    """

    def __init__(self, innermost: Callable[[], Respondent | None]) -> None:
        self._innermost = innermost
        # Held while a client is taken in or let go: nobody else's first call goes by a handler that is not yet registered.
        # What the garbage collector runs meanwhile may make a call too, so the same thread may take it again.
        self._lock = threading.RLock()
        self._is_installed = False
        self._clients: WeakKeyDictionary[BaseClient, _Handler | _Stranger] = WeakKeyDictionary()
        # Below `_make_api_call`, which tests replace to answer calls of other services, and tracing wraps.
        self._make_request = Wrapped(BaseClient, "_make_request", self._call)
        self._moto = Moto()

    def install(self) -> None:
        """Watch the clients' calls."""
        self._is_installed = True
        self._make_request.install()

    def uninstall(self) -> None:
        """Watch no more, and take the handlers off every client that is still there and makes no call."""
        with self._lock:
            self._is_installed = False
            clients = list(self._clients.items())
            run_all(
                self._make_request.uninstall,
                *[partial(self._let_go, client, handler) for client, handler in clients],
                self._leave_moto,
            )

    def _call(self, wrapped: Callable[..., Any], client: BaseClient, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        operation = args[0] if args else kwargs["operation_model"]
        before = IN_FLIGHT.get()
        handler = self.begin(client)
        if handler is None:
            return wrapped(*args, **kwargs)
        try:
            IN_FLIGHT.set(InFlight(handler.service, operation.name, handler.answer))
            return wrapped(*args, **kwargs)
        finally:
            IN_FLIGHT.set(before)
            self.end(client, handler)

    def begin(self, client: BaseClient) -> "_Handler | _Stranger | None":
        """Put the handlers on a client that begins a call, and return the one to `end` the call with.

        None if the last mock has stopped meanwhile: the call is botocore's own.
        """
        with self._lock:
            if not self._is_installed:
                return None
            handler = self._clients.get(client)
            if handler is None:
                handler = self._clients[client] = self._take_in(client)
            handler.calls += 1
            if handler.service in _ANSWERS:
                self._moto.notice()
            return handler

    def end(self, client: BaseClient, handler: "_Handler | _Stranger") -> None:
        """Note that a call is over."""
        with self._lock:
            handler.calls -= 1
            if not self._is_installed:
                self._let_go(client, handler)
                self._leave_moto()

    def _take_in(self, client: BaseClient) -> "_Handler | _Stranger":
        is_ours = client.meta.service_model.service_name in _ANSWERS
        handler = (_Handler if is_ours else _Stranger)(client, self._innermost)
        # By the client's own emitter and not by URL: any endpoint, region or scheme is answered.
        events: Any = client.meta.events  # its stubs know only handlers that return nothing
        if isinstance(handler, _Handler):
            events.register_first(_event("before-send", client), handler, unique_id=f"{_ID}-before-send")
        if not isinstance(handler.credentials, Credentials) or isinstance(handler.credentials, RefreshableCredentials):
            # Those that are at hand need nobody who decides whether to sign.
            events.register_first(_event("choose-signer", client), handler.choose_signer, unique_id=f"{_ID}-choose-signer")
        return handler

    def _let_go(self, client: BaseClient, handler: "_Handler | _Stranger") -> None:
        if not handler.calls:
            # First: a client whose emitter raises is not held.
            self._clients.pop(client, None)
            for kind in _EVENTS:
                client.meta.events.unregister(_event(kind, client), unique_id=f"{_ID}-{kind}")

    def _leave_moto(self) -> None:
        if not self._clients:
            self._moto.uninstall()


def _is_stale(credentials: object) -> bool:
    """Whether somebody would be asked for new credentials before these sign."""
    return isinstance(credentials, RefreshableCredentials) and credentials.refresh_needed()


def _event(kind: str, client: BaseClient) -> str:
    return f"{kind}.{client.meta.service_model.service_id.hyphenize()}"


class _Handler:
    """Answers for one client. It knows its client's region, and does not hold the client."""

    def __init__(self, client: BaseClient, innermost: Callable[[], Respondent | None]) -> None:
        self._innermost = innermost
        self.calls = 0
        """How many of its calls are under way."""
        self.api = Api.of(client.meta.service_model)
        self.service = client.meta.service_model.service_name
        self.region: str = client.meta.region_name
        self.partition: str = client.meta.partition
        self.config: Config = client.meta.config
        # For `choose_signer`; botocore has no other way to the credentials of a client, and its stubs do not show this one.
        self._signer: Any = vars(client)["_request_signer"]

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        """Answer in place of the network."""
        return self.answer(request, event_name.rpartition(".")[2])

    def answer(self, request: AWSPreparedRequest, operation: str) -> AWSResponse | None:
        """Answer a request as the innermost mock does; None if that one leaves it to others."""
        active = self._innermost()
        if active is None:
            if self.service == "sagemaker" and IN_FLIGHT.get() is not None and not moto_answers():
                raise NotAnswered(_too_late(operation))
            return None
        call = ApiCall(self, operation, request)
        answer = _ANSWERS[self.service](active, call)
        if answer is None:
            return None
        mark(request)
        return Response(request.url, *answer)

    @property
    def credentials(self) -> Any:  # noqa: ANN401  # botocore has three classes of them without a common one
        """What the client signs with, if anything."""
        return vars(self._signer)["_credentials"]

    def choose_signer(self, **_: object) -> Any:  # noqa: ANN401  # botocore's sentinel, or None
        """Leave a request unsigned when there is nothing to sign with, or only after asking somebody for it."""
        active = self._innermost()
        if active is None or self.service in active.passthrough:
            return None
        credentials = self.credentials
        return UNSIGNED if credentials is None or _is_stale(credentials) else None


class _Stranger:
    """Lets a client of a service that sagemock has no answers for get as far as the guard, which says what to do."""

    def __init__(self, client: BaseClient, innermost: Callable[[], Respondent | None]) -> None:
        self._innermost = innermost
        self.calls = 0
        """As in `_Handler`."""
        self.service: str = client.meta.service_model.service_name
        self.answer = None
        self._endpoint: str = client.meta.endpoint_url
        self._signer: Any = vars(client)["_request_signer"]  # as in `_Handler`

    @property
    def credentials(self) -> Any:  # noqa: ANN401  # as in `_Handler`
        """What the client signs with, if anything."""
        return vars(self._signer)["_credentials"]

    def choose_signer(self, **_: object) -> Any:  # noqa: ANN401  # botocore's sentinel, or None
        """Leave a request unsigned that nobody will answer, when there is nothing to sign with: botocore would say only that.

        And any request for which credentials would have to be fetched that nobody needs: to moto, or to this machine.
        """
        active = self._innermost()
        if active is not None and not active.passthrough and _is_stale(self.credentials):
            return UNSIGNED
        if active is None or self.service in active.passthrough or is_loopback(self._endpoint) or moto_answers():
            return None
        if self.credentials is not None or lets_through(active.passthrough, canonical(host_of(self._endpoint)) or ""):
            return None
        return UNSIGNED


def _whole(body: object) -> bytes | str:
    """Return a request's body as bytes or text: who changes a request on its way may leave a buffer, a file or nothing there."""
    if isinstance(body, (bytes, str)):
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if body is None:
        return b""
    file = cast("IO[bytes] | IO[str]", body)
    file.seek(0)
    return file.read()


def _too_late(operation: str) -> str:
    return (
        f"the mock was stopped while {operation} was under way, and a call that began under a mock is not sent to AWS: "
        "let the threads and tasks of a test end before its mock does (join them, or await them)"
    )


def _attempt(header: bytes | str) -> int:
    """Return the attempt that botocore's retry header names (`attempt=2; max=5`); the first if it names none."""
    text = header.decode() if isinstance(header, bytes) else header
    _, found, rest = text.partition("attempt=")
    return int(rest.partition(";")[0]) if found else 1


def _access_key(authorization: bytes | str) -> str | None:
    """Return the access key that signed the request, None for an unsigned one."""
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    _, found, rest = text.partition("Credential=")
    return rest.partition("/")[0] if found else None
