"""Chooses whether a client's request is signed while a mock is active, so that no credentials are needed or fetched."""

from typing import Any

from botocore import UNSIGNED
from botocore.client import BaseClient
from botocore.credentials import Credentials, RefreshableCredentials

from sagemock.client.network import canonical, host_of, is_loopback, lets_through
from sagemock.moto.handler import moto_answers
from sagemock.patches.active import Innermost

__all__ = ["Signing"]


class Signing:
    """Chooses for one client, without keeping the client alive."""

    def __init__(self, client: BaseClient, innermost: Innermost, *, is_answered: bool) -> None:
        """`is_answered` says whether a mock answers the client's service."""
        self._innermost = innermost
        self._is_answered = is_answered
        self._service: str = client.meta.service_model.service_name
        self._endpoint: str = client.meta.endpoint_url
        # There is no other way to a client's credentials, and botocore's stubs do not have this one.
        self._signer: Any = vars(client)["_request_signer"]

    @property
    def is_settled(self) -> bool:
        """Whether the client has fixed credentials, so that there is nothing to choose."""
        credentials = self._credentials
        return isinstance(credentials, Credentials) and not isinstance(credentials, RefreshableCredentials)

    @property
    def _credentials(self) -> Any:  # noqa: ANN401  # botocore has three classes without a common base
        return vars(self._signer)["_credentials"]

    def choose_signer(self, **_: object) -> Any:  # noqa: ANN401  # botocore's sentinel, or None
        """Leave a request unsigned if a mock answers it and there are no credentials, or only ones that must be refreshed.

        Do the same for a request that no mock answers: it then reaches the guard, whose error says what to do. botocore would
        only say that there are no credentials.
        """
        active = self._innermost()
        if active is None or self._service in active.passthrough:
            return None
        credentials = self._credentials
        if _is_stale(credentials) and (self._is_answered or not active.passthrough):
            return UNSIGNED
        if credentials is not None:
            return None
        return UNSIGNED if self._is_answered or not self._may_be_sent(active.passthrough) else None

    def _may_be_sent(self, passthrough: frozenset[str]) -> bool:
        if is_loopback(self._endpoint) or moto_answers():
            return True
        return lets_through(passthrough, canonical(host_of(self._endpoint)) or "")


def _is_stale(credentials: object) -> bool:
    """Return whether these credentials must be refreshed before they can sign."""
    return isinstance(credentials, RefreshableCredentials) and credentials.refresh_needed()
