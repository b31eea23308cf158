from copy import deepcopy
from email.utils import formatdate

from botocore.awsrequest import HeadersDict
from hypothesis import given
from hypothesis import strategies as st

from sagemock.client.response import Response
from sagemock.protocol.answer import Answer

NAMED = {
    "x-amzn-RequestId": "id",
    "Content-Type": "application/x-amz-json-1.1",
    "Content-Length": "2",
    "Date": "Mon, 30 Jul 2018 12:00:00 GMT",
}


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_the_date_header_has_the_form_of_http(epoch_s: int) -> None:
    """As the standard library writes it, for any instant."""
    response = Response("https://x", Answer(200, b"{}"), epoch_s * 1_000_000 + 999_999, "id")
    assert response.headers["Date"] == formatdate(epoch_s, usegmt=True)


def headers() -> HeadersDict:
    """Return the headers of a response."""
    return Response("https://x", Answer(200, b"{}"), 1_532_952_000_000_000, "id").headers


def test_headers_are_read_like_botocores() -> None:
    """Names are matched in any case, and listed in their original case."""
    ours, botocores = headers(), HeadersDict(NAMED)
    assert list(ours.items()) == list(botocores.items())
    assert (len(ours), dict(ours)) == (4, NAMED)
    for name in ("date", "DATE", "Date"):
        assert ours[name] == ours.get(name) == botocores[name]
        assert name in ours
    assert "ETag" not in ours
    assert ours.get("ETag") is None
    assert repr(ours) == repr(NAMED)


def test_headers_can_be_changed_like_botocores() -> None:
    """A user's handler may do so; a copy is independent."""
    ours, botocores = headers(), HeadersDict(NAMED)
    copied, deep = ours.copy(), deepcopy(ours)
    for changed in (ours, botocores):
        changed["DATE"] = "now"
        changed["ETag"] = "x"
        del changed["content-length"]
    assert set(ours.items()) == {(name, value) for name, value in botocores.items() if name != "Date"} | {("DATE", "now")}
    assert dict(copied) == dict(deep) == NAMED
    assert isinstance(ours, HeadersDict)
    assert isinstance(copied, HeadersDict)


def test_raw_headers_are_bytes() -> None:
    """As aiohttp's are, which an older aiobotocore reads."""
    response = Response("https://x", Answer(200, b"{}"), 1_532_952_000_000_000, "id")
    assert response.raw.raw_headers == [(name.encode(), value.encode()) for name, value in NAMED.items()]
