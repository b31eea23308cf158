"""Nothing leaves the process: a request that nobody answered is stopped before a socket is opened."""

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.httpsession import URLLib3Session

from sagemock import neighbours
from sagemock.active import Innermost
from sagemock.errors import NotAnswered
from sagemock.patch import Wrapped

__all__ = ["IN_FLIGHT", "Guard", "InFlight"]


class InFlight(NamedTuple):
    """The API call that is being made."""

    service: str
    operation: str
    answer: Callable[..., Any] | None = None
    """Answers a request of it as a mock does, for a service that sagemock knows."""


IN_FLIGHT: ContextVar[InFlight | None] = ContextVar("sagemock_in_flight", default=None)


class Guard:
    """Stops what botocore would send, except to this machine and to the services of `passthrough`."""

    def __init__(self, innermost: Innermost) -> None:
        self._innermost = innermost
        self._send = Wrapped(URLLib3Session, "send", self._ask)

    def install(self) -> None:
        """Stand before the network."""
        self._send.install()

    def uninstall(self) -> None:
        """Let everything through again."""
        self._send.uninstall()

    def _ask(self, wrapped: Callable[..., Any], session: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        try:
            return self.stop(wrapped, session, args, kwargs)
        except NotAnswered:
            call = IN_FLIGHT.get()
            if call is None:
                raise
            request = args[0] if args else kwargs["request"]
            # An emitter that looked for handlers just before ours came may keep what it found (botocore/hooks.py, `_emit`).
            answered = None if call.answer is None else call.answer(request, call.operation)
            # A client that is older than moto's import has no handler of moto's: alone, moto would let its call out.
            answered = neighbours.ask(request) if answered is None else answered
            if answered is None:
                raise
            return answered

    def stop(self, wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Send by `wrapped` what may leave, and raise NotAnswered for the rest: a wrapper of whatever sends a request."""
        active = self._innermost()
        request = args[0] if args else kwargs["request"]
        if active is None or is_loopback(request.url):
            return wrapped(*args, **kwargs)
        call = IN_FLIGHT.get()
        if call is not None and call.service in active.passthrough:
            return wrapped(*args, **kwargs)
        raise NotAnswered(refusal(call, request.method, request.url))


def refusal(call: InFlight | None, method: str, url: str) -> str:
    """Return the text of the error for a request that nobody answers."""
    if call is None:
        return (
            f"botocore was about to send {method} {url} for itself (to get credentials, it seems), and nothing leaves the "
            "process while sagemock is active: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to anything in the test's "
            "environment"
        )
    return (
        f"{call.service}.{call.operation} ({method} {url}) is answered by nobody: sagemock answers SageMaker's training jobs, "
        f"and lets nothing else out. Mock {call.service} as well (moto's mock_aws works beside sagemock), "
        f"or let it reach the network with mock_sagemaker(passthrough=[{call.service!r}])"
    )


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # A name, and be it one like 127.example.com.
        return False
