"""Hosts of AWS are not looked up, and addresses of credentials are not reached, in any thread of a mock."""

import _socket
import asyncio
import http.client
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import botocore.session
import pytest
import urllib3

from sagemock import NotAnswered, mock_sagemaker
from tests.support.isolation import Attempts

STS = "sts.us-east-1.amazonaws.com"
METADATA = ("169.254.169.254", 80)
URL = f"https://{STS}/"


def use(method: str, *args: object, family: int = socket.AF_INET) -> None:
    """Call a method of a socket, and close it."""
    with socket.socket(family, socket.SOCK_DGRAM) as near:
        getattr(near, method)(*args)


def tunnel() -> None:
    """Ask a local proxy for a host of AWS."""
    connection = http.client.HTTPSConnection("127.0.0.1", 9)
    connection.set_tunnel(STS)


async def look_up(host: str = STS) -> object:
    """Look up a host with the running loop."""
    return await asyncio.get_running_loop().getaddrinfo(host, 443)


async def connect(host: str = STS) -> None:
    """Connect with the running loop."""
    await asyncio.open_connection(host, 443)


WAYS: dict[str, Callable[[], object]] = {
    "getaddrinfo": lambda: socket.getaddrinfo(STS, 443),
    "by keywords": lambda: socket.getaddrinfo(host=f"{STS}.", port=443),
    "bytes": lambda: socket.getaddrinfo(STS.upper().encode(), 443),
    "gethostbyname": lambda: socket.gethostbyname(STS),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex(STS),
    "gethostbyaddr": lambda: socket.gethostbyaddr(STS),
    "create_connection": lambda: socket.create_connection((STS, 443)),
    "connect": lambda: use("connect", (STS, 443)),
    "connect_ex": lambda: use("connect_ex", (STS, 443)),
    "sendto": lambda: use("sendto", b"", (STS, 443)),
    "sendmsg": lambda: use("sendmsg", [b""], [], 0, (STS, 443)),
    "function url": lambda: socket.getaddrinfo("x.lambda-url.us-east-1.on.aws", 443),
    "number": lambda: use("connect", METADATA),
    "number looked up": lambda: socket.create_connection(METADATA),
    "number by another name": lambda: use("connect", ("0xA9FEA9FE", 80)),
    "container": lambda: use("connect_ex", ("169.254.170.2", 80)),
    "sixth version": lambda: use("connect", ("fd00:ec2:0::23", 80, 0, 0), family=socket.AF_INET6),
    "http.client": lambda: http.client.HTTPSConnection(STS).request("GET", "/"),
    "proxy": tunnel,
    "asyncio": lambda: asyncio.run(look_up()),
    "asyncio connection": lambda: asyncio.run(connect()),
    "asyncio number": lambda: asyncio.run(connect(METADATA[0])),
}


@pytest.mark.parametrize("way", WAYS)
def test_aws_is_not_reached_in_any_way(way: str) -> None:
    """The error is Python's own for an unknown host."""
    with mock_sagemaker(), pytest.raises(NotAnswered) as stopped:
        WAYS[way]()
    assert isinstance(stopped.value, socket.gaierror)
    assert "no thread of the test can reach it" in str(stopped.value)


def test_the_error_says_what_to_do() -> None:
    """With the host, and what the host is."""
    for host, what in ((STS, "is a host of AWS"), (METADATA[0], "gives out AWS credentials")):
        with mock_sagemaker(), pytest.raises(NotAnswered) as stopped:
            socket.getaddrinfo(host, 443)
        assert str(stopped.value) == (
            f"{host} {what}, and while sagemock is active no thread of the test can reach it: mock the service (moto's "
            f"mock_aws works beside sagemock), or let it out with mock_sagemaker(passthrough=[{host!r}]); "
            "for a whole service, write its name, like 's3'"
        )


def test_libraries_pass_the_error_on() -> None:
    """As for any unknown host."""
    with mock_sagemaker():
        with pytest.raises(urllib.error.URLError, match="is a host of AWS"):
            urllib.request.urlopen(URL)
        with pytest.raises(urllib3.exceptions.NewConnectionError, match="is a host of AWS"):
            urllib3.PoolManager(retries=False).request("GET", URL)


def test_a_thread_of_the_mock_is_stopped_and_an_older_one_is_not(network_attempts: Attempts) -> None:
    """The older one keeps its network (here the guard of these tests stops it), but a loop of the mock does not use it."""
    with ThreadPoolExecutor(1) as old:
        old.submit(int).result()

        async def by_pool() -> None:
            asyncio.get_running_loop().set_default_executor(old)
            await look_up()

        with mock_sagemaker(), ThreadPoolExecutor(1) as pool:
            for one in (pool, old):
                # An older pool belongs to the mock for work that is submitted inside.
                with pytest.raises(NotAnswered):
                    one.submit(socket.gethostbyname, STS).result()
            with pytest.raises(NotAnswered):
                asyncio.run(by_pool())
    is_inside = threading.Event()

    def look_up_inside() -> None:
        is_inside.wait()
        with pytest.raises(pytest.fail.Exception):
            socket.gethostbyname(STS)

    older = threading.Thread(target=look_up_inside)
    older.start()
    with mock_sagemaker():
        is_inside.set()
        older.join()
    assert network_attempts == [f"socket.gethostbyname('{STS}')"]
    network_attempts.clear()


