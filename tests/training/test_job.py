from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US, instant_us
from sagemock.jobs.interventions import Complete, Fail, Stop
from sagemock.jobs.place import Place
from sagemock.service.describe import members_now
from sagemock.training import status
from sagemock.training.job import Job
from sagemock.training.plan.defaults import billed_s
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.training.snapshot import snapshot
from tests.protocol.shapes import of_sagemaker
from tests.support.recorded import RECORDED, Recording, described
from tests.support.strategies import START_US, instants, job_named, job_playing, lives

PARTS_US = st.integers(0, SECOND_US - 1)


def plan_of(recording: Recording) -> Plan:
    """Return a plan with the recorded durations, phase by phase."""
    starts_ms = (0, *recording.ends_ms)
    phases = [
        Phase(name, timedelta(milliseconds=end - start))
        for name, start, end in zip(recording.statuses[:-1], starts_ms, recording.ends_ms, strict=False)
    ]
    return Plan(phases, ending=recording.statuses[-1])  # type: ignore[arg-type]  # the record has it as text


def training_s(recording: Recording, part_us: int) -> int | None:
    """Return the TrainingTimeInSeconds of a job with the recorded life, created at this fraction of a second."""
    job = job_playing(plan_of(recording), created_us=START_US + part_us)
    return snapshot(job, job.last_us).training_s


# -- training time, compared with real jobs


@pytest.mark.parametrize("recording", RECORDED, ids=lambda one: one.what)
def test_training_time_is_that_of_a_real_job(recording: Recording) -> None:
    """Both instants are cut to whole seconds before they are subtracted; time in Stopping does not count."""
    assert training_s(recording, recording.part_ms * 1000) == recording.training_s


