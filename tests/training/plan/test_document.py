"""A plan as a JSON document."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from sagemock import Phase, Plan, PlanError
from sagemock.training.plan.document import RECIPES, from_document, is_document, to_document
from tests.support import strategies

RECORD: dict[str, Any] = {
    "TrainingJobName": "churn",
    "TrainingJobStatus": "Completed",
    "CreationTime": datetime(2018, 7, 30, tzinfo=timezone.utc),
    "TrainingStartTime": "2018-07-30T00:01:00Z",
    "TrainingEndTime": 1532909460,
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "InputDataConfig": [{"ChannelName": "train"}],
    "FailureReason": None,
}


def through_json(plan: Plan) -> Plan:
    """Convert a plan to JSON and back."""
    return from_document(json.loads(json.dumps(to_document(plan), allow_nan=False)))


@given(strategies.plans())
def test_a_plan_survives_json(plan: Plan) -> None:
    """Whatever its fields are."""
    assert through_json(plan) == plan


@given(strategies.recipes(spot=True))
def test_a_recipe_survives_json_with_its_repr(plan: Plan) -> None:
    """The repr is the call that made the plan."""
    assert through_json(plan) == plan
    assert repr(through_json(plan)) == repr(plan)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(),
        Plan.replays(RECORD),
        Plan.completes().but(artifact=b"\x00\xff", nulls=("TrainingEndTime",)),
        Plan.completes().but(artifact=__file__),
        Plan.completes().but(artifact=Path(__file__)),
        Plan.completes(
            training=timedelta(days=3, microseconds=7), logs={"Training": [(0, "a"), (timedelta(microseconds=3), "b")]}
        ),
        Plan([Phase("Starting", (timedelta(seconds=1), 2.5)), Phase("Training", logs=[(1.5, "x")])]),
        Plan.interrupted(after=[600, (1, timedelta(seconds=2))], lasting=30),
        Plan.interrupted(per_hour=0.5),
        Plan.serverless(epochs=2, steps=3, tokens=4),
        Plan.hangs("Downloading"),
    ],
    ids=str,
)
def test_special_plans_survive_json(plan: Plan) -> None:
    """With bytes, paths, records or endless phases."""
    assert through_json(plan) == plan


@pytest.mark.parametrize(
    "document,plan",
    [
        ({}, Plan()),
        ({"recipe": "completes"}, Plan.completes()),
        (
            {"recipe": "completes", "training": "PT30M", "starting": [1, "PT2.5S"]},
            Plan.completes(training=timedelta(minutes=30), starting=(1, timedelta(seconds=2.5))),
        ),
        (
            {"recipe": "fails", "reason": "OutOfMemory", "during": "Downloading", "after": 5},
            Plan.fails("OutOfMemory", during="Downloading", after=5),
        ),
        ({"recipe": "fails", "exit_code": 137}, Plan.fails(exit_code=137)),
        ({"recipe": "hangs"}, Plan.hangs()),
        (
            {"recipe": "waits_for_capacity", "wait": "PT2H", "then": {"recipe": "hangs"}},
            Plan.waits_for_capacity(timedelta(hours=2), Plan.hangs()),
        ),
        ({"recipe": "interrupted", "after": [600, [1, 2]]}, Plan.interrupted(after=[600, (1, 2)])),
        (
            {"recipe": "completes", "logs": {"Training": [[0, "a"], ["PT1M", "b"]]}},
            Plan.completes(logs={"Training": [(0, "a"), (60, "b")]}),
        ),
        ({"phases": [{"status": "Starting", "duration": "forever"}]}, Plan([Phase("Starting", float("inf"))])),
        (
            {"phases": [{"status": "Starting", "message": [[0, "a"], ["P1D", "b"]]}]},
            Plan([Phase("Starting", message=[(0, "a"), (timedelta(days=1), "b")])]),
        ),
        ({"stopping": None}, Plan()),
    ],
)
def test_a_document_may_be_written_by_hand(document: dict[str, Any], plan: Plan) -> None:
    """As a recipe with arguments, or as fields."""
    assert is_document(document) or document == {}
    assert from_document(document) == plan


@pytest.mark.parametrize(
    "document,message",
    [
        (5, r"a plan is a JSON object, not 5: write"),
        ({"recipe": "sleeps"}, r"a plan has no recipe 'sleeps': write one of completes, "),
        ({"recipe": 5}, r"a plan has no recipe 5"),
        ({"recipe": "__init__"}, r"a plan has no recipe '__init__'"),
        ({"recipe": "completes", "trainin": 5}, r"recipe completes has no 'trainin': did you mean 'training'\?"),
        ({"recipe": "capacity_error", "training": 5}, r"such a job never gets to Training; leave training out"),
        ({"recipe": "waits_for_capacity"}, r"recipe waits_for_capacity needs wait: give it beside"),
        ({"recipe": "waits_for_capacity", "wait": 5, "then": 6}, r"then is a JSON object, not 6"),
        ({"recipe": "fails", "reason": 5}, r"5 is not a FailureReason"),
        ({"phase": []}, r"a plan has no 'phase': did you mean 'phases'\?"),
        ({"phases": {}}, r"phases is a list, not \{\}"),
        ({"phases": [5]}, r"phases\[0\] is a JSON object with a status, not 5"),
        ({"phases": [{"status": "Starting", "duratio": 5}]}, r"phases\[0\] has no 'duratio': did you mean 'duration'\?"),
        ({"phases": [{"status": "Starting", "message": [5]}]}, r"phases\[0\]\.message has \[offset, text\] pairs, not 5"),
        ({"phases": [{"status": "Starting", "duration": {}}]}, r"not \{\}"),
        ({"stopping": "5 minutes"}, r"'5 minutes' is not a duration: write a number of seconds"),
        ({"stopping": "P"}, r"'P' is not a duration"),
        ({"stopping": "PT" + "9" * 70 + "S"}, r"is not a duration"),
        ({"stopping": "P9999999999999D"}, r"is longer than any job"),
        ({"logs": []}, r"logs is a JSON object, not \[\]"),
        ({"logs": {"Training": 5}}, r"logs\['Training'\] is a list, not 5"),
        ({"artifact": {"base64": "?"}}, r"artifact is not base64"),
        ({"artifact": {"base64": 5}}, r"artifact is not base64"),
        ({"artifact": {"path": 5}}, r"artifact="),
        ({"replayed": {"CreationTime": {"instant": "x"}}}, r"'x' is not an instant"),
        ({"recipe": "replays", "response": "record.json"}, r"response is the record itself, a JSON object, not 'record.json'"),
        ({"granular": "yes"}, r"granular is True or False"),
    ],
)
def test_an_invalid_document_is_refused(document: object, message: str) -> None:
    """With the error that Python code would get, plus the place in the document."""
    with pytest.raises(PlanError, match=message):
        from_document(document)


def test_a_callable_cannot_be_written_as_json() -> None:
    """The error names its field."""
    lines: Any = lambda request: []  # noqa: E731  # never called
    with pytest.raises(
        PlanError, match=r"logs\['Training'\] is a callable, <function .*, which JSON cannot hold: write the lines"
    ):
        to_document(Plan.completes(logs={"Training": lines}))
    with pytest.raises(PlanError, match=r"phases\[1\]\.logs is a callable"):
        to_document(Plan([Phase("Starting"), Phase("Training", logs=lines)]))


def test_every_recipe_can_be_written() -> None:
    """All recipes of the class are known."""
    assert {"completes", "fails", "hangs", "waits_for_capacity", "capacity_error", "interrupted", "replays"} <= set(RECIPES)
    assert from_document({"recipe": "replays", "response": json.loads(json.dumps(RECORD, default=str))}).replayed is not None


def test_a_record_is_not_a_document() -> None:
    """Its members have other names."""
    assert not is_document(RECORD)
    assert not is_document([])
