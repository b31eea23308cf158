"""docs/comparison.md, the second table: what aiomoto, pytest-boto-mock and placebo do with the same code."""

import asyncio
import json
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.docs.test_comparison import claims, client
from tests.support.calling import request

NEIGHBOUR = pytest.mark.skipif(
    not all(map(find_spec, ("aiomoto", "placebo", "pytest_boto_mock"))), reason="tox's environment `neighbours` has them"
)
NOWHERE: Final = "http://127.0.0.1:9"
"""A port without a listener, so that an unanswered call is refused."""
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "DescribeTrainingJob")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set what boto3 needs to make a client, and leave no default session."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    boto3.DEFAULT_SESSION = None
    yield
    boto3.DEFAULT_SESSION = None


@pytest.fixture
def real_sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:  # pragma: no cover  # see NEIGHBOUR
    """Record real sleeps instead of sleeping."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def typed(pytest_request: pytest.FixtureRequest, describe: object) -> None:  # pragma: no cover  # see NEIGHBOUR
    """Make pytest-boto-mock answer DescribeTrainingJob."""
    mocker = pytest_request.getfixturevalue("boto_mocker")
    mocker.patch(new=mocker.build_make_api_call({"sagemaker": {"DescribeTrainingJob": describe, "CreateTrainingJob": {}}}))


def recorded(folder: Path, *answers: dict[str, Any], status: int = 200) -> Any:  # pragma: no cover  # see NEIGHBOUR
    """Return a client that placebo answers from a recorded DescribeTrainingJob."""
    for number, answer in enumerate(answers, 1):
        file = folder / f"api.sagemaker.DescribeTrainingJob_{number}.json"
        file.write_text(json.dumps({"status_code": status, "data": answer}), encoding="utf-8")
    session = boto3.Session(region_name="us-east-1")
    import_module("placebo").attach(session, data_path=str(folder)).playback()
    return session.client("sagemaker", endpoint_url=NOWHERE)


def status_of(of: Any) -> str:  # pragma: no cover  # see NEIGHBOUR
    """Return the status in a client's description of the job."""
    status: str = of.describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"]
    return status


@pytest.fixture
def pytest_request(request: pytest.FixtureRequest) -> pytest.FixtureRequest:  # pragma: no cover  # see NEIGHBOUR
    """Return pytest's `request`, under another name."""
    return request


# -- a job in progress


@NEIGHBOUR
def test_with_aiomoto_a_job_is_completed_at_once() -> None:
    """Its answers are moto's."""
    with import_module("aiomoto").mock_aws():
        client().create_training_job(**request("churn-1"))
        assert status_of(client()) == "Completed"


@NEIGHBOUR
def test_with_pytest_boto_mock_a_job_is_what_the_test_wrote(pytest_request: pytest.FixtureRequest) -> None:
    """Or what its function returns."""
    typed(pytest_request, {"TrainingJobStatus": "InProgress"})
    assert [status_of(client()) for _ in range(3)] == ["InProgress"] * 3


@NEIGHBOUR
def test_with_placebo_a_job_is_what_was_recorded(tmp_path: Path) -> None:
    """One answer after the other, then the first again."""
    of = recorded(tmp_path, {"TrainingJobStatus": "InProgress"}, {"TrainingJobStatus": "Completed"})
    assert [status_of(of) for _ in range(3)] == ["InProgress", "Completed", "InProgress"]


# -- the wait between two polls


@NEIGHBOUR
def test_with_aiomoto_the_first_poll_ends_a_waiter(real_sleeps: list[float]) -> None:
    """The job is Completed already."""
    with import_module("aiomoto").mock_aws():
        client().create_training_job(**request("churn-1"))
        client().get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn-1")
    assert real_sleeps == []


@NEIGHBOUR
def test_with_pytest_boto_mock_the_waits_are_real(pytest_request: pytest.FixtureRequest, real_sleeps: list[float]) -> None:
    """The test replaces the real sleep."""
    answers = iter([{"TrainingJobStatus": "InProgress"}, {"TrainingJobStatus": "Completed"}])
    typed(pytest_request, lambda *_: next(answers))
    client().get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn-1")
    assert real_sleeps == [120]


@NEIGHBOUR
def test_with_placebo_the_waits_are_real(tmp_path: Path, real_sleeps: list[float]) -> None:
    """The test replaces the real sleep."""
    of = recorded(tmp_path, {"TrainingJobStatus": "InProgress"}, {"TrainingJobStatus": "Completed"})
    of.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn-1")
    assert real_sleeps == [120]


# -- a request that AWS refuses


@NEIGHBOUR
def test_aiomoto_accepts_a_name_that_aws_refuses() -> None:
    """As moto does."""
    with import_module("aiomoto").mock_aws():
        assert client().create_training_job(**request("churn_1"))["TrainingJobArn"].endswith("churn_1")


@NEIGHBOUR
def test_pytest_boto_mock_accepts_a_request_of_nothing(pytest_request: pytest.FixtureRequest) -> None:
    """It answers before botocore looks at the request."""
    typed(pytest_request, {})
    assert client().create_training_job() == {}


