import asyncio
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sagemock import (
    InvalidType,
    InvalidValue,
    NeverReached,
    NothingWillHappen,
    Plan,
    SageMakerMock,
    UsageError,
    mock_sagemaker,
)
from sagemock.clock.instants import SECOND_US
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock
from sagemock.events.delivery import Delivery, Subscription
from sagemock.events.envelope import Event
from sagemock.events.handler import LambdaContext
from sagemock.jobs.history import History
from sagemock.jobs.interventions import Complete, Stop
from sagemock.jobs.store import Store
from tests.support.calling import START, YOUNG, create, make_client
from tests.support.strategies import job_named

PLAN = Plan.completes(starting=10, downloading=20, training=30, uploading=5)
LIFE = [
    (0, "InProgress/Starting"),
    (10, "InProgress/Downloading"),
    (30, "InProgress/Training"),
    (60, "InProgress/Uploading"),
    (65, "Completed/Completed"),
]


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN}


def statuses(event: Event) -> str:
    """Return the statuses in an event."""
    return f"{event['detail']['TrainingJobStatus']}/{event['detail']['SecondaryStatus']}"


class Handler:
    """Records its events, and the instant of each."""

    def __init__(self, mock: SageMakerMock) -> None:
        self.mock = mock
        self.events: list[Event] = []
        self.seen: list[tuple[float, str]] = []

    def __call__(self, event: Event) -> str:
        self.events.append(event)
        self.seen.append(((self.mock.clock.now() - START).total_seconds(), statuses(event)))
        return "dropped"


def test_events_come_at_their_instants(sagemaker: SageMakerMock, client: Any) -> None:
    """The first within the call that creates the job, the others as time passes; each comes once."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler)
    create(client)
    assert handler.seen == LIFE[:1]
    sagemaker.clock.advance(minutes=10)
    assert handler.seen == LIFE
    assert handler.events == sagemaker.events
    sagemaker.clock.advance(minutes=10)
    assert len(handler.seen) == len(LIFE)


def test_the_first_event_comes_at_the_creation() -> None:
    """At the instant at which the call arrived, whatever its latency."""
    with mock_sagemaker(start=START, latency=5, plan=PLAN) as sagemaker:
        handler = Handler(sagemaker)
        sagemaker.on_event(handler)
        create(make_client())
        assert handler.seen == LIFE[:1]
        make_client().stop_training_job(TrainingJobName="churn")
        assert handler.seen == [*LIFE[:1], (5, "Stopping/Starting")]
        assert sagemaker.clock.now() == START + timedelta(seconds=10)


def test_a_handler_gets_only_later_events(sagemaker: SageMakerMock, client: Any) -> None:
    """It subscribes in the middle of a life; earlier events can still be read."""
    create(client)
    sagemaker.clock.advance(30)
    handler = Handler(sagemaker)
    sagemaker.on_event(handler)
    sagemaker.advance_until_idle()
    assert handler.seen == LIFE[3:]
    assert [statuses(event) for event in sagemaker.events] == [status for _, status in LIFE]


def test_sleeps_and_interventions_deliver_events(sagemaker: SageMakerMock, client: Any) -> None:
    """As `advance` does; the event of an intervention comes at once."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler)
    create(client)
    time.sleep(15)
    sagemaker.fail("churn", "ClientError: enough")
    assert handler.seen == [*LIFE[:2], (15, "Failed/Failed")]
    assert handler.events[-1]["detail"]["FailureReason"] == "ClientError: enough"


def test_a_pattern_filters_events(sagemaker: SageMakerMock, client: Any) -> None:
    """Both the delivered and the recorded ones."""
    pattern = {"source": ["aws.sagemaker"], "detail": {"TrainingJobStatus": [{"anything-but": "InProgress"}]}}
    handler, every = Handler(sagemaker), Handler(sagemaker)
    sagemaker.on_event(handler, pattern)
    sagemaker.on_event(every)
    create(client)
    create(client, "other")
    sagemaker.advance_until_idle()
    assert [event["detail"]["TrainingJobName"] for event in handler.events] == ["churn", "other"]
    assert handler.events == sagemaker.events.matching(pattern)
    assert every.events == sagemaker.events


