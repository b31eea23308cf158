"""The log group of training jobs, as CloudWatch Logs clients read it."""

import json
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError

from sagemock import NotAnswered, NothingWillHappen, NotSimulated, Plan, SageMakerMock, UsageError, mock_sagemaker
from sagemock.jobs.kinds import TRAINING
from sagemock.protocol.model import Api
from sagemock.service.logs import concerns
from tests.service.test_operations import refusal
from tests.support.calling import START, YOUNG, after, check, create, describe, make_client, request

GROUP = TRAINING.log_group

BEGIN_S = 30
EPOCH_S = int(START.timestamp()) + BEGIN_S
"""When the container of a job with these durations starts."""
KNOWN: Any = {"starting": 10, "downloading": 20, "uploading": 5, "stopping": 3}
STREAM = f"churn/algo-1-{EPOCH_S}"
NO_GROUP = ("ResourceNotFoundException", "The specified log group does not exist.", 400)
NO_STREAM = ("ResourceNotFoundException", "The specified log stream does not exist.", 400)
INVALID_TOKEN = ("InvalidParameterException", "The specified nextToken is invalid.", 400)
CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"}, parameter_validation=False)
TWO: Any = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 10}}


API = Api.of(botocore.session.Session().get_service_model("logs"))


@cache
def session() -> Any:
    """Return one session for all tests, which reads the model of CloudWatch Logs once."""
    return botocore.session.Session()


def make_logs(region: str = "us-east-1", **options: Any) -> Any:
    """Return a real CloudWatch Logs client; every response is checked against botocore's output shapes."""
    keys = {"aws_access_key_id": "AKIDTEST", "aws_secret_access_key": "secret"}
    client = session().create_client("logs", region, config=CONFIG, **{**keys, **options})
    client.meta.events.register("after-call.cloudwatch-logs", check)
    return client


def epochs(count: int = 5, every: float = 10) -> dict[str, Any]:
    """Return lines for so many epochs."""
    return {"Training": [(number * every, f"epoch {number}") for number in range(count)]}


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start a mock without latency; each job writes five lines in the first 41 seconds of its training."""
    plan = Plan.completes(training=100, logs=epochs(), **KNOWN)
    with mock_sagemaker(start=START, latency=0, plan=plan) as mock:
        yield mock


@pytest.fixture
def client(sagemaker: SageMakerMock) -> Any:
    """Return a SageMaker client."""
    assert sagemaker.clock.now() == START
    return make_client()


@pytest.fixture
def logs(sagemaker: SageMakerMock) -> Any:
    """Return a CloudWatch Logs client."""
    assert sagemaker.clock.now() == START
    return make_logs()


def texts(response: dict[str, Any]) -> list[str]:
    """Return the lines in a response."""
    return [event["message"] for event in response["events"]]


def names(response: dict[str, Any]) -> list[str]:
    """Return the stream names in a response."""
    return [stream["logStreamName"] for stream in response["logStreams"]]


def ms(seconds: float) -> int:
    """Return the instant this many seconds after the start, in milliseconds as CloudWatch Logs has it."""
    return round(after(seconds).timestamp() * 1000)


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


# -- streams


def test_a_stream_is_described_as_by_the_service(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Instants in milliseconds, an ARN of its own, and zero stored bytes."""
    create(client)
    sagemaker.clock.advance(BEGIN_S + 25)
    (stream,) = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert stream == {
        "logStreamName": STREAM,
        "creationTime": ms(BEGIN_S),
        "firstEventTimestamp": ms(BEGIN_S),
        "lastEventTimestamp": ms(BEGIN_S + 20),
        "lastIngestionTime": ms(BEGIN_S + 20),
        "uploadSequenceToken": f"{1:028}{3:028}",
        "arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:log-stream:{STREAM}",
        "storedBytes": 0,
    }


