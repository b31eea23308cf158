from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import UsageError
from sagemock.jobs.place import Place
from sagemock.service.faults import Fault, Faults, Moment, Window

NOW_US = 1_532_908_800_000_000
NOW = datetime(2018, 7, 30, tzinfo=timezone.utc)
MINUTE_US = 60_000_000
PLACE = Place("aws-cn", "cn-north-1", "210987654321")
CHURN = {"TrainingJobName": "churn-1"}


def faults(*prepared: Fault, seed: int = 0) -> Faults:
    """Return faults in this order."""
    found = Faults(seed)
    for fault in prepared:
        found.add(fault)
    return found


def outcome(found: Faults, operation: str = "DescribeTrainingJob", now_us: int = NOW_US, **request: Any) -> str | None:
    """Return the error that a call meets, or None."""
    fault = found.meeting(operation, request or CHURN, now_us)
    return None if fault is None else fault.error


# -- which calls


def test_without_faults_all_calls_succeed() -> None:
    """No fault is added, used or pending."""
    found = faults()
    assert not found
    assert outcome(found) is None
    assert not found.pending(NOW_US)
    assert found.unused() == found.standing(NOW_US) == []


def test_a_fault_applies_to_its_operation() -> None:
    """By name or pattern."""
    found = faults(Fault("DescribeTrainingJob", "InternalFailure"), Fault("List*", "ThrottlingException"))
    assert found
    assert [outcome(found, name) for name in ("DescribeTrainingJob", "ListTags", "StopTrainingJob")] == [
        "InternalFailure",
        "ThrottlingException",
        None,
    ]


def test_a_fault_applies_to_its_jobs() -> None:
    """However the call names its job; calls without a job are not affected."""
    found = faults(Fault("*", "InternalFailure", job="churn-*"))
    assert outcome(found) == "InternalFailure"
    assert outcome(found, "ListTags", ResourceArn=PLACE.arn("training-job/churn-2")) == "InternalFailure"
    assert outcome(found, TrainingJobName="Churn-1") is None
    assert outcome(found, "ListTrainingJobs", NameContains="churn-1") is None


def test_a_fault_applies_a_number_of_times() -> None:
    """Afterwards calls succeed, or meet the next fault."""
    found = faults(Fault("*", "InternalFailure", times=2), Fault("*", "ThrottlingException", times=1))
    assert [outcome(found) for _ in range(4)] == ["InternalFailure", "InternalFailure", "ThrottlingException", None]


@given(st.integers(0, 10), st.integers(1, 10), st.integers(0, 25))
def test_a_window_is_half_open(after: int, lasting: int, at: int) -> None:
    """A fault from T on applies at T; one until T does not. A few minutes give every order of the three instants."""
    window = Window.of(timedelta(minutes=after), timedelta(minutes=after + lasting), NOW_US)
    found = faults(Fault("*", "InternalFailure", window=window))
    at_us = NOW_US + at * MINUTE_US
    assert (outcome(found, now_us=at_us) is not None) == (after <= at < after + lasting)
    assert found.pending(at_us) == (at < after + lasting)


@pytest.mark.parametrize("moment", [timedelta(minutes=5), 300, 300.0, NOW + timedelta(minutes=5), "2018-07-30T00:05:00Z"])
def test_an_edge_of_a_window_is_an_instant_or_a_duration_from_now(moment: Moment) -> None:
    """A number counts seconds from now."""
    assert Window.of(moment, None, NOW_US) == (NOW_US + 5 * MINUTE_US, None)
    assert Window.of(None, moment, NOW_US) == (None, NOW_US + 5 * MINUTE_US)


def test_a_window_may_begin_in_the_past() -> None:
    """It is open now."""
    assert Window.of("2017-01-01T00:00:00Z", timedelta(minutes=1), NOW_US).holds(NOW_US)


@given(st.integers(), st.floats(0.2, 0.8))
def test_random_faults_follow_the_seed(seed: int, probability: float) -> None:
    """Each fault has its own random numbers, the same in every run.

    It applies about as often as asked: the bounds are ten standard deviations wide.
    """
    first, second = (faults(Fault("*", "InternalFailure", probability=probability), seed=seed) for _ in range(2))
    fell = [outcome(first) is not None for _ in range(1000)]
    assert fell == [outcome(second) is not None for _ in range(1000)]
    assert abs(sum(fell) - 1000 * probability) < 160


def test_every_fault_has_its_own_random_numbers() -> None:
    """Another fault changes nothing for it."""
    alone = faults(Fault("Describe*", "InternalFailure", probability=0.5))
    beside = faults(Fault("Describe*", "InternalFailure", probability=0.5), Fault("List*", "InternalFailure", probability=0.5))
    fell = []
    for _ in range(50):
        fell.append(outcome(beside))
        outcome(beside, "ListTags")
    assert fell == [outcome(alone) for _ in range(50)]


def test_a_call_spared_by_one_fault_can_meet_the_next() -> None:
    """Their random numbers are independent."""
    found = faults(Fault("*", "InternalFailure", probability=0.5), Fault("*", "ThrottlingException"))
    assert {outcome(found) for _ in range(50)} == {"InternalFailure", "ThrottlingException"}


