"""Scenarios: threads wait for one another, with timeouts that end at their virtual instants."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from benchmarks.waiting.scenario import Outcome, Watch, compare, needs, seconds, within
from benchmarks.worlds import client, request
from sagemock.clock.real import real

__all__ = ["SCENARIOS"]


def _found(found: object, right: object, waited_s: float = 0) -> Outcome:
    return Outcome("" if found == right else f"{found}, not {right}", waited_s)


def _future_result() -> Outcome:
    with within() as sagemaker, ThreadPoolExecutor(1) as pool:
        watch, future = Watch(), pool.submit(time.sleep, 3600)
        try:
            future.result(timeout=600)
        except FutureTimeout:
            return _found((seconds(sagemaker), future.done()), (600, False), watch.s)
    return Outcome("no timeout")


def _futures_wait() -> Outcome:
    with within() as sagemaker, ThreadPoolExecutor(2) as pool:
        watch, futures = Watch(), [pool.submit(time.sleep, 3600), pool.submit(time.sleep, 60)]
        done, rest = wait(futures, timeout=600)
        return _found((seconds(sagemaker), len(done), len(rest)), (600, 1, 1), watch.s)


def _as_completed() -> Outcome:
    with within() as sagemaker, ThreadPoolExecutor(3) as pool:
        watch, futures = Watch(), [pool.submit(time.sleep, for_s) for for_s in (90, 30, 3600)]
        at_s: list[float] = []
        try:
            at_s.extend(seconds(sagemaker) for _ in as_completed(futures, timeout=600))
        except FutureTimeout:
            at_s.append(seconds(sagemaker))
        return _found(at_s, [30, 90, 600] if len(at_s) == 3 else "three", watch.s)  # below


def _timer() -> Outcome:
    fired: list[float] = []
    with within() as sagemaker:
        watch = Watch()
        threading.Timer(0.3, lambda: fired.append(seconds(sagemaker))).start()
        time.sleep(600)
        return _found(fired, [0.3], watch.s)


def _timers() -> Outcome:
    fired: list[float] = []
    with within() as sagemaker:
        watch = Watch()
        for after_s in range(20, 0, -1):
            threading.Timer(after_s, lambda: fired.append(seconds(sagemaker))).start()
        time.sleep(600)
        return _found(fired, [float(at_s) for at_s in range(1, 21)], watch.s)


def _apscheduler() -> Outcome:
    background = needs("apscheduler.schedulers.background")
    runs: list[float] = []
    with within() as sagemaker:
        scheduler = background.BackgroundScheduler(timezone="UTC")
        scheduler.add_job(lambda: runs.append(round(seconds(sagemaker), 1)), "interval", minutes=10)
        scheduler.start()
        watch = Watch()
        time.sleep(3600.5)
        waited_s, found = watch.s, list(runs)
        scheduler.shutdown()
        return _found(
            [round(run / 600) * 600 if abs(run - round(run / 600) * 600) < 0.1 else run for run in found],
            [600.0 * number for number in range(1, 7)],
            waited_s,
        )


def _stop_wait() -> Outcome:
    stop, polls = threading.Event(), list[float]()

    def poll() -> None:
        while not stop.wait(30):
            made.describe_training_job(TrainingJobName="job")
            polls.append(seconds(sagemaker))

    with within() as sagemaker:
        made: Any = client()
        made.create_training_job(**request("job"))
        thread = threading.Thread(target=poll)
        watch = Watch()
        thread.start()
        sagemaker.advance_until("job", "Completed")
        end_s, waited_s = seconds(sagemaker), watch.s
        stop.set()
        thread.join()
        return _found(polls, [30.0 * number for number in range(1, 1 + int(end_s // 30))], waited_s)


def _event_of_two() -> Outcome:
    """One thread waits for up to 100 virtual seconds, and another thread ends the wait after 50."""
    with within() as sagemaker:
        watch, event, box, condition = Watch(), threading.Event(), queue.Queue[int](), threading.Condition()
        found: list[object] = []

        def give() -> None:
            time.sleep(50)
            event.set()
            time.sleep(50)
            box.put(7)
            time.sleep(50)
            with condition:
                condition.notify()

        thread = threading.Thread(target=give)
        thread.start()
        found.append((event.wait(100), seconds(sagemaker)))
        found.append((box.get(timeout=100), seconds(sagemaker)))
        with condition:
            found.append((condition.wait(100), seconds(sagemaker)))
        thread.join()
        return _found(found, [(True, 50), (7, 100), (True, 150)], watch.s)


def _join() -> Outcome:
    with within() as sagemaker:
        watch, thread = Watch(), threading.Thread(target=time.sleep, args=(100,))
        thread.start()
        thread.join(timeout=30)
        found = [(thread.is_alive(), seconds(sagemaker))]
        thread.join()
        found.append((thread.is_alive(), seconds(sagemaker)))
        return _found(found, [(True, 30), (False, 100)], watch.s)


def _semaphore() -> Outcome:
    with within() as sagemaker:
        watch = Watch()
        found: list[object] = [threading.Semaphore(0).acquire(timeout=7)]
        try:
            threading.Barrier(2).wait(timeout=5)
        except threading.BrokenBarrierError:
            found.append("broken")
        try:
            queue.Queue[int]().get(timeout=100)
        except queue.Empty:
            found.append("empty")
        full = queue.Queue[int](1)
        full.put(1)
        try:
            full.put(2, timeout=10)
        except queue.Full:
            found.append("full")
        return _found([*found, seconds(sagemaker)], [False, "broken", "empty", "full", 122], watch.s)


@contextmanager
def _giving() -> Iterator[tuple[threading.Thread, threading.Event, Callable[[], None]]]:
    """Run a thread that computes for 0.2 s once it is told to, and then sets an event."""
    go, event = threading.Event(), threading.Event()

    def give() -> None:
        go.wait()
        ends_s = real.monotonic() + 0.2
        while real.monotonic() < ends_s:
            pass
        event.set()

    thread = threading.Thread(target=give)
    thread.start()
    yield thread, event, go.set
    thread.join()


def _go_and(go: Callable[[], None], wait: Callable[[], object]) -> None:
    go()
    wait()


def _an_older_thread_gives() -> Outcome:
    """A thread older than the mock works and sets an event: the wait for the event must not time out virtually."""
    with _giving() as (_, event, go), within() as sagemaker:
        watch = Watch()
        go()
        is_set = event.wait(5)
        return _found((is_set, seconds(sagemaker)), (True, 0), watch.s - 0.2)


def _awaits_an_older_thread() -> Outcome:
    """Waits without a timeout for an older thread, while another thread polls."""
    with _giving() as (_, event, go):
        return compare(partial(_go_and, go, event.wait), 0.2)


def _joins_an_older_thread() -> Outcome:
    """Joins an older thread, while another thread polls."""
    with _giving() as (thread, _, go):
        return compare(partial(_go_and, go, thread.join), 0.2)


_WITH_PICTURES_S: Final = 2.0
"""The most seconds of CPU for a ticker that draws something each time: half a second of its own, and more on a busy machine."""


def _waiting() -> tuple[float, float]:
    """Wait for a job of six hours; return the real seconds and the seconds of CPU that this takes."""
    made: Any = client()
    made.create_training_job(**request("job"))
    watch, began_s = Watch(), time.process_time()
    made.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName="job", WaiterConfig={"Delay": 30, "MaxAttempts": 1000}
    )
    return watch.s, time.process_time() - began_s


def _beside(beat: Callable[[threading.Event], None], most_s: float, at_least: Callable[[], bool] = lambda: True) -> Outcome:
    """Wait for a job beside a thread that only ticks, which may cost `most_s` of CPU more than the same wait alone."""
    stop = threading.Event()
    with within():
        _, alone_s = _waiting()
    with within():
        thread = threading.Thread(target=beat, args=(stop,))
        thread.start()
        # By processor time: beside busy processes, real time means little.
        waited_s, beside_s = _waiting()
        stop.set()
        thread.join()
    return Outcome("" if at_least() else "it ticks no more", waited_s, cost=(beside_s - alone_s) / most_s)


def _heartbeat(every_s: float, most_s: float) -> Callable[[], Outcome]:
    def go() -> Outcome:
        beats: list[int] = []

        def beat(stop: threading.Event) -> None:
            while not stop.wait(every_s):
                beats.append(1)

        return _beside(beat, most_s, lambda: len(beats) > 700)  # once for each poll

    return go


def _really_sleeps() -> Outcome:
    """A heartbeat of 2 ms that really sleeps: 700 moves beside it, ten real milliseconds for each."""

    def beat(stop: threading.Event) -> None:
        while not stop.is_set():
            real.sleep(0.002)

    return _beside(beat, 7)


def _rich() -> Outcome:
    live, text = needs("rich.live"), needs("rich.text")
    console = needs("rich.console").Console(file=open("/dev/null", "w", encoding="utf-8"), force_terminal=True)  # noqa: SIM115, PTH123  # for the whole process

    def show(stop: threading.Event) -> None:
        with live.Live(text.Text("training"), console=console, refresh_per_second=10):
            stop.wait()

    return _beside(show, _WITH_PICTURES_S)


def _tqdm() -> Outcome:
    tqdm = needs("tqdm")

    def show(stop: threading.Event) -> None:
        with tqdm.tqdm(total=10, file=open("/dev/null", "w", encoding="utf-8")) as bar:  # noqa: PTH123  # likewise
            bar.update()
            stop.wait()

    return _beside(show, _WITH_PICTURES_S)


SCENARIOS: Final[dict[str, Callable[[], Outcome]]] = {
    "future-result": _future_result,
    "futures-wait": _futures_wait,
    "as-completed": _as_completed,
    "timer": _timer,
    "timers": _timers,
    "apscheduler": _apscheduler,
    "stop-wait-30": _stop_wait,
    "event-queue-condition": _event_of_two,
    "join": _join,
    "semaphore-barrier": _semaphore,
    "an-older-thread-gives": _an_older_thread_gives,
    "awaits-an-older-thread": _awaits_an_older_thread,
    "joins-an-older-thread": _joins_an_older_thread,
    "heartbeat-100ms": _heartbeat(0.1, 1),
    "really-sleeps-2ms": _really_sleeps,
    "rich": _rich,
    "tqdm": _tqdm,
}
