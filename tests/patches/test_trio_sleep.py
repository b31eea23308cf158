"""Tasks and threads of trio inside a mock."""

import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from sagemock import NothingWillHappen, Plan, SageMakerMock, mock_sagemaker
from sagemock.clock import waits
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleeper, Sleepers
from sagemock.patches import trio_sleep
from sagemock.patches.bindings import Rebinding
from sagemock.patches.trio_sleep import TrioPatch
from tests.support.calling import create, describe, make_client
from tests.support.waiting import PATIENCE_S, eventually, sleeping_beside

trio: Any = pytest.importorskip("trio")
pytest.importorskip("trio.testing")

START = "2018-07-30T12:00:00Z"
# Imported inside functions, so that no module-level name is bound to it.
REAL = (trio.sleep,)


@pytest.fixture(scope="module")
def older() -> Iterator[ThreadPoolExecutor]:
    """Return a pool whose thread is older than every mock."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        yield pool


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start a mock whose calls take no time."""
    with mock_sagemaker(start=START, latency=0, plan=Plan.completes(training=timedelta(hours=1))) as sagemaker:
        yield sagemaker


def now_s(sagemaker: SageMakerMock) -> float:
    """Return how much virtual time has passed."""
    return (sagemaker.clock.now_us() - sagemaker.clock.start_us) / 1e6


async def watch(client: Any, name: str, interval_s: float) -> int:
    """Launch a job and wait for its end; return the number of polls."""
    create(client, name)
    polls = 1
    while describe(client, name)["TrainingJobStatus"] == "InProgress":
        await trio.sleep(interval_s)
        polls += 1
    return polls


