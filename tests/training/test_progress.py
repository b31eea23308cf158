from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan
from sagemock.clock.instants import SECOND_US
from sagemock.errors import PlanError
from sagemock.training.job import Job
from sagemock.training.progress import Progress, progress, tokens
from sagemock.training.snapshot import snapshot
from tests.support.strategies import START_US, interventions, job_playing

REQUEST: dict[str, Any] = {"TrainingJobName": "job", "ServerlessJobConfig": {}, "RetryStrategy": {"MaximumRetryAttempts": 1}}
LIFE = Plan.completes(starting=10, downloading=10, training=300, uploading=10)
PLAN = Plan.serverless(epochs=3, steps=10, tokens=3000, then=LIFE)


def at(job: Job, second: float) -> tuple[int, int] | None:
    """Return epoch and step at a time after creation."""
    now_us = START_US + round(second * SECOND_US)
    found = progress(job, snapshot(job, now_us), now_us)
    return None if found is None else (found.epoch, found.step)


def billed(job: Job) -> int | None:
    """Return the billed tokens of a job at its end."""
    return tokens(job, snapshot(job, job.last_us))


def test_the_steps_are_spread_over_the_training() -> None:
    """None before it; all are done at its end."""
    job = job_playing(PLAN, REQUEST)
    assert [at(job, second) for second in (0, 19, 20, 29.9, 30, 119, 120, 319, 320, 330, 999)] == [
        None, None, (1, 0), (1, 0), (1, 1), (1, 9), (2, 0), (3, 9), (3, 10), (3, 10), (3, 10),
    ]  # fmt: skip
    assert progress(job, snapshot(job, job.last_us), job.last_us) == Progress(3, 10, 10, 3)
    assert (billed(job), tokens(job, snapshot(job, START_US))) == (3000, None)


@pytest.mark.parametrize(
    "then, looks, token_count",
    [
        (Plan.fails(training=300, starting=10, downloading=10), {170: (2, 5), 320: (3, 9)}, 2900),
        (Plan.fails(during="Downloading", starting=10, after=10), {15: None, 99: None}, 0),
        (Plan.fails(during="Starting"), {99: None}, None),
        (LIFE.but(stopped_after=170), {169: (2, 4), 170: (2, 5), 175: (2, 5), 999: (2, 5)}, 1500),
        (Plan.internal_error(after=60, then=LIFE), {134: None, 194: (1, 5), 205: (1, 6), 249: (1, 3), 999: (3, 10)}, 3000),
        # An endless training spreads its steps over the default length of 49 s.
        (Plan.hangs(starting=10, downloading=10), {20: (1, 0), 45: (2, 5), 999: (3, 10)}, 3000),
    ],
)  # fmt: skip
def test_progress_ends_with_the_training(then: Plan, looks: dict[float, Any], token_count: int | None) -> None:
    """The job is billed for what it did."""
    job = job_playing(Plan.serverless(epochs=3, steps=10, tokens=3000, then=then), REQUEST)
    assert {second: at(job, second) for second in looks} == looks
    assert billed(job) == token_count
    assert snapshot(job, job.last_us).billable_s is None


def test_progress_needs_steps_and_token_billing_needs_tokens() -> None:
    """A job without tokens is billed for its time."""
    assert at(job_playing(LIFE, REQUEST), 100) is None
    assert billed(job_playing(Plan.serverless(then=LIFE), REQUEST)) is None


@given(st.data())
def test_progress_only_grows_within_an_attempt(data: st.DataObject) -> None:
    """Whatever the interventions; it never exceeds the number of steps."""
    job = job_playing(PLAN, REQUEST)
    done = data.draw(interventions(job, job.created_us))
    job = job if done is None else job.after(done)
    seen = [at(job, second) for second in range(340)]
    known = [one for one in seen if one is not None]
    assert known == sorted(known)
    assert all(1 <= epoch <= 3 and 0 <= step <= 10 for epoch, step in known)


@pytest.mark.parametrize(
    "make, text",
    [
        (
            lambda: Plan.serverless(epochs=0),
            "epochs is how many epochs a serverless job counts, 1 to 2147483647, not 0: use Plan.serverless()"),
        (
            lambda: Plan.serverless(steps=True),
            "steps is how many steps a serverless job counts, 1 to 2147483647, not True: use Plan.serverless()"),
        (
            lambda: Plan.serverless(tokens=-1),
            "tokens is how many tokens a serverless job counts, 0 to 9223372036854775807, not -1: use Plan.serverless()"),
        (lambda: Plan(steps=5), "epochs=None, steps=5, tokens=None: use Plan.serverless()"),
        (lambda: Plan(tokens=5), "epochs=None, steps=None, tokens=5: use Plan.serverless()"),
        (
            lambda: Plan.serverless(then=Plan.interrupted()),
            "a serverless job is not a managed spot job, so its instances are not taken away: leave the interruptions out",
        ),
        (
            lambda: job_playing(Plan.serverless(steps=7)),
            ("Plan.serverless(epochs=1, steps=7) counts the steps of a job on instances: only serverless jobs show them; "
            "create it with ServerlessJobConfig, or give it another plan"),
        ),
    ],
)  # fmt: skip
def test_invalid_progress_is_refused(make: Any, text: str) -> None:
    """When the plan is made, or at the latest when it meets the request."""
    with pytest.raises(PlanError) as caught:
        make()
    assert str(caught.value) == text
