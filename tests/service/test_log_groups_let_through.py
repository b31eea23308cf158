"""The log groups when CloudWatch Logs may reach the network."""

from typing import Any

from botocore.session import get_session

from sagemock import mock_sagemaker
from sagemock.client.response import Response
from sagemock.protocol.answer import Answer


def test_the_list_of_groups_is_the_real_one_when_logs_are_let_through() -> None:
    """The mock's log group is not mixed into a real account."""

    def real(request: Any, **_: object) -> Response:
        return Response(request.url, Answer(200, b'{"logGroups":[]}'), 0, "x")

    with mock_sagemaker(passthrough=["logs"]):
        logs: Any = get_session().create_client("logs", "us-east-1")
        logs.meta.events.register("before-send.cloudwatch-logs.DescribeLogGroups", real)
        assert logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker")["logGroups"] == []
