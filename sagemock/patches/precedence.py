"""Precedence of the caller's own freezes, by freezegun or time-machine: our patch is off while such a freeze begins or ends.

The stacks of freezegun and time-machine are global and have no lock. So one lock here covers all changes to them: freezes in
several threads at once, and mocks that begin or end in one thread while another thread freezes.

This uses these internals (freezegun/api.py from 1.5.0 to 1.5.5, time_machine/__init__.py from 2.15.0 to 3.6.0):

* `_freeze_time.start` and `stop`, `travel.start` and `stop`: wrapped while this is installed.
* `ignore_lists` and `tz_offsets`, stacks of which only the last elements are read; `get_current_time`, replaced while installed.
* `_freeze_time.undo_changes`, `modules_at_start`, `fake_names`, `reals`: the changes of the freeze that began first, which the
  one that ends last must undo. freezegun looks for them in the last one only: if the first one ended earlier, that raises an
  AttributeError, and names stay frozen.
"""

import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from types import CodeType, FrameType
from typing import Any

from sagemock.cleanup import run_all
from sagemock.clock.frames import frames
from sagemock.clock.real import real
from sagemock.patches.imports import WhenImported
from sagemock.patches.patch import Wrapped

__all__ = ["LowestEntry", "SuspendedPatch"]

_METHODS = ("start", "stop")
_TO_UNDO = ("undo_changes", "modules_at_start", "fake_names", "reals")
_LOOK_AGAIN_S = 0.001


class LowestEntry:
    """The lowest entry in freezegun's stacks, so that no reader finds them empty.

    freezegun's functions first check whether time is frozen and then read it. If another thread ends the freeze in between, the
    second step would raise an IndexError.
    """

    def __init__(self, otherwise: Callable[[], datetime]) -> None:
        """Prepare; `otherwise` returns the present instant, naive, in UTC, while time is not frozen."""
        self._otherwise = otherwise
        self._before: Callable[[], datetime] | None = None

    def install(self) -> None:
        """Insert the entry."""
        api = import_module("freezegun.api")
        self._before = api.get_current_time

        def get_current_time() -> datetime:
            factory: Callable[[], datetime] = next(reversed(api.freeze_factories), self._otherwise)
            return factory()

        api.ignore_lists.insert(0, ())
        api.tz_offsets.insert(0, timedelta(0))
        api.__dict__["get_current_time"] = get_current_time

    def uninstall(self) -> None:
        """Remove the entry; entries above it stay."""
        api = import_module("freezegun.api")
        api.__dict__["get_current_time"] = self._before
        del api.tz_offsets[0], api.ignore_lists[0]


class SuspendedPatch:
    """Keeps a patch in place from `install` to `uninstall`, and takes it off while a freeze of the caller's begins or ends."""

    def __init__(self, put_on: Callable[[], None], take_off: Callable[[], None]) -> None:
        """Prepare; `put_on` and `take_off` run under the lock, and may themselves use freezegun."""
        self._put_on = put_on
        self._take_off = take_off
        self._lock = threading.RLock()
        self._is_on = False
        # Whether the patch is being put on or taken off. Read and written only under the lock.
        self._is_busy = False
        self._wrapped: list[Wrapped] = []
        self._codes: list[CodeType | None] = []
        self._travels = WhenImported({"time_machine": lambda module: self._surround(module.travel)})
        self._begun: list[object] = []

    def install(self) -> None:
        """Put the patch on, and wrap the functions that freeze time."""
        try:
            self._surround(import_module("freezegun.api")._freeze_time)  # noqa: SLF001  # listed in the module's docstring
            self._travels.install()
            while not self._put_on_if_free():
                real.sleep(_LOOK_AGAIN_S)
        except BaseException:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        """Take the patch off, and unwrap the functions that freeze time."""
        # Not under the lock: this may wait for a thread that imports time-machine, and that thread may wait for the lock.
        run_all(self._travels.uninstall, self._leave)

    def _leave(self) -> None:
        with self._lock:
            is_on, self._is_on = self._is_on, False
            wrapped, self._wrapped = self._wrapped, []
            self._begun, self._codes = [], []
            # Take the patch off before the wrappers: a freeze that begins after the wrappers are gone must not find it.
            taken_off = [partial(self._while_busy, self._take_off)] if is_on else []
            run_all(*taken_off, *[one.uninstall for one in reversed(wrapped)])

    def _surround(self, freezes: type) -> None:
        with self._lock:
            for name in _METHODS:
                self._codes.append(getattr(vars(freezes)[name], "__code__", None))
                wrapped = Wrapped(freezes, name, partial(self._suspend, name))
                wrapped.install()
                self._wrapped.append(wrapped)

    def _put_on_if_free(self) -> bool:
        """Put the patch on and return True; return False if another thread entered a freeze function before it was wrapped."""
        with self._lock:
            if _is_any_thread_in(self._codes):
                return False
            self._while_busy(self._put_on)
            self._is_on = True
            return True

    def _while_busy(self, act: Callable[[], None]) -> None:
        before, self._is_busy = self._is_busy, True
        try:
            act()
        finally:
            self._is_busy = before

    def _suspend(self, method: str, wrapped: Callable[..., Any], freeze: object, args: Any, kwargs: Any) -> Any:  # noqa: ANN401  # wrapt's
        with self._lock:
            if self._is_busy or not self._is_on:
                return wrapped(*args, **kwargs)
            self._while_busy(self._take_off)
            try:
                if method == "stop":
                    self._hand_over(freeze)
                result = wrapped(*args, **kwargs)
                if method == "start" and "undo_changes" in vars(freeze):
                    self._begun.append(freeze)
                return result
            finally:
                self._while_busy(self._put_on)

    def _hand_over(self, freeze: object) -> None:
        """Move the changes that an ending freeze would have to undo to another freeze which is still active, if any."""
        ours = [one for one in self._begun if one is freeze]
        self._begun = [one for one in self._begun if one is not freeze] + ours[1:]
        own = vars(freeze)
        # Only a freeze of freezegun has these changes, and only the one that began first.
        if own.get("modules_at_start") and self._begun and len(sys.modules["freezegun.api"].freeze_factories) > 1:
            records = {name: own[name] for name in _TO_UNDO}
            own.update(undo_changes=[], modules_at_start=set())
            vars(self._begun[-1]).update(records)


def _is_any_thread_in(codes: list[CodeType | None]) -> bool:
    """Return whether a thread other than the calling one runs one of these functions."""
    me = threading.get_ident()
    for thread, frame in frames().items():
        at: FrameType | None = None if thread == me else frame
        while at is not None:
            if at.f_code in codes:
                return True
            at = at.f_back
    return False
