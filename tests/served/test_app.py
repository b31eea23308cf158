"""The HTTP server: AWS's protocol, and what is not part of it."""

import gzip
import json
import socket
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from moto import mock_aws

from sagemock import SageMakerMock, UsageError
from sagemock.served.asgi import MOST
from sagemock.served.safety import Safety, checked
from sagemock.served.wire import TooLarge, accepts_gzip, unpacked
from tests.support.calling import request
from tests.support.children import run
from tests.support.http import call, connection, exchange, signature

OPTIONS: dict[str, Any] = {"strict": False, "latency": 0}
JSON = "application/x-amz-json-1.1"


@pytest.fixture
def url(sagemaker: SageMakerMock) -> Iterator[str]:
    """Serve the mock."""
    with sagemaker.serve() as url:
        yield url


def raw(url: str, sent: bytes) -> bytes:
    """Send bytes; return everything until the server closes the connection or is silent."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30) as one:
        one.sendall(sent)
        found = b""
        while chunk := one.recv(65536):
            found += chunk
    return found


@pytest.mark.parametrize(
    "target,content_type,status,body",
    [
        ("SageMaker.Unknown", JSON, 400, b'{"__type":"UnknownOperationException"}'),
        ("sagemaker.ListTrainingJobs", JSON, 400, b'{"__type":"UnknownOperationException"}'),
        ("ListTrainingJobs", JSON, 400, b'{"__type":"UnknownOperationException"}'),
        ("", JSON, 400, b'{"__type":"UnknownOperationException"}'),
        ("SageMaker.ListTrainingJobs", "", 404, b"<UnknownOperationException/>"),
        ("SageMaker.ListTrainingJobs", "application/x-amz-json-1.0", 404, b"<UnknownOperationException/>"),
    ],
)
def test_a_request_without_an_operation_gets_the_protocols_error(
    url: str, target: str, content_type: str, status: int, body: bytes
) -> None:
    """Measured at another service with this protocol."""
    answered = exchange(url, "POST", "/", "{}", {"X-Amz-Target": target, "Content-Type": content_type})
    assert (answered.status, answered.body) == (status, body)


def test_a_call_of_another_service_is_refused_with_a_hint(url: str) -> None:
    """The signature has the name of the service."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Authorization": signature(service="dynamodb"), "Content-Type": JSON}
    answered = exchange(url, "POST", "/", "{}", headers)
    assert (answered.status, answered.headers["x-amzn-errortype"]) == (501, "NotSimulated")
    assert answered.document["message"].endswith("send the calls of that service elsewhere, by AWS_ENDPOINT_URL_DYNAMODB")
    put = exchange(url, "PUT", "/bucket/key", "x", {"Authorization": signature(service="s3")})
    assert (put.status, put.headers["connection"]) == (501, "close")


def test_an_unsimulated_operation_goes_to_moto(sagemaker: SageMakerMock, url: str) -> None:
    """If moto is active; otherwise the error lists the simulated operations."""
    assert call(url, "ListEndpoints").document["__type"] == "NotSimulated"
    with mock_aws():
        assert call(url, "ListEndpoints", Authorization=signature()).document == {"Endpoints": []}
    assert sagemaker.calls.outcomes == ["NotSimulated", "ok"]


def test_a_served_mock_has_only_one_world(url: str) -> None:
    """A path that names another one is refused."""
    answered = call(url, "ListTrainingJobs", path="/other")
    assert (answered.status, answered.document["__type"]) == (404, "UnknownWorld")
    assert exchange(url, "GET", "/other").status == 404


def test_a_client_that_waits_to_send_is_told_to_continue(url: str) -> None:
    """With `Expect: 100-continue`."""
    head = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nContent-Type: {JSON}\r\n"
    found = raw(url, f"{head}Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    assert found.startswith(b"HTTP/1.1 100 ")
    assert found.endswith(b'{"TrainingJobSummaries":[]}')


@pytest.mark.parametrize("length", [str(MOST + 1), "9" * 40])
def test_a_large_body_is_refused_before_it_is_sent(url: str, length: str) -> None:
    """Without a "100 Continue"."""
    found = raw(url, f"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n".encode())
    assert found.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))


def test_a_body_without_a_length_is_limited_too(url: str) -> None:
    """In chunks, and compressed."""
    to = connection(url)
    to.request("POST", "/", (b" " * 2**20 for _ in range(20)), {"Content-Type": JSON}, encode_chunked=True)
    assert to.getresponse().status == 413
    to.close()
    bomb = gzip.compress(b" " * (MOST + 1))
    answered = exchange(url, "POST", "/", bomb, {"Content-Encoding": "gzip", "Content-Type": JSON})
    assert (answered.status, answered.document["__type"]) == (413, "RequestEntityTooLarge")


def test_gzip_is_accepted_and_sent_on_request(url: str) -> None:
    """In both directions."""
    headers = {"X-Amz-Target": "SageMaker.CreateTrainingJob", "Content-Type": JSON, "Content-Encoding": "gzip"}
    packed = gzip.compress(json.dumps(request("churn")).encode())
    assert exchange(url, "POST", "/", packed, headers).status == 200
    asked = {"TrainingJobName": "churn"}
    whole = call(url, "DescribeTrainingJob", asked)
    small = call(url, "DescribeTrainingJob", asked, Accept_Encoding="deflate, gzip;q=0.5")
    assert small.headers["content-encoding"] == "gzip"
    assert len(small.body) < len(whole.body)
    assert gzip.decompress(small.body) == whole.body
    short = call(url, "ListTags", {"ResourceArn": whole.document["TrainingJobArn"]}, Accept_Encoding="gzip")
    assert "content-encoding" not in short.headers


