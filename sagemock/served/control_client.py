"""The HTTP client of the control API: it sends requests to a served world and raises the errors in the answers."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final, NoReturn
from urllib.parse import urlencode, urlsplit

from sagemock import errors
from sagemock.checks import flag, quoted
from sagemock.clock.instants import instant, instant_us
from sagemock.errors import InvalidType, InvalidValue, SagemockError, UsageError
from sagemock.service.faults import Moment

__all__ = ["ControlClient", "instant_of", "maybe", "members", "moment", "span", "truth"]

_TIMEOUT_S: Final = 60


class ControlClient:
    """Sends requests to one world."""

    def __init__(self, url: str, token: str | None) -> None:
        parts = urlsplit(url if isinstance(url, str) else "")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidValue(f"connect() takes the url of a server, not {quoted(url)}: write connect('http://127.0.0.1:5123')")
        self._parts = parts
        self._token = token

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: object) -> bytes:
        """Send a request, and return the body of the answer. Raises the sagemock error that the server answers."""
        pairs = [(name, one) for name, value in query.items() if value is not None for one in _several(value)]
        target = f"{self._parts.path.rstrip('/')}/_sagemock{path}" + (f"?{urlencode(pairs)}" if pairs else "")
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        try:
            packed = None if body is None else json.dumps(body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InvalidType(
                f"{quoted(dict(body or {}))} cannot travel as JSON ({error}): give numbers, texts and durations"
            ) from None
        to = kind(str(self._parts.hostname), self._parts.port, timeout=_TIMEOUT_S)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        try:
            to.request(method, target, packed, headers)
            response = to.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as error:
            raise UsageError(
                f"no sagemock answers at {self._parts.geturl()} ({error}): start `sagemock serve`, or serve()"
            ) from None
        finally:
            to.close()
        if response.status >= 400:  # noqa: PLR2004  # the errors of HTTP
            _raise(answer, self._parts.geturl())
        return answer

    def document(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: object) -> Any:  # noqa: ANN401
        """Send a request, and return the answer as a JSON value."""
        return json.loads(self.ask(method, path, body, **query))


def _several(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _raise(answer: bytes, url: str) -> NoReturn:
    try:
        document = json.loads(answer)
        name, message = str(document["error"]), str(document["message"])
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"the server at {url} is not sagemock: it answers {answer[:100]!r}") from None
    kind: object = getattr(errors, name, None)
    raise (kind if isinstance(kind, type) and issubclass(kind, SagemockError) else UsageError)(message)


def span(value: timedelta | float) -> object:
    """Return a duration as a JSON value: seconds, if it is a timedelta."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def moment(value: Moment | None) -> object:
    """Return an instant, or a duration from now, as a JSON value."""
    if isinstance(value, datetime):
        return instant(instant_us(value)).isoformat()
    return span(value) if isinstance(value, timedelta) else value


def truth(name: str, value: object) -> str | None:
    """Return a flag as the text of a query parameter; None, the default, if it is not set."""
    return "true" if flag(name, value) else None


def members(**values: object) -> dict[str, object]:
    """Return the values that are not None, by name."""
    return {name: value for name, value in values.items() if value is not None}


def instant_of(text: str) -> datetime:
    """Return an instant in an answer as an aware datetime."""
    return instant(instant_us(text))


def maybe(text: str | None) -> datetime | None:
    """Return an instant in an answer as an aware datetime, or None."""
    return None if text is None else instant_of(text)
