from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import cast

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.durations import FOREVER
from sagemock.jobs.interventions import Complete, Delete, Fail, Stop
from sagemock.training import status
from sagemock.training.fold import fold
from sagemock.training.interventions import Cut, Interrupt, Intervention, Taken, Update
from sagemock.training.job import Job
from sagemock.training.plan.defaults import TEARDOWN_S
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import script
from sagemock.training.snapshot import Snapshot, snapshot
from tests.support.recorded import RECORDED, described
from tests.support.strategies import START_US, instants, job_playing, jobs, lives

NORMAL = Plan.completes(starting=10, downloading=20, training=100, uploading=5, stopping=3)
BOUNDARIES_S = (0, 10, 30, 130)
PHASES = ("Starting", "Downloading", "Training", "Uploading")


def at(seconds: float) -> int:
    """Return the instant this many seconds after creation."""
    return START_US + round(seconds * SECOND_US)


def offset(seconds: float) -> int:
    """Return an offset from creation in microseconds."""
    return round(seconds * SECOND_US)


def as_text(job: Job) -> str:
    """Return the whole life as text: each entry with its start in seconds."""
    entries = snapshot(job, max(job.last_us, START_US)).transitions
    return " ".join(f"{entry.status}@{(entry.start_us - job.created_us) / SECOND_US:g}" for entry in entries)


def check_growth(earlier: Snapshot, later: Snapshot) -> None:
    """Check that the later description only adds to the earlier one."""
    *closed, last = earlier.transitions
    same = later.transitions[len(closed)]
    assert list(later.transitions[: len(closed)]) == closed
    assert (same.status, same.start_us) == (last.status, last.start_us)
    if last.end_us is not None:
        assert same.end_us == last.end_us
    assert later.created_us == earlier.created_us
    assert later.modified_us >= earlier.modified_us
    assert earlier.started_us in (None, later.started_us)
    if earlier.training_s is not None:
        assert later.training_s is not None
        assert later.training_s >= earlier.training_s
    if earlier.over:
        assert later == earlier


# -- the laws, over all plans, requests and interventions


@given(lives())
def test_entries_are_in_order_and_without_gaps(records: tuple[Job, ...]) -> None:
    """The first starts at creation and each ends where the next starts; the open one has no end, and the last has no length."""
    for job in records:
        for now_us in instants(job):
            entries = snapshot(job, now_us).transitions
            assert entries[0].start_us == job.created_us
            assert all(one.end_us == other.start_us >= one.start_us for one, other in pairwise(entries))
            assert all(one.status != other.status for one, other in pairwise(entries))
            assert all(one.status in status.PHASES for one in entries[:-1])
            assert entries[-1].end_us == (entries[-1].start_us if entries[-1].status in status.ENDINGS else None)
            assert entries[-1].start_us <= now_us
            assert all(entry.message for entry in entries)


@given(lives())
def test_changes_are_in_order(records: tuple[Job, ...]) -> None:
    """The last change is the end of the life, if it ends."""
    for job in records:
        timeline = job.timeline
        assert [change.at_us for change in timeline.changes] == sorted(change.at_us for change in timeline.changes)
        assert timeline.changes[0].at_us == 0
        assert (timeline.ended_us is not None) == (timeline.changes[-1].secondary in status.ENDINGS)
        assert (timeline.ended_us is not None) == snapshot(job, job.last_us).over
        event("ends" if timeline.ended_us is not None else "never ends")


@given(lives())
def test_a_later_instant_only_adds(records: tuple[Job, ...]) -> None:
    """Closed entries never change; the open one may change its message and end; LastModifiedTime and the seconds only grow."""
    for job in records:
        for earlier_us, later_us in pairwise(instants(job)):
            check_growth(snapshot(job, earlier_us), snapshot(job, later_us))


@given(lives())
def test_an_intervention_changes_only_the_future(records: tuple[Job, ...]) -> None:
    """Before its instant all is the same; at its instant it only adds to what could be read before."""
    for before, after in pairwise(records):
        done_us = after.created_us + after.interventions[-1].at_us
        for now_us in instants(before):
            if now_us < done_us:
                assert snapshot(before, now_us) == snapshot(after, now_us)
        check_growth(snapshot(before, done_us), snapshot(after, done_us))


