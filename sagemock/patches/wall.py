"""Makes the process's time the virtual clock (law 10), by freezegun, which is imported at the first install and not before.

The top of freezegun's stack of factories is our factory, which reads the innermost mock's clock; so each reading of the time
agrees with the clock at every instant. Ours is always on top: when the caller begins or ends a freeze of their own, we take ours
off, let the caller's begin or end, and put ours back. So either may end first, and each restores what it found
(`sagemock.patches.precedence`). `sagemock.patches.frozen` lets the clock follow the caller's freeze, and
`sagemock.patches.extensions` keeps extension modules away from the stand-ins for classes.

We use these internals of freezegun, here and in `frozen` and `precedence` (freezegun/api.py of 1.5.5;
`tests/patches/test_wall.py` fails when one of them moves):

* `freeze_factories`, `ignore_lists`, `tick_flags`, `tz_offsets` (lines 72-75, pushed by `_freeze_time.start`, 753-756): stacks
  whose last elements count.
* `_freeze_time.ignore` (626): with the empty prefix `start` and `stop` skip their scan of all modules (822 and 876), which
  reads every attribute and so imports what modules load lazily. `bindings.Rebinding` finds the names instead.
* `_freeze_time.start` and `stop`: wrapped while installed, see above; `time_machine.travel.start` and `stop` likewise, because
  time-machine writes into the C functions that it finds under the names of module `datetime` and `time`.
* `_should_use_real_time` (159): replaced while installed, see `_RealTime`.
* `_get_fake_monotonic` and `_get_fake_monotonic_ns` (212, 221): replaced, see `ClockFactory.monotonic_us`.
* `call_stack_inspection_limit` (156), `real_*` and `fake_*`, `config.settings.default_ignore_list`.
"""

import copyreg
import datetime as dt
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from importlib import import_module
from types import FrameType, ModuleType
from typing import Any

from sagemock.cleanup import run_all
from sagemock.clock.instants import SECOND_US, instant_us
from sagemock.clock.real import real
from sagemock.patches.active import Innermost, shows_here
from sagemock.patches.bindings import INTERPRETER, NATIVE_CLOCKS, TEST_TOOLS, WAITERS, Rebinding, belongs
from sagemock.patches.extensions import Extensions
from sagemock.patches.frozen import OwnFactory, frozen_by_freezegun
from sagemock.patches.patch import Patches
from sagemock.patches.precedence import LowestEntry, SuspendedPatch

