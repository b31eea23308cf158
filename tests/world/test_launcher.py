"""How a tuning job launches its children, and what tests and clients do to these."""

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from sagemock import (
    NeverReached,
    NothingWillHappen,
    Plan,
    SageMakerMock,
    TuningJobPlan,
    UsageError,
    mock_sagemaker,
)
from sagemock.protocol.refusal import Refusal
from tests.support.calling import START, YOUNG, after
from tests.support.tuning import request, request_with_definitions
from tests.support.tuning_jobs import CLIENT, FAILS, NAME, NONE, SHORT, ages, child_summaries, describe, tuning
from tests.support.waiting import eventually

OPTIONS: dict[str, Any] = {"latency": 0, "strict": False}

# -- quotas


def test_a_child_waits_until_a_quota_leaves_room(sagemaker: SageMakerMock) -> None:
    """The end of another job makes room, also if the test ends it."""
    sagemaker.quota("ml.m5.large", instances=2)
    tune = tuning(sagemaker, parallel=2, most=3)
    other: Any = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}}
    for name in ("one", "two"):
        sagemaker.create_training_job(name, plan=Plan.completes(starting=0, downloading=0, training=500, uploading=0), **other)
    sagemaker.clock.advance(100)
    assert ages(tune) == []
    sagemaker.stop_job("one")
    sagemaker.advance_until("one", "Stopped")
    stopped = (sagemaker.clock.now() - tune.created).total_seconds()
    assert ages(tune) == [stopped]
    sagemaker.advance_until_idle()
    # A slot that waits for room takes it at once.
    assert ages(tune) == [stopped, stopped + 60, stopped + 120]
    assert tune.status == "Completed"


def test_a_child_comes_at_the_planned_end_of_another_job(sagemaker: SageMakerMock) -> None:
    """No call is needed."""
    sagemaker.quota("ml.m5.large", instances=1)
    tune = tuning(sagemaker, parallel=1, most=1)
    other: Any = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}}
    sagemaker.create_training_job("one", plan=Plan.completes(starting=0, downloading=0, training=500, uploading=0), **other)
    sagemaker.advance_until_idle()
    assert ages(tune) == [500]


def test_a_quota_without_room_is_not_waited_for_endlessly(sagemaker: SageMakerMock) -> None:
    """Nothing can happen, and the error of a polling loop says why; a higher quota then lets the children come."""
    tune = tuning(sagemaker)
    sagemaker.quota("ml.m5.large", instances=0)
    sagemaker.advance_until_idle()
    assert sagemaker.clock.now() == after(9)
    with pytest.raises(NeverReached):
        sagemaker.advance_until(tune.arn, "Completed")
    with pytest.raises(NothingWillHappen, match="'tune' is InProgress since .*, and waits for room under a quota"):
        wait_for_its_end()
    assert "no children yet; a quota leaves no room" in str(tune)
    before = (sagemaker.clock.now() - tune.created).total_seconds()
    sagemaker.quota("ml.m5.large", instances=9)
    assert ages(tune) == [before, before]
    sagemaker.advance_until_idle()
    assert tune.counters == {**NONE, "Completed": 4}
    assert ages(tune) == [before, before, before + 95, before + 95]


def wait_for_its_end() -> None:
    """Poll as the SageMaker SDK does."""
    while describe()["HyperParameterTuningJobStatus"] in ("InProgress", "Stopping"):
        time.sleep(30)


@YOUNG
def test_a_tuning_job_that_waits_for_room_can_be_stopped_and_deleted(sagemaker: SageMakerMock) -> None:
    """A new one with the same name starts from nothing."""
    tuning(sagemaker)
    sagemaker.quota("ml.m5.large", instances=0)
    sagemaker.clock.advance(60)
    CLIENT.stop_hyper_parameter_tuning_job(**NAME)
    sagemaker.advance_until_idle()
    CLIENT.delete_hyper_parameter_tuning_job(**NAME)
    sagemaker.clock.advance(60)
    assert CLIENT.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"] == []
    sagemaker.quota("ml.m5.large", instances=9)
    ranges = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}]}
    CLIENT.create_hyper_parameter_tuning_job(**request(most=2, ranges=ranges))
    sagemaker.advance_until_idle()
    assert {one.hyperparameters["kind"] for one in sagemaker.tuning_jobs["tune"].children} == {"a", "b"}


@YOUNG
def test_a_recreated_tuning_job_has_its_own_children(sagemaker: SageMakerMock) -> None:
    """Those of the deleted one stay, with their names."""
    for _ in range(2):
        tune = tuning(sagemaker)
        sagemaker.advance_until_idle()
        assert tune.counters == {**NONE, "Completed": 4}
        CLIENT.delete_hyper_parameter_tuning_job(**NAME)
        sagemaker.clock.advance(60)
    assert len(sagemaker.jobs) == 8
    assert len(sagemaker.tuning_jobs) == 0


