"""Checks of arguments, and their messages."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from sagemock import Phase, Plan, mock_sagemaker
from sagemock.checks import LONGEST, nearest, public, public_class, quoted, takes_one, text
from sagemock.errors import InvalidType, InvalidValue, PlanError, UsageError


class Silent:
    """A value whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError


@public_class
class Point:
    """A class that takes two numbers."""

    def __init__(self, left: int, right: int = 0) -> None:
        self.sum = left + right

    @public
    def moved(self, *, by: int) -> int:
        """Take a keyword."""
        return self.sum + by  # pragma: no cover  # only called with wrong arguments

    @public
    def nothing(self) -> None:
        """Take no argument."""


POINT: Any = Point
PHASE: Any = Phase
PLAN: Any = Plan


def test_any_value_can_be_shown() -> None:
    """It is cut, and errors of its repr are caught."""
    assert (quoted(5), quoted("\ud800"), quoted(Silent()), quoted(10**5000)) == ("5", r"'\ud800'", "<Silent>", "<int>")
    assert quoted("x" * 500) == f"'{'x' * (LONGEST - 1)}…"


def test_the_nearest_name_is_found_ignoring_case() -> None:
    """None if there is no similar name."""
    assert nearest("STARTING", ["Starting", "Training"]) == "Starting"
    assert nearest("q", ["Starting", "Training"]) is None
    assert nearest(7, ["Starting"], least=0) == "Starting"


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: POINT(lefd=1), "Point() has no 'lefd': did you mean 'left'? It takes left, right"),
        (lambda: POINT(1, zzz=1), "Point() has no 'zzz': take it out; it takes left, right"),
        (lambda: POINT(zzz=1), "Point() has no 'zzz': did you mean 'left'? It takes left, right"),
        (POINT, "Point() needs 'left': it takes left, right"),
        (lambda: POINT(1, 2, 3), "Point() was given 3 arguments without a name, and takes 2"),
        (lambda: POINT(1, left=2), "Point() was given left twice, by its place and by its name: it takes left, right"),
        (lambda: POINT(1).moved(5), "moved() was given 1 argument without a name, and takes none: by name it takes by"),
        (lambda: POINT(1).nothing(5), "nothing() was given 1 argument without a name, and takes none"),
        (
            lambda: PLAN.completes(3600),
            (
                "Plan.completes() was given 1 argument without a name, and takes none: by name it takes granular, legacy, logs, "
                "durations of phases"
            ),
        ),
        (
            lambda: PLAN.waits_for_capacity(training=5),
            "Plan.waits_for_capacity() needs 'wait': it takes wait, then, durations of phases",
        ),
        (
            lambda: PHASE("Starting", msg=5),
            "Phase() has no 'msg': did you mean 'message'? It takes status, duration, message, logs",
        ),
        (
            lambda: PLAN.internal_error(tymes=3),
            (
                "Plan.internal_error() has no 'tymes': did you mean 'times'? It takes times, during, after, then, starting, "
                "downloading, training, uploading, stopping"
            ),
        ),
    ],
)
def test_a_call_with_wrong_arguments_gets_our_message(call: Callable[[], Any], words: str) -> None:
    """It names the function as the test calls it."""
    with pytest.raises(InvalidType) as caught:
        call()
    assert str(caught.value) == words
    assert isinstance(caught.value, TypeError)


def test_an_error_from_inside_a_function_passes() -> None:
    """A TypeError of the body is not one of the call."""
    with pytest.raises(TypeError, match="unsupported operand") as caught:
        Point(1, "a")  # type: ignore[arg-type]  # the point of the test
    assert not isinstance(caught.value, UsageError)


def test_a_callable_that_cannot_take_one_argument_is_refused() -> None:
    """Where it is passed; a callable without a signature is accepted."""
    takes_one("plan", print, "write another")
    takes_one("plan", type, "write another")
    with pytest.raises(InvalidType, match="plan is called with one argument, which .* does not take: write another"):
        takes_one("plan", lambda: None, "write another")


