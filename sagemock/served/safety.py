"""Who may use the control API and the page: nothing that a foreign page in a browser, or a foreign host, sends."""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sagemock.checks import listed, quoted, text
from sagemock.errors import UsageError

__all__ = ["LOOPBACK", "Safety", "checked", "is_loopback"]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_BEARER: Final = "bearer "


class Safety(NamedTuple):
    """What the control API and the page check of each request."""

    hosts: frozenset[str]
    """The names by which they may be reached; "*" for any."""
    token: str | None = None
    """What the control API asks for, None for nothing."""

    def refusal(self, headers: Mapping[str, str], *, needs_token: bool) -> tuple[int, str] | None:
        """Return the status and the text by which a request is refused; None if it may pass."""
        host = headers.get("host", "")
        name = _name_of(host)
        if "*" not in self.hosts and name not in self.hosts:
            # A name that somebody else has let lead to this machine (DNS rebinding).
            return 403, (
                f"this server is not called {name[:100]!r}: reach it as one of {', '.join(sorted(self.hosts))}, or allow the "
                "name by --allow-host"
            )
        origin = headers.get("origin")
        foreign = origin is not None and origin.partition("://")[2].lower() != host.lower()
        if foreign or headers.get("sec-fetch-site") == "cross-site":
            return 403, "a page of another origin may not use this server: open its own page, at /"
        if needs_token and self.token is not None:
            given = headers.get("authorization", "")
            is_bearer = given[: len(_BEARER)].lower() == _BEARER
            if not is_bearer or not hmac.compare_digest(given[len(_BEARER) :].strip().encode(), self.token.encode()):
                return 401, "this server asks for a token: send the header `Authorization: Bearer TOKEN` with that of --token"
        return None


def checked(host: str, allow_host: Iterable[str], token: str | None) -> Safety:
    """Return what is checked by a server on `host`. Raises UsageError if it is bound beyond loopback without a token."""
    text("host", host, "an address to listen on", "write host='127.0.0.1'")
    names = listed("allow_host", allow_host, "a list of names", "write allow_host=['mock']", ordered=False)
    for name in names:
        text("a name in allow_host", name, "the name of a host", "write allow_host=['mock']")
    if token is not None:
        text("token", token, "a text", "leave it out for none")
    if not is_loopback(host) and token is None:
        raise UsageError(
            f"{quoted(host)} can be reached from other machines, and whoever reaches it could change the world: give a token, "
            "--token or token=…, which the control API then asks for"
        )
    return Safety(frozenset({*LOOPBACK, host.lower(), *(one.lower() for one in names)}), token)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    return host.lower() in LOOPBACK or host.startswith("127.")


def _name_of(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