def test_a_refused_child_fails_the_tuning_job(sagemaker: SageMakerMock) -> None:
    """If the reason is not a quota but, for example, a missing bucket; running children may end."""
    tune = tuning(sagemaker, parallel=1, most=3)
    sagemaker.clock.advance(60)

    def gone(*_: object) -> None:
        code = "ValidationException"
        raise Refusal(code, "no such bucket")

    sagemaker._worlds[-1].backend.service.check_data = gone
    # An earlier success does not prevent that.
    assert sagemaker.advance_until(tune.arn, "Failed") == tune.ended
    sagemaker.advance_until_idle()
    assert (tune.status, tune.failure_reason) == ("Failed", "ValidationException: no such bucket")
    assert tune.counters == {**NONE, "Completed": 1}


# -- functions of the test


def test_a_callable_plan_may_call_aws_and_sleep(sagemaker: SageMakerMock) -> None:
    """It is called once for each child, and the child is created at its own instant."""
    asked: list[str] = []

    def plan(request: Mapping[str, Any]) -> Plan:
        asked.append(request["TrainingJobName"])
        sagemaker.clock.advance(5)
        assert describe()["HyperParameterTuningJobStatus"] == "InProgress"
        return SHORT

    sagemaker.plan("tune-*", plan)
    tune = tuning(sagemaker, None)
    sagemaker.advance_until_idle()
    assert asked == [one.name for one in tune.children]
    assert ages(tune) == [9, 9, 104, 104]


def test_an_objective_that_raises_is_called_again(sagemaker: SageMakerMock) -> None:
    """The thread that lets time pass gets the error, at the instant of the child."""
    errors = [ValueError("mine"), ValueError("mine")]

    def objective(_: Mapping[str, str]) -> float:
        if errors:
            raise errors.pop()
        return 1.0

    tune = tuning(sagemaker, own=TuningJobPlan.completes(objective=objective))
    with pytest.raises(ValueError, match="mine"):
        sagemaker.clock.advance(60)
    with pytest.raises(ValueError, match="mine"):
        describe()
    assert sagemaker.clock.now() == after(9)
    sagemaker.advance_until_idle()
    assert (tune.counters["Completed"], tune.best.objective) == (4, 1.0)


def test_a_callable_that_returns_no_plan_is_refused(sagemaker: SageMakerMock) -> None:
    """By the advance that needs the plan."""
    sagemaker.plan("tune-*", lambda _: TuningJobPlan.completes())
    tuning(sagemaker, None)
    with pytest.raises(UsageError, match="let it return a Plan"):
        sagemaker.clock.advance(60)