def test_half_a_surrogate_pair_is_not_a_text() -> None:
    """It could not be sent, or written to a report."""
    with pytest.raises(InvalidValue) as caught:
        text("detail", "a\ud800", "a text", "write another")
    assert str(caught.value) == (
        r"detail has '\ud800' in it, half of a surrogate pair, which UTF-8 cannot encode: "
        "take it out, or decode the original bytes with errors='replace'"
    )


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda mock: mock.plan(name="churn-*", plan=Plan()), "plan() has no 'name': did you mean 'matcher'?"),
        (lambda mock: mock.plan(Plan()), "plan() needs 'plan': it takes matcher, plan, times, kind. The pattern of job names comes first: plan('churn-*', Plan.fails())"),  # noqa: E501
        (lambda mock: mock.calls.to(name="churn-1"), "to() has no 'name': did you mean 'job'?"),
        (lambda mock: mock.calls.to(job_name="churn-1"), "to() has no 'job_name': did you mean 'job'?"),
        (lambda mock: mock.advance_until("churn-1", status="Completed"), "advance_until() has no 'status': did you mean 'wanted'?"),  # noqa: E501
        (lambda mock: mock.fault("DescribeTrainingJob", code="X"), "fault() has no 'code': did you mean 'error'?"),
        (lambda mock: mock.fault("DescribeTrainingJob", "X", count=3), "fault() has no 'count': did you mean 'times'?"),
        (lambda mock: mock.hide("churn-1", duration=3), "hide() has no 'duration': did you mean 'lasting'?"),
        (lambda mock: mock.quota("ml.m5.large", count=3), "quota() has no 'count': did you mean 'instances'?"),
        (lambda mock: mock.stop("churn-1"), "stop() was given 1 argument without a name, and takes none: by name it takes clean. It ends the mock: to stop a job, call stop_job(name)"),  # noqa: E501
        (lambda mock: mock.create_training_job("churn-1").stop("now"), "stop() was given 1 argument without a name, and takes none"),  # noqa: E501
        (lambda mock: mock.clock.advance("3 min"), "advance takes a duration, not '3 min': write advance(minutes=5), advance("),
    ],
)  # fmt: skip
def test_a_wrong_name_leads_to_the_right_one(call: Callable[[Any], Any], words: str) -> None:
    """By its meaning, or because one argument is missing."""
    with mock_sagemaker() as mock, pytest.raises(InvalidType) as caught:
        call(mock)
    assert str(caught.value).startswith(words)
    assert words.endswith(("?", "(")) or str(caught.value) == words


