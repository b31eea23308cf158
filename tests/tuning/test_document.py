"""Plans of tuning jobs as JSON documents."""

import json
from datetime import timedelta

import pytest

from sagemock import PlanError, TuningJobPlan
from sagemock.tuning.document import from_document, to_document

PLANS = [
    TuningJobPlan.completes(),
    TuningJobPlan.completes(first_write=1, first_launch=(2, 5), next_launch=timedelta(minutes=1), finishing=0, writes_every=10),
    TuningJobPlan.fails("ClientError: no", after=timedelta(hours=1)),
    TuningJobPlan.hangs(),
    TuningJobPlan.stopped(after=(60, 120)),
    TuningJobPlan.immediate(),
]


@pytest.mark.parametrize("plan", PLANS, ids=repr)
def test_a_plan_survives_json(plan: TuningJobPlan) -> None:
    """It comes back equal."""
    assert from_document(json.loads(json.dumps(to_document(plan))), "a plan") == plan


def test_a_plan_can_be_written_as_a_recipe() -> None:
    """By its name, with its arguments."""
    made = from_document({"kind": "tuning", "recipe": "stopped", "after": "PT10M", "next_launch": 5}, "a plan")
    assert made == TuningJobPlan.stopped(after=timedelta(minutes=10), next_launch=5)


def test_a_document_without_meaning_is_refused() -> None:
    """So is a plan with a callable, and a field that plans do not have."""
    with pytest.raises(PlanError, match="objective is a callable"):
        to_document(TuningJobPlan.completes(objective=lambda _: 0.5))
    with pytest.raises(PlanError, match="did you mean 'finishing'"):
        from_document({"kind": "tuning", "finishin": 5}, "a plan")
