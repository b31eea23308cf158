"""The process's time is the virtual clock (law 10), by freezegun, which is imported at the first install and not before.

Time is pulled, not pushed: on top of freezegun's stack of factories stands one that reads the innermost mock's clock, so
whatever asks for the time agrees with the clock at every instant. It always stands on top: where the caller begins or ends a
freeze of their own in the meantime, ours is taken away, the caller's begins or ends as if there were none, and ours is put back.
So either may end first, and each leaves what it met (`sagemock.patches.precedence`). What the clock has to do with the caller's
freeze is in `sagemock.patches.frozen`, what extension modules have to do with the stand-ins for classes in
`sagemock.patches.extensions`.

What of freezegun's insides is touched, here and in `follow` and `giveway` (freezegun/api.py of 1.5.5; `tests/test_wall.py` fails
when one moves):

* `freeze_factories`, `ignore_lists`, `tick_flags`, `tz_offsets` (lines 72-75, pushed by `_freeze_time.start`, 753-756): stacks
  whose last elements count.
* `_freeze_time.ignore` (626): with the empty prefix `start` and `stop` skip their scan of all modules (822 and 876), which
  reads every attribute and so loads what modules load lazily. `names.Rebinding` finds the names instead.
* `_freeze_time.start` and `stop`: wrapped while installed, see above; `time_machine.travel.start` and `stop` likewise, because
  time-machine writes into the C functions that it finds under the names of module `datetime` and `time`.
* `_should_use_real_time` (159): replaced while installed, see `_RealTime`.
* `_get_fake_monotonic` and `_get_fake_monotonic_ns` (212, 221): replaced, see `ClockFactory.monotonic`.
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
from sagemock.patches.bindings import INTERPRETER, TEST_TOOLS, Rebinding, belongs
from sagemock.patches.extensions import Extensions
from sagemock.patches.frozen import OwnFactory, frozen_by_freezegun
from sagemock.patches.patch import Patches
from sagemock.patches.precedence import GivingWay, Ground

__all__ = ["ClockFactory", "WallPatch"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # freezegun's factories speak naive UTC
_REAL_TIMERS = (*INTERPRETER, *TEST_TOOLS)

# Its modules: their stacks are typed for freezegun's own factories.
_Freezegun = Any


class WallPatch:
    """Makes `time.time()`, `time.monotonic()`, `datetime.now()` and their like read the innermost mock's clock.

    Real time is kept by threads that were alive before the mock, by everyone while the innermost mock has `wall="real"`, by what
    the interpreter measures for its locks, processes and event loops (`names.INTERPRETER`), by the tools that time the test
    (`names.TEST_TOOLS`), and by the modules in freezegun's ignore list.

    The caller's own freeze, by freezegun or time-machine, stays what it is, whenever it begins and ends.
    """

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; `innermost` is asked anew whenever somebody asks for the time."""
        self._innermost = innermost
        self._factory = ClockFactory(innermost)
        self._leave: tuple[str, ...] = ()
        self._names: Rebinding | None = None
        self._undo: list[Callable[[], None]] = []
        giving_way = GivingWay(self._freeze_time, self._unfreeze_time)
        self._patches = Patches(Ground(self._factory), giving_way, Extensions(self._not_ours))

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
        # A freeze of the caller's has bound the names already, and will bind them back.
        names = None if is_frozen_by_caller else self._rebinding(api, ours)
        utils = import_module("botocore.utils")
        freeze.start()

        def unfreeze() -> None:
            freeze.stop()
            if not had_clock:
                # freezegun's stop leaves a `time.clock` that is None, which old code takes for the function of Python 2.
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
            # Names last, also at the end: what another thread imports in the meantime takes its own from those two modules.
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
        # The attributes of `time` and `datetime` are set and put back one by one.
        # dateutil's time zones never ask for the present time, and look at the class of each datetime that botocore parses.
        not_theirs = "time", "datetime", "freezegun", "sagemock", "dateutil.tz"
        return (*not_theirs, *_REAL_TIMERS, *_relevant(config.settings.default_ignore_list))

    def _rebinding(self, api: _Freezegun, ours: ModuleType) -> Rebinding:
        leave = self._not_ours()
        if self._names is None or leave != self._leave:
            pairs = [(getattr(api, f"real_{one.__name__}"), one) for one in ours.FUNCTIONS]
            pairs += [(api.real_date, ours.FakeDate), (api.real_datetime, ours.FakeDatetime)]
            self._leave, self._names = leave, Rebinding(pairs, leave=leave)
        return self._names


class ClockFactory(OwnFactory):
    """What freezegun asks for the time: the innermost mock's clock, like a `freezegun.api.FrozenDateTimeFactory`."""

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
        """Return what the monotonic timers show: the clock itself, which goes on where the caller moves the wall backwards."""
        active = shows_here(self._innermost)
        if active is None:
            return (self() - _EPOCH) // timedelta(microseconds=1)
        active.clock.read()
        now_us = active.clock.now_us()
        # Asking is what lets a freeze with auto_tick_seconds tick.
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
    """Stands in for freezegun's `_should_use_real_time`: whether the caller of a fake function gets the real one's answer.

    freezegun looks at the modules of five callers. That is too many for the interpreter's own: `threading` is found below
    whatever runs as a thread's target, and would give it real time between virtual sleeps; so would `asyncio` give it to
    coroutines. So for those, and for the test's tools, only the direct caller counts. With that rule event loops need no
    `real_asyncio`: it is asyncio/base_events.py itself that asks for `time.monotonic()`.
    """

    def __init__(self, innermost: Innermost, api: _Freezegun, ignored: tuple[str, ...]) -> None:
        self._innermost = innermost
        self._api = api
        self._freezeguns_own = api._should_use_real_time  # noqa: SLF001  # listed in the module's docstring
        self._ignored = _relevant(ignored)

    def __call__(self) -> bool:
        active = shows_here(self._innermost)
        if active is None:
            # Without the mock, as it is without a mock. (From here freezegun's own rule sees one frame less.)
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


def _relevant(ignored: Iterable[str]) -> tuple[str, ...]:
    """Return what the caller lets freezegun ignore; the interpreter's modules have their own rule."""
    return tuple(name.rstrip(".") for name in ignored if not belongs(name, _REAL_TIMERS))


def _replaced(owner: Any, name: str, stand_in: object) -> Callable[[], None]:  # noqa: ANN401  # any module
    """Replace an attribute and return what puts it back, if the stand-in is still there."""
    original = getattr(owner, name)
    setattr(owner, name, stand_in)

    def restore() -> None:
        if getattr(owner, name) is stand_in:
            setattr(owner, name, original)

    return restore
