"""The process's time is the virtual clock (law 10), by freezegun, which is imported at the first install and not before.

Time is pulled, not pushed: on top of freezegun's stack of factories stands one that reads the innermost mock's clock, so whatever
asks for the time agrees with the clock at every instant.

What of freezegun's insides is touched, all of it here (freezegun/api.py of 1.5.5; `tests/test_wall.py` fails when one moves):

* `freeze_factories`, `ignore_lists`, `tick_flags`, `tz_offsets` (lines 72-75, pushed by `_freeze_time.start`, 753-756): stacks
  whose last elements count. Ours are taken out by identity, wherever they stand by then.
* `_freeze_time.ignore` (626): with the empty prefix `start` and `stop` skip their scan of all modules (822 and 876), which
  reads every attribute and so loads what modules load lazily. `names.Rebinding` finds the names instead.
* `_freeze_time.fake_names` (808): given to the class where a freeze of the caller's outlives the mock that it began in.
* `_should_use_real_time` (159): replaced while installed, see `_RealTime`.
* `fake_time_ns` (195): left out for an exact one, see `_ExactTimeNs`.
* `call_stack_inspection_limit` (156), `real_*` and `fake_*`, `FakeDate`, `FakeDatetime`, `config.settings.default_ignore_list`.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from types import FrameType
from typing import Any

from sagemock.active import Active, Innermost
from sagemock.clock import instant_us, real
from sagemock.names import INTERPRETER, TEST_TOOLS, Rebinding, belongs
from sagemock.sleep import keeps_real_time

__all__ = ["ClockFactory", "WallPatch"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # freezegun's factories speak naive UTC
_REAL_TIMERS = (*INTERPRETER, *TEST_TOOLS)
_FUNCTIONS = (
    "time",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "localtime",
    "gmtime",
    "strftime",
)

# Its modules: their stacks are typed for freezegun's own factories.
_Freezegun = Any


class WallPatch:
    """Makes `time.time()`, `time.monotonic()`, `datetime.now()` and their like read the innermost mock's clock.

    Real time is kept by threads that were alive before the mock, by everyone while the innermost mock has `wall="real"`, by what
    the interpreter measures for its locks, processes and event loops (`names.INTERPRETER`), by the tools that time the test
    (`names.TEST_TOOLS`), and by the modules in freezegun's ignore list.

    A freeze of the caller's own that began earlier stays, below ours; one that begins later is in charge while it lasts.
    """

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; `innermost` is asked anew whenever somebody asks for the time."""
        self._innermost = innermost
        self._factory = ClockFactory(innermost)
        self._time_ns = _ExactTimeNs()
        self._leave: tuple[str, ...] = ()
        self._names: Rebinding | None = None
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Patch the process."""
        api, config = (import_module(f"freezegun.{name}") for name in ("api", "config"))
        is_frozen_by_caller = bool(api.freeze_factories)
        had_clock = hasattr(time, "clock")
        real_time = _RealTime(self._innermost, self._factory, api, config)
        # A freeze of the caller's has bound the names already, and will bind them back.
        names = None if is_frozen_by_caller else self._rebinding(api, config)
        utils = import_module("botocore.utils")
        # What can fail has been done: from here on everything is an assignment, so an install that fails has changed nothing.
        freeze = api.freeze_time(_EPOCH)
        ignored, freeze.ignore = freeze.ignore, ("",)
        freeze.start()
        api.ignore_lists[-1] = ignored
        api.freeze_factories[-1] = self._factory

        def unfreeze() -> None:
            if api.freeze_factories[-1] is not self._factory and not is_frozen_by_caller:
                # A freeze of the caller's goes on. Its `stop` will be the last one and ask for the names that only the first
                # one's `start` noted, which was ours. (Freezegun alone raises AttributeError where freezes end in that order.)
                type(freeze).fake_names = _EveryName()
            # To the end, wherever it stands by now: `stop` takes the last of each.
            at = next(i for i, factory in enumerate(api.freeze_factories) if factory is self._factory)
            for stack in (api.freeze_factories, api.ignore_lists, api.tick_flags, api.tz_offsets):
                stack.append(stack.pop(at))
            freeze.stop()
            if not had_clock:
                # freezegun's stop leaves a `time.clock` that is None, which old code takes for the function of Python 2.
                vars(time).pop("clock", None)

        self._undo = [
            unfreeze,
            _replaced(api, "_should_use_real_time", real_time),
            _replaced(time, "time_ns", self._time_ns),
            _replaced(utils, "datetime", _Unfrozen(utils.datetime, datetime=api.real_datetime)),
        ]
        if names is not None:
            names.install()
            self._undo.append(names.uninstall)

    def uninstall(self) -> None:
        """Undo `install`."""
        while self._undo:
            self._undo.pop()()

    def _rebinding(self, api: _Freezegun, config: _Freezegun) -> Rebinding:
        # freezegun itself sets the attributes of `time` and `datetime` and puts them back, when the last freeze ends.
        leave = ("time", "datetime", "freezegun", "sagemock", *_REAL_TIMERS, *_ignored(config))
        if self._names is None or leave != self._leave:
            pairs = [(getattr(api, f"real_{name}"), getattr(api, f"fake_{name}")) for name in _FUNCTIONS]
            pairs += [(api.real_time_ns, self._time_ns), (api.real_date, api.FakeDate), (api.real_datetime, api.FakeDatetime)]
            self._leave, self._names = leave, Rebinding(pairs, leave=leave)
        return self._names


class ClockFactory:
    """What freezegun asks for the time: the innermost mock's clock, like a `freezegun.api.FrozenDateTimeFactory`."""

    def __init__(self, innermost: Innermost) -> None:
        """Read the clock of the mock that `innermost` returns, or the real one."""
        self._innermost = innermost

    def __call__(self) -> datetime:
        """Return the present instant, naive, in UTC."""
        active = _virtual(self._innermost)
        now_us = instant_us(real.time()) if active is None else active.clock.now_us()
        return _EPOCH + timedelta(microseconds=now_us)

    @property
    def time_to_freeze(self) -> datetime:
        """The present instant, naive, in UTC."""
        return self()

    def tick(self, delta: timedelta | float = timedelta(seconds=1)) -> datetime:
        """Let time pass on the clock, by default one second. It only moves forward."""
        active = self._innermost()
        if active is not None:
            active.clock.advance(delta)
        return self()

    def move_to(self, target_datetime: datetime | str) -> None:
        """Let time pass on the clock until an instant."""
        active = self._innermost()
        if active is not None:
            active.clock.advance_to(target_datetime)