# Rarely drawn: only a spot job is interrupted, while it downloads or trains.
INTERRUPTED = job_playing(NORMAL, {"TrainingJobName": "job", "EnableManagedSpotTraining": True}).after(Interrupt(offset(50)))


@settings(max_examples=200)
@example((job_playing(NORMAL), INTERRUPTED))
@given(lives())
def test_an_intervention_shows_at_its_instant(records: tuple[Job, ...]) -> None:
    """A stopped job is Stopping at once, a failed one Failed, a completed one Completed, an interrupted one Interrupted."""
    for job in records[1:]:
        done = cast("Cut", job.interventions[-1])
        event(type(done).__name__)
        state = fold(job.script, job.interventions).until(done.at_us)[-1]
        match done:
            case Stop():
                assert state.primary in ("Stopping", "Stopped")
            case Fail(reason=reason):
                assert (state.primary, snapshot(job, job.last_us).failure_reason) == ("Failed", reason)
            case Complete():
                assert state.primary == "Completed"
            case Interrupt():  # pragma: no branch  # the last kind
                assert state.primary == "InProgress"
                assert any(change.secondary == "Interrupted" for change in job.timeline.until(done.at_us))


@given(lives())
def test_no_limit_is_exceeded(records: tuple[Job, ...]) -> None:
    """MaxRuntimeInSeconds limits running, MaxPendingTimeInSeconds Pending.

    MaxWaitTimeInSeconds limits the whole life of a spot job, except for the upload.
    """
    for job in records:
        script, ran_us = job.script, 0
        for change, after in pairwise(job.timeline.changes):
            length_us = after.at_us - change.at_us
            if change.secondary not in status.UNBILLED:
                ran_us += length_us
            if not length_us or change.primary != "InProgress" or change.secondary == status.UPLOADING:
                continue
            if change.secondary not in status.UNBILLED:
                assert script.max_runtime_us is None or ran_us <= script.max_runtime_us + script.limit_lag_us
            assert script.max_wait_us is None or after.at_us <= script.max_wait_us + script.limit_lag_us
            limit_us = script.max_pending_us if change.secondary == status.PENDING else None
            entered_us = max(one.at_us for one in job.timeline.changes if one.enters and one.at_us <= change.at_us)
            assert limit_us is None or after.at_us - entered_us <= limit_us + script.limit_lag_us


@given(lives())
def test_the_ending_names_the_limit(records: tuple[Job, ...]) -> None:
    """A job that was cut by a limit ends by it, without a FailureReason."""
    for job in records:
        timeline = job.timeline
        if timeline.limits:
            [(at_us, name)] = timeline.limits
            event(name)
            assert timeline.until(at_us)[-1].primary in ("Stopping", "Stopped")
            assert timeline.failure_reason is None
            assert timeline.changes[-1].secondary in ("MaxRuntimeExceeded", "MaxWaitTimeExceeded", "Stopped")


@given(jobs())
def test_equal_lives_share_one_timeline(job: Job) -> None:
    """However many jobs there are, and whenever they were created."""
    twin = Job("twin", job.place, job.request, job.plan, job.script, job.created_us + 5, 2)
    assert twin.timeline is job.timeline
    stopped, stopped_twin = job.after(Stop(0)), twin.after(Stop(0))
    assert stopped.timeline is stopped_twin.timeline


@given(st.integers(1, 4), st.integers(10, 600), st.booleans())
def test_only_without_checkpoints_training_is_lost(times: int, training_s: int, checkpoints: bool) -> None:  # noqa: FBT001  # drawn
    """With them an interrupted job trains as long in all as another one. Without them its last attempt trains all of it."""
    request: dict[str, object] = with_limits(10**6, 10**7)
    request |= {"CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"}} if checkpoints else {}
    job = job_playing(Plan.interrupted(times, then=Plan.completes(training=training_s)), request)
    entries = snapshot(job, job.last_us).transitions
    trained_us = [(one.end_us or 0) - one.start_us for one in entries if one.status == status.TRAINING]
    assert len(trained_us) == times + 1
    assert (sum(trained_us) if checkpoints else trained_us[-1]) == training_s * SECOND_US


# -- where interventions fall


