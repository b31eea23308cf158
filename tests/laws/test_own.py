"""Values that the mock hands out belong to the test: changing them changes no answer and no record."""

import copy
import json
import pickle
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Phase, Plan, SageMakerMock, mock_sagemaker
from sagemock.jobs.own import Kept, own
from sagemock.world.sleeps import Sleep, Sleeps
from tests.support.calling import after, bodies, create, describe, make_client, request
from tests.support.records import R1, response

REQUEST: dict[str, Any] = {
    "HyperParameters": {"epochs": "3"},
    "Environment": {"STAGE": "test"},
    "Tags": [{"Key": "team", "Value": "churn"}],
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://churn/data"}}}
    ],
    "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
}
REQUEST["AlgorithmSpecification"] = {
    **request("")["AlgorithmSpecification"],
    "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def spoil(value: object) -> None:
    """Change everything in a value that can be changed, at every depth."""
    if isinstance(value, Mapping):
        for item in list(value.values()):
            spoil(item)
        if isinstance(value, MutableMapping):
            value.clear()
            value["spoilt"] = True
    elif isinstance(value, (list, tuple, MutableSequence)):
        for item in value:
            spoil(item)
        if isinstance(value, MutableSequence):
            value[:] = ["spoilt"]


class Spoiler:
    """A callable that keeps a copy of its argument and then spoils the argument."""

    def __init__(self, returned: object) -> None:
        self.returned = returned
        self.given: list[Any] = []

    def __call__(self, given: Any) -> Any:
        self.given.append(copy.deepcopy(given))
        spoil(given)
        return self.returned

    def __repr__(self) -> str:
        return "<spoiler>"


OPTIONS: dict[str, Any] = {"latency": 0, "plan": Plan.completes(training=60), "strict": False}


HANDED_OUT: dict[str, Callable[[SageMakerMock], object]] = {
    "calls": lambda mock: [call.params for call in mock.calls],
    "calls, filtered": lambda mock: [call.params for call in mock.calls.to("Describe*", job="churn")],
    "calls, printed": lambda mock: str(mock.calls) + repr(mock.calls),
    "calls, a part": lambda mock: mock.calls[:],
    "retries": lambda mock: [call.params for call in mock.calls.retries],
    "outcomes": lambda mock: mock.calls.outcomes,
    "sleeps": lambda mock: list(mock.sleeps),
    "sleeps, a part": lambda mock: mock.sleeps[:],
    "events": lambda mock: list(mock.events),
    "events, a part": lambda mock: list(mock.events[:2]),
    "events, filtered": lambda mock: list(mock.events.matching({"source": ["aws.sagemaker"]})),
    "request": lambda mock: mock.jobs["churn"].request,
    "transitions": lambda mock: mock.jobs["churn"].transitions,
    "plan": lambda mock: mock.jobs["churn"].plan,
    "phases": lambda mock: mock.jobs["churn"].plan.phases,
    "logs": lambda mock: [mock.jobs["churn"].plan.by_status, mock.jobs["churn"].plan.logs],
    "record": lambda mock: mock.jobs["replayed"].plan.replayed,
    "jobs": lambda mock: [list(mock.jobs), dict(mock.jobs), mock.jobs.all()],
    "picture": lambda mock: str(mock) + mock.svg() + mock.timeline("churn"),
    "options": lambda mock: [mock.options.passthrough, mock.options.plan],
}


def public_data(mock: SageMakerMock, client: Any) -> list[Any]:
    """Return all public data of the mock, without the calls that it takes to read them."""
    before = len(mock.calls)
    answered = [describe(client, name) for name in ("churn", "replayed", "twin")]
    arn = answered[0]["TrainingJobArn"]
    answered += [client.list_tags(ResourceArn=arn)["Tags"], client.list_training_jobs()["TrainingJobSummaries"]]
    records = [[call.operation, call.params, call.outcome] for call in mock.calls[:before]]
    views = [[job.request, job.transitions, job.status, str(job.plan), dict(job.plan.replayed or {})] for job in mock.jobs.all()]
    return copy.deepcopy([answered, records, views, list(mock.events), list(mock.sleeps), mock.timeline("churn")])


@pytest.mark.parametrize("what", HANDED_OUT)
def test_changing_a_returned_value_changes_nothing_else(what: str, sagemaker: SageMakerMock) -> None:
    """Neither later answers nor records of this job, an equal job or another call."""
    client = make_client()
    sagemaker.plan("churn", Plan.completes(training=60, logs={"Training": [(1, "loss=0.5")]}))
    sagemaker.plan("replayed", Plan.replays(response(R1)))
    for name in ("churn", "twin", "replayed"):
        create(client, name, **REQUEST)
    # Equal polls share one cached answer.
    for _ in range(2):
        describe(client)
    sagemaker.advance_until_idle()
    expected = public_data(sagemaker, client)
    records = len(sagemaker.calls)
    spoil(HANDED_OUT[what](sagemaker))
    assert len(sagemaker.calls) == records
    later = public_data(sagemaker, client)
    assert later[0] == expected[0]
    assert later[1][: len(expected[1])] == expected[1]
    assert later[2:] == expected[2:]


def test_a_recorded_request_is_a_plain_copy_of_the_one_sent(sagemaker: SageMakerMock) -> None:
    """It equals the request, unpacks with `**`, and can be written as JSON."""
    client = make_client()
    create(client, **REQUEST)
    whole = request("churn", **REQUEST)
    (call,) = sagemaker.calls
    for found in (call.params, sagemaker.jobs["churn"].request):
        assert found == whole
        assert json.loads(json.dumps(found)) == whole
        assert {**found} == whole
    assert call.params is not call.params
    for name in ("operation", "params", "at", "region", "outcome", "attempt", "job"):
        with pytest.raises(AttributeError):
            setattr(call, name, "spoilt")


def test_calls_compare_by_value(sagemaker: SageMakerMock) -> None:
    """Copies and pickles of a call are equal to it."""
    client = make_client()
    create(client)
    describe(client)
    created, described = sagemaker.calls
    assert repr(created).startswith("Call(operation='CreateTrainingJob', params={'TrainingJobName': 'churn', ")
    assert repr(created).endswith("region='us-east-1', outcome='ok', attempt=1)")
    for same in (copy.deepcopy(created), pickle.loads(pickle.dumps(created))):  # noqa: S301  # our own data
        assert (same, hash(same)) == (created, hash(created))
        assert same != described
    assert created != ("CreateTrainingJob",)
    assert len({created, described, created}) == 2


def test_callables_get_requests_of_their_own(sagemaker: SageMakerMock) -> None:
    """A callable that chooses a plan, makes one or writes lines gets an unspoiled copy of the request."""
    client = make_client()
    no, yes, lines = Spoiler(returned=False), Spoiler(returned=True), Spoiler([(1, "loss=0.5")])
    planned = Spoiler(Plan([Phase("Starting", 5), Phase("Training", 60, logs=lines)]))
    sagemaker.plan(no, Plan.hangs())
    sagemaker.plan(yes, planned)
    create(client, **REQUEST)
    whole = request("churn", **REQUEST)
    assert [spoiler.given for spoiler in (no, yes, planned, lines)] == [[whole]] * 4
    assert sagemaker.jobs["churn"].request == sagemaker.calls[0].params == whole
    with mock_sagemaker(plan=planned) as inner:
        create(make_client(), **REQUEST)
        assert inner.jobs["churn"].request == planned.given[1] == whole


def test_handlers_get_events_of_their_own(sagemaker: SageMakerMock) -> None:
    """Each handler gets its own copy, and the recorded events stay unchanged."""
    first, delay, second = Spoiler(returned=None), Spoiler(returned=0), Spoiler(returned=None)
    sagemaker.on_event(first, delay=delay)
    sagemaker.on_event(second)
    create(make_client(), **REQUEST)
    sagemaker.advance_until_idle()
    assert first.given == second.given == delay.given == list(sagemaker.events)
    assert first.given[0]["detail"]["HyperParameters"] == {"epochs": "3"}


def test_arguments_can_be_reused_after_a_call(sagemaker: SageMakerMock) -> None:
    """Later changes to an argument do not reach the mock."""
    client = make_client()
    record, logs, messages = response(R1), {"Training": [[1, "loss=0.5"]]}, [[0, "one"], [1, "two"]]
    phases, after_s, passing = [Phase("Starting", 5, messages), Phase("Training", 60)], [5], ["s3"]  # type: ignore[arg-type]
    pattern = {"detail": {"TrainingJobName": ["churn"], "TrainingJobStatus": [{"anything-but": ["Failed"]}]}}
    plans = [
        Plan.replays(record),
        Plan(phases, logs=logs),  # type: ignore[arg-type]  # lists are accepted for pairs
        Plan.interrupted(after=after_s),
        Plan(replayed=record),
    ]
    before = [repr(plan) + repr(plan.phases) + repr(plan.logs) + repr(plan.interruptions) for plan in plans]
    replayed = [copy.deepcopy(dict(plan.replayed or {})) for plan in plans]
    handled: list[Any] = []
    sagemaker.on_event(handled.append, pattern)
    sent = copy.deepcopy(REQUEST)
    create(client, **sent)
    expected = describe(client)
    with mock_sagemaker(passthrough=passing) as inner:
        for given_before in (record, logs, messages, phases, after_s, passing, pattern, sent):
            spoil(given_before)
        assert inner.options.passthrough == {"s3"}
    assert [repr(plan) + repr(plan.phases) + repr(plan.logs) + repr(plan.interruptions) for plan in plans] == before
    assert [dict(plan.replayed or {}) for plan in plans] == replayed
    assert describe(client) == expected
    sagemaker.advance_until_idle()
    assert len(handled) == len(sagemaker.events) > 1


def test_equal_polls_have_equal_bytes_after_a_change(sagemaker: SageMakerMock) -> None:
    """Changing the request of one poll does not change the others."""
    client = make_client()
    create(client, **REQUEST)
    answers = bodies(client, "DescribeTrainingJob")
    describe(client)
    spoil([call.params for call in sagemaker.calls])
    describe(client)
    assert answers[0] == answers[1]
    assert [call.job for call in sagemaker.calls] == ["churn"] * 3


# -- sleeps


def test_sleeps_behave_like_a_read_only_list() -> None:
    """Index, slice and iteration work; the list grows with each sleep."""
    slept = [Sleep(after(number), timedelta(seconds=seconds)) for number, seconds in enumerate([60, 60, 0.25])]
    sleeps = Sleeps(slept)
    assert sleeps == slept
    assert (sleeps[:2], sleeps[-1], len(sleeps)) == (slept[:2], slept[2], 3)
    assert sleeps == Sleeps(tuple(slept))
    assert sleeps != slept[:2]
    assert sleeps != 3
    assert slept[1] in sleeps
    assert repr(sleeps) == "<3 sleeps: 2 x 60 s, 0.25 s>"
    assert (repr(Sleeps([])), str(Sleeps([])), repr(Sleeps(slept[:1]))) == ("<0 sleeps>", "no sleeps", "<1 sleep: 60 s>")
    assert str(sleeps).split("\n")[2] == "2018-07-30 00:00:02.000 0.25 s"
    seen_so_far = iter(sleeps)
    slept.append(slept[0])
    assert (len(sleeps), len(list(seen_so_far))) == (4, 3)
    assert not hasattr(sleeps, "append")
    with pytest.raises(TypeError, match="unhashable"):
        hash(sleeps)


# -- copies and frozen values


@given(JSON)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value: Any) -> None:
    """Nested lists and dicts are copied too."""
    as_it_was, copied = copy.deepcopy(value), own(value)
    assert copied == value
    spoil(copied)
    assert value == as_it_was


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_a_frozen_value_behaves_like_the_original(value: dict[str, Any]) -> None:
    """It compares, prints, copies and pickles as the value that it wraps."""
    as_it_was, kept = copy.deepcopy(value), Kept(value)
    spoil(dict(kept))
    spoil(value)
    assert kept == as_it_was
    assert (repr(kept), len(kept), list(kept)) == (repr(as_it_was), len(as_it_was), list(as_it_was))
    assert copy.deepcopy(kept) == pickle.loads(pickle.dumps(kept)) == as_it_was  # noqa: S301  # our own data
