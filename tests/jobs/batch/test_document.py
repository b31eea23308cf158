"""Plans of processing and transform jobs as JSON documents."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan, PlanError, ProcessingJobPlan, TransformJobPlan
from sagemock.served.plans import AnyPlan, from_document, is_document, to_document
from sagemock.strategies import lives
from tests.support.batch import record

OTHERS = st.one_of(lives(kind="processing"), lives(kind="transform"), lives())


def through_json(plan: AnyPlan) -> AnyPlan:
    """Convert a plan to JSON and back."""
    return from_document(json.loads(json.dumps(to_document(plan), allow_nan=False)))


@given(OTHERS)
def test_a_plan_survives_json_and_has_the_same_repr(plan: AnyPlan) -> None:
    """Plans of both kinds do."""
    again = through_json(plan)
    assert (again, repr(again)) == (plan, repr(plan))


@pytest.mark.parametrize(
    "plan",
    [
        ProcessingJobPlan(),
        ProcessingJobPlan.completes(starting=(5, 10), logs={"Processing": [(1, "a"), (2.5, "b")]}),
        ProcessingJobPlan.replays(record("P1")["Describe"]),
        TransformJobPlan.replays(record("X2")["Describe_after_stop"]),
    ],
    ids=["nothing", "lines", "a record", "a stop"],
)
def test_every_field_survives_json(plan: AnyPlan) -> None:
    """Ranges, lines, and the record of a replay."""
    assert through_json(plan) == plan


@pytest.mark.parametrize(
    "document, plan",
    [
        (
            {"kind": "processing", "recipe": "fails", "exit_code": 3, "after": 60},
            ProcessingJobPlan.fails(exit_code=3, after=60),
        ),
        ({"kind": "transform", "recipe": "never_answers", "starting": [5, 10]}, TransformJobPlan.never_answers(starting=(5, 10))),
        ({"kind": "processing", "recipe": "hangs", "during": "Starting"}, ProcessingJobPlan.hangs("Starting")),
        ({"kind": "transform", "stopped_after": 60, "ending": "Completed"}, TransformJobPlan(stopped_after=60)),
        ({"kind": "processing", "exit_message": None}, ProcessingJobPlan()),
        ({"kind": "training", "recipe": "completes"}, Plan.completes()),
    ],
)
def test_a_document_may_be_written_by_hand(document: dict[str, Any], plan: AnyPlan) -> None:
    """By recipe or by fields."""
    assert is_document(document)
    assert from_document(document) == plan


@pytest.mark.parametrize(
    "document, message",
    [
        ({"kind": "tuned"}, "a plan is for no kind of job called 'tuned': write one of training, processing, transform"),
        ({"kind": 5}, "a plan is for no kind of job called 5"),
        ({"kind": "processing", "recipe": "crashes"}, "a plan has no recipe 'crashes': write one of completes, immediate, fails"),
        ({"kind": "processing", "recipe": "fails", "exitcode": 3}, "recipe fails has no 'exitcode': did you mean 'exit_code'?"),
        ({"kind": "transform", "processing": 3}, "a plan has no 'processing'"),
        ({"kind": "transform", "recipe": "replays"}, "recipe replays needs response"),
        ({"kind": "transform", "recipe": "completes", "transforming": "soon"}, "'soon' is not a duration"),
    ],
)
def test_an_invalid_document_is_refused(document: dict[str, Any], message: str) -> None:
    """With the nearest valid name."""
    with pytest.raises(PlanError, match=message):
        from_document(document)


def test_a_callable_cannot_be_written_as_json() -> None:
    """The error names its field."""
    plan = ProcessingJobPlan.completes(logs={"Processing": lambda request: []})
    with pytest.raises(PlanError, match=r"logs\['Processing'\] is a callable"):
        to_document(plan)
