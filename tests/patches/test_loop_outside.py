"""Law 7 for an event loop that waits for connections and child processes."""

import asyncio
import math
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sagemock import Clock, mock_sagemaker
from sagemock.clock import holds
from sagemock.clock.real import real
from sagemock.clock.waits import Why
from sagemock.patches import loop_outside, selector_loop
from sagemock.patches.loop_outside import LoopOutside, Waiting
from tests.support.waiting import PATIENCE_S, sleeping_beside, waiting_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a connection has sent and received")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return both ends of a connection: the calling one and the accepted one."""
    with ExitStack() as ends:
        listening = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        calling = ends.enter_context(socket.create_connection(listening.getsockname()))
        called = ends.enter_context(listening.accept()[0])
        yield calling, called


NOBODY, SOMEBODY = Waiting(lambda: False), Waiting(lambda: True)


def left_s(outside: LoopOutside, number: int, patience_s: float = 10, *, is_awaited: bool = False) -> float:
    """Return for how many more seconds a descriptor holds time, rounded to tens: the test may be slow."""
    awaited = outside.awaited([number], patience_s, Waiting(lambda: is_awaited))
    return 0 if awaited is None else max(0, round(awaited.until_s - real.monotonic(), -1))


def timers_left_s(outside: LoopOutside, *numbers: int, patience_s: float = 10) -> float:
    """Return for how many more seconds the timers of a loop without a sleeping task are held, rounded likewise."""
    awaited = outside.awaited_by_timers(numbers, patience_s, NOBODY)
    return 0 if awaited is None else max(0, round(awaited.until_s - real.monotonic(), -1))


def test_a_connection_holds_time_from_a_request_until_its_answer(pair: tuple[socket.socket, socket.socket]) -> None:
    """Again for each request."""
    (calling, called), outside = pair, LoopOutside()
    number = calling.fileno()
    outside.arrived([number])
    assert left_s(outside, number) == 0
    for _ in range(2):
        calling.send(b"?")
        assert left_s(outside, number) == 10
        called.recv(1)
        called.send(b"!")
        calling.recv(1)
        outside.arrived([number])
        assert left_s(outside, number) == 0


def test_a_connection_whose_both_ends_the_loop_has_holds_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    """A task of its own is to answer, as of a server beside its client."""
    (calling, called), outside = pair, LoopOutside()
    numbers = calling.fileno(), called.fileno()
    outside.arrived(numbers)
    calling.send(b"?")
    assert left_s(outside, numbers[0]) == 10
    assert outside.awaited(numbers, 10, SOMEBODY) is None
    assert timers_left_s(outside, *numbers[:1]) == 10
    assert timers_left_s(outside, *numbers) == 0


