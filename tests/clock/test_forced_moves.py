"""What is on record of threads that wait for the world outside."""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest

from sagemock import NothingWillHappen, Plan, mock_sagemaker
from sagemock.clock import forced_moves, holds
from sagemock.clock.forced_moves import ForcedMove, ForcedMoves
from sagemock.clock.real import real
from sagemock.clock.virtual import Clock
from sagemock.faces import report
from tests.laws.test_threads import REQUEST
from tests.support.waiting import eventually

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
    """Return a thread that is about to wait for a connection of this process, which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as calling:
        thread = threading.Thread(target=calling.recv, args=(1,), name="reader")
        yield thread
        calling.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_time_that_passes_beside_a_wait_for_the_outside_is_on_record(waiting: threading.Thread) -> None:
    """Whether its patience is used up, or somebody moves time on purpose; one wait is one record."""
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
    """A sleep does, for as long as its patience lasts."""
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


def test_who_holds_time_for_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file and the line: in the record, and in the error of whoever then polls in vain."""
    monkeypatch.setattr(holds, "NAMED_S", 0.02)

    def compute() -> None:
        ends_s = real.monotonic() + 0.3
        while real.monotonic() < ends_s:
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


def test_a_thread_that_was_woken_and_does_not_go_on_is_named() -> None:
    """It was given what it waited for, and has not noticed."""
    with mock_sagemaker(start=START) as sagemaker:
        sleepers = vars(sagemaker.clock)["_leader"]
        sleeper = sleepers.sleeper(None, lambda: None)
        sleepers.woken[sleeper] = None
        known = vars(sleepers)["_holds"]
        known._since_s = real.monotonic() - 6
        known.note_hold(sagemaker.clock.now_us())
        [move] = sagemaker.clock.forced_moves
        assert (move.thread, move.why) == (threading.current_thread().name, "it was woken, and has not gone on")
        sleeper.is_busy = True
        vars(known)["stillness"] = known.stillness
        known._since_s -= 1
        known.note_hold(sagemaker.clock.now_us())
        assert sagemaker.clock.forced_moves[1].why == "it was not seen to wait"
        sleepers.woken.clear()


def test_a_hundred_records_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is there goes on growing."""
    monkeypatch.setattr(forced_moves, "_MOST", 2)
    moves, me = ForcedMoves(), threading.current_thread()
    for key in (1, 2, 3, 1):
        moves.passed(key, me, "why", 0, 1_000_000)
        moves.held(key, me, "why", 0, 5)
    assert [(move.passed.seconds, move.held.seconds) for move in moves.records()] == [(2, 0), (0, 5)]


def test_a_thread_that_has_ended_has_no_place() -> None:
    """And a clock that nobody leads has no record."""
    moves, ended = ForcedMoves(), threading.Thread()
    moves.passed(1, ended, "why", 0, 1_000_000)
    [move] = moves.records()
    assert isinstance(move, ForcedMove)
    assert move.place == "its end"
    assert Clock(START).forced_moves == ()
