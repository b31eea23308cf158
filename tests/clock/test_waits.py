"""What threads wait for, with real threads and the real kernel; only Linux tells this."""

import ctypes
import multiprocessing
import os
import select
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import pytest

from sagemock.clock import answers, linux, system_calls, waits
from sagemock.clock.real import real
from sagemock.clock.stillness import Ended, Looker, Stillness
from sagemock.clock.system_calls import Call, owes_an_answer
from sagemock.clock.waits import MEANING, OUTSIDE, Time, Wait, Why, why
from sagemock.patches.sleep import VirtualSleep
from tests.support.connections import connection, outside
from tests.support.waiting import PATIENCE_S, eventually, in_loop, is_why, loop_thread, waiting_in

fcntl: Any = pytest.importorskip("fcntl", reason="Windows has no file locks of this kind")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not waits.tells(),
    reason="only Linux tells, and only where one thread runs at a time",
)


@contextmanager
def pool_thread() -> Iterator[tuple[ThreadPoolExecutor, threading.Thread]]:
    """Yield a pool with one worker, and the worker's thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool, pool.submit(threading.current_thread).result()


def test_the_table_describes_each_kind_of_wait() -> None:
    """The documentation shows the same table."""
    assert set(MEANING) == set(Why)
    assert {kind for kind, meaning in MEANING.items() if Time.PATIENCE in meaning} == OUTSIDE


def test_a_pool_worker_is_idle_or_waits_for_a_lock() -> None:
    """A lock with a timeout may give up; any other one is released by a thread."""
    gate = threading.Lock()
    with pool_thread() as (pool, worker):
        eventually(is_why(Why.IDLE, worker))
        gate.acquire()
        works = [pool.submit(gate.acquire), pool.submit(gate.acquire, timeout=60)]
        eventually(is_why(Why.LOCK, worker))
        gate.release()
        works[0].result()
        eventually(is_why(Why.TIMED_LOCK, worker))
        gate.release()
        works[1].result()


def read_with_the_gil(path: str) -> bytes:
    """Read a file without giving the GIL to another thread, as `open` and `read` do."""
    content, holding = ctypes.create_string_buffer(1024), ctypes.PyDLL(None)
    number = holding.open(path.encode(), os.O_RDONLY)
    length = holding.read(number, content, len(content))
    holding.close(number)
    return content.raw[:length]


def test_a_thread_that_waits_for_the_gil_is_about_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has got what it waited for, and may answer: the GIL's futex is in the interpreter's own data, and no lock is."""
    reasons, over = set[Why](), threading.Event()

    def beat() -> None:
        while not over.is_set():
            real.sleep(0.001)

    assert id(None) in linux.of_interpreter()
    monkeypatch.setattr(linux, "read", read_with_the_gil)
    before, ends_s = sys.getswitchinterval(), real.monotonic() + PATIENCE_S
    with waiting_in(beat, over.set) as worker:
        sys.setswitchinterval(PATIENCE_S)
        try:
            while not reasons:
                assert real.monotonic() < ends_s
                found = why(worker)
                reasons |= {found.why} if found.call is not None and found.call.name == "futex" else set()
        finally:
            sys.setswitchinterval(before)
    assert reasons == {Why.RUNS}


def test_where_the_kernel_does_not_map_the_memory_the_gil_looks_like_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its waits have a timeout."""
    monkeypatch.setattr(linux, "read", lambda _: None)
    assert not linux.of_interpreter.__wrapped__()


def test_a_thread_whose_epoll_has_something_to_report_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the kernel still shows the call for a moment after what it waits for has come."""
    ours, theirs = socket.socketpair()
    with ours, theirs, select.epoll() as epoll:
        epoll.register(ours, select.EPOLLIN)
        monkeypatch.setattr(waits, "blocked_in", lambda _: system_calls.Call("epoll_wait", (epoll.fileno(), 0, 1, 2**32 - 1)))
        assert why(threading.current_thread()).why is not Why.RUNS
        theirs.send(b"1")
        assert why(threading.current_thread()).why is Why.RUNS


