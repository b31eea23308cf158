"""How a world answers: latency, the records of calls and sleeps, idling, plans."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemock import NothingWillHappen, Plan, SageMakerMock, TransformJobPlan, UnusedError, UsageError, mock_sagemaker
from sagemock.service.calls import Call
from sagemock.world.sleeps import Sleep
from tests.support.calling import START, after, create, describe, make_client, request

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
ROOM = "or allow more with idle_limit (None: no limit)"


# -- latency and records


def test_a_call_is_answered_at_its_arrival_and_then_takes_its_latency() -> None:
    """Law 4: so the first job is created exactly at the start, and a loop that never sleeps gets somewhere."""
    with mock_sagemaker(start=START, latency=2) as mock:
        client = make_client()
        create(client)
        assert mock.clock.now() == after(2)
        assert describe(client)["CreationTime"] == START
        mock.clock.latency = timedelta(seconds=3)
        client.list_training_jobs()
        assert mock.clock.now() == after(7)


def test_a_loop_that_never_sleeps_sees_the_end() -> None:
    """A thousand describes of 0.1 s are a hundred seconds."""
    with mock_sagemaker(start=START, plan=Plan.completes(starting=1, downloading=1, training=10, uploading=1)) as mock:
        client = make_client()
        create(client)
        while describe(client)["TrainingJobStatus"] == "InProgress":
            pass
        assert mock.clock.now() == after(13.1)


def test_a_refused_call_takes_its_latency_too() -> None:
    """A refusal is an answer."""
    with mock_sagemaker(start=START, latency=1) as mock:
        with pytest.raises(ClientError):
            make_client().describe_training_job(TrainingJobName="unknown")
        assert mock.clock.now() == after(1)


def test_every_call_is_on_record() -> None:
    """Operation, parameters, instant, region, outcome and attempt, in order."""
    with mock_sagemaker(start=START, latency=1) as mock:
        client = make_client("eu-west-1")
        create(client)
        with pytest.raises(ClientError):
            client.stop_training_job(TrainingJobName="unknown")
        client.list_training_jobs(CreationTimeAfter=START)
        with pytest.raises(NotImplementedError):
            client.list_endpoints()
        assert mock.calls == [
            Call("CreateTrainingJob", request("churn"), START, "eu-west-1", "ok", 1),
            Call("StopTrainingJob", {"TrainingJobName": "unknown"}, after(1), "eu-west-1", "ValidationException", 1),
            Call("ListTrainingJobs", {"CreationTimeAfter": 1_532_908_800_000_000}, after(2), "eu-west-1", "ok", 1),
            Call("ListEndpoints", {}, after(3), "eu-west-1", "NotSimulated", 1),
        ]


def test_every_sleep_is_on_record() -> None:
    """When it began, and how long it was."""
    with mock_sagemaker(start=START) as mock:
        time.sleep(5)
        time.sleep(0.25)
        assert mock.sleeps == [Sleep(START, timedelta(seconds=5)), Sleep(after(5), timedelta(seconds=0.25))]
        assert mock.sleeps.total == timedelta(seconds=5.25)
        assert mock.clock.now() == after(5.25)


def test_the_records_of_two_mocks_are_apart() -> None:
    """The innermost one answers and records; the outer one is untouched."""
    client = make_client()
    with mock_sagemaker(start=START) as outer:
        create(client)
        with mock_sagemaker(start=START) as inner:
            client.list_training_jobs()
            time.sleep(1)
        assert (len(inner.calls), len(inner.sleeps), len(inner.jobs)) == (1, 1, 0)
        assert (len(outer.calls), len(outer.sleeps), len(outer.jobs)) == (1, 0, 1)
        assert outer.clock.now() == after(0.1)


# -- idling (law 9)


def poll(client: Any, times: int, name: str = "churn") -> None:
    """Describe a job so many times."""
    for _ in range(times):
        client.describe_training_job(TrainingJobName=name)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a tenth of the polls be too many, for the tests that are not about the number."""
    monkeypatch.setattr("sagemock.clock.runaway.REPEATS", 100)
    return 100