@NEIGHBOUR
def test_placebo_accepts_what_botocore_accepts(tmp_path: Path) -> None:
    """It answers after botocore has looked at the request."""
    of = recorded(tmp_path, {"TrainingJobStatus": "InProgress"})
    assert of.describe_training_job(TrainingJobName="churn_1")["TrainingJobStatus"] == "InProgress"


# -- throttling


@NEIGHBOUR
def test_with_pytest_boto_mock_a_throttled_call_is_not_retried(pytest_request: pytest.FixtureRequest) -> None:
    """The error is raised at once."""
    calls: list[object] = []

    def throttle(*_: object) -> None:
        calls.append(None)
        raise THROTTLED

    typed(pytest_request, throttle)
    with pytest.raises(ClientError):
        status_of(client())
    assert len(calls) == 1


@NEIGHBOUR
def test_with_placebo_a_throttled_call_is_not_retried(tmp_path: Path) -> None:
    """It answers above botocore's retries."""
    of = recorded(tmp_path, dict(THROTTLED.response), {"TrainingJobStatus": "InProgress"}, status=400)
    with pytest.raises(ClientError, match="Throttling"):
        status_of(of)


# -- clients of aiobotocore


async def _looks(**options: Any) -> str:  # pragma: no cover  # see NEIGHBOUR
    session = import_module("aiobotocore.session").get_session()
    async with session.create_client("sagemaker", "us-east-1", **options) as of:
        found = await of.describe_training_job(TrainingJobName="churn-1")
    status: str = found["TrainingJobStatus"]
    return status


@NEIGHBOUR
def test_aiomoto_answers_aiobotocore() -> None:
    """That is its purpose."""

    async def use() -> str:
        async with import_module("aiomoto").mock_aws():
            client().create_training_job(**request("churn-1"))
            return await _looks()

    assert asyncio.run(use()) == "Completed"


@NEIGHBOUR
def test_pytest_boto_mock_does_not_answer_aiobotocore(pytest_request: pytest.FixtureRequest) -> None:
    """Clients of aiobotocore have another method."""
    typed(pytest_request, {"TrainingJobStatus": "InProgress"})
    with pytest.raises(EndpointConnectionError):
        asyncio.run(_looks(endpoint_url=NOWHERE))


# -- which clients


@NEIGHBOUR
def test_pytest_boto_mock_answers_every_client_of_botocore(pytest_request: pytest.FixtureRequest) -> None:
    """Also older ones."""
    older = client()
    typed(pytest_request, {"TrainingJobStatus": "InProgress"})
    assert status_of(older) == "InProgress"


@NEIGHBOUR
def test_placebo_answers_the_clients_of_one_session(tmp_path: Path) -> None:
    """Others are not answered."""
    assert status_of(recorded(tmp_path, {"TrainingJobStatus": "InProgress"})) == "InProgress"
    with pytest.raises(EndpointConnectionError):
        status_of(client(endpoint_url=NOWHERE))


@NEIGHBOUR
def test_aiomoto_answers_a_client_that_is_made_inside() -> None:
    """A call of an older client does not leave this machine."""
    with import_module("aiomoto").mock_aws():
        client().create_training_job(**request("churn-1"))
        assert status_of(client()) == "Completed"


CHECKS: Final[dict[str, tuple[object, object, object]]] = {
    "A job in progress": (
        test_with_aiomoto_a_job_is_completed_at_once,
        test_with_pytest_boto_mock_a_job_is_what_the_test_wrote,
        test_with_placebo_a_job_is_what_was_recorded,
    ),
    "A waiter on a job": (
        test_with_aiomoto_the_first_poll_ends_a_waiter,
        test_with_pytest_boto_mock_the_waits_are_real,
        test_with_placebo_the_waits_are_real,
    ),
    "A request that AWS refuses": (
        test_aiomoto_accepts_a_name_that_aws_refuses,
        test_pytest_boto_mock_accepts_a_request_of_nothing,
        test_placebo_accepts_what_botocore_accepts,
    ),
    "Throttling": (
        None,
        test_with_pytest_boto_mock_a_throttled_call_is_not_retried,
        test_with_placebo_a_throttled_call_is_not_retried,
    ),
    "Clients of aiobotocore": (
        test_aiomoto_answers_aiobotocore,
        test_pytest_boto_mock_does_not_answer_aiobotocore,
        None,
    ),
    "Which clients are answered": (
        test_aiomoto_answers_a_client_that_is_made_inside,
        test_pytest_boto_mock_answers_every_client_of_botocore,
        test_placebo_answers_the_clients_of_one_session,
    ),
}
"""The tests behind each row of the table: of aiomoto, pytest-boto-mock and placebo."""


def test_every_cell_of_the_table_has_a_test() -> None:
    """A dash claims nothing."""
    assert claims(1) == {what: tuple(check is not None for check in checks) for what, checks in CHECKS.items()}
