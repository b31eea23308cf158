"""What a fault makes of a call: an answer of the service, an answer that is broken, or none."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from urllib3.exceptions import ProtocolError

from sagemock.client.hook import ApiCall
from sagemock.clock.instants import duration_us
from sagemock.errors import NothingWillHappen
from sagemock.protocol.answer import Answer, granted, refused
from sagemock.protocol.refusal import Refusal
from sagemock.service import faults

__all__ = ["Lost", "marred"]

_SETTINGS: Final = {
    faults.CONNECT_TIMEOUT: "connect_timeout",
    faults.READ_TIMEOUT: "read_timeout",
    faults.LOST_ANSWER: "read_timeout",
}
"""Where in its Config a client says how long it waits."""


class Lost(Exception):  # noqa: N818  # what became of an answer, not our error
    """Nothing arrives: after `takes_us` (None: as long as any call takes) the client has botocore's `error`.

    The errors are those that `botocore.httpsession.URLLib3Session.send` and its twins in aiobotocore raise. From a `before-send`
    handler they take the same way to the retry handlers as from there (botocore/endpoint.py, `_do_get_response`).
    """

    def __init__(self, error: Exception, takes_us: int | None) -> None:
        super().__init__(error, takes_us)
        self.error = error
        self.takes_us = takes_us


def marred(fault: faults.Fault, call: ApiCall, perform: Callable[[], str], refusal: Callable[[], Refusal]) -> Answer:
    """Return what the client gets of a call that meets a fault.

    `perform` lets the service do what it was asked for. Raises the Refusal that `refusal` returns where the service refuses, Lost
    where nothing arrives, and NothingWillHappen where the client has no timeout and would wait for ever.
    """
    if fault.error == faults.MALFORMED_BODY:
        return _cut_short(perform)
    if fault.error == faults.LOST_ANSWER:
        with suppress(Refusal):
            perform()
    if fault.error in _SETTINGS:
        kind = ConnectTimeoutError if fault.error == faults.CONNECT_TIMEOUT else ReadTimeoutError
        # How urllib3 words its own errors is nobody's contract; botocore's text is made of the URL alone.
        raise Lost(kind(endpoint_url=call.request.url, error=None), _waits_us(fault, call))
    if fault.error == faults.CONNECTION_RESET:
        reset = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
        raise Lost(ConnectionClosedError(error=reset, request=call.request, endpoint_url=call.request.url), None)
    if fault.error == faults.ENDPOINT_UNREACHABLE:
        refused_by = ConnectionRefusedError(111, "Connection refused")
        raise Lost(EndpointConnectionError(endpoint_url=call.request.url, error=refused_by), None)
    raise refusal()


def _cut_short(perform: Callable[[], str]) -> Answer:
    try:
        answer = granted(perform())
    except Refusal as refusal:
        answer = refused(refusal)
    # Of an empty answer there is nothing to cut.
    return Answer(answer.status, answer.body[: len(answer.body) // 2] or b"{")


def _waits_us(fault: faults.Fault, call: ApiCall) -> int:
    """Return how long the client waits for what does not come."""
    setting = _SETTINGS[fault.error]
    waits_s = getattr(call.config, setting)
    if setting == "read_timeout":
        # In a newer botocore an operation can have its own (URLLib3Session._get_request_timeout).
        own_s = (getattr(call.request, "context", None) or {}).get(setting)
        waits_s = waits_s if own_s is None else own_s
    if waits_s is None:
        raise NothingWillHappen(
            f"{call.operation} meets {fault}, and its client would wait for ever: its Config has {setting}=None. "
            f"Let the code under test set {setting} to a number of seconds"
        )
    return duration_us(waits_s)