def test_a_thousand_equal_polls_are_enough() -> None:
    """The next poll raises. The text names the job, its status, since when, its plan, and what to do."""
    plan = Plan.hangs()
    with mock_sagemaker(start=START, latency=0, plan=plan, idle_limit=timedelta(days=9)) as mock:
        client = make_client()
        create(client, StoppingCondition={"MaxRuntimeInSeconds": 1})
        mock.clock.advance(hours=1)
        poll(client, 1000)
        with pytest.raises(NothingWillHappen) as tired:
            poll(client, 1)
        assert str(tired.value) == (
            "nothing can happen any more, and yet the same call was made 1001 times since.\n"
            f"  'churn' is Stopped/MaxRuntimeExceeded since {mock.jobs['churn'].ended:%Y-%m-%d %H:%M:%S} UTC by {plan!r}\n"
            "Let the code under test recognise that status and end its loop, give the job a plan that goes on, " + ROOM
        )
        assert mock.calls[-1].outcome == "NothingWillHappen"
        assert mock.calls[-2].outcome == "ok"


def test_a_loop_over_an_unknown_job_ends_too(short: int) -> None:
    """Without any job, nothing can happen."""
    with mock_sagemaker(start=START, latency=0):
        client = make_client()
        for _ in range(short):
            with pytest.raises(ClientError):
                poll(client, 1, "unknown")
        with pytest.raises(NothingWillHappen, match="there are no training jobs"):
            poll(client, 1, "unknown")


def test_a_job_that_hangs_can_still_be_ended_by_its_limit(short: int) -> None:
    """Until MaxRuntimeInSeconds has ended it, it is waited for."""
    with mock_sagemaker(start=START, latency=0, plan=Plan.hangs(starting=1, downloading=1)):
        client = make_client()
        create(client)
        poll(client, 2 * short)


def test_a_loop_that_waits_for_something_is_left_alone(short: int) -> None:
    """While anything can still happen to its job, polls are not counted; when it has, they are counted from there."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN, idle_limit=None) as mock:
        client = make_client()
        create(client)
        poll(client, 2 * short)
        mock.clock.advance(days=1)
        poll(client, 2 * short)
    with mock_sagemaker(start=START, latency=0, plan=PLAN) as mock:
        create(client)
        mock.clock.advance(days=1)
        poll(client, short)
        create(client, "another")
        poll(client, 2 * short, "another")
        with pytest.raises(NothingWillHappen, match="'another' is InProgress"):
            poll(client, 2 * short)


def test_many_different_polls_are_no_loop(short: int) -> None:
    """Looking once at each of many finished jobs is not idling."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        for number in range(2 * short):
            create(client, f"job-{number}")
        mock.clock.advance(days=1)
        for _ in range(2):
            for number in range(2 * short):
                poll(client, 1, f"job-{number}")


@pytest.mark.parametrize("limit, sleeps", [(timedelta(hours=1), 60), (timedelta(days=1), 500)])
def test_a_loop_that_sleeps_may_sleep_so_long(limit: timedelta, sleeps: int) -> None:
    """`idle_limit` of virtual time that the code itself spent ends it, or a thousand polls and sleeps."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN, idle_limit=limit) as mock:
        client = make_client()
        create(client)
        mock.advance_until_idle()
        done = mock.clock.now()

        def loop() -> None:
            while True:
                poll(client, 1)
                time.sleep(60)

        with pytest.raises(NothingWillHappen, match=r"yet the (code under test slept|same call was made)"):
            loop()
        assert mock.clock.now() - done <= min(limit, timedelta(minutes=500))
        assert sleeps >= len(mock.sleeps) >= sleeps - 2


def test_the_limit_may_be_set_at_any_time(short: int) -> None:
    """None means no limit."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN) as mock:
        client = make_client()
        create(client)
        mock.advance_until_idle()
        poll(client, short)
        mock.clock.idle_limit = None
        poll(client, 10)
        mock.clock.idle_limit = timedelta(hours=1)
        with pytest.raises(NothingWillHappen):
            poll(client, 1)


def test_what_the_test_advances_is_its_own_business() -> None:
    """A year that the test advances does not count as idling of the code."""
    with mock_sagemaker(start=START, plan=PLAN) as mock:
        client = make_client()
        create(client)
        for _ in range(12):
            mock.clock.advance(days=30)
            poll(client, 1)


def test_a_change_is_a_new_beginning(short: int) -> None:
    """A job that is failed or completed by the test, or stopped by the code, lets the count begin again."""
    with mock_sagemaker(start=START, latency=0, plan=Plan.hangs(starting=1, downloading=1)) as mock:
        client = make_client()
        create(client)
        mock.complete("churn")
        poll(client, short)
        create(client, "second")
        client.stop_training_job(TrainingJobName="second")
        mock.advance_until_idle()
        poll(client, short)


# -- plans


FIRST, SECOND, DEFAULT = Plan.fails("first"), Plan.fails("second"), Plan.completes(training=1)