def test_a_handler_may_stop_a_job(sagemaker: SageMakerMock, client: Any) -> None:
    """What it does changes the future; the events of its actions come before it continues."""
    handler = Handler(sagemaker)
    during: list[int] = []

    def stop(event: Event) -> None:
        handler(event)
        if statuses(event) == "InProgress/Training":
            client.stop_training_job(TrainingJobName=event["detail"]["TrainingJobName"])
            during.append(len(handler.seen))

    sagemaker.on_event(stop)
    create(client)
    with pytest.raises(NeverReached, match="will never be Completed from now on"):
        sagemaker.advance_until("churn", "Completed")
    assert during == [4]
    after = ["InProgress/Training", "Stopping/Stopping", "Stopping/Uploading", "Stopped/Stopped"]
    assert [status for _, status in handler.seen[2:]] == after
    assert handler.events == sagemaker.events


def test_a_handler_may_change_when_a_status_is_reached(sagemaker: SageMakerMock, client: Any) -> None:
    """`advance_until` then looks again."""
    create(client)
    sagemaker.on_event(lambda _: sagemaker.complete("churn"), {"detail": {"SecondaryStatus": ["Training"]}})
    assert sagemaker.advance_until("churn", "Completed") == START + timedelta(seconds=65)
    assert sagemaker.events[-1]["time"] == "2018-07-30T00:00:30Z"


def test_a_handler_may_create_the_next_job(sagemaker: SageMakerMock, client: Any) -> None:
    """A chain of jobs is played to its end, each event at its instant."""
    handler = Handler(sagemaker)

    def chain(event: Event) -> None:
        handler(event)
        name = event["detail"]["TrainingJobName"]
        if statuses(event) == "Completed/Completed" and len(name) < 7:
            assert client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed"
            create(client, f"{name}x")

    sagemaker.on_event(chain)
    create(client)
    sagemaker.advance_until_idle()
    assert handler.seen == [(after + 65 * job, status) for job in range(3) for after, status in LIFE]
    assert sagemaker.clock.now() == START + timedelta(seconds=195)


def test_a_sleeping_handler_does_not_delay_others(sagemaker: SageMakerMock, client: Any) -> None:
    """Events during its sleep come at their instants, and the clock never goes back."""
    handler = Handler(sagemaker)

    def slow(event: Event) -> None:
        if statuses(event) == "InProgress/Downloading":
            time.sleep(40)

    sagemaker.on_event(slow)
    sagemaker.on_event(handler)
    create(client)
    sagemaker.clock.advance(15)
    assert sagemaker.clock.now() == START + timedelta(seconds=50)
    assert handler.seen == LIFE[:3]


def test_an_error_of_a_handler_is_raised_where_the_clock_is_moved(sagemaker: SageMakerMock, client: Any) -> None:
    """At the instant of the event; all events come, each once."""
    handler = Handler(sagemaker)

    def fail(event: Event) -> None:
        if statuses(event) in {"InProgress/Starting", "InProgress/Training"}:
            raise LookupError(f"no {statuses(event)}")

    sagemaker.on_event(fail)
    sagemaker.on_event(handler)
    with pytest.raises(LookupError, match="no InProgress/Starting"):
        create(client)
    assert (list(sagemaker.jobs), handler.seen) == (["churn"], [])
    with pytest.raises(LookupError, match="no InProgress/Training"):
        time.sleep(3600)
    assert sagemaker.clock.now() == START + timedelta(seconds=30)
    assert handler.seen == LIFE[:2]
    sagemaker.advance_until_idle()
    assert handler.seen == LIFE


