"""An answer that is lost on the way, in botocore's errors."""

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from urllib3.exceptions import ProtocolError

from sagemock.protocol.answer import Lost
from sagemock.service import faults

__all__ = ["error_of"]


def error_of(lost: Lost, request: AWSPreparedRequest) -> Exception:
    """Return what botocore raises where nothing arrives.

    The errors are those that `botocore.httpsession.URLLib3Session.send` and its twins in aiobotocore raise. From a `before-send`
    handler they take the same way to the retry handlers as from there (botocore/endpoint.py, `_do_get_response`).
    """
    if lost.error == faults.CONNECTION_RESET:
        reset = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
        return ConnectionClosedError(error=reset, request=request, endpoint_url=request.url)
    if lost.error == faults.ENDPOINT_UNREACHABLE:
        return EndpointConnectionError(endpoint_url=request.url, error=ConnectionRefusedError(111, "Connection refused"))
    # How urllib3 words its own errors is nobody's contract; botocore's text is made of the URL alone.
    kind = ConnectTimeoutError if lost.error == faults.CONNECT_TIMEOUT else ReadTimeoutError
    return kind(endpoint_url=request.url, error=None)
