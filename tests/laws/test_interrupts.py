"""A signal handler may raise anywhere: nothing swallows its error, and the mock works afterwards."""

import dis
import json
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle, pairwise
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, cast

import pytest

from sagemock import Plan
from sagemock.clock import linux, sleepers, virtual
from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock
from sagemock.events import delivery
from sagemock.jobs import store as stores
from sagemock.jobs.interventions import Delete
from sagemock.jobs.store import Order, Store
from sagemock.moto import artifacts
from sagemock.patches import polled_loop, selector_loop, tasks
from sagemock.training.job import Job
from tests.support import children
from tests.support.interrupts import interrupt_at
from tests.support.strategies import PLACE, START_US, job_named
from tests.support.waiting import eventually

START = "2018-07-30T12:00:00Z"
S = 1_000_000
GONE_US = START_US + 10**12
MANY = 7
ORDERS: Sequence[Order] = ["CreationTime", "Name", "Status"]


class Sleeping:
    """A clock on which another thread sleeps, one hour at a time."""

    def __init__(self) -> None:
        self.clock = Clock(START)
        self.sleepers = Sleepers(self.clock, set(threading.enumerate()) - {threading.current_thread()})
        self.ends = False
        self.thread = threading.Thread(target=self._sleep)

    def _sleep(self) -> None:
        while not self.ends:
            self.nap(3600)

    def nap(self, seconds: int) -> None:
        """Sleep for some virtual seconds."""
        self.sleepers.until_us(self.clock.now_us() + seconds * S)


@contextmanager
def sleeping() -> Iterator[Sleeping]:
    """Yield a clock on which another thread sleeps; check at the end that no thread sleeps and no lock is held."""
    found = Sleeping()
    found.thread.start()
    eventually(lambda: found.sleepers.table)
    try:
        yield found
        before_us = found.clock.now_us()
        found.nap(10)
        assert found.clock.now_us() == before_us + 10 * S
    finally:
        found.ends = True
        found.sleepers.close()
        found.thread.join()
    assert not found.sleepers.table
    assert (found.sleepers._driver, found.sleepers._mover) == (None, None)


def test_a_sleep_may_be_interrupted_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread stays registered as asleep, and none waits for a thread that no longer looks."""
    with sleeping() as world:
        looks = [interrupt_at(lambda: world.nap(10), moment) for moment in range(100)]
        # Now with two looks for each sleep: a thread that looked and then leaves must hand the task on to another one.
        found = cycle([False, True])
        monkeypatch.setattr(world.sleepers._holds.stillness, "all_rest", lambda *_, **__: next(found))
        moment = 0

        def nap() -> None:
            world.sleepers._driver = None
            world.nap(10)

        while interrupt_at(nap, moment):
            assert {sleeper.thread for sleeper in world.sleepers.table} <= {world.thread}
            assert world.sleepers._driver in {None, *world.sleepers.table}
            moment += 1
        monkeypatch.undo()
    assert all(looks[:20])
    assert moment > MANY


def test_an_observer_may_be_interrupted_at_any_moment() -> None:
    """The clock's lock, which was released for the observer, is taken again, and the clock knows which thread moves it."""

    class Observer:
        due_us: int | None = None

        def next_us(self, after_us: int) -> int | None:
            return self.due_us if self.due_us is not None and self.due_us > after_us else None

        def settle(self, _at_us: int) -> None:
            self.due_us = None
            world.clock.released(lambda: world.nap(1))

    observer = Observer()
    with sleeping() as world:
        world.clock.add_agenda(observer)
        for moment in range(0, 400, 3):
            observer.due_us = world.clock.now_us() + 5 * S
            interrupt_at(lambda: world.clock.advance(10), moment)
            assert not cast("Any", world.clock)._lock._is_owned()
        observer.due_us = None


def test_an_interrupted_clock_takes_its_lock_again() -> None:
    """It is held as often as before, wherever the interruption came."""
    of_time = Clock(START)
    lock: Any = cast("Any", of_time)._lock
    for moment in range(40):
        with lock, lock:
            interrupt_at(lambda: of_time.released(lambda: None), moment)
            assert lock._is_owned()
        assert not lock._is_owned()


@pytest.mark.parametrize("change", ["a new job", "a new record", "a deleted job"])
def test_a_store_is_whole_after_an_interrupted_change(change: str) -> None:
    """A job is in all indexes or in none."""
    moment, came = 0, True
    while came:
        store = Store()
        job = job_named("job", 2, START_US, Plan.completes(starting=0, downloading=0, training=0, uploading=0))
        store.put(job_named("older", 1, START_US))
        if change != "a new job":
            store.put(job)
        if change == "a new record":
            job = replace(job, tags=(("team", "churn"),))
        elif change == "a deleted job":
            store.put(job.after(Delete(0)))
        came = interrupt_at(partial(store.forget, GONE_US) if change == "a deleted job" else partial(store.put, job), moment)
        region = store.region(job.place, Job)
        for order in ORDERS:
            page = region.page(order, descending=False, after=None, limit=10, now_us=START_US)
            assert {found.name for _, found in page} == set(region.by_name)
        store.forget(GONE_US)
        assert region.by_name.keys() - {"job"} == {"older"}
        assert store.settled_us() is not None
        moment += 1
    assert moment > MANY


