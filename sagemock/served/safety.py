"""Protection of the control API and the page: they refuse requests from other pages in a browser, and by other host names."""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sagemock.checks import listed, quoted, text
from sagemock.errors import UsageError

__all__ = ["LOOPBACK", "Safety", "checked", "is_loopback"]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_BEARER: Final = "bearer "


class Safety(NamedTuple):
    """The rules by which the control API and the page accept a request."""

    hosts: frozenset[str]
    """The host names by which they may be reached; "*" for any."""
    token: str | None = None
    """The token that the control API requires; None for no token."""

    def refusal(self, headers: Mapping[str, str], *, needs_token: bool) -> tuple[int, str] | None:
        """Return the HTTP status and the text of a refusal; None if the request is accepted."""
        host = headers.get("host", "")
        name = _name_of(host)
        if "*" not in self.hosts and name not in self.hosts:
            # DNS rebinding: a foreign host name may resolve to this machine.
            return 403, (
                f"this server is not called {name[:100]!r}: reach it as one of {', '.join(sorted(self.hosts))}, or allow the "
                "name by --allow-host"
            )
        origin = headers.get("origin")
        foreign = origin is not None and origin.partition("://")[2].lower() != host.lower()
        if foreign or headers.get("sec-fetch-site") == "cross-site":
            return 403, "a page of another origin may not use this server: open its own page, at /"
        if needs_token and self.token is not None:
            header = headers.get("authorization", "")
            is_bearer = header[: len(_BEARER)].lower() == _BEARER
            if not is_bearer or not hmac.compare_digest(header[len(_BEARER) :].strip().encode(), self.token.encode()):
                return 401, "this server requires a token: send the header `Authorization: Bearer TOKEN` with the one of --token"
        return None


def checked(host: str, allow_host: Iterable[str], token: str | None) -> Safety:
    """Return the rules of a server on `host`. Raises UsageError if other machines can reach it and there is no token."""
    text("host", host, "an address to listen on", "write host='127.0.0.1'")
    names = listed("allow_host", allow_host, "a list of names", "write allow_host=['mock']", ordered=False)
    for name in names:
        text("a name in allow_host", name, "the name of a host", "write allow_host=['mock']")
    if token is not None:
        text("token", token, "a text", "leave it out for none")
    if not is_loopback(host) and token is None:
        raise UsageError(
            f"{quoted(host)} can be reached from other machines, and anybody there could change the world: give a token, "
            "--token or token=…, which the control API then requires"
        )
    return Safety(frozenset({*LOOPBACK, host.lower(), *(one.lower() for one in names)}), token)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    return host.lower() in LOOPBACK or host.startswith("127.")


def _name_of(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
