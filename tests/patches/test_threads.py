"""Laws 7 and 8 for threads that wait for one another."""

import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ALL_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures import _base as futures
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers
from sagemock.patches import threads, ticks
from tests.support.waiting import PATIENCE_S, eventually, sleeping_beside, waiting_in

START = "2018-07-30T00:00:00Z"


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start the mock."""
    with mock_sagemaker(start=START, latency=0) as sagemaker:
        yield sagemaker


def now_s(sagemaker: SageMakerMock) -> float:
    """Return the virtual seconds since the start."""
    return round(sagemaker.clock.now().timestamp() - 1_532_908_800, 6)


def leader_of(sagemaker: SageMakerMock) -> Sleepers:
    """Return the sleepers of the mock's clock."""
    found = cast("Any", sagemaker.clock)._leader
    assert isinstance(found, Sleepers)
    return found


def test_a_future_is_not_done_before_its_work_is(sagemaker: SageMakerMock) -> None:
    """The work sleeps for an hour, so a timeout of ten minutes expires first, as in production."""
    with ThreadPoolExecutor(2) as pool:
        slow, quick = pool.submit(time.sleep, 3600), pool.submit(time.sleep, 60)
        done, rest = wait([slow, quick], timeout=600, return_when=ALL_COMPLETED)
        assert (done, rest, now_s(sagemaker)) == ({quick}, {slow}, 600)
        with pytest.raises(FutureTimeout):
            slow.result(timeout=600)
        assert now_s(sagemaker) == 1200
        with pytest.raises(FutureTimeout):
            list(as_completed([slow], timeout=600))
        assert now_s(sagemaker) == 1800
    assert now_s(sagemaker) == 3600


def test_a_timer_fires_at_its_instant(sagemaker: SageMakerMock) -> None:
    """However short it is, and however long another thread sleeps."""
    gone_off = list[float]()
    timer = threading.Timer(0.3, lambda: gone_off.append(now_s(sagemaker)))
    timer.start()
    time.sleep(600)
    assert gone_off == [0.3]


def test_an_event_loop_thread_polls_at_its_interval(sagemaker: SageMakerMock) -> None:
    """`while not stop.wait(30)` runs in virtual time, and ends when the event is set."""
    stop, polls = threading.Event(), list[float]()

    def poll() -> None:
        while not stop.wait(30):
            polls.append(now_s(sagemaker))

    thread = threading.Thread(target=poll)
    thread.start()
    time.sleep(301)
    stop.set()
    thread.join()
    assert polls == [30.0 * number for number in range(1, 11)]
    assert now_s(sagemaker) == 301


def test_an_item_is_received_at_the_instant_it_is_put(sagemaker: SageMakerMock) -> None:
    """If none is put, the wait on the queue ends on time."""
    box = queue.Queue[int]()
    with pytest.raises(queue.Empty):
        box.get(timeout=100)
    assert now_s(sagemaker) == 100

    def give() -> None:
        time.sleep(50)
        box.put(7)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(give)
        assert (box.get(timeout=100), now_s(sagemaker)) == (7, 150)


def test_a_join_ends_with_its_thread_or_with_its_timeout(sagemaker: SageMakerMock) -> None:
    """Whichever is first; several threads may join the same one."""
    thread = threading.Thread(target=time.sleep, args=(100,))
    thread.start()
    thread.join(timeout=30)
    assert (thread.is_alive(), now_s(sagemaker)) == (True, 30)
    others = [threading.Thread(target=thread.join) for _ in range(2)]
    for other in others:
        other.start()
    for each in (*others, thread, thread):
        each.join()
    assert (thread.is_alive(), now_s(sagemaker)) == (False, 100)


def test_semaphores_and_barriers_time_out_in_virtual_time(sagemaker: SageMakerMock) -> None:
    """They wait on conditions too."""
    assert not threading.Semaphore(0).acquire(timeout=7)
    with pytest.raises(threading.BrokenBarrierError):
        threading.Barrier(2).wait(timeout=5)
    assert now_s(sagemaker) == 12