@pytest.mark.parametrize(
    "stop_s, life",
    [
        (0, "Starting@0 Downloading@10 Stopping@10 Stopped@10"),
        (4, "Starting@0 Downloading@14 Stopping@14 Stopped@14"),
        (10, "Starting@0 Downloading@10 Stopping@10 Stopped@13"),
        (29.999999, "Starting@0 Downloading@10 Stopping@30 Stopped@33"),
        (30, "Starting@0 Downloading@10 Training@30 Stopping@30 Uploading@33 Stopped@38"),
        (77, "Starting@0 Downloading@10 Training@30 Stopping@77 Uploading@80 Stopped@85"),
        (130, "Starting@0 Downloading@10 Training@30 Uploading@130 Stopped@135"),
        (132, "Starting@0 Downloading@10 Training@30 Uploading@130 Stopped@135"),
        (135, "Starting@0 Downloading@10 Training@30 Uploading@130 Completed@135"),
    ],
)
def test_a_stop_in_every_phase_and_at_its_edges(stop_s: float, life: str) -> None:
    """What is due at an instant has happened at it: the stop finds the job in the next phase, or finished."""
    assert as_text(job_playing(NORMAL).after(Stop(offset(stop_s)))) == life
    assert TEARDOWN_S == 10


@pytest.mark.parametrize(
    "fail_s, life",
    [
        (0, "Starting@0 Failed@0"),
        (10, "Starting@0 Downloading@10 Failed@10"),
        (29, "Starting@0 Downloading@10 Failed@29"),
        (30, "Starting@0 Downloading@10 Training@30 Uploading@30 Failed@30"),
        (130, "Starting@0 Downloading@10 Training@30 Uploading@130 Failed@130"),
        (135, "Starting@0 Downloading@10 Training@30 Uploading@130 Completed@135"),
    ],
)
def test_a_failure_in_every_phase_and_at_its_edges(fail_s: float, life: str) -> None:
    """Only a failure in Training is followed by an upload; there are no artifacts."""
    job = job_playing(NORMAL).after(Fail(offset(fail_s), "why"))
    assert as_text(job) == life
    end = snapshot(job, job.last_us)
    assert (end.failure_reason, end.artifacts) == (("why", False) if end.primary == "Failed" else (None, True))


@pytest.mark.parametrize(
    "complete_s, life",
    [
        (0, "Starting@0 Downloading@0 Training@0 Uploading@0 Completed@0"),
        (10, "Starting@0 Downloading@10 Training@10 Uploading@10 Completed@10"),
        (30, "Starting@0 Downloading@10 Training@30 Uploading@30 Completed@30"),
        (130, "Starting@0 Downloading@10 Training@30 Uploading@130 Completed@130"),
        (135, "Starting@0 Downloading@10 Training@30 Uploading@130 Completed@135"),
    ],
)
def test_a_completion_in_every_phase_and_at_its_edges(complete_s: float, life: str) -> None:
    """The rest of the life passes at once."""
    job = job_playing(NORMAL).after(Complete(offset(complete_s)))
    assert as_text(job) == life
    assert snapshot(job, job.last_us).artifacts


def test_an_interrupted_job_runs_again_before_it_completes() -> None:
    """From Interrupted it cannot complete directly."""
    plan = Plan([Phase("Starting", 10), Phase("Training", 10), Phase("Interrupted", 10), Phase("Training", 10)])
    assert as_text(
        job_playing(plan, {"TrainingJobName": "job", "EnableManagedSpotTraining": True}).after(Complete(offset(25)))
    ) == ("Starting@0 Training@10 Interrupted@20 Downloading@25 Training@25 Uploading@25 Completed@25")


def test_a_pending_job_is_stopped_without_a_start() -> None:
    """Three jobs of 2026: the only next entry is Stopped.

    TrainingEndTime is 31 to 52 s after the call; `stopping` changes that time.
    """
    phases = [Phase("Starting", 1), Phase("Pending", 500), Phase("Training", 5)]
    for plan, after_s in ((Plan(phases), 38.3), (Plan(phases, stopping=3), 3)):
        job = job_playing(plan).after(Stop(offset(100)))
        assert as_text(job) == f"Starting@0 Pending@1 Stopped@{100 + after_s:g}"
        end = snapshot(job, job.last_us)
        assert (end.primary, end.started_us, end.training_s, end.billable_s) == ("Stopped", None, None, None)
        assert (end.ended_us, end.artifacts) == (at(100 + after_s), False)
        assert [entry.message for entry in end.transitions[1:]] == ["Training job stopped"] * 2
        during = snapshot(job, at(100))
        assert (during.primary, during.secondary, during.modified_us) == ("Stopping", "Pending", at(100))
        assert during.transitions[-1].message == "Training job stopped"
        assert snapshot(job, at(100) - 1).transitions[-1].message == "Training job waiting for capacity"


