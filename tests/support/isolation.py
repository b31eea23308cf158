"""Keep the settings of this machine out of the tests, and the tests off the network."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from ipaddress import ip_address
from typing import Any, Final

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import settings

# Not UTC, and with daylight saving time, so that a naive datetime is noticed. A POSIX rule, so that no tz database is needed.
TIMEZONE = "EST5EDT,M3.2.0,M11.1.0"


def pytest_configure() -> None:
    """Fix the time zone, AWS's settings and Hypothesis's profile, and block the network."""
    sys.addaudithook(GUARD)
    # pytester forgets each module that its in-process run imports first; these would then be loaded twice.
    for name in ("wrapt", "sagemock.faces.mock", "sagemock.patches.datetimes"):
        import_module(name)
    os.environ["TZ"] = TIMEZONE
    time.tzset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:  # pragma: no branch  # see the next line
        del os.environ[name]  # pragma: no cover  # only a developer's machine has some
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null/none"
    # Without credentials botocore asks the instance metadata service, which is a network call.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    JSONFileLoader.load_file = read_once(JSONFileLoader.load_file)  # type: ignore[assignment, method-assign]  # patched for all tests
    # A virtual clock makes Hypothesis's deadline meaningless. Every tox environment runs the examples, so there are few; set
    # HYPOTHESIS_EXAMPLES=1000 to look deeper. With CI set, Hypothesis draws the same examples each time.
    examples = int(os.environ.get("HYPOTHESIS_EXAMPLES", "20"))
    settings.register_profile("sagemock", deadline=None, derandomize="CI" in os.environ, max_examples=examples)
    settings.load_profile("sagemock")


def read_once(load_file: Callable[[JSONFileLoader, str], Any]) -> Callable[[JSONFileLoader, str], Any]:
    """Wrap botocore's loader of data files in a cache.

    Otherwise each session would read SageMaker's model and the endpoint list again: a third of the time of all tests.
    """
    kept: dict[str, Any] = {}

    @wraps(load_file)
    def load(self: JSONFileLoader, file_path: str) -> Any:
        found = kept.get(file_path)
        if found is None:
            found = load_file(self, file_path)
            if found is not None:
                kept[file_path] = found
        return found

    return load


def leaves_the_machine(address: object) -> bool:
    """Return whether a socket address, or a host name to look up, is neither loopback nor a Unix path."""
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(address, (str, bytes, type(None))) or not isinstance(host, str) or host in {"", "localhost"}:
        return False
    try:
        return not ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return True


_WHERE: Final = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}
"""Audit events that carry a network address, and the position of the address in their arguments."""


def network_target(event: str, args: tuple[Any, ...]) -> str | None:
    """Return the foreign address that an audit event is about to reach, as text; None if there is none."""
    position = _WHERE.get(event)
    if position is None:
        return None
    address = args[position]
    return f"{event}({address!r})" if leaves_the_machine(address if position else (address,)) else None


class Attempts(list[str]):
    """The attempts of one test to reach the network; the test fails if the list is not empty at its end."""

    def note(self, reach: str) -> None:
        """Record an attempt and fail with a BaseException, which neither botocore nor the code under test catches to retry."""
        self.append(reach)
        pytest.fail(f"this test reached for the network: {reach}. Answer the call inside the mock.")


class NetworkGuard:
    """Blocks the network with an audit hook, which the interpreter calls before it acts.

    An audit hook also sees calls from C and through saved references. It stays for the whole process, so the network is blocked
    between tests and during collection too.
    """

    def __init__(self) -> None:
        """Start with an empty list of attempts."""
        self.network_attempts = Attempts()

    def __call__(
        self, event: str, args: tuple[Any, ...]
    ) -> None:  # pragma: no cover  # the interpreter does not trace audit hooks
        """Record and refuse an event that reaches for the network."""
        reach = network_target(event, args)
        if reach is not None:
            self.network_attempts.note(reach)


GUARD: Final = NetworkGuard()


@pytest.fixture(autouse=True)
def network_attempts() -> Iterator[Attempts]:
    """Fail the test if any of its threads looks up, or sends to, a foreign host."""
    found = GUARD.network_attempts = Attempts()
    yield found
    assert not found, f"this test reached for the network: {', '.join(found)}. Answer the call inside the mock."