def test_an_answer_may_come_in_parts(pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part holds time for another moment, if a task may wait for the next one."""
    (calling, called), outside = pair, LoopOutside()
    outside.arrived([calling.fileno()])
    calling.send(b"?")
    called.send(b"!")
    calling.recv(1)
    monkeypatch.setattr(loop_outside, "_FLOWS_MS", 60_000)
    outside.arrived([calling.fileno()])
    assert left_s(outside, calling.fileno()) == 0
    assert left_s(outside, calling.fileno(), is_awaited=True) == 60


def test_patience_for_one_connection_is_used_once(pair: tuple[socket.socket, socket.socket]) -> None:
    """A connection that sends and gets no answer does not hold time again, until something arrives."""
    (calling, called), outside = pair, LoopOutside()
    number = calling.fileno()
    outside.arrived([number])
    calling.send(b"?")
    assert left_s(outside, number) == 10
    real.sleep(0.01)
    calling.send(b"?")
    assert left_s(outside, number, 0.005) == 0
    called.send(b"!")
    outside.arrived([number])
    calling.send(b"?")
    assert left_s(outside, number) == 10


def test_a_request_has_its_own_patience_after_that_of_a_reading_task(pair: tuple[socket.socket, socket.socket]) -> None:
    """A websocket's heartbeat, say: the loop has not looked at the connection since its task's patience was over."""
    (calling, called), outside = pair, LoopOutside()
    number = calling.fileno()
    reading = Waiting(lambda: True, lambda: [number])
    called.send(b"!")
    calling.send(b"?")
    outside.arrived([number])
    assert outside.awaited([number], 60, reading) is not None
    for since_s, expected_s in ((real.monotonic() - 3600, 60), (real.monotonic() - 30, 30)):
        outside._known[number].since_s = since_s
        calling.send(b"?")
        awaited = outside.awaited([number], 60, reading)
        assert awaited is not None
        # The second request gets no answer either, and has no patience of its own.
        assert round(awaited.until_s - real.monotonic(), -1) == expected_s


def test_the_connection_that_holds_time_longest_counts(pair: tuple[socket.socket, socket.socket]) -> None:
    """The loop sent a request on the second one later."""
    (first, _), outside = pair, LoopOutside()
    with ExitStack() as ends:
        listening = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        second = ends.enter_context(socket.create_connection(listening.getsockname()))
        outside.arrived([first.fileno(), second.fileno()])
        first.send(b"?")
        assert left_s(outside, first.fileno()) == 10
        real.sleep(0.1)
        second.send(b"?")
        both = [outside.awaited(numbers, 10, NOBODY) for numbers in ((first.fileno(), second.fileno()), (second.fileno(),))]
        again = outside.awaited([second.fileno(), first.fileno()], 10, NOBODY)
        assert again is not None
        assert [one and one._replace(sockets=()) for one in both] == [again._replace(sockets=())] * 2


def test_the_kernels_clocks_tell_of_requests_sent_before_the_first_look(pair: tuple[socket.socket, socket.socket]) -> None:
    """The loop was not observed when the request was sent."""
    (calling, called), outside = pair, LoopOutside()
    real.sleep(0.02)
    calling.send(b"?")
    assert left_s(outside, calling.fileno()) == 10
    real.sleep(0.02)
    called.send(b"!")
    calling.recv(1)
    outside.forget()
    assert left_s(outside, calling.fileno()) == 0


def test_looks_tell_of_answers_in_a_loop_that_does_not(pair: tuple[socket.socket, socket.socket]) -> None:
    """As uvloop: a request that is sent after the look behind an answer has no answer yet, however soon."""
    (calling, called), outside = pair, LoopOutside()
    number = calling.fileno()
    for _ in range(3):
        outside.look([number])
        calling.send(b"?")
        assert left_s(outside, number) == 10
        outside.look([number])
        assert left_s(outside, number) == 10
        called.send(b"!")
        calling.recv(1)
        outside.look([number])
        assert left_s(outside, number) == 0
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outside.look([ours.fileno()])
        assert left_s(outside, ours.fileno()) == 0


def test_an_accepted_connection_holds_no_time(pair: tuple[socket.socket, socket.socket]) -> None:
    """However much it has sent; an unknown socket holds none either."""
    (_, called), outside = pair, LoopOutside()
    called.send(b"?")
    assert left_s(outside, called.fileno()) == 0
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert left_s(outside, ours.fileno()) == 0


def test_a_unix_connection_within_this_process_holds_time_while_a_task_waits(tmp_path: Path) -> None:
    """Only once, as nothing tells what it has sent. One whose other end is not here is unknown."""
    outside = LoopOutside()
    with ExitStack() as ends:
        listening, calling = ends.enter_context(listens("unix", tmp_path)), ends.enter_context(socket.socket(socket.AF_UNIX))
        calling.connect(listening.getsockname())
        number = calling.fileno()
        assert not outside.are_known([number])
        assert timers_left_s(outside, number) == math.inf
        called = ends.enter_context(listening.accept()[0])
        assert outside.are_known([number, called.fileno()])
        assert left_s(outside, number) == 0
        assert left_s(outside, number, is_awaited=True) == 10
        assert left_s(outside, called.fileno(), is_awaited=True) == 0
        assert outside.awaited([number, called.fileno()], 10, SOMEBODY) is None
        assert timers_left_s(outside, number) == timers_left_s(outside, called.fileno()) == 0
        awaited = outside.awaited_by_timers([number], 10, SOMEBODY)
        assert awaited is not None
        assert awaited.sockets == (number,)


def test_a_pipe_holds_time_while_a_child_has_its_other_end() -> None:
    """Otherwise its writer is in this process; a descriptor number that is used again is a new pipe."""
    outside = LoopOutside()
    reads, writes = os.pipe()
    assert left_s(outside, reads) == 0
    command = [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE):  # noqa: S603  # our own code
        assert left_s(outside, reads) == 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[writes]):  # noqa: S603  # our own code
        assert left_s(outside, reads) == 10
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, reads)
        assert left_s(outside, reads) == 0
    for each in (nothing, reads, writes):
        os.close(each)


def test_without_a_sleeping_task_timers_are_real_until_connections_are_quiet(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """A task may wait for data on an outgoing connection; an accepted one waits for the next request."""
    (calling, called), outside = pair, LoopOutside()
    numbers = calling.fileno(), called.fileno()
    outside.arrived(numbers)
    assert timers_left_s(outside, numbers[0]) == 10
    assert timers_left_s(outside, numbers[1]) == 0
    real.sleep(0.02)
    assert timers_left_s(outside, numbers[0], patience_s=0.01) == 0
    quiet = outside.awaited_by_timers(numbers[:1], 10, NOBODY)
    calling.send(b"?")
    owed = outside.awaited_by_timers(numbers[:1], 10, NOBODY)
    assert timers_left_s(outside, numbers[0]) == 10
    # Only where an answer is owed a move is worth a record.
    assert [one and one.why for one in (quiet, owed)] == ["", Why.OUTSIDE.value]
    assert owed is not None
    assert owed.sockets == numbers[:1]


def test_without_a_sleeping_task_timers_are_real_beside_unknown_descriptors() -> None:
    """A pipe whose other end a child has open counts too, and a loop that does not tell for what it waits (Windows)."""
    outside = LoopOutside()
    assert timers_left_s(outside) == math.inf
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert timers_left_s(outside, ours.fileno()) == math.inf
    reads, writes = os.pipe()
    assert timers_left_s(outside, reads) == 0
    command = [sys.executable, "-S", "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[writes]) as child:  # noqa: S603  # our own code
        assert timers_left_s(outside, reads) == math.inf
        child.communicate(b"\n")
    for each in (reads, writes):
        os.close(each)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="not in every C library")
def test_a_child_awaited_through_a_descriptor_holds_time() -> None:
    """Such as asyncio's from Python 3.12 on; time is held until the child's exit status has been read."""
    outside = LoopOutside()
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        number = os.pidfd_open(child.pid)
        assert left_s(outside, number) == 10
    assert left_s(outside, number) == 0
    os.close(number)


def test_time_that_passes_while_a_loop_waits_for_the_outside_is_recorded(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the patience for an answer ends, and when the test advances the clock; one wait has one record."""
    calling, _ = pair
    monkeypatch.setattr(holds, "is_within", lambda _: False)

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        calling.settimeout(0)
        # The kernel counts milliseconds, and the mock did not see when the connection was made.
        real.sleep(0.02)
        answer = asyncio.create_task(loop.sock_recv(calling, 1))
        await loop.sock_sendall(calling, b"?")
        for _ in range(3):
            await asyncio.sleep(60)
        assert not answer.done()
        answer.cancel()

    with mock_sagemaker(start="2018-07-30T00:00:00Z", patience=0) as sagemaker:
        asyncio.run(ask())
        [move] = sagemaker.clock.forced_moves
        assert move.passed == timedelta(minutes=3)
        assert (move.thread, move.why) == (threading.current_thread().name, Why.OUTSIDE.value)
        assert move.place.startswith(__file__)


ASLEEP_BESIDE = pytest.mark.parametrize("beside_s", [3600, 0], ids=["beside-a-sleep", "alone"])


def listens(kind: str, directory: Path) -> socket.socket:
    """Return a listening socket."""
    if kind == "tcp":
        return socket.create_server(("127.0.0.1", 0))
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(directory / "server"))
    server.listen()
    return server