def test_threads_may_poll_while_a_plan_sleeps(sagemaker: SageMakerMock) -> None:
    """Each child's plan is asked for once; it may sleep longer than the thread that called it."""
    asked: list[str] = []

    def plan(request: Mapping[str, Any]) -> Plan:
        asked.append(request["TrainingJobName"])
        time.sleep(3)
        return Plan.completes(training=60)

    sagemaker.plan("tune-*", plan)
    tuning(sagemaker, None, most=6)
    ends: list[Any] = []

    def poll() -> None:
        while describe()["HyperParameterTuningJobStatus"] == "InProgress":
            time.sleep(20)
        ends.append(sagemaker.clock.now())

    threads = [threading.Thread(target=poll) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(ends) == 2
    assert len(asked) == len(set(asked)) == 6


def test_tasks_may_poll(sagemaker: SageMakerMock) -> None:
    """Their sleeps let time pass like others."""
    tune = tuning(sagemaker)

    async def poll() -> None:
        while tune.status == "InProgress":  # noqa: ASYNC110  # as code that polls does
            await asyncio.sleep(30)

    asyncio.run(poll())
    assert tune.counters == {**NONE, "Completed": 4}


def test_children_come_as_real_time_passes() -> None:
    """With `rate`, reading the time creates the children that are due."""
    with mock_sagemaker(start=START, rate=5000, plan=SHORT) as mock:
        CLIENT.create_hyper_parameter_tuning_job(**request())
        tune = mock.tuning_jobs["tune"]
        eventually(lambda: tune.status != "InProgress")
        assert tune.counters == {**NONE, "Completed": 4}
        assert ages(tune)[:2] == [9, 9]


def test_event_handlers_may_stop_a_tuning_job_and_create_another(sagemaker: SageMakerMock) -> None:
    """At the instant of the event."""

    def handler(event: dict[str, Any]) -> None:
        detail = event["detail"]
        if detail.get("TrainingJobStatus") == "Completed" and tune.status == "InProgress":
            CLIENT.stop_hyper_parameter_tuning_job(**NAME)
        if detail.get("HyperParameterTuningJobStatus") == "Stopped" and "again" not in sagemaker.tuning_jobs:
            CLIENT.create_hyper_parameter_tuning_job(**request("again"))

    sagemaker.on_event(handler)
    tune = tuning(sagemaker, most=10)
    sagemaker.advance_until_idle()
    assert (tune.status, tune.counters) == ("Stopped", {**NONE, "Completed": 2})
    assert sagemaker.tuning_jobs["again"].status == "Completed"
    kinds = [one["detail-type"] for one in sagemaker.events]
    assert kinds.count("SageMaker HyperParameter Tuning Job State Change") == 3 + 2


# -- children


@pytest.mark.parametrize(
    "verb,counter,objective",
    [("stop_job", "Stopped", "Failed"), ("fail", "NonRetryableError", "Failed"), ("complete", "Completed", "Succeeded")],
)
def test_a_verb_on_a_child_changes_the_tuning_job(sagemaker: SageMakerMock, verb: str, counter: str, objective: str) -> None:
    """The next child comes that much earlier."""
    tune = tuning(sagemaker, Plan.completes(starting=0, downloading=0, training=100, uploading=0, stopping=0), parallel=1, most=2)
    sagemaker.clock.advance(59)
    child = tune.children[0].name
    getattr(sagemaker, verb)(child)
    assert tune.counters == {**NONE, counter: 1}
    assert ages(tune) == [9]
    sagemaker.clock.advance(35)
    assert ages(tune) == [9, 94]
    (first,) = child_summaries(SortBy="Name", MaxResults=1)
    assert (first["TrainingJobName"], first["ObjectiveStatus"]) == (child, objective if verb != "stop_job" else "Succeeded")


def test_a_client_may_stop_a_child(sagemaker: SageMakerMock) -> None:
    """Like any training job; the tuning job goes on."""
    tune = tuning(sagemaker, Plan.hangs("Training"), parallel=1, most=2)
    sagemaker.clock.advance(600)
    for number in range(2):
        CLIENT.stop_training_job(TrainingJobName=tune.children[number].name)
        assert tune.counters == {**NONE, "InProgress": 1, "Stopped": number}
        sagemaker.clock.advance(600)
    assert (tune.status, tune.counters) == ("Completed", {**NONE, "Stopped": 2})


@YOUNG
def test_a_deleted_child_still_counts(sagemaker: SageMakerMock) -> None:
    """It is listed with its final status, even if another job has its name."""
    tune = tuning(sagemaker, own=TuningJobPlan.completes(objective=lambda _: 0.5))
    sagemaker.advance_until_idle()
    before = describe(), child_summaries()
    first = tune.best.name
    for one in tune.children:
        CLIENT.delete_training_job(TrainingJobName=one.name)
    assert (describe(), child_summaries()) == before
    sagemaker.clock.advance(600)
    assert len(sagemaker.jobs) == 0
    sagemaker.create_training_job(first, plan=FAILS)
    sagemaker.advance_until_idle()
    assert (describe(), child_summaries()) == before
    assert [one.status for one in tune.children] == ["Completed"] * 4


@YOUNG
def test_a_child_may_be_deleted_while_others_run(sagemaker: SageMakerMock) -> None:
    """Its instances are not reused, but its slot is."""
    tune = tuning(sagemaker, parallel=1, most=2)
    sagemaker.clock.advance(80)
    CLIENT.delete_training_job(TrainingJobName=tune.children[0].name)
    sagemaker.advance_until_idle()
    assert tune.counters == {**NONE, "Completed": 2}


@pytest.mark.parametrize("fails", [False, True])
def test_children_reuse_the_instances_of_earlier_ones(sagemaker: SageMakerMock, *, fails: bool) -> None:
    """Also those of a failed one; its WarmPoolStatus names the job that reuses them."""
    plan = Plan.fails(after=60) if fails else Plan.completes(training=60)
    tune = tuning(sagemaker, plan, parallel=1, most=2)
    sagemaker.advance_until_idle()
    first, second = (sagemaker.jobs[one.name] for one in tune.children)
    assert fails or first.transitions[-1].message == f"Resource reused by training job: {second.name}"
    starts = [(one.transitions[1].start - one.created).total_seconds() for one in (first, second)]
    assert starts[1] < 10 < starts[0]


def test_instances_of_spot_jobs_and_of_other_definitions_are_not_reused(sagemaker: SageMakerMock) -> None:
    """Such a child starts on new ones."""
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 600}}
    CLIENT.create_hyper_parameter_tuning_job(**request(parallel=1, most=2, definition=spot))
    whole = request_with_definitions("a", "b", parallel=1, most=2)
    CLIENT.create_hyper_parameter_tuning_job(**{**whole, "HyperParameterTuningJobName": "several"})
    sagemaker.advance_until_idle()
    for name in ("tune", "several"):
        jobs = [sagemaker.jobs[one.name] for one in sagemaker.tuning_jobs[name].children]
        assert all((one.transitions[1].start - one.created).total_seconds() > 10 for one in jobs)