def test_the_first_plan_that_meets_a_job_wins() -> None:
    """In the order in which they were given; the default plan is for the rest."""
    with mock_sagemaker(plan=DEFAULT) as mock:
        mock.plan("churn-*", FIRST)
        mock.plan("*-2", SECOND)
        client = make_client()
        for name in ("churn-1", "churn-2", "other-2", "other"):
            create(client, name)
        assert [view.plan for view in mock.jobs.values()] == [FIRST, FIRST, SECOND, DEFAULT]


def test_a_plan_serves_so_many_jobs() -> None:
    """`times` of them; then the next one that meets a job is asked."""
    with mock_sagemaker() as mock:
        mock.plan("*", FIRST, times=2)
        mock.plan("*", SECOND, times=1)
        client = make_client()
        for number in range(4):
            create(client, f"job-{number}")
        assert [view.plan for view in mock.jobs.values()] == [FIRST, FIRST, SECOND, Plan()]


def test_a_refused_request_uses_no_plan() -> None:
    """A request for a name in use uses no plan."""
    with mock_sagemaker() as mock:
        client = make_client()
        create(client)
        mock.plan("*", FIRST, times=1)
        with pytest.raises(ClientError):
            create(client)
        create(client, "second")
        assert mock.jobs["second"].plan == FIRST


def test_a_plan_is_for_jobs_that_are_created_from_then_on() -> None:
    """A job keeps the plan that it had at its creation."""
    with mock_sagemaker(strict=False) as mock:
        client = make_client()
        create(client)
        mock.plan("*", FIRST)
        assert mock.jobs["churn"].plan == Plan()


@pytest.mark.parametrize(
    "pattern, met",
    [("churn", True), ("ch?rn", True), ("[a-c]hurn", True), ("CHURN", False), ("chur", False), ("*", True), ("churn-*", False)],
)
def test_a_pattern_meets_whole_names_and_minds_case(pattern: str, met: bool) -> None:  # noqa: FBT001  # a case of the table
    """It is a glob, as in a shell."""
    with mock_sagemaker(strict=False) as mock:
        mock.plan(pattern, FIRST)
        create(make_client())
        assert (mock.jobs["churn"].plan == FIRST) == met


