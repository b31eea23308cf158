"""Refuses, in the threads of a mock, to look up names of AWS and to connect to addresses of credentials.

This covers Python's own `socket` and `http.client`, and the libraries that use them (urllib3, requests, httpx, asyncio); also
uvloop and c-ares, whose resolvers are written in C. It does not cover libraries that bypass Python: the AWS common runtime
(awscrt), libcurl and gRPC. Nor does it cover a proxy that httpx or aiohttp asks to connect to AWS, or an address that was looked
up before the mock started.
"""

import http.client
import socket
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from sagemock.client.guard import IN_FLIGHT, may_pass
from sagemock.client.network import canonical, gives_credentials, is_awss
from sagemock.errors import NotAnswered
from sagemock.patches.active import Innermost, keeps_real_time
from sagemock.patches.imports import WhenImported
from sagemock.patches.patch import Patch, Wrapped

__all__ = ["Resolvers"]

_LOOPS: Final = {
    "asyncio.base_events": ("BaseEventLoop", {"getaddrinfo": 0}),
    "uvloop": ("Loop", {"getaddrinfo": 0, "create_connection": 1}),
}
"""Methods of event loops that look up names in C, or in a pool thread perhaps older than the mock; and the index of the host."""
_REACH: Final = ("connect", "connect_ex", "sendto", "sendmsg")
_C_ARES: Final = "pycares"


class Resolvers:
    """Checks each name and address before it is used, and refuses names of AWS and addresses that give out credentials."""

    def __init__(self, innermost: Innermost) -> None:
        self._innermost = innermost
        # Patches the lowest level: `socket.getaddrinfo`, for example, calls that of `_socket`.
        self._python: tuple[Patch, ...] = (
            Wrapped(sys.modules["_socket"], "getaddrinfo", self._look_up),
            *(Wrapped(socket, name, self._look_up) for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr")),
            *(Wrapped(socket.socket, name, self._reach) for name in _REACH if hasattr(socket.socket, name)),
            # With a proxy, the name is not looked up here.
            Wrapped(http.client.HTTPConnection, "set_tunnel", self._look_up),
        )
        self._imports = WhenImported(dict.fromkeys([*_LOOPS, _C_ARES], self._patch))
        self._installed: list[Patch] = []

    def install(self) -> None:
        """Patch the resolvers, including those that are imported later."""
        for patch in self._python:
            self._install(patch)
        self._imports.install()

    def uninstall(self) -> None:
        """Undo `install`."""
        self._imports.uninstall()
        while self._installed:
            self._installed.pop().uninstall()

    def _install(self, patch: Patch) -> None:
        patch.install()
        self._installed.append(patch)

    def _patch(self, module: ModuleType) -> None:
        if module.__name__ == _C_ARES:
            for name in ("getaddrinfo", "gethostbyname", "query", "search"):
                if hasattr(module.Channel, name):
                    # The newest pycares no longer has all of them.
                    self._install(Wrapped(module.Channel, name, self._look_up))
            return
        owner, methods = _LOOPS[module.__name__]
        for name, position in methods.items():
            self._install(Wrapped(getattr(module, owner), name, self._in_loop(position)))

    def _in_loop(self, position: int) -> Callable[..., Any]:
        async def look_up(wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
            self._check(args[position] if len(args) > position else kwargs.get("host"))
            return await wrapped(*args, **kwargs)

        return look_up

    def _look_up(self, wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        self._check(args[0] if args else kwargs.get("host", kwargs.get("name")))
        return wrapped(*args, **kwargs)

    def _reach(self, wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        # In each of these methods the address is last, and an internet address begins with the host.
        if args and isinstance(args[-1], tuple) and args[-1]:
            self._check(args[-1][0])
        return wrapped(*args, **kwargs)

    def _check(self, host: object) -> None:
        active = self._innermost()
        name = canonical(host)
        if active is None or name is None or keeps_real_time(active):
            return
        kind = "gives out AWS credentials" if gives_credentials(name) else "is a host of AWS" if is_awss(name) else None
        if kind is not None and not may_pass(active, IN_FLIGHT.get(), name):
            raise NotAnswered(
                f"{name} {kind}, and while sagemock is active no thread of the test can reach it: mock the service "
                f"(moto's mock_aws works beside sagemock), or let it out with mock_sagemaker(passthrough=[{name!r}]); "
                "for a whole service, write its name, like 's3'"
            )
