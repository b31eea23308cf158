"""Who owes an answer and who may give it, with real threads, real children and the real kernel; only Linux tells this."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial

import pytest

from sagemock import mock_sagemaker
from sagemock.clock import answers, children, system_calls, waits
from sagemock.clock.answers import asked_since_s, goes_on
from sagemock.clock.real import real
from sagemock.clock.stillness import Looker, Stillness
from sagemock.clock.system_calls import Traffic, owes_an_answer
from sagemock.clock.waits import OUTSIDE, Wait, Why, why
from tests.support.connections import asking, connection, outside
from tests.support.waiting import eventually, in_loop, is_why, loop_thread, sleeping_beside, waiting_in

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not waits.tells(),
    reason="only Linux tells, and only where one thread runs at a time",
)


def test_an_older_thread_holds_time_from_its_request_until_the_answer() -> None:
    """Before it sends and after something arrives, its wait does not count."""
    with outside() as (client, answer):
        client.settimeout(60)
        with waiting_in(lambda: client.recv(1), answer) as thread:
            eventually(is_why(Why.OUTSIDE, thread))
            assert not goes_on(why(thread), 60)
        real.sleep(0.01)
        client.sendall(b"?")
        with waiting_in(lambda: client.recv(1), answer) as thread:
            eventually(is_why(Why.OUTSIDE, thread))
            assert goes_on(why(thread), 60)
        assert not goes_on(Wait(Why.OUTSIDE), 60)
    assert not owes_an_answer(-1, 60, is_read=True)


@pytest.mark.parametrize("way", ["wait", "pipe", "pidfd"])
def test_an_older_thread_that_waits_for_a_child_holds_time_while_the_child_is_young(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A pipe of which no child has the other end does not count: a worker of xdist reads one all the time."""
    command = [sys.executable, "-S", "-c", "print(input(), flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child, ExitStack() as files:  # noqa: S603  # our own
        stdin, stdout, pidfd = child.stdin, child.stdout, os.pidfd_open(child.pid)
        files.callback(os.close, pidfd)
        assert stdin is not None
        assert stdout is not None
        ways: dict[str, Callable[[], object]] = {
            "wait": lambda: os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT),
            "pipe": lambda: os.read(stdout.fileno(), 1),
            "pidfd": lambda: select.select([pidfd], [], []),
        }
        with waiting_in(ways[way], lambda: os.write(stdin.fileno(), b"\n\n")) as thread:
            eventually(lambda: why(thread).why in OUTSIDE)
            assert goes_on(why(thread), 60)
            assert not goes_on(why(thread), 0)
            monkeypatch.setattr(children, "has_end", lambda *_, **__: False)
            assert goes_on(why(thread), 60) is (way != "pipe")


def test_an_older_loop_whose_timer_is_due_soon_holds_time_until_its_answer() -> None:
    """Such as uvicorn's, which ticks ten times a second. What it has answered itself is no question."""
    with outside() as (client, answer), connection() as (_, calling, accepted), loop_thread() as (loop, thread):
        calling.sendall(b"?")
        accepted.recv(1)
        accepted.sendall(b"!")

        def watch(*ends: socket.socket) -> None:
            for end in ends:
                loop.add_reader(end, lambda: None)

        in_loop(loop, partial(watch, client, accepted))
        in_loop(loop, lambda: loop.call_later(0.9, lambda: None))
        eventually(is_why(Why.UNKNOWN, thread))
        assert not goes_on(why(thread), 60)
        real.sleep(0.01)
        client.sendall(b"?")
        in_loop(loop, lambda: loop.call_later(0.9, lambda: None))
        eventually(is_why(Why.UNKNOWN, thread))
        assert goes_on(why(thread), 60)
        assert not goes_on(why(thread), 0)
        in_loop(loop, lambda: [loop.remove_reader(end) for end in (client, accepted)])
        answer()


def test_an_older_thread_that_writes_to_a_child_holds_time_while_the_child_is_young() -> None:
    """The child does not read, so the pipe is full."""
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"], stdin=subprocess.PIPE) as child:  # our own
        stdin = child.stdin
        assert stdin is not None

        def write() -> None:
            with suppress(BrokenPipeError):
                os.write(stdin.fileno(), bytes(1 << 20))

        with waiting_in(write, child.kill) as thread:
            eventually(is_why(Why.PERSON, thread))
            assert goes_on(why(thread), 60)
            assert not goes_on(why(thread), 0)


@pytest.mark.parametrize("received, is_owed", [(0, True), (10, False)])
def test_the_first_answer_of_a_connection_is_owed_also_at_the_tick_of_its_beginning(
    monkeypatch: pytest.MonkeyPatch, received: int, is_owed: object
) -> None:
    """The kernel tells when data was last received, and before the first, when the connection began, in steps of milliseconds."""
    monkeypatch.setattr(system_calls, "traffic", lambda _: Traffic(False, 1, 5, 5, received))  # noqa: FBT003  # its order
    assert owes_an_answer(0, 10, is_read=False) is is_owed
    assert owes_an_answer(0, 10, is_read=True)


