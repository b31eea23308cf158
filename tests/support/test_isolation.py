import _socket
import asyncio
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from tests.support.isolation import TIMEZONE, Attempts, leaves_the_machine, network_target


@pytest.mark.parametrize(
    "address", [("192.0.2.1", 443), ("2001:db8::1", 443, 0, 0), ("fe80::1%eth0", 80), ("sagemaker.example", 443)]
)
def test_a_foreign_address_is_off_the_machine(address: object) -> None:
    """Documentation addresses, link-local addresses and every host name count as the network."""
    assert leaves_the_machine(address)


@pytest.mark.parametrize(
    "address", [("127.0.0.1", 80), ("::1", 80, 0, 0), ("localhost", 80), ("", 80), (None, 0), "/run/socket", b"\0abstract", None]
)
def test_a_local_address_is_on_the_machine(address: object) -> None:
    """Loopback addresses and Unix sockets are local."""
    assert not leaves_the_machine(address)


FAR = ("192.0.2.1", 443)
DATAGRAM = socket.SOCK_DGRAM


@pytest.mark.parametrize(
    "reach, attempt",
    [
        (lambda: socket.getaddrinfo("sagemaker.example", 443), "socket.getaddrinfo('sagemaker.example')"),
        (lambda: socket.getaddrinfo(host="sagemaker.example", port=443), "socket.getaddrinfo('sagemaker.example')"),
        (lambda: socket.gethostbyname("sagemaker.example"), "socket.gethostbyname('sagemaker.example')"),
        (lambda: socket.gethostbyname_ex("sagemaker.example"), "socket.gethostbyname('sagemaker.example')"),
        (lambda: socket.gethostbyaddr("192.0.2.1"), "socket.gethostbyaddr('192.0.2.1')"),
        (lambda: use(socket.socket(), "connect", FAR), f"socket.connect({FAR})"),
        (lambda: use(socket.socket(), "connect_ex", FAR), f"socket.connect({FAR})"),
        (lambda: use(_socket.socket(), "connect", FAR), f"socket.connect({FAR})"),
        (lambda: use(socket.socket(type=DATAGRAM), "sendto", b"", FAR), f"socket.sendto({FAR})"),
        (lambda: use(socket.socket(type=DATAGRAM), "sendmsg", [b""], [], 0, FAR), f"socket.sendmsg({FAR})"),
        (lambda: asyncio.run(asyncio.open_connection(*FAR)), f"socket.connect({FAR})"),
        (lambda: urllib3.PoolManager(retries=False).request("GET", "http://192.0.2.1"), "socket.getaddrinfo('192.0.2.1')"),
        (lambda: URLLib3Session().send(AWSRequest("GET", "http://192.0.2.1").prepare()), "socket.getaddrinfo('192.0.2.1')"),
    ],
)
def test_a_send_fails_the_test_at_once_and_again_at_its_end(
    reach: Callable[[], object], attempt: str, network_attempts: Attempts
) -> None:
    """The attempt stays on the list, so a test that swallows the first failure fails at its end."""
    with pytest.raises(pytest.fail.Exception) as failed:
        reach()
    assert str(failed.value) == f"this test reached for the network: {attempt}. Answer the call inside the mock."
    assert network_attempts == [attempt]
    network_attempts.clear()


@pytest.mark.parametrize(
    "event, args, attempt",
    [
        ("socket.connect", (None, FAR), f"socket.connect({FAR})"),
        ("socket.connect", (None, ("127.0.0.1", 80)), None),
        ("socket.getaddrinfo", ("sagemaker.example", 443, 0, 0, 0), "socket.getaddrinfo('sagemaker.example')"),
        ("socket.getaddrinfo", ("localhost", 443, 0, 0, 0), None),
        ("socket.bind", (None, FAR), None),
        ("open", ("192.0.2.1", "r", 0), None),
    ],
)
def test_only_lookups_and_sends_to_foreign_hosts_reach_the_network(
    event: str, args: tuple[Any, ...], attempt: str | None
) -> None:
    """Other audit events, and local addresses, do not count."""
    assert network_target(event, args) == attempt


def test_each_attempt_is_recorded_and_fails(network_attempts: Attempts) -> None:
    """A second attempt fails like the first."""
    for _ in range(2):
        with pytest.raises(pytest.fail.Exception):
            network_attempts.note("socket.connect")
    assert network_attempts == ["socket.connect"] * 2
    network_attempts.clear()


def use(near: _socket.socket, method: str, *args: object) -> None:
    """Call a method of a socket, and close it."""
    try:
        getattr(near, method)(*args)
    finally:
        near.close()


def test_attempts_in_other_threads_count(network_attempts: Attempts) -> None:
    """An attempt in a worker thread fails the test too."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(pytest.fail.Exception):
        pool.submit(socket.getaddrinfo, "sagemaker.example", 443).result()
    assert network_attempts == ["socket.getaddrinfo('sagemaker.example')"]
    network_attempts.clear()


def test_loopback_is_open() -> None:
    """A server on this machine can be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as connected:
        assert connected.getpeername() == server.getsockname()


def test_the_time_zone_is_pinned_and_is_not_utc() -> None:
    """Local time is UTC-5 in winter and UTC-4 in summer."""
    assert os.environ["TZ"] == TIMEZONE
    assert [time.localtime(at).tm_gmtoff for at in (1_532_908_800, 1_545_868_800)] == [-4 * 3600, -5 * 3600]


def test_the_environment_has_no_aws_settings_of_the_machine() -> None:
    """Only the variables that hide the machine's own settings are set."""
    assert {name for name in os.environ if name.startswith("AWS_")} == {
        "AWS_CONFIG_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_SHARED_CREDENTIALS_FILE",
    }
    assert not Path(os.environ["AWS_CONFIG_FILE"]).exists()
