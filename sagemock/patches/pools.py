"""Pools and loops that are older than a mock: their threads join the mock once code inside the mock gives them work (law 8)."""

import asyncio
import threading
from collections.abc import Callable, MutableSet
from concurrent.futures.thread import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from sagemock.clock.waits import is_idle_worker
from sagemock.patches.active import Innermost, sleeps_here
from sagemock.patches.patch import Patches, Wrapped

__all__ = ["PoolPatch", "adopt_thread_of", "adopted"]

_Threads = MutableSet[threading.Thread]
_GIVES_WORK: Final = "asyncio.tasks", "run_coroutine_threadsafe"
"""The module and the function of the callback with which a thread gives a loop a coroutine."""


class PoolPatch:
    """Makes the threads of an older pool threads of the mock when code inside the mock submits work to the pool."""

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; each `submit` calls `innermost`."""
        self._innermost = innermost
        self._patches = Patches(Wrapped(ThreadPoolExecutor, "submit", self._submit))

    def install(self) -> None:
        """Patch the process."""
        self._patches.install()

    def uninstall(self) -> None:
        """Undo `install`."""
        self._patches.uninstall()

    def _submit(self, wrapped: Callable[..., Any], pool: Any, args: Any, kwargs: Any) -> Any:  # noqa: ANN401  # wrapt's
        active = sleeps_here(self._innermost)
        older = [] if active is None else [one for one in pool._threads if one in active.threads_before]  # noqa: SLF001
        if active is None or not older or not args or active.real_time_modules.are_below(2):
            return wrapped(*args, **kwargs)
        for thread in older:
            # Adopt an idle thread now, so that time does not move before the work begins. A thread with other work joins later.
            if is_idle_worker(thread):
                active.threads_before.discard(thread)
        return wrapped(partial(adopted, active.threads_before, args[0]), *args[1:], **kwargs)


def adopted(older: _Threads, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the work's
    """Do `work` in the calling thread, after removing the thread from the `older` ones: from now on it belongs to the mock."""
    older.discard(threading.current_thread())
    return work(*args, **kwargs)


def adopt_thread_of(loop: asyncio.AbstractEventLoop, callback: Callable[..., Any], innermost: Innermost) -> None:
    """Let the thread of an older loop join the mock if a thread of the mock gives the loop a coroutine."""
    where = getattr(callback, "__module__", None), str(getattr(callback, "__qualname__", None)).partition(".")[0]
    active = sleeps_here(innermost) if where == _GIVES_WORK else None
    number = getattr(loop, "_thread_id", None)
    if active is not None and number is not None:
        for thread in [one for one in active.threads_before if one.ident == number]:
            active.threads_before.discard(thread)
