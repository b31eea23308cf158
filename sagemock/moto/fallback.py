"""moto as the fallback of one world: it answers what sagemock does not simulate, and holds the buckets and the log groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from sagemock.clock.virtual import Clock
from sagemock.moto import handler, s3
from sagemock.moto.artifacts import Uploads
from sagemock.protocol.request import Request
from sagemock.service.operations import OPERATIONS
from sagemock.training.job import Place
from sagemock.training.store import Store

__all__ = ["MotoFallback"]


class MotoFallback:
    """moto, if a test uses it; where it is not active, what is not simulated is refused."""

    def __init__(self, clock: Clock, store: Store) -> None:
        self._uploads = Uploads(clock, store)

    def notice(self) -> None:
        """Put the models of jobs into moto's S3 from now on, if it is there by now."""
        self._uploads.notice()

    def close(self) -> None:
        """Put no more models."""
        self._uploads.close()

    def is_active(self) -> bool:
        """Whether a `mock_aws` is active."""
        return handler.moto_answers()

    def owns(self, operation: str, params: Mapping[str, Any]) -> bool:
        """Whether an operation of SageMaker's is for moto: not simulated here, or on the tags of what moto has made."""
        return not handler.is_ours(operation, params, OPERATIONS)

    def perform(self, request: Request) -> str:
        """Return moto's response as JSON. Raises a Refusal where moto refuses, and NotSimulated if it cannot answer either."""
        return handler.perform(request, OPERATIONS)

    def log_groups(self, request: Request) -> Sequence[Mapping[str, Any]]:
        """Return the log groups that moto has for the caller of a request, none if it is not active."""
        return handler.log_groups(request)

    def check_inputs(self, place: Place, params: Mapping[str, Any]) -> None:
        """Refuse a job whose input is not in moto's S3. Raises UsageError if moto is not active."""
        s3.check_inputs(place, params)
