"""The orders in which phases can follow each other."""

import pytest

from sagemock import Phase, Plan, PlanError
from sagemock.training import status
from sagemock.training.plan.order import impossible
from tests.support.recorded import RECORDED
from tests.support.strategies import job_playing

SPOT = {"TrainingJobName": "job", "EnableManagedSpotTraining": True}


@pytest.mark.parametrize(
    "names, text",
    [
        (
            ["Uploading", "Starting", "Training"],
            "this plan begins in Uploading, and every job starts in Starting: begin it with Phase('Starting')",
        ),
        (["Interrupted"], "this plan begins in Interrupted, and every job starts in Starting: begin it with Phase('Starting')"),
        (
            ["Starting", "Downloading", "Uploading"],
            (
                "Uploading comes before Training in this plan, and a job uploads what it has trained: "
                "put Phase('Training') before it"
            ),
        ),
        (
            ["Starting", "Training", "Downloading"],
            (
                "Downloading follows Training in this plan: a job comes back to it when it starts again; "
                "put Phase('Starting') before it"
            ),
        ),
        (
            ["Starting", "Training", "Uploading", "Training"],
            (
                "Training follows Uploading in this plan: a job comes back to it when it starts again; "
                "put Phase('Starting') before it"
            ),
        ),
        (
            ["Starting", "Interrupted", "Starting"],
            "Interrupted follows Starting in this plan, and no instance belongs to the job then: put it after Training",
        ),
        (
            ["Starting", "Training", "LaunchingMLInstances"],
            (
                "LaunchingMLInstances follows Training in this plan: a job comes back to it when it starts again; "
                "put Phase('Starting') before it"
            ),
        ),
    ],
)
def test_an_impossible_order_is_refused_at_its_line(names: list[str], text: str) -> None:
    """The message says what to do."""
    with pytest.raises(PlanError) as caught:
        Plan([Phase(name) for name in names])
    assert str(caught.value) == text


@pytest.mark.parametrize(
    "names",
    [
        # These orders were recorded, or are documented.
        ["Starting", "Downloading", "Training", "Uploading"],
        ["Starting", "Pending", "Downloading", "Training", "Uploading"],
        ["Starting", "LaunchingMLInstances", "PreparingTrainingStack", "Downloading", "DownloadingTrainingImage", "Training"],
        ["Starting", "Downloading", "Training", "Interrupted", "Starting", "Downloading", "Training", "Uploading"],
        ["Starting", "Downloading", "Training", "Interrupted", "Downloading", "Training", "Uploading"],
        ["Starting", "Downloading", "Training", "Starting", "Downloading", "Training", "Uploading"],
        ["Starting", "Training", "Pending", "Training"],
        ["Starting", "Training", "Restarting", "Downloading", "Updating", "Training"],
        ["Training"],
    ],
)
def test_a_possible_order_is_played(names: list[str]) -> None:
    """Also a new start after an internal error, an interruption, or between two reservations."""
    job = job_playing(Plan([Phase(name, 1) for name in names]), SPOT)
    assert [change.secondary for change in job.timeline.changes if change.enters] == [*names, "Completed"]


def test_no_recorded_order_is_impossible() -> None:
    """All recorded orders are accepted."""
    for record in RECORDED:
        names = record.statuses[:-1]
        assert [impossible(names[:at], name) for at, name in enumerate(names)] == [None] * len(names)


def test_only_spot_jobs_may_have_a_phase_of_interruption() -> None:
    """The same holds for recipes with interruptions; a record is replayed as it is."""
    plan = Plan([Phase("Starting"), Phase("Training"), Phase("Interrupted"), Phase("Training")])
    with pytest.raises(PlanError, match="interrupts a job on demand: only managed spot jobs are interrupted"):
        job_playing(plan)
    assert status.INTERRUPTED in [change.secondary for change in job_playing(plan, SPOT).timeline.changes]
