"""Laws 6 to 9 for threads, through the mock and a client."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import pytest

from sagemock import NothingWillHappen, Plan, SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from sagemock.moto.fallback import MotoFallback
from tests.support.waiting import eventually

START = "2018-07-30T00:00:00Z"
REQUEST = {
    "AlgorithmSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1",
        "TrainingInputMode": "File",
    },
    "RoleArn": "arn:aws:iam::123456789012:role/trainer",
    "OutputDataConfig": {"S3OutputPath": "s3://churn/models"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
}
PLAN = Plan.completes(starting=60, downloading=30, training=timedelta(minutes=10), uploading=20)


@pytest.fixture
def client() -> Any:
    """Return a client that is older than the mock."""
    return boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="key")


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start the mock with jobs that take a bit less than twelve minutes."""
    with mock_sagemaker(start=START, plan=PLAN) as sagemaker:
        yield sagemaker


def seconds(sagemaker: SageMakerMock) -> float:
    """Return the virtual seconds since the start."""
    return round(sagemaker.clock.now().timestamp() - 1_532_908_800, 6)


def poll(sagemaker: SageMakerMock, client: Any, name: str, interval_s: float) -> list[tuple[float, str]]:
    """Launch a job; return each instant at which its status was read, with that status."""
    client.create_training_job(TrainingJobName=name, **REQUEST)
    seen: list[tuple[float, str]] = []
    while True:
        at_s = seconds(sagemaker)
        shown = client.describe_training_job(TrainingJobName=name)
        seen.append((at_s, shown["SecondaryStatus"]))
        if shown["TrainingJobStatus"] != "InProgress":
            return seen
        time.sleep(interval_s)


def status_at(at_s: float) -> str:
    """Return the planned status, at an instant, of a job created at the start."""
    phases = [(60, "Starting"), (90, "Downloading"), (690, "Training"), (710, "Uploading")]
    return next((status for end_s, status in phases if at_s < end_s), "Completed")


def expected(interval_s: float) -> list[tuple[float, str]]:
    """Return what a poller with this interval sees: only its own sleeps and calls take its time."""
    seen: list[tuple[float, str]] = []
    at_s = 0.1
    while not seen or seen[-1][1] != "Completed":
        seen.append((round(at_s, 6), status_at(at_s)))
        at_s += 0.1 + interval_s
    return seen


def test_twenty_pollers_each_see_what_their_interval_implies(sagemaker: SageMakerMock, client: Any) -> None:
    """Thread scheduling does not matter: concurrent sleeps and calls do not add up."""
    intervals = [17.0 + 3 * number for number in range(20)]
    with ThreadPoolExecutor(len(intervals)) as pool:
        seen = pool.map(lambda interval_s: poll(sagemaker, client, f"job-{interval_s:.0f}", interval_s), intervals)
    assert list(seen) == [expected(interval_s) for interval_s in intervals]


def test_a_long_sleeper_does_not_skip_the_wake_ups_of_short_ones(sagemaker: SageMakerMock, client: Any) -> None:
    """The test sleeps for an hour while a poller looks every half minute."""
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(poll, sagemaker, client, "job", 30)
        time.sleep(3600)
        assert seconds(sagemaker) == 3600
        assert seen.result() == expected(30)


def test_an_older_thread_sleeps_in_real_time(client: Any) -> None:
    """The heartbeat of an exporter neither moves the clock nor is sped up."""
    beats, stop = list[float](), threading.Event()

    def beat() -> None:
        while not stop.is_set():
            time.sleep(0.005)
            beats.append(real.monotonic())

    heart = threading.Thread(target=beat)
    heart.start()
    with mock_sagemaker(start=START, plan=PLAN) as sagemaker:
        poll(sagemaker, client, "job", 30)
        eventually(lambda: len(beats) >= 5)
        assert len(sagemaker.sleeps) == len(expected(30)) - 1
    stop.set()
    heart.join()
    assert beats[-1] - beats[0] >= 0.005 * (len(beats) - 1)


def test_a_sleeper_whose_thread_dies_holds_no_time(sagemaker: SageMakerMock) -> None:
    """Its thread raised; the other threads go on."""

    def die() -> None:
        time.sleep(10)
        raise RuntimeError("died")

    with ThreadPoolExecutor(2) as pool:
        dead, alive = pool.submit(die), pool.submit(time.sleep, 60)
        assert str(dead.exception()) == "died"
        assert alive.result() is None
    assert seconds(sagemaker) == 60


