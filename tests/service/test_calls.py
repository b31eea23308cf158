from datetime import timedelta

import pytest

from sagemock import UsageError, WrongCalls, mock_sagemaker
from sagemock.service.calls import Call, Calls
from tests.support.calling import START, create, describe, make_client


def call(operation: str = "DescribeTrainingJob", name: str = "churn-1", outcome: str = "ok", attempt: int = 1) -> Call:
    """Return a call."""
    return Call(
        operation, {"TrainingJobName": name} if name else {}, START + timedelta(seconds=1.5), "us-east-1", outcome, attempt
    )


ALL = [
    call("CreateTrainingJob", "churn-1"),
    call("CreateTrainingJob", "fraud-1", "ThrottlingException"),
    call("CreateTrainingJob", "fraud-1", attempt=2),
    call(),
    call(),
    call("ListTrainingJobs", ""),
]


@pytest.mark.parametrize(
    "found,places",
    [
        (Calls(ALL).to("CreateTrainingJob"), [0, 1, 2]),
        (Calls(ALL).to("*TrainingJob"), [0, 1, 2, 3, 4]),
        (Calls(ALL).to(), [0, 1, 2, 3, 4, 5]),
        (Calls(ALL).to("StopTrainingJob"), []),
        (Calls(ALL).to("GetLogEvents"), []),
        (Calls(ALL).to(job="churn-1"), [0, 3, 4]),
        (Calls(ALL).to("Create*", job="fraud-*"), [1, 2]),
        (Calls(ALL).to(region="us-*"), [0, 1, 2, 3, 4, 5]),
        (Calls(ALL).to(region="eu-west-1"), []),
        (Calls(ALL).to(outcome="ok"), [0, 2, 3, 4, 5]),
        (Calls(ALL).to(attempt=2), [2]),
        (Calls(ALL).to("Create*").to(job="churn-*"), [0]),
        (Calls(ALL).retries, [2]),
        (Calls(ALL).to(job="churn-1").retries, []),
    ],
)
def test_calls_are_filtered(found: Calls, places: list[int]) -> None:
    """By operation, job, region, outcome and attempt, in any combination; the order stays."""
    assert found == [ALL[place] for place in places]
    assert found.count == len(found) == len(places)


def test_calls_behave_like_a_list() -> None:
    """Indexes, slices, membership and equality."""
    calls = Calls(ALL)
    assert calls[0] is ALL[0]
    assert calls[-1] is ALL[-1]
    assert calls[1:3] == ALL[1:3]
    assert list(calls) == ALL
    assert ALL[1] in calls
    assert call("StopTrainingJob") not in calls
    assert calls == Calls(ALL)
    assert calls == ALL
    assert calls != ALL[1:]
    assert calls != 3
    assert bool(calls)
    assert not Calls([])
    with pytest.raises(TypeError, match="unhashable"):
        hash(calls)


def test_calls_are_a_live_view() -> None:
    """Filtered views too, also for later calls."""
    with mock_sagemaker(start=START) as mock:
        describes = mock.calls.to("DescribeTrainingJob")
        retries = mock.calls.retries
        client = make_client()
        create(client)
        assert describes.count == 0
        describe(client)
        assert describes.outcomes == ["ok"]
        assert not retries


def test_an_iteration_ignores_later_calls() -> None:
    """It goes over the calls that were there when it began."""
    grows = [call()]
    seen = iter(Calls(grows))
    grows.append(call())
    assert len(list(seen)) == 1


def test_outcomes_are_a_list() -> None:
    """So that one assertion can compare all."""
    assert Calls(ALL).to("CreateTrainingJob").outcomes == ["ok", "ThrottlingException", "ok"]


def test_a_misspelt_operation_is_refused() -> None:
    """Otherwise `count == 0` would pass for a name that SageMaker does not have."""
    with pytest.raises(UsageError, match="has no operation 'StopTraningJob': did you mean 'StopTrainingJob'"):
        Calls(ALL).to("StopTraningJob")


def test_a_call_knows_its_job() -> None:
    """By name or ARN; a list operation has none."""
    assert [one.job for one in ALL] == ["churn-1", "fraud-1", "fraud-1", "churn-1", "churn-1", None]


def test_a_repr_of_calls_is_short() -> None:
    """Equal calls in a row are one."""
    assert repr(Calls(ALL)) == (
        "<6 calls: CreateTrainingJob churn-1: ok; CreateTrainingJob fraud-1: ThrottlingException; CreateTrainingJob fraud-1: ok; "
        "2 x DescribeTrainingJob churn-1: ok; ListTrainingJobs: ok>"
    )
    assert repr(Calls(ALL[:1])) == "<1 call: CreateTrainingJob churn-1: ok>"
    assert repr(Calls([])) == "<0 calls>"


