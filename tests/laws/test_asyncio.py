"""Laws 6 to 9 for asyncio tasks, through the mock, on each kind of event loop."""

import asyncio
import importlib
import selectors
import socket
import sys
import threading
import time
from asyncio import sleep as rest
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import boto3
import pytest

from sagemock import NothingWillHappen, Plan, SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from tests.laws.test_threads import REQUEST, START, expected, poll, seconds
from tests.support.waiting import eventually

# In a tuple: the patch would replace the function in a module-level name.
HELD = (asyncio.sleep,)
Run = Callable[[Coroutine[Any, Any, Any]], Any]


class OpaqueLoop(asyncio.SelectorEventLoop):
    """An event loop that shows no selector, as loops written in C do."""

    @property
    def _selector(self) -> selectors.BaseSelector:
        return self._hidden

    @_selector.setter
    def _selector(self, selector: selectors.BaseSelector) -> None:
        self._hidden = selector


def new_uvloop() -> asyncio.AbstractEventLoop:
    """Return a uvloop loop; skip the test if uvloop is not installed."""
    found: asyncio.AbstractEventLoop = pytest.importorskip("uvloop").new_event_loop()
    return found


SEEN_THROUGH = [asyncio.SelectorEventLoop, new_uvloop]
"""Loops whose selector, or whose kind, tells the mock what they wait for."""


def in_a_thread() -> Coroutine[Any, Any, None]:
    """Sleep for ten minutes in a worker thread."""
    return asyncio.to_thread(time.sleep, 600)


async def expires(what: "asyncio.Future[None] | Coroutine[Any, Any, None]") -> None:
    """Expect `wait_for` to give up after 50 seconds."""
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(what, 50)


async def expires_in_a_block() -> None:
    """Expect `asyncio.timeout` to give up after 50 seconds."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(50):  # type: ignore[attr-defined]  # Python 3.11 and newer
            await in_a_thread()


async def is_pending() -> None:
    """Expect `asyncio.wait` to give up after 50 seconds."""
    done, pending = await asyncio.wait([asyncio.create_task(in_a_thread())], timeout=50)
    assert not done
    assert len(pending) == 1


async def is_left() -> None:
    """Expect anyio's `move_on_after` to give up after 50 seconds."""
    anyio: Any = pytest.importorskip("anyio")
    with anyio.move_on_after(50) as scope:
        await anyio.to_thread.run_sync(time.sleep, 600, abandon_on_cancel=True)
    assert scope.cancelled_caught


TIMED_WAITS: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
    "wait_for": lambda: expires(in_a_thread()),
    "executor": lambda: expires(asyncio.get_running_loop().run_in_executor(None, time.sleep, 600)),
    "wait": is_pending,
    "anyio": is_left,
    **({"timeout": expires_in_a_block} if sys.version_info >= (3, 11) else {}),
}


