"""A wall clock that the caller froze moves the mock's clock and is moved by it, in any order of start and end."""

import asyncio
import importlib.util
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Any

import freezegun
import freezegun.api
import pytest
import time_machine

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from sagemock.clock.virtual import Clock
from sagemock.patches.frozen import Followed, frozen, frozen_by_freezegun
from tests.support.calling import create, describe, make_client

THEN = datetime(2020, 1, 1, tzinfo=timezone.utc)
# Whatever might differ between virtual and real time here differs by years.
NEAR_S = 3600


def seconds(after: datetime) -> float:
    """Return how long after THEN an instant is."""
    return (after - THEN).total_seconds()


def now() -> float:
    """Return how many seconds after THEN the process's clocks are."""
    return seconds(datetime.now(timezone.utc))


class Freezegun:
    """A freeze by freezegun."""

    def __init__(self, **options: Any) -> None:
        self._freeze = freezegun.freeze_time(THEN, **options)
        self._factory: Any = None

    def __enter__(self) -> "Freezegun":  # noqa: PYI034  # Self is 3.11's
        self._factory = self._freeze.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._freeze.stop()

    def tick(self, by: float) -> None:
        """Move time forward, or back."""
        self._factory.tick(timedelta(seconds=by))

    def move_to(self, after: float) -> None:
        """Go to an instant, in seconds after THEN."""
        self._factory.move_to(THEN + timedelta(seconds=after))


class TimeMachine:
    """A freeze by time-machine."""

    def __init__(self, *, tick: bool = False) -> None:
        self._travel = time_machine.travel(THEN, tick=tick)
        self._traveller: Any = None

    def __enter__(self) -> "TimeMachine":  # noqa: PYI034  # Self is 3.11's
        self._traveller = self._travel.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._travel.stop()

    def tick(self, by: float) -> None:
        """Move time forward, or back."""
        self._traveller.shift(timedelta(seconds=by))

    def move_to(self, after: float) -> None:
        """Go to an instant, in seconds after THEN."""
        self._traveller.move_to(THEN + timedelta(seconds=after))


Frozen = Freezegun | TimeMachine
both = pytest.mark.parametrize("tool", [Freezegun, TimeMachine])
orders = pytest.mark.parametrize("is_frozen_first", [True, False], ids=["frozen first", "mocked first"])


@contextmanager
def entered(tool: Callable[[], Frozen], *, is_frozen_first: bool) -> Iterator[tuple[Frozen, SageMakerMock]]:
    """Enter a freeze and a mock without latency, in this order or the other."""
    mock = mock_sagemaker(latency=0)
    with ExitStack() as stack:
        both_of_them: list[AbstractContextManager[Any]] = [tool(), mock]
        for one in both_of_them if is_frozen_first else reversed(both_of_them):
            stack.enter_context(one)
        found: Any = both_of_them[0]
        yield found, mock


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    """Check that the process is as before."""
    before, meta_path = [datetime, time.time, time.localtime, time.monotonic], sys.meta_path.copy()
    yield
    assert [datetime, time.time, time.localtime, time.monotonic] == before
    assert datetime is freezegun.api.real_datetime
    assert sys.meta_path == meta_path
    assert [*freezegun.api.freeze_factories, *freezegun.api.ignore_lists, *freezegun.api.tz_offsets] == []
    assert not hasattr(freezegun.api._freeze_time, "fake_names")
    assert frozen() is None
    assert abs(time.time() - real.time()) < NEAR_S


@both
@orders
@pytest.mark.parametrize("is_mock_left_first", [True, False], ids=["mock left first", "frozen left first"])
def test_a_freeze_moves_the_clock_in_any_order_of_entry(
    tool: Callable[[], Frozen],
    is_frozen_first: bool,  # noqa: FBT001  # parametrised
    is_mock_left_first: bool,  # noqa: FBT001  # parametrised
) -> None:
    """Law 10: its ticks move the jobs, sleeps and advances move it, and all clocks agree."""
    frozen, mock = tool(), mock_sagemaker(latency=0)
    begun: list[AbstractContextManager[Any]] = [frozen, mock]
    for one in begun if is_frozen_first else reversed(begun):
        one.__enter__()
    client = make_client()
    create(client)
    assert seconds(describe(client)["CreationTime"]) == now() == seconds(mock.clock.now()) == 0
    frozen.tick(60)
    assert now() == seconds(mock.clock.now()) == seconds(mock.jobs["churn"].created) + 60 == 60
    time.sleep(1.5)
    mock.clock.advance(minutes=1)
    assert now() == seconds(mock.clock.now()) == 121.5
    assert time.time() == THEN.timestamp() + 121.5
    frozen.move_to(86400)
    assert describe(client)["TrainingJobStatus"] == "Completed"
    (mock if is_mock_left_first else frozen).__exit__(None, None, None)
    assert is_mock_left_first or seconds(mock.clock.now()) == 86400
    assert now() == 86400
    (frozen if is_mock_left_first else mock).__exit__(None, None, None)


