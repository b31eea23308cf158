"""How a world answers calls: latency, records, endless loops and plans."""

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
    """Law 4: so the first job is created exactly at the start, and a loop that never sleeps makes progress."""
    with mock_sagemaker(start=START, latency=2) as mock:
        client = make_client()
        create(client)
        assert mock.clock.now() == after(2)
        assert describe(client)["CreationTime"] == START
        mock.clock.latency = timedelta(seconds=3)
        client.list_training_jobs()
        assert mock.clock.now() == after(7)


def test_a_loop_without_sleeps_sees_the_end_of_a_job() -> None:
    """A thousand describes of 0.1 s are a hundred seconds."""
    with mock_sagemaker(start=START, plan=Plan.completes(starting=1, downloading=1, training=10, uploading=1)) as mock:
        client = make_client()
        create(client)
        while describe(client)["TrainingJobStatus"] == "InProgress":
            pass
        assert mock.clock.now() == after(13.1)


def test_a_refused_call_takes_its_latency_too() -> None:
    """A refusal is an answer too."""
    with mock_sagemaker(start=START, latency=1) as mock:
        with pytest.raises(ClientError):
            make_client().describe_training_job(TrainingJobName="unknown")
        assert mock.clock.now() == after(1)


def test_every_call_is_recorded() -> None:
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


def test_every_sleep_is_recorded() -> None:
    """Its start and its length."""
    with mock_sagemaker(start=START) as mock:
        time.sleep(5)
        time.sleep(0.25)
        assert mock.sleeps == [Sleep(START, timedelta(seconds=5)), Sleep(after(5), timedelta(seconds=0.25))]
        assert mock.sleeps.total == timedelta(seconds=5.25)
        assert mock.clock.now() == after(5.25)


def test_the_records_of_nested_mocks_are_separate() -> None:
    """The innermost one answers and records."""
    client = make_client()
    with mock_sagemaker(start=START) as outer:
        create(client)
        with mock_sagemaker(start=START) as inner:
            client.list_training_jobs()
            time.sleep(1)
        assert (len(inner.calls), len(inner.sleeps), len(inner.jobs)) == (1, 1, 0)
        assert (len(outer.calls), len(outer.sleeps), len(outer.jobs)) == (1, 0, 1)
        assert outer.clock.now() == after(0.1)


# -- endless loops (law 9)


def poll(client: Any, times: int, name: str = "churn") -> None:
    """Describe a job several times."""
    for _ in range(times):
        client.describe_training_job(TrainingJobName=name)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Set a tenth of the usual limit, for tests that are not about the number."""
    monkeypatch.setattr("sagemock.clock.runaway.REPEATS", 100)
    return 100


def test_a_thousand_equal_polls_are_an_endless_loop() -> None:
    """The next poll raises. The message has the job, its status and since when, its plan, and what to do."""
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


def test_an_endless_loop_over_an_unknown_job_is_stopped(short: int) -> None:
    """Without any job, nothing can happen."""
    with mock_sagemaker(start=START, latency=0):
        client = make_client()
        for _ in range(short):
            with pytest.raises(ClientError):
                poll(client, 1, "unknown")
        with pytest.raises(NothingWillHappen, match="there are no training jobs"):
            poll(client, 1, "unknown")


def test_a_hanging_job_is_polled_until_its_limit(short: int) -> None:
    """Polls do not count until MaxRuntimeInSeconds has ended it."""
    with mock_sagemaker(start=START, latency=0, plan=Plan.hangs(starting=1, downloading=1)):
        client = make_client()
        create(client)
        poll(client, 2 * short)


def test_polls_count_after_the_last_change_of_a_job(short: int) -> None:
    """While anything can still happen to it, they do not."""
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


def test_many_different_polls_are_not_an_endless_loop(short: int) -> None:
    """Each finished job may be described once."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        for number in range(2 * short):
            create(client, f"job-{number}")
        mock.clock.advance(days=1)
        for _ in range(2):
            for number in range(2 * short):
                poll(client, 1, f"job-{number}")


@pytest.mark.parametrize("limit, sleeps", [(timedelta(hours=1), 60), (timedelta(days=1), 500)])
def test_an_endless_loop_that_sleeps_is_stopped(limit: timedelta, sleeps: int) -> None:
    """By `idle_limit` of virtual time that the code itself slept, or by a thousand polls and sleeps."""
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


def test_the_idle_limit_may_be_set_at_any_time(short: int) -> None:
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


def test_advances_of_the_test_do_not_count() -> None:
    """A year that the test advances is not the loop's own sleep."""
    with mock_sagemaker(start=START, plan=PLAN) as mock:
        client = make_client()
        create(client)
        for _ in range(12):
            mock.clock.advance(days=30)
            poll(client, 1)


def test_a_change_restarts_the_count(short: int) -> None:
    """The test fails or completes a job, or the code stops one."""
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


def test_the_first_matching_plan_is_used() -> None:
    """In the order in which they were added; other jobs get the default plan."""
    with mock_sagemaker(plan=DEFAULT) as mock:
        mock.plan("churn-*", FIRST)
        mock.plan("*-2", SECOND)
        client = make_client()
        for name in ("churn-1", "churn-2", "other-2", "other"):
            create(client, name)
        assert [view.plan for view in mock.jobs.values()] == [FIRST, FIRST, SECOND, DEFAULT]


def test_a_plan_serves_a_number_of_jobs() -> None:
    """`times` of them; then the next matching plan is used."""
    with mock_sagemaker() as mock:
        mock.plan("*", FIRST, times=2)
        mock.plan("*", SECOND, times=1)
        client = make_client()
        for number in range(4):
            create(client, f"job-{number}")
        assert [view.plan for view in mock.jobs.values()] == [FIRST, FIRST, SECOND, Plan()]