def test_a_predicate_and_a_source_see_the_request() -> None:
    """Both are given what CreateTrainingJob received."""
    seen: list[Mapping[str, Any]] = []

    def meets(sent: Mapping[str, Any]) -> bool:
        seen.append(sent)
        instance: str = sent["ResourceConfig"]["InstanceType"]
        return instance.startswith("ml.m5")

    def source(sent: Mapping[str, Any]) -> Plan:
        seen.append(sent)
        return Plan.fails(sent["TrainingJobName"])

    with mock_sagemaker(plan=lambda sent: Plan.fails(f"default for {sent['TrainingJobName']}")) as mock:
        mock.plan(meets, source)
        client = make_client()
        create(client)
        create(client, "big", ResourceConfig={"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1})
        assert [view.plan.failure_reason for view in mock.jobs.values()] == ["churn", "default for big"]
        assert seen[:2] == [request("churn")] * 2


def test_a_source_that_returns_no_plan_is_the_tests_fault() -> None:
    """The error shows what it returned, for which job, and reaches the test as it is."""
    wrong: Callable[[Mapping[str, Any]], Any] = len
    with mock_sagemaker() as mock:
        mock.plan("*", wrong)
        with pytest.raises(UsageError) as stopped:
            create(make_client())
        assert str(stopped.value) == "<built-in function len> returned 6 for 'churn': let it return a Plan"
        assert mock.calls[-1].outcome == "UsageError"
        assert not mock.jobs


def test_a_predicate_that_raises_is_heard() -> None:
    """Its error reaches the test as it is."""

    def meets(_: Mapping[str, Any]) -> bool:
        raise ZeroDivisionError

    with mock_sagemaker(strict=False) as mock:
        mock.plan(meets, FIRST)
        with pytest.raises(ZeroDivisionError):
            create(make_client())


@pytest.mark.parametrize("seed, same", [(0, True), (1, False)])
def test_a_range_is_drawn_by_seed_and_name(seed: int, same: bool) -> None:  # noqa: FBT001  # a case of the table
    """The same seed draws the same for the same name, whatever was drawn before; another seed does not."""
    plan = Plan.completes(training=(0, 80_000))

    def lengths(seed: int, *names: str) -> list[object]:
        with mock_sagemaker(start=START, seed=seed, plan=plan, latency=0) as mock:
            client = make_client()
            for name in names:
                create(client, name)
            mock.advance_until_idle()
            return [mock.jobs[name].training_seconds for name in sorted(names)]

    assert (lengths(0, "a", "b") == lengths(seed, "b", "a")) == same
    assert len(set(lengths(seed, "a", "b"))) == 2


# -- strict


def leave(mock: Any, *names: str) -> str:
    """Create jobs, end a mock, and return what it complains of."""
    mock.start()
    mock.plan("chrun-*", FIRST)
    mock.plan("churn-*", SECOND)
    for name in names:
        create(make_client(), name)
    with pytest.raises(UnusedError) as unused:
        mock.stop()
    return str(unused.value)


def test_a_plan_that_nothing_used_fails_the_test_by_name() -> None:
    """The text names the plan and the near misses."""
    assert leave(mock_sagemaker(), "churn-1", "other") == (
        f"1 prepared plan was never used: plan('chrun-*', {FIRST!r}) (the jobs that were created: churn-1, other). "
        "Mend the pattern, take the plan out, or allow it with strict=False"
    )
    assert leave(mock_sagemaker()) == (
        f"2 prepared plans were never used: plan('chrun-*', {FIRST!r}); plan('churn-*', {SECOND!r}) (no job was created). "
        "Mend the pattern, take the plan out, or allow it with strict=False"
    )


def unused(prepare: Callable[[SageMakerMock], object]) -> str:
    """Return what a mock complains of that was prepared like this, after its first line."""
    with pytest.raises(UnusedError) as caught, mock_sagemaker() as mock:
        prepare(mock)
    return str(caught.value).partition("strict=False")[2].strip()


def test_a_plan_for_another_kind_of_job_is_told_apart_from_a_late_one() -> None:
    """The text says why a job whose name matches did not use the plan."""

    def processing(mock: SageMakerMock) -> None:
        mock.plan("prepare-*", FIRST)
        mock.create_processing_job("prepare-1")

    def training(mock: SageMakerMock) -> None:
        mock.plan("churn-*", TransformJobPlan.fails())
        mock.create_training_job("churn-1")

    def tuning(mock: SageMakerMock) -> None:
        mock.plan("tune-1", FIRST)
        mock.create_tuning_job("tune-1")

    def late(mock: SageMakerMock) -> None:
        mock.create_processing_job("churn-0")
        mock.create_training_job("churn-1")
        mock.plan("churn-*", FIRST)

    def by_request(mock: SageMakerMock) -> None:
        mock.plan(lambda _: False, FIRST)
        mock.create_training_job("churn-1")

    assert unused(processing) == (
        "'prepare-1' is a processing job, and this plan is for training jobs: plan it by a ProcessingJobPlan."
    )
    assert unused(training) == "'churn-1' is a training job, and this plan is for transform jobs: plan it by a Plan."
    assert unused(tuning) == (
        "'tune-1' is a tuning job, and this plan is for training jobs: plan it by a TuningJobPlan, and for its training jobs by "
        "'tune-1-*'."
    )
    assert unused(late) == (
        "'churn-1' was created before this plan was given, or another plan was for it: the first that matches wins."
    )
    assert not unused(by_request)


def test_the_jobs_of_a_complaint_are_bounded_and_no_call_is_said_in_words() -> None:
    """A tuning job alone may have created a hundred."""
    mock = mock_sagemaker().start()
    mock.fault("StopTrainingJob", "ThrottlingException")
    mock.plan("chrun-*", FIRST)
    for number in range(12):
        mock.create_training_job(f"churn-{number}")
    with pytest.raises(UnusedError) as caught:
        mock.stop()
    assert "churn-8, churn-9 and 2 more). Mend" in str(caught.value)
    assert "fault('StopTrainingJob', 'ThrottlingException') (no call arrived). Mend" in str(caught.value)


def test_an_error_of_the_test_is_not_hidden_by_an_unused_plan() -> None:
    """Only a clean exit complains."""

    def fail_with_a_plan_unused() -> None:
        with mock_sagemaker() as mock:
            mock.plan("*", FIRST)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_with_a_plan_unused()


def test_a_coroutine_that_leaves_its_mock_unused_is_told_too() -> None:
    """`async with` ends as `with` does."""

    async def unused() -> None:
        async with mock_sagemaker() as mock:
            mock.plan("*", FIRST)

    with pytest.raises(UnusedError):
        asyncio.run(unused())


def test_without_strict_a_plan_may_go_unused() -> None:
    """And `check_used` says nothing."""
    with mock_sagemaker(strict=False) as mock:
        mock.plan("*", FIRST)
        mock.check_used()