@both
@orders
def test_moving_time_backwards_undoes_nothing(
    tool: Callable[[], Frozen],
    is_frozen_first: bool,  # noqa: FBT001  # parametrised
) -> None:
    """The wall clock goes back and the mock's clock stays.

    From then on both move alike, and `time.monotonic()` follows the mock's clock.
    """
    with entered(tool, is_frozen_first=is_frozen_first) as (frozen, mock):
        client = make_client()
        create(client)
        frozen.tick(86400)
        before, ticks = describe(client), time.monotonic()
        frozen.tick(-100_000)
        assert describe(client) == before
        assert time.monotonic() == ticks
        assert (now(), seconds(mock.clock.now())) == (-13600, 86400)
        time.sleep(10)
        frozen.tick(5)
        assert (now(), seconds(mock.clock.now())) == (-13585, 86415)
        assert time.monotonic() - ticks == 15


@both
@orders
def test_before_the_first_call_the_clock_goes_back_too(
    tool: Callable[[], Frozen],
    is_frozen_first: bool,  # noqa: FBT001  # parametrised
) -> None:
    """A freeze at an earlier instant inside a mock that began now: the first job is created at the frozen instant."""
    with entered(tool, is_frozen_first=is_frozen_first) as (frozen, mock):
        assert now() == seconds(mock.clock.now()) == 0
        frozen.move_to(-86400)
        assert now() == seconds(mock.clock.now()) == -86400


@both
def test_a_start_is_kept_inside_a_freeze(tool: Callable[[], Frozen]) -> None:
    """The inner mock decides; the freeze moves along with it and is back afterwards."""
    with tool() as frozen, mock_sagemaker(start="2018-07-30T00:00:00Z", latency=0) as mock:
        assert datetime.now(timezone.utc) == mock.clock.now() == datetime(2018, 7, 30, tzinfo=timezone.utc)
        frozen.tick(60)
        time.sleep(60)
        assert datetime.now(timezone.utc) == mock.clock.now() == datetime(2018, 7, 30, 0, 2, tzinfo=timezone.utc)
        mock.stop()
        assert now() == 120
        mock.start()


def test_a_freeze_inside_overrides_a_start() -> None:
    """The inner one decides again."""
    with mock_sagemaker(start="2018-07-30T00:00:00Z", latency=0) as mock, Freezegun():
        assert now() == seconds(mock.clock.now()) == 0


def test_leaving_an_inner_freeze_moves_nothing() -> None:
    """The outer freeze goes on where it was."""
    with Freezegun() as outer, mock_sagemaker(latency=0) as mock:
        create(make_client())
        with Freezegun() as inner:
            inner.tick(60)
            assert now() == seconds(mock.clock.now()) == 60
        assert now() == 0
        outer.tick(5)
        assert (now(), seconds(mock.clock.now())) == (5, 65)


def test_every_active_mock_follows_a_freeze() -> None:
    """A freeze belongs to the process, so it moves the outer mock too."""
    with Freezegun(), mock_sagemaker(latency=0) as outer, mock_sagemaker(latency=0) as inner:
        time.sleep(60)
        assert seconds(outer.clock.now()) == seconds(inner.clock.now()) == now() == 60


def test_latency_moves_a_freeze_of_the_caller() -> None:
    """Whatever moves the mock's clock moves the freeze."""
    with Freezegun(), mock_sagemaker() as mock:
        create(make_client())
        assert now() == seconds(mock.clock.now()) == 0.1


def test_auto_tick_counts_readings_of_the_code_under_test_only() -> None:
    """With `auto_tick_seconds`, sagemock's own readings do not tick."""
    with Freezegun(auto_tick_seconds=15), mock_sagemaker(latency=0) as mock:
        # It is not 0 if the garbage collector ran before the mock began, because Hypothesis times it.
        first = seconds(mock.clock.now())
        assert seconds(mock.clock.now()) == first
        assert [now(), now()] == [first, first + 15]
        assert seconds(mock.clock.now()) == first + 30
        assert time.monotonic() - time.monotonic() == -15
        assert seconds(mock.clock.now()) == first + 60


