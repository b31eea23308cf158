"""Keep the reader's machine out of the tests, and the tests off the network."""

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

# Not UTC, and with summer time, so that a naive datetime shows; written out, so that no time zone database is needed.
TIMEZONE = "EST5EDT,M3.2.0,M11.1.0"


def pytest_configure() -> None:
    """Pin what the environment would decide: the time zone, AWS's settings, Hypothesis's luck; and bar the way to the network."""
    sys.addaudithook(WALL)
    # A module that a child pytest in this process is the first to load is forgotten after it, and would be loaded twice.
    for name in ("wrapt", "sagemock.faces.mock", "sagemock.patches.datetimes"):
        import_module(name)
    os.environ["TZ"] = TIMEZONE
    time.tzset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:  # pragma: no branch  # see the next line
        del os.environ[name]  # pragma: no cover  # a developer's machine has some
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null/none"
    # Without credentials botocore asks the instance metadata service, which is a network call of its own.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    JSONFileLoader.load_file = read_once(JSONFileLoader.load_file)  # type: ignore[assignment, method-assign]  # it is what we are here for
    # A virtual clock makes Hypothesis's own deadline meaningless.
    # Few examples, for every environment of tox runs them; HYPOTHESIS_EXAMPLES=1000 looks deeper.
    examples = int(os.environ.get("HYPOTHESIS_EXAMPLES", "20"))
    settings.register_profile("sagemock", deadline=None, derandomize="CI" in os.environ, max_examples=examples)
    settings.load_profile("sagemock")


def read_once(load_file: Callable[[JSONFileLoader, str], Any]) -> Callable[[JSONFileLoader, str], Any]:
    """Return botocore's reader of a file of its data, which keeps what it has read.

    Each of the tests' sessions would read SageMaker's model and the list of all endpoints anew: a third of the whole time.
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
    """Return whether a socket address, or a host to be looked up, is elsewhere: neither loopback nor a Unix path."""
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
"""The interpreter's audit events that name somebody to talk to, and at which place among their arguments."""


def reached(event: str, args: tuple[Any, ...]) -> str | None:
    """Return what an audit event reaches for outside of this machine, if anything."""
    position = _WHERE.get(event)
    if position is None:
        return None
    address = args[position]
    return f"{event}({address!r})" if leaves_the_machine(address if position else (address,)) else None


class Sends(list[str]):
    """The attempts of one test to reach the network; what is left in it at the end fails the test."""

    def note(self, reach: str) -> None:
        """Write down an attempt and fail, by a BaseException: neither botocore nor the code under test retries after it."""
        self.append(reach)
        pytest.fail(f"this test reached for the network: {reach}. Answer the call inside the mock.")


class Wall:
    """Stands between this process and the network: an audit hook, which the interpreter itself asks before it acts.

    So it does not matter who has a reference to which function, or is written in C. Between tests and while they are collected
    the way is barred too. It is there for good, as audit hooks are.
    """

    def __init__(self) -> None:
        """Bar the way."""
        self.sends = Sends()

    def __call__(
        self, event: str, args: tuple[Any, ...]
    ) -> None:  # pragma: no cover  # the interpreter does not trace audit hooks
        """Judge an event of the interpreter's."""
        reach = reached(event, args)
        if reach is not None:
            self.sends.note(reach)


WALL: Final = Wall()


@pytest.fixture(autouse=True)
def sends() -> Iterator[Sends]:
    """Fail the test that looks up a foreign host or sends to one, in whichever thread."""
    found = WALL.sends = Sends()
    yield found
    assert not found, f"this test reached for the network: {', '.join(found)}. Answer the call inside the mock."
