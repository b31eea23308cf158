"""The guard: it stops each request of a client that no mock has answered, before a socket is opened."""

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
    """The API call in progress."""

    service: str
    operation: str
    answer: Callable[..., Any] | None = None
    """A function that answers a request of this call as a mock does; None for a service that sagemock does not answer."""


IN_FLIGHT: ContextVar[InFlight | None] = ContextVar("sagemock_in_flight", default=None)
EARLIER: Final = InFlight("", "")
"""A call of a thread older than the mock: it may send anything."""


class Guard:
    """Stops every request of botocore, except to this machine and to the services and hosts in `passthrough`."""

    def __init__(self, innermost: Innermost) -> None:
        self._innermost = innermost
        # botocore's own requests use no endpoint, and a client may have an HTTP session of another class: so patch both.
        self._send = Wrapped(URLLib3Session, "send", self._ask)
        self._send_by_endpoint = Wrapped(Endpoint, "_send", self._ask_at_endpoint)

    def install(self) -> None:
        """Patch both ways to the network."""
        self._send.install()
        self._send_by_endpoint.install()

    def uninstall(self) -> None:
        """Undo `install`."""
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
            # An emitter that looked up its handlers just before we registered ours does not see it (botocore/hooks.py, `_emit`).
            response = None if call.answer is None else call.answer(request, call.operation)
            # A client that is older than moto's import has no handler of moto; moto alone would let its call out.
            response = handler.ask(request) if response is None else response
            if response is None:
                raise
            return response

    def stop(self, wrapped: Callable[..., Any], sender: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call `wrapped` for a request that may leave, else raise NotAnswered. This is the wrapper of all methods that send."""
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
    """Return whether a request to a canonical name, sent during this call (or outside any call), may leave the process."""
    if call is EARLIER or lets_through(active.passthrough, name):
        return True
    # A call to a service that may pass can also fetch credentials, and those requests may not pass.
    return call is not None and call.service in active.passthrough and not gives_credentials(name)


def _sends_as_botocore(session: Any) -> bool:  # noqa: ANN401  # a client's HTTP session may be of any class
    """Return whether this session sends by botocore's own `send`, which the guard (or a test's replacement of it) wraps."""
    if "send" in getattr(session, "__dict__", ()):
        return False
    kinds = type(session).__mro__
    return next((kind for kind in kinds if "send" in vars(kind)), None) is URLLib3Session


def _proxy(sender: Any, url: str) -> str | None:  # noqa: ANN401  # an endpoint or an HTTP session, of any class
    """Return the proxy of a request, or None."""
    proxies = getattr(getattr(sender, "http_session", sender), "_proxy_config", None)
    found: str | None = None if proxies is None else proxies.proxy_url_for(url)
    return found


def _detour(url: str, proxy: str) -> str:
    return (
        f"a request to {url} would leave this machine through the proxy {mask_proxy_url(proxy)}, and nothing leaves the "
        "process while sagemock is active: set NO_PROXY=localhost,127.0.0.1 in the test's environment, "
        "or give the client Config(proxies={}) without that proxy"
    )


def refusal(call: InFlight | None, method: str, url: str) -> str:
    """Return the error text for a request that no mock answers."""
    if call is None:
        return (
            f"botocore was about to send {method} {url} by itself (to get credentials, it seems), and none of its requests "
            "leaves the process while sagemock is active: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to anything in the "
            "test's environment"
        )
    return (
        f"{call.service}.{call.operation} ({method} {url}) has no answer: sagemock answers calls about SageMaker's jobs, "
        f"and lets no other call reach AWS. Mock {call.service} as well (moto's mock_aws works beside sagemock), "
        f"or let it reach the network with mock_sagemaker(passthrough=[{call.service!r}])"
    )
