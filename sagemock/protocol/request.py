"""A request as it arrives, in plain values, and its parameters according to the caller's service model."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sagemock.protocol.decode import decode, parse
from sagemock.protocol.fits import fits
from sagemock.protocol.model import Api

__all__ = ["NO_TIMEOUTS", "Parsed", "Request", "Timeouts", "read"]


class Timeouts(NamedTuple):
    """How long the client waits for an answer, in seconds; None: forever."""

    connect_s: float | None = None
    read_s: float | None = None


NO_TIMEOUTS: Final = Timeouts()


class Request:
    """One attempt of a client to call an operation, as it arrives."""

    # Not a NamedTuple: each call makes one of these, and only its attributes are read.
    __slots__ = ("api", "attempt", "body", "headers", "operation", "origin", "partition", "region", "service", "timeouts")

    def __init__(  # noqa: PLR0913  # everything that an answer depends on
        self,
        api: Api,
        service: str,
        operation: str,
        *,
        partition: str,
        region: str,
        body: bytes | str,
        headers: Mapping[str, Any],
        attempt: int = 1,
        timeouts: Timeouts = NO_TIMEOUTS,
        origin: str | None = None,
    ) -> None:
        """Hold everything that an answer depends on.

        `api` is the client's own service model, `service` its name ("sagemaker" or "logs"), and `body` the JSON that it sent.
        `attempt` is 1 for the first attempt, and greater for botocore's retries. `origin` says where it came from; None: a client
        in this process.
        """
        self.api = api
        self.service = service
        self.operation = operation
        self.partition = partition
        self.region = region
        self.body = body
        self.headers = headers
        self.attempt = attempt
        self.timeouts = timeouts
        self.origin = origin

    @property
    def access_key(self) -> str | None:
        """The access key that signed the request, None if it is unsigned."""
        authorization = self.headers.get("Authorization", "")
        text = authorization.decode() if isinstance(authorization, bytes) else authorization
        _, found, rest = text.partition("Credential=")
        return rest.partition("/")[0] if found else None


class Parsed(NamedTuple):
    """The parameters of a request."""

    params: Mapping[str, Any]
    is_doubtful: bool
    """True if they may break a constraint of the service model."""


def read(request: Request) -> Parsed:
    """Return the parameters of a request. Raises a Refusal (SerializationException) if its body cannot be read."""
    shape = request.api.input(request.operation)
    sent = parse(request.body)
    return Parsed(sent, is_doubtful=False) if fits(shape, sent) else Parsed(decode(shape, sent), is_doubtful=True)