def test_a_fault_counts_as_used_when_its_random_number_was_drawn() -> None:
    """Even if every call was spared, the test has used it."""
    spared = Fault("Describe*", "InternalFailure", probability=1e-12)
    never = Fault("Stop*", "InternalFailure")
    found = faults(spared, never)
    assert outcome(found) is None
    assert (spared.faced, spared.met) == (1, 0)
    assert found.unused() == [never]


def test_a_fault_is_pending_while_it_can_apply() -> None:
    """Until it is used up or its window is over."""
    used_up = Fault("*", "InternalFailure", times=1)
    over = Fault("*", "InternalFailure", window=Window(None, NOW_US))
    to_come = Fault("*", "InternalFailure", window=Window(NOW_US + 1, None))
    for_ever = Fault("*", "InternalFailure")
    found = faults(used_up, over, to_come, for_ever)
    assert found.standing(NOW_US - 1) == [used_up, over, to_come, for_ever]
    outcome(found)
    assert found.standing(NOW_US) == [to_come, for_ever]


def test_a_used_up_fault_has_no_end_to_wait_for() -> None:
    """Its window no longer matters."""
    found = faults(Fault("*", "InternalFailure", times=1, window=Window(None, NOW_US + 1)))
    assert found.pending(NOW_US)
    outcome(found)
    assert not found.pending(NOW_US)


# -- answers of the service


