"""Console logs of the SageMaker SDK as records."""

from pathlib import Path

import pytest

from sagemock.clock.instants import SECOND_US
from sagemock.training.plan.console import from_console
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.recording import read
from tests.support.strategies import job_playing

LOG = """
INFO:sagemaker:Creating training-job with name: churn-2026-02-16-10-11-11-123
2026-02-16 10:11:12 Starting - Starting the training job...
2026-02-16 10:11:27 Starting - Preparing the instances for training......
2026-02-16 10:12:10 Downloading - Downloading input data...
2026-02-16 10:12:30 Downloading - Downloading the training image...............
2026-02-16 10:15:01 Training - Training image download completed. Training in progress...\x1b[34mbash: no job control\x1b[0m
\x1b[34m2026-02-16 10:15:10,123 sagemaker-training-toolkit INFO     Imported framework\x1b[0m

2026-02-16 10:20:00 Uploading - Uploading generated training model
2026-02-16 10:20:12 Completed - Training job completed
Training seconds: 964
Billable seconds: 964
"""
"""The log of a job on two instances; the SDK adds up their seconds."""


def test_a_console_log_is_a_record() -> None:
    """Statuses, messages and whole seconds; the SDK prints the beginning of each message."""
    record = from_console(LOG)
    assert record is not None
    found = read(record)
    assert [(one.status, one.start_us // SECOND_US, one.message) for one in found.entries] == [
        ("Starting", 0, "Preparing the instances for training"),
        ("Downloading", 58, "Downloading the training image"),
        ("Training", 229, "Training image download completed. Training in progress."),
        ("Uploading", 528, "Uploading generated training model"),
    ]
    assert found.entries[0].messages == (
        (0, "Starting the training job"),
        (15 * SECOND_US, "Preparing the instances for training"),
    )
    assert (found.ending, found.training_s, found.billable_s) == ("Completed", 482, 482)
    assert (record["TrainingJobName"], found.started_us, found.ended_us) == (
        "churn-2026-02-16-10-11-11-123",
        58 * SECOND_US,
        540 * SECOND_US,
    )
    assert found.filled[0].startswith("It is a console log")


def test_a_log_file_is_replayed(tmp_path: Path) -> None:
    """Each message at its own second."""
    path = tmp_path / "train.log"
    path.write_text(LOG, "utf-8")
    job = job_playing(Plan.replays(path))
    assert [(one.secondary, one.at_us // SECOND_US) for one in job.timeline.changes] == [
        ("Starting", 0), ("Starting", 15), ("Downloading", 58), ("Downloading", 78), ("Training", 229), ("Uploading", 528),
        ("Completed", 540),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text, ending, reason, primary",
    [
        (
            ("2026-02-16 10:11:12 Starting - Starting the training job\n2026-02-16 10:12:12 Failed - Training job failed\n"
            "UnexpectedStatusException: Error for Training job x: Failed. Reason: CapacityError: no"),
            "Failed", "CapacityError: no", "Failed",
        ),
        ("2026-02-16 10:11:12 Failed - Training job failed", "Failed", "Training job failed", "Failed"),
        ("2026-02-16 10:11:12 Starting - Something new.....", None, None, "InProgress"),
        (
            "2026-02-16 10:11:12 Training - x\n2026-02-16 10:11:13 Stopping - Stopping the training job\nTraining seconds: 5",
            None, None, "Stopping",
        ),
    ],
)  # fmt: skip
def test_a_log_may_end_early_or_with_an_error(text: str, ending: str | None, reason: str | None, primary: str) -> None:
    """In the middle of the job, or with the reason that the SDK raised."""
    record = from_console(text)
    assert record is not None
    found = read(record)
    assert (found.ending, found.failure_reason, record["TrainingJobStatus"]) == (ending, reason, primary)


def test_a_file_without_a_line_of_the_sdk_is_not_a_console_log() -> None:
    """It is read as JSON."""
    assert from_console("2026-02-16 epoch 1 - loss 0.3") is None
