"""Plans of tuning jobs: their repr, and what they refuse."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from sagemock.errors import InvalidType, InvalidValue, PlanError, UsageError
from sagemock.jobs.durations import FOREVER
from sagemock.tuning.plan import TuningJobPlan
from sagemock.tuning.script import script
from tests.support.tuning import request

made: Any = TuningJobPlan


@pytest.mark.parametrize(
    "plan,text",
    [
        (TuningJobPlan(), "TuningJobPlan()"),
        (TuningJobPlan.completes(), "TuningJobPlan.completes()"),
        (TuningJobPlan.completes(first_launch=5, finishing=(1, 2)), "TuningJobPlan.completes(first_launch=5, finishing=(1, 2))"),
        (TuningJobPlan.fails("why", after=60), "TuningJobPlan.fails('why', after=60)"),
        (TuningJobPlan.stopped(after=timedelta(minutes=1)), "TuningJobPlan.stopped(after=datetime.timedelta(seconds=60))"),
        (TuningJobPlan.hangs(), "TuningJobPlan.hangs()"),
        (TuningJobPlan.immediate(), "TuningJobPlan.immediate()"),
        (TuningJobPlan.hangs().but(first_launch=1), "TuningJobPlan.hangs().but(first_launch=1)"),
    ],
)
def test_a_repr_is_the_code_for_the_plan(plan: TuningJobPlan, text: str) -> None:
    """A plan is a value: equal and hashable."""
    assert repr(plan) == text
    assert hash(plan) == hash(plan.but())
    assert plan == plan.but()


def test_a_repr_shows_the_name_of_an_objective() -> None:
    """The name of the function."""
    assert repr(made.completes(objective=max)) == f"TuningJobPlan.completes(objective={max!r})"


@pytest.mark.parametrize(
    "make,text",
    [
        (lambda: made.completes(first_lunch=5), "has no 'first_lunch': did you mean 'first_launch'"),
        (lambda: made.fails(after=5, reson="x"), "did you mean 'reason'"),
        (lambda: made.hangs().but(first_lunch=5), "a plan has no 'first_lunch'"),
        (lambda: made.completes(objective=0.5), "objective is a function of a child's hyperparameters, not 0.5"),
        (lambda: made.completes(objective=lambda: 0.5), "write objective=lambda hyperparameters: 0.5"),
        (lambda: made.completes(first_launch=FOREVER), "first_launch never ends in this plan: use TuningJobPlan.hangs()"),
        (lambda: made.completes(writes_every=0), "writes_every is a positive duration"),
        (lambda: made.completes(first_launch=-1), "first_launch"),
        (lambda: made(logs={"Training": [(0, "x")]}), "no container runs in Training"),
        (lambda: made(stopping=5), "a tuning job has no container of its own: give stopping to the plans of its children"),
        (lambda: made(replayed={}), "cannot be played again"),
        (lambda: made(ending="Stopped", ended_after=5), "is not an end of a tuning job; give one of Completed, Failed"),
        (lambda: made(ending=["Failed"], ended_after=5), "is not an end of a tuning job"),
        (lambda: made(ending="Completed"), "ending and ended_after belong together"),
        (lambda: made(ended_after=5), "ending and ended_after belong together"),
        (lambda: made(ending="Failed", ended_after=5), 'failure_reason and ending="Failed" belong together'),
        (lambda: made(failure_reason="why"), 'failure_reason and ending="Failed" belong together'),
        (lambda: made(endless="yes"), "endless"),
        (lambda: made.stopped(after=None), "say when it is stopped, after=600"),
        (lambda: made.fails("", after=5), ""),
    ],
)
def test_a_contradictory_plan_is_refused(make: Callable[[], object], text: str) -> None:
    """At the line that makes it."""
    with pytest.raises((PlanError, InvalidType, InvalidValue, UsageError)) as caught:
        make()
    assert text in str(caught.value)


def test_a_script_has_every_duration() -> None:
    """From the plan, drawn from its ranges, or recorded."""
    plan = TuningJobPlan.completes(first_launch=(3, 10), next_launch=4)
    assert plan.draws
    assert not TuningJobPlan.completes().draws
    found = script(plan, request(), Random(0), "seed")  # noqa: S311  # a test needs no secure randomness
    assert 3_000_000 <= found.first_launch_us <= 10_000_000
    assert (found.next_launch_us, found.finishing_us, found.writes_every_us) == (4_000_000, 25_000_000, 10_000_000)


@pytest.mark.parametrize("strategy,most", [("Random", 10_000), ("Bayesian", 750)])
def test_without_a_limit_the_number_of_jobs_is_the_quota_of_aws(strategy: str, most: int) -> None:
    """By strategy (developer guide)."""
    found = script(TuningJobPlan(), request(strategy=strategy, most=None), Random(0), "seed")  # noqa: S311  # as above
    assert found.most == most


def test_without_validation_ranges_are_still_read_at_creation() -> None:
    """Not at the first child."""
    spoiled = request(ranges={"IntegerParameterRanges": [{"Name": "depth", "MinValue": "1"}]})
    with pytest.raises(KeyError, match="MaxValue"):
        script(TuningJobPlan(), spoiled, Random(0), "seed")  # noqa: S311  # as above
