"""Modules whose sleeps are real."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from sagemock.patches.real_time import RealTimeModules
from tests.support.waiting import PATIENCE_S, eventually, sleeping_beside

START = "2018-07-30T00:00:00Z"
START_S = 1_532_908_800
PORTS = """
import asyncio, threading, time

def sleep(seconds):
    time.sleep(seconds)

def call(work):
    work()

async def nap(seconds):
    await asyncio.sleep(seconds)

def start(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread
"""


@pytest.fixture
def ports() -> Any:
    """Return a module that waits for something real."""
    module = ModuleType("ports.waiting")
    exec(PORTS, vars(module))  # noqa: S102  # code of this test
    return module


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start the mock."""
    with mock_sagemaker(start=START, real_time_modules=["ports"]) as sagemaker:
        yield sagemaker


@pytest.mark.parametrize(
    "sleep",
    [
        lambda ports: ports.sleep(0.02),
        lambda ports: ports.call(lambda: time.sleep(0.02)),
        lambda ports: asyncio.run(ports.nap(0.02)),
        lambda ports: ports.start(lambda: time.sleep(0.02)).join(),
        lambda ports: ports.start(lambda: threading.Event().wait(0.02)).join(),
    ],
    ids=["its own", "of what it calls", "of its coroutines", "of its threads", "waits of its threads"],
)
def test_its_sleeps_are_real(sagemaker: SageMakerMock, ports: Any, sleep: Callable[[Any], object]) -> None:
    """They take real time and are not recorded."""
    began_s = real.monotonic()
    sleep(ports)
    assert real.monotonic() - began_s >= 0.02
    assert (len(sagemaker.sleeps), time.time()) == (0, START_S)


def test_the_sleeps_of_other_modules_are_virtual(sagemaker: SageMakerMock, ports: Any) -> None:
    """Threads of such a module do not change that."""
    done = threading.Event()
    thread = ports.start(done.wait)
    other = threading.Thread(target=time.sleep, args=(60,))
    other.start()
    other.join()
    asyncio.run(asyncio.sleep(60))
    done.set()
    thread.join()
    assert (len(sagemaker.sleeps), time.time()) == (2, START_S + 120)


def test_a_built_in_real_time_module_passes_virtual_time_to_what_it_calls() -> None:
    """A handler of a server, for example, may poll a job."""
    module: Any = ModuleType("testcontainers.core")
    exec(PORTS, vars(module))  # noqa: S102  # code of this test
    with mock_sagemaker(start=START) as sagemaker:
        module.sleep(0.001)
        assert sagemaker.sleeps == []
        module.call(lambda: time.sleep(60))
        assert time.time() == START_S + 60


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a thread waits for")
def test_a_real_sleep_of_the_tests_own_thread_holds_time(sagemaker: SageMakerMock, ports: Any) -> None:
    """It waits for something real, so a thread that polls a job stands still meanwhile."""
    with sleeping_beside(1_000_000):
        eventually(lambda: sagemaker.sleeps)
        before_s = time.time()
        for _ in range(5):
            ports.sleep(0.02)
        assert time.time() == before_s


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a thread waits for")
def test_the_real_sleeps_of_a_loop_have_one_patience(ports: Any) -> None:
    """It may wait for a thread that sleeps virtually, such as one that has the lock of a file."""
    over = threading.Event()

    def work() -> None:
        time.sleep(60)
        over.set()

    with mock_sagemaker(start=START, real_time_modules=["ports"], patience=0.2) as sagemaker:
        thread = threading.Thread(target=work)
        thread.start()
        eventually(lambda: sagemaker.sleeps)
        tries = 0
        while not over.is_set():
            ports.sleep(0.01)
            tries += 1
            assert tries < 100 * PATIENCE_S
        thread.join()
        assert time.time() == START_S + 60
        [move] = sagemaker.clock.forced_moves
        assert move.passed.total_seconds() == 60


def test_a_module_that_waits_for_a_lock_of_a_file_has_a_real_deadline() -> None:
    """Its sleeps are real, so its timer is, too. The timer of a module that only serves is virtual."""
    code = """
import time

def wait(seconds):
    ends, tries = time.monotonic() + seconds, 0
    while time.monotonic() < ends and tries < 99:
        time.sleep(0.001)
        tries += 1
    return tries
"""
    waiting, serving = ModuleType("filelock._api"), ModuleType("werkzeug.serving")
    for module in (waiting, serving):
        exec(code, vars(module))  # noqa: S102  # code of this test
    with mock_sagemaker(start=START):
        assert 0 < vars(waiting)["wait"](0.02) < 99
        assert vars(serving)["wait"](0.02) == 99
        assert time.time() == START_S


def test_a_name_covers_a_package_too() -> None:
    """It does not cover a name that only begins alike."""
    modules = RealTimeModules(["ports"])
    assert [modules.has(name) for name in ("ports", "ports.waiting", "portsmouth", "ports")] == [True, True, False, True]