def test_an_event_can_be_late(sagemaker: SageMakerMock, client: Any) -> None:
    """By a fixed delay. Its content is of its own instant, and the mock is idle only when no event is on its way."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler, delay=timedelta(seconds=25))
    create(client)
    sagemaker.clock.advance(30)
    assert handler.seen == [(25, "InProgress/Starting")]
    sagemaker.advance_until_idle()
    assert handler.seen == [(after + 25, status) for after, status in LIFE]
    assert handler.events == sagemaker.events


def test_a_loop_that_waits_for_a_late_event_is_not_endless(sagemaker: SageMakerMock, client: Any) -> None:
    """While an event is on its way."""
    sagemaker.clock.idle_limit = timedelta(hours=1)
    handler = Handler(sagemaker)
    sagemaker.on_event(handler, {"detail": {"TrainingJobStatus": ["Completed"]}}, delay=86400)
    create(client)

    def wait(events: int) -> None:
        while len(handler.seen) < events:
            client.describe_training_job(TrainingJobName="churn")
            time.sleep(600)

    wait(1)
    assert sagemaker.clock.now() >= START + timedelta(seconds=86465)
    with pytest.raises(NothingWillHappen):
        wait(2)


def test_events_can_overtake_one_another(sagemaker: SageMakerMock, client: Any) -> None:
    """With a delay that depends on the event."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler, delay=lambda event: 60 if statuses(event) == "InProgress/Training" else 0)
    create(client)
    sagemaker.advance_until_idle()
    assert handler.seen == [LIFE[0], LIFE[1], LIFE[3], LIFE[4], (90, "InProgress/Training")]


def arrivals(seed: int) -> list[tuple[float, str]]:
    """Return the arrivals of events with random delays and one duplicate each."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN, seed=seed) as sagemaker:
        handler = Handler(sagemaker)
        sagemaker.on_event(handler, delay=(0, 60), duplicates=1)
        create(make_client())
        sagemaker.advance_until_idle()
    assert sorted(event["id"] for event in handler.events) == sorted(2 * [event["id"] for event in sagemaker.events])
    return handler.seen


def test_delays_from_a_range_are_drawn_with_the_seed() -> None:
    """For each copy of an event; one seed draws the same delays."""
    first = arrivals(1)
    assert first == sorted(first)
    assert [status for _, status in first] != sorted((status for _, status in first), key=[status for _, status in LIFE].index)
    happened = {status: at for at, status in LIFE}
    assert all(0 <= at - happened[status] <= 60 for at, status in first)
    assert arrivals(1) == first
    assert arrivals(2) != first


def test_an_event_can_come_twice(sagemaker: SageMakerMock, client: Any) -> None:
    """With the same id, as from the real service."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler, duplicates=2)
    create(client)
    assert len(handler.events) == 3
    assert handler.events[0] == handler.events[1] == handler.events[2]
    assert handler.events[0] is not handler.events[1]


def test_cancel_ends_a_subscription(sagemaker: SageMakerMock, client: Any) -> None:
    """Also for events on their way, and within the handler. A second call does nothing."""
    late, twice, every = Handler(sagemaker), Handler(sagemaker), Handler(sagemaker)
    on_its_way = sagemaker.on_event(late, delay=20)

    def end(event: Event) -> None:
        twice(event)
        if len(twice.seen) == 2:
            subscription.cancel()

    subscription = sagemaker.on_event(end)
    last = sagemaker.on_event(every)
    create(client)
    sagemaker.clock.advance(15)
    on_its_way.cancel()
    on_its_way.cancel()
    sagemaker.clock.advance(20)
    assert (late.seen, twice.seen, every.seen) == ([], LIFE[:2], LIFE[:3])
    last.cancel()
    last.cancel()
    sagemaker.advance_until_idle()
    assert every.seen == LIFE[:3]
    again = Handler(sagemaker)
    sagemaker.on_event(again)
    create(client, "other")
    assert len(again.seen) == 1


def test_the_last_subscription_may_end_within_its_handler(sagemaker: SageMakerMock, client: Any) -> None:
    """The clock goes on."""
    handler = Handler(sagemaker)

    def once(event: Event) -> None:
        handler(event)
        subscription.cancel()

    subscription = sagemaker.on_event(once)
    create(client)
    sagemaker.clock.advance(hours=1)
    assert handler.seen == LIFE[:1]


