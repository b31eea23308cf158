"""The log group of training jobs, as clients of CloudWatch Logs see it."""

from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from botocore.session import get_session

from sagemock import Plan, SageMakerMock, mock_sagemaker
from sagemock.client.response import Response
from sagemock.protocol.answer import Answer
from tests.service.test_operations import refusal
from tests.support.calling import after, create, describe, request
from tests.support.logs import (
    BEGIN_S,
    EPOCH_S,
    GROUP,
    INVALID_TOKEN,
    NO_GROUP,
    NO_STREAM,
    STREAM,
    TWO,
    WITH_LINES,
    make_logs,
    ms,
    names,
    texts,
)

OPTIONS = WITH_LINES

# -- groups and streams


def test_the_group_exists_before_a_container_has_written(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """As in an account that has trained before; a stream exists from its first line on, one for each instance."""
    for _ in range(2):
        assert logs.describe_log_streams(logGroupName=GROUP)["logStreams"] == []
        assert refusal(logs.get_log_events, logGroupName=GROUP, logStreamName=STREAM) == NO_STREAM
        assert logs.filter_log_events(logGroupName=GROUP)["events"] == []
        assert refusal(logs.filter_log_events, logGroupName=GROUP, logStreamNames=[STREAM]) == NO_STREAM
        create(client, f"churn-{_}", **TWO)
    sagemaker.clock.advance(BEGIN_S)
    create(client, "late")
    assert logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="late/")["logStreams"] == []
    assert refusal(logs.get_log_events, logGroupName=GROUP, logStreamName="late/algo-1-1") == NO_STREAM
    assert names(logs.describe_log_streams(logGroupName=GROUP)) == [
        f"churn-{job}/algo-{instance}-{EPOCH_S}" for job in (0, 1) for instance in (1, 2)
    ]