@pytest.mark.parametrize(
    "accepts,is_accepted",
    [
        ("gzip", True),
        ("GZIP; q=1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.00", False),
        ("deflate", False),
        ("", False),
        ("br, gzip", True),
    ],
)
def test_accept_encoding_decides_about_gzip(accepts: str, is_accepted: bool) -> None:  # noqa: FBT001  # a column of the table
    """A weight of 0 means no."""
    assert accepts_gzip(accepts) is is_accepted


def test_a_body_is_decompressed_or_refused() -> None:
    """The refusal says what to do."""
    assert unpacked(b"{}", "", 2) == unpacked(b"{}", "identity", 2) == unpacked(gzip.compress(b"{}"), "gzip", 2) == b"{}"
    with pytest.raises(TooLarge):
        unpacked(gzip.compress(b"{} "), "gzip", 2)
    with pytest.raises(ValueError, match="sagemock reads gzip, and not 'br': send the body as it is"):
        unpacked(b"", "br", 2)
    with pytest.raises(ValueError, match="this is not gzip"):
        unpacked(b"{}", "gzip", 2)
    with pytest.raises(ValueError, match="this gzip is cut short"):
        unpacked(gzip.compress(b"{}")[:-4], "gzip", 2)


def test_a_body_that_cannot_be_decompressed_is_refused_by_the_protocol(url: str) -> None:
    """The connection stays open."""
    to = connection(url)
    answered = exchange(to, "POST", "/", "{}", {"Content-Encoding": "br", "Content-Type": JSON})
    assert (answered.status, answered.document["__type"]) == (400, "SerializationException")
    assert call(to, "ListTrainingJobs").status == 200
    to.close()


def test_a_client_that_leaves_during_its_request_does_no_harm(sagemaker: SageMakerMock, url: str) -> None:
    """Half a body is not a call."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0))) as one:
        one.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert call(url, "ListTrainingJobs").status == 200
    assert sagemaker.calls.count == 1


def test_bytes_that_are_not_http_are_refused(url: str) -> None:
    """The connection is closed."""
    assert raw(url, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert call(url, "ListTrainingJobs").status == 200


OURS = {"host": "localhost:5123"}


@pytest.mark.parametrize(
    "headers,status",
    [
        (OURS, None),
        ({"host": "127.0.0.1"}, None),
        ({"host": "[::1]:5123"}, None),
        ({"host": "LOCALHOST:5123", "origin": "http://localhost:5123"}, None),
        ({"host": "mock.internal:5123"}, None),
        ({**OURS, "sec-fetch-site": "same-origin"}, None),
        ({}, 403),
        ({"host": "evil.example"}, 403),
        ({"host": "localhost.evil.example:5123"}, 403),
        ({**OURS, "origin": "http://evil.example"}, 403),
        ({**OURS, "origin": "http://localhost:80"}, 403),
        ({**OURS, "origin": "null"}, 403),
        ({**OURS, "sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_foreign_hosts_and_origins_are_refused(headers: dict[str, str], status: int | None) -> None:
    """A web page could reach this machine with its own host name, or with a script of another origin."""
    refusal = checked("127.0.0.1", ["mock.internal"], None).refusal(headers, needs_token=True)
    assert (None if refusal is None else refusal[0]) == status


def test_a_token_is_required_if_one_is_set() -> None:
    """As a bearer token. The page itself loads without it, but shows nothing."""
    safety = checked("10.0.0.1", ["*"], "secret")
    assert safety.refusal({"host": "any"}, needs_token=False) is None
    for given in ("", "secret", "Bearer other", "Basic secret"):
        refusal = safety.refusal({"host": "any", "authorization": given}, needs_token=True)
        assert refusal is not None
        assert refusal[0] == 401
    assert safety.refusal({"host": "any", "authorization": "bearer secret"}, needs_token=True) is None
    assert checked("127.0.0.5", (), None) == Safety(frozenset({"localhost", "127.0.0.1", "::1", "127.0.0.5"}))


@pytest.mark.parametrize(
    "given,message",
    [
        ({"host": 5}, "host is an address to listen on, not 5"),
        ({"host": ""}, "host is an address to listen on, and not empty"),
        ({"allow_host": "mock"}, "allow_host is a list of names, not 'mock'"),
        ({"allow_host": [5]}, "a name in allow_host is the name of a host, not 5"),
        ({"token": ""}, "token is a text, and not empty"),
        ({"port": "5123"}, "port is the number of a port"),
        ({"prt": 5}, "serve"),
    ],
)
def test_invalid_arguments_of_serve_are_refused_at_once(sagemaker: SageMakerMock, given: dict[str, Any], message: str) -> None:
    """Before the block is entered."""
    with pytest.raises(UsageError, match=message):
        sagemaker.serve(**given)


def test_the_server_is_imported_only_when_it_is_used() -> None:
    """Neither by `import sagemock` nor by a mock."""
    code = (
        "import sys, sagemock\n"
        "with sagemock.mock_sagemaker(): pass\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('uvicorn', 'starlette') or 'served' in name])"
    )
    assert run(code) == ("[]\n", "")


def test_without_the_extra_serve_says_what_to_install(sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error of ours."""
    monkeypatch.delitem(sys.modules, "sagemock.served.server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UsageError, match=r"needs its extra .*: pip install 'sagemock\[server\]'"):
        sagemaker.serve()