def test_a_spot_job_that_waits_for_capacity_is_stopped_without_a_start() -> None:
    """Jobs of 2026: nothing is billed. One whose instances are being prepared has started, by a log of 2019."""
    request = {"TrainingJobName": "job", "EnableManagedSpotTraining": True}
    job = job_playing(Plan.waits_for_capacity(500, Plan.completes(starting=40)), request)
    waiting, preparing = job.after(Stop(offset(100))), job.after(Stop(offset(520)))
    assert as_text(waiting) == "Starting@0 Stopping@110 Stopped@110"
    assert snapshot(waiting, waiting.last_us).billable_s is None
    assert as_text(preparing) == "Starting@0 Downloading@530 Stopping@530 Stopped@530"
    assert snapshot(preparing, preparing.last_us).billable_s == 1


def test_while_a_stop_waits_only_the_primary_status_shows_it() -> None:
    """Recorded: TrainingJobStatus Stopping, SecondaryStatus Starting, and one open entry with its old message."""
    job = job_playing(NORMAL).after(Stop(offset(4)))
    before, after = snapshot(job_playing(NORMAL), at(4)), snapshot(job, at(4))
    assert (after.primary, after.secondary) == ("Stopping", "Starting")
    assert after.transitions == before.transitions
    assert after.modified_us == at(4)


def test_a_stop_in_an_endless_upload_ends_it() -> None:
    """After the usual length of an upload."""
    job = job_playing(Plan.hangs("Uploading", starting=1, downloading=1, training=1, uploading=7)).after(Stop(offset(50)))
    assert as_text(job) == "Starting@0 Downloading@1 Training@2 Uploading@3 Stopped@57"


def test_two_interventions_at_one_instant_apply_in_their_order() -> None:
    """The second finds the result of the first."""
    both = job_playing(NORMAL).after(Stop(offset(40))).after(Fail(offset(40), "why"))
    assert as_text(both) == "Starting@0 Downloading@10 Training@30 Stopping@40 Failed@40"


@pytest.mark.parametrize("during", PHASES)
def test_a_hanging_job_ends_only_by_an_intervention(during: str) -> None:
    """A stop, a failure or a completion."""
    unlimited = {"TrainingJobName": "job", "StoppingCondition": {"MaxRuntimeInSeconds": 10**9}}
    job = job_playing(Plan.hangs(during, stopping=3), unlimited)
    year = snapshot(job, at(365 * 86_400))
    assert (year.primary, year.secondary) == ("InProgress", during)
    assert (year.ended_us, year.failure_reason, year.artifacts, year.billable_s) == (None, None, False, None)
    after: list[Intervention] = [Stop(offset(5)), Fail(offset(5), "why"), Complete(offset(5))]
    assert all(job.after(done).timeline.ended_us is not None for done in after)


# -- limits


def with_limits(runtime_s: int, wait_s: int | None = None) -> dict[str, object]:
    """Return a request with these limits."""
    condition = {"MaxRuntimeInSeconds": runtime_s} | ({} if wait_s is None else {"MaxWaitTimeInSeconds": wait_s})
    return {"TrainingJobName": "job", "StoppingCondition": condition, "EnableManagedSpotTraining": wait_s is not None}