class _RealTime:
    """Stands in for freezegun's `_should_use_real_time`: whether the caller of a fake function gets the real one's answer.

    freezegun looks at the modules of five callers. That is too many for the interpreter's own: `threading` is found below
    whatever runs as a thread's target, and would give it real time between virtual sleeps; so would `asyncio` give it to
    coroutines. So for those, and for the test's tools, only the direct caller counts. With that rule event loops need no
    `real_asyncio`: it is asyncio/base_events.py itself that asks for `time.monotonic()`.
    """

    def __init__(self, innermost: Innermost, factory: ClockFactory, api: _Freezegun, config: _Freezegun) -> None:
        self._innermost = innermost
        self._factory = factory
        self._api = api
        self._freezeguns_own = api._should_use_real_time  # noqa: SLF001  # listed in the module's docstring
        self._ignored = _ignored(config)

    def __call__(self) -> bool:
        active = _virtual(self._innermost)
        if active is None:
            return True
        api = self._api
        if api.freeze_factories[-1] is not self._factory:
            # The caller froze time inside the mock: freezegun's own rules hold. (From here it sees one frame less.)
            own: bool = self._freezeguns_own()
            return own
        # Frames: this one, the fake function, its caller.
        frame: FrameType | None = sys._getframe(1).f_back  # noqa: SLF001  # inspect.currentframe is slower
        packages = (*_REAL_TIMERS, *self._ignored)
        for _ in range(api.call_stack_inspection_limit):
            if frame is None:
                break
            if belongs(str(frame.f_globals.get("__name__")), packages):
                return True
            packages = self._ignored
            frame = frame.f_back
        return False


class _EveryName:
    """Stands for the `fake_names` of a freeze that has none: `stop` looks at no attribute whose name is in it."""

    def __contains__(self, _name: object) -> bool:
        return True


class _Unfrozen:
    """Stands in for the module `datetime` in `botocore.utils`, whose only business with it is to turn numbers into instants.

    So a response holds datetimes of the real class as it does from AWS (PyYAML and orjson judge by the exact class), and a
    describe_training_job takes 3 % less time than with freezegun's class, which builds each instant twice, in Python.
    What there reads the present time is the expiry of credentials from an EC2 instance's metadata, in botocore before 1.41.
    """

    def __init__(self, module: object, **real_names: object) -> None:
        self._module = module
        vars(self).update(real_names)

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


def _virtual(innermost: Innermost) -> Active | None:
    """Return the innermost mock if its clock is the calling thread's time."""
    active = innermost()
    return None if active is None or active.wall == "real" or keeps_real_time(active) else active


def _ignored(config: _Freezegun) -> tuple[str, ...]:
    """Return what the caller configured freezegun to ignore; the interpreter's modules have their own rule."""
    return tuple(name.rstrip(".") for name in config.settings.default_ignore_list if not belongs(name, _REAL_TIMERS))


class _ExactTimeNs:
    """Stands in for `time.time_ns`: freezegun's goes by way of a float, and today's dates are off by up to 256 ns there."""

    __name__ = "time_ns"

    def __call__(self) -> int:
        """Return nanoseconds since 1970."""
        api: _Freezegun = sys.modules["freezegun.api"]
        if api._should_use_real_time():  # noqa: SLF001  # listed in the module's docstring
            return int(api.real_time_ns())
        return int((api.get_current_time() - _EPOCH) // timedelta(microseconds=1)) * 1000


def _replaced(owner: Any, name: str, stand_in: object) -> Callable[[], None]:  # noqa: ANN401  # any module
    """Replace an attribute and return what puts it back, if the stand-in is still there."""
    original = getattr(owner, name)
    setattr(owner, name, stand_in)

    def restore() -> None:
        if getattr(owner, name) is stand_in:
            setattr(owner, name, original)

    return restore