@pytest.mark.parametrize("tool", [lambda: Freezegun(tick=True), lambda: TimeMachine(tick=True)])
@orders
def test_a_freeze_that_ticks_by_itself_is_followed(
    tool: Callable[[], Frozen],
    is_frozen_first: bool,  # noqa: FBT001  # parametrised
) -> None:
    """Real time passes on both clocks, and a sleep adds to it."""
    with entered(tool, is_frozen_first=is_frozen_first) as (frozen, mock):
        assert 0 <= seconds(mock.clock.now()) < NEAR_S
        time.sleep(86400)
        frozen.move_to(2 * 86400)
        first = now()
        assert 2 * 86400 <= first <= seconds(mock.clock.now()) < 2 * 86400 + NEAR_S
        assert abs(now() - seconds(mock.clock.now())) < NEAR_S


def test_a_traveller_begins_to_tick_at_the_first_reading_of_the_code_under_test() -> None:
    """A check of sagemock's whether it has moved does not count as a reading."""
    with mock_sagemaker(latency=0) as mock, TimeMachine(tick=True):
        assert seconds(mock.clock.now()) == seconds(mock.clock.now()) == 0
        assert now() == 0


def test_a_rate_goes_on_after_a_freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    """During the freeze only the freeze decides how time passes."""
    ticks = [100.0]
    monkeypatch.setattr(real, "monotonic", lambda: ticks[0])
    with mock_sagemaker(latency=0, rate=10) as mock:
        with Freezegun():
            create(make_client())
            ticks[0] += 7
            assert seconds(mock.clock.now()) == 0
        ticks[0] += 2
        assert seconds(mock.clock.now()) == 20


def test_with_the_real_wall_a_freeze_and_the_mock_are_independent() -> None:
    """`wall="real"` leaves the process's time alone."""
    with Freezegun() as frozen, mock_sagemaker(wall="real", start="2018-07-30", latency=0) as mock:
        time.sleep(60)
        frozen.tick(5)
        assert now() == 5
        assert mock.clock.now() == datetime(2018, 7, 30, 0, 1, tzinfo=timezone.utc)


def test_a_real_time_thread_sees_what_it_would_see_without_the_mock() -> None:
    """By freezegun's own rule: real time if its ignore list says so, otherwise frozen time."""
    ask, answers = queue.Queue[bool](), queue.Queue[Any]()

    def old_thread() -> None:
        while ask.get():
            answers.put((datetime.now(timezone.utc), time.monotonic(), time.monotonic_ns()))

    thread = threading.Thread(target=old_thread)
    thread.start()
    with mock_sagemaker():
        ask.put(True)  # noqa: FBT003  # continue
        real_now, *_ = answers.get()
        with Freezegun():
            ask.put(True)  # noqa: FBT003  # continue
            frozen_now, *_ = answers.get()
            # Module threading is among the callers of a thread's target.
            freezegun.api.ignore_lists[-1] = ()
            ask.put(True)  # noqa: FBT003  # continue
            _, monotonic, monotonic_ns = answers.get()
    ask.put(False)  # noqa: FBT003  # stop here
    thread.join()

    assert abs(real_now.timestamp() - real.time()) < NEAR_S
    assert frozen_now == THEN
    assert monotonic == monotonic_ns / 1e9 == THEN.timestamp()


@both
@pytest.mark.parametrize(
    "ask",
    [
        lambda: time.time(),  # noqa: PLW0108  # looked up at the call
        lambda: time.monotonic(),  # noqa: PLW0108  # looked up at the call
        lambda: time.time_ns() / 1e9,
        lambda: datetime.now().timestamp(),  # noqa: DTZ005  # the subject
    ],
)
def test_a_deadline_expires_with_every_timer(tool: Callable[[], Frozen], ask: Callable[[], float]) -> None:
    """Loops that measure with a wall clock end on time."""
    with tool(), mock_sagemaker(latency=0) as mock:
        deadline, naps = ask() + 3600, 0
        while naps < 100 and ask() < deadline:
            time.sleep(60)
            naps += 1
        assert (naps, seconds(mock.clock.now())) == (60, 3600)