async def answers_of(address: str | tuple[str, int], *requests: bytes, beside_s: float) -> bytes:
    """Ask over one connection, with a timeout of a hundred seconds, beside a task that sleeps for `beside_s`."""
    beside = asyncio.create_task(asyncio.sleep(beside_s))
    asked = asyncio.open_unix_connection(address) if isinstance(address, str) else asyncio.open_connection(*address)
    reader, writer = await asked
    answers = b""
    for request in requests:
        writer.write(request)
        answers += await asyncio.wait_for(reader.read(1), 100)
    writer.close()
    await writer.wait_closed()
    beside.cancel()
    return answers


@pytest.mark.parametrize("kind", ["tcp", "unix"])
@ASLEEP_BESIDE
def test_a_loops_request_to_a_thread_of_the_mock_does_not_stop_time(
    loop: asyncio.AbstractEventLoop, beside_s: float, kind: str, tmp_path: Path
) -> None:
    """The thread sleeps virtually before it answers, and the answer comes before the client's timeout and without patience."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            for _ in range(2):
                connection.recv(1)
                time.sleep(1)
                connection.send(b"!")

    with listens(kind, tmp_path) as listening, mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        server = threading.Thread(target=serve)
        server.start()
        assert loop.run_until_complete(answers_of(listening.getsockname(), b"?", b"?", beside_s=beside_s)) == b"!!"
        assert sagemaker.clock.now().timestamp() == 1_532_908_802
        assert sagemaker.clock.forced_moves == ()
        server.join()


@ASLEEP_BESIDE
def test_a_loops_request_that_nobody_reads_yet_does_not_stop_time(loop: asyncio.AbstractEventLoop, beside_s: float) -> None:
    """It is too large for the buffers of the connection, and the thread sleeps virtually before it reads."""
    size = 10_000_000

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as file:
            time.sleep(50)
            connection.send(b"!" if len(file.read(size)) == size else b"?")

    with socket.create_server(("127.0.0.1", 0)) as listening, mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        server = threading.Thread(target=serve)
        server.start()
        assert loop.run_until_complete(answers_of(listening.getsockname(), bytes(size), beside_s=beside_s)) == b"!"
        assert sagemaker.clock.now().timestamp() == 1_532_908_850
        assert sagemaker.clock.forced_moves == ()
        server.join()


def test_the_clock_does_not_pass_the_deadline_of_a_loop_that_watches_an_unknown_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop first waits a little for data, in the table. Another thread sleeps beside it, and no wait has any patience."""
    monkeypatch.setattr(selector_loop, "STILL_S", 0.2)
    ours, theirs = socket.socketpair()

    def poll() -> None:
        for _ in range(30):
            time.sleep(7)

    async def go() -> float:
        asyncio.get_running_loop().add_reader(ours, lambda: None)
        thread.start()
        await asyncio.sleep(60)
        return sagemaker.clock.now().timestamp() - 1_532_908_800

    with ours, theirs, mock_sagemaker(start="2018-07-30T00:00:00Z", patience=0) as sagemaker:
        thread = threading.Thread(target=poll)
        assert asyncio.run(go()) == 60
        thread.join()


