"""Faults as the code under test sees them, through botocore's three retry modes."""

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
    """Return a client with this retry mode and number of attempts."""
    return make_client(config=Config(retries={"mode": mode, "total_max_attempts": attempts}, **options))


def total_sleep(mock: SageMakerMock) -> float:
    """Return the sum of all sleeps, in seconds."""
    return mock.sleeps.total.total_seconds()


def elapsed(mock: SageMakerMock) -> float:
    """Return how many seconds have passed since the start."""
    return (mock.clock.now() - START).total_seconds()


# -- which faults are retried

RETRIED = {
    "ThrottlingException": 0.1,
    "InternalFailure": 0.1,
    "ServiceUnavailable": 0.1,
    "ConnectTimeout": 3.0,
    "ReadTimeout": 7.0,
    "ConnectionReset": 0.1,
    "EndpointUnreachable": 0.1,
}
"""The errors that every mode retries, and the seconds that each attempt takes."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault,seconds", RETRIED.items(), ids=RETRIED)
def test_a_temporary_fault_is_retried_until_it_is_over(mode: str, fault: str, seconds: float) -> None:
    """The caller sees only RetryAttempts; the mock records each attempt, and the clock its latency and back-off."""
    with mock_sagemaker(start=START, latency=0.1) as mock:
        mock.fault("ListTrainingJobs", fault, times=2)
        response = retrying(mode, connect_timeout=3, read_timeout=7).list_training_jobs()
        assert response["ResponseMetadata"]["RetryAttempts"] == 2
        assert mock.calls.outcomes == [fault, fault, "ok"]
        assert [call.attempt for call in mock.calls] == [1, 2, 3]
        assert mock.calls.retries.count == 2
        assert elapsed(mock) == pytest.approx(2 * seconds + 0.1 + total_sleep(mock), abs=1e-5)
        assert len(mock.sleeps) >= 2
        assert mock.calls[1].at >= after(seconds) + mock.sleeps[0].duration


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", RETRIED)
def test_a_lasting_fault_reaches_the_caller_after_the_last_attempt(mode: str, fault: str) -> None:
    """The number of attempts is the client's own setting."""
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
def test_an_error_that_retries_cannot_help_is_not_retried(mode: str, fault: str) -> None:
    """The caller gets the first answer."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("ListTrainingJobs", fault)
        with pytest.raises(ClientError, match=fault):
            retrying(mode).list_training_jobs()
        assert mock.calls.outcomes == [fault]
        assert mock.sleeps == []


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_response_leads_to_a_name_in_use(mode: str) -> None:
    """The job was created but the response was lost, so the retry meets the job of the first attempt."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("CreateTrainingJob", "LostAnswer", times=1)
        with pytest.raises(ClientError) as caught:
            create(retrying(mode, read_timeout=7))
        assert code_and_text(caught.value)[0] == "ResourceInUse"
        first, second = mock.calls
        assert [(call.outcome, call.attempt) for call in (first, second)] == [("LostAnswer", 1), ("ResourceInUse", 2)]
        assert mock.jobs["churn"].created == first.at == START
        assert second.at >= after(7)


def test_the_retry_mode_of_a_client_is_unchanged() -> None:
    """The mock sets nothing: a client without a retry configuration makes botocore's default number of attempts."""
    client = make_client(config=Config())
    attempts = client.meta.config.retries.get("total_max_attempts")
    with mock_sagemaker(start=START) as mock:
        mock.fault("*", "ThrottlingException")
        with pytest.raises(ClientError):
            client.list_training_jobs()
        assert mock.calls.count > 1
        assert attempts in (None, mock.calls.count)


def test_adaptive_retries_slow_down_all_calls_of_the_client() -> None:
    """After a throttle the client limits its own rate, on the virtual clock."""
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


def test_a_throttle_does_not_reach_a_waiter() -> None:
    """The client's retries handle it."""
    with mock_sagemaker(start=START, plan=PLAN) as mock:
        client = retrying("standard")
        create(client)
        mock.fault("DescribeTrainingJob", "ThrottlingException", times=2, after=timedelta(minutes=5))
        client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn")
        assert mock.calls.to("DescribeTrainingJob", outcome="ThrottlingException").count == 2
        assert mock.jobs["churn"].status == "Completed"


def test_a_waiter_fails_on_a_job_that_is_not_yet_visible() -> None:
    """It takes the ValidationException as final, as in production."""
    with mock_sagemaker(start=START, plan=PLAN) as mock:
        client = retrying("standard")
        mock.hide("churn", lasting=5)
        create(client)
        with pytest.raises(WaiterError, match="Matched expected service error code: ValidationException"):
            client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn")


# -- which calls have the fault