REPRODUCED: dict[str, tuple[Callable[[Any], Any], type[UsageError], str]] = {
    "fault(time=3)": (lambda mock: mock.fault("X", "Y", time=3), InvalidType, "fault() has no 'time': did you mean 'times'? It takes"),  # noqa: E501
    "advance(minuets=5)": (lambda mock: mock.clock.advance(minuets=5), InvalidType, "advance() has no 'minuets': did you mean 'minutes'?"),  # noqa: E501
    "advance(sheep=5)": (lambda mock: mock.clock.advance(sheep=5), InvalidType, "advance() has no 'sheep': take it out; it takes weeks, days,"),  # noqa: E501
    "advance(10**400)": (lambda mock: mock.clock.advance(10**400), InvalidValue, "a duration is at most a century (36525 days), not 1000"),  # noqa: E501
    "advance(days=1e308)": (lambda mock: mock.clock.advance(days=1e308), InvalidValue, "advance(days=1e+308) is not a duration"),
    "advance to the end": (lambda mock: mock.clock.advance_to("9500-01-01"), InvalidValue, "virtual time ends at 9000-01-01T00:00:00+00:00"),  # noqa: E501
    "granular='no'": (lambda _: Plan.completes(granular="no"), PlanError, "granular is True or False, not 'no'"),  # type: ignore[arg-type]
    "per_hour=''": (lambda _: Plan.interrupted(per_hour=""), PlanError, "per_hour is a number of interruptions per hour"),  # type: ignore[arg-type]
    "accounts[k]=12": (lambda mock: mock.accounts.update(k=12), InvalidType, "account_id is a string of twelve digits, not 12"),
    "Plan(phases=None)": (lambda _: Plan(phases=None), PlanError, "phases is a list of phases, not None"),  # type: ignore[arg-type]
    "but(interruptions=5)": (lambda _: Plan().but(interruptions=5), PlanError, "interruptions is a list of durations, not 5"),  # type: ignore[arg-type]
    "but(evenly=-1)": (lambda _: Plan().but(evenly=-1), PlanError, "evenly is how often a job is interrupted, 0 to 1000, not -1"),
    "a misspelt type": (lambda mock: mock.quota("ml.p3.2xlagre", instances=1), UsageError, "training jobs do not run on 'ml.p3.2xlagre': did you mean 'ml.p3.2xlarge'?"),  # noqa: E501
    "spot='no'": (lambda mock: mock.quota("ml.p3.2xlarge", instances=1, spot="no"), InvalidType, "spot is True or False, not 'no'"),  # noqa: E501
    "a life of ages": (lambda _: Plan([Phase("Starting", 3e9), *(Phase(name, 3e9) for name in ("Pending", "Starting") * 5)]), PlanError, "this life lasts 1046 years: a job that ends does so within 900"),  # noqa: E501
    "1001 interruptions": (lambda _: Plan.interrupted(after=[1] * 1001), PlanError, "a job is interrupted at most 1000 times, and this plan has 1001"),  # noqa: E501
    "no interruption": (lambda _: Plan.interrupted(after=[None]), PlanError, "interruption 1 is None: say after how long"),  # type: ignore[list-item]
    "a file that is none": (lambda _: Plan.replays("/nowhere/at/all"), PlanError, "/nowhere/at/all cannot be read (No such file or directory)"),  # noqa: E501
    "no list of entries": (
        lambda _: Plan.replays({"CreationTime": 0, "SecondaryStatusTransitions": 5}),
        PlanError,
        "SecondaryStatusTransitions of the record is a list of entries, not 5",
    ),
    "no seconds": (
        lambda _: Plan.replays({
            "CreationTime": 0,
            "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 0}],
            "TrainingTimeInSeconds": "5",
        }),
        PlanError,
        "TrainingTimeInSeconds is a whole number of seconds, at least 0, not '5'",
    ),
    "a record of nothing": (
        lambda _: Plan(replayed={}),
        PlanError,
        "this record is not a DescribeTrainingJob response",
    ),
    "no options": (lambda _: type(mock_sagemaker())(5), InvalidType, "SageMakerMock takes Options, not 5"),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("name", REPRODUCED)
def test_invalid_values_are_refused_at_their_line(name: str) -> None:
    """With our words, and the mock works afterwards."""
    call, error, words = REPRODUCED[name]
    with mock_sagemaker() as mock:
        with pytest.raises(error, match=f"^{re.escape(words)}"):
            call(mock)
        mock.clock.advance(minutes=5)


def test_mock_sagemaker_itself_is_not_a_mock() -> None:
    """`with mock_sagemaker` without parentheses gets a message that says what to write."""
    with pytest.raises(UsageError, match=r"call it, `with mock_sagemaker\(\) as sagemaker:`"), mock_sagemaker:  # type: ignore[attr-defined]
        pass  # pragma: no cover  # never entered
    assert repr(mock_sagemaker) == "<mock_sagemaker>"
    assert "Mock SageMaker's training jobs" in (mock_sagemaker.__doc__ or "")


def test_a_record_that_contains_itself_is_refused() -> None:
    """Like everything that is not a record."""
    response: dict[str, Any] = {}
    response["Tags"] = response
    with pytest.raises(PlanError, match="this record is nested too deep for a DescribeTrainingJob response"):
        Plan.replays(response)
