"""HTTP responses for botocore and aiobotocore, without a network."""

from collections.abc import Generator, Iterator
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Final

from botocore.awsrequest import AWSResponse, HeadersDict

from sagemock.protocol.answer import CONTENT_TYPE, Answer

__all__ = ["Response", "http_date"]

_NONE: Final[Any] = ()
"""No headers, for botocore's own class of them; its stubs want a dictionary."""


class Response(AWSResponse):
    """An answer, in the form in which botocore's HTTP session returns one."""

    def __init__(self, url: str, answer: Answer, at_us: int, request_id: str) -> None:
        headers: Any = _Headers(
            {
                "x-amzn-requestid": ("x-amzn-RequestId", request_id),
                "content-type": ("Content-Type", CONTENT_TYPE),
                "content-length": ("Content-Length", str(len(answer.body))),
                "date": ("Date", http_date(at_us // 1_000_000)),
            }
        )
        super().__init__(url, answer.status, _NONE, headers)
        self.headers = headers
        self._body = _Body(answer.body)

    @property
    def content(self) -> bytes:
        """The body."""
        return self._body


class _Headers(HeadersDict):
    """Headers with names in any case, like botocore's own, in a third of the time.

    botocore's own create an object for each look-up, and a polling client looks up a dozen headers per answer.
    """

    def __init__(self, named: dict[str, tuple[str, str]]) -> None:
        """Hold (name, value) pairs by the name in lower case."""
        self._named = named

    def __getitem__(self, key: str) -> str:
        return self._named[key.lower()][1]

    def __setitem__(self, key: str, value: str) -> None:
        self._named[key.lower()] = key, value

    def __delitem__(self, key: str) -> None:
        del self._named[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._named.values())

    def __len__(self) -> int:
        return len(self._named)

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers in bytes, which aiobotocore before 2.22 reads from the response of its HTTP session."""
        return [(name.encode(), value.encode()) for name, value in self._named.values()]


class _Body(bytes):
    """The body of a response: bytes for botocore, and awaitable (any number of times) for aiobotocore."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, bytes]:
        yield from ()
        return self


def http_date(epoch_s: int) -> str:
    """Return an instant in seconds since the epoch as HTTP writes it."""
    days, second = divmod(epoch_s, 86_400)
    return f"{_day(days)} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} GMT"


@lru_cache(maxsize=64)
def _day(days: int) -> str:
    # Each poll of a waiter is in another second, but most are on the same day.
    return formatdate(days * 86_400, usegmt=True)[: len("Mon, 30 Jul 2018")]