def test_other_hosts_are_not_the_mocks_concern(network_attempts: Attempts) -> None:
    """Even hosts that only look like AWS's."""
    with mock_sagemaker():
        for host in ("example.com", "notamazonaws.com", "169.254.169.253"):
            with pytest.raises(pytest.fail.Exception):
                socket.getaddrinfo(host, 443)
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            pass
        assert asyncio.run(look_up("127.0.0.1"))
        with pytest.raises(TypeError):
            use("connect", ())
        with pytest.raises(TypeError):
            use("connect")
    assert len(network_attempts) == 3
    network_attempts.clear()


@pytest.mark.parametrize(
    "passthrough, through, stopped",
    [
        (["s3"], ["bucket.s3.eu-west-1.amazonaws.com"], [STS, "s3-control.eu-west-1.amazonaws.com", METADATA[0]]),
        (["sts"], [STS], ["bucket.s3.eu-west-1.amazonaws.com"]),
        ([STS], [STS], ["sts.eu-west-1.amazonaws.com"]),
        ([METADATA[0]], [METADATA[0], "0xA9FEA9FE"], ["169.254.170.2"]),
    ],
)
def test_passthrough_lets_only_its_hosts_out(
    passthrough: list[str], through: list[str], stopped: list[str], network_attempts: Attempts
) -> None:
    """Others are stopped."""
    with mock_sagemaker(passthrough=passthrough):
        for host in through:
            with pytest.raises(pytest.fail.Exception):
                socket.getaddrinfo(host, 443)
        for host in stopped:
            with pytest.raises(NotAnswered):
                socket.getaddrinfo(host, 443)
    assert len(network_attempts) == len(through)
    network_attempts.clear()


def test_a_client_of_a_passed_service_may_have_any_endpoint(network_attempts: Attempts) -> None:
    """Even one that botocore's rules do not have."""
    session: Any = botocore.session.Session()
    with mock_sagemaker(passthrough=["s3"]):
        client = session.create_client("s3", "us-east-1", endpoint_url="https://s3-eu-west-1.amazonaws.com")
        with pytest.raises(pytest.fail.Exception):
            client.list_buckets()
    assert network_attempts == ["socket.getaddrinfo('s3-eu-west-1.amazonaws.com')"]
    network_attempts.clear()


def test_afterwards_all_functions_are_restored(network_attempts: Attempts) -> None:
    """By identity; inherited ones are inherited again."""

    def found() -> list[object]:
        own = [vars(socket.socket).get(name) for name in ("connect", "connect_ex", "sendto", "sendmsg")]
        names = ("gethostbyname", "gethostbyname_ex", "gethostbyaddr")
        loop = vars(asyncio.BaseEventLoop)["getaddrinfo"]
        return [
            _socket.getaddrinfo,
            *(getattr(socket, name) for name in names),
            *own,
            loop,
            vars(http.client.HTTPConnection)["set_tunnel"],
        ]

    before = found()
    with mock_sagemaker(), mock_sagemaker():
        assert all(one is not other for one, other in zip(found(), before, strict=True))
    assert all(one is other for one, other in zip(found(), before, strict=True))
    with pytest.raises(pytest.fail.Exception):
        socket.getaddrinfo(STS, 443)
    assert network_attempts == [f"socket.getaddrinfo('{STS}')"]
    network_attempts.clear()


def test_uvloop_does_not_reach_aws_either() -> None:
    """Its resolver is in C. After the mock its class has no patch of ours."""
    uvloop: Any = pytest.importorskip("uvloop", reason="uvloop is not installed")
    run: Any = uvloop.run
    before = dict(vars(uvloop.Loop))
    for way in (look_up, connect, lambda: connect(METADATA[0])):
        with mock_sagemaker(), pytest.raises(NotAnswered):
            run(way())
    assert dict(vars(uvloop.Loop)) == before


class Channel:
    """The part of c-ares that we patch; the newest version has no `gethostbyname`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def getaddrinfo(self, host: str, port: int, *, callback: object) -> None:
        """Look up addresses."""
        self.asked.append(f"{host}:{port}")

    def query(self, name: str, kind: str, *, callback: object) -> None:
        """Query records."""
        self.asked.append(f"{name} {kind}")

    def search(self, name: str, kind: str, *, callback: object) -> None:
        """Search records."""
        self.asked.append(f"{name} {kind}")


def test_c_ares_does_not_look_up_aws_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a positional argument or a keyword."""
    pycares: Any = ModuleType("pycares")
    pycares.Channel = Channel
    monkeypatch.setitem(sys.modules, "pycares", pycares)
    channel = Channel()
    with mock_sagemaker():
        asks: tuple[Callable[[], object], ...] = (
            lambda: channel.getaddrinfo(STS, 443, callback=None),
            lambda: channel.query(name=STS, kind="A", callback=None),
            lambda: channel.search(STS, "A", callback=None),
        )
        for ask in asks:
            with pytest.raises(NotAnswered):
                ask()
        channel.getaddrinfo(host="example.com", port=443, callback=None)
        channel.query("example.com", "A", callback=None)
        channel.search("example.com", "MX", callback=None)
    assert channel.asked == ["example.com:443", "example.com A", "example.com MX"]
