"""The life of a batch job, computed from its plan, its request and its interventions."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import PlanError, ProcessingJobPlan, TransformJobPlan
from sagemock.clock.instants import SECOND_US
from sagemock.jobs.batch.job import BatchJob, snapshot
from sagemock.jobs.interventions import Complete, Delete, Fail, Intervention, Stop
from sagemock.processing import job as processing
from sagemock.transform import job as transform
from tests.support.batch import processing as processing_request
from tests.support.batch import transform as transform_request
from tests.support.strategies import PLACE, START_US, durations

PLAN = ProcessingJobPlan.completes(starting=100, processing=50, stopping=7, exit_message="done")


def job_playing(plan: ProcessingJobPlan | TransformJobPlan, *done: Intervention, **changes: Any) -> BatchJob:
    """Return a job that plays a plan, after the interventions `done`."""
    dice = Random(0)  # noqa: S311  # a test needs no secure randomness
    if isinstance(plan, ProcessingJobPlan):
        request = processing_request(**changes)
        return processing.Job("a", PLACE, request, plan, processing.concrete(plan, request, dice), START_US, 1, done)
    request = transform_request(**changes)
    return transform.Job("a", PLACE, request, plan, transform.concrete(plan, request, dice), START_US, 1, done)


def at(seconds: float) -> int:
    """Return an offset in microseconds."""
    return round(seconds * SECOND_US)


def visits_of(job: BatchJob) -> list[tuple[str, str, float]]:
    """Return the visited statuses, with their starts in seconds."""
    return [(one.primary, one.secondary, one.at_us / SECOND_US) for one in job.timeline.changes if one.enters]


STARTING = ("InProgress", "Starting", 0.0)
RUNNING = ("InProgress", "Processing", 100.0)


@pytest.mark.parametrize(
    "plan, done, visits, reason, message",
    [
        (PLAN, (), [STARTING, RUNNING, ("Completed", "Completed", 150.0)], None, "done"),
        (
            PLAN,
            (Stop(at(120)),),
            [STARTING, RUNNING, ("Stopping", "Stopping", 120.0), ("Stopped", "Stopped", 127.0)],
            None,
            "done",
        ),
        (PLAN, (Stop(at(30)),), [STARTING, ("Stopping", "Stopping", 30.0), ("Stopped", "Stopped", 37.0)], None, None),
        (PLAN, (Fail(at(120), "why"),), [STARTING, RUNNING, ("Failed", "Failed", 120.0)], "why", "done"),
        (PLAN, (Fail(at(20), "why"),), [STARTING, ("Failed", "Failed", 20.0)], "why", None),
        (
            PLAN,
            (Complete(at(20)),),
            [STARTING, ("InProgress", "Processing", 20.0), ("Completed", "Completed", 20.0)],
            None,
            "done",
        ),
        # What is due at an instant has happened at it.
        (PLAN, (Fail(at(150), "late"),), [STARTING, RUNNING, ("Completed", "Completed", 150.0)], None, "done"),
        (
            PLAN,
            (Stop(at(100)),),
            [STARTING, RUNNING, ("Stopping", "Stopping", 100.0), ("Stopped", "Stopped", 107.0)],
            None,
            "done",
        ),
        (
            PLAN.but(stopped_after=110),
            (Stop(at(120)),),
            [STARTING, RUNNING, ("Stopping", "Stopping", 110.0), ("Stopped", "Stopped", 117.0)],
            None,
            "done",
        ),
        (ProcessingJobPlan.fails("why", during="Starting", after=9), (), [STARTING, ("Failed", "Failed", 9.0)], "why", None),
        (ProcessingJobPlan.hangs("Starting"), (), [STARTING], None, None),
    ],
)
def test_a_life_is_a_function_of_plan_and_interventions(
    plan: ProcessingJobPlan, done: tuple[Intervention, ...], visits: list[tuple[str, str, float]], reason: str, message: str
) -> None:
    """Whatever comes first decides what comes next."""
    job = job_playing(plan, *done)
    assert visits_of(job) == visits
    shown = snapshot(job, START_US + at(10**6))
    assert (shown.failure_reason, shown.exit_message) == (reason, message)
    started = next((begin for _, phase, begin in visits if phase == "Processing"), None)
    assert shown.started_us == (None if started is None else START_US + at(started))
    assert shown.ended_us == (START_US + at(visits[-1][2]) if shown.over else None)


def test_the_runtime_limit_counts_from_the_start_of_the_containers() -> None:
    """However long the job has waited before; `limit_lag` delays its effect."""
    hangs = ProcessingJobPlan.hangs(starting=100, stopping=7)
    limited = {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}
    job = job_playing(hangs, **limited)
    assert visits_of(job)[2:] == [("Stopping", "Stopping", 160.0), ("Stopped", "Stopped", 167.0)]
    assert job.timeline.limits == ((at(160), "MaxRuntimeInSeconds"),)
    assert visits_of(job_playing(hangs.but(limit_lag=30), **limited))[2][2] == 190.0
    assert visits_of(job_playing(hangs))[2][2] == 86_500.0
    assert visits_of(job_playing(ProcessingJobPlan.hangs("Starting"), **limited)) == [STARTING]
    assert visits_of(job_playing(TransformJobPlan.hangs(starting=5))) == [STARTING, ("InProgress", "Transforming", 5.0)]


def test_last_modified_moves_once_after_the_creation_and_once_after_the_end() -> None:
    """As in the records; an early stop is itself the first move."""
    job = job_playing(PLAN)
    moves = [one.at_us / SECOND_US for one in job.timeline.changes if not one.enters]
    assert moves == [0.413, 150.01]
    assert [one.at_us for one in job_playing(PLAN, Stop(at(0.1))).timeline.changes] == [0, at(0.1), at(7.1), at(7.11)]
    assert [one.at_us for one in job_playing(PLAN.but(settled_after=0)).timeline.changes][-1] == at(150)
    soon = job_playing(ProcessingJobPlan.completes(starting=0, processing=0).but(settled_after=0))
    assert {one.at_us for one in soon.timeline.changes} == {0}


def test_lines_are_cut_with_the_life() -> None:
    """A stopped job writes its last words."""
    plan = PLAN.but(logs={"Processing": [(0, "one"), (40, "two")], "Stopping": [(1, "bye")]})
    assert job_playing(plan).has_lines
    assert job_playing(plan).runs() == [START_US + at(100)]
    assert [(one.begin_us, one.end_us) for one in job_playing(plan, Stop(at(120))).timeline.logged_visits] == [
        (at(100), at(120)),
        (at(120), at(127)),
    ]
    assert job_playing(plan, Stop(at(20))).timeline.logged_visits == ()
    assert job_playing(plan, Stop(at(20))).runs() == []
    assert not job_playing(PLAN).has_lines
    late = ProcessingJobPlan.completes(starting=0, logs={"Processing": lambda _: [(600, "last")]})
    assert visits_of(job_playing(late))[-1][2] == 601.0
    with pytest.raises(PlanError, match="'last' is written 600 s into Processing"):
        job_playing(late.but(processing=60))


def test_a_message_is_cut_to_a_kilobyte() -> None:
    """It is measured in bytes, and no character is split."""
    job = job_playing(PLAN.but(exit_message="x" + "é" * 600))
    assert snapshot(job, job.last_us).exit_message == "x" + "é" * 511


def test_a_deleted_job_is_gone_at_once() -> None:
    """No change is left to come."""
    job = job_playing(PLAN, Delete(at(200)))
    assert (job.gone_us, job.settled_us) == (START_US + at(200), START_US + at(200))
    assert [job.is_gone(START_US + at(second)) for second in (199, 200)] == [False, True]
    assert not job_playing(PLAN).is_gone(START_US + at(200))
    assert not job_playing(PLAN, Stop(at(120))).is_gone(START_US + at(200))


def test_each_kind_reads_its_instances() -> None:
    """At least one; the name of a log stream has its instance."""
    cluster = {"ClusterConfig": {"InstanceCount": 3, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}}
    job = job_playing(PLAN, ProcessingResources=cluster)
    assert (job.containers, job.stream(2, START_US)) == (3, f"a/algo-2-{START_US // SECOND_US}")
    other = job_playing(TransformJobPlan(), TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 2})
    names = [other.stream(instance, START_US) for instance in (1, 2)]
    assert other.containers == 2
    assert len({*names}) == 2
    assert all(name.startswith("a/i-") and len(name) == len("a/i-0123456789abcdef0") for name in names)


def test_the_first_instance_preference_is_used() -> None:
    """With its own number of instances, or the common one."""
    preferences = [{"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.m5.xlarge"}]
    cluster = {"InstancePreferences": preferences, "InstanceCount": 2}
    assert processing.instances({"ProcessingResources": {"ClusterConfig": cluster}}) == ("ml.m5.large", 2)
    assert (processing.instances({}), transform.instances({})) == (("", 1), ("", 1))


@st.composite
def lives(draw: st.DrawFn) -> tuple[BatchJob, BatchJob | None]:
    """Return a job, and the same job after an intervention."""
    length = durations()
    recipe = draw(st.sampled_from(["completes", "fails", "hangs"]))
    named = {"starting": draw(length), "stopping": draw(length)}
    of: Any = draw(st.sampled_from([ProcessingJobPlan, TransformJobPlan]))
    if recipe != "hangs":  # pragma: no branch  # which recipes are drawn is chance
        named[of.running.lower()] = draw(length)
    plan = getattr(of, recipe)(**named)
    job = job_playing(plan)
    latest = min(job.timeline.ended_us or at(9999), at(9999))
    when = draw(st.integers(0, latest))
    if job.state(START_US + when).primary != "InProgress":
        return job, None
    done: list[Intervention] = [Stop(when), Fail(when, "why"), Complete(when)]
    return job, job.after(draw(st.sampled_from(done)))


@given(lives())
def test_an_intervention_changes_only_the_future(pair: tuple[BatchJob, BatchJob | None]) -> None:
    """Everything before it stays, and every life visits the five statuses in their order."""
    job, changed = pair
    order = ["InProgress", "Stopping", "Stopped", "Failed", "Completed"]
    for one in (job, changed or job):
        changes = one.timeline.changes
        assert [change.at_us for change in changes] == sorted(change.at_us for change in changes)
        places = [order.index(change.primary) for change in changes]
        assert places == sorted(places)
        shown = snapshot(one, START_US + at(10**9))
        assert (shown.failure_reason is not None) == (shown.primary == "Failed")
        assert shown.started_us is not None or shown.primary != "Completed"
    if changed is not None:
        done_us = changed.interventions[0].at_us
        for now_us in {0, done_us // 2, max(0, done_us - 1)} - {done_us}:
            assert snapshot(job, START_US + now_us) == snapshot(changed, START_US + now_us)
        assert changed.state(START_US + done_us).primary != "InProgress"


def test_new_tags_make_a_new_record() -> None:
    """The old one keeps its tags."""
    job = job_playing(PLAN)
    assert job.tagged((("team", "churn"),)).tags == (("team", "churn"),)
    assert job.tags == ()
    assert job.planned_stop_us is None
    assert job.arn == "arn:aws:sagemaker:us-west-2:123456789012:processing-job/a"