def test_no_event_comes_after_the_mock() -> None:
    """Past events can still be read; a new subscription is an error."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN) as sagemaker:
        handler = Handler(sagemaker)
        sagemaker.on_event(handler)
        subscription = sagemaker.on_event(handler, delay=3600)
        create(make_client())
    sagemaker.clock.pass_us(7_200_000_000)
    assert handler.seen == LIFE[:1]
    subscription.cancel()
    assert len(sagemaker.events) == 5
    text = "this mock is over, and no event will come: call on_event() while it is active; `events` has the earlier events"
    with pytest.raises(UsageError, match=f"^{re.escape(text)}$"):
        sagemaker.on_event(handler)


def test_events_come_from_every_account_and_region(sagemaker: SageMakerMock, client: Any) -> None:
    """In the order of the jobs' creation."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler, {"region": ["eu-west-1"]})
    create(client)
    create(make_client("eu-west-1"))
    assert [event["region"] for event in sagemaker.events] == ["us-east-1", "eu-west-1"]
    assert [event["region"] for event in handler.events] == ["eu-west-1"]


@YOUNG
def test_a_deleted_job_has_its_last_event(sagemaker: SageMakerMock, client: Any) -> None:
    """Then its name is free, and the next job with that name has its own events."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler)
    create(client)
    sagemaker.advance_until_idle()
    client.delete_training_job(TrainingJobName="churn")
    assert handler.seen[5:] == [(65, "Deleting/Completed")]
    sagemaker.advance_until_idle()
    with pytest.raises(ClientError, match="Requested resource not found"):
        client.describe_training_job(TrainingJobName="churn")
    create(client)
    assert len({event["id"] for event in handler.events}) == len(handler.events) == 7
    assert handler.events == sagemaker.events


def test_an_event_has_the_tags_of_its_instant(sagemaker: SageMakerMock, client: Any) -> None:
    """Both in events to come and in past ones."""
    handler = Handler(sagemaker)
    sagemaker.on_event(handler)
    arn = create(client, Tags=[{"Key": "team", "Value": "a"}])
    sagemaker.clock.advance(15)
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}])
    sagemaker.clock.advance(30)
    assert [event["detail"]["Tags"]["team"] for event in handler.events] == ["a", "a", "b"]
    assert handler.events == sagemaker.events


def test_a_handler_may_wait_for_threads() -> None:
    """They call AWS and sleep. Meanwhile the handler's thread counts as a thread of the mock, and time passes for all."""
    with mock_sagemaker(start=START, plan=PLAN) as sagemaker, ThreadPoolExecutor(2) as pool:
        client = make_client()
        seen: list[str] = []

        def work(name: str) -> str:
            time.sleep(2)
            status: str = client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]
            return status

        def wait(event: Event) -> None:
            seen.append(pool.submit(work, event["detail"]["TrainingJobName"]).result())

        sagemaker.on_event(wait)
        create(client)
        assert timedelta(seconds=2.1) <= sagemaker.clock.now() - START <= timedelta(seconds=2.3)
        sagemaker.advance_until_idle()
        assert seen == ["InProgress"] * 4 + ["Completed"]