@pytest.mark.parametrize(
    "request_, life",
    [
        (with_limits(120), "Starting@0 Downloading@10 Training@30 Uploading@130 Completed@135"),
        (with_limits(119), "Starting@0 Downloading@10 Training@30 Stopping@129 Uploading@132 MaxRuntimeExceeded@137"),
        (with_limits(20), "Starting@0 Downloading@10 Training@30 Stopping@30 Uploading@33 MaxRuntimeExceeded@38"),
        (with_limits(19), "Starting@0 Downloading@10 Stopping@29 MaxRuntimeExceeded@32"),
        (with_limits(500, 130), "Starting@0 Downloading@10 Training@30 Uploading@130 Completed@135"),
        (with_limits(500, 129), "Starting@0 Downloading@10 Training@30 Stopping@129 Uploading@132 MaxWaitTimeExceeded@137"),
        (with_limits(500, 10), "Starting@0 Downloading@10 Stopping@10 MaxWaitTimeExceeded@13"),
        (with_limits(500, 9), "Starting@0 Stopping@9 MaxWaitTimeExceeded@12"),
        (with_limits(119, 129), "Starting@0 Downloading@10 Training@30 Stopping@129 Uploading@132 MaxRuntimeExceeded@137"),
    ],
)
def test_a_limit_cuts_what_would_last_longer(request_: dict[str, object], life: str) -> None:
    """The natural end wins when both come at one instant, and the upload is never cut."""
    assert as_text(job_playing(NORMAL, request_)) == life


def test_a_hanging_job_ends_after_the_default_of_a_day() -> None:
    """MaxRuntimeInSeconds counts from the start of Downloading."""
    job = job_playing(Plan.hangs(starting=10, downloading=20, stopping=3, uploading=5))
    day = 86_400
    assert as_text(job) == (
        f"Starting@0 Downloading@10 Training@30 Stopping@{day + 10} Uploading@{day + 13} MaxRuntimeExceeded@{day + 18}"
    )
    assert snapshot(job, job.last_us).training_s == day + 5


def test_no_limit_cuts_a_stopping_job() -> None:
    """A stop in time ends as Stopped."""
    plan = Plan.completes(starting=10, downloading=20, training=100, stopping=300, uploading=5)
    assert as_text(job_playing(plan, with_limits(50)).after(Stop(offset(59)))).endswith("Stopping@59 Uploading@359 Stopped@364")
    assert as_text(job_playing(plan, with_limits(50))).endswith("Stopping@60 Uploading@360 MaxRuntimeExceeded@365")


def test_limit_lag_delays_a_limit() -> None:
    """As the service enforces it, late by a minute or more (aws/sagemaker-python-sdk#4451, apache/airflow#33982)."""
    assert as_text(job_playing(NORMAL.but(limit_lag=15), with_limits(60))).split()[3] == "Stopping@85"


# -- messages


def test_a_new_message_replaces_the_old_one_in_the_open_entry() -> None:
    """One entry per visit; LastModifiedTime moves with the message, and the last message stays."""
    job = job_playing(Plan([Phase("Starting", 10, [(0, "a"), (4, "b"), (9, "c")]), Phase("Training", 5)]))
    looks = [snapshot(job, at(second)) for second in (0, 3.999999, 4, 9, 20)]
    assert [look.transitions[0].message for look in looks] == ["a", "a", "b", "c", "c"]
    assert [look.modified_us for look in looks] == [at(second) for second in (0, 0, 4, 9, 15)]
    assert [len(look.transitions) for look in looks] == [1, 1, 1, 1, 3]


def test_a_message_at_the_end_of_its_phase_does_not_show() -> None:
    """The next entry hides it; but after a cut at that instant it stays, for a poller may have read it."""
    plan = Plan([Phase("Starting", 4, [(0, "a"), (4, "b")]), Phase("Training", 9, [(0, "c"), (5, "d"), (6, "e")])])
    whole = snapshot(job_playing(plan), at(99))
    assert [entry.message for entry in whole.transitions[:2]] == ["a", "e"]
    cut = job_playing(plan).after(Stop(offset(9)))
    assert snapshot(cut, at(99)).transitions[1].message == "d"


def test_an_endless_phase_shows_all_of_its_messages() -> None:
    """The last one stays."""
    job = job_playing(Plan([Phase("Starting", FOREVER, [(0, "a"), (timedelta(days=9), "b")])]))
    assert snapshot(job, at(9 * 86_400)).transitions[0].message == "b"
    assert job.last_us == at(9 * 86_400)


@given(st.sampled_from(BOUNDARIES_S), st.sampled_from([Stop, Complete]))
def test_an_edge_belongs_to_the_next_phase(boundary_s: int, kind: type[Stop | Complete]) -> None:
    """An intervention at the instant of a transition finds the status after it."""
    job = job_playing(NORMAL)
    secondary = job.state(at(boundary_s)).secondary
    assert secondary == PHASES[BOUNDARIES_S.index(boundary_s)]
    entries = snapshot(job.after(kind(offset(boundary_s))), at(boundary_s)).transitions
    assert secondary in [entry.status for entry in entries]


