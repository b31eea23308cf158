"""The fixture `sagemock_server`."""

from sagemock import SageMakerMock, child_environment
from sagemock.pytest_plugin import MockServer
from tests.support.calling import make_client, request
from tests.support.http import call


def test_the_fixture_serves_the_mock_of_the_test(sagemock: SageMakerMock, sagemock_server: MockServer) -> None:
    """The same mock as in the fixture `sagemock`."""
    url, mock = sagemock_server
    assert mock is sagemock
    call(url, "CreateTrainingJob", request("churn"))
    assert make_client().describe_training_job(TrainingJobName="churn")["TrainingJobStatus"] == "InProgress"
    assert sagemock_server.environment(region="eu-west-1") == child_environment(url, region="eu-west-1")