__all__ = ["ClockFactory", "WallPatch"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # freezegun's factories speak naive UTC
_REAL_TIMERS = (*INTERPRETER, *NATIVE_CLOCKS, *WAITERS, *TEST_TOOLS)

# A module of freezegun, without types: its stacks are typed for freezegun's own factories.
_Freezegun = Any


class WallPatch:
    """Makes `time.time()`, `time.monotonic()`, `datetime.now()` and similar functions read the innermost mock's clock.

    These keep real time: threads that were alive before the mock; all threads while the innermost mock has `wall="real"`; modules
    of the interpreter that wait for locks, processes and events (`bindings.INTERPRETER`); modules that wait for something real
    until a deadline (`bindings.WAITERS`); modules of gRPC (`bindings.NATIVE_CLOCKS`); tools that time the test
    (`bindings.TEST_TOOLS`); and the modules in freezegun's ignore list.

    The caller's own freeze, by freezegun or time-machine, works as without a mock, whenever it begins and ends.
    """

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; each reading of the time calls `innermost`."""
        self._innermost = innermost
        self._factory = ClockFactory(innermost)
        self._leave: tuple[str, ...] = ()
        self._names: Rebinding | None = None
        self._undo: list[Callable[[], None]] = []
        freezing = SuspendedPatch(self._freeze_time, self._unfreeze_time)
        self._patches = Patches(LowestEntry(self._factory), freezing, Extensions(self._not_ours))

    def install(self) -> None:
        """Patch the process."""
        self._patches.install()

    def uninstall(self) -> None:
        """Undo `install`."""
        self._patches.uninstall()

    def _freeze_time(self) -> None:
        try:
            self._put_on()
        except BaseException:
            self._unfreeze_time()
            raise

    def _put_on(self) -> None:
        api: _Freezegun = import_module("freezegun.api")
        ours = import_module("sagemock.patches.datetimes")
        is_frozen_by_caller = bool(api.freeze_factories)
        had_clock = hasattr(time, "clock")
        freeze = api.freeze_time(_EPOCH, tz_offset=api.tz_offsets[-1] if is_frozen_by_caller else 0)
        ignored, freeze.ignore = api.ignore_lists[-1] if is_frozen_by_caller else freeze.ignore, ("",)
        real_time = _RealTime(self._innermost, api, ignored)
        # If the caller has frozen time, freezegun has rebound the names already, and will restore them.
        names = None if is_frozen_by_caller else self._rebinding(api, ours)
        utils = import_module("botocore.utils")
        freeze.start()

        def unfreeze() -> None:
            freeze.stop()
            if not had_clock:
                # freezegun's stop leaves `time.clock` as None, which old code takes for the function of Python 2.
                vars(time).pop("clock", None)

        self._undo.append(unfreeze)
        api.ignore_lists[-1] = ignored
        api.freeze_factories[-1] = self._factory
        self._replace(
            (api, "_should_use_real_time", real_time),
            (api, "_get_fake_monotonic", lambda: self._factory.monotonic_us() / SECOND_US),
            (api, "_get_fake_monotonic_ns", lambda: self._factory.monotonic_us() * 1000),
            (time, "time_ns", ours.time_ns),
            (utils, "datetime", _Unfrozen(utils.datetime, datetime=api.real_datetime)),
        )
        if names is not None:
            copyreg.dispatch_table[api.real_date] = ours.pickled_date
            copyreg.dispatch_table[api.real_datetime] = ours.pickled_datetime
            # Rebind names last, and restore them last: another thread may import a module meanwhile, which takes its names from
            # modules `time` and `datetime`.
            self._undo += [ours.forget_types, names.uninstall]
            self._replace(
                *[(time, one.__name__, one) for one in ours.FUNCTIONS],
                (dt, "date", ours.FakeDate),
                (dt, "datetime", ours.FakeDatetime),
            )
            names.install()

    def _replace(self, *stand_ins: tuple[Any, str, object]) -> None:
        for owner, name, stand_in in stand_ins:
            self._undo.append(_replaced(owner, name, stand_in))

    def _unfreeze_time(self) -> None:
        undo, self._undo = self._undo, []
        run_all(*reversed(undo))

    def _not_ours(self) -> tuple[str, ...]:
        """Return the modules whose names stay as they are."""
        config: _Freezegun = import_module("freezegun.config")
        # `_put_on` replaces the attributes of `time` and `datetime` one by one.
        # dateutil's time zones never read the present time, but check the class of each datetime that botocore parses.
        not_theirs = "time", "datetime", "freezegun", "sagemock", "dateutil.tz"
        return (*not_theirs, *_REAL_TIMERS, *_relevant(config.settings.default_ignore_list))

    def _rebinding(self, api: _Freezegun, ours: ModuleType) -> Rebinding:
        leave = self._not_ours()
        if self._names is None or leave != self._leave:
            pairs = [(getattr(api, f"real_{one.__name__}"), one) for one in ours.FUNCTIONS]
            pairs += [(api.real_date, ours.FakeDate), (api.real_datetime, ours.FakeDatetime)]
            # As in `utcnow = datetime.utcnow`.
            pairs.append((api.real_date.today, ours.FakeDate.today))
            pairs += [(getattr(api.real_datetime, name), getattr(ours.FakeDatetime, name)) for name in ("now", "today", "utcnow")]
            self._leave, self._names = leave, Rebinding(pairs, leave=leave)
        return self._names


class ClockFactory(OwnFactory):
    """A factory on freezegun's stack that reads the innermost mock's clock, like a `freezegun.api.FrozenDateTimeFactory`."""

    def __init__(self, innermost: Innermost) -> None:
        """Read the clock of the mock that `innermost` returns, or the real one."""
        self._innermost = innermost

    def __call__(self) -> datetime:
        """Return the present instant, naive, in UTC."""
        active = shows_here(self._innermost)
        if active is not None:
            active.clock.read()
            return _EPOCH + timedelta(microseconds=active.clock.wall_us())
        theirs = frozen_by_freezegun()
        found: datetime = _EPOCH + timedelta(microseconds=instant_us(real.time())) if theirs is None else theirs()
        return found

    def monotonic_us(self) -> int:
        """Return the clock's own instant for the monotonic timers: it never goes back, even if the caller moves the wall back."""
        active = shows_here(self._innermost)
        if active is None:
            return (self() - _EPOCH) // timedelta(microseconds=1)
        active.clock.read()
        now_us = active.clock.now_us()
        # This reading makes a freeze with auto_tick_seconds tick.
        active.clock.wall_us()
        return now_us

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
    """The stand-in for freezegun's `_should_use_real_time`: returns whether the caller of a fake function gets real time.

    freezegun checks the modules of five callers. That is too many for modules of the interpreter: `threading` is a caller of each
    function that runs as a thread's target, and would give it real time between virtual sleeps; `asyncio` would do the same to
    coroutines. So for these modules, for gRPC's and for test tools, only the direct caller counts. With that rule event loops do
    not need `real_asyncio`: asyncio/base_events.py itself calls `time.monotonic()`.
    """

    def __init__(self, innermost: Innermost, api: _Freezegun, ignored: tuple[str, ...]) -> None:
        self._innermost = innermost
        self._api = api
        self._freezeguns_own = api._should_use_real_time  # noqa: SLF001  # listed in the module's docstring
        self._ignored = _relevant(ignored)

    def __call__(self) -> bool:
        active = shows_here(self._innermost)
        if active is None:
            # No mock counts here: answer as freezegun would. (Its rule counts frames from its caller, and this method adds one.)
            return frozen_by_freezegun() is None or bool(self._freezeguns_own())
        # Frames: this one, the fake function, its caller.
        frame: FrameType | None = sys._getframe(1).f_back  # noqa: SLF001  # inspect.currentframe is slower
        packages = (*_REAL_TIMERS, *self._ignored)
        for _ in range(self._api.call_stack_inspection_limit):
            if frame is None:
                break
            if belongs(str(frame.f_globals.get("__name__")), packages):
                return True
            packages = self._ignored
            frame = frame.f_back
        return False


class _Unfrozen:
    """The stand-in for module `datetime` in `botocore.utils`, which uses it to turn numbers into instants.

    So a response has datetimes of the real class, as from AWS (PyYAML and orjson check the exact class), and a
    describe_training_job takes 3 % less time than with freezegun's class, which builds each instant twice, in Python.
    `botocore.utils` reads the present time only for the expiry of credentials from an EC2 instance, before botocore 1.41.
    """

    def __init__(self, module: object, **real_names: object) -> None:
        self._module = module
        vars(self).update(real_names)

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


def _relevant(ignored: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that the caller lets freezegun ignore, without those of the interpreter, which have their own rule."""
    return tuple(name.rstrip(".") for name in ignored if not belongs(name, _REAL_TIMERS))


def _replaced(owner: Any, name: str, stand_in: object) -> Callable[[], None]:  # noqa: ANN401  # any module
    """Replace an attribute, and return a function that restores it if the stand-in is still in place."""
    original = getattr(owner, name)
    setattr(owner, name, stand_in)

    def restore() -> None:
        if getattr(owner, name) is stand_in:
            setattr(owner, name, original)

    return restore