# -- remarks: interventions that change only what is shown


@given(lives(), st.sampled_from([Update, Delete]), st.data())
def test_a_remark_does_not_change_the_life(records: tuple[Job, ...], kind: type[Update | Delete], data: st.DataObject) -> None:
    """It moves LastModifiedTime, and the primary status of a deleted job."""
    job = records[-1]
    when = [now_us for now_us in instants(job) if kind is Update or snapshot(job, now_us).over]
    for now_us in [data.draw(st.sampled_from(when))] if when else []:
        remarked = job.after(kind(now_us - job.created_us))
        before, after = snapshot(job, now_us), snapshot(remarked, now_us)
        assert (after.transitions, after.modified_us) == (before.transitions, now_us)
        assert after.primary == ("Deleting" if kind is Delete else before.primary)
        assert snapshot(remarked, remarked.last_us).transitions == snapshot(job, job.last_us).transitions


def test_max_pending_time_stops_a_waiting_job() -> None:
    """MaxPendingTimeInSeconds counts the wait for capacity, but not the wait for the start of a training plan."""
    gpu = {"ResourceConfig": {"InstanceType": "ml.p4d.24xlarge"}, "StoppingCondition": {"MaxPendingTimeInSeconds": 7200}}
    request = {"TrainingJobName": "job", **gpu}
    life = Plan.completes(starting=10, downloading=10, training=10, uploading=10, stopping=3)
    assert as_text(job_playing(Plan.waits_for_capacity(7000, life), request)).endswith("Completed@7040.33")
    waited = job_playing(Plan.waits_for_capacity(9000, life), request)
    assert as_text(waited) == "Starting@0 Pending@0.334 Stopped@7203.33"
    assert waited.timeline.limits == ((7_200_334_000, "MaxPendingTimeInSeconds"),)
    assert snapshot(waited, at(7201)).primary == "Stopping"
    assert as_text(job_playing(Plan.waits_for_training_plan(9000, life), request)).endswith("Completed@9040.33")


def test_the_message_of_a_reused_pool_names_the_other_job() -> None:
    """In the entry that said the pool was retained."""
    made = script(NORMAL, {}, Random(0), retains=True)  # noqa: S311  # a test needs no secure randomness
    job = replace(job_playing(NORMAL), script=made, retains=600)
    assert snapshot(job, at(135)).transitions[-1].message == "Resource retained for reuse"
    taken = job.after(Taken(offset(200), "next"))
    assert snapshot(taken, at(199)).transitions[-1].message == "Resource retained for reuse"
    assert snapshot(taken, at(200)).transitions[-1].message == "Resource reused by training job: next"


def test_a_planned_stop_is_not_cut_by_a_limit() -> None:
    """Its container is already stopping."""
    plan = Plan([Phase("Starting", 10), Phase("Training", 10), Phase("Stopping", 100), Phase("Uploading", 5)], ending="Stopped")
    assert as_text(job_playing(plan, with_limits(40, 50))) == "Starting@0 Training@10 Stopping@20 Uploading@120 Stopped@125"


def test_a_job_that_pulls_its_image_does_not_download_again() -> None:
    """The finer status of 2018 comes after Downloading."""
    plan = Plan([Phase("Starting", 10), Phase("DownloadingTrainingImage", 10)])
    assert as_text(job_playing(plan).after(Complete(offset(15)))) == (
        "Starting@0 DownloadingTrainingImage@10 Training@15 Uploading@15 Completed@15"
    )


def test_a_cut_or_deleted_replay_has_no_late_bookkeeping() -> None:
    """It belongs to the recorded end, and a deleted job stays Deleting."""
    job = job_playing(Plan.replays(described(RECORDED[4])))
    assert job.after(Complete(offset(200))).last_us == at(200)
    deleted = job.after(Delete(offset(37_150)))
    assert deleted.state(at(40_000)).primary == "Deleting"


def test_a_long_reason_is_cut_at_the_services_limit() -> None:
    """Whoever gave it."""
    for job in (job_playing(Plan()).after(Fail(1, "x" * 5000)), job_playing(Plan(ending="Failed", failure_reason="x" * 5000))):
        assert snapshot(job, job.last_us).failure_reason == "x" * 1024
