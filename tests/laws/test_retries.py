"""Faults as the code under test meets them, through botocore's own retries in all three modes."""

import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, WaiterError

from sagemock import NothingWillHappen, Plan, SageMakerMock, UnusedError, UsageError, mock_sagemaker
from tests.support.calling import START, after, code_and_text, create, make_client

MODES = ["legacy", "standard", "adaptive"]
PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)


def retrying(mode: Any, attempts: int = 4, **options: Any) -> Any:
    """Return a client that makes so many attempts at a call."""
    return make_client(config=Config(retries={"mode": mode, "total_max_attempts": attempts}, **options))


def slept(mock: SageMakerMock) -> float:
    """Return how many seconds were slept in all."""
    return mock.sleeps.total.total_seconds()


def elapsed(mock: SageMakerMock) -> float:
    """Return how many seconds have passed since the start."""
    return (mock.clock.now() - START).total_seconds()


# -- what is retried

RETRIED = {
    "ThrottlingException": 0.1,
    "InternalFailure": 0.1,
    "ServiceUnavailable": 0.1,
    "ConnectTimeout": 3.0,
    "ReadTimeout": 7.0,
    "ConnectionReset": 0.1,
    "EndpointUnreachable": 0.1,
}
"""What every mode retries, and how many seconds each attempt takes."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault,seconds", RETRIED.items(), ids=RETRIED)
def test_a_passing_trouble_is_retried_until_it_has_passed(mode: str, fault: str, seconds: float) -> None:
    """The caller sees only RetryAttempts; the mock has each attempt on record, and the clock its time and the back-off."""
    with mock_sagemaker(start=START, latency=0.1) as mock:
        mock.fault("ListTrainingJobs", fault, times=2)
        response = retrying(mode, connect_timeout=3, read_timeout=7).list_training_jobs()
        assert response["ResponseMetadata"]["RetryAttempts"] == 2
        assert mock.calls.outcomes == [fault, fault, "ok"]
        assert [call.attempt for call in mock.calls] == [1, 2, 3]
        assert mock.calls.retries.count == 2
        assert elapsed(mock) == pytest.approx(2 * seconds + 0.1 + slept(mock), abs=1e-5)
        assert len(mock.sleeps) >= 2
        assert mock.calls[1].at >= after(seconds) + mock.sleeps[0].duration


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", RETRIED)
def test_a_lasting_trouble_reaches_the_caller_after_the_last_attempt(mode: str, fault: str) -> None:
    """With as many attempts as the client was told to make."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("ListTrainingJobs", fault)
        with pytest.raises(Exception, match=".") as caught:
            retrying(mode, attempts=3).list_training_jobs()
        assert mock.calls.outcomes == [fault] * 3
        if isinstance(caught.value, ClientError):
            assert code_and_text(caught.value)[0] == fault
            metadata: Any = caught.value.response["ResponseMetadata"]
            assert metadata["RetryAttempts"] == 2
            assert metadata["MaxAttemptsReached"]
            assert "(reached max retries: 2)" in str(caught.value)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", ["AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"])
def test_what_retrying_cannot_mend_is_not_retried(mode: str, fault: str) -> None:
    """The first answer is the caller's."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("ListTrainingJobs", fault)
        with pytest.raises(ClientError, match=fault):
            retrying(mode).list_training_jobs()
        assert mock.calls.outcomes == [fault]
        assert mock.sleeps == []


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_answer_leads_to_a_name_that_is_in_use(mode: str) -> None:
    """The job was created, the client did not hear of it, and its retry meets the job that it has made itself."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("CreateTrainingJob", "LostAnswer", times=1)
        with pytest.raises(ClientError) as caught:
            create(retrying(mode, read_timeout=7))
        assert code_and_text(caught.value)[0] == "ResourceInUse"
        first, second = mock.calls
        assert [(call.outcome, call.attempt) for call in (first, second)] == [("LostAnswer", 1), ("ResourceInUse", 2)]
        assert mock.jobs["churn"].created == first.at == START
        assert second.at >= after(7)