def test_a_worker_may_sleep_during_a_handler() -> None:
    """Whichever sleep moves the clock, no deadline is missed."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN) as sagemaker, ThreadPoolExecutor(1) as pool:
        handler = Handler(sagemaker)
        woken: list[float] = []

        def slow(event: Event) -> None:
            handler(event)
            time.sleep(1)

        def work() -> None:
            for _ in range(4):
                time.sleep(17.5)
                woken.append((sagemaker.clock.now() - START).total_seconds())

        sagemaker.on_event(slow)
        create(make_client())
        done = pool.submit(work)
        time.sleep(80)
        done.result()
        assert handler.seen == LIFE
        assert woken == [18.5, 36.0, 53.5, 71.0]


def test_a_handler_ends_before_its_thread_moves_another_clock() -> None:
    """Otherwise its thread would seem to belong to that other mock."""
    sleepers = Sleepers(Clock(START), set())
    other = threading.Thread()
    sleepers._mover = threading.current_thread()
    timer = threading.Timer(0.02, lambda: setattr(sleepers, "_mover", None))

    def work() -> None:
        assert sleepers._mover is None
        sleepers._mover = other
        timer.start()

    sleepers.busy(work)
    assert sleepers._mover is threading.current_thread()
    assert timer.finished.is_set()
    timer.join()


def test_events_come_as_real_time_passes() -> None:
    """With `rate`, reading the clock delivers them."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN, rate=2000) as sagemaker:
        handler = Handler(sagemaker)
        sagemaker.on_event(handler.events.append)
        create(make_client())
        while len(handler.events) < len(LIFE):
            sagemaker.clock.now()
        assert handler.events == sagemaker.events


async def coroutine(event: Event) -> None:
    """Do nothing."""
    await asyncio.sleep(0 if event else 1)


@pytest.mark.parametrize("handler", ["handler", None, coroutine, lambda: None])
def test_a_handler_that_cannot_be_called_is_refused(sagemaker: SageMakerMock, handler: Any) -> None:
    """Before any job is created."""
    with pytest.raises(InvalidType, match=re.escape(repr(handler))):
        sagemaker.on_event(handler)


def test_a_lambda_handler_gets_a_context(sagemaker: SageMakerMock, client: Any) -> None:
    """The same in each run, another one for each copy of an event; its time is virtual."""
    contexts: list[LambdaContext] = []
    remaining = []

    def lambda_handler(event: Event, context: LambdaContext) -> None:
        contexts.append(context)
        remaining.append(context.get_remaining_time_in_millis())
        time.sleep(1 if statuses(event).endswith("Starting") else 1000)
        remaining.append(context.get_remaining_time_in_millis())

    sagemaker.on_event(lambda_handler, {"detail": {"SecondaryStatus": ["Starting", "Completed"]}})
    create(client)
    sagemaker.advance_until_idle()
    assert remaining == [900_000, 899_000, 900_000, 0]
    first = contexts[0]
    assert (first.function_name, first.function_version, first.memory_limit_in_mb) == ("lambda_handler", "$LATEST", "128")
    assert first.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:lambda_handler"
    assert first.aws_request_id == "47740fba-459d-4fec-8ad0-d2f910abb3f4"
    assert first.log_group_name == "/aws/lambda/lambda_handler"
    assert first.log_stream_name == "2018/07/30/[$LATEST]08b92ee91d2afb7a3618ca48b8b38a9c"
    assert (first.client_context, first.identity.cognito_identity_id) == (None, None)
    sagemaker.on_event(lambda event, context: contexts.append(context), duplicates=1)
    create(client, "churn-2")
    assert len({context.aws_request_id for context in contexts}) == len(contexts) == 5


@pytest.mark.parametrize("pattern", [{"source": ["aws.sagemakr"]}, {"detail": {"TrainingJobStatus": ["Complete"]}}])
def test_a_pattern_that_can_never_match_is_refused(sagemaker: SageMakerMock, client: Any, pattern: dict[str, Any]) -> None:
    """At its line, before and after the first client exists, unless `check` is off."""
    handler = Handler(sagemaker)
    for _ in range(2):
        with pytest.raises(InvalidValue, match="the event pattern can never match: "):
            sagemaker.on_event(handler, pattern)
        with pytest.raises(InvalidValue, match="the event pattern can never match: "):
            sagemaker.events.matching(pattern)
        assert sagemaker.events.matching(pattern, check=False) == []
        sagemaker.on_event(handler, pattern, check=False)
        if not sagemaker.jobs:
            create(client)
    sagemaker.advance_until_idle()
    assert handler.events == []


