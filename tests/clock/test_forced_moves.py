"""The records of threads that waited for the outside world while time moved."""

import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import boto3
import pytest

from sagemock import NothingWillHappen, Plan, mock_sagemaker
from sagemock.clock import forced_moves, holds, readings
from sagemock.clock.forced_moves import ForcedMove, ForcedMoves
from sagemock.clock.frames import frame_of
from sagemock.clock.real import real
from sagemock.clock.virtual import Clock
from sagemock.clock.waits import Why
from sagemock.faces import report
from tests.laws.test_threads import REQUEST
from tests.support.waiting import PATIENCE_S, eventually, waiting_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a thread waits for")

START = "2018-07-30T00:00:00Z"
AT = datetime(2018, 7, 30, tzinfo=timezone.utc)
OUTSIDE = "it waits for a socket, a file lock, or a pipe or semaphore that a child may have"


def poll(client: Any) -> None:
    """Describe a job, again and again."""
    while True:
        client.describe_training_job(TrainingJobName="job")


@pytest.fixture
def waiting() -> Iterator[threading.Thread]:
    """Return a thread that will wait for a connection without an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as calling:
        thread = threading.Thread(target=calling.recv, args=(1,), name="reader")
        yield thread
        calling.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_time_that_passes_during_a_wait_for_the_outside_is_recorded(waiting: threading.Thread) -> None:
    """Either the patience ran out, or the test advanced the clock; one wait has one record."""
    with mock_sagemaker(start=START, patience=0) as sagemaker:
        before = sagemaker.clock.forced_moves
        assert not before
        waiting.start()
        time.sleep(60)
        sagemaker.clock.advance(60)
        [move] = sagemaker.clock.forced_moves
        assert (move.at, move.passed, move.held, move.thread, move.why) == (
            AT,
            timedelta(minutes=2),
            timedelta(),
            "reader",
            OUTSIDE,
        )
        assert f"  2018-07-30 00:00:00 0:02:00 passed: thread 'reader' at {move.place}, {OUTSIDE}" in report.section(
            [vars(sagemaker)["_worlds"][-1]]
        )


def test_an_advance_does_not_wait_for_the_outside(waiting: threading.Thread) -> None:
    """A sleep waits for as long as its patience lasts; an advance does not."""
    with mock_sagemaker(start=START, patience=60) as sagemaker:
        waiting.start()
        sagemaker.clock.advance(60)
        [move] = sagemaker.clock.forced_moves
        assert move.passed == timedelta(minutes=1)
        beside = threading.Thread(target=time.sleep, args=(60,))
        beside.start()
        eventually(lambda: sagemaker.sleeps)
        real.sleep(0.05)
        assert len(sagemaker.clock.forced_moves) == 1
        assert time.time() == AT.timestamp() + 60
    beside.join()


def test_a_thread_that_holds_time_for_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file and line are in the record, and in the error of a thread that then polls in vain."""
    monkeypatch.setattr(holds, "NAMED_S", 0.02)

    def compute() -> None:
        # A thread that computes leaves the others little time to look at it.
        ends_s = real.monotonic() + PATIENCE_S
        while "busy" not in {move.thread for move in sagemaker.clock.forced_moves} and real.monotonic() < ends_s:
            pass

    client: Any = boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="key")
    with mock_sagemaker(start=START, plan=Plan.completes(training=60)) as sagemaker:
        client.create_training_job(TrainingJobName="job", **REQUEST)
        busy = threading.Thread(target=compute, name="busy")
        busy.start()
        beside = threading.Thread(target=time.sleep, args=(60,))
        beside.start()
        beside.join()
        busy.join()
        move = next(move for move in sagemaker.clock.forced_moves if move.thread == "busy")
        assert move.held > timedelta(seconds=0.02)
        assert f"time was held for {move.held.total_seconds():.1f} real seconds: thread 'busy' at {__file__}:" in str(move)
        sagemaker.advance_until_idle()
        with pytest.raises(NothingWillHappen, match="thread 'busy' at"):
            poll(client)


