"""Follows a wall clock that the caller froze, by freezegun or time-machine (law 10). Neither is imported here.

This uses these internals (freezegun/api.py from 1.5.0 to 1.5.5, time_machine/__init__.py from 2.15.0 to 3.6.0):

* `freezegun.api.freeze_factories`, a stack whose last element counts, and `time_to_freeze` of its elements. It is set directly:
  `tick` of a freeze with `tick=True` (TickingDateTimeFactory) forgets the real time that has passed since the freeze began.
* `time_machine.traveller_stack`, called `coordinates_stack` before 3.0, and `_destination_timestamp_ns`, `_tick` and `_requested`
  of its elements: a traveller begins to tick when its time is first read, and this module must look without such a reading.
"""

import sys
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol
from weakref import WeakSet

from sagemock.clock.virtual import Outside

__all__ = ["Followed", "OwnFactory", "frozen_by_freezegun"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # freezegun's factories speak naive UTC
_MICROSECOND = timedelta(microseconds=1)

# freezegun's factories and time-machine's travellers, which are private or have no types.
_Theirs = Any


class OwnFactory:
    """The base of the factory that sagemock itself puts on freezegun's stack, to tell it from the caller's."""

    # Not an ABC: each reading of the time looks for this class, and an ABC answers `isinstance` in Python code.

    @abstractmethod
    def monotonic_us(self) -> int:
        """Return the time of the monotonic timers in microseconds."""


class Followed:
    """The caller's frozen clock as the outside clock of a mock's clock; while time is not frozen, `otherwise` takes its place.

    The mock's clock moves by as much as the caller's moves forward. It moves to the caller's instant when a freeze begins inside
    the mock, or if a freeze began earlier and the mock has no `start`. It follows the caller's clock backwards only as long as
    nothing has happened (`is_untouched`); after that it stays ahead of the wall, and both move by the same amounts.
    """

    def __init__(self, otherwise: Outside | None, is_untouched: Callable[[], bool], *, is_started: bool) -> None:
        """Follow from now on; `is_started` means that the mock has a `start`, so an older freeze does not set its clock."""
        self._otherwise = otherwise
        self._is_untouched = is_untouched
        self._known: WeakSet[_Theirs] = WeakSet()
        self._overruled = frozen() if is_started else None
        if self._overruled is not None:
            self._known.add(self._overruled)
        self._frozen: _Theirs = None
        self._face: _Face | None = None
        self._last_us = 0

    def moved_us(self, now_us: int) -> int:
        """Return by how much the mock's clock must move to catch up."""
        otherwise_us = 0 if self._otherwise is None else self._otherwise.moved_us(now_us)
        theirs = frozen()
        if theirs is None:
            self._frozen = self._face = None
            return otherwise_us
        if theirs is not self._frozen or self._face is None:
            self._frozen, self._face = theirs, _face(theirs)
            # A freeze that was covered by an inner one did not move while it was covered.
            before_us = self._face.now_us() if theirs in self._known else now_us
            self._known.add(theirs)
        else:
            before_us = self._last_us
        self._last_us = self._face.now_us()
        by_us = self._last_us - before_us
        return by_us if by_us > 0 or (by_us and self._is_untouched()) else 0

    def move_us(self, by_us: int) -> None:
        """Move the caller's frozen clock by the same amount."""
        if self._face is not None:
            self._face.move_us(by_us)
            self._last_us += by_us

    def wall_us(self, now_us: int) -> int:
        """Return the instant of the caller's frozen clock, if it sets the wall; else `now_us`."""
        face = self._face
        if face is None:
            return now_us
        shown_us = face.show_us()
        return now_us if self._frozen is self._overruled else shown_us


def frozen() -> _Theirs:
    """Return the factory or the traveller of the caller's innermost freeze; None if time is not frozen."""
    modules = sys.modules
    if "freezegun.api" in modules:
        # time-machine does not start inside a freeze of freezegun, so freezegun's is the inner one.
        # An inlined loop, because this runs at each reading of the time.
        factory: _Theirs
        for factory in reversed(modules["freezegun.api"].freeze_factories):
            if not isinstance(factory, OwnFactory):
                return factory
    if "time_machine" not in modules:
        return None
    time_machine = modules["time_machine"]
    stack = getattr(time_machine, "traveller_stack", None) or getattr(time_machine, "coordinates_stack", None)
    return stack[-1] if stack else None


def frozen_by_freezegun() -> _Theirs:
    """Return the factory of the caller's innermost `freeze_time`; None if there is none."""
    found = frozen()
    return found if hasattr(found, "time_to_freeze") else None


class _Face(Protocol):
    def now_us(self) -> int:
        """Return the instant of the frozen clock, without a tick."""

    def show_us(self) -> int:
        """Read the frozen clock as code under test does: a clock that ticks when it is read then ticks."""

    def move_us(self, by_us: int) -> None:
        """Move the frozen clock."""


def _face(theirs: _Theirs) -> _Face:
    return _Factory(theirs) if hasattr(theirs, "time_to_freeze") else _Traveller(theirs)


class _Factory:
    """A frozen clock of freezegun."""

    def __init__(self, factory: _Theirs) -> None:
        self._factory = factory
        # A TickingDateTimeFactory has `start`. It runs by itself, and reading it does not tick it.
        self._is_ticking = hasattr(factory, "start")

    def now_us(self) -> int:
        return _since_epoch_us(self._factory() if self._is_ticking else self._factory.time_to_freeze)

    def show_us(self) -> int:
        return _since_epoch_us(self._factory())

    def move_us(self, by_us: int) -> None:
        self._factory.time_to_freeze += timedelta(microseconds=by_us)


class _Traveller:
    """A frozen clock of time-machine."""

    def __init__(self, traveller: _Theirs) -> None:
        self._traveller = traveller

    def now_us(self) -> int:
        inside = vars(self._traveller)
        if inside["_tick"] and not inside["_requested"]:
            return int(inside["_destination_timestamp_ns"]) // 1000
        return self.show_us()

    def show_us(self) -> int:
        return int(self._traveller.time_ns()) // 1000

    def move_us(self, by_us: int) -> None:
        self._traveller._destination_timestamp_ns += by_us * 1000  # noqa: SLF001  # listed in the module's docstring


def _since_epoch_us(naive: datetime) -> int:
    return (naive - _EPOCH) // _MICROSECOND