def test_a_group_may_be_given_by_its_arn(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Or by name in the same parameter; an ARN of another region does not exist, and name and ARN together are refused."""
    create(client)
    sagemaker.clock.advance(BEGIN_S)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
    for identifier in (arn, GROUP):
        assert names(logs.describe_log_streams(logGroupIdentifier=identifier)) == [STREAM]
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    assert refusal(logs.describe_log_streams, logGroupIdentifier=elsewhere) == NO_GROUP
    both = refusal(logs.describe_log_streams, logGroupIdentifier=arn, logGroupName=GROUP)
    assert both[:2] == ("InvalidParameterException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.")


def test_streams_come_in_pages(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """By name, in both orders; only a page before others has a token. boto3's paginator works."""
    create(client, "b", **TWO)
    create(client, "a")
    sagemaker.clock.advance(BEGIN_S)
    everything = [f"a/algo-1-{EPOCH_S}", f"b/algo-1-{EPOCH_S}", f"b/algo-2-{EPOCH_S}"]
    assert "nextToken" not in logs.describe_log_streams(logGroupName=GROUP, limit=3)
    assert "nextToken" not in logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="b/", limit=2)
    paginator = logs.get_paginator("describe_log_streams")
    for descending, expected in ((False, everything), (True, everything[::-1])):
        pages = paginator.paginate(logGroupName=GROUP, descending=descending, PaginationConfig={"PageSize": 1})
        assert [names(page) for page in pages] == [[name] for name in expected]
    assert names(logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="b")) == everything[1:]


def test_streams_can_be_ordered_by_their_last_line(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Not together with a prefix (turbot/steampipe-plugin-aws#1949)."""
    create(client, "b")
    create(client, "a")
    sagemaker.clock.advance(BEGIN_S + 5)
    sagemaker.log("a", "late")
    a, b = f"a/algo-1-{EPOCH_S}", f"b/algo-1-{EPOCH_S}"
    assert names(logs.describe_log_streams(logGroupName=GROUP, orderBy="LastEventTime")) == [b, a]
    page = logs.describe_log_streams(logGroupName=GROUP, orderBy="LastEventTime", descending=True, limit=1)
    assert names(page) == [a]
    again = {"logGroupName": GROUP, "nextToken": page["nextToken"]}
    assert names(logs.describe_log_streams(orderBy="LastEventTime", descending=True, **again)) == [b]
    assert refusal(logs.describe_log_streams, **again) == INVALID_TOKEN
    code, text, _ = refusal(logs.describe_log_streams, logGroupName=GROUP, orderBy="LastEventTime", logStreamNamePrefix="a")
    assert (code, text) == ("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")


@pytest.mark.parametrize("token", ["x", "W10=", "W2ZhbHNlLCBmYWxzZSwgIjAiLCAiYSJd", "bnVsbA=="])
def test_an_invented_token_of_streams_is_refused(sagemaker: SageMakerMock, client: Any, logs: Any, token: str) -> None:
    """In the words of boto/boto3#1467."""
    create(client)
    sagemaker.clock.advance(BEGIN_S)
    assert refusal(logs.describe_log_streams, logGroupName=GROUP, nextToken=token) == INVALID_TOKEN


# -- GetLogEvents


def test_lines_appear_as_time_passes(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """A client that follows the forward token sees each once. At the end the token repeats, without events."""
    create(client)
    sagemaker.clock.advance(BEGIN_S)
    page = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, startFromHead=True)
    assert page["events"] == [{"timestamp": ms(BEGIN_S), "message": "epoch 0", "ingestionTime": ms(BEGIN_S)}]
    seen = texts(page)
    for _ in range(12):
        sagemaker.clock.advance(5)
        sent = page["nextForwardToken"]
        page = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, startFromHead=True, nextToken=sent)
        assert (page["nextForwardToken"] == sent) == (not page["events"])
        seen += texts(page)
    assert seen == [f"epoch {number}" for number in range(5)]


def test_a_stream_can_be_read_backwards(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """The last lines first, each page in order of time; at the beginning the token repeats."""
    create(client)
    sagemaker.advance_until_idle()
    page = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, limit=2)
    pages = [texts(page)]
    while True:
        sent = page["nextBackwardToken"]
        page = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, limit=2, nextToken=sent)
        pages.append(texts(page))
        if page["nextBackwardToken"] == sent:
            break
    assert pages == [["epoch 3", "epoch 4"], ["epoch 1", "epoch 2"], ["epoch 0"], []]