def test_a_thread_is_not_charged_for_what_another_one_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that hold time in turn are both named; one that begins after another one is named after its own time."""
    # Instants of which a float holds each exactly, and their differences.
    instants: list[float] = [1000 + at_s for at_s in (0, 0.5, 1, 5.5, 6)]
    spinner, me = threading.Thread(), threading.current_thread()
    with mock_sagemaker(start=START) as sagemaker:
        known = vars(cast("Any", sagemaker.clock)._leader)["_holds"]
        for at_s, thread in zip(instants, (spinner, me, spinner, me, spinner), strict=True):
            monkeypatch.setattr(real, "monotonic", lambda at_s=at_s: at_s)
            known.stillness.holder = thread, Why.RUNS
            known.note_hold(sagemaker.clock.now_us())
        monkeypatch.undo()
        assert sagemaker.clock.forced_moves == ()
        for at_s in range(7):
            for thread in (spinner, me):
                monkeypatch.setattr(real, "monotonic", lambda at_s=instants[-1] + at_s: at_s)
                known.stillness.holder = thread, Why.RUNS
                known.note_hold(sagemaker.clock.now_us())
        monkeypatch.undo()
        assert {(move.thread, move.held.total_seconds()) for move in list[ForcedMove](sagemaker.clock.forced_moves)} == {
            (spinner.name, 6),
            (me.name, 6.5),
        }


def test_a_loop_that_waits_really_until_a_virtual_instant_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end never comes, because nothing lets virtual time pass. Beside a thread that sleeps there are other records."""
    monkeypatch.setattr(readings, "NAMED_S", 0.02)
    ends = threading.Event()

    def sleep() -> None:
        time.sleep(60)
        ends.wait()

    with mock_sagemaker(start=START) as sagemaker:
        began_s, ends_s = real.monotonic(), time.monotonic() + 10
        while time.monotonic() < ends_s and real.monotonic() < began_s + 0.1:
            select.select([], [], [], 0.001)
        move = sagemaker.clock.forced_moves[0]
        assert move.held >= timedelta(seconds=0.02)
        assert f"thread {threading.current_thread().name!r} at {__file__}:" in str(move)
        assert move.why.startswith("it reads the time again and again")
        sagemaker.clock.advance(60)
        time.monotonic()
        assert sagemaker.clock.forced_moves == (move,)
        beside = threading.Thread(target=sleep)
        beside.start()
        eventually(lambda: sagemaker.sleeps)
        for _ in range(30):
            time.monotonic()
            real.sleep(0.001)
        assert sagemaker.clock.forced_moves == (move,)
        ends.set()
        beside.join()


def test_a_loop_of_calls_does_not_only_read_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client reads it in each call, however long all of them take: a thousand equal calls have an error of their own."""
    monkeypatch.setattr(readings, "NAMED_S", 2.0)
    client: Any = boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="key")
    with mock_sagemaker(start=START, latency=0) as sagemaker:
        client.create_training_job(TrainingJobName="job", **REQUEST)
        for second in range(10):
            # Only sagemock sees the real clock go on.
            monkeypatch.setattr(real, "monotonic", lambda second=second: 1000.0 + second)
            for _ in range(3):
                client.describe_training_job(TrainingJobName="job")
        assert not list(sagemaker.clock.forced_moves)
        for second in range(10, 14):
            monkeypatch.setattr(real, "monotonic", lambda second=second: 1000.0 + second)
            time.time()
        [move] = sagemaker.clock.forced_moves
        assert move.held == timedelta(seconds=4)
    monkeypatch.undo()


def test_the_place_of_a_thread_is_in_the_code_of_the_user() -> None:
    """An installed library that waits is not what the reader can change; it is named only if nothing else has called it."""
    ends = threading.Event()

    def module(path: str, **known: object) -> Callable[[], None]:
        exec(compile("def wait():\n    inner()", path, "exec"), known)  # noqa: S102  # code that stands in a certain place
        return cast("Callable[[], None]", known["wait"])

    def place_in(wait: Callable[[], None]) -> str:
        moves = ForcedMoves()
        with waiting_in(wait, ends.set) as thread:
            eventually(lambda: (frame := frame_of(thread)) and frame.f_code is threading.Condition.wait.__code__)
            moves.passed(1, thread, "why", 0, 1)
        return moves.records()[0].place

    library = module("/venv/site-packages/library.py", __name__="library", inner=ends.wait)
    again = module("/venv/site-packages/again.py", __name__="again", inner=library)
    assert place_in(again) == "/venv/site-packages/library.py:2"
    ends.clear()
    assert place_in(module("/home/own.py", __name__="own", inner=again)) == "/home/own.py:2"


def test_a_thread_that_was_woken_and_does_not_go_on_is_named() -> None:
    """Its wait is over, but it has not run yet."""
    with mock_sagemaker(start=START) as sagemaker:
        sleepers = cast("Any", sagemaker.clock)._leader
        sleeper = sleepers.sleeper(None, lambda: None)
        sleepers.woken[sleeper] = None
        known = vars(sleepers)["_holds"]
        known._holding[threading.current_thread()] = real.monotonic() - 6, real.monotonic()
        known.note_hold(sagemaker.clock.now_us())
        [move] = sagemaker.clock.forced_moves
        assert (move.thread, move.why) == (threading.current_thread().name, "it was woken, and has not gone on")
        sleeper.is_busy = True
        vars(known)["stillness"] = known.stillness
        known._holding[threading.current_thread()] = real.monotonic() - 7, real.monotonic()
        known.note_hold(sagemaker.clock.now_us())
        assert sagemaker.clock.forced_moves[1].why == "it was not seen to wait"
        sleepers.woken.clear()


def test_a_hundred_records_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is among them still grows."""
    monkeypatch.setattr(forced_moves, "_MOST", 2)
    moves, me = ForcedMoves(), threading.current_thread()
    for key in (1, 2, 3, 1):
        moves.passed(key, me, "why", 0, 1_000_000)
        moves.held(key, me, "why", 0, 5)
    assert [(move.passed.seconds, move.held.seconds) for move in moves.records()] == [(2, 0), (0, 5)]


def test_the_place_of_an_ended_thread_is_its_end() -> None:
    """A clock without sleepers has no records."""
    moves, ended = ForcedMoves(), threading.Thread()
    moves.passed(1, ended, "why", 0, 1_000_000)
    [move] = moves.records()
    assert isinstance(move, ForcedMove)
    assert move.place == "its end"
    assert Clock(START).forced_moves == ()