def test_the_option_to_check_patterns_is_a_bool(sagemaker: SageMakerMock) -> None:
    """The error says so."""
    check: Any = "no"
    text = "check is True or False, not 'no': write check=False to switch it off"
    with pytest.raises(InvalidType, match=f"^{re.escape(text)}$"):
        sagemaker.on_event(print, check=check)


def test_an_error_of_a_handler_within_a_call_does_not_break_the_mock(sagemaker: SageMakerMock, client: Any) -> None:
    """The job exists, although its creator got the error; the handler gets later events, and other calls work."""
    handler = Handler(sagemaker)
    fails = [True]

    def fail_first(event: Event) -> None:
        if fails and fails.pop():
            raise LookupError(statuses(event))
        handler(event)

    sagemaker.on_event(fail_first)
    with pytest.raises(LookupError, match="InProgress/Starting"):
        create(client)
    with pytest.raises(ClientError, match="ResourceInUse"):
        create(client)
    client.stop_training_job(TrainingJobName="churn")
    create(client, "churn-2")
    sagemaker.advance_until_idle()
    assert sagemaker.events.matching({"detail": {"SecondaryStatus": ["Stopped", "Completed"]}}) == [
        event for event in handler.events if statuses(event) in {"Stopped/Stopped", "Completed/Completed"}
    ]
    assert {name: job.status for name, job in sagemaker.jobs.items()} == {"churn": "Stopped", "churn-2": "Completed"}


def test_a_handler_must_not_return_a_coroutine(sagemaker: SageMakerMock, client: Any) -> None:
    """The error says how to run it, and that way works."""
    subscription = sagemaker.on_event(lambda event: coroutine(event))  # noqa: PLW0108  # the lambda hides the coroutine function
    with pytest.raises(TypeError, match=r"returned a coroutine, which nobody would await: run it in the handler, with asyncio"):
        create(client)
    subscription.cancel()
    sagemaker.on_event(lambda event: asyncio.run(coroutine(event)))
    sagemaker.advance_until_idle()


@pytest.mark.parametrize(
    "options, text",
    [
        ({"duplicates": -1}, "duplicates is how many times each event comes again, 0 to 100, not -1: write duplicates=1"),
        ({"duplicates": True}, "duplicates is how many times each event comes again, 0 to 100, not True: write duplicates=1"),
        ({"duplicates": 1.0}, "duplicates is how many times each event comes again, 0 to 100, not 1.0: write duplicates=1"),
        (
            {"duplicates": 10**7},
            "duplicates is how many times each event comes again, 0 to 100, not 10000000: write duplicates=1",
        ),
        (
            {"delay": float("nan")},
            "the delay of on_event(): a duration is finite, not nan; give a timedelta, seconds, or a (low,",
        ),
        ({"delay": -1}, "the delay of on_event() is -1: a duration is not negative, and a (low, high) pair is in order"),
        ({"delay": (2, 1)}, "the delay of on_event() is (2, 1): a duration is not negative, and a (low, high) pair is in"),
        ({"delay": "1 s"}, "the delay of on_event(): a duration is a timedelta or a number of seconds, not '1 s'; give"),
        ({"pattern": {"source": "aws"}}, "the event pattern is not valid at source: 'aws' is neither an array nor an object"),
    ],
)
def test_an_invalid_subscription_is_refused(sagemaker: SageMakerMock, options: Any, text: str) -> None:
    """At its line."""
    with pytest.raises(ValueError, match=f"^{re.escape(text)}"):
        sagemaker.on_event(print, **options)
    assert str(sagemaker.events) == "<0 events>"


def test_none_as_a_delay_is_refused(sagemaker: SageMakerMock) -> None:
    """The error says how to write no delay."""
    text = "the delay of on_event() is a timedelta, seconds or a (low, high) pair of them, not None: leave it out for no delay"
    delay: Any = None
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        sagemaker.on_event(print, delay=delay)


def test_a_delay_from_a_callable_is_checked(sagemaker: SageMakerMock, client: Any) -> None:
    """When it is called."""
    sagemaker.on_event(print, delay=lambda _: -1)
    with pytest.raises(ValueError, match="the delay of on_event"):
        create(client)


