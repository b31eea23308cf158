import copy
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from multiprocessing.pool import ThreadPool
from time import sleep as snooze
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.real import real
from sagemock.patches.sleep import SleepPatch, VirtualSleep, duration_us
from tests.support.waiting import PATIENCE_S
from tests.support.worlds import World, Worlds


@pytest.fixture
def worlds() -> Worlds:
    """Return a stack without an active mock."""
    return Worlds()


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """Enter the one mock, with sleep patched."""
    with worlds.patched(SleepPatch(worlds.innermost)) as world:
        yield world


@pytest.fixture
def slept_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the real sleep; return the list of its durations."""
    slept: list[float] = []
    monkeypatch.setattr(real, "sleep", slept.append)
    return slept


def run_in_thread(work: Callable[[], object]) -> None:
    """Run `work` in a thread to its end."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_sleep_moves_the_clock_and_blocks_nothing(world: World) -> None:
    """Six hours pass at once, by the attribute and by the imported name."""
    began_s = real.monotonic()
    time.sleep(6 * 3600)
    snooze(0.5)

    assert world.clock.now().isoformat() == "2018-07-30T18:00:00.500000+00:00"
    assert world.slept_us == [6 * 3600 * 1_000_000, 500_000]
    assert real.monotonic() - began_s < PATIENCE_S


def test_after_the_mock_every_name_is_the_real_sleep_again(worlds: Worlds) -> None:
    """A module imported inside has the real sleep too."""
    patch, held = SleepPatch(worlds.innermost), time.sleep
    with worlds.patched(patch):
        assert time.sleep is snooze is not held
        late = ModuleType("late")
        exec("from time import sleep as rest", vars(late))  # noqa: S102  # what its import does
        sys.modules["late"] = late
    del sys.modules["late"]

    assert time.sleep is snooze is late.rest is held


@pytest.mark.parametrize("situation", ["no mock", "sleep=real", "older thread", "interpreter"])
def test_real_sleepers_sleep_in_real_time(situation: str, slept_s: list[float], worlds: Worlds) -> None:
    """Law 8, and the option `sleep="real"`; each call decides anew."""
    sleep = VirtualSleep(worlds.innermost, real.sleep)
    world = World(sleeping="real" if situation == "sleep=real" else "virtual")
    if situation == "older thread":
        world.threads_before = {threading.current_thread()}
    with worlds.inside(world):
        if situation == "interpreter":
            eval("sleep(7)", {"sleep": sleep, "__name__": "subprocess"})  # noqa: S307  # a caller with that name
        elif situation != "no mock":
            sleep(7)
    if situation == "no mock":
        sleep(7)

    assert slept_s == [7]
    assert world.slept_us == []


def test_joblib_sleeps_in_real_time_between_looks_at_its_threads(slept_s: list[float], worlds: Worlds) -> None:
    """The functions that joblib calls sleep as usual."""
    world, scope = World(), dict[str, Any](__name__="joblib.parallel", sleep=VirtualSleep(worlds.innermost, real.sleep))
    exec("def _retrieve(): sleep(7)\ndef call(): sleep(8)", scope)  # noqa: S102  # stands in for joblib
    with worlds.inside(world):
        scope["_retrieve"]()
        scope["call"]()
    assert slept_s == [7]
    assert world.slept_us == [8_000_000]


def test_a_sleep_that_is_the_work_of_a_pool_of_threads_is_virtual(world: World) -> None:
    """Module multiprocessing calls it, but does not sleep itself."""
    with ThreadPool(1) as pool:
        pool.map(time.sleep, [60])
        pool.starmap(time.sleep, [(70,)])
        pool.apply(time.sleep, (80,))

    assert world.slept_us == [60_000_000, 70_000_000, 80_000_000]


def test_a_thread_started_inside_sleeps_in_virtual_time(world: World) -> None:
    """Only older threads keep real time."""
    run_in_thread(lambda: time.sleep(60))

    assert world.slept_us == [60_000_000]


