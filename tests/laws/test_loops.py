"""Law 9: which polling loops are stopped as endless, and which are not."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from sagemock import NothingWillHappen, Plan, SageMakerMock, mock_sagemaker
from tests.laws.test_threads import REQUEST

HOUR = Plan.completes(training=3600)


@pytest.fixture
def client() -> Any:
    """Return a client."""
    return boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="key")


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start the mock."""
    with mock_sagemaker(plan=HOUR, idle_limit=7 * 86_400) as sagemaker:
        yield sagemaker


def finish(sagemaker: SageMakerMock, client: Any, number: int) -> list[str]:
    """Create jobs, let them end, and return their names."""
    names = [f"job-{index}" for index in range(number)]
    for name in names:
        client.create_training_job(TrainingJobName=name, **REQUEST)
    sagemaker.advance_until_idle()
    return names


def test_polling_finished_jobs_is_not_an_endless_loop(sagemaker: SageMakerMock, client: Any) -> None:
    """A hundred jobs, each described twenty-five times."""
    names = finish(sagemaker, client, 100)
    for _ in range(25):
        for name in names:
            client.describe_training_job(TrainingJobName=name)
        time.sleep(60)


def test_without_a_job_no_loop_is_endless(sagemaker: SageMakerMock, client: Any) -> None:
    """Three thousand empty lists."""
    for _ in range(3001):
        client.list_training_jobs()


def test_a_heartbeat_in_another_thread_is_not_an_endless_loop(sagemaker: SageMakerMock, client: Any) -> None:
    """The test itself described a job that has ended."""
    [name] = finish(sagemaker, client, 1)
    client.describe_training_job(TrainingJobName=name)

    def beat() -> None:
        for _ in range(1100):
            time.sleep(1)

    heart = threading.Thread(target=beat)
    heart.start()
    heart.join()
    assert len(sagemaker.sleeps) == 1100


def go_round(client: Any, _turn: int) -> None:
    """Describe twenty jobs."""
    for index in range(20):
        client.describe_training_job(TrainingJobName=f"job-{index}")


def filter_anew(client: Any, turn: int) -> None:
    """List the jobs with another name."""
    client.list_training_jobs(NameContains=f"try-{turn}")


def add_a_tag(client: Any, turn: int) -> None:
    """Tag a job and describe it."""
    arn = client.describe_training_job(TrainingJobName="job-0")["TrainingJobArn"]
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "turn", "Value": f"turn {turn}"}])


@pytest.mark.parametrize("turn_of", [go_round, filter_anew, add_a_tag])
def test_a_loop_that_waits_in_vain_is_stopped(sagemaker: SageMakerMock, client: Any, turn_of: Callable[[Any, int], None]) -> None:
    """Requests that differ in each turn do not help."""
    finish(sagemaker, client, 20)

    def loop() -> None:
        for turn in range(5000):  # pragma: no branch  # the loop is stopped before
            turn_of(client, turn)

    with pytest.raises(NothingWillHappen):
        loop()


def test_a_loop_over_a_failed_job_is_stopped_while_another_job_runs(sagemaker: SageMakerMock, client: Any) -> None:
    """The running job is not one that the loop asks about."""
    sagemaker.plan("fails", Plan.fails(training=60))
    sagemaker.plan("runs", Plan.completes(training=20 * 86_400))
    for name in ("fails", "runs"):
        request = REQUEST | {"StoppingCondition": {"MaxRuntimeInSeconds": 28 * 86_400}}
        client.create_training_job(TrainingJobName=name, **request)

    def loop() -> None:
        while client.describe_training_job(TrainingJobName="fails")["TrainingJobStatus"] != "Completed":
            time.sleep(60)

    with pytest.raises(NothingWillHappen, match="fails"):
        loop()
    assert sagemaker.jobs["runs"].status == "InProgress"