def test_a_list_by_status_is_whole_after_an_interrupted_one() -> None:
    """The list finds the status of each job again."""
    moment, came = 0, True
    while came:
        store = Store()
        for number in range(5):
            store.put(job_named(f"job-{number}", number, START_US))
        region = store.region(PLACE, Job)
        came = interrupt_at(partial(region.page, "Status", descending=False, after=None, limit=9, now_us=START_US), moment)
        assert len(region.page("Status", descending=False, after=None, limit=9, now_us=START_US)) == len(region.by_name)
        moment += 1
    assert moment > MANY


WATCHED = """
import gc, signal, time
from concurrent.futures import ThreadPoolExecutor
from sagemock import mock_sagemaker
from tests.support.calling import create, describe, make_client
from tests.support.interrupts import Watchdog


def handle(*_):
    raised.append(1)
    raise Watchdog


def watch(seconds):
    while not over:
        time.sleep(seconds)


def wait(rounds):
    # In a function of its own: CPython leaves the jump back of a loop out of the `try` around it.
    while len(raised) == rounds:
        time.sleep(5)


# Python itself drops what is raised while it calls back for a weak reference to garbage.
gc.disable()
raised, over, came = [], [], 0
signal.signal(signal.SIGALRM, handle)
with mock_sagemaker(idle_limit=None), ThreadPoolExecutor(4) as pool:
    client = make_client()
    create(client)
    watching = [pool.submit(watch, 7 + number) for number in range({others})]
    for round_ in range(60):
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001 + round_ * 0.0002)
            wait(round_)
        except Watchdog:
            came += 1
    over.append(1)
    for one in watching:
        one.result()
    assert describe(client)["TrainingJobName"] == "churn"
print(came, len(raised))
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarms")
@pytest.mark.parametrize("others", [0, 3])
def test_no_error_of_a_handler_is_lost(others: int) -> None:
    """pytest-timeout with its method "signal" raises such errors."""
    assert children.run(WATCHED.replace("{others}", str(others))) == ("60 60\n", "")


def test_only_errors_of_the_call_itself_are_caught() -> None:
    """An error from another function is raised again, unless its module is named."""

    def handle() -> None:
        raise ValueError

    def caught(work: Callable[[], object], *modules: str) -> bool:
        try:
            work()
        except ValueError as error:
            raise_if_foreign(error, *modules)
            return True
        return False

    assert caught(partial(float, "none"))
    assert caught(partial(json.loads, "none"), "json")
    assert not caught(list)
    for foreign in (handle, partial(json.loads, "none")):
        with pytest.raises(ValueError):  # noqa: PT011  # the kind is all that matters
            caught(foreign, "base64", "js")


# Modules that change state under a lock, or with a `try` that undoes the change.
GUARDED = [artifacts, virtual, delivery, polled_loop, selector_loop, linux, sleepers, stores, tasks]


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and all code objects in it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from codes(one)


@pytest.mark.skipif(not hasattr(dis, "_parse_exception_table"), reason="CPython 3.11 and newer")
@pytest.mark.parametrize("module", GUARDED, ids=lambda module: module.__name__)
def test_no_while_loop_jumps_back_outside_of_its_guard(module: ModuleType) -> None:
    """CPython leaves the jump back of a `while` out of the surrounding `with` or `try`, and a signal handler may run there."""
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    bare = []
    for code in codes(compile(source, module.__name__, "exec")):
        entries: Any = vars(dis)["_parse_exception_table"](code)
        guarded = {place for entry in entries if _undoes(code, entry.target) for place in range(entry.start, entry.end)}
        # An `await` into which an error was thrown jumps back to its end (CPython 3.12); that is not a loop.
        bare += [
            (code.co_name, jump.offset)
            for before, jump in pairwise(dis.get_instructions(code))
            if jump.opname == "JUMP_BACKWARD" and jump.argval in guarded and jump.offset not in guarded
            if before.opname != "CLEANUP_THROW"
        ]
    assert bare == []


def _undoes(code: CodeType, target: int) -> bool:
    """Return whether the handler at this target catches errors, and is not the cleanup of a comprehension's variable."""
    first = next(one for one in dis.get_instructions(code) if one.offset == target)
    return first.opname == "PUSH_EXC_INFO"
