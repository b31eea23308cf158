from random import Random
from typing import Any

import botocore.validate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.errors import PlanError
from sagemock.jobs.durations import span_us
from sagemock.training import status
from sagemock.training.plan.fields import INTERRUPTIONS_MAX
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import Script, script
from tests.protocol.shapes import of_sagemaker
from tests.support.recorded import RECORDED, described
from tests.support.strategies import durations, job_playing, plans, recipes, requests

CPU: dict[str, Any] = {"ResourceConfig": {"InstanceType": "ml.m5.large"}}
GPU: dict[str, Any] = {"ResourceConfig": {"InstanceType": "ml.g5.2xlarge"}}
DATA: dict[str, Any] = {"InputDataConfig": [{"ChannelName": "train"}]}
SPOT: dict[str, Any] = {"EnableManagedSpotTraining": True}


def drawn_script(plan: Plan, request: dict[str, Any], seed: object = 0) -> Script:
    """Return the script of a plan, drawn with this seed."""
    return script(plan, request, Random(str(seed)))  # noqa: S311  # a test needs no secure randomness


def lengths_s(made: Script) -> dict[str, float | None]:
    """Return the length of each status, in seconds."""
    return {step.status: None if step.length_us is None else step.length_us / SECOND_US for step in made.steps}


@given(requests())
def test_the_requests_of_the_strategy_are_valid(request_: dict[str, Any]) -> None:
    """By the service model."""
    shape = of_sagemaker().input("CreateTrainingJob")
    report = botocore.validate.ParamValidator().validate(request_, shape)
    assert report.generate_report() == ""


# -- defaults that follow from the request


@pytest.mark.parametrize(
    "request_, expected",
    [
        (CPU, (55, 80, 49, 11)),
        (CPU | DATA, (55, 100, 49, 11)),
        (GPU, (58, 171, 768, 12.5)),
        (GPU | DATA, (58, 195, 768, 12.5)),
        ({"ResourceConfig": {"InstanceGroups": [{"InstanceType": "ml.trn1.2xlarge"}]}}, (58, 171, 768, 12.5)),
        (CPU | DATA | {"AlgorithmSpecification": {"TrainingInputMode": "Pipe"}}, (55, 80, 49, 11)),
        ({}, (55, 80, 49, 11)),
    ],
)
def test_defaults_follow_from_the_request(request_: dict[str, Any], expected: tuple[float, ...]) -> None:
    """From the type of instances, and from whether input data is copied."""
    assert tuple(lengths_s(drawn_script(Plan(), request_)).values()) == expected


def test_a_given_duration_does_not_depend_on_the_request() -> None:
    """It is that long on every instance."""
    plan = Plan.completes(starting=1, downloading=2, training=3, uploading=4, stopping=5)
    for request_ in (CPU, GPU | DATA):
        made = drawn_script(plan, request_)
        assert list(lengths_s(made).values()) == [1, 2, 3, 4]
        assert (made.stopping_us, made.uploading_us) == (5 * SECOND_US, 4 * SECOND_US)


def test_a_default_duration_leaves_room_for_the_last_message() -> None:
    """Plus a second to read it."""
    plan = Plan([Phase("Starting", None, [(0, "a"), (3600, "b")]), Phase("Training", None, "c")])
    assert lengths_s(drawn_script(plan, CPU)) == {"Starting": 3601, "Training": 49}


def test_messages_are_those_of_the_service() -> None:
    """Starting has two, Downloading two if there is data; offsets scale with the length of the phase."""
    steps = {step.status: step.messages for step in drawn_script(Plan.completes(starting=100, downloading=50), CPU | DATA).steps}
    assert steps["Starting"] == ((0, status.STARTING_THE_JOB), (27 * SECOND_US, status.PREPARING_THE_INSTANCES))
    assert steps["Downloading"] == ((0, status.INPUT_DATA), (10 * SECOND_US, status.TRAINING_IMAGE))
    assert steps["Training"] == ((0, status.IN_PROGRESS),)
    [_, endless] = drawn_script(Plan.hangs("Downloading"), CPU | DATA).steps
    assert endless.messages == ((0, status.INPUT_DATA), (20 * SECOND_US, status.TRAINING_IMAGE))


