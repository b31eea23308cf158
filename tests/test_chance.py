"""Random lives: each job of a mock gets another one."""

import datetime as dt
import math
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

from sagemock import Phase, Plan, ProcessingJobPlan, TransformJobPlan, TuningJobPlan, mock_sagemaker
from sagemock.chance import any_life
from sagemock.strategies import lives, plans
from tests.support.batch import processing, transform
from tests.support.calling import START, YOUNG, create, describe, make_client
from tests.support.strategies import recipes
from tests.support.tuning import request as tuning

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 10_800},
}
_OTHERS = st.one_of(lives(kind="processing"), lives(kind="transform"), lives(kind="tuning"))
ENDS = {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"}


def plans_of(seed: int, *names: str, **members: object) -> list[Plan]:
    """Return the plans for jobs with these names."""
    return [any_life(seed)({"TrainingJobName": name, **members}) for name in names]


def test_the_seed_and_the_name_decide_a_life() -> None:
    """So the same name plays the failure of a test again."""
    names = [f"churn-{number}" for number in range(50)]
    assert plans_of(1, *names) == plans_of(1, *reversed(names))[::-1]
    assert plans_of(1, *names) != plans_of(2, *names)
    assert len(set(plans_of(1, *names))) > 40
    assert repr(any_life(7)) == "any_life(7)"


@YOUNG
def test_a_thousand_jobs_end_in_every_way() -> None:
    """Through a real client; every response is checked against botocore's model."""
    with mock_sagemaker(start=START, latency=0, plan=any_life()) as mock:
        client = make_client()
        for number in range(1000):
            create(client, f"churn-{number}", **(SPOT if number % 2 else {}))
        mock.advance_until_idle()
        ended = Counter(describe(client, name)["SecondaryStatus"] for name in mock.jobs)
        assert set(ended) == ENDS
        assert ended.total() == 1000


def test_only_spot_jobs_are_interrupted() -> None:
    """An on-demand job could not play such a plan."""
    names = [f"churn-{number}" for number in range(200)]
    assert not any(plan.evenly for plan in plans_of(0, *names))
    assert any(plan.evenly for plan in plans_of(0, *names, EnableManagedSpotTraining=True))


def test_jobs_of_other_kinds_end_in_every_way_too() -> None:
    """Three kinds in one mock, each with its own source; responses are checked."""
    sources = [any_life(), any_life(kind="processing"), any_life(kind="transform")]
    with mock_sagemaker(start=START, latency=0, plan=sources) as mock:
        client = make_client()
        for number in range(100):
            client.create_processing_job(**processing(f"prepare-{number}"))
            client.create_transform_job(**transform(f"score-{number}"))
        mock.advance_until_idle()
        for jobs in (mock.processing_jobs, mock.transform_jobs):
            assert {job.status for job in jobs.values()} == {"Completed", "Failed", "Stopped"}


@YOUNG
def test_tuning_jobs_end_in_every_way_and_so_do_their_children() -> None:
    """The source for training jobs plans the children too."""
    with mock_sagemaker(start=START, latency=0, plan=[any_life(), any_life(kind="tuning")]) as mock:
        client = make_client()
        for number in range(40):
            client.create_hyper_parameter_tuning_job(**tuning(f"tune-{number}"))
        mock.advance_until_idle()
        tuned = list(mock.tuning_jobs.values())
        assert {job.status for job in tuned} == {"Completed", "Failed", "Stopped"}
        assert {child.status for job in tuned for child in job.children} == {"Completed", "Failed", "Stopped"}
        assert tuned[7].plan == any_life(kind="tuning")(tuning("tune-7"))


def test_the_seed_and_the_name_decide_a_life_of_another_kind() -> None:
    """A source has the kind of its jobs, so `plan()` needs no `kind`."""
    source = any_life(3, kind="processing")
    assert repr(source) == "any_life(3, kind='processing')"
    assert source(processing("a")) == any_life(3, kind="processing")(processing("a"))
    with mock_sagemaker(start=START) as mock:
        mock.plan("*", source)
        mock.create_processing_job("a")
        mock.advance_until_idle()
        assert mock.processing_jobs["a"].plan == source(processing("a"))


@settings(max_examples=200)
@given(st.one_of(plans(), lives(), lives(spot=True), recipes(spot=True), _OTHERS))
def test_a_repr_is_the_code_for_the_plan(plan: Plan | ProcessingJobPlan | TransformJobPlan | TuningJobPlan) -> None:
    """You can copy it from a failed test into the next one."""
    others = {one.__name__: one for one in (ProcessingJobPlan, TransformJobPlan, TuningJobPlan)}
    names = {"Plan": Plan, "Phase": Phase, "math": math, "datetime": dt, **others}
    assert eval(repr(plan), names) == plan  # noqa: S307  # our own code


def test_hypothesis_prints_a_plan_on_one_line() -> None:
    """Other dataclasses it prints field by field; IPython uses the same protocol."""
    assert pretty(Plan.hangs().but(stopped_after=0)) == "Plan.hangs('Training').but(stopped_after=0)"
