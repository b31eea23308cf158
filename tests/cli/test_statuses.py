"""The page of the statuses: what each one means to a client."""

from collections.abc import Mapping
from itertools import pairwise
from random import Random
from typing import Any, get_args

import pytest

from sagemock import Plan, reasons
from sagemock.cli.statuses import CATALOGUE
from sagemock.jobs.interventions import Complete, Fail, Stop
from sagemock.jobs.place import Place
from sagemock.training import status
from sagemock.training.interventions import Interrupt, Intervention
from sagemock.training.job import Job
from sagemock.training.plan.plan import Phase
from sagemock.training.plan.script import script

CPU: Mapping[str, Any] = {"ResourceConfig": {"InstanceType": "ml.m5.large"}, "InputDataConfig": [{"ChannelName": "train"}]}
SPOT: Mapping[str, Any] = {
    **CPU,
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 900, "MaxWaitTimeInSeconds": 1000},
}
RETRIED: Mapping[str, Any] = {**CPU, "RetryStrategy": {"MaximumRetryAttempts": 1}}
S = 1_000_000


def test_every_status_is_on_the_page() -> None:
    """Primary and secondary ones, and no others."""
    assert set(CATALOGUE) == set(get_args(status.Primary)) | status.PHASES | status.ENDINGS


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_next_statuses_are_on_the_page(name: str) -> None:
    """A final status has none."""
    meaning = CATALOGUE[name]
    assert set(meaning.follows) <= set(CATALOGUE)
    assert (not meaning.follows) == (name in status.ENDINGS or name == "Deleting")
    assert all(text.endswith(".") for text in (meaning.meaning, meaning.client))


@pytest.mark.parametrize(
    "plan",
    [
        Plan.completes(),
        Plan.completes(granular=True),
        Plan.fails(),
        Plan.fails(reasons.ROLE, during="Starting"),
        Plan.fails(during="Downloading"),
        Plan.hangs(),
        Plan.waits_for_capacity(100),
        Plan.capacity_error(),
        Plan.internal_error(1),
        Plan.completes().but(stopped_after=20),
        Plan(
            [
                Phase("Starting"),
                Phase("Downloading"),
                Phase("Training"),
                Phase("Restarting"),
                Phase("Training"),
                Phase("Uploading"),
            ]
        ),
    ],
    ids=repr,
)
@pytest.mark.parametrize("request_", [CPU, SPOT, RETRIED], ids=["cpu", "spot", "retried"])
@pytest.mark.parametrize(
    "done", [(), (Stop(10 * S),), (Stop(150 * S),), (Fail(160 * S, "x"),), (Complete(5 * S),), (Interrupt(170 * S),)]
)
def test_jobs_only_follow_the_listed_transitions(plan: Plan, request_: Mapping[str, Any], done: tuple[Intervention, ...]) -> None:
    """Whatever the plan and the interventions."""
    drawn = script(plan, request_, Random(0))  # noqa: S311  # nothing random is drawn
    job = Job("job", Place("aws", "us-east-1", "1" * 12), request_, plan, drawn, 0, 1, done)
    entries = [change.secondary for change in job.timeline.changes if change.enters]
    wrong = {(one, after) for one, after in pairwise(entries) if after not in CATALOGUE[one].follows}
    # A plan with explicit phases may have its own order, and a waiting job has no instances that could be interrupted.
    assert wrong <= {("Training", "Restarting"), ("Starting", "Interrupted")}


def test_the_messages_are_those_of_jobs() -> None:
    """The last message of each status is among them."""
    for name, text in status.MESSAGES.items():
        assert any(message.removesuffix(" (assumed)") == text for message in CATALOGUE[name].messages)