@pytest.mark.parametrize(
    "code,text,status",
    [
        ("ThrottlingException", "Rate exceeded", 400),
        ("InternalFailure", "", 500),
        ("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503),
        ("ExpiredTokenException", "The security token included in the request is expired", 400),
        ("UnrecognizedClientException", "The security token included in the request is invalid.", 400),
    ],
)
def test_a_known_error_has_awss_text_and_status(code: str, text: str, status: int) -> None:
    """A test need not know them."""
    refusal = Fault("*", code).refusal(PLACE, "DescribeTrainingJob", CHURN)
    assert (refusal.code, refusal.message, refusal.status) == (code, text, status)


@pytest.mark.parametrize(
    "operation,request_,resource",
    [
        ("DescribeTrainingJob", CHURN, "arn:aws-cn:sagemaker:cn-north-1:210987654321:training-job/churn-1"),
        ("ListTrainingJobs", {}, "*"),
    ],
)
def test_an_access_denied_message_names_the_call(operation: str, request_: dict[str, Any], resource: str) -> None:
    """Its operation, job, region and account."""
    refusal = Fault("*", "AccessDeniedException").refusal(PLACE, operation, request_)
    assert refusal.status == 400
    assert refusal.message == (
        "User: arn:aws-cn:sts::210987654321:assumed-role/tester/session is not authorized to perform: "
        f"sagemaker:{operation} on resource: {resource} because no identity-based policy allows the sagemaker:{operation} action"
    )


def test_any_other_error_has_its_given_text() -> None:
    """Braces in it stay; the default status is 400."""
    refusal = Fault("*", "ResourceLimitExceeded", message="{no} more").refusal(PLACE, "CreateTrainingJob", CHURN)
    assert (refusal.code, refusal.message, refusal.status) == ("ResourceLimitExceeded", "{no} more", 400)
    refusal = Fault("*", "InternalFailure", message="Oops", status=502).refusal(PLACE, "CreateTrainingJob", CHURN)
    assert (refusal.message, refusal.status) == ("Oops", 502)


@pytest.mark.parametrize("error", ["ConnectTimeout", "ReadTimeout", "ConnectionReset", "EndpointUnreachable", "InternalFailure"])
def test_a_request_that_fails_early_has_no_effect(error: str) -> None:
    """It did not reach the service, or was refused."""
    assert not Fault("*", error).takes_effect


@pytest.mark.parametrize("error", ["LostAnswer", "MalformedBody"])
def test_a_request_whose_answer_is_lost_has_taken_effect(error: str) -> None:
    """The service did what was asked."""
    assert Fault("*", error).takes_effect


def test_the_repr_of_a_fault_has_its_arguments() -> None:
    """It leaves out arguments that were not given."""
    assert str(Fault("DescribeTrainingJob", "ReadTimeout")) == "fault('DescribeTrainingJob', 'ReadTimeout')"
    whole = Fault("*", "Odd", "churn-*", 3, Window.of(60, timedelta(hours=1), NOW_US), 0.5, "Odd indeed", 409)
    assert str(whole) == (
        "fault('*', 'Odd', job='churn-*', times=3, after='2018-07-30T00:01:00+00:00', until='2018-07-30T01:00:00+00:00', "
        "probability=0.5, message='Odd indeed', status=409)"
    )


# -- mistakes

KNOWN = (
    "AccessDeniedException, ExpiredTokenException, InternalFailure, ServiceUnavailable, ThrottlingException, "
    "UnrecognizedClientException, ConnectTimeout, ConnectionReset, EndpointUnreachable, LostAnswer, MalformedBody, ReadTimeout"
)
NEAR = "did you mean 'ThrottlingException'"
OTHER = "for another error, give message='…'"


@pytest.mark.parametrize(
    "given_,kind,message",
    [
        ({"operation": "StopTraning"}, UsageError, "SageMaker has no operation 'StopTraning': did you mean 'StopTrainingJob'?"),
        (
            {"error": "ThrotlingException"},
            UsageError,
            f"sagemock has no text for the error 'ThrotlingException': {NEAR}? sagemock knows {KNOWN}; {OTHER}",
        ),
        ({"error": "Xyz"}, UsageError, f"sagemock has no text for the error 'Xyz': sagemock knows {KNOWN}; {OTHER}"),
        ({"error": ""}, UsageError, "an error is named by its code, not '': write 'ThrottlingException'"),
        (
            {"error": "Rate exceeded"},
            UsageError,
            "an error is named by its code, not 'Rate exceeded': write 'ThrottlingException'",
        ),
        (
            {"error": ValueError},
            UsageError,
            "an error is named by its code, not <class 'ValueError'>: write 'ThrottlingException'",
        ),
        (
            {"error": "ReadTimeout", "message": "slow"},
            UsageError,
            "ReadTimeout happens on the way, not in the service: it has no message and no status, so leave them out",
        ),
        (
            {"error": "LostAnswer", "status": 500},
            UsageError,
            "LostAnswer happens on the way, not in the service: it has no message and no status, so leave them out",
        ),
        ({"message": 3}, TypeError, "message is the text that the service answers, not 3: write message='Rate exceeded'"),
        (
            {"status": 200},
            ValueError,
            "status is the HTTP status of an error, 400 to 599, not 200: leave it out for the usual one",
        ),
        (
            {"status": "400"},
            ValueError,
            "status is the HTTP status of an error, 400 to 599, not '400': leave it out for the usual one",
        ),
        (
            {"status": True},
            ValueError,
            "status is the HTTP status of an error, 400 to 599, not True: leave it out for the usual one",
        ),
        ({"times": 0}, ValueError, "times is how many calls the fault meets, at least 1, not 0: leave it out for all"),
        ({"times": True}, ValueError, "times is how many calls the fault meets, at least 1, not True: leave it out for all"),
        ({"times": 1.5}, ValueError, "times is how many calls the fault meets, at least 1, not 1.5: leave it out for all"),
        (
            {"probability": 0},
            ValueError,
            "probability is a number above 0 and at most 1, not 0: write probability=0.1, or leave it out for every call",
        ),
        (
            {"probability": float("nan")},
            ValueError,
            "probability is a number above 0 and at most 1, not nan: write probability=0.1, or leave it out for every call",
        ),
        (
            {"probability": "10 %"},
            TypeError,
            "probability is a number above 0 and at most 1, not '10 %': write probability=0.1, or leave it out for every call",
        ),
        (
            {"probability": True},
            TypeError,
            "probability is a number above 0 and at most 1, not True: write probability=0.1, or leave it out for every call",
        ),
        ({"job": 1}, TypeError, "job is a pattern of job names, not 1: write job='churn-*'"),
        (
            {"operation": "ListTrainingJobs", "job": "churn-*"},
            UsageError,
            "ListTrainingJobs is not about a single job, so job='churn-*' matches none of its calls: leave job out",
        ),
    ],
)
def test_an_invalid_fault_is_refused_at_its_line(given_: dict[str, Any], kind: type[Exception], message: str) -> None:
    """The message has the value, and says what to write."""
    with pytest.raises(kind) as caught:
        Fault(**{"operation": "DescribeTrainingJob", "error": "ThrottlingException", **given_})
    assert str(caught.value) == message


BEGINS = "and the fault begins at"
LATER = "give an instant later than that, or a duration from now"


@pytest.mark.parametrize(
    "after,until,kind,message",
    [
        (
            None,
            "2018-07-29",
            ValueError,
            f"until='2018-07-29' leaves no time: it is 2018-07-29T00:00:00+00:00, {BEGINS} 2018-07-30T00:00:00+00:00; {LATER}",
        ),
        (
            60,
            60,
            ValueError,
            f"until=60 leaves no time: it is 2018-07-30T00:01:00+00:00, {BEGINS} 2018-07-30T00:01:00+00:00; {LATER}",
        ),
        (-1, None, ValueError, "after=-1 is in the past: give a duration from now that is not negative, or an instant"),
        (None, "soon", ValueError, "'soon' is not an instant: write it like 2018-07-30T00:00:00Z"),
        ([], None, TypeError, "after is an instant or a duration from now, not []: write after=timedelta(minutes=5)"),
        (None, True, TypeError, "until is an instant or a duration from now, not True: write until=timedelta(minutes=5)"),
    ],
)
def test_a_window_that_never_opens_is_refused(after: Any, until: Any, kind: type[Exception], message: str) -> None:
    """At the line that made it."""
    with pytest.raises(kind) as caught:
        Window.of(after, until, NOW_US)
    assert str(caught.value) == message