def test_another_process_may_wait_for_an_answer() -> None:
    """It has asked, all of it was read, and nothing was sent since. What a thread still reads is no whole request."""
    assert system_calls.callers_wait() == set()
    with asking() as (_, accepted):
        assert system_calls.callers_wait() == set()
        assert accepted.recv(1) == b"?"
        eventually(lambda: system_calls.callers_wait() == {accepted.fileno()})
        assert asked_since_s() is not None
        with waiting_in(partial(accepted.recv, 1), partial(accepted.shutdown, socket.SHUT_RD)) as thread:
            eventually(is_why(Why.SERVES, thread))
            assert asked_since_s() is None
        accepted.sendall(b"!")
        assert system_calls.callers_wait() == set()


def test_a_child_that_waits_for_this_process_does_not_hold_time_for_ever() -> None:
    """Unless an older thread works on the answer. If no thread sleeps, what answers may wait outside, too."""
    still, over = Stillness(), threading.Event()
    with asking() as (child, accepted), waiting_in(child.wait, child.kill) as thread:
        eventually(is_why(Why.CHILD, thread))
        looker = Looker(entered_by=thread, patience_s=60)

        def rests(looker: Looker) -> bool:
            real.sleep(0.01)
            return still.all_rest([thread], looker=looker)

        assert not any(rests(looker) for _ in range(20))
        accepted.recv(1)
        eventually(lambda: still.is_asked(replace(looker, patience_s=0)))
        assert not any(rests(looker) for _ in range(20))
        looker = replace(looker, slept_s=real.monotonic())
        eventually(lambda: rests(looker))

        def work() -> None:
            while not over.is_set():
                pass

        with waiting_in(work, over.set) as works:
            eventually(lambda: not rests(replace(looker, older=lambda: [works])))


@pytest.mark.parametrize("timeout_s, expected", [(None, Why.SERVES), (0.5, Why.UNKNOWN)])
def test_the_tests_own_thread_serves_a_child(timeout_s: float | None, expected: Why) -> None:
    """Without one, callers are threads; and other threads may serve for ever. A call with a short timeout is repeated."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(timeout_s)

        def accept() -> None:
            while True:
                with suppress(TimeoutError):
                    server.accept()[0].close()
                    break

        def call() -> None:
            socket.create_connection(server.getsockname()).close()

        with waiting_in(accept, call) as thread:
            eventually(is_why(expected, thread))
            looker, still = Looker(entered_by=thread, patience_s=60), Stillness()
            eventually(lambda: still.all_rest([thread], looker=looker))
            with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
                assert not still.all_rest([thread], looker=looker)
                assert still.all_rest([thread], looker=replace(looker, entered_by=None))
                child.communicate(b"\n")


def test_an_answer_from_within_this_process_waits_for_virtual_time_unless_somebody_works_or_sleeps_really(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor may a timeout of its own be overtaken."""
    over = threading.Event()
    with connection() as (_, client, accepted), loop_thread() as (loop, timed):
        client.settimeout(60)
        with waiting_in(partial(client.recv, 1), partial(accepted.sendall, b"1")) as thread:
            eventually(is_why(Why.WITHIN, thread))

            def rests(looker: Looker, *others: threading.Thread) -> bool:
                still = Stillness()
                looks = [still.all_rest([thread, *others], looker=looker) for _ in range(20) if real.sleep(0.001) is None]
                return looks[-1]

            free = Looker(patience_s=60)
            assert rests(free)
            assert not rests(replace(free, now_us=5, first_us=60_000_006))
            assert rests(replace(free, now_us=5, first_us=60_000_005))
            assert rests(replace(free, older=lambda: [timed]))
            monkeypatch.setattr(waits, "_SOON_MS", 60_000)
            in_loop(loop, lambda: loop.call_later(50, lambda: None))
            assert not rests(replace(free, older=lambda: [timed]))
            with waiting_in(lambda: [real.sleep(0.01) for _ in iter(over.is_set, not None)], over.set) as sleeping:
                eventually(is_why(Why.SLEEPS, sleeping))
                assert not rests(free, sleeping)
                assert not rests(replace(free, older=lambda: [sleeping]))
                assert Stillness().all_rest([], older=[thread], looker=free)


def test_a_child_may_send_a_signal_that_a_function_handles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a keyboard and of this process's own timers come from elsewhere."""
    monkeypatch.setattr(answers, "listens", lambda: False)
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child, ExitStack() as undo:
        for number in (signal.SIGINT, signal.SIGALRM):
            undo.callback(signal.signal, number, signal.signal(number, lambda *_: None))
        assert not answers.may_be_called(60)
        undo.callback(signal.signal, signal.SIGUSR1, signal.signal(signal.SIGUSR1, lambda *_: None))
        assert answers.may_be_called(60)
        child.communicate(b"\n")
    assert not answers.may_be_called(60)


def test_the_end_of_a_child_comes_before_virtual_time() -> None:
    """A handler of its signal may end the wait of any thread."""
    ended = threading.Event()
    with mock_sagemaker() as sagemaker, sleeping_beside(), ExitStack() as undo:
        eventually(lambda: sagemaker.sleeps)
        before = sagemaker.clock.now()
        undo.callback(signal.signal, signal.SIGCHLD, signal.signal(signal.SIGCHLD, lambda *_: ended.set()))
        with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(0.3)"]):
            assert ended.wait(50)
            assert sagemaker.clock.now() == before
