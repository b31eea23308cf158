"""The mock itself: ways to enter it, verbs that act on its world, and that it leaves nothing behind."""

import datetime as dt
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.httpsession import URLLib3Session
from botocore.session import Session

import sagemock.faces.mock
from sagemock import InvalidType, NeverReached, Options, Plan, SageMakerMock, UnusedError, UsageError, current, mock_sagemaker
from sagemock.cleanup import run_all
from sagemock.faces import listeners
from tests.support.calling import START, YOUNG, after, create, describe, make_client, transitions

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)


def surroundings() -> list[object]:
    """Return everything that a mock may change."""
    return [
        dict(os.environ),
        BaseClient.__dict__["_make_request"],
        URLLib3Session.__dict__["send"],
        Session.__dict__["get_credentials"],
        boto3.DEFAULT_SESSION,
        *(
            vars(time)[name]
            for name in ("sleep", "time", "time_ns", "monotonic", "perf_counter", "gmtime", "localtime", "strftime")
        ),
        dt.datetime,
        dt.date,
        datetime,
    ]


def same(before: list[object]) -> bool:
    """Return whether everything is as before, by identity (the environment by value)."""
    now = surroundings()
    return now[0] == before[0] and all(one is other for one, other in zip(now[1:], before[1:], strict=True))


def spin(until: threading.Event) -> None:
    """Compute until an event is set."""
    while not until.is_set():
        sum(range(1000))


def failing(*_: object) -> None:
    """Raise."""
    raise ZeroDivisionError


# -- nothing stays


def by_with(mock: SageMakerMock) -> None:
    """Enter and leave with `with`."""
    with mock:
        create(make_client())


def by_hand(mock: SageMakerMock) -> None:
    """Start and stop."""
    assert mock.start() is mock
    create(make_client())
    mock.stop()


def by_error(mock: SageMakerMock) -> None:
    """Leave with an exception."""
    client = make_client()
    with pytest.raises(ZeroDivisionError), mock:
        failing(create(client))


def by_interrupt(mock: SageMakerMock) -> None:
    """Leave with an error that is not an Exception."""
    with pytest.raises(KeyboardInterrupt), mock:
        raise KeyboardInterrupt


def by_unused(mock: SageMakerMock) -> None:
    """Leave with an unused plan."""
    with pytest.raises(UnusedError), mock:
        mock.plan("*", PLAN)


def twice(mock: SageMakerMock) -> None:
    """Enter the same mock again while it is active; each entry has its own world."""
    with mock:
        create(make_client(), "outer")
        with mock:
            assert list(mock.jobs) == []
            create(make_client(), "inner")
        assert list(mock.jobs) == ["outer"]


def beside_another(mock: SageMakerMock) -> None:
    """Stop two mocks in the order in which they started."""
    other = mock_sagemaker(wall="real")
    mock.start()
    other.start()
    mock.stop()
    assert current() is other
    other.stop()


@pytest.mark.parametrize("use", [by_with, by_hand, by_error, by_interrupt, by_unused, twice, beside_another])
@pytest.mark.parametrize("wall", ["virtual", "real"])
@pytest.mark.parametrize("sleep", ["virtual", "real"])
def test_a_mock_leaves_nothing_behind(use: Callable[[SageMakerMock], None], wall: Any, sleep: Any) -> None:
    """However it is entered and left."""
    before = surroundings()
    use(mock_sagemaker(wall=wall, sleep=sleep))
    assert same(before)
    with pytest.raises(UsageError):
        current()