def test_an_internal_error_is_retried(sagemaker: SageMakerMock) -> None:
    """With a RetryStrategy the child goes on. Without one it fails and counts as a RetryableError."""
    tune = tuning(
        sagemaker, Plan.internal_error(1), parallel=1, most=1, definition={"RetryStrategy": {"MaximumRetryAttempts": 1}}
    )
    CLIENT.create_hyper_parameter_tuning_job(**request("bare", parallel=1, most=1))
    sagemaker.plan("bare-*", Plan.internal_error(1))
    sagemaker.advance_until_idle()
    assert tune.counters == {**NONE, "Completed": 1}
    bare = sagemaker.tuning_jobs["bare"]
    assert (bare.status, bare.counters) == ("Failed", {**NONE, "RetryableError": 1})


@pytest.mark.parametrize("resumes", [False, True])
def test_a_spot_child_goes_on_after_an_interruption(sagemaker: SageMakerMock, *, resumes: bool) -> None:
    """Without checkpoints it emits its values again."""
    spot: dict[str, Any] = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 7200},
    }
    if resumes:
        spot["CheckpointConfig"] = {"S3Uri": "s3://churn/checkpoints"}
    own = TuningJobPlan.completes(objective=lambda _: [(0, 0.9), (50, 0.1)])
    tune = tuning(sagemaker, Plan.completes(starting=0, downloading=0, training=60), own, parallel=1, most=1, definition=spot)
    sagemaker.clock.advance(9 + 55)
    assert tune.children[0].objective == 0.1
    sagemaker.interrupt(tune.children[0].name)
    assert tune.children[0].objective == (0.1 if resumes else None)
    sagemaker.advance_until_idle()
    assert (tune.counters["Completed"], tune.best.objective) == (1, 0.1)


def test_lines_of_the_test_replace_drawn_objectives(sagemaker: SageMakerMock) -> None:
    """They do not replace those of `objective=`, nor count after the end of the child."""
    tune = tuning(sagemaker, Plan.completes(training=600), parallel=2, most=2)
    sagemaker.clock.advance(300)
    first, second = (one.name for one in tune.children)
    assert tune.children[0].objective != 0.01
    sagemaker.log(first, "an epoch is over")
    sagemaker.log(first, "loss=0.01")
    assert tune.children[0].objective == 0.01
    sagemaker.advance_until_idle()
    sagemaker.log(second, "loss=0.001")
    assert (tune.best.name, tune.best.objective) == (first, 0.01)
    metrics = CLIENT.describe_training_job(TrainingJobName=first)["FinalMetricDataList"]
    assert [one["MetricName"] for one in metrics] == ["loss", "ObjectiveMetric"]
    assert {one["Value"] for one in metrics} == {0.009999999776482582}


def test_the_objective_argument_overrides_logged_values(sagemaker: SageMakerMock) -> None:
    """If it emits any."""
    own = TuningJobPlan.completes(objective=lambda _: [(0, 0.5)])
    tune = tuning(sagemaker, Plan.completes(training=600), own, parallel=1, most=1)
    sagemaker.clock.advance(300)
    sagemaker.log(tune.children[0].name, "loss=0.01")
    sagemaker.advance_until_idle()
    assert tune.best.objective == 0.5


def test_the_log_in_a_childs_plan_has_its_objective(sagemaker: SageMakerMock) -> None:
    """The metric definitions read it; the last value counts, and without a value there is no objective."""
    logs = {"Training": [(10, "loss=0.9"), (20, "loss=0.2"), (30, "nothing")]}
    sagemaker.plan("tune-001-*", Plan.completes(training=60, logs=logs))
    sagemaker.plan("tune-002-*", Plan.completes(training=60, logs={"Training": [(10, "nothing")]}))
    tune = tuning(sagemaker, None, parallel=2, most=2)
    sagemaker.advance_until_idle()
    assert tune.best.objective == 0.2
    assert tune.objective_counters == {"Succeeded": 1, "Pending": 0, "Failed": 1}
    assert [one["TrainingJobName"] for one in child_summaries(SortBy="FinalObjectiveMetricValue")] == [tune.best.name]


def test_a_tuning_job_has_no_log_and_no_instances(sagemaker: SageMakerMock) -> None:
    """The error says whose they are."""
    tune = tuning(sagemaker)
    sagemaker.clock.advance(60)
    with pytest.raises(UsageError, match="has no log of its own: write to the log of one of its children"):
        sagemaker.log(tune.arn, "loss=0.1")
    with pytest.raises(UsageError, match="only training jobs"):
        sagemaker.interrupt(tune.arn)