@pytest.mark.parametrize("mode", ["Pipe", "FastFile"])
def test_a_job_that_streams_its_data_cannot_download_it(mode: str) -> None:
    """A plan with Downloading contradicts such a request.

    A channel in File mode is downloaded, and a record is replayed as it is.
    """
    plan = Plan([Phase("Starting"), Phase("Downloading", 30, status.INPUT_DATA), Phase("Training")])
    streamed: dict[str, Any] = {"AlgorithmSpecification": {"TrainingInputMode": mode}}
    with pytest.raises(PlanError) as caught:
        drawn_script(plan, streamed | DATA)
    assert str(caught.value) == (
        f"{plan!r} says 'Downloading input data' in Downloading, and this job streams its data in Pipe or FastFile mode; "
        "create it with TrainingInputMode='File', or leave the message out"
    )
    assert drawn_script(plan, streamed | {"InputDataConfig": [{"ChannelName": "train", "InputMode": "File"}]}).steps
    assert drawn_script(plan, DATA).steps
    record = described(RECORDED[0])
    record["SecondaryStatusTransitions"][1]["StatusMessage"] = status.INPUT_DATA
    assert drawn_script(Plan.replays(record), streamed).steps


def test_the_limits_come_from_the_request() -> None:
    """MaxWaitTimeInSeconds exists only for spot jobs, MaxRuntimeInSeconds is a day by default, and a replay has no limits."""
    condition = {"StoppingCondition": {"MaxRuntimeInSeconds": 10, "MaxWaitTimeInSeconds": 20}}
    assert (drawn_script(Plan(), condition).max_runtime_us, drawn_script(Plan(), condition).max_wait_us) == (10 * SECOND_US, None)
    assert drawn_script(Plan(), condition | SPOT).max_wait_us == 20 * SECOND_US
    assert (drawn_script(Plan(), SPOT).max_runtime_us, drawn_script(Plan(), SPOT).max_wait_us) == (86_400 * SECOND_US, None)
    seen = {"CreationTime": 0, "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 0}]}
    replay = drawn_script(Plan.replays(seen), condition | SPOT)
    assert (replay.max_runtime_us, replay.max_wait_us) == (None, None)


def test_spot_is_billed_in_part() -> None:
    """By the record or by the plan; an on-demand job is billed in full."""
    assert [drawn_script(Plan(billed=0.7), by).billed for by in (CPU, SPOT)] == [1.0, 0.7]
    assert [drawn_script(Plan(), by).billed for by in (CPU, SPOT)] == [1.0, 0.4]


# -- ranges


@given(durations(), st.integers(0, 2**32))
def test_a_drawn_duration_is_in_its_range(duration: Any, seed: int) -> None:
    """Both ends included."""
    low, high = span_us(duration, "it") or (0, 0)
    made = drawn_script(Plan.completes(training=duration, stopping=duration), CPU, seed)
    [training] = [step.length_us for step in made.steps if step.status == "Training"]
    assert low <= (training or 0) <= high
    assert low <= made.stopping_us <= high


@given(st.one_of(plans(), recipes(spot=True)), requests(spot=True), st.integers(0, 9))
def test_one_seed_draws_one_life(plan: Plan, request_: dict[str, Any], seed: int) -> None:
    """Every time; a plan without ranges has one script for all seeds."""
    one = drawn_script(plan, request_, seed)
    assert one == drawn_script(plan, request_, seed)
    if not plan.draws:
        assert drawn_script(plan, request_, seed + 1) is one


def test_both_ends_of_a_range_are_drawn() -> None:
    """Within a hundred jobs; and seeds differ."""
    plan = Plan.completes(training=(0, 1e-6))
    drawn = {drawn_script(plan, CPU, seed).steps[2].length_us for seed in range(100)}
    assert drawn == {0, 1}


def test_equal_jobs_share_their_script() -> None:
    """However many they are."""
    plan = Plan.completes(training=17)
    assert drawn_script(plan, CPU | {"TrainingJobName": "a"}) is drawn_script(plan, CPU | {"TrainingJobName": "b"})
    assert drawn_script(plan, CPU) is not drawn_script(plan, GPU)


# -- phases that follow from the request


def steps_of(plan: Plan, request_: dict[str, Any]) -> list[str]:
    """Return the statuses of a script with their seconds."""
    return [f"{step.status} {(step.length_us or 0) / SECOND_US:g}" for step in drawn_script(plan, request_).steps]


def test_capacity_is_waited_for_in_the_services_status() -> None:
    """On demand in Pending, spot in Starting; both messages belong to that one entry."""
    plan = Plan.waits_for_capacity(600, Plan.completes(starting=40, downloading=1, training=1, uploading=1))
    assert steps_of(plan, CPU)[:3] == ["Starting 1", "Pending 640", "Downloading 1"]
    assert steps_of(plan, SPOT)[:2] == ["Starting 640", "Downloading 1"]
    texts = [text for _, text in drawn_script(plan, SPOT).steps[0].messages]
    assert texts == [status.STARTING_THE_JOB, status.NO_CAPACITY, status.PREPARING_THE_INSTANCES]


def test_until_2023_the_image_was_pulled_in_training() -> None:
    """Downloading is for data alone. The two together take as long as later, and no job is Pending."""
    old, new = (drawn_script(Plan.completes(legacy=legacy), CPU | DATA) for legacy in (True, False))
    assert sum(step.length_us or 0 for step in old.steps) == sum(step.length_us or 0 for step in new.steps)
    assert lengths_s(old) == {"Starting": 55, "Downloading": 20, "Training": 129, "Uploading": 11}
    messages = {step.status: step.messages for step in old.steps}
    assert messages["Downloading"] == ((0, status.INPUT_DATA),)
    assert messages["Training"] == ((0, status.TRAINING_IMAGE), (80 * SECOND_US, status.IN_PROGRESS))
    brief = next(step for step in drawn_script(Plan.completes(legacy=True, training=10), CPU).steps if step.status == "Training")
    assert brief.messages == ((0, status.TRAINING_IMAGE), (round(10 * SECOND_US * 80 / 129), status.IN_PROGRESS))
    restarted = drawn_script(Plan.interrupted(then=Plan.completes(legacy=True)), SPOT).restart
    assert [step.messages[-1][1] for step in restarted[2:]] == [status.INPUT_DATA]


def test_accelerated_instances_were_slower_until_2023() -> None:
    """With `legacy` the durations are those of the records of 2022, also for the upload after a stop."""
    old = drawn_script(Plan.completes(legacy=True), GPU | DATA)
    assert lengths_s(old) == {"Starting": 95, "Downloading": 25, "Training": 775, "Uploading": 46}
    assert (old.uploading_us, drawn_script(Plan(), GPU).uploading_us) == (46 * SECOND_US, 12_500_000)


# -- Pending without a wait for capacity

ASKS = GPU | {"StoppingCondition": {"MaxPendingTimeInSeconds": 7200}}


def test_a_request_with_max_pending_time_goes_through_pending() -> None:
    """Records of 2026: five of five with MaxPendingTimeInSeconds, none without.

    Starting and Pending together are as long as Starting alone.
    """
    assert steps_of(Plan(), ASKS)[:3] == ["Starting 0.334", "Pending 57.666", "Downloading 171"]
    assert steps_of(Plan.completes(starting=60), ASKS)[:2] == ["Starting 0.334", "Pending 59.666"]
    assert steps_of(Plan.completes(starting=0.1), ASKS)[:2] == ["Starting 0.1", "Pending 0"]
    texts = [step.messages for step in drawn_script(Plan(), ASKS).steps[:2]]
    assert texts == [((0, status.STARTING_THE_JOB),), ((0, status.PREPARING_THE_INSTANCES),)]
    assert steps_of(Plan.waits_for_capacity(600), ASKS)[:2] == ["Starting 0.334", "Pending 658"]


@pytest.mark.parametrize(
    "plan, request_",
    [
        (Plan(), GPU),
        (Plan(), CPU | {"StoppingCondition": {"MaxPendingTimeInSeconds": 7200}}),
        (Plan(), ASKS | SPOT),
        (Plan.completes(legacy=True), ASKS),
        (Plan.completes(granular=True), ASKS),
        (Plan.hangs("Starting"), ASKS),
        (Plan.capacity_error(60), ASKS),
        (Plan([Phase("Starting", message="own"), Phase("Training")]), ASKS),
        (Plan.replays(described(RECORDED[0])), ASKS),
    ],
)
def test_other_jobs_skip_pending(plan: Plan, request_: dict[str, Any]) -> None:
    """Because of the request, or of the plan's own start."""
    assert status.PENDING not in lengths_s(drawn_script(plan, request_))


def test_a_plan_with_pending_has_it_once() -> None:
    """A job on warm instances has it never."""
    plan = Plan([Phase("Starting", 5), Phase("Pending", 10), Phase("Training", 5)])
    assert steps_of(plan, ASKS) == ["Starting 5", "Pending 10", "Training 5"]
    warm = script(Plan(), ASKS, Random(0), warm=True)  # noqa: S311  # a test needs no secure randomness
    assert [step.status for step in warm.steps][:2] == ["Starting", "Downloading"]


@pytest.mark.parametrize("then", [Plan.completes(legacy=True), Plan.completes(granular=True)], ids=["until 2023", "of 2018"])
def test_before_pending_existed_capacity_was_waited_for_in_starting(then: Plan) -> None:
    """On demand and spot alike."""
    steps = drawn_script(Plan.waits_for_capacity(600, then), CPU).steps
    assert status.PENDING not in [step.status for step in steps]
    assert any("capacity error" in text for step in steps for _, text in step.messages)


def test_granular_plans_take_as_long_as_others() -> None:
    """The finer statuses share the time of the coarse ones."""
    for request_ in (CPU, CPU | DATA, SPOT):
        for wait in (None, 600):
            coarse = Plan.completes().but(capacity=wait)
            fine = coarse.but(granular=True)
            totals = [sum(step.length_us or 0 for step in drawn_script(plan, request_).steps) for plan in (coarse, fine)]
            # Before Pending existed, no second of Starting came before it.
            early_us = SECOND_US if wait is not None and request_ is not SPOT else 0
            assert totals[0] == totals[1] + early_us
    finer = "Starting LaunchingMLInstances PreparingTrainingStack Downloading DownloadingTrainingImage Training Uploading"
    assert " ".join(lengths_s(drawn_script(Plan.completes(granular=True), CPU | DATA))) == finer
    assert lengths_s(drawn_script(Plan.hangs("Starting").but(granular=True), CPU)) == {"Starting": None}


def test_interruptions_need_a_spot_job() -> None:
    """The error says that plan and request do not fit."""
    with pytest.raises(PlanError) as caught:
        drawn_script(Plan.interrupted(), CPU)
    assert str(caught.value) == (
        "Plan.interrupted(1) interrupts a job on demand: only managed spot jobs are interrupted; "
        "create it with EnableManagedSpotTraining=True, or give it another plan"
    )
    job = job_playing(Plan.interrupted(2), SPOT | {"TrainingJobName": "job"})
    assert [change.secondary for change in job.timeline.changes].count("Interrupted") == 2


CHECKPOINTS: dict[str, Any] = {"CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"}}


