"""The hook: every SageMaker client of the process asks the innermost mock first, before the network."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from botocore.client import BaseClient

from sagemock.cleanup import run_all
from sagemock.client.guard import IN_FLIGHT, InFlight
from sagemock.client.responder import SERVICES, Respondent, Responder
from sagemock.client.signing import Signing
from sagemock.moto.handler import Moto
from sagemock.patches.patch import Wrapped

__all__ = ["Hook", "Watched"]

_EVENTS: Final = ("before-send", "choose-signer")
_ID: Final = "sagemock"


@dataclass(eq=False)
class Watched:
    """The handlers on a client that makes calls under a mock."""

    service: str
    signing: Signing
    responder: Responder | None
    """Answers the client's requests; None for a service that no mock answers."""
    calls: int = 0
    """The number of the client's calls in progress."""


class Hook:
    """Finds every client at its first call while a mock is active, no matter when and where the client was created.

    A handler stays on its client until all calls that began under a mock are over. So a call that is in progress when the last
    mock stops is not really sent.
    """

    def __init__(self, innermost: Callable[[], Respondent | None]) -> None:
        self._innermost = innermost
        # Held while handlers are registered or unregistered, so that no call of another thread misses them. Reentrant, because
        # the garbage collector may run code meanwhile that makes a call in the same thread.
        self._lock = threading.RLock()
        self._is_installed = False
        self._clients: WeakKeyDictionary[BaseClient, Watched] = WeakKeyDictionary()
        # Below `_make_api_call`, which tests replace to answer calls of other services, and which tracing wraps.
        self._make_request = Wrapped(BaseClient, "_make_request", self._call)
        self._moto = Moto()

    def install(self) -> None:
        """Watch the clients' calls."""
        self._is_installed = True
        self._make_request.install()

    def uninstall(self) -> None:
        """Stop watching, and unregister the handlers of every living client without a call in progress."""
        with self._lock:
            self._is_installed = False
            clients = list(self._clients.items())
            run_all(
                self._make_request.uninstall,
                *[partial(self._unregister, client, watched) for client, watched in clients],
                self._leave_moto,
            )

    def _call(self, wrapped: Callable[..., Any], client: BaseClient, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        operation = args[0] if args else kwargs["operation_model"]
        before = IN_FLIGHT.get()
        watched = self.begin(client)
        if watched is None:
            return wrapped(*args, **kwargs)
        try:
            answer = None if watched.responder is None else watched.responder.answer
            IN_FLIGHT.set(InFlight(watched.service, operation.name, answer))
            return wrapped(*args, **kwargs)
        finally:
            IN_FLIGHT.set(before)
            self.end(client, watched)

    def begin(self, client: BaseClient) -> Watched | None:
        """Register handlers on a client that begins a call, and return the argument for `end`.

        None if the last mock has stopped meanwhile: then the call is botocore's own.
        """
        with self._lock:
            if not self._is_installed:
                return None
            watched = self._clients.get(client)
            if watched is None:
                watched = self._clients[client] = self._register(client)
            watched.calls += 1
            if watched.responder is not None:
                self._moto.notice()
            return watched

    def end(self, client: BaseClient, watched: Watched) -> None:
        """Note that a call is over."""
        with self._lock:
            watched.calls -= 1
            if not self._is_installed:
                self._unregister(client, watched)
                self._leave_moto()

    def _register(self, client: BaseClient) -> Watched:
        service = client.meta.service_model.service_name
        is_answered = service in SERVICES
        responder = Responder(client, self._innermost) if is_answered else None
        watched = Watched(service, Signing(client, self._innermost, is_answered=is_answered), responder)
        # Uses the client's own emitter, not URLs, so any endpoint, region or scheme is answered.
        events: Any = client.meta.events  # its stubs only know handlers that return nothing
        if responder is not None:
            events.register_first(_event("before-send", client), responder, unique_id=f"{_ID}-before-send")
        if not watched.signing.is_settled:
            choose = watched.signing.choose_signer
            events.register_first(_event("choose-signer", client), choose, unique_id=f"{_ID}-choose-signer")
        return watched

    def _unregister(self, client: BaseClient, watched: Watched) -> None:
        if not watched.calls:
            # Before the rest, so that a client whose emitter raises is not kept.
            self._clients.pop(client, None)
            for kind in _EVENTS:
                client.meta.events.unregister(_event(kind, client), unique_id=f"{_ID}-{kind}")

    def _leave_moto(self) -> None:
        if not self._clients:
            self._moto.uninstall()


def _event(kind: str, client: BaseClient) -> str:
    return f"{kind}.{client.meta.service_model.service_id.hyphenize()}"