def test_a_loop_serves_while_it_waits_for_other_threads_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop with a connection of its own waits for the outside, and one with a timer about to fire has something to do."""
    with connection() as (server, client, accepted), loop_thread() as (loop, thread):
        eventually(is_why(Why.SERVES, thread))
        in_loop(loop, lambda: [loop.add_reader(one, lambda: None) for one in (server, accepted)])
        eventually(is_why(Why.SERVES, thread))
        in_loop(loop, lambda: loop.add_reader(client, lambda: None))
        eventually(is_why(Why.WITHIN, thread))
        with outside() as (other, _):
            in_loop(loop, lambda: loop.add_reader(other, lambda: None))
            eventually(is_why(Why.OUTSIDE, thread))
            in_loop(loop, lambda: loop.remove_reader(other))
        timers = list[Any]()
        monkeypatch.setattr(waits, "_SOON_MS", 60_000)
        in_loop(loop, lambda: [timers.__iadd__([loop.call_later(50, lambda: None)]), loop.remove_reader(client)])
        eventually(is_why(Why.UNKNOWN, thread))
        in_loop(loop, lambda: [timers.pop().cancel(), *map(loop.remove_reader, (server, accepted))])


def test_a_connection_waits_for_the_outside_and_one_that_came_in_serves() -> None:
    """By whichever call. Where this process has both ends, it is known; a pair that has no name is as a pipe."""
    with connection() as (server, client, accepted), outside() as (other, answer):
        for one, expected, send in (
            (client, Why.WITHIN, partial(accepted.sendall, b"1")),
            (accepted, Why.SERVES, partial(client.sendall, b"1")),
            (other, Why.OUTSIDE, answer),
        ):
            with waiting_in(partial(one.recv, 1), send) as thread:
                eventually(is_why(expected, thread))
            one.settimeout(60)
            with waiting_in(partial(one.recv, 1), send) as thread:
                eventually(is_why(expected, thread))
            with waiting_in(partial(select.select, [one], [], []), send) as thread:
                eventually(is_why(expected, thread))
            one.recv(1)
        with waiting_in(
            lambda: server.accept()[0].close(),  # noqa: PLW0108  # the accept must wait in the new thread
            lambda: socket.create_connection(server.getsockname()).close(),
        ) as thread:
            eventually(is_why(Why.SERVES, thread))
    here, there = socket.socketpair()
    with here, there, waiting_in(partial(here.recv, 1), partial(there.sendall, b"1")) as thread:
        eventually(is_why(Why.LOCK, thread))


def test_a_pipe_inside_the_process_is_fed_by_a_thread_and_others_from_outside() -> None:
    """A child may hold the other end, but only a child that inherited it."""
    (here, there), (alone, fed) = os.pipe(), os.pipe()
    with waiting_in(lambda: os.read(here, 1), lambda: os.write(there, b"1")) as thread:
        eventually(is_why(Why.LOCK, thread))
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
            assert why(thread).why is Why.LOCK
            child.communicate(b"\n")
        command = [sys.executable, "-c", "input()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[there]) as child:  # noqa: S603  # our own code
            eventually(is_why(Why.OUTSIDE, thread))
            with waiting_in(child.wait, lambda: child.communicate(b"\n")) as waiting:
                eventually(is_why(Why.CHILD, waiting))
    fed_by = subprocess.Popen([sys.executable, "-c", "input(); print(1)"], stdin=subprocess.PIPE, stdout=fed)
    os.close(fed)
    with fed_by, waiting_in(lambda: os.read(alone, 1), lambda: None) as thread:
        eventually(is_why(Why.PERSON, thread))
        poll = waiting_in(lambda: select.select([alone], [], []), lambda: fed_by.communicate(b"\n"))
        with poll as polling:
            eventually(is_why(Why.PERSON, polling))
    for descriptor in (here, there, alone):
        os.close(descriptor)


def test_a_pipe_with_a_path_is_a_pipe(tmp_path: Path) -> None:
    """Where the other end is in this process, a thread feeds it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    here = os.open(path, os.O_RDWR)
    with path.open("wb", 0) as feeding, waiting_in(partial(os.read, here, 1), partial(feeding.write, b"1")) as thread:
        eventually(is_why(Why.LOCK, thread))
    with waiting_in(partial(os.read, here, 1), partial(os.write, here, b"1")) as thread:
        eventually(is_why(Why.PERSON, thread))
    os.close(here)