def test_interruptions_come_at_their_planned_times() -> None:
    """Evenly, after given training times, or at random; with checkpoints only the rest of the training can be interrupted."""
    life = Plan.completes(training=90)
    assert drawn_script(Plan.interrupted(2, then=life), SPOT).interruptions_us == (30 * SECOND_US,) * 2
    assert drawn_script(Plan.interrupted(then=Plan.hangs()), SPOT).interruptions_us == (24_500_000,)
    for request_ in (SPOT, SPOT | CHECKPOINTS):
        assert drawn_script(Plan.interrupted(after=[40, 40], then=life), request_).interruptions_us == (40 * SECOND_US,) * 2
    assert drawn_script(Plan.interrupted(after=[50, 50], then=life), SPOT).interruptions_us == (50 * SECOND_US,) * 2
    with pytest.raises(PlanError) as caught:
        drawn_script(Plan.interrupted(after=[50, 50], then=life), SPOT | CHECKPOINTS)
    assert str(caught.value) == (
        f"{Plan.interrupted(after=[50, 50], then=life)!r}: interruption 2 comes after 50 s of training, "
        "and only 40 s are left then; let it come earlier, or train longer"
    )
    assert drawn_script(Plan.interrupted(after=[50], then=Plan.hangs()), SPOT | CHECKPOINTS).interruptions_us == (50 * SECOND_US,)