def test_an_outage_lasts_from_one_instant_to_another() -> None:
    """A loop of calls sees the outage begin and end."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = retrying("standard", attempts=1)
        mock.fault("*", "ServiceUnavailable", after=timedelta(minutes=2), until="2018-07-30T00:04:00Z")
        for _ in range(6):
            with suppress(ClientError):
                client.list_training_jobs()
            time.sleep(60)
        assert mock.calls.outcomes == ["ok", "ok", "ServiceUnavailable", "ServiceUnavailable", "ok", "ok"]


def test_a_fault_can_be_limited_to_one_job() -> None:
    """The pattern of names selects the job."""
    with mock_sagemaker(start=START) as mock:
        client = retrying("standard", attempts=1)
        mock.fault("CreateTrainingJob", "ResourceLimitExceeded", job="fraud-*", message="No more instances.")
        create(client, "churn-1")
        with pytest.raises(ClientError) as caught:
            create(client, "fraud-1")
        assert code_and_text(caught.value) == ("ResourceLimitExceeded", "No more instances.", 400)
        assert isinstance(caught.value, client.exceptions.ResourceLimitExceeded)
        assert list(mock.jobs) == ["churn-1"]


def test_random_faults_follow_the_seed() -> None:
    """The same seed fails the same calls in every run; another seed fails others."""

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


def test_an_access_denied_message_names_the_call() -> None:
    """The message contains the operation, job, region and account."""
    with mock_sagemaker(start=START) as mock:
        mock.accounts["AKIDOTHER"] = "210987654321"
        mock.fault("DescribeTrainingJob", "AccessDeniedException")
        client = make_client("eu-west-1", access_key="AKIDOTHER")
        with pytest.raises(ClientError, match=":210987654321:training-job/churn because no identity-based policy allows"):
            client.describe_training_job(TrainingJobName="churn")


# -- endless loops (law 9), and unused faults


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Set a tenth of the usual idle limit, for tests that are not about the number."""
    monkeypatch.setattr("sagemock.clock.runaway.REPEATS", 100)
    return 100


def poll(client: Any, times: int) -> None:
    """Call the operation so many times, whatever the answer."""
    for _ in range(times):
        with suppress(ClientError):
            client.list_training_jobs()


def test_an_endless_loop_of_throttled_polls_is_stopped(short: int) -> None:
    """A throttled poll counts as a poll, and the error names the fault."""
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


def test_an_endless_loop_of_lost_responses_is_stopped(short: int) -> None:
    """Calls that could have changed something count too."""
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


def test_a_loop_may_wait_for_the_end_of_a_fault(short: int) -> None:
    """The end of a fault counts as progress, and so does each use of a fault that is limited by `times`."""
    with mock_sagemaker(start=START, latency=0, idle_limit=timedelta(days=9)) as mock:
        client = retrying("standard", attempts=1)
        mock.fault("List*", "ThrottlingException", until=timedelta(days=8))
        poll(client, 2 * short)
        mock.clock.advance(days=8)
        mock.fault("List*", "ThrottlingException", times=2 * short)
        poll(client, 2 * short)
        assert set(mock.calls.outcomes) == {"ThrottlingException"}


def test_an_unused_fault_fails_the_test_by_name() -> None:
    """The error lists the calls that came instead."""
    mock = mock_sagemaker(start=START).start()
    mock.plan("fraud-*", Plan.fails())
    mock.fault("DescribeTrainingJob", "ThrottlingException", times=3)
    make_client().list_training_jobs()
    with pytest.raises(UnusedError) as caught:
        mock.stop()
    assert str(caught.value) == (
        f"1 prepared plan was never used:\n  plan('fraud-*', {Plan.fails()!r})\nNo job was created.\n"
        "Mend the pattern, take the plan out, or allow it with strict=False.\n"
        "1 prepared fault was never met:\n  fault('DescribeTrainingJob', 'ThrottlingException', times=3)\n"
        "The calls: <1 call: ListTrainingJobs: ok>.\n"
        "Mend the operation, the job or the time, take the fault out, or allow it with\n  strict=False."
    )


def test_unused_faults_are_allowed_with_strict_false() -> None:
    """`strict=False` says so for the whole mock."""
    with mock_sagemaker(start=START, strict=False) as mock:
        mock.fault("DescribeTrainingJob", "ThrottlingException")


def test_an_invalid_fault_is_not_added() -> None:
    """The error is raised at its line, and the mock is unchanged."""
    with mock_sagemaker(start=START) as mock:
        with pytest.raises(UsageError):
            mock.fault("DescribeTrainingJob", "Throttled")
        with pytest.raises(ValueError, match="lasting is a positive duration"):
            mock.hide("churn-*", lasting=-1)
        make_client().list_training_jobs()
        assert mock.calls.outcomes == ["ok"]
