"""Patches the classes of aiobotocore (and so of aioboto3), as other modules here patch those of botocore.

Its clients share botocore's `BaseClient`, emitter and serialisation, so the same hook answers a call with the same answer, whose
body can be awaited any number of times. This module never imports aiobotocore; it patches its modules when the user imports them,
before a mock or inside one.

Except for the classes for httpx, they are the same from aiobotocore 2.10.0 to 3.10.0.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any, Final

from botocore.client import BaseClient
from botocore.exceptions import CapacityNotAvailableError

from sagemock.cleanup import run_all
from sagemock.client.adaptive import LimiterWorlds, refill_us
from sagemock.client.environ import NONE_HERE, Environ, stand_in
from sagemock.client.guard import IN_FLIGHT, Guard, InFlight
from sagemock.client.hook import Hook
from sagemock.clock.instants import SECOND_US
from sagemock.patches.active import Innermost, sleeps_here
from sagemock.patches.imports import WhenImported
from sagemock.patches.patch import Patch, Wrapped

__all__ = ["AioPatch"]

_Wrapper = Callable[[Any, Any, Any, Any], Any]
_Arguments = Any
_LIMITERS: Final = "aiobotocore.retries.adaptive"


class AioPatch:
    """The hook, the guard, the credentials and the adaptive retry mode, in aiobotocore's classes."""

    def __init__(self, innermost: Innermost, hook: Hook, guard: Guard, environ: Environ) -> None:
        """Prepare; `hook`, `guard` and `environ` are the objects that patch botocore's classes."""
        self._innermost = innermost
        self._hook = hook
        self._environ = environ
        # All methods that send: clients send by their endpoint (with any class of HTTP session), code that fetches credentials by
        # an HTTP session.
        self._wrappers: Final[dict[str, tuple[str, str, _Wrapper]]] = {
            "aiobotocore.client": ("AioBaseClient", "_make_request", self._call),
            "aiobotocore.credentials": ("AioProcessProvider", "_retrieve_credentials_using", environ.refuse_process),
            "aiobotocore.endpoint": ("AioEndpoint", "_send", guard.stop),
            "aiobotocore.httpsession": ("AIOHTTPSession", "send", guard.stop),
            "aiobotocore.httpxsession": ("HttpxSession", "send", guard.stop),
            "aiobotocore.retries.bucket": ("AsyncTokenBucket", "acquire", self._acquire),
            "aiobotocore.session": ("AioSession", "get_credentials", self._get_credentials),
        }
        self._imports = WhenImported(dict.fromkeys([*self._wrappers, _LIMITERS], self._patch))
        self._installed: list[Patch] = []

    def install(self) -> None:
        """Patch the modules of aiobotocore that are imported, and the others when they are."""
        try:
            self._imports.install()
        except BaseException:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        """Undo `install`."""
        installed, self._installed = self._installed, []
        run_all(self._imports.uninstall, *[patch.uninstall for patch in reversed(installed)])

    def _patch(self, module: ModuleType) -> None:
        patch: Patch
        if module.__name__ == _LIMITERS:
            patch = LimiterWorlds(self._innermost, module.AsyncClientRateLimiter)
        else:
            owner, name, wrapper = self._wrappers[module.__name__]
            patch = Wrapped(getattr(module, owner), name, wrapper)
        patch.install()
        self._installed.append(patch)

    async def _call(self, wrapped: Callable[..., Any], client: BaseClient, args: _Arguments, kwargs: _Arguments) -> Any:  # noqa: ANN401
        operation = args[0] if args else kwargs["operation_model"]
        handler = self._hook.begin(client)
        if handler is None:
            return await wrapped(*args, **kwargs)
        try:
            with _in_flight(handler.service, operation.name):
                return await wrapped(*args, **kwargs)
        finally:
            self._hook.end(client, handler)

    async def _get_credentials(self, wrapped: Callable[..., Any], session: Any, args: _Arguments, kwargs: _Arguments) -> Any:  # noqa: ANN401
        credentials = None
        with suppress(*NONE_HERE):
            credentials = await wrapped(*args, **kwargs)
        self._environ.forget(session, credentials)
        return stand_in(sys.modules["aiobotocore.credentials"].AioCredentials) if credentials is None else credentials

    async def _acquire(self, wrapped: Callable[..., Any], token_bucket: Any, args: _Arguments, kwargs: _Arguments) -> Any:  # noqa: ANN401
        async def acquire(amount: float = 1, block: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002  # AsyncTokenBucket's own
            while True:
                active = sleeps_here(self._innermost)
                if active is None or not block:
                    return await wrapped(amount, block)
                try:
                    return await wrapped(amount, block=False)
                except CapacityNotAvailableError:
                    # Sleep outside the bucket's lock, as in `sagemock.client.adaptive`.
                    wait_us = refill_us(token_bucket, amount)
                if _is_in_asyncio():
                    await asyncio.sleep(wait_us / SECOND_US)
                else:
                    # Clients on httpx also run in trio. This blocks its loop, but for no real time.
                    active.sleep_us(wait_us)

        return await acquire(*args, **kwargs)


def _is_in_asyncio() -> bool:
    return asyncio._get_running_loop() is not None  # noqa: SLF001  # get_running_loop() raises without a loop


@contextmanager
def _in_flight(service: str, operation: str) -> Iterator[None]:
    flight = IN_FLIGHT.set(InFlight(service, operation))
    try:
        yield
    finally:
        # The garbage collector closes an abandoned coroutine in any context.
        with suppress(ValueError):
            IN_FLIGHT.reset(flight)
