"""Laws 7 and 8 for threads that wait for one another."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ALL_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures import _base as futures
from contextlib import contextmanager
from typing import Any

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from sagemock.clock.sleepers import Sleepers
from sagemock.patches import threads, ticks
from tests.support.waiting import eventually

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
    """Return who sleeps on the mock's clock."""
    found = vars(sagemaker.clock)["_leader"]
    assert isinstance(found, Sleepers)
    return found


def test_a_future_is_not_done_before_its_work_is(sagemaker: SageMakerMock) -> None:
    """In production the work sleeps for an hour, and a time-out of ten minutes is over before."""
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


def test_a_timer_goes_off_at_its_instant(sagemaker: SageMakerMock) -> None:
    """However short it is, and however long the sleep beside it."""
    gone_off = list[float]()
    timer = threading.Timer(0.3, lambda: gone_off.append(now_s(sagemaker)))
    timer.start()
    time.sleep(600)
    assert gone_off == [0.3]


def test_a_loop_that_waits_for_its_end_polls_at_its_interval(sagemaker: SageMakerMock) -> None:
    """`while not stop.wait(30)`: in virtual time, and it ends when it is told to."""
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


def test_what_is_given_in_time_is_got_at_that_instant(sagemaker: SageMakerMock) -> None:
    """From a queue; and where nothing is given the wait ends when it should."""
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


def test_a_join_ends_with_its_thread_or_with_its_time_out(sagemaker: SageMakerMock) -> None:
    """Whichever is first; several may join one thread."""
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


def test_semaphores_and_barriers_time_out_virtually(sagemaker: SageMakerMock) -> None:
    """They wait by conditions as well."""
    assert not threading.Semaphore(0).acquire(timeout=7)
    with pytest.raises(threading.BrokenBarrierError):
        threading.Barrier(2).wait(timeout=5)
    assert now_s(sagemaker) == 12


def test_a_time_out_does_not_overtake_a_thread_that_computes(sagemaker: SageMakerMock) -> None:
    """However long it computes: it runs, and time is held."""
    done = threading.Event()

    def compute() -> None:
        ends_s = real.monotonic() + 0.1
        while real.monotonic() < ends_s:
            pass
        done.set()

    threading.Thread(target=compute).start()
    assert done.wait(5)
    assert now_s(sagemaker) == 0


def test_a_wait_may_end_at_its_real_instant(sagemaker: SageMakerMock) -> None:
    """A thread computes on and on, and so virtual time stands; what is left of a longer wait is measured by what was lost."""
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