def test_a_job_that_wrote_nothing_has_no_stream(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Its container never started, or finished silently."""
    sagemaker.plan("silent", Plan.completes(training=100))
    create(client)
    create(client, "silent")
    sagemaker.fail("churn")
    sagemaker.advance_until_idle()
    assert logs.describe_log_streams(logGroupName=GROUP)["logStreams"] == []


def test_regions_have_separate_logs(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Each has the group."""
    create(client)
    sagemaker.advance_until_idle()
    elsewhere = make_logs("eu-west-1")
    assert elsewhere.describe_log_streams(logGroupName=GROUP)["logStreams"] == []
    logs.delete_log_group(logGroupName=GROUP)
    assert refusal(logs.describe_log_streams, logGroupName=GROUP) == NO_GROUP
    assert elsewhere.describe_log_streams(logGroupName=GROUP)["logStreams"] == []


# -- the group as a whole


def test_after_its_deletion_the_group_is_missing(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Until the first line of a job creates it again."""
    assert logs.delete_log_group(logGroupName=GROUP)["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"
    assert refusal(logs.delete_log_group, logGroupName=GROUP) == NO_GROUP
    assert logs.describe_log_groups()["logGroups"] == []
    create(client)
    sagemaker.clock.advance(BEGIN_S - 0.001)
    assert refusal(logs.describe_log_streams, logGroupName=GROUP) == NO_GROUP
    assert refusal(logs.get_log_events, logGroupName=GROUP, logStreamName=STREAM) == NO_GROUP
    assert refusal(logs.filter_log_events, logGroupName=GROUP) == NO_GROUP
    sagemaker.clock.advance(0.001)
    assert names(logs.describe_log_streams(logGroupName=GROUP)) == [STREAM]
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["creationTime"] == ms(BEGIN_S)


def test_a_deleted_group_takes_its_lines_along(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Also added lines and one of that very instant; later lines create the group again."""
    create(client, **TWO)
    sagemaker.clock.advance(BEGIN_S + 10)
    sagemaker.log("churn", "before", instance=2)
    sagemaker.log("churn", "to come", at=after(BEGIN_S + 15), instance=2)
    logs.delete_log_group(logGroupName=GROUP)
    assert refusal(logs.describe_log_streams, logGroupName=GROUP) == NO_GROUP
    sagemaker.log("churn", "late", at=after(BEGIN_S + 5), instance=2)
    streams = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == [f"churn/algo-2-{EPOCH_S}"]
    assert texts(logs.filter_log_events(logGroupName=GROUP)) == ["late"]
    assert logs.describe_log_groups()["logGroups"][0]["creationTime"] == ms(BEGIN_S + 10)
    sagemaker.clock.advance(10)
    assert texts(logs.filter_log_events(logGroupName=GROUP, logStreamNamePrefix="churn/algo-1")) == ["epoch 2"]
    assert texts(logs.filter_log_events(logGroupName=GROUP)) == ["late", "to come", "epoch 2", "epoch 2"]


def test_metrics_outlive_the_group(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """SageMaker reads them when the lines are written."""
    algorithm = {**request("x")["AlgorithmSpecification"], "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}]}
    create(client, AlgorithmSpecification=algorithm)
    sagemaker.clock.advance(BEGIN_S)
    sagemaker.log("churn", "loss=0.5")
    logs.delete_log_group(logGroupName=GROUP)
    assert [metric["Value"] for metric in describe(client)["FinalMetricDataList"]] == [0.5]


def test_a_group_is_created_once(sagemaker: SageMakerMock, logs: Any) -> None:
    """By the first that needs it: a client, or the account's earlier jobs."""
    exists = ("ResourceAlreadyExistsException", "The specified log group already exists", 400)
    assert refusal(logs.create_log_group, logGroupName=GROUP) == exists
    logs.delete_log_group(logGroupName=GROUP)
    sagemaker.clock.advance(5)
    answered = logs.create_log_group(logGroupName=GROUP)["ResponseMetadata"]
    assert (answered["HTTPStatusCode"], answered["HTTPHeaders"]["content-length"]) == (200, "0")
    assert refusal(logs.create_log_group, logGroupName=GROUP) == exists
    assert logs.describe_log_streams(logGroupName=GROUP)["logStreams"] == []
    assert logs.describe_log_groups()["logGroups"][0]["creationTime"] == ms(5)


def test_the_group_is_listed_as_by_the_service(sagemaker: SageMakerMock, logs: Any) -> None:
    """With both of its ARNs; its creation is before the start of the mock."""
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
    answered = logs.describe_log_groups()
    (group,) = answered["logGroups"]
    assert group.pop("creationTime") < ms(0)
    assert {name: group[name] for name in ("logGroupName", "metricFilterCount", "arn", "storedBytes")} == {
        "logGroupName": GROUP,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "storedBytes": 0,
    }
    assert "nextToken" not in answered
    with mock_sagemaker(start="2001-01-01"):
        assert make_logs().describe_log_groups()["logGroups"][0]["creationTime"] == 978_307_200_000
    assert [call.outcome for call in sagemaker.calls] == ["ok"]


@pytest.mark.parametrize(
    "asked",
    [{"logGroupNamePrefix": "/aws/sage"}, {"logGroupNamePattern": "Training"}, {"logGroupClass": "STANDARD"}, {}],
)
def test_the_group_is_found_by_prefix_and_pattern(sagemaker: SageMakerMock, logs: Any, asked: Any) -> None:
    """By the beginning of its name, or by a part."""
    assert [group["logGroupName"] for group in logs.describe_log_groups(**asked)["logGroups"]] == [GROUP]


@pytest.mark.parametrize("token", ["é", "x", "W10=", "WyJncm91cHMiLCAxXQ==", "WyJ4IiwgImEiXQ=="])
def test_an_invented_token_of_groups_is_refused(sagemaker: SageMakerMock, logs: Any, token: str) -> None:
    """As with one of streams."""
    assert refusal(logs.describe_log_groups, nextToken=token) == INVALID_TOKEN


def test_a_list_of_groups_takes_one_filter(sagemaker: SageMakerMock, logs: Any) -> None:
    """A prefix or a pattern, not both."""
    code, text, _ = refusal(logs.describe_log_groups, logGroupNamePrefix="/aws", logGroupNamePattern="sage")
    assert (code, text) == (
        "InvalidParameterException",
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    )


def test_the_real_list_of_groups_is_used_when_logs_are_let_through() -> None:
    """Without credentials the request ends early here."""
    with mock_sagemaker(passthrough=["logs"]):
        logs = make_logs()
        vars(logs)["_request_signer"]._credentials = None
        with pytest.raises(NoCredentialsError):
            logs.describe_log_groups()


def test_the_list_of_groups_is_the_real_one_when_logs_are_let_through() -> None:
    """The mock's log group is not mixed into a real account."""

    def real(request: Any, **_: object) -> Response:
        return Response(request.url, Answer(200, b'{"logGroups":[]}'), 0, "x")

    with mock_sagemaker(passthrough=["logs"]):
        logs: Any = get_session().create_client("logs", "us-east-1")
        logs.meta.events.register("before-send.cloudwatch-logs.DescribeLogGroups", real)
        assert logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker")["logGroups"] == []