def test_events_behave_like_a_list(sagemaker: SageMakerMock, client: Any) -> None:
    """Index, slice and loop; their repr shows the events."""
    assert sagemaker.events == []
    create(client)
    sagemaker.clock.advance(30)
    events = sagemaker.events
    assert (len(events), statuses(events[-1])) == (3, "InProgress/Training")
    assert events[1:] == list(events)[1:]
    assert events == sagemaker.events
    assert list(reversed(events)) == list(events)[::-1]
    assert events != events[:2]
    assert events != 3
    assert repr(events[1:]) == (
        "<2 events\n  2018-07-30T00:00:10Z churn InProgress/Downloading\n  2018-07-30T00:00:30Z churn InProgress/Training>"
    )
    assert events.matching('{"detail": {"SecondaryStatus": ["Downloading"]}}') == events[1:2]
    first, downloading = events[:3], events.matching('{"detail": {"SecondaryStatus": ["Downloading", "Uploading"]}}')
    seen = iter(events)
    sagemaker.clock.advance(30)
    # The list grows with new events; slices and running loops do not.
    assert (len(events), len(sagemaker.events), len(first), len(downloading), len(list(seen))) == (4, 4, 3, 2, 3)
    with pytest.raises(ValueError, match="the event pattern is not valid at detail"):
        events.matching({"detail": "x"})
    with pytest.raises(TypeError, match="unhashable"):
        hash(events)


def test_the_repr_of_a_subscription_names_its_handler(sagemaker: SageMakerMock) -> None:
    """To tell several apart."""
    assert repr(sagemaker.on_event(print)) == "<subscription of <built-in function print>>"


# -- the agenda, compared with the history

VERBS = st.sampled_from(["create", "stop", "complete", "pass"])
STEPS = st.lists(st.tuples(VERBS, st.integers(0, 9), st.integers(0, 40)), max_size=12)
PIECES = st.lists(st.integers(1, 40 * SECOND_US), max_size=8)


@given(STEPS, PIECES)
def test_deliveries_equal_the_history(steps: list[tuple[str, int, int]], pieces: list[int]) -> None:
    """Whatever happens to the jobs, and whatever the steps of the clock (law 5)."""
    delivered, happened = played_out(steps, pieces)
    assert [at_us for at_us, *_ in delivered] == sorted(at_us for at_us, *_ in delivered)
    assert sorted(delivered) == happened
    assert played_out(steps, []) == (delivered, happened)


def played_out(steps: list[tuple[str, int, int]], pieces: list[int]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Return the deliveries and the history, each as (instant, job, change)."""
    clock, store = Clock("2018-07-30T12:00:00Z"), Store()
    history = History(store, clock.now_us)
    delivered: list[tuple[int, ...]] = []
    delivery = Delivery(clock, store, lambda one: {"id": str(one[:3]), "key": one[:3]}, 0)

    def handle(event: Event) -> None:
        at_us, *rest = event["key"]
        assert at_us == clock.now_us()
        delivered.append((at_us, *rest))

    delivery.subscribe(Subscription(handle, None, 0, 0, delivery.unsubscribe))
    for verb, which, seconds in steps:
        at_us = clock.now_us()
        jobs = [job for job in store.jobs() if job.state(at_us).primary == "InProgress"]
        if verb == "create":
            number = store.next_number()
            store.put(job_named(f"job-{number}", number, at_us, PLAN))
        elif verb == "pass":
            for piece_us in pieces:
                clock.pass_to_us(min(clock.now_us() + piece_us, at_us + seconds * SECOND_US))
            clock.pass_to_us(at_us + seconds * SECOND_US)
        elif jobs:
            kind = Stop if verb == "stop" else Complete
            job = jobs[which % len(jobs)]
            store.put(job.after(kind(at_us - job.created_us)))
    clock.pass_us(600 * SECOND_US)
    assert (delivery.last_us, delivery.next_us(clock.now_us())) == (None, None)
    return delivered, [one[:3] for one in history.happened()]