def test_a_reader_may_change_direction_anywhere(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Both tokens of a page lead on, even those of an empty page."""
    create(client)
    sagemaker.advance_until_idle()
    stream = {"logGroupName": GROUP, "logStreamName": STREAM, "limit": 2}
    page = logs.get_log_events(startFromHead=True, **stream)
    ahead = logs.get_log_events(nextToken=page["nextForwardToken"], **stream)
    assert texts(ahead) == ["epoch 2", "epoch 3"]
    assert texts(logs.get_log_events(nextToken=ahead["nextBackwardToken"], **stream)) == texts(page)
    start = logs.get_log_events(nextToken=page["nextBackwardToken"], **stream)
    assert start["events"] == []
    assert texts(logs.get_log_events(nextToken=start["nextForwardToken"], **stream)) == texts(page)


def test_the_end_of_a_range_is_exclusive(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Its start is inclusive; an empty range still has both tokens, which lead on."""
    create(client)
    sagemaker.clock.advance(BEGIN_S + 35)
    stream = {"logGroupName": GROUP, "logStreamName": STREAM}
    assert texts(logs.get_log_events(startTime=ms(BEGIN_S + 10), endTime=ms(BEGIN_S + 30), **stream)) == ["epoch 1", "epoch 2"]
    empty = logs.get_log_events(startTime=ms(BEGIN_S + 31), **stream)
    assert empty["events"] == []
    sagemaker.clock.advance(10)
    assert texts(logs.get_log_events(nextToken=empty["nextForwardToken"], **stream)) == ["epoch 4"]
    assert texts(logs.get_log_events(nextToken=empty["nextBackwardToken"], limit=1, **stream)) == ["epoch 3"]


def test_a_page_holds_a_megabyte(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """A longer line comes alone."""
    create(client)
    sagemaker.clock.advance(BEGIN_S)
    for size in (600_000, 400_000, 100_000, 2_000_000):
        sagemaker.log("churn", "x" * size)
    stream = {"logGroupName": GROUP, "logStreamName": STREAM, "startFromHead": True}
    page = logs.get_log_events(**stream)
    sizes = [[len(text) for text in texts(page)]]
    while page["events"]:
        page = logs.get_log_events(nextToken=page["nextForwardToken"], **stream)
        sizes.append([len(text) for text in texts(page)])
    assert sizes == [[7, 600_000, 400_000], [100_000], [2_000_000], []]


@pytest.mark.parametrize("token", ["x", "f/1/s", f"g/{1:056}/s", f"f/{1:055}x/s", f"f/{1:055}²/s"])
def test_an_invented_token_of_events_is_refused(sagemaker: SageMakerMock, client: Any, logs: Any, token: str) -> None:
    """In the words of boto/boto3#1467."""
    create(client)
    sagemaker.clock.advance(BEGIN_S)
    assert refusal(logs.get_log_events, logGroupName=GROUP, logStreamName=STREAM, nextToken=token) == INVALID_TOKEN
    assert refusal(logs.filter_log_events, logGroupName=GROUP, nextToken=token) == INVALID_TOKEN


# -- FilterLogEvents


def test_streams_are_read_together(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """In the order of their lines; by prefix, by name, by pattern. Each event has its own id."""
    create(client, **TWO)
    create(client, "other")
    sagemaker.clock.advance(BEGIN_S + 15)
    found = logs.filter_log_events(logGroupName=GROUP, logStreamNamePrefix="churn/")
    assert [(event["logStreamName"][6:12], event["message"]) for event in found["events"]] == [
        ("algo-1", "epoch 0"),
        ("algo-2", "epoch 0"),
        ("algo-1", "epoch 1"),
        ("algo-2", "epoch 1"),
    ]
    assert found["searchedLogStreams"] == []
    assert "nextToken" not in found
    everything = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert len({event["eventId"] for event in everything}) == len(everything) == 6
    named = logs.filter_log_events(logGroupName=GROUP, logStreamNames=[STREAM], filterPattern='"epoch 1"')
    (event,) = named["events"]
    at_ms = ms(BEGIN_S + 10)
    shown = {name: value for name, value in event.items() if name != "eventId"}
    assert shown == {"logStreamName": STREAM, "message": "epoch 1", "timestamp": at_ms, "ingestionTime": at_ms}


def test_both_ends_of_a_range_are_inclusive_in_filter_log_events(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Unlike in GetLogEvents."""
    create(client)
    sagemaker.advance_until_idle()
    found = logs.filter_log_events(logGroupName=GROUP, startTime=ms(BEGIN_S + 10), endTime=ms(BEGIN_S + 30))
    assert texts(found) == ["epoch 1", "epoch 2", "epoch 3"]


def test_filtered_events_come_in_pages(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """The last page has no token."""
    create(client)
    sagemaker.advance_until_idle()
    paginator = logs.get_paginator("filter_log_events")
    pages = paginator.paginate(logGroupName=GROUP, filterPattern="-4", PaginationConfig={"PageSize": 2})
    assert [texts(page) for page in pages] == [["epoch 0", "epoch 1"], ["epoch 2", "epoch 3"]]


@pytest.mark.skipif(
    "startFromHead" not in session().get_service_model("logs").operation_model("FilterLogEvents").input_shape.members,
    reason="this botocore is older than what is tested",
)
def test_events_can_be_read_from_the_newest_on() -> None:
    """Since 2024, by the operation's documentation; the token keeps the direction."""
    plan = Plan.completes(training=100, logs=epochs(), **KNOWN)
    with mock_sagemaker(start="2024-06-01", plan=plan) as sagemaker:
        create(make_client())
        sagemaker.advance_until_idle()
        logs = make_logs()
        since = round(sagemaker.jobs["churn"].created.timestamp() * 1000)
        page = logs.filter_log_events(logGroupName=GROUP, startFromHead=False, startTime=since, limit=3)
        assert texts(page) == ["epoch 4", "epoch 3", "epoch 2"]
        rest = logs.filter_log_events(logGroupName=GROUP, nextToken=page["nextToken"])
        assert texts(rest) == ["epoch 1", "epoch 0"]
        assert "nextToken" not in rest
        assert texts(logs.filter_log_events(logGroupName=GROUP, startFromHead=False, filterPattern="nothing")) == []
        code, text, _ = refusal(logs.filter_log_events, logGroupName=GROUP, startFromHead=False, startTime=1)
    assert code == "InvalidParameterException"
    assert text == "startFromHead can only be false when startTime is on or after 2024-01-01T00:00:00Z."


def test_streams_are_given_in_one_way(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """By prefix or by name; all named ones must exist."""
    create(client)
    sagemaker.clock.advance(BEGIN_S)
    both = refusal(logs.filter_log_events, logGroupName=GROUP, logStreamNames=[STREAM], logStreamNamePrefix="churn/")
    assert both[:2] == ("InvalidParameterException", "logStreamNames and logStreamNamePrefix cannot both be specified.")
    assert refusal(logs.filter_log_events, logGroupName=GROUP, logStreamNames=[STREAM, "other"]) == NO_STREAM


# -- refusals, and other groups


def test_values_are_checked_by_the_model_of_cloudwatch_logs(sagemaker: SageMakerMock, logs: Any) -> None:
    """In the words of elastic/integrations#10564; `validate=False` accepts them."""
    wrong = {"logGroupName": GROUP, "startTime": -6795364578871}
    text = (
        "1 validation error detected: Value '-6795364578871' at 'startTime' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0"
    )
    assert refusal(logs.filter_log_events, **wrong) == ("InvalidParameterException", text, 400)
    assert refusal(logs.get_log_events, logGroupName=GROUP)[0] == "InvalidParameterException"
    with mock_sagemaker(validate=False):
        assert logs.filter_log_events(**wrong)["events"] == []
        assert refusal(logs.get_log_events, logGroupName=GROUP) == NO_STREAM
    assert [call.outcome for call in sagemaker.calls] == ["InvalidParameterException"] * 2


@pytest.mark.parametrize(
    "operation, params",
    [
        ("StartQuery", {"logGroupName": GROUP}),
        ("StartQuery", {"logGroupNames": ["/other", GROUP]}),
        ("StartQuery", {"logGroupIdentifiers": [f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:*"]}),
        ("PutLogEvents", {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": []}),
    ],
)
def test_an_operation_of_logs_that_is_not_simulated_is_an_error(
    sagemaker: SageMakerMock, logs: Any, operation: str, params: Any
) -> None:
    """It names the operation and the simulated ones, and the call is recorded."""
    query = {"startTime": 0, "endTime": 1, "queryString": "fields @message"} if operation == "StartQuery" else {}
    with pytest.raises(NotSimulated) as caught:
        logs.start_query(**params, **query) if operation == "StartQuery" else logs.put_log_events(**params)
    assert str(caught.value) == (
        f"sagemock does not simulate {operation} of CloudWatch Logs on {GROUP}. It simulates CreateLogGroup, "
        "DeleteLogGroup, DescribeLogGroups, DescribeLogStreams, FilterLogEvents, GetLogEvents there: read the lines by one of "
        "these, or leave that call out of this test"
    )
    assert [(call.operation, call.outcome) for call in sagemaker.calls] == [(operation, "NotSimulated")]


@pytest.mark.parametrize("group", ["/aws/sagemaker/Endpoints/churn", "/aws/sagemaker/TrainingJobs2"])
def test_other_groups_are_not_answered(sagemaker: SageMakerMock, logs: Any, group: str) -> None:
    """The mock does not list them either; moto may have them."""
    with pytest.raises(NotAnswered, match="logs.DescribeLogStreams"):
        logs.describe_log_streams(logGroupName=group)
    with pytest.raises(NotAnswered, match="logs.DescribeLogGroups"):
        logs.describe_log_groups(logGroupNamePrefix=group)
    assert len(sagemaker.calls) == 0


@pytest.mark.parametrize("body", [{}, {"logGroupName": None}, {"logGroupNames": "x"}, {"logGroupNames": [7]}])
def test_a_body_without_a_group_is_not_ours(body: Any) -> None:
    """Whatever else is in it."""
    assert not concerns(API, "GetLogEvents", json.dumps(body))


@pytest.mark.parametrize("body", ["{", "[]", '{"logGroupName": 7}', b"\xff"])
def test_a_simulated_operation_with_an_unreadable_group_is_ours(body: str | bytes) -> None:
    """CloudWatch Logs would refuse it for any group."""
    assert concerns(API, "GetLogEvents", body)
    assert not concerns(API, "StartQuery", body)


def test_requests_are_signed_only_when_they_may_leave() -> None:
    """Our answers need no credentials."""
    for passthrough in ([], ["logs"]):
        with mock_sagemaker(passthrough=passthrough):
            logs = make_logs()
            vars(logs)["_request_signer"]._credentials = None
            if passthrough:
                with pytest.raises(NoCredentialsError):
                    logs.describe_log_streams(logGroupName=GROUP)
            else:
                assert logs.describe_log_streams(logGroupName=GROUP)["logStreams"] == []


# -- sagemaker.log


def test_a_test_may_add_a_line_now_earlier_or_later(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """On one instance; an earlier line is inserted in its place, and a reader that follows the stream misses it."""
    create(client, **TWO)
    sagemaker.clock.advance(BEGIN_S + 15)
    stream = {"logGroupName": GROUP, "logStreamName": f"churn/algo-2-{EPOCH_S}", "startFromHead": True}
    followed = logs.get_log_events(**stream)["nextForwardToken"]
    sagemaker.log("churn", "now", instance=2)
    sagemaker.log("churn", "earlier", at=after(BEGIN_S + 5), instance=2)
    sagemaker.log("churn", "later", at="2018-07-30T00:00:52Z", instance=2)
    assert texts(logs.get_log_events(**stream)) == ["epoch 0", "earlier", "epoch 1", "now"]
    earlier = logs.get_log_events(**stream)["events"][1]
    assert (earlier["timestamp"], earlier["ingestionTime"]) == (ms(BEGIN_S + 5), ms(BEGIN_S + 15))
    assert texts(logs.get_log_events(nextToken=followed, **stream)) == ["now"]
    sagemaker.clock.advance_to(after(52))
    assert texts(logs.get_log_events(nextToken=followed, **stream)) == ["now", "epoch 2", "later"]
    assert texts(logs.filter_log_events(logGroupName=GROUP, filterPattern="-epoch")) == ["earlier", "now", "later"]


def test_a_job_may_log_after_its_end(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """The last lines come late in production too."""
    create(client)
    sagemaker.advance_until_idle()
    sagemaker.log("churn", "late")
    assert texts(logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, limit=1)) == ["late"]


def test_an_invalid_added_line_is_refused_at_once(sagemaker: SageMakerMock, client: Any) -> None:
    """Not a text, an unknown job or instance, or no container yet."""
    create(client)
    for text in ("", None, b"x"):
        with pytest.raises(TypeError) as wrong:
            sagemaker.log("churn", text)  # type: ignore[arg-type]  # the point of the test
        assert str(wrong.value) == f"log() takes the text of a line, not {text!r}: write log('churn', 'epoch=1 loss=0.31')"
    with pytest.raises(KeyError, match="no training job 'chrun' was created"):
        sagemaker.log("chrun", "x")
    for instance in (0, 2):
        with pytest.raises(UsageError) as caught:
            sagemaker.log("churn", "x", at=after(60), instance=instance)
        assert str(caught.value) == f"'churn' has no instance {instance}: it has 1, counted from 1"
    with pytest.raises(UsageError) as caught:
        sagemaker.log("churn", "x")
    assert str(caught.value) == (
        "no container of 'churn' has started at 2018-07-30T00:00:00+00:00, so it cannot log: advance until it is in Training, "
        f"or give a later instant by at=.\n{sagemaker.timeline('churn')}"
    )
    sagemaker.log("churn", "x", at=after(BEGIN_S))
    with pytest.raises(ValueError, match="is not an instant"):
        sagemaker.log("churn", "x", at="tomorrow")


# -- loops of real clients


@pytest.mark.parametrize("missing", [0, 3])
def test_the_log_tail_of_the_sagemaker_sdk_sees_each_line_once(missing: int) -> None:
    """The loop of SDK v2's `fit(logs=True)`: streams until each instance has one, then their lines, every ten seconds.

    Also in an account that never logged: there the group is missing at first.
    """
    plan = Plan.completes(training=100, logs=epochs(20, 5), **KNOWN)
    with mock_sagemaker(start=START, plan=plan) as sagemaker:
        client, logs = make_client(), make_logs()
        if missing:
            logs.delete_log_group(logGroupName=GROUP)
        create(client, **TWO)
        tail = Tail(logs, "churn", 2)
        described = time.time()
        while True:
            tail.flush()
            time.sleep(10)
            if time.time() - described >= 30:
                described = time.time()
                if describe(client)["TrainingJobStatus"] == "Completed":
                    break
        tail.flush()
    assert tail.printed[0] == tail.printed[1] == [f"epoch {number}" for number in range(20)]
    polled = [call.operation for call in sagemaker.calls]
    assert polled.count("DescribeLogStreams") == 4
    assert [call.outcome for call in sagemaker.calls].count("ResourceNotFoundException") == missing


class Tail:
    """The state of SDK v2 between two looks at a job's logs."""

    def __init__(self, logs: Any, name: str, instances: int) -> None:
        self.logs = logs
        self.name = name
        self.instances = instances
        self.streams: list[str] = []
        self.positions: dict[str, tuple[int, int]] = {}
        self.printed: dict[int, list[str]] = {}

    def flush(self) -> None:
        try:
            if len(self.streams) < self.instances:
                self.find_streams()
            for place, stream in enumerate(self.streams):
                for event in self.events(stream, *self.positions.get(stream, (0, 0))):
                    self.printed.setdefault(place, []).append(event["message"])
                    timestamp, count = self.positions.get(stream, (0, 0))
                    count = count + 1 if timestamp == event["timestamp"] else 1
                    self.positions[stream] = event["timestamp"], count
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"  # noqa: PT017  # the SDK ignores it

    def find_streams(self) -> None:
        found = {"logGroupName": GROUP, "logStreamNamePrefix": f"{self.name}/", "orderBy": "LogStreamName"}
        response = self.logs.describe_log_streams(limit=min(self.instances, 50), **found)
        self.streams = names(response)
        # The SDK asks again as long as there is a token, but never sends it.
        assert "nextToken" not in response

    def events(self, stream: str, start_ms: int, skip: int) -> Iterator[Any]:
        token: dict[str, str] = {}
        while True:
            response = self.logs.get_log_events(
                logGroupName=GROUP, logStreamName=stream, startTime=start_ms, startFromHead=True, **token
            )
            token = {"nextToken": response["nextForwardToken"]}
            if not response["events"]:
                return
            yield from response["events"][skip:]
            skip = max(0, skip - len(response["events"]))


def test_a_loop_over_a_finished_log_is_stopped() -> None:
    """Law 9: no more lines can come."""
    plan = Plan.completes(training=100, logs=epochs(), **KNOWN)
    with mock_sagemaker(start=START, plan=plan) as sagemaker:
        create(make_client())
        sagemaker.advance_until_idle()
        logs = make_logs()
        for _ in range(1000):
            logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM)
        with pytest.raises(NothingWillHappen, match="the same call was made 1001 times"):
            logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM)


# -- empty pages


def tailed(read: Any, **token: str) -> Iterator[list[str]]:
    """Yield the events of each page, until the token repeats or is missing."""
    while True:
        response = read(**token)
        yield texts(response)
        after_it = response.get("nextForwardToken", response.get("nextToken"))
        if after_it is None or after_it == token.get("nextToken"):
            return
        token = {"nextToken": after_it}


def test_a_reader_that_stops_at_an_empty_page_misses_lines(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Empty and partial pages have a token; only a repeated or missing one is the end (dstackai/dstack#2500, boto/boto3#4258)."""
    thin = Plan.completes(training=100, logs=epochs(), **KNOWN).but(empty_log_pages=2)
    sagemaker.plan("thin", thin)
    create(client, "thin")
    create(client, "full")
    sagemaker.clock.advance(1000)
    streams = {one.partition("/")[0]: one for one in names(logs.describe_log_streams(logGroupName=GROUP))}
    lines = [f"epoch {number}" for number in range(5)]

    def get(**token: str) -> Any:
        return logs.get_log_events(logGroupName=GROUP, logStreamName=streams["thin"], startFromHead=True, **token)

    def filtered(**token: str) -> Any:
        return logs.filter_log_events(logGroupName=GROUP, logStreamNames=[streams["thin"]], **token)

    halves = [[], [], lines[:3], [], [], lines[3:4], [], [], lines[4:]]
    assert list(tailed(get)) == [*halves, []]
    assert list(tailed(filtered)) == halves
    assert texts(logs.get_log_events(logGroupName=GROUP, logStreamName=streams["full"], startFromHead=True)) == lines
    # From the end as well.
    back = logs.get_log_events(logGroupName=GROUP, logStreamName=streams["thin"])
    found = [texts(back)]
    for _ in range(3):
        token = back["nextBackwardToken"]
        back = logs.get_log_events(logGroupName=GROUP, logStreamName=streams["thin"], nextToken=token)
        found.append(texts(back))
    assert found == [[], [], lines[2:], []]


@YOUNG
def test_filtered_events_are_read_backwards_over_empty_pages() -> None:
    """As forwards."""
    plan = Plan.completes(training=100, logs=epochs(2), **KNOWN).but(empty_log_pages=1)
    with mock_sagemaker(start="2026-03-01T09:00:00Z", latency=0, plan=plan) as mock:
        create(make_client())
        mock.clock.advance(1000)
        logs = make_logs()

        def read(**token: str) -> Any:
            return logs.filter_log_events(logGroupName=GROUP, startFromHead=False, startTime=1_772_355_600_000, **token)

        assert list(tailed(read)) == [[], ["epoch 1"], [], ["epoch 0"]]


HOUR_S = 3600
SPARSE: Any = {
    "training": 24 * HOUR_S,
    "logs": {"Training": [(0, "a"), (60, "b"), (11 * HOUR_S, "c"), (14 * HOUR_S, "d")]},
    **KNOWN,
}


def backward(read: Any) -> Iterator[list[str]]:
    """Yield the events of each page of one stream, from the newest on, until the token repeats."""
    token: dict[str, str] = {}
    while True:
        response = read(**token)
        yield texts(response)
        if response["nextBackwardToken"] == token.get("nextToken"):
            return
        token = {"nextToken": response["nextBackwardToken"]}


def test_a_gap_of_hours_makes_an_empty_page(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """Without any setting: the page before the gap is partial, and one empty page stands for the gap (dstackai/dstack#2500)."""
    sagemaker.plan("*", Plan.completes(**SPARSE))
    create(client)
    sagemaker.clock.advance(BEGIN_S + 14 * HOUR_S)

    def get(**more: Any) -> Any:
        return logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, **more)

    def filtered(**more: Any) -> Any:
        return logs.filter_log_events(logGroupName=GROUP, **more)

    def head(**more: Any) -> Any:
        return get(startFromHead=True, **more)

    assert list(tailed(head)) == [["a", "b"], [], ["c", "d"], []]
    assert list(tailed(filtered)) == [["a", "b"], [], ["c", "d"]]
    assert list(backward(get)) == [["c", "d"], [], ["a", "b"], []]
    # Lines that the pattern leaves out do not fill a gap.
    assert list(tailed(lambda **more: filtered(filterPattern="?a ?d", **more))) == [["a"], [], ["d"]]
    # FilterLogEvents reads from the start of the range (aws/aws-parallelcluster#7571).
    early = ms(-24 * HOUR_S)
    assert list(tailed(lambda **more: filtered(startTime=early, **more))) == [[], ["a", "b"], [], ["c", "d"]]
    assert list(tailed(lambda **more: filtered(startTime=ms(0), **more))) == [["a", "b"], [], ["c", "d"]]


def test_the_newest_lines_of_an_old_log_come_after_an_empty_page(sagemaker: SageMakerMock, client: Any, logs: Any) -> None:
    """GetLogEvents reads backward from two hours after now; endTime leads straight to the lines (boto/boto3#3718)."""
    sagemaker.plan("*", Plan.completes(training=100, logs=epochs(2), **KNOWN))
    create(client)
    sagemaker.clock.advance(BEGIN_S + HOUR_S)

    def get(**more: Any) -> Any:
        return logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, **more)

    assert texts(get()) == ["epoch 0", "epoch 1"]
    sagemaker.clock.advance(HOUR_S)
    assert list(backward(get)) == [[], ["epoch 0", "epoch 1"], []]
    assert texts(get(nextToken=get()["nextForwardToken"])) == []
    assert texts(get(endTime=ms(BEGIN_S + HOUR_S))) == ["epoch 0", "epoch 1"]


@pytest.mark.parametrize("none", [Plan.completes(**SPARSE).but(empty_log_pages=0)])
def test_a_plan_may_turn_empty_pages_off(sagemaker: SageMakerMock, client: Any, logs: Any, none: Plan) -> None:
    """With `empty_log_pages=0` a gap makes none."""
    sagemaker.plan("*", none)
    create(client)
    sagemaker.advance_until_idle()
    assert texts(logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM)) == ["a", "b", "c", "d"]
    assert texts(logs.filter_log_events(logGroupName=GROUP, startTime=ms(-24 * HOUR_S))) == ["a", "b", "c", "d"]