def test_the_mode_of_a_client_is_its_own() -> None:
    """Nothing about retries is set by the mock: a client that was told nothing makes the attempts of its botocore."""
    client = make_client(config=Config())
    attempts = client.meta.config.retries.get("total_max_attempts")
    with mock_sagemaker(start=START) as mock:
        mock.fault("*", "ThrottlingException")
        with pytest.raises(ClientError):
            client.list_training_jobs()
        assert mock.calls.count > 1
        assert attempts in (None, mock.calls.count)


def test_adaptive_retries_slow_down_all_calls_of_the_client() -> None:
    """After a throttle the client paces itself, on the virtual clock."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = retrying("adaptive")
        client.list_training_jobs()
        assert mock.sleeps == []
        mock.fault("*", "ThrottlingException", times=1)
        client.list_training_jobs()
        before = len(mock.sleeps)
        for _ in range(3):
            client.list_training_jobs()
        assert len(mock.sleeps) > before


# -- waiters


def test_a_waiter_rides_out_a_throttle() -> None:
    """The client's retries do it, and the waiter never hears of it."""
    with mock_sagemaker(start=START, plan=PLAN) as mock:
        client = retrying("standard")
        create(client)
        mock.fault("DescribeTrainingJob", "ThrottlingException", times=2, after=timedelta(minutes=5))
        client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn")
        assert mock.calls.to("DescribeTrainingJob", outcome="ThrottlingException").count == 2
        assert mock.jobs["churn"].status == "Completed"


def test_a_waiter_gives_up_on_a_job_that_is_not_yet_visible() -> None:
    """It takes a ValidationException for the end, as it does in production."""
    with mock_sagemaker(start=START, plan=PLAN) as mock:
        client = retrying("standard")
        mock.hide("churn", lasting=5)
        create(client)
        with pytest.raises(WaiterError, match="Matched expected service error code: ValidationException"):
            client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn")


# -- which calls


def test_an_outage_lasts_from_one_instant_to_another() -> None:
    """A loop that goes on trying sees its beginning and its end."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = retrying("standard", attempts=1)
        mock.fault("*", "ServiceUnavailable", after=timedelta(minutes=2), until="2018-07-30T00:04:00Z")
        for _ in range(6):
            with suppress(ClientError):
                client.list_training_jobs()
            time.sleep(60)
        assert mock.calls.outcomes == ["ok", "ok", "ServiceUnavailable", "ServiceUnavailable", "ok", "ok"]


def test_one_job_of_several_is_in_trouble() -> None:
    """A pattern of names says which."""
    with mock_sagemaker(start=START) as mock:
        client = retrying("standard", attempts=1)
        mock.fault("CreateTrainingJob", "ResourceLimitExceeded", job="fraud-*", message="No more instances.")
        create(client, "churn-1")
        with pytest.raises(ClientError) as caught:
            create(client, "fraud-1")
        assert code_and_text(caught.value) == ("ResourceLimitExceeded", "No more instances.", 400)
        assert isinstance(caught.value, client.exceptions.ResourceLimitExceeded)
        assert list(mock.jobs) == ["churn-1"]


def test_chance_is_the_seed_s() -> None:
    """The same calls meet the same trouble in every run; another seed makes another run."""

    def run(seed: int) -> list[str]:
        with mock_sagemaker(start=START, seed=seed) as mock:
            mock.fault("*", "ConnectionReset", probability=0.5)
            client = retrying("standard", attempts=1)
            for _ in range(30):
                with suppress(ConnectionClosedError):
                    client.list_training_jobs()
            return mock.calls.outcomes

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert set(run(1)) == {"ok", "ConnectionReset"}


def test_a_denial_is_about_the_caller_s_own_account() -> None:
    """The text of AccessDeniedException is made of the call: operation, job, region, account."""
    with mock_sagemaker(start=START) as mock:
        mock.accounts["AKIDOTHER"] = "210987654321"
        mock.fault("DescribeTrainingJob", "AccessDeniedException")
        client = make_client("eu-west-1", access_key="AKIDOTHER")
        with pytest.raises(ClientError, match=":210987654321:training-job/churn because no identity-based policy allows"):
            client.describe_training_job(TrainingJobName="churn")


# -- idling (law 9), and what nothing met


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a tenth of the polls be too many, for the tests that are not about the number."""
    monkeypatch.setattr("sagemock.clock.runaway.REPEATS", 100)
    return 100


