"""botocore's errors for an answer that does not arrive."""

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from urllib3.exceptions import ProtocolError

from sagemock.protocol.answer import Lost
from sagemock.service import faults

__all__ = ["error_of"]


def error_of(lost: Lost, request: AWSPreparedRequest) -> Exception:
    """Return the error that botocore raises if no answer arrives.

    `botocore.httpsession.URLLib3Session.send` and its twins in aiobotocore raise these errors. Raised by a `before-send` handler,
    they reach the retry handlers in the same way (botocore/endpoint.py, `_do_get_response`).
    """
    if lost.error == faults.CONNECTION_RESET:
        reset = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
        return ConnectionClosedError(error=reset, request=request, endpoint_url=request.url)
    if lost.error == faults.ENDPOINT_UNREACHABLE:
        return EndpointConnectionError(endpoint_url=request.url, error=ConnectionRefusedError(111, "Connection refused"))
    # The texts of urllib3's errors are not a contract; botocore's text contains only the URL.
    kind = ConnectTimeoutError if lost.error == faults.CONNECT_TIMEOUT else ReadTimeoutError
    return kind(endpoint_url=request.url, error=None)