@pytest.mark.parametrize("tool", [None, Freezegun, TimeMachine])
def test_timeouts_on_real_work_neither_stall_nor_fire_early(tool: Callable[[], Frozen] | None) -> None:
    """Waits for processes use real time; threads and tasks that wait for one another time out in virtual time (law 8)."""

    async def wait() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().create_future(), 600)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 7), 30) == 7

    with ExitStack() as stack:
        if tool is not None:
            stack.enter_context(tool())
        mock = stack.enter_context(mock_sagemaker())
        before = mock.clock.now()
        assert not threading.Event().wait(600)
        with pytest.raises(queue.Empty):
            queue.Queue[int]().get(timeout=600)
        assert mock.clock.now() - before == timedelta(seconds=1200)
        before = mock.clock.now()
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as waiting:
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(timeout=0.05)
            waiting.communicate(b"\n", timeout=30)
            assert waiting.returncode == 0
        released = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            with pytest.raises(FutureTimeout):
                pool.submit(released.wait).result(timeout=600)
            assert mock.clock.now() - before == timedelta(seconds=600)
            released.set()
            assert pool.submit(lambda: 7).result(timeout=30) == 7
        before = mock.clock.now()
        asyncio.run(wait())
        assert mock.clock.now() - before == timedelta(seconds=600)


@pytest.mark.parametrize("tool", [None, Freezegun])
def test_the_mock_does_not_touch_a_lazy_module(tool: Callable[[], Frozen] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A freezegun freeze of the caller looks at every attribute, as it always does."""
    asked: list[str] = []

    def names() -> list[str]:
        asked.append("dir")
        return ["heavy"]

    lazy = ModuleType("lazy")
    vars(lazy).update(__getattr__=asked.append, __dir__=names)
    with ExitStack() as stack:
        if tool is not None:
            stack.enter_context(tool())
        monkeypatch.setitem(sys.modules, "lazy", lazy)
        with mock_sagemaker():
            pass
        monkeypatch.delitem(sys.modules, "lazy")
    assert asked == []
    assert (dir(lazy), lazy.heavy, asked) == (["heavy"], None, ["dir", "heavy"])


def test_a_travel_tool_imported_inside_is_followed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise time-machine would refuse to start, because it finds the names of freezegun's classes."""
    monkeypatch.delitem(sys.modules, "time_machine")
    with mock_sagemaker(latency=0) as mock:
        import time_machine as late  # noqa: PLC0415  # imported late on purpose

        assert late is not time_machine
        with late.travel(THEN, tick=False) as traveller:
            traveller.shift(60)
            assert now() == seconds(mock.clock.now()) == 60
    assert isinstance(vars(late.travel)["start"], type(importlib.util.find_spec))


def test_a_freeze_that_cannot_begin_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """For example time-machine inside freezegun, which newer releases refuse."""

    def refuse(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(time_machine.travel, "start", refuse)
    with Freezegun() as frozen, mock_sagemaker(latency=0) as mock:
        with pytest.raises(RuntimeError):
            TimeMachine().__enter__()
        frozen.tick(60)
        assert now() == seconds(mock.clock.now()) == 60


def test_freezeguns_decorator_works_outside_and_inside_a_mocks() -> None:
    """Decorators are entered from the outside in."""

    @freezegun.freeze_time(THEN)
    @mock_sagemaker(latency=0)
    def frozen_outside() -> datetime:
        create(client := make_client())
        found: datetime = describe(client)["CreationTime"]
        return found

    @mock_sagemaker(latency=0)
    @freezegun.freeze_time(THEN)
    def frozen_inside() -> datetime:
        create(client := make_client())
        found: datetime = describe(client)["CreationTime"]
        return found

    assert frozen_outside() == frozen_inside() == THEN


def test_instants_of_a_freeze_inside_can_be_pickled_outside() -> None:
    """Whatever their class."""
    with mock_sagemaker(), Freezegun():
        made = datetime.now(timezone.utc)
        pickled = pickle.dumps(made)
    assert pickle.loads(pickled) == made == THEN  # noqa: S301  # our own data


def test_without_a_freeze_there_is_nothing_to_follow() -> None:
    """Nothing is moved either."""
    followed = Followed(None, lambda: True, is_started=True)
    followed.move_us(5)
    clock = Clock(0)
    clock.outside = followed
    clock.advance(1)
    assert (clock.now_us(), clock.wall_us(), frozen_by_freezegun()) == (1_000_000, 1_000_000, None)
