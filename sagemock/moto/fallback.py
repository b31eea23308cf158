"""moto as the fallback of one world: it answers calls that sagemock does not simulate, and has the buckets and log groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from sagemock.clock.virtual import Clock
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.moto import handler, models, s3
from sagemock.moto.artifacts import Uploads
from sagemock.protocol.request import Request
from sagemock.service.operations import OPERATIONS

__all__ = ["MotoFallback"]


class MotoFallback:
    """moto, if a test uses it. If it is not active, calls that are not simulated raise NotSimulated."""

    def __init__(self, clock: Clock, store: Store) -> None:
        self._uploads = Uploads(clock, store)

    def notice(self) -> None:
        """If moto is active now, let jobs upload to its S3 from now on."""
        self._uploads.notice()

    def close(self) -> None:
        """Let jobs upload nothing more."""
        self._uploads.close()

    def is_active(self) -> bool:
        """Whether a `mock_aws` is active."""
        return handler.moto_answers()

    def owns(self, operation: str, params: Mapping[str, Any]) -> bool:
        """Whether moto answers a SageMaker operation: it is not simulated here, or is about the tags of a resource of moto's."""
        return not handler.is_ours(operation, params, OPERATIONS)

    def perform(self, request: Request) -> str:
        """Return moto's response as JSON. Raises a Refusal if moto refuses, and NotSimulated if it cannot answer either."""
        return handler.perform(request, OPERATIONS)

    def log_groups(self, request: Request) -> Sequence[Mapping[str, Any]]:
        """Return moto's log groups for the caller of a request; none if moto is not active."""
        return handler.log_groups(request)

    def check_inputs(self, place: Place, params: Mapping[str, Any]) -> None:
        """Raise a Refusal for a job whose input is not in moto's S3, and UsageError if moto is not active."""
        s3.check_inputs(place, params)

    def check_model(self, place: Place, name: str) -> None:
        """Raise a Refusal for a model that moto does not have, if it is active."""
        models.check_model(place, name)
