"""Scenarios: pools, loops and threads that live longer than one test, and tests that wait for a real port by virtual sleeps."""

import asyncio
import contextlib
import queue
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeAlias

from benchmarks.waiting.scenario import Outcome, Watch, compare, seconds, within
from benchmarks.worlds import client, request
from sagemock import SageMakerMock
from sagemock.clock.real import real

__all__ = ["SCENARIOS"]

_ENDED: Final = "Completed"
_OWN_S: Final = 0.3
"""The real seconds that the work of an older thread takes."""

_Work: TypeAlias = Callable[[], object]


def _poll(sagemaker: SageMakerMock, made: Any) -> float:  # boto3 makes clients without a class
    made.create_training_job(**request("job"))
    while made.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] != _ENDED:
        time.sleep(600)
    return seconds(sagemaker)


def _pool_of_two_tests() -> Outcome:
    """A pool is made in one test and used in the next."""
    pool, made, found, watch = ThreadPoolExecutor(2), client(), [], Watch()
    for _ in range(2):
        with within() as sagemaker:
            polls = pool.submit(_poll, sagemaker, made)
            found.append(polls.result())
            found.append(seconds(sagemaker))
    pool.shutdown()
    at_s = found[0]
    return Outcome("" if found == [at_s] * 4 and at_s > 21_000 else f"{found}", watch.s)  # six hours


def _pool_before_a_test() -> Outcome:
    """The threads of a pool were started before any mock, and are idle."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(real.sleep, [0.02] * 4))
        return _pool_used(pool)


def _pool_used(pool: ThreadPoolExecutor) -> Outcome:
    made, watch = client(), Watch()
    with within() as sagemaker:
        at_s = pool.submit(_poll, sagemaker, made).result()
        return Outcome("" if at_s == seconds(sagemaker) > 21_000 else f"{at_s}", watch.s)  # six hours


def _loop_of_two_tests() -> Outcome:
    """All tests share one loop, as in pytest-asyncio's session scope, and each uses `to_thread`."""
    loop, found, watch, made = asyncio.new_event_loop(), list[object](), Watch(), client()

    async def test(sagemaker: SageMakerMock) -> None:
        end_s = await asyncio.to_thread(_poll, sagemaker, made)
        found.append(end_s == seconds(sagemaker) > 21_000)  # six hours
        await asyncio.sleep(60)
        found.append(seconds(sagemaker) == end_s + 60)

    for _ in range(2):
        with within() as sagemaker:
            loop.run_until_complete(test(sagemaker))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    return Outcome("" if found == [True] * 4 else f"{found}", watch.s)


@contextlib.contextmanager
def _worker() -> Iterator[Callable[[_Work], Future[object]]]:
    """Start a thread that does the work which it is given; the value gives it work."""
    works = queue.SimpleQueue[tuple[_Work, Future[object]] | None]()

    def run() -> None:
        for work, result in iter(works.get, None):
            result.set_result(work())

    def give(work: _Work) -> Future[object]:
        result = Future[object]()
        works.put((work, result))
        return result

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield give
    finally:
        works.put(None)
        thread.join()


def _computes() -> None:
    ends_s = real.monotonic() + _OWN_S
    while real.monotonic() < ends_s:
        sum(range(1000))


def _runs_a_program() -> None:
    subprocess.run(["sleep", str(_OWN_S)], check=True)  # it sleeps


def _older_thread(work: _Work) -> Outcome:
    """The test awaits the result of a thread that is older than the mock."""
    with _worker() as give:
        return compare(lambda: give(work).result(600), _OWN_S)


def _older_thread_of_a_task(work: _Work) -> Outcome:
    """A task awaits the result of such a thread, beside a task that sleeps."""

    async def go(give: Callable[[_Work], Future[object]]) -> None:
        beside = asyncio.create_task(asyncio.sleep(60))
        await asyncio.wrap_future(give(work))
        beside.cancel()

    with _worker() as give:
        return compare(lambda: asyncio.run(go(give)), _OWN_S)


@contextlib.contextmanager
def _opens_later(after_s: float) -> Any:  # a context manager of a port
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    servers: list[socket.socket] = []

    def open_it() -> None:
        real.sleep(after_s)
        servers.append(socket.create_server(("127.0.0.1", port)))

    thread = threading.Thread(target=open_it)
    thread.start()
    try:
        yield port
    finally:
        thread.join()
        servers[0].close()


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_for(port: int) -> bool:
    for _ in range(60):
        if _is_open(port):
            return True
        time.sleep(1)
    return False


def _port_in_a_pause() -> Outcome:
    """A loop inside `clock.paused()` waits for a real port."""
    with _opens_later(0.3) as port, within() as sagemaker:
        watch = Watch()
        with sagemaker.clock.paused():
            opened = _wait_for(port)
        return Outcome("" if opened and not seconds(sagemaker) else "it did not open", watch.s - 1)


def _port_by_module() -> Outcome:
    """The module that waits for a real port is one of `real_time_modules`."""
    with _opens_later(0.3) as port, within(real_time_modules=[__name__]) as sagemaker:
        watch = Watch()
        opened = _wait_for(port)
        return Outcome("" if opened and not seconds(sagemaker) else "it did not open", watch.s - 1)


SCENARIOS: Final[dict[str, Callable[[], Outcome]]] = {
    "pool-of-two-tests": _pool_of_two_tests,
    "pool-before-a-test": _pool_before_a_test,
    "loop-of-two-tests": _loop_of_two_tests,
    "older-thread-computes": partial(_older_thread, _computes),
    "older-thread-child": partial(_older_thread, _runs_a_program),
    "older-thread-of-a-task": partial(_older_thread_of_a_task, _computes),
    "older-child-of-a-task": partial(_older_thread_of_a_task, _runs_a_program),
    "port-in-a-pause": _port_in_a_pause,
    "port-by-module": _port_by_module,
}