@ASLEEP_BESIDE
def test_a_loops_request_to_an_older_loop_stops_time(loop: asyncio.AbstractEventLoop, beside_s: float) -> None:
    """The server's task sleeps really before it answers."""
    ports = queue.Queue[tuple[str, int]]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1):
            # For longer than the second below which a loop that waits for its timer counts as asleep.
            await asyncio.sleep(1.1)
            writer.write(b"!")
        writer.close()
        await writer.wait_closed()
        ended.set()

    async def serve() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            ports.put(server.sockets[0].getsockname())
            await ended.wait()

    ended = asyncio.Event()
    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    address = ports.get()
    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        assert loop.run_until_complete(answers_of(address, b"?", b"?", beside_s=beside_s)) == b"!!"
        assert sagemaker.clock.now().timestamp() == 1_532_908_800
    thread.join()


@pytest.mark.parametrize("asleep", ["thread", "task", "both"])
def test_a_loop_waits_for_an_older_thread_that_works(loop: asyncio.AbstractEventLoop, asleep: str) -> None:
    """A project's own worker, say, whose result a task awaits beside a poller or a task that sleeps."""
    works = queue.Queue[Callable[[], None]]()

    def work() -> None:
        works.get()()

    worker = threading.Thread(target=work)
    worker.start()

    async def result(clock: Clock) -> datetime:
        computed = asyncio.Event()

        def compute() -> None:
            ends_s = real.monotonic() + 0.3
            while real.monotonic() < ends_s:
                sum(range(1000))
            loop.call_soon_threadsafe(computed.set)

        with ExitStack() as beside:
            if asleep != "task":
                beside.enter_context(sleeping_beside())
            if asleep != "thread":
                beside.callback(asyncio.create_task(asyncio.sleep(60)).cancel)
            works.put(compute)
            await computed.wait()
            return clock.now()

    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        assert loop.run_until_complete(result(sagemaker.clock)).timestamp() == 1_532_908_800
    worker.join()


