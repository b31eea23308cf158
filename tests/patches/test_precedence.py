"""Freezes of the caller inside a mock, and what is left of both afterwards: nothing."""

import asyncio
import copyreg
import datetime as dt
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import permutations
from typing import Any

import freezegun
import freezegun.api
import pytest
import time_machine

from sagemock import mock_sagemaker
from sagemock.clock.real import real
from sagemock.patches.bindings import Rebinding
from sagemock.patches.precedence import LowestEntry, SuspendedPatch
from sagemock.patches.wall import ClockFactory

_api: Any = freezegun.api
THEN = dt.datetime(2020, 2, 2, tzinfo=dt.timezone.utc)
NAMED, NAMED_TIME = dt.datetime, time.time
LONG_S = 30


def freezegun_freeze() -> Any:
    """Return a freeze by freezegun."""
    return freezegun.freeze_time("2020-01-01")


def travel() -> Any:
    """Return a freeze by time-machine."""
    return time_machine.travel(THEN, tick=False)


def state() -> dict[str, object]:
    """Return everything in the process that freezes and mocks change."""
    found: dict[str, object] = {}
    for owner in (time, dt, uuid, _api.freeze_time, _api._freeze_time, time_machine.travel, asyncio.BaseEventLoop):
        found |= {f"{owner.__name__}.{name}": value for name, value in vars(owner).items()}
    found |= {"class": type(dt), "copyreg": dict(copyreg.dispatch_table), "finders": list(sys.meta_path)}
    found |= {"named": NAMED, "named time": NAMED_TIME, "get": _api.get_current_time}
    found |= {name: list(getattr(_api, name)) for name in ("freeze_factories", "ignore_lists", "tz_offsets", "tick_flags")}
    # freezegun itself leaves these behind, with or without a mock.
    return {name: value for name, value in found.items() if name not in ("time.clock", "uuid._last_timestamp")}


@pytest.fixture(autouse=True)
def _leaves_nothing() -> Iterator[None]:
    """Check that the process is as before."""
    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize("freeze", [freezegun_freeze, travel])
@pytest.mark.parametrize(
    "ends,mock_ends",
    [
        *[(ends, 3) for ends in permutations(range(3))],
        # Freezes that outlast the mock end as freezegun alone requires: the one that has something to undo ends last.
        *[((2, 1, 0), at) for at in range(3)],
        *[((0, 1, 2), at) for at in (1, 2)],
    ],
)
def test_freezes_of_threads_end_in_any_order(freeze: Callable[[], Any], ends: tuple[int, ...], mock_ends: int) -> None:
    """Each runs in a thread of its own, inside a mock or longer than it."""
    freezes = [freeze() for _ in ends]
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in ends]
        mock = mock_sagemaker().start()
        for thread, one in zip(threads, freezes, strict=True):
            thread.submit(one.start).result()
        for at, which in enumerate((*ends, None)):
            if at == mock_ends:
                mock.stop()
            if which is not None:
                threads[which].submit(freezes[which].stop).result()


def test_one_freeze_object_can_be_started_twice() -> None:
    """It is used again while it is in use, and ends twice."""
    once, other = freezegun_freeze(), freezegun_freeze()
    with mock_sagemaker():
        for one in (once, other, once):
            one.start()
        for one in (once, once, other):
            one.stop()


def test_threads_that_freeze_at_once_leave_nothing() -> None:
    """Several threads freeze several times, beside mocks that begin and end."""
    ready = threading.Barrier(3)

    def work(use: Callable[[], Any]) -> None:
        ready.wait()
        for _ in range(3):
            with use():
                sum(range(1000))

    with mock_sagemaker(), ThreadPoolExecutor(3) as threads:
        list(threads.map(work, [freezegun_freeze, freezegun_freeze, mock_sagemaker]))


def test_the_mock_gives_way_to_one_thread_at_a_time() -> None:
    """Our fakes are removed for one freeze and put back before they are removed for the next."""
    story: list[str] = []
    second = freezegun_freeze()
    threads: list[threading.Thread] = []

    def take_off() -> None:
        story.append("off")
        if not threads:
            threads.append(threading.Thread(target=second.start))
            threads[0].start()
            # Long enough for a thread that does not wait.
            threads[0].join(0.05)

    suspended = SuspendedPatch(lambda: story.append("on"), take_off)
    suspended.install()
    first = freezegun_freeze()
    first.start()
    threads[0].join()
    second.stop()
    first.stop()
    suspended.uninstall()
    assert story == ["on", "off"] * 5


def test_a_mock_waits_for_a_freeze_that_is_half_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """The freeze began before the mock could make it wait."""
    half, go_on = threading.Event(), threading.Event()

    class Slow:
        """A module that is slow when freezegun looks at it."""

        @property
        def __name__(self) -> str:
            half.set()
            assert go_on.wait(LONG_S)
            return "slow"

    freeze = freezegun_freeze()
    thread = threading.Thread(target=freeze.start)
    story: list[str] = []

    def sleep(_: float) -> None:
        story.append("waited")
        go_on.set()
        thread.join()

    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "slow", Slow())
        thread.start()
        assert half.wait(LONG_S)
        patch.setattr(real, "sleep", sleep)
        suspended = SuspendedPatch(lambda: story.append("on"), lambda: story.append("off"))
        suspended.install()
    suspended.uninstall()
    freeze.stop()
    assert story == ["waited", "on", "off"]


def test_fakes_that_cannot_be_installed_leave_no_wrappers() -> None:
    """The caller that tried gets the error."""

    def fail() -> None:
        raise MemoryError

    suspended = SuspendedPatch(fail, fail)
    with pytest.raises(MemoryError):
        suspended.install()


def test_a_mock_that_cannot_begin_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here its very last step fails, when it has already replaced the process's clock."""

    def fail(_: Rebinding) -> None:
        assert isinstance(_api.freeze_factories[-1], ClockFactory)
        raise MemoryError

    monkeypatch.setattr(Rebinding, "install", fail)
    with pytest.raises(MemoryError):
        mock_sagemaker(sleep="real").start()


def test_freezeguns_functions_answer_when_the_freeze_has_just_ended() -> None:
    """Another thread may end it after the caller has checked for a freeze."""
    lowest = LowestEntry(lambda: dt.datetime(2018, 7, 30))  # noqa: DTZ001  # freezegun speaks naive UTC
    lowest.install()
    assert _api.get_current_time() == dt.datetime(2018, 7, 30)  # noqa: DTZ001
    assert _api.FakeDatetime._tz_offset() == dt.timedelta(0)
    assert not _api._should_use_real_time()
    with freezegun_freeze():
        assert dt.datetime.now(dt.timezone.utc).year == 2020
    lowest.uninstall()
