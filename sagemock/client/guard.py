"""No request of a client's leaves the process: one that nobody answered is stopped before a socket is opened."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from botocore.endpoint import Endpoint
from botocore.httpsession import URLLib3Session, mask_proxy_url

from sagemock.client.network import canonical, gives_credentials, host_of, is_loopback, lets_through
from sagemock.errors import NotAnswered
from sagemock.moto import handler
from sagemock.patches.active import Active, Innermost, keeps_real_time
from sagemock.patches.patch import Wrapped

__all__ = ["EARLIER", "IN_FLIGHT", "Guard", "InFlight", "may_pass"]


class InFlight(NamedTuple):
    """The API call that is being made."""

    service: str
    operation: str
    answer: Callable[..., Any] | None = None
    """Answers a request of it as a mock does, for a service that sagemock knows."""


IN_FLIGHT: ContextVar[InFlight | None] = ContextVar("sagemock_in_flight", default=None)
EARLIER: Final = InFlight("", "")
"""A call that a thread older than the mock has begun before it: what it sends is its own business."""


class Guard:
    """Stops what botocore would send, except to this machine and to what `passthrough` names."""

    def __init__(self, innermost: Innermost) -> None:
        self._innermost = innermost
        # What botocore sends for itself goes by no endpoint; a client may have an HTTP session of a class of its own.
        self._send = Wrapped(URLLib3Session, "send", self._ask)
        self._send_by_endpoint = Wrapped(Endpoint, "_send", self._ask_at_endpoint)

    def install(self) -> None:
        """Stand before the network."""
        self._send.install()
        self._send_by_endpoint.install()

    def uninstall(self) -> None:
        """Let everything through again."""
        self._send_by_endpoint.uninstall()
        self._send.uninstall()

    def _ask_at_endpoint(
        self,
        wrapped: Callable[..., Any],
        endpoint: Endpoint,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:  # noqa: ANN401
        active = self._innermost()
        if IN_FLIGHT.get() is None and active is not None and keeps_real_time(active):
            flight = IN_FLIGHT.set(EARLIER)
            try:
                return wrapped(*args, **kwargs)
            finally:
                IN_FLIGHT.reset(flight)
        if _sends_as_botocore(endpoint.http_session):
            return wrapped(*args, **kwargs)
        return self._ask(wrapped, endpoint, args, kwargs)

    def _ask(self, wrapped: Callable[..., Any], sender: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        try:
            return self.stop(wrapped, sender, args, kwargs)
        except NotAnswered:
            call = IN_FLIGHT.get()
            if call is None:
                raise
            request = args[0] if args else kwargs["request"]
            # An emitter that looked for handlers just before ours came may keep what it found (botocore/hooks.py, `_emit`).
            response = None if call.answer is None else call.answer(request, call.operation)
            # A client that is older than moto's import has no handler of moto's: alone, moto would let its call out.
            response = handler.ask(request) if response is None else response
            if response is None:
                raise
            return response

    def stop(self, wrapped: Callable[..., Any], sender: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Send by `wrapped` what may leave, and raise NotAnswered for the rest: a wrapper of whatever sends a request."""
        active = self._innermost()
        request = args[0] if args else kwargs["request"]
        if active is None:
            return wrapped(*args, **kwargs)
        proxy = None
        if is_loopback(request.url):
            proxy = _proxy(sender, request.url)
            if proxy is None or is_loopback(proxy):
                return wrapped(*args, **kwargs)
        call = IN_FLIGHT.get()
        if may_pass(active, call, canonical(host_of(request.url)) or ""):
            return wrapped(*args, **kwargs)
        raise NotAnswered(refusal(call, request.method, request.url) if proxy is None else _detour(request.url, proxy))


def may_pass(active: Active, call: InFlight | None, name: str) -> bool:
    """Whether what a thread sends to a canonical name, in the course of this call or of none, may leave the process."""
    if call is EARLIER or lets_through(active.passthrough, name):
        return True
    # Credentials are asked for in the course of a call too, and are not what it is about.
    return call is not None and call.service in active.passthrough and not gives_credentials(name)


def _sends_as_botocore(session: Any) -> bool:  # noqa: ANN401  # a client's HTTP session may be of any class
    """Whether this session's requests come to the guard, or to what a test has put in its place."""
    if "send" in getattr(session, "__dict__", ()):
        return False
    kinds = type(session).__mro__
    return next((kind for kind in kinds if "send" in vars(kind)), None) is URLLib3Session


def _proxy(sender: Any, url: str) -> str | None:  # noqa: ANN401  # an endpoint or an HTTP session, of any class
    """Return the proxy by way of which a request would go."""
    proxies = getattr(getattr(sender, "http_session", sender), "_proxy_config", None)
    found: str | None = None if proxies is None else proxies.proxy_url_for(url)
    return found


def _detour(url: str, proxy: str) -> str:
    return (
        f"a request to {url} would leave this machine by way of the proxy {mask_proxy_url(proxy)}, and nothing leaves the "
        "process while sagemock is active: set NO_PROXY=localhost,127.0.0.1 in the test's environment, "
        "or give the client Config(proxies={}) without that proxy"
    )


def refusal(call: InFlight | None, method: str, url: str) -> str:
    """Return the text of the error for a request that nobody answers."""
    if call is None:
        return (
            f"botocore was about to send {method} {url} for itself (to get credentials, it seems), and none of its requests "
            "leaves the process while sagemock is active: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to anything in the "
            "test's environment"
        )
    return (
        f"{call.service}.{call.operation} ({method} {url}) is answered by nobody: sagemock answers SageMaker's training jobs, "
        f"and lets nothing else out. Mock {call.service} as well (moto's mock_aws works beside sagemock), "
        f"or let it reach the network with mock_sagemaker(passthrough=[{call.service!r}])"
    )
