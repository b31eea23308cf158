"""Log streams and log events of training jobs, as CloudWatch Logs clients read them."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import NoCredentialsError

from sagemock import NotAnswered, NotSimulated, Plan, SageMakerMock, UsageError, mock_sagemaker
from sagemock.protocol.model import Api
from sagemock.service.logs import concerns
from tests.service.test_operations import refusal
from tests.support.calling import after, create, make_client
from tests.support.logs import (
    BEGIN_S,
    EPOCH_S,
    GROUP,
    INVALID_TOKEN,
    KNOWN,
    NO_GROUP,
    NO_STREAM,
    STREAM,
    TWO,
    WITH_LINES,
    epochs,
    make_logs,
    ms,
    names,
    session,
    texts,
)

OPTIONS = WITH_LINES

API = Api.of(botocore.session.Session().get_service_model("logs"))


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
    reason="this botocore does not know what is tested here",
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