def test_a_loop_whose_tasks_all_sleep_does_not_wait_for_an_older_thread(loop: asyncio.AbstractEventLoop) -> None:
    """Although it is busy: the tasks await only one another."""
    over = threading.Event()

    def spin() -> None:
        while not over.is_set():
            pass

    async def sleep() -> None:
        await asyncio.gather(asyncio.sleep(60), asyncio.create_task(asyncio.sleep(90)))

    # With this patience, a loop that waits for the thread does not go on.
    with waiting_in(spin, over.set), mock_sagemaker(start="2018-07-30T00:00:00Z", patience=10 * PATIENCE_S) as sagemaker:
        loop.run_until_complete(sleep())
        assert sagemaker.clock.now().timestamp() == 1_532_908_890


def test_a_clients_timeout_does_not_overtake_its_answer() -> None:
    """A task sleeps beside it; the server's thread is older than the mock, and slow."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1)
            for part in (b"he", b"llo", b""):
                real.sleep(0.05)
                connection.send(part)

    server = threading.Thread(target=serve)
    server.start()

    async def ask() -> bytes:
        beside = asyncio.create_task(asyncio.sleep(60))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"?")
        answer = await asyncio.wait_for(asyncio.create_task(reader.read()), 5)
        writer.close()
        assert not beside.done()
        beside.cancel()
        return answer

    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        assert asyncio.run(ask()) == b"hello"
        assert sagemaker.clock.now().timestamp() == 1_532_908_800
    server.join()
    listening.close()


def test_a_connection_that_a_task_reads_holds_time_from_what_was_last_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    """Data that has come does not renew it, so a source that never ends does not stop the test."""
    (calling, called), outside, number = pair, LoopOutside(), pair[0].fileno()
    reading = Waiting(lambda: True, lambda: [number])

    def until_s(patience_s: float = 10) -> float:
        awaited = outside.awaited([number], patience_s, reading)
        assert awaited is not None
        return awaited.until_s

    began_s = real.monotonic()
    assert began_s + 9 < until_s() < began_s + 11
    calling.send(b"?")
    called.send(b"1")
    outside.arrived([number])
    real.sleep(0.2)
    for _ in range(2):
        # To the millisecond, as the kernel tells it.
        assert until_s() < real.monotonic() + 9.9
        assert until_s() > began_s + 9.9
    assert until_s(0.1) < real.monotonic() + 0.26


_PARTS = """
import socket, sys, time
family, address = (socket.AF_UNIX, sys.argv[1]) if sys.argv[1:] else (socket.AF_INET, ("127.0.0.1", 0))
server = socket.socket(family)
server.bind(address)
server.listen()
print(server.getsockname()[1], flush=True)
connection, _ = server.accept()
time.sleep(0.4)
connection.send(b"hello")
for part in (b"a", b"b"):
    connection.recv(9) if part == b"a" else time.sleep(0.4)
    connection.send(part)