def test_waiting_for_a_process_moves_no_virtual_time(world: World) -> None:
    """Module subprocess polls a child by sleeping, and the child needs real time."""
    subprocess.run([sys.executable, "-c", ""], check=True, timeout=60)

    assert world.slept_us == []


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (1, 2),
        (-1,),
        (-0.5,),
        (float("nan"),),
        (float("inf"),),
        (2**63,),
        (1e300,),
        ("1",),
        (None,),
        (Decimal(1),),
        (Fraction(1),),
        (timedelta(1),),
    ],
    ids=repr,
)
def test_an_invalid_duration_gets_pythons_own_error(world: World, arguments: tuple[Any, ...]) -> None:
    """Code under test that sleeps wrongly fails as without the mock."""
    with pytest.raises((TypeError, ValueError, OverflowError)) as expected:
        real.sleep(*arguments)
    with pytest.raises(expected.type) as found:
        time.sleep(*arguments)

    assert str(found.value) == str(expected.value)
    assert world.slept_us == []


def test_a_keyword_gets_pythons_own_error(world: World) -> None:
    """The built-in function takes none."""
    sleep: Any = time.sleep
    with pytest.raises(TypeError) as expected:
        real.sleep(seconds=1)
    with pytest.raises(TypeError) as found:
        sleep(seconds=1)

    assert str(found.value) == str(expected.value)
    assert world.slept_us == []


@pytest.mark.parametrize(
    "seconds, long_us",
    [(0, 0), (0.0, 0), (-0.0, 0), (True, 1_000_000), (0.07, 70_000), (1e-12, 1), (1e-6, 1), (1.2345671, 1_234_568)],
)
def test_a_duration_is_rounded_up_to_a_microsecond(seconds: float, long_us: int) -> None:
    """Up, so that a loop that sleeps for the rest of its time ends; but a float's rounding error adds nothing."""
    assert duration_us(seconds) == long_us


# Up to 40 days: from 2**23 seconds on, a float's spacing is wider than the nanosecond to which it is rounded.
@given(st.integers(0, 40 * 86400 * 1_000_000))
def test_whole_microseconds_are_slept_exactly(long_us: int) -> None:
    """A float that stands for whole microseconds is not rounded up."""
    assert duration_us(long_us / 1_000_000) == long_us


def test_as_a_class_attribute_it_gets_no_self(world: World) -> None:
    """`time.sleep` is not a method, so its replacement must not become one."""

    class Poller:
        rest: Any = time.sleep

    Poller().rest(1)

    assert world.slept_us == [1_000_000]


def test_it_can_be_copied_and_pickled_by_name(world: World) -> None:
    """A retry policy may hold it, as it may hold the built-in."""
    assert copy.deepcopy({"sleep": time.sleep})["sleep"] is time.sleep
    assert pickle.loads(pickle.dumps(time.sleep)) is time.sleep  # noqa: S301  # our own data
    assert (time.sleep.__name__, time.sleep.__module__, time.sleep.__doc__) == ("sleep", "time", real.sleep.__doc__)
    assert repr(time.sleep) == "<virtual time.sleep of sagemock>"
    assert world.slept_us == []


def test_the_innermost_mock_is_asked_at_each_sleep(worlds: Worlds, world: World) -> None:
    """A nested mock has its own clock, and the outer one is back afterwards."""
    with worlds.inside(World()) as inner:
        time.sleep(1)
    time.sleep(2)

    assert (inner.slept_us, world.slept_us) == ([1_000_000], [2_000_000])


def test_a_name_mocked_while_the_patch_began_is_virtual_in_the_next_mock(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that replaces `module.sleep` itself leaves no trace in the next one."""
    patch = SleepPatch(worlds.innermost)
    client = ModuleType("client")
    vars(client)["sleep"] = time.sleep
    monkeypatch.setitem(sys.modules, "client", client)
    with monkeypatch.context() as tests_own:
        tests_own.setattr(client, "sleep", Mock())
        with worlds.patched(patch):
            client.sleep(1)
    with worlds.patched(patch) as world:
        client.sleep(2)

    assert world.slept_us == [2_000_000]