@given(st.sampled_from(RECORDED), PARTS_US)
def test_training_time_is_within_a_second_of_the_difference(recording: Recording, part_us: int) -> None:
    """Rounded down or up, depending on the fraction of the second of the creation."""
    stopping_ms = sum(
        end - start
        for name, start, end in zip(recording.statuses, (0, *recording.ends_ms), recording.ends_ms, strict=False)
        if name == status.STOPPING
    )
    exact_ms = recording.ends_ms[-1] - recording.ends_ms[0] - stopping_ms
    found = training_s(recording, part_us)
    assert found in (exact_ms // 1000, exact_ms // 1000 + 1)


def test_no_rounding_of_the_difference_fits_all_real_jobs() -> None:
    """So each instant is cut on its own."""
    exact_ms = [one.ends_ms[-1] - one.ends_ms[0] for one in RECORDED[:5]]
    recorded = [one.training_s for one in RECORDED[:5]]
    assert [ms // 1000 for ms in exact_ms] != recorded
    assert [-(-ms // 1000) for ms in exact_ms] != recorded
    assert [round(ms / 1000) for ms in exact_ms] != recorded


@pytest.mark.parametrize("recording", RECORDED, ids=lambda one: one.what)
def test_a_replay_ends_as_it_was_recorded(recording: Recording) -> None:
    """Entries, training time, billed time and LastModifiedTime are those of the record, moved to the new creation."""
    job = job_playing(
        Plan.replays(described(recording)), {"TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b"}}
    )
    shown = members_now(of_sagemaker(), job, snapshot(job, job.last_us), None)
    assert shown["TrainingTimeInSeconds"] == recording.training_s
    assert shown["BillableTimeInSeconds"] == recording.billable_s
    at = snapshot(job, job.last_us)
    assert [entry.status for entry in at.transitions] == list(recording.statuses)
    assert [(entry.start_us - START_US) // 1000 for entry in at.transitions] == [0, *recording.ends_ms]
    assert (at.modified_us - START_US) // 1000 == recording.modified_ms
    assert (at.started_us, at.ended_us) == tuple(START_US + recording.ends_ms[place] * 1000 for place in (0, -1))


def test_late_bookkeeping_moves_only_last_modified_time() -> None:
    """A spot job of 2021 was last modified 30 s after its end."""
    spot = RECORDED[4]
    job = job_playing(Plan.replays(described(spot)))
    end, late = snapshot(job, START_US + spot.ends_ms[-1] * 1000), snapshot(job, job.last_us)
    assert (end.over, late.over) == (True, True)
    assert (late.modified_us - end.modified_us) // 1000 == 30_227
    assert late.transitions == end.transitions


def test_a_replay_of_a_running_job_goes_on() -> None:
    """Recorded facts appear at their times, and a default life follows."""
    created = datetime(2023, 4, 5, tzinfo=timezone.utc)
    entry = {"Status": "Starting", "StartTime": created, "StatusMessage": "Preparing the instances for training"}
    seen: dict[str, Any] = {"CreationTime": created, "SecondaryStatusTransitions": [entry]}
    job = job_playing(Plan.replays({**seen, "LastModifiedTime": created + timedelta(seconds=38.752)}))
    looks = [snapshot(job, START_US + ms * 1000) for ms in (38_751, 38_752)]
    texts = ["Starting the training job", "Preparing the instances for training"]
    assert [look.transitions[0].message for look in looks] == texts
    assert looks[1].modified_us == START_US + 38_752_000
    end = snapshot(job, job.last_us)
    assert [one.status for one in end.transitions] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def test_a_stop_ends_a_replay() -> None:
    """The new end is shown, not the recorded one."""
    recording = RECORDED[0]
    job = job_playing(Plan.replays(described(recording))).after(Stop(1_000_000_000))
    end = snapshot(job, job.last_us)
    assert (end.primary, end.ended_us) == ("Stopped", START_US + job.timeline.changes[-1].at_us)


# -- members, and when they appear


@given(lives())
def test_members_appear_when_the_service_has_them(records: tuple[Job, ...]) -> None:
    """A start once it started; end, billed seconds and artifacts at the end; a reason exactly when it failed."""
    for job in records:
        for now_us in instants(job):
            at = snapshot(job, now_us)
            assert at.over == (at.secondary in status.ENDINGS) == (at.primary in ("Completed", "Failed", "Stopped"))
            assert (at.training_s is None) == (at.started_us is None)
            assert (at.failure_reason is not None) == (at.primary == "Failed")
            assert (at.billable_s is not None) == (at.over and at.started_us is not None)
            assert at.over or (at.ended_us is None and not at.artifacts)
            assert at.started_us is None or at.created_us <= at.started_us <= now_us
            assert at.modified_us <= now_us
            if at.ended_us is not None:
                assert at.ended_us == at.transitions[-1].start_us <= at.modified_us
            if at.training_s is not None and at.over:
                assert 1 <= (at.billable_s or 0) <= max(at.training_s, 1)


def test_a_job_that_failed_before_its_start_has_no_training_times() -> None:
    """TrainingStartTime, TrainingEndTime and the seconds are missing."""
    job = job_playing(Plan.fails("why", during="Starting", starting=10))
    end = snapshot(job, job.last_us)
    assert (end.primary, end.started_us, end.ended_us, end.training_s, end.billable_s) == ("Failed", None, None, None, None)


def test_a_job_stopped_in_its_first_second_trained_for_one() -> None:
    """From a log of 2019: TrainingTimeInSeconds and BillableTimeInSeconds are 1."""
    job = job_playing(Plan()).after(Stop(0))
    end = snapshot(job, job.last_us)
    assert (end.training_s, end.billable_s, end.artifacts) == (1, 1, False)


def test_training_time_counts_while_the_job_runs() -> None:
    """It is at least 1."""
    job = job_playing(Plan.completes(starting=10, downloading=20, training=100, uploading=5))
    seconds = [snapshot(job, START_US + now_s * SECOND_US).training_s for now_s in (9, 10, 11, 60, 135, 999)]
    assert seconds == [None, 1, 1, 50, 125, 125]


@pytest.mark.parametrize("spot, billed", [(False, 125), (True, 50)])
def test_spot_is_billed_in_part(spot: bool, billed: int) -> None:  # noqa: FBT001  # a column of the table
    """An on-demand job is billed in full."""
    request = {"TrainingJobName": "job", "EnableManagedSpotTraining": spot}
    job = job_playing(Plan.completes(starting=10, downloading=20, training=100, uploading=5), request)
    assert snapshot(job, job.last_us).billable_s == billed


MONTH_S = 30 * 86_400
"""No job lasts longer (service model, MaxRuntimeInSeconds: 28 days, and a day more for the upload)."""


@given(st.integers(1, MONTH_S), st.integers(1, MONTH_S), st.integers(1, MONTH_S))
def test_a_billed_share_is_exact(numerator: int, denominator: int, training_s: int) -> None:
    """A share like 1/3 is computed as a quotient of whole numbers and cut to whole seconds, without rounding errors of floats."""
    numerator = min(numerator, denominator)
    assert billed_s(training_s, numerator / denominator) == training_s * numerator // denominator
    assert billed_s(denominator, numerator / denominator) == numerator


# -- the Job record


def test_a_change_makes_a_new_record() -> None:
    """The old one stays the same."""
    job = job_playing(Plan())
    stopped = job.after(Stop(5)).after(Fail(7, "why"))
    assert job.interventions == ()
    assert stopped.interventions == (Stop(5), Fail(7, "why"))
    assert job.after(Complete(5)).state(START_US + 5).primary == "Completed"


def test_the_arn_keeps_the_case_of_the_name() -> None:
    """Partition, region and account are in it too."""
    job = job_named("Churn-1", 1, START_US, place=Place("aws-cn", "cn-north-1", "000000000001"))
    assert job.arn == "arn:aws-cn:sagemaker:cn-north-1:000000000001:training-job/Churn-1"
    assert job.last_us == START_US + job.timeline.last_us


def test_a_life_is_relative_to_its_creation() -> None:
    """The same plan at another instant gives the same life, moved."""
    one, two = job_playing(Plan(), created_us=START_US), job_playing(Plan(), created_us=START_US + 7 * SECOND_US)
    assert two.last_us - one.last_us == 7 * SECOND_US
    assert instant_us("2018-07-30T12:00:00Z") == START_US
