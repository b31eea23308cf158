import asyncio
import copy
import copyreg
import datetime as dt
import gc
import inspect
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
# Everything that may differ between virtual and real time here is years.
NEAR_S = 3600


@pytest.fixture
def worlds() -> Worlds:
    """No mock is active yet."""
    return Worlds()


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """Enter the one mock, with the wall clock patched."""
    with worlds.patched(WallPatch(worlds.innermost), clock=Clock(START)) as world:
        yield world


def is_real(seconds: float) -> bool:
    """Return whether a `time.time()` is the real one."""
    return bool(abs(seconds - real.time()) < NEAR_S)


def call_as(module: str, expression: str, **names: object) -> Any:
    """Evaluate an expression in a module of that name, with `time` in it."""
    return eval(expression, {"time": time, "__name__": module, **names})  # noqa: S307  # our own expressions


def in_thread(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a thread of its own, as the thread's target."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def attributes_of_time() -> dict[str, object]:
    """Return all that freezegun changes, outside of module-level names."""
    return {**vars(time), **vars(dt), **vars(uuid), "copyreg": dict(copyreg.dispatch_table)}


def test_every_way_to_ask_for_the_time_gives_the_clocks(world: World) -> None:
    """To the microsecond, in each function's own unit; `time.time()` is a float."""
    assert datetime.now(timezone.utc).isoformat() == world.clock.now().isoformat() == START
    assert isinstance(time.time(), float)
    assert round(time.time() * 1e6) == START_US
    assert round(ticks() * 1e6) == round(time.monotonic() * 1e6) == round(time.perf_counter() * 1e6) == START_US
    assert time.time_ns() == time.monotonic_ns() == time.perf_counter_ns() == START_US * 1000
    assert date.today() == date(2018, 7, 30)  # noqa: DTZ011  # the subject
    assert time.strftime("%Y-%m-%d", time.gmtime()) == "2018-07-30"


def test_time_moves_with_the_clock_and_only_with_it(worlds: Worlds, world: World) -> None:
    """Law 10: all together, at every sleep and advance."""
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
    """No reading goes by way of an arithmetic that loses some of it."""
    worlds = Worlds()
    with worlds.patched(WallPatch(worlds.innermost), clock=Clock(instant(now_us))) as world:
        assert round(time.time() * 1e6) == round(time.monotonic() * 1e6) == now_us
        assert nanoseconds() == time.time_ns() == time.monotonic_ns() == now_us * 1000
        assert datetime.now(timezone.utc) == datetime.fromtimestamp(time.time(), timezone.utc) == world.clock.now()


def test_after_the_mock_all_is_as_before(worlds: Worlds) -> None:
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


def test_two_uses_find_the_names_by_one_look(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is kept from mock to mock, until freezegun is configured otherwise."""
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
    """A module that notes when it is asked for what it does not hold."""

    def __init__(self) -> None:
        super().__init__("lazy")
        self.asked: list[str] = []
        self.__dict__["__getattr__"] = self.asked.append

    def __dir__(self) -> list[str]:
        self.asked.append("dir")
        return ["heavy"]


def test_a_module_that_loads_lazily_is_not_touched(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at the start nor at the end, also when it was imported in between."""
    lazy, lazier = Lazy(), Lazy()
    monkeypatch.setitem(sys.modules, "lazy", lazy)
    with worlds.patched(WallPatch(worlds.innermost)):
        monkeypatch.setitem(sys.modules, "lazier", lazier)

    assert lazy.asked == lazier.asked == []
    assert dir(lazy) == ["heavy"]
    assert lazy.heavy is None
    assert lazy.asked == ["dir", "heavy"]


def test_a_thread_older_than_the_mock_keeps_real_time(worlds: Worlds, world: World) -> None:
    """Law 8: its timers go on where they were, and its dates are today's."""
    older = World(world.clock, threads_before={threading.current_thread()})
    with worlds.inside(older):
        assert is_real(time.time())
        assert is_real(time.time_ns() / 1e9)
        assert abs(time.monotonic() - real.monotonic()) < NEAR_S
        assert is_real(datetime.now(timezone.utc).timestamp())
        assert not is_real(in_thread(lambda: time.time()))  # noqa: PLW0108  # a frame of the test's


def test_what_runs_as_a_threads_target_sees_virtual_time(world: World) -> None:
    """Freezegun alone gives it real time, as module threading is among its next callers."""
    assert in_thread(lambda: (time.time_ns(), time.time(), datetime.now(timezone.utc))) == (
        START_US * 1000,
        START_US / 1e6,
        world.clock.now(),
    )


def test_an_inner_mock_with_the_real_wall_has_real_time(worlds: Worlds, world: World) -> None:
    """`wall` is the innermost mock's; the outer clock is back afterwards."""
    with worlds.inside(World(wall="real")):
        assert is_real(time.time())
        assert abs(time.monotonic() - real.monotonic()) < NEAR_S
        assert is_real(datetime.now(timezone.utc).timestamp())
    assert datetime.now(timezone.utc) == world.clock.now()


@pytest.mark.parametrize(
    "module", ["threading", "concurrent.futures.thread", "multiprocessing.connection", "asyncio.base_events"]
)
@pytest.mark.usefixtures("world")
def test_what_the_interpreter_measures_is_real(module: str) -> None:
    """A lock's timeout is about something real; what it calls is not."""
    assert abs(call_as(module, "time.monotonic()") - real.monotonic()) < NEAR_S
    assert round(call_as(module, "ask()", ask=lambda: time.monotonic()) * 1e6) == START_US  # noqa: PLW0108  # a frame


@pytest.mark.parametrize("module", ["_pytest.runner", "hypothesis.core"])
@pytest.mark.usefixtures("world")
def test_what_times_the_test_is_real(module: str) -> None:
    """A virtual day is no slow test."""
    assert abs(call_as(module, "time.perf_counter()") - real.perf_counter()) < NEAR_S


@pytest.mark.usefixtures("world")
def test_what_freezegun_ignores_is_real_with_all_that_it_calls() -> None:
    """Its ignore list holds as far down as freezegun looks, and for whole names of packages only."""

    def one_more() -> float:
        def two_deep() -> float:
            return time.time()

        return two_deep()

    assert is_real(call_as("selenium.webdriver", "ask()", ask=one_more))
    assert not is_real(call_as("selenium_tests", "ask()", ask=one_more))


def test_a_call_from_the_bottom_of_the_stack_is_answered(world: World) -> None:
    """There are no five callers at the start of a thread that no Python function runs."""
    found: list[float] = []

    class Last:
        def __del__(self) -> None:
            found.append(time.time())

    held = [Last()]
    bottom = threading.Thread(target=lambda: None)
    bottom.run = held.clear  # type: ignore[method-assign]  # as few frames as can be
    bottom.start()
    bottom.join()
    gc.collect()

    assert [round(seconds * 1e6) for seconds in found] == [world.clock.now_us()]


def test_event_loops_keep_real_time(world: World) -> None:
    """A timeout on something real comes, although `time.monotonic()` stands still."""

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        assert abs(loop.time() - real.monotonic()) < NEAR_S
        assert round(time.monotonic() * 1e6) == START_US
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(loop.create_future(), 0.001)

    asyncio.run(wait())
    assert world.clock.now().isoformat() == START


def test_datetimes_made_inside_are_datetimes_outside(worlds: Worlds) -> None:
    """They compare, copy and pickle afterwards, and are instances of the real class."""
    with worlds.patched(WallPatch(worlds.innermost)) as world:
        made, made_date, moment = datetime.now(timezone.utc), date.today(), world.clock.now()  # noqa: DTZ011  # the subject
        assert isinstance(moment, datetime)
        assert copy.copy(moment) == moment

    assert isinstance(made, datetime)
    assert isinstance(made_date, date)
    assert made == moment == pickle.loads(pickle.dumps(made)) == copy.deepcopy(made)  # noqa: S301  # our own bytes
    assert made - timedelta(1) < moment
    assert pickle.loads(pickle.dumps(made_date)) == made_date  # noqa: S301  # our own bytes


@pytest.mark.usefixtures("world")
def test_instants_in_a_response_are_of_the_real_class() -> None:
    """As from AWS: what judges by the exact class (PyYAML, orjson) takes them."""
    parsed = botocore.utils.parse_timestamp("1532952000.5")

    assert type(parsed) is freezegun.api.real_datetime
    assert parsed == datetime(2018, 7, 30, 12, 0, 0, 500_000, tzinfo=timezone.utc)
    assert vars(botocore.utils)["datetime"].timedelta is timedelta


def test_a_freeze_that_begins_inside_is_in_charge_while_it_lasts(world: World) -> None:
    """The caller's own freezegun wins, by its own rules; the clock is back afterwards."""
    world.clock.outside = Followed(None, lambda: False, is_started=True)
    with freezegun.freeze_time("2001-02-03T04:05:06Z", tz_offset=-3) as frozen:
        assert time.time_ns() == 981_173_106 * 10**9
        frozen.tick(60)
        assert datetime.now(timezone.utc) - timedelta(hours=-3) == datetime(2001, 2, 3, 4, 6, 6, tzinfo=timezone.utc)
        assert datetime.now() == datetime(2001, 2, 3, 1, 6, 6)  # noqa: DTZ001, DTZ005  # freezegun's tz_offset
        assert world.clock.now_us() == START_US + 60_000_000
        assert round(time.monotonic() * 1e6) == START_US + 60_000_000
    assert datetime.now(timezone.utc) == world.clock.now()


def test_a_freeze_that_was_there_before_is_there_afterwards(worlds: Worlds) -> None:
    """The mock's clock rules inside, the caller's freeze outside, and neither undoes the other."""
    with freezegun.freeze_time("2001-02-03T04:05:06Z"):
        names = {name: globals()[name] for name in ("datetime", "date", "ticks")}
        with worlds.patched(WallPatch(worlds.innermost)) as world:
            assert datetime.now(timezone.utc) == world.clock.now()
            assert time.time_ns() == world.clock.now_us() * 1000
        assert {name: globals()[name] for name in names} == names
        assert time.time() == 981_173_106
    assert is_real(time.time())
    assert datetime is freezegun.api.real_datetime


def test_a_freeze_that_ends_after_the_mock_it_began_in_is_not_cut_short(worlds: Worlds) -> None:
    """Ours is taken out from below, and the last one out puts everything back."""
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
def test_module_time_has_afterwards_what_it_had_before(
    is_there: bool,  # noqa: FBT001  # parametrised
    worlds: Worlds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Freezegun leaves `time.clock = None` behind, which is there no more in Python 3.8."""
    monkeypatch.delattr(time, "clock", raising=False)
    if is_there:
        monkeypatch.setattr(time, "clock", None, raising=False)
    with worlds.patched(WallPatch(worlds.innermost)):
        pass

    assert hasattr(time, "clock") == is_there


def test_a_function_that_was_taken_inside_tells_real_time_outside(worlds: Worlds) -> None:
    """Where a fake got away, in an object or a default argument, it does no harm."""
    with worlds.patched(WallPatch(worlds.innermost)):
        taken, taken_ns = time.time, time.time_ns
    assert is_real(taken())
    assert is_real(taken_ns() / 1e9)


def test_the_factory_moves_the_clock_like_freezeguns(worlds: Worlds, world: World) -> None:
    """Who gets hold of it may tick it; it knows no way back."""
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
    """As to a thread that asked while another one ended the mock."""
    factory = ClockFactory(lambda: None)
    assert is_real(factory.monotonic_us() / 1e6)
    assert is_real(factory().replace(tzinfo=timezone.utc).timestamp())


def test_another_hand_on_what_we_replaced_is_left_on_it(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's own patch over ours stays until the test takes it off."""
    tests_own = object()
    with monkeypatch.context() as patch:
        with worlds.patched(WallPatch(worlds.innermost)):
            patch.setattr(botocore.utils, "datetime", tests_own)
        assert vars(botocore.utils)["datetime"] is tests_own
    vars(botocore.utils)["datetime"] = dt


def test_freezegun_is_imported_at_the_first_install_only() -> None:
    """Who does not use the virtual wall clock does not pay for it."""
    source = Path(inspect.getfile(WallPatch)).read_text()

    assert "\nimport freezegun" not in source
    assert "\nfrom freezegun" not in source


def test_what_we_touch_inside_of_freezegun_is_where_it_was() -> None:
    """`sagemock.patches.wall` lists it; a freezegun that moved any of it needs a look at that list."""
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
    # The frame that `_should_use_real_time` begins at is the caller of the fake function.
    assert "inspect.currentframe().f_back.f_back" in inspect.getsource(api._should_use_real_time)
    assert api.call_stack_inspection_limit == 5