def test_a_write_that_blocks_waits_for_the_reader() -> None:
    """A thread of this process, or a child that reads late."""
    more = b"1" * 70_000
    (here, there), (read, fed) = os.pipe(), os.pipe()
    with waiting_in(partial(os.write, there, more), partial(os.read, here, len(more))) as thread:
        eventually(is_why(Why.LOCK, thread))

    def feed() -> None:
        with suppress(BrokenPipeError):
            os.write(fed, more)

    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], stdin=read) as child:
        os.close(read)
        with waiting_in(feed, child.kill) as thread:
            eventually(is_why(Why.PERSON, thread))
    for descriptor in (here, there, fed):
        os.close(descriptor)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system lacks it")
def test_a_child_may_be_awaited_by_a_descriptor_of_its_own() -> None:
    """As asyncio does since Python 3.12."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        number = os.pidfd_open(child.pid)
        with waiting_in(lambda: select.select([number], [], []), lambda: child.communicate(b"\n")) as thread:
            eventually(is_why(Why.OUTSIDE, thread))
        os.close(number)


SPAWN = multiprocessing.get_context("spawn")


@pytest.mark.parametrize(
    "pool, number", [(partial(ProcessPoolExecutor, 1, mp_context=SPAWN), 1), (partial(SPAWN.Pool, 1), 2)], ids=["future", "pool"]
)
def test_a_pool_of_processes_without_work_holds_no_time(pool: Callable[[], Any], number: int) -> None:
    """While it has work, its threads wait for the children."""
    before = threading.enumerate()
    with pool() as workers:
        submit: Callable[..., Any] = getattr(workers, "submit", None) or (lambda work, *given: workers.apply_async(work, given))
        work = submit(time.sleep, 0.3)

        def reasons() -> list[Why]:
            return [why(one).why for one in threading.enumerate() if one not in before]

        eventually(lambda: Why.PERSON in reasons())
        eventually(lambda: reasons().count(Why.IDLE) == number)
        assert work is not None
        # Not at the end of the block, where a Pool kills its workers while coverage writes their data.
        for end in ("close", "join"):
            getattr(workers, end, lambda: None)()


def test_a_semaphore_of_processes_is_given_by_a_thread_unless_there_is_a_child() -> None:
    """Its own timeout is known, so that a wait which is made again and again is one wait."""
    # One for each thread: a release may wake either thread that waits.
    semaphore, another = (multiprocessing.get_context("spawn").Semaphore(0) for _ in range(2))
    with waiting_in(semaphore.acquire, semaphore.release) as thread:
        eventually(is_why(Why.LOCK, thread))
        with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
            eventually(is_why(Why.OUTSIDE, thread))
            assert why(thread).timeout_ms == -1
            with waiting_in(partial(another.acquire, timeout=60), another.release) as timed:
                eventually(is_why(Why.OUTSIDE, timed))
                assert 0 < why(timed).timeout_ms <= 60_000
            child.communicate(b"\n")
    assert system_calls.time_out_ms(system_calls.Call("futex", (0, 9, 0, 1))) == -1


@pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="this system lacks it")
@pytest.mark.parametrize(
    "wait",
    [lambda: signal.sigwait([signal.SIGUSR2]), lambda: signal.sigtimedwait([signal.SIGUSR2], 60)],
    ids=["sigwait", "sigtimedwait"],
)
def test_a_signal_comes_from_outside_only_if_there_is_a_child(wait: Callable[[], object]) -> None:
    """Otherwise a thread of this process is to send it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    try:
        # To that thread alone: others do not block the signal, which would end the process.
        with waiting_in(wait, lambda: signal.pthread_kill(thread.ident or 0, signal.SIGUSR2)) as thread:
            eventually(lambda: (found := why(thread)).why is Why.UNKNOWN and found.call is not None)
            with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
                eventually(is_why(Why.OUTSIDE, thread))
                child.communicate(b"\n")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_what_a_thread_waits_for_may_change_while_it_stands_still() -> None:
    """A child that begins later may inherit the other end of a pipe."""
    read, write = os.pipe()
    with waiting_in(partial(os.read, read, 1), partial(os.write, write, b"1")) as thread:
        eventually(is_why(Why.LOCK, thread))
        still, looker = Stillness(), Looker(entered_by=thread, patience_s=60)
        eventually(lambda: still.all_rest([thread], looker=looker))
        command = [sys.executable, "-S", "-c", "input()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[write]) as child:  # noqa: S603  # our own interpreter
            assert not still.all_rest([thread], looker=looker)
            child.communicate(b"\n")
    os.close(read)
    os.close(write)


def test_a_pool_that_ends_waits_for_its_processes() -> None:
    """The thread that manages it has no work then, and is not idle."""

    class Manager(threading.Thread):
        pending_work_items: Final = dict[int, object]()
        is_over = False

        def is_shutting_down(self) -> bool:
            return self.is_over

    Manager.__name__ = "_ExecutorManagerThread"
    read, write = os.pipe()
    manager = Manager(target=os.read, args=(read, 1))
    manager.start()
    eventually(is_why(Why.IDLE, manager))
    manager.is_over = True
    assert why(manager).why is Why.LOCK
    os.write(write, b"1")
    manager.join()
    os.close(read)
    os.close(write)


def test_a_server_that_was_told_to_end_has_something_to_do() -> None:
    """`shutdown` waits until it has noticed: socketserver looks twice a second."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:

        def end() -> None:
            socket.create_connection(("127.0.0.1", int(server.server_address[1]))).close()

        with waiting_in(partial(server.serve_forever, PATIENCE_S), end) as thread:
            eventually(is_why(Why.SERVES, thread))
            vars(server)[waits._ENDS] = True
            assert why(thread).why is Why.RUNS


def test_a_child_may_change_a_file_that_a_thread_watches(tmp_path: Path) -> None:
    """By inotify, as watchdog does. Without a child, a thread of this process is to change it."""
    library = ctypes.CDLL(None)
    number = library.inotify_init()
    library.inotify_add_watch(number, os.fsencode(tmp_path), 0x100)  # IN_CREATE
    with waiting_in(partial(os.read, number, 1000), (tmp_path / "file").touch) as thread:
        eventually(lambda: (found := why(thread)).why is Why.UNKNOWN and found.call is not None)
        with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
            eventually(is_why(Why.OUTSIDE, thread))
            child.communicate(b"\n")
    os.close(number)


def test_reading_a_terminal_waits_for_a_person() -> None:
    """As a debugger's prompt does."""
    mine, theirs = os.openpty()
    with waiting_in(lambda: os.read(theirs, 1), lambda: os.write(mine, b"1\n")) as thread:
        eventually(is_why(Why.PERSON, thread))
    os.close(mine)
    os.close(theirs)


def test_sleeping_between_looks_at_its_own_threads_is_not_work() -> None:
    """The waits of joblib do so. Below subprocess it is a wait for a child, and any other sleeper is observed."""
    over: list[int] = []
    code = "VirtualSleep(lambda: None, sleep)(0.05)"
    threads = {}
    for module, expected in (("joblib.parallel", Why.LOOKS), ("subprocess", Why.CHILD), ("other", Why.SLEEPS)):
        scope: dict[str, Any] = {"__name__": module, "over": over, "VirtualSleep": VirtualSleep, "sleep": real.sleep}
        exec(f"def _retrieve():\n  while not over: {code}", scope)  # noqa: S102  # stands in for the library
        threads[threading.Thread(target=scope["_retrieve"])] = expected
    for thread in threads:
        thread.start()
    for thread, expected in threads.items():
        eventually(is_why(expected, thread))
    over.append(1)
    for thread in threads:
        thread.join()


def test_a_running_or_ended_thread_waits_for_nothing() -> None:
    """An ended thread is in no system call."""
    ended = threading.Thread(target=lambda: None)
    ended.start()
    ended.join()
    assert why(ended) == Wait(Why.RUNS)


def test_a_thread_that_wakes_another_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the same system call as one that waits, for an instant, with another operation: FUTEX_WAKE, private."""
    monkeypatch.setattr(waits, "blocked_in", lambda _: system_calls.Call("futex", (0, 129, 1, 0)))
    assert why(threading.current_thread()).why is Why.RUNS


def test_where_waits_cannot_be_read_threads_are_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a free-threaded build, whose frames keep moving, and on a machine with other system call numbers."""
    with pool_thread() as (_, worker):
        monkeypatch.setattr(waits, "has_one_interpreter_lock", lambda: False)
        assert not Stillness().all_rest([worker])
        monkeypatch.undo()
        monkeypatch.setattr(system_calls, "CALLS", {})
        assert not Stillness().all_rest([worker])
        monkeypatch.undo()
        eventually(lambda: Stillness().all_rest([worker]))


def test_a_call_repeated_after_its_own_timeout_is_the_same_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper may poll a server forever. A wait starts anew after it received something, and with another system call."""
    still, me, now_s, pulses = Stillness(), threading.current_thread(), [0.0], [0]
    monkeypatch.setattr(real, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(still, "_pulse", lambda _: pulses[0])

    def is_patient(after_s: float, name: str = "poll") -> bool:
        """Look at the call shortly before its end, and at its successor."""
        now_s[0] += after_s - 0.01
        still.rests(me)
        still._known(me, Wait(Why.OUTSIDE, system_calls.Call("poll", (0, 0)), 1000), Looker())
        now_s[0] += 0.01
        pulses[0] += 1
        still.rests(me)
        return still._is_patient(me, Wait(Why.OUTSIDE, system_calls.Call(name, (0, 0)), 1000), Looker(patience_s=1.5))

    assert [is_patient(after_s) for after_s in (0.01, 1, 1, 0.5)] == [True, True, False, True]
    assert [is_patient(1), is_patient(1, "recvfrom"), is_patient(1)] == [True, True, True]


def test_a_repeated_call_is_the_same_wait_although_nobody_looked_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the looks are rare: a call may have begun long before it is first seen. Data that came says it is new."""
    still, me, now_s, pulses = Stillness(), threading.current_thread(), [0.0], [0]
    received_ms = [10_000]
    monkeypatch.setattr(real, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(still, "_pulse", lambda _: pulses[0])
    monkeypatch.setattr(
        answers,
        "traffic",
        lambda _: system_calls.Traffic(is_connecting=False, segments=1, sent_ms=0, received_ms=received_ms[0], received=1),
    )

    def is_patient(after_s: float) -> bool:
        now_s[0] += after_s
        pulses[0] += 1
        still.rests(me)
        return still._is_patient(me, Wait(Why.OUTSIDE, system_calls.Call("recvfrom", (1, 0)), 100), Looker(patience_s=1))

    assert [is_patient(after_s) for after_s in (0, 0.15, 0.07, 0.15, 0.07, 0.6)] == [True] * 5 + [False]
    received_ms[0] = 10
    assert is_patient(0.1)


def test_threads_that_wait_side_by_side_have_one_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five helpers that wait for something outside cost ten seconds together, not fifty."""
    now_s, path, still = [0.0], tmp_path / "lock", Stillness()
    with ExitStack() as stack:
        mine = stack.enter_context(path.open("w"))
        fcntl.flock(mine, fcntl.LOCK_EX)

        def wait() -> None:
            with path.open("w") as other:
                fcntl.flock(other, fcntl.LOCK_EX)

        end = partial(fcntl.flock, mine, fcntl.LOCK_UN)
        threads = [stack.enter_context(waiting_in(wait, end)) for _ in range(3)]
        for thread in threads:
            eventually(is_why(Why.OUTSIDE, thread))
        with monkeypatch.context() as patch:
            patch.setattr(real, "monotonic", lambda: now_s[0])
            looker = Looker(patience_s=60)
            assert not still.all_rest(threads, looker=looker)
            assert still.holder == (threads[0], Why.OUTSIDE)
            now_s[0] = 60
            assert still.all_rest(threads, looker=looker)


def test_a_wait_that_cannot_be_read_is_unknown() -> None:
    """The thread has gone on and closed its descriptor."""
    assert system_calls.descriptors(system_calls.Call("poll", (1, 2))) == []
    assert system_calls.goes_to(-1) == ""
    assert not system_calls.is_pipe(-1)
    with connection() as (_, client, accepted):
        for one, expected, send in ((client, Why.WITHIN, accepted), (accepted, Why.SERVES, client)):
            end = partial(send.sendall, b"1")
            with waiting_in(partial(os.read, one.fileno(), 1), end) as thread:
                eventually(is_why(expected, thread))
    with waiting_in(partial(select.select, [], [], [], 0.2), lambda: None) as thread:
        eventually(is_why(Why.SLEEPS, thread))


def test_a_file_lock_is_a_wait_for_the_outside(tmp_path: Path) -> None:
    """Another process may hold the lock."""
    path = tmp_path / "lock"
    with path.open("w") as mine, path.open("w") as other:
        fcntl.flock(mine, fcntl.LOCK_EX)
        with waiting_in(partial(fcntl.flock, other, fcntl.LOCK_EX), partial(fcntl.flock, mine, fcntl.LOCK_UN)) as thread:
            eventually(is_why(Why.OUTSIDE, thread))


def test_a_wait_for_the_outside_holds_time_until_its_patience_ends() -> None:
    """It holds time once, and never an explicit advance."""
    with outside() as (client, answer), waiting_in(lambda: client.recv(1), answer) as thread:
        eventually(is_why(Why.OUTSIDE, thread))
        still = Stillness()
        assert not still.all_rest([thread], looker=Looker(patience_s=60))
        assert still.all_rest([thread], looker=Looker(patience_s=0))
        assert still.all_rest([thread], looker=Looker(patience_s=60, is_forced=True))
        assert still.all_rest([], older=[thread], looker=Looker(patience_s=60))


def test_an_older_thread_is_busy_until_it_stands_still() -> None:
    """While it waits with a timeout (with musl's C library perhaps for the GIL), it may have been busy: it keeps its patience."""
    lock, over = threading.Lock(), threading.Event()
    lock.acquire()
    still, looker = Stillness(), Looker(patience_s=60, is_timeout=False)
    with waiting_in(lambda: lock.acquire(timeout=60), lock.release) as timed:
        eventually(lambda: still.all_rest([], older=[timed], looker=looker))
        assert timed in still._busy_since_s
    with waiting_in(over.wait, over.set) as waits_on:
        eventually(lambda: still.all_rest([], older=[waits_on], looker=looker))
        assert waits_on not in still._busy_since_s


def test_a_connection_is_within_when_all_that_was_sent_has_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that a child has, too, is not; nor is one of which the kernel tells nothing, nor what is no connection."""
    with connection() as (server, client, accepted), outside() as (other, _), socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        numbers = client.fileno(), accepted.fileno()
        assert all(map(system_calls.is_within, numbers))
        assert system_calls.is_within(numbers[0], numbers)
        assert not system_calls.is_within(numbers[0], numbers[:1])
        assert not any(system_calls.is_within(one.fileno()) for one in (server, other, datagrams))
        client.settimeout(0)
        with suppress(BlockingIOError):
            while client.send(bytes(1 << 16)):
                pass
        # Nobody reads what has arrived, so the rest is not on its way.
        assert all(map(system_calls.is_within, numbers))
        with monkeypatch.context() as context:
            context.setattr(system_calls, "is_ready", lambda _: False)
            assert not any(map(system_calls.is_within, numbers))
            while not system_calls.is_within(numbers[0]):
                accepted.recv(1 << 20)
        for one, also in ((client, accepted), (accepted, client)):
            command = [sys.executable, "-S", "-c", "input()"]
            with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[one.fileno()]) as child:  # noqa: S603  # likewise
                assert not system_calls.is_within(also.fileno())
                child.communicate(b"\n")
        monkeypatch.setattr(system_calls, "_MANY", 0)
        monkeypatch.setattr(system_calls, "_BYTES_SENT_AGAIN", 10_000)
        with connection() as (_, another, _):
            assert not system_calls.is_within(another.fileno())
            assert len(system_calls._OTHER_ENDS) == 1


def test_a_unix_connection_is_within_and_what_it_accepted_serves(tmp_path: Path) -> None:
    """Whichever of a server's clients it is; until it is accepted, the other end may be anywhere."""
    name = str(tmp_path / "server")
    with ExitStack() as ends:
        server, *clients = [ends.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(3)]
        server.bind(name)
        server.listen()
        for client in clients:
            client.connect(name)
        numbers = [client.fileno() for client in clients]
        assert not any(map(system_calls.is_within, numbers))
        accepted = [ends.enter_context(server.accept()[0]) for _ in clients]
        ends_here = [one.fileno() for one in accepted]
        assert all(map(system_calls.is_within, (*numbers, *ends_here)))
        assert system_calls.is_within(numbers[1], ends_here)
        assert not system_calls.is_within(numbers[1], numbers)
        assert system_calls.serves([server.fileno(), *numbers, *ends_here]) == {server.fileno(), *ends_here}
        for one, expected, send in (
            (clients[0], Why.WITHIN, partial(accepted[0].sendall, b"1")),
            (accepted[0], Why.SERVES, partial(clients[0].sendall, b"1")),
        ):
            with waiting_in(partial(one.recv, 1), send) as thread:
                eventually(is_why(expected, thread))
        pair = [ends.enter_context(one) for one in socket.socketpair()]
        assert not any(system_calls.is_within(one.fileno()) for one in pair)


def test_a_look_at_a_descriptor_opens_none() -> None:
    """Whatever the descriptor is: also a pipe, or one that was closed."""
    owes = partial(owes_an_answer, within_s=10, is_read=True)
    with ExitStack() as ends, connection() as sockets:
        numbers = [*os.pipe(), *(one.fileno() for one in (*sockets, *map(ends.enter_context, socket.socketpair())))]
        before = list(Path("/proc/self/fd").iterdir())
        for _ in range(3):
            for number in (*numbers, 1_000_000):
                for ask in (system_calls.traffic, system_calls.is_within, system_calls.is_pair, owes):
                    ask(number)
            system_calls.serves(numbers)
            system_calls.other_ends(numbers)
            assert system_calls.pid_of(numbers[0]) is None
        assert len(list(Path("/proc/self/fd").iterdir())) == len(before)
        for number in numbers[:2]:
            os.close(number)


def test_idle_threads_rest_at_the_first_look() -> None:
    """Not while one of them works; their position in the code alone proves nothing."""
    with pool_thread() as (pool, worker), pool_thread() as (_, other), loop_thread() as (_, looping):
        threads = [worker, other, looping]
        eventually(lambda: all(why(one).why in {Why.IDLE, Why.SERVES} for one in threads))
        still = Stillness()
        assert still.all_rest(threads)
        assert still.all_rest(threads)
        over = list[int]()

        def spin() -> None:
            while not over:
                pass

        work = pool.submit(spin)
        assert not any(Stillness().all_rest([other, worker]) for _ in range(20))
        over.append(1)
        work.result()
        assert not Stillness(lambda _: 0).all_rest([other])


def test_a_thread_that_ran_between_two_looks_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have woken a thread that was inspected before; an ended one cannot."""
    with pool_thread() as (_, worker):
        eventually(is_why(Why.IDLE, worker))
        still = Stillness()
        beats = iter([1, 2, 2, 2])
        monkeypatch.setattr(still, "_pulse", lambda _: next(beats))
        assert not still.all_rest([worker])
        assert still.all_rest([worker])

        def end(_thread: threading.Thread) -> int:
            if not pulses:
                raise Ended
            return pulses.pop()

        pulses = [3]
        monkeypatch.setattr(still, "_pulse", end)
        assert still.all_rest([worker])


@pytest.mark.parametrize("state, expected", [(b"D", Why.RUNS), (b"S", Why.UNKNOWN)])
def test_a_thread_that_the_kernel_does_not_let_wake_up_goes_on_by_itself(
    monkeypatch: pytest.MonkeyPatch, state: bytes, expected: Why
) -> None:
    """It starts a child, say, by a call that is none of those known."""
    monkeypatch.setattr(waits, "blocked_in", lambda _: Call("", (0, 0)))
    monkeypatch.setattr(waits, "of_thread", lambda *_: b"1 (x) " + state)
    assert why(threading.current_thread()).why is expected


def test_a_short_step_of_the_clock_itself_is_no_sleep() -> None:
    """Such as the one before a fork: the thread is about to go on."""
    over = threading.Event()

    def step() -> None:
        while not over.is_set():
            real.sleep(0.05)

    def sleeps(thread: threading.Thread, expected: Why) -> bool:
        found = why(thread)
        return found.call is not None and found.why is expected

    of_the_clock = FunctionType(step.__code__, {**globals(), "__name__": "sagemock.clock.step"}, closure=step.__closure__)
    for work, expected in ((step, Why.SLEEPS), (of_the_clock, Why.RUNS)):
        over.clear()
        with waiting_in(work, over.set) as thread:
            eventually(partial(sleeps, thread, expected))
