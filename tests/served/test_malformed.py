"""The server survives requests that no client should send."""

import json
import os
import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from sagemock import SageMakerMock
from tests.support.calling import request
from tests.support.http import call, exchange, signature

OPTIONS: dict[str, Any] = {"strict": False, "latency": 0}
MANY: Final = int(os.environ.get("SAGEMOCK_MALFORMED", "300"))
"""The number of requests; 10000 looks deeper."""
STATUSES: Final = range(200, 600)
_WAITS_S: Final = 0.1


def good(dice: random.Random) -> bytes:
    """Return a valid request of a client, a browser or a script."""
    body, headers = b"", {"Host": "localhost", "Authorization": signature(region=dice.choice(["us-east-1", "", "x" * 300, "é"]))}
    if dice.random() < 0.5:
        method, path = "POST", dice.choice(["/", "/team", "/" + "x" * 500, "/%2e%2e/%00", "//", "/a/b"])
        operation = dice.choice(
            ["CreateTrainingJob", "DescribeTrainingJob", "ListTrainingJobs", "ListTags", "ListEndpoints", "X"]
        )
        headers |= {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        body = json.dumps(
            dice.choice([{}, [], None, 5, request("churn"), {"TrainingJobName": ["x"]}, {"MaxResults": "x"}])
        ).encode()
    else:
        method = dice.choice(["GET", "POST", "HEAD", "PUT", "OPTIONS", "TRACE"])
        verb = dice.choice(["clock", "jobs", "jobs/churn/fail", "plans", "faults", "calls", "timeline", "reset", "accounts", "x"])
        path = dice.choice(
            [f"/_sagemock/{verb}", f"/_sagemock/{verb}?last=5&after=x", f"/a/_sagemock/{verb}", "/", "/_sagemockx"]
        )
        whole = [{}, [], {"advance": 1}, {"until": []}, {"plan": {"phases": 5}}, {"reason": None}, {"error": {}}, {"accounts": 5}]
        body = json.dumps(dice.choice(whole)).encode()
    headers |= dice.choice([{}, {"Content-Encoding": dice.choice(["gzip", "br"])}, {"Accept-Encoding": "gzip"}])
    headers["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def mutated(whole: bytes, dice: random.Random) -> bytes:
    """Return a request with some bytes changed, removed or repeated."""
    for _ in range(dice.choice([0, 1, 1, 2, 5, 20])):
        at = dice.randrange(len(whole) + 1)
        cut = min(len(whole), at + dice.choice([0, 1, 1, 4, 50]))
        new = dice.choice(
            [b"", bytes([dice.randrange(256)]), b"\r\n", b"\0", whole[at:cut] * 2, b"\xff\xfe", b"9" * 30, b"{" * 2000]
        )
        whole = whole[:at] + new + whole[cut:]
    return whole


def malformed(seed: int) -> Iterator[bytes]:
    """Yield requests, the same ones for one seed."""
    dice = random.Random(seed)  # noqa: S311  # a test needs no secure randomness
    while True:
        yield mutated(good(dice), dice)


def test_the_server_survives_malformed_requests(sagemaker: SageMakerMock, caplog: Any) -> None:
    """Each gets an HTTP response or a closed connection, and the server itself has no error."""
    counted: Counter[bytes] = Counter()
    with sagemaker.serve() as url:
        parts = urlsplit(url)
        for _, sent in zip(range(MANY), malformed(MANY), strict=False):
            with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=_WAITS_S) as one:
                one.sendall(sent)
                found = b""
                # A server that waits for the rest of a request sends nothing.
                with suppress(TimeoutError, ConnectionResetError):
                    found = one.recv(65536)
            counted[found[9:12]] += 1
            if found:
                assert found.startswith(b"HTTP/1.1 "), (sent, found)
                assert int(found[9:12]) in STATUSES
                assert int(found[9:12]) != 500, (sent, found)
        assert call(url, "ListTrainingJobs").status == 200
        assert exchange(url, "GET", "/_sagemock/health").status == 200
    # Some of them are still valid.
    assert {b"200", b"400", b"404", b"501"} <= set(counted), counted
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []
