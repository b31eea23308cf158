import asyncio
import copy
import copyreg
import datetime as dt
import gc
import importlib
import inspect
import operator
import pickle
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from time import monotonic as ticks
from time import time_ns as nanoseconds
from types import ModuleType
from typing import Any

import botocore.utils
import freezegun
import freezegun.api
import freezegun.config
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.instants import instant
from sagemock.clock.real import real
from sagemock.clock.virtual import Clock
from sagemock.patches.frozen import Followed
from sagemock.patches.sleep import SleepPatch
from sagemock.patches.wall import ClockFactory, WallPatch
from tests.support.worlds import World, Worlds

START = "2018-07-30T12:00:00.123457+00:00"
START_US = 1_532_952_000_123_457
# Whatever might differ between virtual and real time here differs by years.
NEAR_S = 3600
# Newer Pythons deprecate it, and code still uses it.
UTCNOW = operator.attrgetter("utcnow")


@pytest.fixture
def worlds() -> Worlds:
    """Return a stack without an active mock."""
    return Worlds()


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """Enter the one mock, with the wall clock patched."""
    with worlds.patched(WallPatch(worlds.innermost), clock=Clock(START)) as world:
        yield world


def is_real(seconds: float) -> bool:
    """Return whether an epoch time is the real one."""
    return bool(abs(seconds - real.time()) < NEAR_S)


def call_as(module: str, expression: str, **names: object) -> Any:
    """Evaluate an expression in a module with that name, which has `time`."""
    return eval(expression, {"time": time, "__name__": module, **names})  # noqa: S307  # our own expressions


def in_thread(work: Callable[[], Any]) -> Any:
    """Return what `work` returns as the target of a new thread."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def attributes_of_time() -> dict[str, object]:
    """Return everything that freezegun changes, except module-level names."""
    return {**vars(time), **vars(dt), **vars(uuid), "copyreg": dict(copyreg.dispatch_table)}


def test_every_function_for_the_time_gives_virtual_time(world: World) -> None:
    """To the microsecond, in each function's own unit; `time.time()` is a float."""
    assert datetime.now(timezone.utc).isoformat() == world.clock.now().isoformat() == START
    assert isinstance(time.time(), float)
    assert round(time.time() * 1e6) == START_US
    assert round(ticks() * 1e6) == round(time.monotonic() * 1e6) == round(time.perf_counter() * 1e6) == START_US
    assert time.time_ns() == time.monotonic_ns() == time.perf_counter_ns() == START_US * 1000
    assert date.today() == date(2018, 7, 30)  # noqa: DTZ011  # the subject
    assert time.strftime("%Y-%m-%d", time.gmtime()) == "2018-07-30"