async def together(*works: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Run the functions in a nursery; return their results in order."""
    found: dict[int, Any] = {}

    async def run(number: int) -> None:
        found[number] = await works[number]()

    async with trio.open_nursery() as nursery:
        for number in range(len(works)):
            nursery.start_soon(run, number)
    return [found[number] for number in range(len(works))]


@pytest.mark.parametrize("others", [0, 2])
def test_pollers_in_tasks_and_threads_share_one_clock(sagemaker: SageMakerMock, others: int) -> None:
    """Each sees what its interval implies, and no wait is real."""
    client = make_client()

    def work() -> None:
        for _ in range(30):
            time.sleep(100)

    threads = [threading.Thread(target=work) for _ in range(others)]
    for thread in threads:
        thread.start()
    polls = trio.run(together, *(lambda number=number: watch(client, f"job-{number}", 300 + 60 * number) for number in range(3)))
    for thread in threads:
        thread.join()
    # The job takes 3,746 seconds.
    assert polls == [14, 12, 10]


def test_a_deadline_around_a_sleep_expires_at_its_instant(sagemaker: SageMakerMock) -> None:
    """Time moves no further, and the cancelled task sleeps no more."""

    async def main() -> None:
        with trio.move_on_after(90) as scope:
            for _ in range(5):  # pragma: no branch  # the deadline ends the loop
                await trio.sleep(60)
        assert scope.cancelled_caught
        assert now_s(sagemaker) == pytest.approx(90, abs=30)
        with pytest.raises(trio.TooSlowError), trio.fail_after(10):
            await trio.sleep(3600)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 80000)
            await trio.sleep(5)
            nursery.cancel_scope.cancel()
        assert now_s(sagemaker) < 200

    trio.run(main)
    time.sleep(10)
    assert now_s(sagemaker) < 200


def test_a_task_that_waits_for_a_sleeping_one_gets_its_result(sagemaker: SageMakerMock) -> None:
    """Through a channel; a thread of trio's sleeps like any other."""
    send, receive = trio.open_memory_channel(0)

    async def give() -> None:
        await trio.sleep(3600)
        await send.send(now_s(sagemaker))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(give)
            assert await receive.receive() == 3600
        await trio.to_thread.run_sync(time.sleep, 100)

    trio.run(main)
    assert now_s(sagemaker) == 3700


def test_a_child_process_of_other_code_does_not_hold_time(sagemaker: SageMakerMock) -> None:
    """For example the resource tracker of `multiprocessing`; the sockets of the run itself are not connections either."""

    async def main() -> None:
        for _ in range(20):
            await trio.sleep(3600)

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        began_s: float = real.monotonic()
        trio.run(main)
        child.communicate(b"\n")
    assert now_s(sagemaker) == 20 * 3600
    # Each sleep took the ten seconds of `patience`.
    assert real.monotonic() - began_s < PATIENCE_S


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a thread waits for")
def test_a_child_holds_time_under_a_short_limit(sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trio then waits for the child and for the limit in one call, and a thread that polls a job stands still."""
    monkeypatch.setattr(waits, "_SOON_MS", 60_000)

    async def call() -> None:
        with trio.fail_after(30):
            await trio.run_process([sys.executable, "-S", "-c", "import time; time.sleep(0.1)"])

    with sleeping_beside(1_000_000):
        eventually(lambda: sagemaker.sleeps)
        before_s = now_s(sagemaker)
        trio.run(call)
        assert now_s(sagemaker) == before_s


def test_an_endless_loop_is_an_error_in_its_task(sagemaker: SageMakerMock) -> None:
    """As in threads and asyncio tasks."""
    client = make_client()
    create(client)
    sagemaker.clock.advance(hours=5)

    async def main() -> None:
        while True:
            describe(client)
            await trio.sleep(3600)

    with pytest.raises(NothingWillHappen):
        trio.run(main)


def test_an_empty_or_invalid_sleep_is_left_to_trio(sagemaker: SageMakerMock) -> None:
    """It yields, or raises."""

    async def main() -> None:
        await trio.sleep(0)
        with pytest.raises(ValueError, match="non-negative"):
            await trio.sleep(-1)

    trio.run(main)
    assert list(sagemaker.sleeps) == []


def test_sleeps_are_real_where_real_time_is_asked_for() -> None:
    """With the option of the mock, in an older thread, and outside a mock."""

    def took_s() -> float:
        began_s = real.monotonic()
        trio.run(trio.sleep, 0.02)
        return float(real.monotonic() - began_s)

    def older() -> None:
        entered.wait()
        took.append(took_s())

    entered, took = threading.Event(), list[float]()
    thread = threading.Thread(target=older)
    thread.start()
    with mock_sagemaker(sleep="real"):
        assert trio.sleep is REAL[0]
        took.append(took_s())
        with mock_sagemaker() as inner:
            entered.set()
            thread.join()
        assert list(inner.sleeps) == []
    with mock_sagemaker(), mock_sagemaker(sleep="real"):
        took.append(took_s())
    assert trio.sleep is REAL[0]
    took.append(took_s())
    assert min(took) >= 0.02


def test_a_run_may_end_before_a_cancelled_sleep(sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no task to wake."""
    sleeping = list[threading.Thread]()
    over = threading.Event()
    sleep_as = Sleepers.sleep_as

    def late(sleepers: Sleepers, sleeper: Sleeper, *args: Any) -> None:
        if not sleeper.is_wait:
            sleeping.append(threading.current_thread())
        sleep_as(sleepers, sleeper, *args)
        if not sleeper.is_wait:
            over.wait()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 3600)
            while not sleeping:
                await REAL[0](0.001)
            nursery.cancel_scope.cancel()

    monkeypatch.setattr(Sleepers, "sleep_as", late)
    trio.run(main)
    over.set()
    sleeping[0].join()
    assert now_s(sagemaker) in {0, 3600}


def test_trios_time_is_left_alone_in_real_time_and_under_a_custom_clock() -> None:
    """The mock does not replace them."""

    async def main() -> None:
        before_s = trio.current_time()
        await trio.sleep(3600)
        assert trio.current_time() - before_s < 1800

    with mock_sagemaker(start=START, wall="real"):
        trio.run(main)
    with mock_sagemaker(start=START) as sagemaker:
        trio.run(main, clock=trio.testing.MockClock())
        assert now_s(sagemaker) == 3600


def test_a_run_that_goes_on_in_another_mock_follows_its_clock() -> None:
    """Its time never goes back."""

    async def main() -> None:
        before_s = trio.current_time()
        for start in ("2030-01-01", "2018-07-30"):
            with mock_sagemaker(start=start) as sagemaker:
                await trio.sleep(60)
                await trio.sleep(60)
                assert now_s(sagemaker) == 120
        assert trio.current_time() - before_s == pytest.approx(240, abs=60)

    trio.run(main)


def test_an_error_of_an_event_handler_is_raised_in_the_sleeping_task(sagemaker: SageMakerMock) -> None:
    """That task moves the clock."""

    def refuse(_event: object) -> None:
        raise RuntimeError("told")

    create(make_client())
    sagemaker.on_event(refuse)
    with pytest.raises(RuntimeError, match="told"):
        trio.run(trio.sleep, 600)


@pytest.mark.parametrize("times", [1, 2])
def test_a_deadline_around_a_sleeping_thread_expires_at_its_instant(times: int) -> None:
    """Law 8; the second time trio's thread is older than the mock."""

    async def main(sagemaker: SageMakerMock) -> list[Any]:
        found = list[Any]()
        for long_s in (600, 20):
            with trio.move_on_after(50) as scope:
                await trio.to_thread.run_sync(time.sleep, long_s, abandon_on_cancel=True)
            found += [scope.cancelled_caught, now_s(sagemaker)]
        found.append(await trio.to_thread.run_sync(lambda: 7))
        return found

    for _ in range(times):
        with mock_sagemaker(start=START, latency=0) as sagemaker:
            began_s = real.monotonic()
            caught, ended_s, again, slept_s, result = trio.run(main, sagemaker)
            # trio's time is real, too: what the machine takes between two lines belongs to the deadline.
            took_s = real.monotonic() - began_s
            assert [caught, again, result] == [True, False, 7]
            assert 50 - took_s - 1e-3 <= ended_s <= 50 + 1e-3
            assert 70 - took_s - 1e-3 <= slept_s <= 70 + 1e-3


def test_work_in_a_thread_is_real_where_real_time_is_asked_for() -> None:
    """In a real-time module, and without an active mock; a deadline in the past gets trio's own error."""
    runs = list[Any]()

    async def main() -> None:
        with trio.move_on_after(50):
            await runs[0](time.sleep, 0.001)
        with trio.move_on_at(trio.current_time() - 1) as scope:
            await runs[0](time.sleep, 0.001)
        assert scope.cancelled_caught

    with mock_sagemaker(start=START, latency=0, real_time_modules=[__name__]) as sagemaker:
        runs.append(trio.to_thread.run_sync)
        trio.run(main)
        assert sagemaker.sleeps == []
        assert now_s(sagemaker) == 0
    trio.run(main)
    assert trio.to_thread.run_sync is not runs[0]


def test_an_error_of_an_event_handler_reaches_the_task_that_waits_for_a_thread(sagemaker: SageMakerMock) -> None:
    """It is raised in the thread that lets time pass to the deadline."""
    instants = list[int]()

    def refuse(_event: object) -> None:
        instants.append(1)
        raise RuntimeError("told")

    def work() -> None:
        eventually(lambda: instants)
        real.sleep(0.2)

    async def main() -> None:
        with trio.move_on_after(7200):
            await trio.to_thread.run_sync(work)

    create(make_client())
    sagemaker.on_event(refuse)
    with pytest.raises(RuntimeError, match="told"):
        trio.run(main)


def test_a_second_mock_does_not_search_the_modules_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first search for names bound to trio's sleep reads every module."""
    made = []

    def rebinding(*args: Any, **options: Any) -> Rebinding:
        made.append(args)
        return Rebinding(*args, **options)

    monkeypatch.setattr(trio_sleep, "Rebinding", rebinding)
    patch = TrioPatch(lambda: None)
    real_sleep = trio.sleep
    for _ in range(3):
        patch.install()
        assert trio.sleep is not real_sleep
        patch.uninstall()
        assert trio.sleep is real_sleep
    assert len(made) == 1


YIELDS = [lambda: trio.sleep(0), lambda: trio.lowlevel.checkpoint()]  # noqa: PLW0108  # the mock replaces this name


@pytest.mark.parametrize("yielding", YIELDS, ids=["sleep", "checkpoint"])
@pytest.mark.parametrize("others", [0, 2])
def test_a_task_that_only_yields_lets_time_pass(
    sagemaker: SageMakerMock, yielding: Callable[[], Awaitable[None]], others: int
) -> None:
    """As in every kind of loop: it waits for a sleeping task or thread."""
    left = {"task", *range(others)}

    async def sleep() -> None:
        for _ in range(6):
            await trio.sleep(600)
        left.remove("task")

    def rest(number: int) -> None:
        time.sleep(1800 + number)
        left.remove(number)

    async def wait() -> None:
        while left:
            await yielding()

    threads = [threading.Thread(target=rest, args=(number,)) for number in range(others)]
    for thread in threads:
        thread.start()
    trio.run(together, sleep, wait, wait)
    for thread in threads:
        thread.join()
    assert now_s(sagemaker) == 3600


def test_a_task_that_only_yields_leaves_real_work_its_time(sagemaker: SageMakerMock) -> None:
    """Without a sleeper no time passes, and a computing thread gets the time it needs."""
    done: list[str] = []

    def work() -> None:
        ends_s = real.monotonic() + 0.5
        while real.monotonic() < ends_s:
            pass
        done.append("work")

    async def sleep() -> None:
        await trio.sleep(0)
        await trio.sleep(60)
        done.append("sleep")

    async def wait(first: str) -> None:
        while first not in done:
            await trio.sleep(0)

    thread = threading.Thread(target=work)
    thread.start()
    trio.run(together, lambda: wait("work"))
    assert now_s(sagemaker) == 0
    thread.join()
    done.clear()
    thread = threading.Thread(target=work)
    thread.start()
    trio.run(together, sleep, lambda: wait("sleep"))
    thread.join()
    assert done == ["work", "sleep"]


def test_an_error_in_the_wait_of_a_yielding_run_is_raised(sagemaker: SageMakerMock) -> None:
    """By itself trio only logs the errors of an instrument."""
    client = make_client()
    create(client, "churn")

    def fail(_: object) -> None:
        raise ValueError("by the handler")

    sagemaker.on_event(fail)

    async def wait() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 86_400)
            while True:
                await trio.sleep(0)

    with pytest.raises(BaseException) as raised:  # noqa: PT011  # an exception group
        trio.run(wait)
    found: list[Any] = [raised.value]
    while hasattr(found[0], "exceptions"):
        found = [*found[0].exceptions]
    assert [str(one) for one in found if isinstance(one, ValueError)][:1] == ["by the handler"]


def test_time_stands_until_trio_has_received_the_end_of_a_sleep(
    older: ThreadPoolExecutor, sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sleeping thread has ended by then, the next sleeper has an hour left, and another task only yields."""
    kind = type(trio.run(_token))
    soon = kind.run_sync_soon
    left: list[str] = ["brief"]

    def late(token: Any, wake: Callable[[], None]) -> None:
        # In a thread that keeps real time, so that no thread of the mock is busy meanwhile.
        older.submit(lambda: (real.sleep(0.4), soon(token, wake)))

    async def brief() -> None:
        await trio.sleep(10)
        assert now_s(sagemaker) == 10
        left.clear()

    async def wait() -> None:
        while left:
            await trio.sleep(0)

    def rest() -> None:
        time.sleep(3600)

    monkeypatch.setattr(kind, "run_sync_soon", late)
    resting = threading.Thread(target=rest)
    resting.start()
    trio.run(together, brief, wait)
    resting.join()


async def _token() -> Any:
    return trio.lowlevel.current_trio_token()