def test_the_end_of_the_mock_wakes_its_sleepers_at_once(client: Any) -> None:
    """Their virtual hour ends, and their later sleeps are real."""
    slept = threading.Event()
    with mock_sagemaker(start=START) as sagemaker:

        def work() -> None:
            time.sleep(3600)
            slept.set()

        thread = threading.Thread(target=work)
        thread.start()
        eventually(lambda: sagemaker.sleeps)
        # A busy thread holds time, so the other one still sleeps.
        assert not slept.is_set()
    thread.join()
    assert seconds(sagemaker) == 0


def test_mocks_in_different_threads_are_independent(client: Any) -> None:
    """Each thread has the world that it entered, with its own jobs, clock and sleeps."""

    def work(number: int) -> tuple[list[tuple[float, str]], int]:
        with mock_sagemaker(start=START, plan=PLAN) as sagemaker:
            return poll(sagemaker, client, "job", 30 + number), len(sagemaker.sleeps)

    with mock_sagemaker(start=START) as outer, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(8)))
        time.sleep(60)
        assert seconds(outer) == 60
        assert outer.calls == []
    assert found == [(expected(30 + number), len(expected(30 + number)) - 1) for number in range(8)]


def test_a_mock_of_a_thread_survives_the_start_of_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread was started after the other mock began, and enters its own mock while the other one is being made."""
    begun, go = threading.Event(), threading.Event()
    found: list[tuple[int, float]] = []

    def work() -> None:
        with mock_sagemaker(start=START) as sagemaker:
            begun.set()
            go.wait()
            time.sleep(60)
            found.append((len(sagemaker.sleeps), seconds(sagemaker)))

    thread = threading.Thread(target=work)

    def meanwhile(*args: Any) -> Any:
        if not thread.ident:
            thread.start()
            begun.wait()
        return MotoFallback(*args)

    monkeypatch.setattr("sagemock.faces.mock.MotoFallback", meanwhile)
    with mock_sagemaker(start=START) as sagemaker:
        go.set()
        thread.join()
        assert sagemaker.sleeps == []
    assert found == [(1, 60)]


def test_a_nested_mock_takes_the_threads_of_the_outer_one_along(sagemaker: SageMakerMock, client: Any) -> None:
    """A pool from the outer mock is answered by the inner one, on the inner clock."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, 5).result()
        with mock_sagemaker(start=START, plan=PLAN) as inner:
            assert pool.submit(poll, inner, client, "job", 30).result() == expected(30)
        pool.submit(time.sleep, 5).result()
    assert seconds(sagemaker) == 10


def test_two_calls_at_one_instant_are_answered_at_one_instant(sagemaker: SageMakerMock, client: Any) -> None:
    """The latency of a call is a sleep of the calling thread."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.create_training_job(TrainingJobName=f"job-{number}", **REQUEST), range(8)))
    assert {call.at for call in sagemaker.calls} == {sagemaker.calls[0].at}
    assert seconds(sagemaker) == 0.1


def test_an_advance_of_the_test_lets_each_poller_look_in_time(sagemaker: SageMakerMock, client: Any) -> None:
    """The advance stops at each deadline on its way, and ends at its target."""
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(poll, sagemaker, client, "job", 30)
        eventually(lambda: sagemaker.sleeps)
        sagemaker.clock.advance_to("2018-07-30T02:00:00Z")
        assert seconds(sagemaker) == 7200
        assert seen.result() == expected(30)


@pytest.mark.parametrize("sleep", [lambda: None, lambda: time.sleep(30)], ids=["polls", "sleeps"])
def test_an_endless_loop_is_stopped_in_the_thread_that_runs_it(
    sagemaker: SageMakerMock, client: Any, sleep: Callable[[], None]
) -> None:
    """Law 9: the error is raised by its own call or sleep, and so comes out of its future."""
    client.create_training_job(TrainingJobName="job", **REQUEST)

    def run_away() -> None:
        while client.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] != "Failed":
            sleep()

    sagemaker.advance_until_idle()
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(run_away).exception()
    assert isinstance(error, NothingWillHappen)
    assert "job" in str(error)


def test_with_many_threads_all_calls_and_sleeps_are_recorded(sagemaker: SageMakerMock, client: Any) -> None:
    """Each is recorded, in the order of time."""
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda number: poll(sagemaker, client, f"job-{number}", 30), range(16)))
    assert len(sagemaker.calls) == 16 + sum(map(len, seen))
    assert len(sagemaker.sleeps) == sum(len(each) - 1 for each in seen)
    assert [sleep.at for sleep in sagemaker.sleeps] == sorted(sleep.at for sleep in sagemaker.sleeps)
    assert [call.at for call in sagemaker.calls] == sorted(call.at for call in sagemaker.calls)