@pytest.fixture(params=[asyncio.SelectorEventLoop, OpaqueLoop, new_uvloop], ids=["asyncio", "opaque", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Return what runs a coroutine on one kind of loop."""
    loop = request.param()
    yield loop.run_until_complete
    loop.close()


@pytest.fixture
def sagemaker(run: Run) -> Iterator[SageMakerMock]:
    """Start the mock after `run`, so that uvloop is already imported, as it is in real programs."""
    with mock_sagemaker(start=START, plan=Plan.completes(starting=60, downloading=30, training=600, uploading=20)) as sagemaker:
        yield sagemaker


@pytest.fixture
def client() -> Any:
    """Return a client."""
    return boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="key")


def test_tasks_wake_in_the_order_of_their_deadlines(run: Run, sagemaker: SageMakerMock) -> None:
    """Tasks sleep at the same time: three minutes of sleep in three tasks take one minute."""
    woke = list[tuple[float, str]]()

    async def poll(name: str, interval_s: float, times: int) -> str:
        for _ in range(times):
            assert await rest(interval_s, name) == name
            woke.append((seconds(sagemaker), name))
        return name

    async def main() -> list[str]:
        return list(await asyncio.gather(poll("a", 10, 6), poll("b", 15, 4), poll("c", 60, 1)))

    assert run(main()) == ["a", "b", "c"]
    assert woke == [
        (10, "a"), (15, "b"), (20, "a"), (30, "b"), (30, "a"), (40, "a"), (45, "b"), (50, "a"), (60, "c"), (60, "b"), (60, "a"),
    ]  # fmt: skip
    assert len(sagemaker.sleeps) == 11


def test_a_timeout_around_a_task_that_polls_expires_at_its_virtual_instant(run: Run, sagemaker: SageMakerMock) -> None:
    """`call_later` and `call_at` run in the same order of deadlines; a cancelled timer does not run."""
    fired = list[tuple[float, str]]()

    def tell(what: str) -> None:
        fired.append((seconds(sagemaker), what))

    async def forever() -> None:
        while True:
            await asyncio.sleep(30)
            tell("poll")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(45, tell, "later")
        loop.call_at(loop.time() + 50, lambda: tell("at"))
        loop.call_later(20, tell, "cancelled").cancel()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(forever(), 100)
        tell("timeout")
        assert 100 <= loop.time() - before_s < 160

    async def timed() -> float:
        return asyncio.get_running_loop().time()

    before_s = run(timed())
    run(main())
    assert fired == [(30, "poll"), (45, "later"), (50, "at"), (60, "poll"), (90, "poll"), (100, "timeout")]


@pytest.mark.parametrize("run", SEEN_THROUGH, indirect=True, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("timed", TIMED_WAITS, ids=list(TIMED_WAITS))
def test_a_timeout_around_a_thread_that_sleeps_expires_at_its_virtual_instant(
    run: Run, sagemaker: SageMakerMock, timed: str
) -> None:
    """Law 8 for a loop in which no task sleeps; the thread sleeps on."""

    async def main() -> None:
        await TIMED_WAITS[timed]()
        assert seconds(sagemaker) == 50

    run(main())


@pytest.mark.parametrize("run", SEEN_THROUGH, indirect=True, ids=["asyncio", "uvloop"])
def test_timers_let_time_pass_where_nothing_else_is_awaited(run: Run, sagemaker: SageMakerMock) -> None:
    """A task that polls with `wait_for(event.wait(), …)` takes no real time, as a polling thread does."""

    async def main() -> list[float]:
        stop, polls, loop = asyncio.Event(), list[float](), asyncio.get_running_loop()
        loop.call_later(100, stop.set)
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), 30)
            except asyncio.TimeoutError:
                polls.append(seconds(sagemaker))
        return [*polls, seconds(sagemaker)]

    assert run(main()) == [30, 60, 90, 100]
    assert sagemaker.sleeps == []


@pytest.mark.parametrize("run", SEEN_THROUGH, indirect=True, ids=["asyncio", "uvloop"])
def test_a_loop_reads_what_a_thread_sent_before_time_moves_on(run: Run, sagemaker: SageMakerMock) -> None:
    """The thread sleeps right after each message, and then all sleep: the loop has not noticed the message yet."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)

    def send() -> None:
        for _ in range(20):
            time.sleep(60)
            theirs.send(b"!")

    async def main() -> list[float]:
        thread = threading.Thread(target=send)
        beside = asyncio.ensure_future(asyncio.sleep(86_400))
        thread.start()
        seen = []
        for _ in range(20):
            await asyncio.get_running_loop().sock_recv(ours, 1)
            seen.append(seconds(sagemaker))
        beside.cancel()
        thread.join()
        return seen

    with ours, theirs:
        assert run(main()) == [60 * number for number in range(1, 21)]


@pytest.mark.parametrize("kind", ["connection", "datagrams"])
def test_a_timer_beside_an_open_socket_is_real(run: Run, sagemaker: SageMakerMock, kind: str) -> None:
    """Law 8: until a connection has been quiet for `patience`, the loop may be waiting for real work; for datagrams, always."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(watched, watched.fileno)
        never: asyncio.Future[None] = loop.create_future()
        began_s = real.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(never, 0.02)
        assert real.monotonic() - began_s >= 0.019
        assert await asyncio.wait_for(asyncio.sleep(0, "yielded"), 60) == "yielded"
        loop.remove_reader(watched)

    with ExitStack() as ends:
        listening = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        connection = ends.enter_context(socket.create_connection(listening.getsockname()))
        datagrams = ends.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        watched = connection if kind == "connection" else datagrams
        run(main())
    assert seconds(sagemaker) == 0
    assert sagemaker.sleeps == []


@pytest.mark.parametrize("run", SEEN_THROUGH, indirect=True, ids=["asyncio", "uvloop"])
def test_a_timer_does_not_overtake_a_busy_worker_thread(run: Run) -> None:
    """A thread that is older than the mock holds time too."""
    begin, fired = threading.Event(), list[Callable[[], object]]()

    def work() -> None:
        begin.wait()
        ends_s = real.monotonic() + 0.1
        while real.monotonic() < ends_s:
            pass
        fired[0]()

    older = threading.Thread(target=work)
    older.start()

    async def main() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        fired.append(lambda: loop.call_soon_threadsafe(done.set))
        begin.set()
        await asyncio.wait_for(done.wait(), 3600)

    with mock_sagemaker(start=START) as sagemaker:
        run(main())
        assert seconds(sagemaker) == 0
    older.join()


def test_a_loop_stays_responsive_to_real_sockets(run: Run, sagemaker: SageMakerMock) -> None:
    """An answer that arrives within a moment is read before a virtual minute passes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def ask(port: int) -> tuple[bytes, float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        found = await reader.readline()
        writer.close()
        return found, seconds(sagemaker)

    async def main() -> tuple[bytes, float]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        asked = asyncio.create_task(ask(port))
        await asyncio.sleep(60)
        assert seconds(sagemaker) == 60
        server.close()
        return await asked

    found, at_s = run(main())
    assert found == b"HELLO\n"
    assert at_s == 0


def test_a_busy_executor_thread_holds_time(run: Run, sagemaker: SageMakerMock, client: Any) -> None:
    """Polling threads and polling tasks share one clock, and each sees the statuses that its interval implies."""

    async def poll_there(name: str, interval_s: float) -> list[tuple[float, str]]:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(pool, lambda: client.create_training_job(TrainingJobName=name, **REQUEST))
        seen = list[tuple[float, str]]()
        while not seen or seen[-1][1] != "Completed":
            at_s = seconds(sagemaker)
            shown = await loop.run_in_executor(pool, lambda: client.describe_training_job(TrainingJobName=name))
            seen.append((at_s, shown["SecondaryStatus"]))
            if seen[-1][1] != "Completed":
                await asyncio.sleep(interval_s)
        return seen

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        there = loop.run_in_executor(pool, poll, sagemaker, client, "c", 70)
        return list(await asyncio.gather(poll_there("a", 30), poll_there("b", 45), there))

    with ThreadPoolExecutor(3) as pool:
        assert run(main()) == [expected(30), expected(45), expected(70)]


def test_sleeps_of_loops_in_two_threads_share_one_clock(run: Run, sagemaker: SageMakerMock) -> None:
    """Some libraries run a loop of their own in a thread."""
    woke = list[float]()

    async def poll(interval_s: float, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(interval_s)
            woke.append(seconds(sagemaker))

    thread = threading.Thread(target=lambda: asyncio.run(poll(20, 3)))
    thread.start()

    async def main() -> None:
        await poll(35, 2)

    eventually(lambda: sagemaker.sleeps)
    run(main())
    thread.join()
    assert woke == [20, 35, 40, 60, 70]


def test_a_blocking_sleep_inside_a_coroutine_is_virtual(run: Run, sagemaker: SageMakerMock) -> None:
    """`time.sleep` blocks the loop; timers that fell due meanwhile run right after it."""

    async def main() -> list[float]:
        other = asyncio.create_task(asyncio.sleep(30))
        await asyncio.sleep(0)
        time.sleep(3600)  # noqa: ASYNC251  # the blocking call is what is tested
        await other
        return [seconds(sagemaker)]

    assert run(main()) == [3600]


def test_an_endless_loop_is_stopped_in_its_task(run: Run, sagemaker: SageMakerMock, client: Any) -> None:
    """Law 9: the sleeping task gets the error, and no other task does."""
    client.create_training_job(TrainingJobName="job", **REQUEST)

    async def run_away() -> None:
        while client.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] != "Failed":  # noqa: ASYNC110  # it polls on purpose
            await rest(30)

    async def main() -> list[Any]:
        return list(await asyncio.gather(run_away(), asyncio.sleep(5, "rested"), return_exceptions=True))

    error, rested = run(main())
    assert isinstance(error, NothingWillHappen)
    assert rested == "rested"


def test_a_cancelled_sleep_moves_nothing(run: Run, sagemaker: SageMakerMock) -> None:
    """The task and its deadline are gone, and the clock stays."""

    async def main() -> None:
        sleeper = asyncio.create_task(asyncio.sleep(3600))
        await asyncio.sleep(0)
        sleeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeper
        await asyncio.sleep(1)

    run(main())
    assert seconds(sagemaker) == 1


def test_the_end_of_the_mock_wakes_its_tasks(run: Run) -> None:
    """They wake at once. Afterwards sleeps are real and the loop is unpatched."""

    async def main() -> None:
        mock = mock_sagemaker(start=START).start()
        sleepers = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(2)]
        await asyncio.sleep(0)
        mock.stop()
        await asyncio.gather(*sleepers)
        assert seconds(mock) == 0
        assert asyncio.sleep is HELD[0] is rest
        await asyncio.sleep(0.001)

    run(main())


def test_a_task_of_the_outer_mock_sleeps_on_while_an_inner_one_is_active(run: Run, sagemaker: SageMakerMock) -> None:
    """Its own clock wakes it; the inner mock's clock is independent."""

    async def main() -> None:
        outer = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        async with mock_sagemaker(start=START) as inner:
            await asyncio.sleep(60)
            assert (seconds(inner), seconds(sagemaker)) == (60, 0)
            await outer
            ended = asyncio.create_task(asyncio.sleep(3600))
            await asyncio.sleep(0)
        assert seconds(sagemaker) == 10
        # Its mock ends while the outer one is still active, and it wakes all the same.
        await ended
        assert seconds(sagemaker) == 10

    run(main())


@pytest.mark.parametrize("delay", [-1, float("nan"), "1", float("inf")], ids=repr)
def test_odd_delays_are_left_to_asyncio(run: Run, sagemaker: SageMakerMock, delay: Any) -> None:
    """They end as without the mock: a refusal in asyncio's words, a single yield, or an endless sleep."""

    async def outcome(sleep: Callable[[Any], Any]) -> str:
        task = asyncio.ensure_future(sleep(delay))
        # Count turns of the loop, not time: on a busy machine a timeout may come before a plain yield.
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        return str(await asyncio.gather(task, return_exceptions=True))

    assert run(outcome(asyncio.sleep)) == run(outcome(HELD[0]))
    assert sagemaker.sleeps == []


def test_with_sleep_real_or_in_an_older_thread_tasks_sleep_in_real_time(run: Run) -> None:
    """Law 8, and the option `sleep="real"`."""
    with mock_sagemaker(start=START, sleep="real") as sagemaker:
        run(asyncio.sleep(0.001))
        assert sagemaker.sleeps == []

    started, go = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        go.wait()
        asyncio.run(asyncio.sleep(0.001))

    older = threading.Thread(target=work)
    older.start()
    started.wait()
    with mock_sagemaker(start=START) as sagemaker:
        go.set()
        older.join()
        assert sagemaker.sleeps == []


def test_a_loops_time_moves_with_the_clock_unless_the_wall_is_real(run: Run) -> None:
    """A deadline computed from `loop.time()` comes; law 10 says which callers see virtual time."""

    async def passed_s() -> float:
        loop = asyncio.get_running_loop()
        before_s = loop.time()
        await asyncio.sleep(3600)
        return loop.time() - before_s

    with mock_sagemaker(start=START):
        # Minus a little: uvloop's time is constant within an iteration, and sums of floats round.
        assert 3599.999 <= run(passed_s()) < 3660
    with mock_sagemaker(start=START, wall="real"):
        assert run(passed_s()) < 60


def test_call_soon_threadsafe_wakes_a_sleeping_loop(run: Run, sagemaker: SageMakerMock) -> None:
    """The callback runs at once, at the caller's virtual instant."""
    heard = list[float]()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def call() -> None:
            time.sleep(30)
            loop.call_soon_threadsafe(hear)

        def hear() -> None:
            heard.append(seconds(sagemaker))
            done.set()

        thread = threading.Thread(target=call)
        thread.start()
        sleeper = asyncio.create_task(asyncio.sleep(3600))
        await done.wait()
        sleeper.cancel()
        thread.join()

    run(main())
    assert heard == [30]


def test_a_loop_that_reads_a_socket_itself_still_lets_time_pass(run: Run, sagemaker: SageMakerMock) -> None:
    """A reader that never becomes ready costs a few real milliseconds."""
    here, there = socket.socketpair()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(here, lambda: None)
        await asyncio.sleep(60)
        loop.remove_reader(here)

    with here, there:
        run(main())
    assert seconds(sagemaker) == 60


def test_asyncio_sleep_is_still_a_coroutine_function(run: Run, sagemaker: SageMakerMock) -> None:
    """Code that inspects it sees a coroutine function, and every module that imported it has the same one."""
    assert asyncio.iscoroutinefunction(asyncio.sleep)
    assert (asyncio.sleep.__module__, asyncio.sleep.__qualname__) == ("asyncio.tasks", "sleep")
    assert asyncio.sleep is rest is importlib.import_module("asyncio.tasks").sleep is not HELD[0]


def test_anyio_sleeps_on_the_same_clock(sagemaker: SageMakerMock) -> None:
    """On the asyncio backend: `sleep`, `fail_after`, `move_on_after` and task groups."""
    anyio: Any = pytest.importorskip("anyio")

    async def poll_forever() -> None:
        while True:
            await anyio.sleep(30)

    async def main() -> None:
        with anyio.move_on_after(100) as scope:
            await poll_forever()
        assert scope.cancelled_caught
        assert seconds(sagemaker) == 100
        with pytest.raises(TimeoutError), anyio.fail_after(50):
            await anyio.sleep(60)
        assert seconds(sagemaker) == 150
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 10)
            group.start_soon(anyio.sleep, 20)
        assert seconds(sagemaker) == 170

    anyio.run(main)


@pytest.mark.asyncio
@pytest.mark.sagemock(start=START)
async def test_it_works_under_pytest_asyncio(sagemock: SageMakerMock) -> None:
    """A fixture may start the mock outside of the loop that runs the test."""
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.sleep(3600), 60)
    assert seconds(sagemock) == 60