input()
"""


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_an_answer_in_parts_comes_before_its_timeout(loop: asyncio.AbstractEventLoop, kind: str, tmp_path: Path) -> None:
    """Nothing is owed while the server is about to greet, and between the parts."""
    path = str(tmp_path / "socket")
    command = [sys.executable, "-S", "-c", _PARTS, *([path] if kind == "unix" else [])]

    async def ask(port: int) -> bytes:
        beside = asyncio.create_task(asyncio.sleep(3600))
        opening = asyncio.open_unix_connection(path) if kind == "unix" else asyncio.open_connection("127.0.0.1", port)
        reader, writer = await opening
        greeting = await asyncio.wait_for(reader.readexactly(5), 100)
        writer.write(b"?")
        answer = await asyncio.wait_for(reader.readexactly(2), 100)
        writer.close()
        beside.cancel()
        return greeting + answer

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:  # noqa: S603  # our own interpreter
        assert server.stdout is not None
        told = server.stdout.readline().strip()
        with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
            assert loop.run_until_complete(ask(int(told) if told.isdigit() else 0)) == b"helloab"
            assert sagemaker.clock.now().timestamp() == 1_532_908_800
        server.communicate(b"\n")


@pytest.mark.parametrize("where", [subprocess.PIPE, subprocess.DEVNULL], ids=["pipe", "devnull"])
@pytest.mark.parametrize("shell", [True, False], ids=["shell", "exec"])
@ASLEEP_BESIDE
def test_a_child_process_of_a_loop_holds_time(
    loop: asyncio.AbstractEventLoop, beside_s: float, where: int, *, shell: bool
) -> None:
    """Neither a task that sleeps nor the timeout of the wait comes before the end of the child, with or without a pipe."""

    async def wait() -> bytes | None:
        beside = asyncio.create_task(asyncio.sleep(beside_s))
        if shell:
            child = await asyncio.create_subprocess_shell("sleep 0.1; echo done", stdout=where)
        else:
            child = await asyncio.create_subprocess_exec("sh", "-c", "sleep 0.1; echo done", stdout=where)
        answer, _ = await asyncio.wait_for(child.communicate(), 100)
        beside.cancel()
        return answer

    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        assert loop.run_until_complete(wait()) == (b"done\n" if where == subprocess.PIPE else None)
        assert sagemaker.clock.now().timestamp() == 1_532_908_800
        assert sagemaker.clock.forced_moves == ()


def test_a_child_process_of_a_loop_holds_time_for_no_longer_than_patience(loop: asyncio.AbstractEventLoop) -> None:
    """A server that lives beside does not stop the test."""

    async def live() -> None:
        child = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE)
        await asyncio.sleep(3600)
        assert child.stdin is not None
        child.stdin.close()
        await child.wait()

    with mock_sagemaker(start="2018-07-30T00:00:00Z", patience=0) as sagemaker:
        loop.run_until_complete(live())
        assert sagemaker.clock.now().timestamp() == 1_532_912_400
        assert Why.CHILD.value in {move.why for move in sagemaker.clock.forced_moves}


def test_of_several_waits_the_one_that_ends_last_holds_time(pair: tuple[socket.socket, socket.socket]) -> None:
    """A child has its patience from its start, and a connection from its request."""
    (calling, _), outside = pair, LoopOutside()
    outside.arrived([calling.fileno()])
    calling.send(b"?")
    with outside.starting() as child:
        for since_s, why in ((-5, Why.OUTSIDE), (5, Why.CHILD)):
            child.since_s = real.monotonic() + since_s
            awaited = outside.awaited([calling.fileno()], 10, SOMEBODY)
            assert awaited is not None
            assert (awaited.why, awaited.sockets) == (why.value, ())


def test_a_child_process_that_does_not_start_holds_no_time(loop: asyncio.AbstractEventLoop) -> None:
    """The error is the test's to handle, and time goes on."""

    async def fail() -> None:
        with pytest.raises(FileNotFoundError):
            await asyncio.create_subprocess_exec("/no/such/command")
        await asyncio.sleep(3600)

    with mock_sagemaker(start="2018-07-30T00:00:00Z") as sagemaker:
        loop.run_until_complete(fail())
        assert sagemaker.clock.now().timestamp() == 1_532_912_400
        assert sagemaker.clock.forced_moves == ()