def test_a_timeout_does_not_overtake_a_computing_thread(sagemaker: SageMakerMock) -> None:
    """However long it computes, time is held."""
    done = threading.Event()

    def compute() -> None:
        ends_s = real.monotonic() + 0.1
        while real.monotonic() < ends_s:
            pass
        done.set()

    threading.Thread(target=compute).start()
    assert done.wait(PATIENCE_S)
    assert now_s(sagemaker) == 0


def test_a_wait_may_end_at_its_real_instant(sagemaker: SageMakerMock) -> None:
    """Virtual time stands while another thread computes, so the rest of the wait is measured in real time."""
    over = list[int]()

    def compute() -> None:
        while not over:
            pass

    thread = threading.Thread(target=compute)
    thread.start()
    assert not threading.Event().wait(0.02)
    with pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=0.02)
    assert now_s(sagemaker) == 0
    over.append(1)
    thread.join()


def test_a_ticker_is_woken_at_each_instant_for_a_while_and_then_once_per_move(
    sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A progress bar's ten refreshes a second do not cost a six-hour job 216,000 wake-ups."""
    monkeypatch.setattr(ticks, "_TICKS", 10)
    stop, ticked = threading.Event(), list[float]()

    def tick() -> None:
        while not stop.wait(0.1):
            ticked.append(now_s(sagemaker))

    thread = threading.Thread(target=tick)
    thread.start()
    for _ in range(5):
        time.sleep(60)
    stop.set()
    thread.join()
    assert ticked == [*[round(number / 10, 6) for number in range(1, 11)], 60, 120, 180, 240, 300][: len(ticked)]
    assert len(ticked) >= 14


def test_the_rest_of_a_wait_at_the_end_of_the_mock_is_real() -> None:
    """It does not time out, and can still succeed."""
    given, late, found = threading.Event(), threading.Event(), list[bool]()
    with mock_sagemaker(start=START) as sagemaker:
        begun = [threading.Thread(target=lambda event=event: found.append(event.wait(3600))) for event in (given, late)]
        for thread in begun:
            thread.start()
        eventually(lambda: len(leader_of(sagemaker).table) == 2)
        early = threading.Event()
        short = threading.Thread(target=lambda: found.append(early.wait(0.05)))
        short.start()
    given.set()
    late.set()
    for thread in (*begun, short):
        thread.join()
    assert found.count(True) == 2


Give = Callable[[], object]
MadeWait = tuple[Callable[[float], bool], Give]


def of_a_queue() -> MadeWait:
    """Return a wait on a queue, which tells whether it succeeded in time, and the function that ends the wait."""
    box = queue.Queue[int]()

    def wait_s(timeout_s: float) -> bool:
        try:
            return bool(box.get(timeout=timeout_s))
        except queue.Empty:
            return False

    return wait_s, lambda: box.put(7)


def of_a_condition() -> MadeWait:
    """Return a wait on a condition, and the function that ends it."""
    condition, found = threading.Condition(), list[int]()

    def wait_s(timeout_s: float) -> bool:
        with condition:
            return bool(condition.wait_for(lambda: found, timeout_s))

    def give() -> None:
        with condition:
            # Not the condition's own state, at first.
            condition.notify_all()
        with condition:
            found.append(7)
            condition.notify_all()

    return wait_s, give


def of_a_semaphore() -> MadeWait:
    """Return a wait on a semaphore, and the function that ends it."""
    semaphore = threading.Semaphore(0)
    return lambda timeout_s: semaphore.acquire(timeout=timeout_s), semaphore.release


def of_futures() -> MadeWait:
    """Return a wait for futures, and the function that ends it."""
    future: Future[int] = Future()

    def wait_s(timeout_s: float) -> bool:
        try:
            return list(as_completed([future], timeout=timeout_s)) == [future]
        except FutureTimeout:
            return False

    return wait_s, lambda: future.set_result(7)


@pytest.fixture(params=[of_a_queue, of_a_condition, of_a_semaphore, of_futures])
def made(request: pytest.FixtureRequest) -> MadeWait:
    """Return a wait that computes the rest of its timeout itself, and the function that ends it."""
    found: MadeWait = request.param()
    return found


@contextmanager
def across_the_end(wait_s: Callable[[], bool]) -> Iterator[list[bool]]:
    """Let a thread wait while its mock ends, an hour of virtual time after its start; then run the block."""
    found = list[bool]()
    sagemaker = mock_sagemaker(start=START, latency=0).start()
    sagemaker.clock.advance(3600)
    thread = threading.Thread(target=lambda: found.append(wait_s()))
    with sagemaker.clock.paused():
        thread.start()
        eventually(lambda: len(leader_of(sagemaker).table))
        sagemaker.stop()
    yield found
    thread.join(30)
    assert not thread.is_alive()


def test_a_wait_across_the_end_of_its_mock_keeps_its_time_out(made: MadeWait) -> None:
    """Virtual time was ahead of real time: neither clock alone gives the right rest."""
    with across_the_end(lambda: made[0](0.2)) as found:
        pass
    assert found == [False]


def test_a_wait_across_the_end_of_its_mock_can_succeed(made: MadeWait) -> None:
    """Even inside the next mock, which has another clock."""
    with across_the_end(lambda: made[0](3600)) as found, mock_sagemaker(start=START):
        made[1]()
    assert found == [True]


@pytest.mark.parametrize("options", [{"wall": "real"}, {"sleep": "real"}])
def test_waits_are_real_where_time_or_sleep_is_real(options: Any) -> None:
    """They are not patched."""
    with mock_sagemaker(start=START, **options) as sagemaker:
        before = threading.Condition.wait
        assert not threading.Event().wait(0.01)
        assert sagemaker.sleeps == []
    assert threading.Condition.wait is before


def test_an_older_thread_waits_in_real_time_until_it_calls_aws() -> None:
    """Law 8: from its first answered call on it belongs to the mock."""
    go, mocks, answers = threading.Event(), list[SageMakerMock](), list[Any]()

    def work() -> None:
        go.wait()
        began_s = real.monotonic()
        answers.append((threading.Event().wait(0.02), real.monotonic() - began_s >= 0.02))
        leader_of(mocks[0]).called()
        answers.append((threading.Event().wait(3600), now_s(mocks[0])))

    thread = threading.Thread(target=work)
    thread.start()
    with mock_sagemaker(start=START) as sagemaker:
        mocks.append(sagemaker)
        go.set()
        thread.join()
    assert answers == [(False, True), (False, 3600)]


@contextmanager
def computing_for(seconds: float, then: Callable[[], object]) -> Iterator[tuple[threading.Thread, Callable[[], None]]]:
    """Run a thread that computes for some real seconds once it is told to, and then calls `then`; yield it and how to tell it."""
    go = threading.Event()

    def compute() -> None:
        go.wait()
        ends_s = real.monotonic() + seconds
        while real.monotonic() < ends_s:
            pass
        then()

    with waiting_in(compute, go.set) as thread:
        yield thread, go.set


@pytest.mark.parametrize("way", ["event", "timed event", "queue", "lock", "join", "timed join"])
def test_a_wait_for_an_older_thread_that_is_busy_holds_time(way: str) -> None:
    """Law 7: whether or not the wait has a timeout, and although another thread sleeps."""
    done, results, held = threading.Event(), queue.Queue[int](), threading.Lock()
    held.acquire()

    def give() -> None:
        done.set()
        results.put(1)
        held.release()

    with computing_for(0.1, give) as (thread, go):
        ways: dict[str, Callable[[], object]] = {
            "event": done.wait,
            "timed event": lambda: done.wait(86_400),
            "queue": results.get,
            "lock": held.acquire,
            "join": thread.join,
            "timed join": lambda: thread.join(86_400),
        }
        with mock_sagemaker(start=START, latency=0) as sagemaker, sleeping_beside():
            go()
            ways[way]()
            assert now_s(sagemaker) == 0
            assert done.is_set()


def test_an_older_thread_that_is_always_busy_holds_time_for_patience_only() -> None:
    """It is not known whether a thread of the mock waits for it, so this must end; a new wait has no new patience."""
    over = threading.Event()

    def spin() -> None:
        while not over.is_set():
            pass

    thread, work = threading.Thread(target=spin), queue.Queue[str]()
    thread.start()
    with mock_sagemaker(start=START, latency=0, patience=0.1) as sagemaker:
        worker = threading.Thread(target=lambda: [None for _ in iter(work.get, "end")])
        worker.start()
        with sleeping_beside(5) as sleeping:
            sleeping.join()
        for _ in range(3):
            work.put("go on")
            time.sleep(60)
        assert now_s(sagemaker) == 480
        work.put("end")
        worker.join()
    over.set()
    thread.join()


ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the age of a child")
CHILD = [sys.executable, "-S", "-c", "import time; time.sleep(0.3)"]


def wait_with_a_timeout() -> None:
    """Wait for a child as `communicate(timeout=...)` does: with real sleeps between two looks."""
    with subprocess.Popen(CHILD) as child:  # noqa: S603  # our own code
        child.wait(PATIENCE_S)


@ONLY_LINUX
@pytest.mark.parametrize("timeout_s", [600, None])
@pytest.mark.parametrize("way", [subprocess.run, subprocess.check_output, wait_with_a_timeout])
def test_a_wait_for_the_child_of_an_older_thread_holds_time(way: Callable[..., object], timeout_s: float | None) -> None:
    """Whether or not the wait has a timeout, and although another thread sleeps."""
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait()
        way(*([] if way is wait_with_a_timeout else [CHILD]))
        done.set()

    with waiting_in(work, go.set), mock_sagemaker(start=START, latency=0) as sagemaker, sleeping_beside():
        go.set()
        assert done.wait(timeout_s)
        assert now_s(sagemaker) == 0


@ONLY_LINUX
def test_a_request_to_an_older_server_that_waits_for_a_child_holds_time() -> None:
    """Its handler runs a program before it answers."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as connections:

        def serve() -> None:
            accepted = connections.enter_context(server.accept()[0])
            accepted.recv(1)
            subprocess.run(CHILD, check=True)  # noqa: S603  # our own code
            accepted.send(b"!")

        client = socket.create_connection(server.getsockname())
        with waiting_in(serve, lambda: None), client, mock_sagemaker(start=START, latency=0) as sagemaker, sleeping_beside():
            client.send(b"?")
            assert client.recv(1) == b"!"
            assert now_s(sagemaker) == 0


@ONLY_LINUX
@pytest.mark.parametrize("timeout_s", [600, None])
@pytest.mark.parametrize("sleeps_s", [0, 60])
def test_a_wait_for_the_call_of_a_child_holds_time(timeout_s: float | None, sleeps_s: float) -> None:
    """The call comes to a server of this process, whose handler may sleep virtually first."""
    called = threading.Event()
    program = "import socket, sys, time; time.sleep(0.1); s = socket.create_connection((sys.argv[1], int(sys.argv[2])))"
    with mock_sagemaker(start=START, latency=0) as sagemaker, socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as caller:
                caller.recv(1)
                time.sleep(sleeps_s)
                caller.send(b"2")
            called.set()

        threading.Thread(target=serve).start()
        command = [sys.executable, "-S", "-c", f"{program}; s.send(b'1'); s.recv(1)", *map(str, server.getsockname())]
        with sleeping_beside(), subprocess.Popen(command):  # noqa: S603  # our own code
            assert called.wait(timeout_s)
            assert now_s(sagemaker) == sleeps_s


def test_without_a_server_no_call_of_a_child_is_awaited() -> None:
    """Nor after `patience`."""
    command = [sys.executable, "-S", "-c", "input()"]
    with mock_sagemaker(start=START, latency=0, patience=0.2) as sagemaker:
        with subprocess.Popen(command, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
            assert not threading.Event().wait(600)
            with socket.create_server(("127.0.0.1", 0)):
                assert not threading.Event().wait(600)
            child.communicate(b"\n")
        assert now_s(sagemaker) == 1200


def test_pythons_own_errors_stay(sagemaker: SageMakerMock) -> None:
    """For invalid arguments, and for calls that do not wait."""
    condition = threading.Condition()
    with pytest.raises(RuntimeError, match="un-acquired"):
        condition.wait(5)
    with condition:
        assert not condition.wait(0)
        assert not condition.wait(-1)
        with pytest.raises(TypeError):
            condition.wait("long")  # type: ignore[arg-type]  # the point of the test
        with pytest.raises(TypeError):
            condition.wait(1, 2)  # type: ignore[call-arg]  # the point of the test
    with pytest.raises(RuntimeError, match="before it is started"):
        threading.Thread().join()
    with pytest.raises(RuntimeError, match="current thread"):
        threading.current_thread().join(1)
    assert now_s(sagemaker) == 0
    assert futures.time.time() == time.time()  # type: ignore[attr-defined]  # not part of the interface


def test_the_timer_of_the_test_is_real(sagemaker: SageMakerMock) -> None:
    """With virtual time pytest-timeout's timer would end the test after a virtual hour."""

    def stop() -> None:
        """Do what pytest-timeout does."""

    stop.__module__ = "pytest_timeout"
    timer = threading.Timer(3600, stop)
    timer.start()
    time.sleep(7200)
    assert not timer.finished.is_set()
    timer.cancel()
    timer.join()


def test_a_manager_s_server_waits_really(sagemaker: SageMakerMock) -> None:
    """It is a child, with a clock of its own, and the timeouts in it are those of its callers: nobody there sleeps for them."""
    scope: dict[str, Any] = {"__name__": "multiprocessing.managers", "queue": queue, "threading": threading}
    exec("def serve():\n  got.append(threading.Event().wait(0.02))\n  got.append(queue.Queue().empty())", scope)  # noqa: S102  # as it does
    exec("def handle():\n  got.append(box.get(timeout=3600))", scope)  # noqa: S102  # likewise
    got = scope["got"] = list[object]()
    box = scope["box"] = queue.Queue[int]()
    scope["serve"]()
    assert (got, now_s(sagemaker)) == ([False, True], 0)
    thread = threading.Thread(target=scope["handle"])
    thread.start()
    time.sleep(7200)
    box.put(7)
    thread.join()
    assert got[2:] == [7]


def test_a_waiter_is_released_once() -> None:
    """A second release raises, as with a lock."""
    with mock_sagemaker(start=START) as sagemaker:
        waiter = threads.Waiter(leader_of(sagemaker), None, threads._Ticks())
        waiter.release()
        assert waiter.wait()
        with pytest.raises(RuntimeError, match="release unlocked lock"):
            waiter.release()


def test_a_wait_without_a_timeout_outlasts_the_mock() -> None:
    """It goes on until another thread ends it."""
    with mock_sagemaker(start=START) as sagemaker:
        waiter = threads.Waiter(leader_of(sagemaker), None, threads._Ticks())
    timer = threading.Timer(0.02, waiter.release)
    timer.start()
    assert waiter.wait()
    timer.join()


def test_a_thread_that_is_just_ending_is_not_waited_for(sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has found no thread that joins it."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    monkeypatch.setattr(threads, "_is_joined_by_waiting", lambda _thread: True)
    thread.join()
    threads._leave([], threads.Waiter(leader_of(sagemaker), None, threads._Ticks()))
    assert now_s(sagemaker) == 0


def test_the_threading_modules_are_restored() -> None:
    """After the mock `threading` and its like are as they were."""
    before = threading.Condition.wait, threading.Thread.join, vars(threading)["_time"], vars(queue)["time"], vars(futures)["time"]
    with mock_sagemaker(start=START):
        assert vars(queue)["time"] is not before[3]
    after = threading.Condition.wait, threading.Thread.join, vars(threading)["_time"], vars(queue)["time"], vars(futures)["time"]
    assert after == before