def test_a_refused_request_uses_no_plan() -> None:
    """Here the name is in use."""
    with mock_sagemaker() as mock:
        client = make_client()
        create(client)
        mock.plan("*", FIRST, times=1)
        with pytest.raises(ClientError):
            create(client)
        create(client, "second")
        assert mock.jobs["second"].plan == FIRST


def test_a_plan_applies_to_later_jobs_only() -> None:
    """A job keeps the plan of its creation."""
    with mock_sagemaker(strict=False) as mock:
        client = make_client()
        create(client)
        mock.plan("*", FIRST)
        assert mock.jobs["churn"].plan == Plan()


@pytest.mark.parametrize(
    "pattern, matches",
    [("churn", True), ("ch?rn", True), ("[a-c]hurn", True), ("CHURN", False), ("chur", False), ("*", True), ("churn-*", False)],
)
def test_a_pattern_matches_whole_names_and_is_case_sensitive(pattern: str, matches: bool) -> None:  # noqa: FBT001  # a column of the table
    """It is a glob, as in a shell."""
    with mock_sagemaker(strict=False) as mock:
        mock.plan(pattern, FIRST)
        create(make_client())
        assert (mock.jobs["churn"].plan == FIRST) == matches


def test_a_predicate_and_a_callable_plan_get_the_request() -> None:
    """The fields that CreateTrainingJob received."""
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


def test_a_callable_that_returns_no_plan_is_an_error() -> None:
    """The error shows its result and the job, and reaches the test unchanged."""
    wrong: Callable[[Mapping[str, Any]], Any] = len
    with mock_sagemaker() as mock:
        mock.plan("*", wrong)
        with pytest.raises(UsageError) as stopped:
            create(make_client())
        assert str(stopped.value) == "<built-in function len> returned 6 for 'churn': let it return a Plan"
        assert mock.calls[-1].outcome == "UsageError"
        assert not mock.jobs


def test_the_error_of_a_predicate_reaches_the_test() -> None:
    """Unchanged."""

    def meets(_: Mapping[str, Any]) -> bool:
        raise ZeroDivisionError

    with mock_sagemaker(strict=False) as mock:
        mock.plan(meets, FIRST)
        with pytest.raises(ZeroDivisionError):
            create(make_client())


@pytest.mark.parametrize("seed, same", [(0, True), (1, False)])
def test_a_range_is_drawn_by_seed_and_name(seed: int, same: bool) -> None:  # noqa: FBT001  # a column of the table
    """One seed draws the same for one name, whatever was drawn before; another seed draws something else."""
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
    """Create jobs, end a mock, and return the message of its error."""
    mock.start()
    mock.plan("chrun-*", FIRST)
    mock.plan("churn-*", SECOND)
    for name in names:
        create(make_client(), name)
    with pytest.raises(UnusedError) as unused:
        mock.stop()
    return str(unused.value)


def test_an_unused_plan_fails_the_test_by_name() -> None:
    """The message has the plan and the names that nearly match."""
    assert leave(mock_sagemaker(), "churn-1", "other") == (
        f"1 prepared plan was never used:\n  plan('chrun-*', {FIRST!r})\nThe jobs that were created: churn-1, other.\n"
        "Mend the pattern, take the plan out, or allow it with strict=False."
    )
    assert leave(mock_sagemaker()) == (
        f"2 prepared plans were never used:\n  plan('chrun-*', {FIRST!r})\n  plan('churn-*', {SECOND!r})\nNo job was created.\n"
        "Mend the pattern, take the plan out, or allow it with strict=False."
    )


def unused(prepare: Callable[[SageMakerMock], object]) -> str:
    """Return the hints in the UnusedError of a mock that was prepared by this function."""
    with pytest.raises(UnusedError) as caught, mock_sagemaker() as mock:
        prepare(mock)
    return " ".join(str(caught.value).partition("strict=False.")[2].split())


def test_the_error_of_an_unused_plan_says_why_no_job_used_it() -> None:
    """The plan is for another kind of jobs, or it came too late."""

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


def test_the_error_of_unused_plans_lists_some_jobs_and_calls() -> None:
    """A tuning job alone may create a hundred jobs."""
    mock = mock_sagemaker().start()
    mock.fault("StopTrainingJob", "ThrottlingException")
    mock.plan("chrun-*", FIRST)
    for number in range(12):
        mock.create_training_job(f"churn-{number}")
    with pytest.raises(UnusedError) as caught:
        mock.stop()
    assert "churn-8, churn-9 and 2 more. Mend" in " ".join(str(caught.value).split())
    assert "\n  fault('StopTrainingJob', 'ThrottlingException')\nNo call arrived.\nMend" in str(caught.value)


def test_an_error_of_the_test_is_not_hidden_by_an_unused_plan() -> None:
    """An unused plan is an error only at a clean exit."""

    def fail_with_a_plan_unused() -> None:
        with mock_sagemaker() as mock:
            mock.plan("*", FIRST)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_with_a_plan_unused()


def test_an_unused_plan_fails_a_coroutine_too() -> None:
    """`async with` ends like `with`."""

    async def unused() -> None:
        async with mock_sagemaker() as mock:
            mock.plan("*", FIRST)

    with pytest.raises(UnusedError):
        asyncio.run(unused())


def test_without_strict_a_plan_may_stay_unused() -> None:
    """`check_used` raises nothing."""
    with mock_sagemaker(strict=False) as mock:
        mock.plan("*", FIRST)
        mock.check_used()