def test_a_ticker_is_woken_at_its_instants_for_a_while_and_then_once_a_move(
    sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten refreshes a second of a progress bar do not cost a six-hour job 216,000 wake-ups."""
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


def test_what_is_left_of_a_wait_when_the_mock_ends_is_real() -> None:
    """It is no time-out, and what it waits for can still be given."""
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
    """Return a wait, which says whether it was given something in time, and what gives that."""
    box = queue.Queue[int]()

    def wait_s(timeout_s: float) -> bool:
        try:
            return bool(box.get(timeout=timeout_s))
        except queue.Empty:
            return False

    return wait_s, lambda: box.put(7)


def of_a_condition() -> MadeWait:
    """Likewise."""
    condition, found = threading.Condition(), list[int]()

    def wait_s(timeout_s: float) -> bool:
        with condition:
            return bool(condition.wait_for(lambda: found, timeout_s))

    def give() -> None:
        with condition:
            # Not what is waited for, at first.
            condition.notify_all()
        with condition:
            found.append(7)
            condition.notify_all()

    return wait_s, give


def of_a_semaphore() -> MadeWait:
    """Likewise."""
    semaphore = threading.Semaphore(0)
    return lambda timeout_s: semaphore.acquire(timeout=timeout_s), semaphore.release


def of_futures() -> MadeWait:
    """Likewise."""
    future: Future[int] = Future()

    def wait_s(timeout_s: float) -> bool:
        try:
            return list(as_completed([future], timeout=timeout_s)) == [future]
        except FutureTimeout:
            return False

    return wait_s, lambda: future.set_result(7)


@pytest.fixture(params=[of_a_queue, of_a_condition, of_a_semaphore, of_futures])
def made(request: pytest.FixtureRequest) -> MadeWait:
    """Return a wait that measures by itself what is left of its time-out, and what ends it."""
    found: MadeWait = request.param()
    return found


@contextmanager
def across_the_end(wait_s: Callable[[], bool]) -> Iterator[list[bool]]:
    """Let a thread wait in a mock that ends meanwhile, an hour of virtual time after its start; then run the block."""
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
    """Virtual time was ahead of real time: by neither of the two alone is the rest of it right."""
    with across_the_end(lambda: made[0](0.2)) as found:
        pass
    assert found == [False]


def test_a_wait_across_the_end_of_its_mock_ends_when_it_is_given_something(made: MadeWait) -> None:
    """Also inside of the next mock, whose clock is none of its own."""
    with across_the_end(lambda: made[0](3600)) as found, mock_sagemaker(start=START):
        made[1]()
    assert found == [True]


@pytest.mark.parametrize("options", [{"wall": "real"}, {"sleep": "real"}])
def test_where_time_or_sleep_is_real_waits_are(options: Any) -> None:
    """They are left alone."""
    with mock_sagemaker(start=START, **options) as sagemaker:
        before = threading.Condition.wait
        assert not threading.Event().wait(0.01)
        assert sagemaker.sleeps == []
    assert threading.Condition.wait is before


def test_an_older_thread_waits_really_until_it_calls_aws() -> None:
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


def test_pythons_own_words_stay(sagemaker: SageMakerMock) -> None:
    """For what is not right, and for what does not wait."""
    condition = threading.Condition()
    with pytest.raises(RuntimeError, match="un-acquired"):
        condition.wait(5)
    with condition:
        assert not condition.wait(0)
        assert not condition.wait(-1)
        with pytest.raises(TypeError):
            condition.wait("long")  # type: ignore[arg-type]  # the subject
        with pytest.raises(TypeError):
            condition.wait(1, 2)  # type: ignore[call-arg]  # the subject
    with pytest.raises(RuntimeError, match="before it is started"):
        threading.Thread().join()
    with pytest.raises(RuntimeError, match="current thread"):
        threading.current_thread().join(1)
    assert now_s(sagemaker) == 0
    assert futures.time.time() == time.time()  # type: ignore[attr-defined]  # no part of its interface


def test_what_times_the_test_waits_really(sagemaker: SageMakerMock) -> None:
    """A timer of pytest-timeout's would end the test when a virtual hour is over."""

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
    """It is a child, with a clock of its own, and the time-outs in it are those of its callers: nobody there sleeps for them."""
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
    """As a lock is."""
    with mock_sagemaker(start=START) as sagemaker:
        waiter = threads.Waiter(leader_of(sagemaker), None, threads._Ticks())
        waiter.release()
        assert waiter.wait()
        with pytest.raises(RuntimeError, match="release unlocked lock"):
            waiter.release()


def test_a_wait_without_a_time_out_goes_on_after_the_mock() -> None:
    """Until somebody ends it."""
    with mock_sagemaker(start=START) as sagemaker:
        waiter = threads.Waiter(leader_of(sagemaker), None, threads._Ticks())
    timer = threading.Timer(0.02, waiter.release)
    timer.start()
    assert waiter.wait()
    timer.join()


def test_a_thread_that_ends_just_now_is_not_waited_for(sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has found nobody who joins it."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    monkeypatch.setattr(threads, "_is_joined_by_waiting", lambda _thread: True)
    thread.join()
    threads._leave([], threads.Waiter(leader_of(sagemaker), None, threads._Ticks()))
    assert now_s(sagemaker) == 0


def test_nothing_of_it_stays() -> None:
    """After the mock `threading` and its like are as they were."""
    before = threading.Condition.wait, threading.Thread.join, vars(threading)["_time"], vars(queue)["time"], vars(futures)["time"]
    with mock_sagemaker(start=START):
        assert vars(queue)["time"] is not before[3]
    after = threading.Condition.wait, threading.Thread.join, vars(threading)["_time"], vars(queue)["time"], vars(futures)["time"]
    assert after == before
