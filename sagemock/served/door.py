"""The way to a served world: requests of its control API, and its errors."""

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

__all__ = ["Door", "instant_of", "maybe", "members", "moment", "span", "truth"]

_TIMEOUT_S: Final = 60


class Door:
    """Sends requests to one world."""

    def __init__(self, url: str, token: str | None) -> None:
        parts = urlsplit(url if isinstance(url, str) else "")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidValue(f"connect() takes the url of a server, not {quoted(url)}: write connect('http://127.0.0.1:5123')")
        self._parts = parts
        self._token = token

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: object) -> bytes:
        """Return the answer. Raises the error of ours that the server answers."""
        given = [(name, one) for name, value in query.items() if value is not None for one in _several(value)]
        target = f"{self._parts.path.rstrip('/')}/_sagemock{path}" + (f"?{urlencode(given)}" if given else "")
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
        """Return the answer as JSON."""
        return json.loads(self.ask(method, path, body, **query))


def _several(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _raise(answer: bytes, url: str) -> NoReturn:
    try:
        told = json.loads(answer)
        name, message = str(told["error"]), str(told["message"])
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"what answers at {url} is not sagemock: it says {answer[:100]!r}") from None
    kind: object = getattr(errors, name, None)
    raise (kind if isinstance(kind, type) and issubclass(kind, SagemockError) else UsageError)(message)


def span(value: timedelta | float) -> object:
    """Return a duration as it travels."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def moment(value: Moment | None) -> object:
    """Return an instant, or a duration from now, as it travels."""
    if isinstance(value, datetime):
        return instant(instant_us(value)).isoformat()
    return span(value) if isinstance(value, timedelta) else value


def truth(name: str, value: object) -> str | None:
    """Return a flag as it travels in a query; None for one that is not set, which is the default."""
    return "true" if flag(name, value) else None


def members(**given: object) -> dict[str, object]:
    """Return what is given: None is not."""
    return {name: value for name, value in given.items() if value is not None}


def instant_of(text: str) -> datetime:
    """Return an instant of an answer."""
    return instant(instant_us(text))


def maybe(text: str | None) -> datetime | None:
    """Return an instant of an answer, None for none."""
    return None if text is None else instant_of(text)