@pytest.mark.parametrize("which", range(6))
def test_a_start_that_fails_half_way_leaves_nothing_behind(which: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a patch fails, the ones before it are removed, and the next start works."""
    patch, _ = sagemock.faces.mock._STACK.patches[which]
    before = surroundings()
    mock = mock_sagemaker()
    with monkeypatch.context() as context:
        context.setattr(patch, "install", failing)
        with pytest.raises(ZeroDivisionError):
            mock.start()
    assert same(before)
    with pytest.raises(UsageError):
        mock.stop()
    with mock:
        create(make_client())
    assert same(before)


def test_a_failed_start_leaves_the_outer_mock_active(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers as before."""
    wall, _ = sagemock.faces.mock._STACK.patches[-1]
    with mock_sagemaker(wall="real") as outer:
        before = surroundings()
        with monkeypatch.context() as context:
            context.setattr(wall, "install", failing)
            with pytest.raises(ZeroDivisionError):
                mock_sagemaker().start()
        assert same(before)
        assert current() is outer
        create(make_client())
        assert list(outer.jobs) == ["churn"]


@pytest.mark.parametrize("which", range(7))
def test_a_stop_with_a_failing_patch_removes_everything_else(which: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other patches, a thread's sleep, an event on its way to a handler. Then it raises, and the next mock works."""
    patch, _ = sagemock.faces.mock._STACK.patches[which]
    before = surroundings()
    mock = mock_sagemaker().start()
    events: list[object] = []
    mock.on_event(events.append, delay=60)
    create(make_client())
    busy, asleep = threading.Event(), threading.Event()

    def sleep() -> None:
        asleep.set()
        time.sleep(10**6)

    # A busy thread of the outer mock holds time, so the other one sleeps to its end.
    threads = [threading.Thread(target=sleep), threading.Thread(target=spin, args=(busy,))]
    for thread in threads:
        thread.start()
    assert asleep.wait(30)
    with monkeypatch.context() as context:
        context.setattr(patch, "uninstall", partial(run_all, patch.uninstall, failing))
        with pytest.raises(ZeroDivisionError):
            mock.stop()
    busy.set()
    for thread in threads:
        thread.join()
    assert same(before)
    assert events == []
    with pytest.raises(UsageError):
        mock.on_event(events.append)
    with mock_sagemaker() as other:
        create(make_client())
        assert list(other.jobs) == ["churn"]
    assert same(before)


def test_a_stop_reports_all_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A patch that was not removed, and as its context an unused plan."""
    patch, _ = sagemock.faces.mock._STACK.patches[0]
    mock = mock_sagemaker().start()
    mock.plan("nobody", Plan.fails())
    with monkeypatch.context() as context:
        context.setattr(patch, "uninstall", partial(run_all, patch.uninstall, failing))
        with pytest.raises(ZeroDivisionError) as caught:
            mock.stop()
    assert isinstance(caught.value.__context__, UnusedError)


def test_a_start_whose_listener_raises_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller could not stop it, since start() did not return the mock."""
    before = surroundings()
    with monkeypatch.context() as context:
        context.setattr(listeners, "started", failing)
        with pytest.raises(ZeroDivisionError):
            mock_sagemaker().start()
    assert same(before)
    with pytest.raises(UsageError):
        current()


def test_an_extra_stop_is_an_error_without_effect() -> None:
    """The error says so, and the other mock goes on."""
    mock = mock_sagemaker()
    text = r"this mock is not active: each stop\(\) belongs to one start\(\)"
    with pytest.raises(UsageError, match=text):
        mock.stop()
    mock.start()
    mock.stop()
    with mock_sagemaker() as other:
        with pytest.raises(UsageError, match=text):
            mock.stop()
        create(make_client())
        assert current() is other
    with mock:
        create(make_client())


def test_a_stop_of_a_job_by_the_stop_of_the_mock_says_what_stops_a_job() -> None:
    """The mock stays active."""
    with mock_sagemaker() as mock:
        stop: Any = mock.stop
        for call in (partial(stop, "churn"), partial(stop, job="churn")):
            with pytest.raises(InvalidType, match=r"It ends the mock: to stop a job, call stop_job\(name\)$"):
                call()
        assert current() is mock


def test_three_mocks_may_stop_in_any_order() -> None:
    """The innermost of the remaining ones answers."""
    for order in permutations(range(3)):
        before = surroundings()
        mocks = [mock_sagemaker().start() for _ in range(3)]
        left = list(mocks)
        for leaves in order:
            assert current() is left[-1]
            mocks[leaves].stop()
            left.remove(mocks[leaves])
        assert same(before)


# -- worlds


def test_the_innermost_mock_answers_and_the_outer_one_is_unchanged() -> None:
    """Nested worlds and their clocks are independent."""
    client = make_client()
    with mock_sagemaker(start=START, latency=0) as outer:
        create(client)
        with mock_sagemaker(start="2026-07-01T00:00:00Z") as inner:
            assert current() is inner
            create(client)
            inner.clock.advance(days=1)
            assert client.list_training_jobs()["TrainingJobSummaries"][0]["CreationTime"].year == 2026
            assert datetime.now(START.tzinfo).year == 2026
        assert current() is outer
        assert outer.clock.now() == START == datetime.now(START.tzinfo)
        assert describe(client)["CreationTime"] == START


def test_each_start_is_a_fresh_world() -> None:
    """Nothing of one run shows in the next."""
    mock = mock_sagemaker(start=START)
    for _ in range(2):
        with mock:
            assert not mock.jobs
            assert not mock.calls
            assert mock.clock.now() == START
            create(make_client())


def test_the_last_world_stays_readable() -> None:
    """After the end of the mock."""
    with mock_sagemaker(start=START, plan=PLAN) as mock:
        create(make_client())
    assert mock.jobs["churn"].status == "InProgress"
    assert [call.operation for call in mock.calls] == ["CreateTrainingJob"]
    with pytest.raises(UsageError, match="this mock is over, and its time stands still at 2018-07-30T00:00:00.100000"):
        mock.clock.advance(days=1)
    assert mock.jobs["churn"].status == "InProgress"
    mock.check_used()


def test_a_mock_that_was_never_started_has_no_world() -> None:
    """The error says how to enter it."""
    mock = mock_sagemaker()
    for read in (lambda: mock.clock, lambda: mock.jobs, lambda: mock.calls, lambda: mock.sleeps, mock.advance_until_idle):
        with pytest.raises(UsageError) as early:
            read()
        assert str(early.value) == ("this mock was not started: enter it by `with`, start(), the decorator or the fixture first")


def test_without_a_mock_current_is_an_error() -> None:
    """The error says how to get one."""
    with pytest.raises(UsageError) as outside:
        current()
    assert str(outside.value) == (
        "no mock is active here: decorate the test with @mock_sagemaker, or enter mock_sagemaker() by `with`"
    )


def test_the_repr_of_a_mock_has_its_state() -> None:
    """It also lists the jobs."""
    mock = mock_sagemaker(start=START)
    assert repr(mock) == "<SageMakerMock, not started>"
    with mock:
        assert repr(mock) == "<SageMakerMock, active>"
        assert str(mock) == "no training jobs"
        client = make_client()
        create(client)
        assert str(mock) == mock.timeline("churn")
        create(client, "second")
        assert str(mock).startswith("2 training jobs: 2 Starting; 0 is 2018-07-30 00:00:00 UTC\n")
    assert repr(mock) == "<SageMakerMock, over>"


def test_fresh_makes_another_mock_with_the_same_options() -> None:
    """They share nothing else."""
    mock = mock_sagemaker(start=START, latency=3)
    other = mock.fresh()
    assert other is not mock
    assert other.options is mock.options
    assert mock.options == Options(start=START, latency=3)
    assert SageMakerMock().options == Options()


def test_a_decorated_function_has_its_own_mock() -> None:
    """With parentheses and without."""

    @mock_sagemaker
    def bare() -> SageMakerMock:
        create(make_client())
        return current()

    @mock_sagemaker(start=START)
    def dated() -> SageMakerMock:
        create(make_client())
        return current()

    first, second = bare(), bare()
    assert first is not second
    assert list(first.jobs) == list(second.jobs) == ["churn"]
    assert dated().jobs["churn"].created == START


def test_options_of_a_decorator_are_keywords() -> None:
    """A function and options in one call are an error."""
    with pytest.raises(TypeError) as wrong:
        mock_sagemaker(by_with, latency=0)  # type: ignore[call-overload]  # the point of the test
    assert str(wrong.value) == "mock_sagemaker takes options by name, and then decorates a function: @mock_sagemaker(start=…)"


# -- verbs


@pytest.fixture
def jobs() -> Any:
    """Start a mock whose calls take no time, with one job."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN) as mock:
        create(make_client())
        yield mock


@pytest.mark.parametrize(
    "wanted, seconds",
    [("Starting", 0), ("InProgress", 0), ("Downloading", 60), ("Training", 90), ("Uploading", 690), ("Completed", 699)],
)
def test_advance_until_goes_to_the_known_instant(wanted: str, seconds: float, jobs: SageMakerMock) -> None:
    """By primary or secondary status; a status that is already there takes no time."""
    assert jobs.advance_until("churn", wanted) == jobs.clock.now() == after(seconds)
    assert wanted in (jobs.jobs["churn"].status, jobs.jobs["churn"].secondary_status)
    assert jobs.advance_until("churn", wanted) == after(seconds)


def test_advance_until_a_status_that_never_comes_raises_at_once(jobs: SageMakerMock) -> None:
    """The error shows the timeline, and no time has passed."""
    with pytest.raises(NeverReached) as never:
        jobs.advance_until("churn", "Failed")
    assert str(never.value) == (
        "'churn' will never be Failed from now on; give it a plan that leads there, or wait for another status.\n"
        f"{jobs.timeline('churn')}"
    )
    jobs.advance_until("churn", "Training")
    with pytest.raises(NeverReached, match="never be Downloading from now on"):
        jobs.advance_until("churn", "Downloading")
    assert jobs.clock.now() == after(90)


def test_advance_until_refuses_an_unknown_status(jobs: SageMakerMock) -> None:
    """For a misspelt one, the error lists all."""
    with pytest.raises(UsageError) as wrong:
        jobs.advance_until("churn", "Complete")
    assert str(wrong.value) == (
        "'Complete' is not a status of a training job: did you mean 'Completed'? Write one of Completed, Deleting, Downloading, "
        "DownloadingTrainingImage, Failed, "
        "InProgress, Interrupted, LaunchingMLInstances, MaxRuntimeExceeded, MaxWaitTimeExceeded, Pending, "
        "PreparingTrainingStack, Restarting, Starting, Stopped, Stopping, Training, Updating, Uploading"
    )
    with pytest.raises(KeyError, match="no training job 'chrun' was created"):
        jobs.advance_until("chrun", "Completed")
    with pytest.raises(UsageError, match=r"^'Succeeded' is not a status of a training job: did you mean 'Completed'\? Write one"):
        jobs.advance_until("churn", "Succeeded")
    with pytest.raises(UsageError, match=r"to wait for any end, call advance_until_idle\(\), or write one of Completed"):
        jobs.advance_until("churn", ["Completed", "Failed"])  # type: ignore[arg-type]  # the point of the test


@YOUNG
def test_a_job_is_deleting_only_if_it_was_deleted(jobs: SageMakerMock) -> None:
    """Deleting is a status like the others."""
    with pytest.raises(NeverReached, match="'churn' will never be Deleting from now on"):
        jobs.advance_until("churn", "Deleting")
    ended = jobs.advance_until("churn", "Completed")
    make_client().delete_training_job(TrainingJobName="churn")
    assert jobs.advance_until("churn", "Deleting") == ended
    with pytest.raises(NeverReached, match="'churn' will never be Failed from now on"):
        jobs.advance_until("churn", "Failed")


def test_advance_until_idle_passes_all_planned_changes(jobs: SageMakerMock) -> None:
    """The longest job decides. A job that never ends is not waited for, and without planned changes no time passes."""
    jobs.plan("long", Plan.completes(starting=1, downloading=1, training=5000, uploading=1))
    create(make_client(), "long")
    assert jobs.advance_until_idle() == jobs.clock.now() == after(5003)
    assert jobs.advance_until_idle() == after(5003)
    with mock_sagemaker(start=START) as empty:
        assert empty.advance_until_idle() == START


def test_fail_acts_at_once(jobs: SageMakerMock) -> None:
    """In Training the upload comes first, at the same instant."""
    jobs.clock.advance(100)
    jobs.fail("churn", "ClientError: no")
    shown = describe(make_client())
    assert [entry[:3] for entry in transitions(shown)][-2:] == [("Uploading", 100, 100), ("Failed", 100, 100)]
    assert shown["FailureReason"] == "ClientError: no"
    assert jobs.jobs["churn"].failure_reason == "ClientError: no"


def test_a_long_reason_is_cut_at_the_services_limit(jobs: SageMakerMock) -> None:
    """FailureReason has at most 1024 characters."""
    jobs.fail("churn", "x" * 2000)
    assert describe(make_client())["FailureReason"] == "x" * 1024


def test_a_failure_has_a_default_reason(jobs: SageMakerMock) -> None:
    """That of a container without a message."""
    jobs.fail("churn")
    assert describe(make_client())["FailureReason"] == "AlgorithmError: , exit code: 1"


def test_complete_acts_at_once(jobs: SageMakerMock) -> None:
    """The rest of the life takes no time."""
    jobs.clock.advance(10)
    jobs.complete("churn")
    shown = describe(make_client())
    assert [entry[0] for entry in transitions(shown)] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert shown["TrainingEndTime"] == after(10)


@pytest.mark.parametrize("verb", ["fail", "complete"])
def test_a_finished_job_cannot_be_changed(verb: str, jobs: SageMakerMock) -> None:
    """The refusal has the status and the timeline; the job stays the same."""
    jobs.advance_until_idle()
    timeline = jobs.timeline("churn")
    with pytest.raises(UsageError) as late:
        getattr(jobs, verb)("churn")
    assert str(late.value) == f"cannot {verb} 'churn': it is Completed; do it while the job is InProgress.\n{timeline}"
    assert jobs.timeline("churn") == timeline


@pytest.mark.parametrize("verb", ["fail", "complete"])
def test_a_stopping_job_cannot_be_changed(verb: str, jobs: SageMakerMock) -> None:
    """Its stop goes on."""
    make_client().stop_training_job(TrainingJobName="churn")
    with pytest.raises(UsageError, match=f"cannot {verb} 'churn': it is Stopping"):
        getattr(jobs, verb)("churn")


@pytest.mark.parametrize(
    "matcher, plan, times, text",
    [
        (1, PLAN, None, "plan() takes a pattern of job names or a predicate of the request, not 1: write plan('churn-*', …)"),
        ("*", None, None, "plan() takes a Plan or a callable of the request that returns one, not None: write Plan.completes()"),
        ("*", 5, None, "plan is a Plan or a callable of the request, not 5: write plan=Plan.completes()"),
        ("*", Plan.fails, None, "plan is a Plan, not the class or a recipe: write plan=Plan.fails(…)"),
        ("*", PLAN, 0, "times is how many jobs the plan serves, at least 1, not 0: leave it out for all"),
        ("*", PLAN, True, "times is how many jobs the plan serves, at least 1, not True: leave it out for all"),
        ("*", PLAN, 1.5, "times is how many jobs the plan serves, at least 1, not 1.5: leave it out for all"),
    ],
)
def test_an_invalid_plan_is_refused(matcher: Any, plan: Any, times: Any, text: str, jobs: SageMakerMock) -> None:
    """At once, in the call of plan()."""
    with pytest.raises(TypeError if times is None else ValueError) as wrong:
        jobs.plan(matcher, plan, times=times)
    assert str(wrong.value) == text


def test_time_may_pass_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a rate, virtual seconds pass with real ones."""
    now = [1000.0]
    monkeypatch.setattr("sagemock.clock.real.real.monotonic", lambda: now[0])
    with mock_sagemaker(start=START, latency=0, rate=60, plan=PLAN, wall="real", sleep="real") as mock:
        create(make_client())
        now[0] += 1.5
        assert mock.clock.now() - START == timedelta(seconds=90)
        assert describe(make_client())["SecondaryStatus"] == "Training"