def test_assert_called_once() -> None:
    """A retry is part of the same call, even if its first attempt is filtered out."""
    calls = Calls([*ALL, call("StopTrainingJob", "fraud-1")])
    calls.assert_called_once("StopTrainingJob")
    calls.assert_called_once("CreateTrainingJob", job="fraud-*")
    calls.assert_called_once("CreateTrainingJob", job="fraud-1", outcome="ok", region="us-east-1")
    calls.retries.assert_called_once()
    two = Calls([call(outcome="ThrottlingException")] * 2 + [call(attempt=2)] * 2)
    with pytest.raises(WrongCalls, match=r"^DescribeTrainingJob should have been called once, and was called 2 times. "):
        two.assert_called_once("DescribeTrainingJob")


def test_assert_not_called() -> None:
    """By operation, or by job."""
    Calls(ALL).assert_not_called("StopTrainingJob")
    Calls(ALL).assert_not_called("DescribeTrainingJob", job="fraud-1")
    Calls([]).assert_not_called()
    with pytest.raises(AssertionError, match=r"^\* should not have been called, and was called once. "):
        Calls(ALL[:1]).assert_not_called()


def test_a_failed_assertion_about_a_selection_lists_all_calls() -> None:
    """If nothing is in the selection: its reason is in the others."""
    stops = Calls(ALL[:1]).to("Stop*").to(region="us-*")
    listed = r"No call matches\. The calls are:\n  2018-07-30 00:00:01\.500 us-east-1 CreateTrainingJob churn-1: ok$"
    with pytest.raises(WrongCalls, match=f"was called 0 times. {listed}"):
        stops.assert_called_once()
    with pytest.raises(IndexError, match=rf"^calls\[-1\]: {listed}"):
        stops[-1]
    with pytest.raises(IndexError, match=r"^calls\[9\]: The calls are:\n  2018.*: ok$"):
        Calls(ALL[:1])[9]
    with pytest.raises(IndexError, match=r"^calls\[0\]: There are no calls$"):
        Calls([])[0]


@pytest.mark.parametrize(
    "name, hint",
    [
        ("assert_called", "write assert calls.to('StopTrainingJob', job='churn-1')"),
        ("called", "write assert calls.to('StopTrainingJob', job='churn-1')"),
        ("assert_called_once_with", "did you mean 'assert_called_once'?"),
        ("call_count", "did you mean 'count'?"),
        ("call_args", "write calls[0].params"),
    ],
)
def test_an_attribute_of_a_mock_of_unittest_gets_a_hint(name: str, hint: str) -> None:
    """Calls have another way to say it."""
    with pytest.raises(AttributeError) as caught:
        getattr(Calls(ALL), name)
    assert str(caught.value) == f"'Calls' object has no attribute {name!r}: {hint}"


def test_a_failed_assertion_lists_the_calls() -> None:
    """All of them, with the wanted ones."""
    with pytest.raises(WrongCalls) as caught:
        Calls(ALL[1:3]).assert_called_once("StopTrainingJob", job="churn-1")
    assert str(caught.value) == (
        "StopTrainingJob with job='churn-1' should have been called once, and was called 0 times. The calls are:\n"
        "  2018-07-30 00:00:01.500 us-east-1 CreateTrainingJob fraud-1: ThrottlingException\n"
        "  2018-07-30 00:00:01.500 us-east-1 CreateTrainingJob fraud-1: ok (attempt 2)"
    )
    with pytest.raises(WrongCalls, match=r"called 0 times\. There are no calls$"):
        Calls([]).assert_called_once("StopTrainingJob")
    with pytest.raises(WrongCalls, match=r"The last 20 calls are:(\n  2018-.*){20}$"):
        Calls(ALL * 4).assert_not_called()
    with pytest.raises(UsageError, match="has no operation 'StopTraningJob'"):
        Calls(ALL).assert_not_called("StopTraningJob")


def test_a_refused_call_has_awss_message() -> None:
    """In `message` and in its line; other calls have none."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        create(client)
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.stop_training_job(TrainingJobName="unknown")
        message = caught.value.response["Error"]["Message"]
        assert [one.message for one in mock.calls] == [None, message]
        assert str(mock.calls[-1]).endswith(f"StopTrainingJob unknown: ValidationException: {message}")
        assert f", message={message!r})" in repr(mock.calls[-1])


def test_calls_print_a_line_each() -> None:
    """Instant, region, operation, job, outcome, and the attempt if it is not the first one."""
    assert str(Calls(ALL[1:3])) == (
        "2018-07-30 00:00:01.500 us-east-1 CreateTrainingJob fraud-1: ThrottlingException\n"
        "2018-07-30 00:00:01.500 us-east-1 CreateTrainingJob fraud-1: ok (attempt 2)"
    )
    assert str(Calls([])) == "no calls"


def test_a_failing_assertion_shows_the_calls(pytester: pytest.Pytester) -> None:
    """The report of pytest has the calls that came instead."""
    pytester.makepyfile(
        """
        from sagemock import mock_sagemaker
        from tests.support.calling import make_client

        def test_it():
            with mock_sagemaker() as sagemaker:
                make_client().list_training_jobs()
                make_client().list_training_jobs()
                assert sagemaker.calls.to("List*").count == 1
        """
    )
    settings = ["-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]
    result = pytester.runpytest_inprocess(*settings)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *where 2 = <2 calls: 2 x ListTrainingJobs: ok>.count"])