def test_a_method_that_a_module_has_bound_gives_virtual_time(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in `utcnow = datetime.utcnow`, also in a module that is imported inside the mock."""
    bound = {"now": datetime.now, "utcnow": UTCNOW(datetime), "noon": datetime.today, "day": date.today}
    older: Any = ModuleType("older")
    vars(older).update(bound)
    monkeypatch.setitem(sys.modules, "older", older)
    (tmp_path / "newer.py").write_text("from datetime import date, datetime\nutcnow, day = datetime.utcnow, date.today\n")
    monkeypatch.syspath_prepend(tmp_path)
    # Set first, so that the module is removed afterwards.
    monkeypatch.setitem(sys.modules, "newer", older)
    monkeypatch.delitem(sys.modules, "newer")
    with worlds.patched(WallPatch(worlds.innermost), clock=Clock(START)):
        newer: Any = importlib.import_module("newer")
        assert older.now(timezone.utc) == instant(START_US)
        assert older.noon().date() == older.day() == newer.day() == date(2018, 7, 30)
        assert older.utcnow is not bound["utcnow"]
        assert newer.utcnow == older.utcnow
    assert {name: vars(older)[name] for name in bound} == bound
    assert (newer.utcnow, newer.day) == (UTCNOW(datetime), date.today)


def test_time_moves_with_the_clock_only(worlds: Worlds, world: World) -> None:
    """Law 10: all functions together, at every sleep and advance."""
    patch = SleepPatch(worlds.innermost)
    patch.install()
    before = time.time(), time.monotonic(), datetime.now(timezone.utc)
    assert before == (time.time(), time.monotonic(), datetime.now(timezone.utc))
    time.sleep(1.5)
    world.clock.advance(hours=1)
    patch.uninstall()

    assert datetime.now(timezone.utc) - before[2] == timedelta(hours=1, seconds=1.5)
    assert round((time.time() - before[0]) * 1e6) == round((time.monotonic() - before[1]) * 1e6) == 3601_500_000


# From 1971 to 2100, where a float of seconds is finer than a microsecond.
@given(st.integers(31_536_000_000_000, 4_102_444_800_000_000))
def test_all_functions_agree_at_every_microsecond(now_us: int) -> None:
    """No function loses precision in its conversion."""
    worlds = Worlds()
    with worlds.patched(WallPatch(worlds.innermost), clock=Clock(instant(now_us))) as world:
        assert round(time.time() * 1e6) == round(time.monotonic() * 1e6) == now_us
        assert nanoseconds() == time.time_ns() == time.monotonic_ns() == now_us * 1000
        assert datetime.now(timezone.utc) == datetime.fromtimestamp(time.time(), timezone.utc) == world.clock.now()


def test_after_the_mock_everything_is_restored(worlds: Worlds) -> None:
    """Every attribute and every name by identity, twice, with a module imported inside."""
    patch, before, names = WallPatch(worlds.innermost), attributes_of_time(), dict(globals())
    for _ in range(2):
        with worlds.patched(patch):
            assert dt.datetime is datetime is not before["datetime"]
            late = ModuleType("late")
            exec("from datetime import datetime as clock; from time import time as now", vars(late))  # noqa: S102  # an import
            sys.modules["late"] = late
            assert late.clock is datetime
        del sys.modules["late"]

        assert attributes_of_time() == before
        assert {name: value for name, value in globals().items() if names[name] is not value} == {}
        assert (late.clock, late.now) == (datetime, time.time)
        assert is_real(late.now())
        assert not freezegun.api.freeze_factories
        assert isinstance(vars(botocore.utils)["datetime"], ModuleType)


def test_the_search_for_names_is_kept_for_the_next_mock(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until freezegun is configured differently."""
    patch = WallPatch(worlds.innermost)
    with worlds.patched(patch):
        first = patch._names
    with worlds.patched(patch):
        assert patch._names is first
    monkeypatch.setattr(freezegun.config.settings, "default_ignore_list", ["threading", "tests.patches.test_wall"])
    with worlds.patched(patch):
        assert patch._names is not first
        assert is_real(ticks() - real.monotonic() + real.time())
        assert is_real(time.time())


class Lazy(ModuleType):
    """A module that records requests for attributes it does not hold."""

    def __init__(self) -> None:
        super().__init__("lazy")
        self.asked: list[str] = []
        self.__dict__["__getattr__"] = self.asked.append

    def __dir__(self) -> list[str]:
        self.asked.append("dir")
        return ["heavy"]


def test_a_lazy_module_is_not_touched(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at the start nor at the end, even if it was imported in between."""
    lazy, lazier = Lazy(), Lazy()
    monkeypatch.setitem(sys.modules, "lazy", lazy)
    with worlds.patched(WallPatch(worlds.innermost)):
        monkeypatch.setitem(sys.modules, "lazier", lazier)

    assert lazy.asked == lazier.asked == []
    assert dir(lazy) == ["heavy"]
    assert lazy.heavy is None
    assert lazy.asked == ["dir", "heavy"]


def test_a_thread_older_than_the_mock_keeps_real_time(worlds: Worlds, world: World) -> None:
    """Law 8: its timers go on where they were, and its dates are real."""
    older = World(world.clock, threads_before={threading.current_thread()})
    with worlds.inside(older):
        assert is_real(time.time())
        assert is_real(time.time_ns() / 1e9)
        assert abs(time.monotonic() - real.monotonic()) < NEAR_S
        assert is_real(datetime.now(timezone.utc).timestamp())
        assert not is_real(in_thread(lambda: time.time()))  # noqa: PLW0108  # a frame of the test


def test_a_threads_target_sees_virtual_time(world: World) -> None:
    """Alone freezegun would give it real time, because module threading is among its nearest callers."""
    assert in_thread(lambda: (time.time_ns(), time.time(), datetime.now(timezone.utc))) == (
        START_US * 1000,
        START_US / 1e6,
        world.clock.now(),
    )


def test_an_inner_mock_with_the_real_wall_has_real_time(worlds: Worlds, world: World) -> None:
    """`wall` is an option of the innermost mock; the outer clock is back afterwards."""
    with worlds.inside(World(wall="real")):
        assert is_real(time.time())
        assert abs(time.monotonic() - real.monotonic()) < NEAR_S
        assert is_real(datetime.now(timezone.utc).timestamp())
    assert datetime.now(timezone.utc) == world.clock.now()


@pytest.mark.parametrize(
    "module", ["threading", "concurrent.futures.thread", "multiprocessing.connection", "asyncio.base_events", "grpc._channel"]
)
@pytest.mark.usefixtures("world")
def test_timeouts_inside_the_interpreter_are_real(module: str) -> None:
    """The timeout of a lock is for something real; the code it calls sees virtual time."""
    assert abs(call_as(module, "time.monotonic()") - real.monotonic()) < NEAR_S
    assert round(call_as(module, "ask()", ask=lambda: time.monotonic()) * 1e6) == START_US  # noqa: PLW0108  # a frame of the test


@pytest.mark.parametrize("module", ["_pytest.runner", "hypothesis.core"])
@pytest.mark.usefixtures("world")
def test_the_duration_of_a_test_is_real(module: str) -> None:
    """A virtual day is not a slow test."""
    assert abs(call_as(module, "time.perf_counter()") - real.perf_counter()) < NEAR_S


@pytest.mark.usefixtures("world")
def test_freezeguns_ignore_list_gives_real_time_to_callees_too() -> None:
    """As deep as freezegun looks, and only for whole package names."""

    def one_more() -> float:
        def two_deep() -> float:
            return time.time()

        return two_deep()

    assert is_real(call_as("selenium.webdriver", "ask()", ask=one_more))
    assert not is_real(call_as("selenium_tests", "ask()", ask=one_more))


def test_a_call_from_the_bottom_of_the_stack_is_answered(world: World) -> None:
    """There are fewer than five callers at the start of a thread that no Python function runs."""
    found: list[float] = []

    class Last:
        def __del__(self) -> None:
            found.append(time.time())

    held = [Last()]
    bottom = threading.Thread(target=lambda: None)
    bottom.run = held.clear  # type: ignore[method-assign]  # with as few frames as possible
    bottom.start()
    bottom.join()
    gc.collect()

    assert [round(seconds * 1e6) for seconds in found] == [world.clock.now_us()]


def test_event_loops_keep_real_time(world: World) -> None:
    """A timeout on something real expires, although `time.monotonic()` stands still."""

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        assert abs(loop.time() - real.monotonic()) < NEAR_S
        assert round(time.monotonic() * 1e6) == START_US
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(loop.create_future(), 0.001)

    asyncio.run(wait())
    assert world.clock.now().isoformat() == START


def test_datetimes_made_inside_are_ordinary_outside(worlds: Worlds) -> None:
    """They compare, copy and pickle, and are instances of the real class."""
    with worlds.patched(WallPatch(worlds.innermost)) as world:
        made, made_date, moment = datetime.now(timezone.utc), date.today(), world.clock.now()  # noqa: DTZ011  # the subject
        assert isinstance(moment, datetime)
        assert copy.copy(moment) == moment

    assert isinstance(made, datetime)
    assert isinstance(made_date, date)
    assert made == moment == pickle.loads(pickle.dumps(made)) == copy.deepcopy(made)  # noqa: S301  # our own data
    assert made - timedelta(1) < moment
    assert pickle.loads(pickle.dumps(made_date)) == made_date  # noqa: S301  # our own data


@pytest.mark.usefixtures("world")
def test_instants_in_a_response_are_of_the_real_class() -> None:
    """As from AWS: libraries that check the exact class (PyYAML, orjson) accept them."""
    parsed = botocore.utils.parse_timestamp("1532952000.5")

    assert type(parsed) is freezegun.api.real_datetime
    assert parsed == datetime(2018, 7, 30, 12, 0, 0, 500_000, tzinfo=timezone.utc)
    assert vars(botocore.utils)["datetime"].timedelta is timedelta


def test_a_freeze_begun_inside_decides_while_it_lasts(world: World) -> None:
    """The caller's freezegun wins, by its own rules; the virtual clock is back afterwards."""
    world.clock.outside = Followed(None, lambda: False, is_started=True)
    with freezegun.freeze_time("2001-02-03T04:05:06Z", tz_offset=-3) as frozen:
        assert time.time_ns() == 981_173_106 * 10**9
        frozen.tick(60)
        assert datetime.now(timezone.utc) - timedelta(hours=-3) == datetime(2001, 2, 3, 4, 6, 6, tzinfo=timezone.utc)
        assert datetime.now() == datetime(2001, 2, 3, 1, 6, 6)  # noqa: DTZ001, DTZ005  # freezegun's tz_offset
        assert world.clock.now_us() == START_US + 60_000_000
        assert round(time.monotonic() * 1e6) == START_US + 60_000_000
    assert datetime.now(timezone.utc) == world.clock.now()


def test_a_freeze_around_the_mock_is_back_afterwards(worlds: Worlds) -> None:
    """Inside, the mock's clock decides; neither undoes the other."""
    with freezegun.freeze_time("2001-02-03T04:05:06Z"):
        names = {name: globals()[name] for name in ("datetime", "date", "ticks")}
        with worlds.patched(WallPatch(worlds.innermost)) as world:
            assert datetime.now(timezone.utc) == world.clock.now()
            assert time.time_ns() == world.clock.now_us() * 1000
        assert {name: globals()[name] for name in names} == names
        assert time.time() == 981_173_106
    assert is_real(time.time())
    assert datetime is freezegun.api.real_datetime


def test_a_freeze_that_outlasts_its_mock_is_not_cut_short(worlds: Worlds) -> None:
    """Our fakes are removed from under it; the last to end restores everything."""
    with worlds.patched(WallPatch(worlds.innermost)):
        frozen = freezegun.freeze_time("2001-02-03T04:05:06Z")
        frozen.start()
    assert time.time() == 981_173_106
    frozen.stop()
    assert is_real(time.time())
    assert is_real(datetime.now(timezone.utc).timestamp())
    assert not freezegun.api.ignore_lists
    assert not hasattr(freezegun.api._freeze_time, "fake_names")


@pytest.mark.parametrize("is_there", [False, True])
def test_module_time_is_unchanged_afterwards(
    is_there: bool,  # noqa: FBT001  # parametrised
    worlds: Worlds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A freeze leaves `time.clock = None` behind, although Python has had no `time.clock` since 3.8."""
    monkeypatch.delattr(time, "clock", raising=False)
    if is_there:
        monkeypatch.setattr(time, "clock", None, raising=False)
    with worlds.patched(WallPatch(worlds.innermost)):
        pass

    assert hasattr(time, "clock") == is_there


def test_a_fake_function_kept_after_the_mock_gives_real_time(worlds: Worlds) -> None:
    """It may stay in an object or a default argument."""
    with worlds.patched(WallPatch(worlds.innermost)):
        taken, taken_ns = time.time, time.time_ns
    assert is_real(taken())
    assert is_real(taken_ns() / 1e9)


def test_the_factory_moves_the_clock_like_freezeguns(worlds: Worlds, world: World) -> None:
    """Code that gets hold of it may tick it; it cannot go back."""
    factory: Any = freezegun.api.freeze_factories[-1]
    factory.move_to("2018-07-30T12:01:00Z")
    assert factory.tick() == factory.time_to_freeze == factory() == datetime(2018, 7, 30, 12, 1, 1)  # noqa: DTZ001  # naive
    factory.tick(timedelta(minutes=1))
    assert world.clock.now().isoformat() == "2018-07-30T12:02:01+00:00"
    with pytest.raises(ValueError, match="time only moves forward"):
        factory.move_to(datetime(2018, 7, 30, tzinfo=timezone.utc))
    orphan = WallPatch(Worlds().innermost)._factory
    orphan.move_to("2018-07-30")
    assert is_real(orphan.tick().replace(tzinfo=timezone.utc).timestamp())
    assert worlds.innermost() is world


def test_the_factory_without_a_mock_gives_real_time() -> None:
    """A thread may ask while another one ends the mock."""
    factory = ClockFactory(lambda: None)
    assert is_real(factory.monotonic_us() / 1e6)
    assert is_real(factory().replace(tzinfo=timezone.utc).timestamp())


def test_a_patch_of_the_test_over_ours_stays(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the test removes it."""
    tests_own = object()
    with monkeypatch.context() as patch:
        with worlds.patched(WallPatch(worlds.innermost)):
            patch.setattr(botocore.utils, "datetime", tests_own)
        assert vars(botocore.utils)["datetime"] is tests_own
    vars(botocore.utils)["datetime"] = dt


def test_freezegun_is_imported_at_the_first_install_only() -> None:
    """Without the virtual wall clock it costs nothing."""
    source = Path(inspect.getfile(WallPatch)).read_text()

    assert "\nimport freezegun" not in source
    assert "\nfrom freezegun" not in source


def test_the_internals_of_freezegun_that_we_use_exist() -> None:
    """`sagemock.patches.wall` lists them. If a release of freezegun moves one, check that list."""
    api = freezegun.api
    freeze: Any = freezegun.freeze_time("2018-07-30")
    start, stop = (inspect.getsource(getattr(type(freeze), name)) for name in ("start", "stop"))

    assert (api.freeze_factories, api.ignore_lists, api.tick_flags, api.tz_offsets) == ([], [], [], [])
    assert isinstance(freeze.ignore, tuple)
    for stack in ("freeze_factories", "ignore_lists", "tick_flags", "tz_offsets"):
        assert f"{stack}.append(" in start
        assert f"{stack}.pop()" in stop
    for method in (start, stop):
        assert "mod_name.startswith(self.ignore)" in method
    assert "time.time_ns = fake_time_ns" in start
    for name in ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"):
        assert f"_get_fake_monotonic{'_ns' * name.endswith('_ns')}()" in inspect.getsource(getattr(api, f"fake_{name}"))
    for name in ("time", "monotonic", "localtime", "gmtime"):
        assert "_should_use_real_time()" in inspect.getsource(getattr(api, f"fake_{name}"))
    # `_should_use_real_time` starts at the frame that calls the fake function.
    assert "inspect.currentframe().f_back.f_back" in inspect.getsource(api._should_use_real_time)
    assert api.call_stack_inspection_limit == 5