def poll(client: Any, times: int) -> None:
    """Ask for something so many times, whatever comes."""
    for _ in range(times):
        with suppress(ClientError):
            client.list_training_jobs()


def test_a_loop_that_is_throttled_for_ever_ends(short: int) -> None:
    """A throttled poll is a poll; the error names the fault."""
    with mock_sagemaker(start=START, latency=0, idle_limit=timedelta(days=9)) as mock:
        mock.fault("List*", "ThrottlingException")
        client = retrying("standard", attempts=1)
        poll(client, short)
        with pytest.raises(NothingWillHappen) as caught:
            poll(client, 1)
        assert str(caught.value) == (
            f"nothing can happen any more, and yet the same call was made {short + 1} times since.\n"
            "  there are no training jobs\n"
            f"  fault('List*', 'ThrottlingException') has met {short + 1} calls\n"
            "Let the code under test recognise that status and end its loop, give the job a plan that goes on, "
            "or allow more with idle_limit (None: no limit)"
        )


def test_a_loop_that_loses_every_answer_ends(short: int) -> None:
    """Also where each call could have changed something."""
    with mock_sagemaker(start=START, latency=0, idle_limit=timedelta(days=9), plan=PLAN) as mock:
        mock.fault("CreateTrainingJob", "LostAnswer")
        client = retrying("standard", attempts=1, read_timeout=3600)

        def insist() -> None:
            while True:
                with suppress(ReadTimeoutError):
                    create(client)

        with pytest.raises(NothingWillHappen):
            insist()
        assert mock.calls.count > short


def test_a_trouble_that_will_pass_is_waited_for(short: int) -> None:
    """Its end is something that happens, and so is each time that a counted one is met."""
    with mock_sagemaker(start=START, latency=0, idle_limit=timedelta(days=9)) as mock:
        client = retrying("standard", attempts=1)
        mock.fault("List*", "ThrottlingException", until=timedelta(days=8))
        poll(client, 2 * short)
        mock.clock.advance(days=8)
        mock.fault("List*", "ThrottlingException", times=2 * short)
        poll(client, 2 * short)
        assert set(mock.calls.outcomes) == {"ThrottlingException"}


def test_a_fault_that_nothing_met_fails_the_test_by_name() -> None:
    """With the calls that came instead."""
    mock = mock_sagemaker(start=START).start()
    mock.plan("fraud-*", Plan.fails())
    mock.fault("DescribeTrainingJob", "ThrottlingException", times=3)
    make_client().list_training_jobs()
    with pytest.raises(UnusedError) as caught:
        mock.stop()
    assert str(caught.value) == (
        f"1 prepared plan was never used: plan('fraud-*', {Plan.fails()!r}) (no job was created). "
        "Mend the pattern, take the plan out, or allow it with strict=False\n"
        "1 prepared fault was never met: fault('DescribeTrainingJob', 'ThrottlingException', times=3) "
        "(<1 call: ListTrainingJobs: ok>). "
        "Mend the operation, the job or the time, take the fault out, or allow it with strict=False"
    )


def test_a_fault_that_nothing_met_can_be_allowed() -> None:
    """By strict=False."""
    with mock_sagemaker(start=START, strict=False) as mock:
        mock.fault("DescribeTrainingJob", "ThrottlingException")


def test_a_mistake_in_a_fault_leaves_no_fault_behind() -> None:
    """The error is at its line, and the mock goes on as if it had not been."""
    with mock_sagemaker(start=START) as mock:
        with pytest.raises(UsageError):
            mock.fault("DescribeTrainingJob", "Throttled")
        with pytest.raises(ValueError, match="lasting is a positive duration"):
            mock.hide("churn-*", lasting=-1)
        make_client().list_training_jobs()
        assert mock.calls.outcomes == ["ok"]
