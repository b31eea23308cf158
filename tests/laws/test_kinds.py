"""The laws of a mock with jobs of every kind: random lives of all of them, and whatever is done to them meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sagemock import NeverReached, Plan, SageMakerMock, mock_sagemaker
from sagemock.clock.instants import instant, instant_us
from sagemock.errors import UsageError
from sagemock.jobs.kinds import KINDS, Kind
from sagemock.strategies import lives
from tests.support.calling import START, YOUNG, make_client
from tests.support.tuning import request

CLIENT = make_client()
"""Every response that it gets is checked against botocore's model."""
ACTIONS = ("stop", "fail", "complete", "delete", "less", "more", "another")
WHEN = st.one_of(st.integers(0, 900), st.sampled_from([0, 0.0005, 9, 229.075, 7200]))
DONE = st.lists(st.tuples(WHEN, st.sampled_from(ACTIONS), st.integers(0, 11)), max_size=4)
CHILDREN = st.lists(st.one_of(lives(), st.just(Plan.hangs("Starting"))), min_size=4, max_size=4)
LIMITS = st.sampled_from([{}, {"MaxRuntimeInSeconds": 600}])


class Case(NamedTuple):
    """A job of each kind, and what is done to them and to the children of the tuning job."""

    plans: list[Any]
    children: list[Plan]
    limits: dict[str, int]
    done: list[tuple[float, str, int]]
    """How long after the one before, what, and to which job."""


CASES = st.builds(Case, st.tuples(*(lives(kind=kind.name) for kind in KINDS)).map(list), CHILDREN, LIMITS, DONE)  # type: ignore[call-overload]  # each of these names


@contextmanager
def played(case: Case, pieces: int = 1) -> Iterator[SageMakerMock]:
    """Enter a mock in which all of a case has been done; time has passed in so many pieces each time."""
    with mock_sagemaker(start=START, latency=0, strict=False, plan=case.plans) as mock:
        for number, plan in enumerate(case.children, 1):
            mock.plan(f"tune-{number:03}-*", plan)
        for kind in ("training", "processing", "transform"):
            getattr(mock, f"create_{kind}_job")(kind)
        CLIENT.create_hyper_parameter_tuning_job(**request(limits=case.limits))
        for later, action, number in case.done:
            advance(mock, later, pieces)
            act(mock, action, number)
        yield mock


def advance(mock: SageMakerMock, seconds: float, pieces: int) -> None:
    """Let time pass, with a look between two pieces."""
    begins = mock.clock.now()
    for piece in range(1, pieces + 1):
        mock.clock.advance_to(begins + timedelta(seconds=seconds) * piece / pieces)
        if pieces > 1:
            described(mock)


def views(mock: SageMakerMock) -> list[Any]:
    """Return every job."""
    return [job for jobs in (mock.jobs, mock.processing_jobs, mock.transform_jobs, mock.tuning_jobs) for job in jobs.values()]


def kind_of(arn: str) -> Kind:
    """Return the kind of the job with this ARN."""
    return next(one for one in KINDS if f":{one.resource}/" in arn)


def act(mock: SageMakerMock, action: str, number: int) -> None:  # pragma: no cover  # what is drawn is chance
    """Do something; what cannot be done any more is refused."""
    found = views(mock)
    job = found[number % len(found)]
    kind = kind_of(job.arn)
    try:
        match action:
            case "less" | "more":
                mock.quota("ml.m5.large", instances=number % 3 if action == "less" else 100)
            case "another":
                mock.create_tuning_job(f"another-{number}", started_ago=100 * (number % 3))
            case "delete":
                if kind.name != "transform":
                    CLIENT._make_api_call(f"Delete{kind.shape}", {kind.name_member: job.name})
            case _:
                getattr(job, action)()
    except UsageError as error:
        assert "cannot " in str(error) or "already exists" in str(error)  # noqa: PT017  # either is right
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("ValidationException", "ResourceInUse")  # noqa: PT017  # either is right
    else:
        event(action)


def described(mock: SageMakerMock) -> dict[str, Any]:
    """Return what the service shows of every job."""
    shown = {}
    for job in views(mock):
        kind = kind_of(job.arn)
        shown[job.arn] = CLIENT._make_api_call(kind.describe, {kind.name_member: job.name})
        del shown[job.arn]["ResponseMetadata"]
    return shown


def reached(job: Any, wanted: str, now: datetime) -> datetime | None:
    """Return when a job has a status, from now on, by its whole life; None if it never has."""
    now_us = instant_us(now)
    state = job.state(now_us)
    if wanted in (state.primary, state.secondary):
        return now
    # Of several changes at one instant the last one is what anybody sees.
    lasting = {job.created_us + change.at_us: change for change in job.timeline.changes}
    found = (at_us for at_us, one in lasting.items() if at_us > now_us and wanted in (one.primary, one.secondary))
    return next((instant(at_us) for at_us in found), None)


@YOUNG
@settings(max_examples=20)
@given(CASES, st.integers(0, 99))
def test_time_goes_to_the_instant_at_which_a_job_then_has_a_status(case: Case, which: int) -> None:
    """And it is refused exactly for a status that never comes, however far time goes."""
    with played(case) as mock:
        # Every other time the tuning job, whose life is known step by step.
        found = list(mock.tuning_jobs.values()) if which % 2 else views(mock)
        arn = found[which // 2 % len(found)].arn if found else mock.processing_jobs.all()[-1].arn
        now, before = mock.clock.now(), mock._find(arn)
        mock.advance_until_idle()
        # Another record has taken the place of this one; a job that is gone keeps its last one.
        later = next((job for job in mock._world.store.jobs() if job.arn == arn), before)
        expected = {status: reached(later, status, now) for status in before.statuses}
    went: dict[str, datetime | None] = {}
    for status in expected:
        with played(case) as mock:
            try:
                went[status] = mock.advance_until(arn, status)
            except NeverReached:
                went[status] = None
    assert went == expected


@YOUNG
@settings(max_examples=30)
@given(CASES)
def test_time_may_pass_in_any_pieces(case: Case) -> None:
    """With the same descriptions, and the same events, one for each change of a status, in order."""
    seen: list[Any] = []
    events: list[dict[str, Any]] = []
    for pieces in (1, 3):
        with played(case, pieces) as mock:
            now = described(mock)
            advance(mock, 5000, pieces)
            mock.advance_until_idle()
            events = list(mock.events)
            seen.append((now, described(mock), [(one["id"], one["time"], one["detail"]) for one in events]))
    assert seen[0] == seen[1]
    assert all(one["time"] <= other["time"] for one, other in pairwise(events))
    for arn in {one["resources"][0] for one in events}:
        kind = kind_of(arn)
        own = [one["detail"] for one in events if one["resources"] == [arn]]
        statuses = [(one[kind.status_member], one.get("SecondaryStatus")) for one in own]
        assert all(one != other for one, other in pairwise(statuses))