@given(st.integers(0, 99), st.booleans())
def test_random_interruptions_fall_into_the_training(seed: int, checkpoints: bool) -> None:  # noqa: FBT001  # drawn
    """Each comes while training is left, and there are at most a thousand."""
    request_ = SPOT | (CHECKPOINTS if checkpoints else {})
    drawn = drawn_script(Plan.interrupted(per_hour=1, then=Plan.completes(training=3600)), request_, seed).interruptions_us
    assert all(after_us < 3600 * SECOND_US for after_us in drawn)
    assert not checkpoints or sum(drawn) < 3600 * SECOND_US
    assert (
        len(drawn_script(Plan.interrupted(per_hour=1, then=Plan.hangs()), request_, seed).interruptions_us) == INTERRUPTIONS_MAX
    )


def test_internal_errors_are_retried_as_often_as_the_request_allows() -> None:
    """After the last retry the error ends the job."""
    plan = Plan.internal_error(2, during="Downloading", after=3)
    twice = drawn_script(plan, CPU | {"RetryStrategy": {"MaximumRetryAttempts": 2}})
    assert [step.status for step in twice.steps] == ["Starting", "Downloading"] * 3 + ["Training", "Uploading"]
    assert (twice.ending, twice.failure_reason) == ("Completed", None)
    once = drawn_script(plan, CPU | {"RetryStrategy": {"MaximumRetryAttempts": 1}})
    assert [step.status for step in once.steps] == ["Starting", "Downloading"] * 2
    text = "InternalServerError: We encountered an internal error. Please try again."
    assert (once.ending, once.failure_reason) == ("Failed", text)


def test_a_late_message_does_not_make_a_phase_negative() -> None:
    """A granular plan shares out only the time that it has."""
    late = [(0, "a"), (20, "b")]
    plan = Plan([Phase("Starting", 5, late), Phase("Downloading", 10, late), Phase("Training", 5)], granular=True)
    made = drawn_script(plan, CPU)
    assert all((step.length_us or 0) >= 0 for step in made.steps)
    assert sum(step.length_us or 0 for step in made.steps) == 20 * SECOND_US


@given(st.integers(0, 99))
def test_the_wait_for_a_training_plan_is_drawn_once(seed: int) -> None:
    """The limit excludes exactly that wait."""
    limited = GPU | {"StoppingCondition": {"MaxPendingTimeInSeconds": 7200}}
    made = drawn_script(Plan.waits_for_training_plan((10_000, 100_000), Plan.completes(starting=0)), limited, seed)
    [pending] = [step for step in made.steps if step.status == "Pending"]
    assert made.max_pending_us == (pending.length_us or 0) + 7200 * SECOND_US
