"""Loops that read logs as real clients do, and the empty pages that they meet."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemock import NothingWillHappen, Plan, SageMakerMock, mock_sagemaker
from tests.support.calling import START, YOUNG, create, describe, make_client
from tests.support.logs import BEGIN_S, GROUP, KNOWN, STREAM, TWO, WITH_LINES, epochs, make_logs, ms, names, texts

OPTIONS = WITH_LINES

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


def pages_of(read: Any, **token: str) -> Iterator[list[str]]:
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
    assert list(pages_of(get)) == [*halves, []]
    assert list(pages_of(filtered)) == halves
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

        assert list(pages_of(read)) == [[], ["epoch 1"], [], ["epoch 0"]]


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

    assert list(pages_of(head)) == [["a", "b"], [], ["c", "d"], []]
    assert list(pages_of(filtered)) == [["a", "b"], [], ["c", "d"]]
    assert list(backward(get)) == [["c", "d"], [], ["a", "b"], []]
    # Lines that the pattern leaves out do not fill a gap.
    assert list(pages_of(lambda **more: filtered(filterPattern="?a ?d", **more))) == [["a"], [], ["d"]]
    # FilterLogEvents reads from the start of the range (aws/aws-parallelcluster#7571).
    early = ms(-24 * HOUR_S)
    assert list(pages_of(lambda **more: filtered(startTime=early, **more))) == [[], ["a", "b"], [], ["c", "d"]]
    assert list(pages_of(lambda **more: filtered(startTime=ms(0), **more))) == [["a", "b"], [], ["c", "d"]]


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
