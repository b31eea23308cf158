"""The life of a tuning job: stops, limits, strategies, and what other rooms show of it."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemock import (
    NeverReached,
    Plan,
    SageMakerMock,
    TuningJobPlan,
    UnusedError,
    mock_sagemaker,
)
from tests.support.calling import START, after, make_client
from tests.support.tuning import request, request_with_definitions
from tests.support.tuning_jobs import CLIENT, FAILS, NAME, NONE, SHORT, child_summaries, describe, tuning

OPTIONS: dict[str, Any] = {"latency": 0, "strict": False}

# -- the life of a tuning job


@pytest.mark.parametrize("verb", ["stop_job", "fail", "complete"])
@pytest.mark.parametrize("waits_for", ["failures", "limit", "criterion"])
def test_a_tuning_job_can_be_ended_while_it_waits_for_its_last_children(
    sagemaker: SageMakerMock, verb: str, waits_for: str
) -> None:
    """It launches no more, and is InProgress."""
    long = Plan.completes(starting=0, downloading=0, training=3000, uploading=0, stopping=100)
    changes: dict[str, Any] = {"most": 20, "parallel": 6}
    if waits_for == "limit":
        changes["limits"] = {"MaxRuntimeInSeconds": 300}
    elif waits_for == "criterion":
        changes["TuningJobCompletionCriteria"] = {"TargetObjectiveMetricValue": 100.0}
    sagemaker.plan("tune-001-*", long)
    sagemaker.plan("tune-*", {"failures": FAILS, "criterion": SHORT}.get(waits_for, long))
    tune = tuning(sagemaker, None, **changes)
    sagemaker.clock.advance({"failures": 200, "limit": 310, "criterion": 100}[waits_for])
    getattr(sagemaker, verb)(tune.arn)
    ends = {"stop_job": ("Stopping", "Stopped"), "fail": ("Failed", "Failed"), "complete": ("Completed", "Completed")}[verb]
    assert tune.status == ends[0]
    sagemaker.advance_until_idle()
    assert tune.status == ends[1]
    assert tune.counters["InProgress"] == 0
    assert "tune-001" in [one.name[:8] for one in tune.children if one.status == "Stopped"]


@pytest.mark.parametrize("at", [0, 5, 9, 60, 75, 94, 104, 180])
def test_a_tuning_job_can_be_stopped_at_any_instant(sagemaker: SageMakerMock, at: float) -> None:
    """Before the first child, while children run, when the next are due, and before its end; a second stop is refused."""
    tune = tuning(sagemaker, most=4)
    sagemaker.clock.advance(at)
    CLIENT.stop_hyper_parameter_tuning_job(**NAME)
    born = len(tune.children)
    assert tune.status == "Stopping" or (tune.status, sum(tune.counters.values())) == ("Stopped", tune.counters["Completed"])
    with pytest.raises(ClientError, match="already in status Stop"):
        CLIENT.stop_hyper_parameter_tuning_job(**NAME)
    sagemaker.advance_until_idle()
    assert tune.status == "Stopped"
    assert len(tune.children) == born
    shown = describe()
    assert shown["HyperParameterTuningEndTime"] == shown["LastModifiedTime"]


def test_a_runtime_limit_stops_the_children(sagemaker: SageMakerMock) -> None:
    """The tuning job stays InProgress until they have ended, and then is Completed."""
    tune = tuning(sagemaker, Plan.hangs("Training", stopping=50, uploading=0), limits={"MaxRuntimeInSeconds": 300})
    sagemaker.clock.advance(310)
    assert (tune.status, [one.status for one in tune.children]) == ("InProgress", ["Stopping"] * 2)
    assert " | limit" in sagemaker.timeline(tune.arn)
    sagemaker.advance_until_idle()
    assert (tune.status, tune.counters) == ("Completed", {**NONE, "Stopped": 2})
    assert sagemaker.clock.now() == after(300 + 50 + 25)


@pytest.mark.parametrize(
    "criteria,kind,children,converges",
    [
        ({"TargetObjectiveMetricValue": 0.7}, "Minimize", 4, False),
        ({"TargetObjectiveMetricValue": 0.6}, "Maximize", 1, False),
        ({"TargetObjectiveMetricValue": 0.1}, "Minimize", 20, True),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}, "Minimize", 8, False),
        ({"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}, "Minimize", 5 + 10, True),
        ({"ConvergenceDetected": {"CompleteOnConvergence": "Disabled"}}, "Minimize", 20, True),
    ],
)
def test_completion_criteria_end_a_tuning_job(
    sagemaker: SageMakerMock, criteria: dict[str, Any], kind: str, children: int, *, converges: bool
) -> None:
    """The children improve by a tenth up to the fifth one, then by less than one in a hundred."""
    values = iter([1.0, 0.9, 0.8, 0.7, 0.6, *(0.6 - 0.0001 * number for number in range(20))])
    own = TuningJobPlan.completes(objective=lambda _: next(values))
    tune = tuning(sagemaker, own=own, most=20, parallel=1, kind=kind, TuningJobCompletionCriteria=criteria)
    sagemaker.advance_until_idle()
    assert (tune.status, tune.counters) == ("Completed", {**NONE, "Completed": children})
    assert ("ConvergenceDetectedTime" in describe()["TuningJobCompletionDetails"]) == converges


def test_early_stopping_stops_children_below_the_median(sagemaker: SageMakerMock) -> None:
    """The last child too, unless it has finished training."""
    values = iter([[(10, 0.5), (60, 0.4)], [(10, 0.6), (60, 0.3)], [(10, 0.4), (60, 0.9)]])
    own = TuningJobPlan.completes(objective=lambda _: next(values))
    plan = Plan.completes(starting=0, downloading=0, training=60, uploading=30, stopping=0)
    tune = tuning(sagemaker, plan, own, parallel=1, most=3, TrainingJobEarlyStoppingType="Auto")
    sagemaker.advance_until_idle()
    assert [one.status for one in tune.children] == ["Completed", "Stopped", "Completed"]
    assert [one.objective for one in tune.children] == [0.4, 0.6, 0.9]
    second = tune.children[1]
    assert second.ended - second.created == timedelta(seconds=10 + 30)
    assert tune.objective_counters == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    assert tune.best.name == tune.children[0].name


def test_a_log_line_changes_which_child_is_stopped(sagemaker: SageMakerMock) -> None:
    """A better value of an earlier child makes later ones worse than the median."""
    own = TuningJobPlan.completes()
    logs = {"Training": [(10, "loss=0.5"), (60, "loss=0.5"), (100, "loss=0.5")]}
    plan = Plan.completes(starting=0, downloading=0, training=200, uploading=0, stopping=0, logs=logs)
    tune = tuning(sagemaker, plan, own, parallel=2, most=2, TrainingJobEarlyStoppingType="Auto")
    sagemaker.clock.advance(9 + 40)
    sagemaker.log(tune.children[0].name, "loss=0.1")
    sagemaker.clock.advance(25)
    assert [one.status for one in tune.children] == ["InProgress", "Stopped"]


def test_hyperband_stops_children_at_its_rungs(sagemaker: SageMakerMock) -> None:
    """The worst of three at the first rung; later children are compared with all earlier ones."""
    config = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}
    tune = tuning(sagemaker, Plan.completes(training=900), strategy="Hyperband", most=9, parallel=3, StrategyConfig=config)
    sagemaker.advance_until_idle()
    assert tune.status == "Completed"
    assert 3 <= tune.counters["Stopped"] <= 8


def test_a_grid_tries_each_combination_once(sagemaker: SageMakerMock) -> None:
    """For each definition; the description shows their number."""
    ranges = {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": ["x", "y", "z"]}]}
    tune = tuning(sagemaker, strategy="Grid", most=None, ranges=ranges)
    both = request_with_definitions("one", "two", strategy="Grid", most=None, ranges=ranges)
    CLIENT.create_hyper_parameter_tuning_job(**{**both, "HyperParameterTuningJobName": "both"})
    sagemaker.advance_until_idle()
    assert len({tuple(one.hyperparameters.items()) for one in tune.children}) == 6
    assert describe()["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 6
    assert sagemaker.tuning_jobs["both"].counters == {**NONE, "Completed": 12}


def test_plans_of_tuning_jobs(sagemaker: SageMakerMock) -> None:
    """They hang, fail, are stopped by their owner, or are created as Completed, as with moto."""
    plans = {
        "hangs": (TuningJobPlan.hangs(), "InProgress", 4),
        "fails": (TuningJobPlan.fails("no reason", after=50), "Failed", 2),
        "stopped": (TuningJobPlan.stopped(after=50), "Stopped", 2),
        "immediate": (TuningJobPlan.immediate(), "Completed", 0),
    }
    for name, (plan, _, _) in plans.items():
        sagemaker.plan(name, plan)
        CLIENT.create_hyper_parameter_tuning_job(**request(name))
    assert sagemaker.tuning_jobs["immediate"].status == "Completed"
    sagemaker.advance_until_idle()
    for name, (_, status, children) in plans.items():
        tune = sagemaker.tuning_jobs[name]
        assert (tune.status, len(tune.children)) == (status, children)
    with pytest.raises(NeverReached):
        sagemaker.advance_until(sagemaker.tuning_jobs["hangs"].arn, "Completed")
    sagemaker.stop_job(sagemaker.tuning_jobs["hangs"].arn)
    sagemaker.advance_until_idle()
    assert sagemaker.tuning_jobs["hangs"].status == "Stopped"


@pytest.mark.parametrize("ago", [5, 60, 200, 3600])
def test_a_backdated_tuning_job_has_its_children(ago: float) -> None:
    """At their own instants."""
    shown = []
    for started_ago in (0, ago):
        with mock_sagemaker(start=START + timedelta(seconds=started_ago), latency=0) as mock:
            tune = mock.create_tuning_job("tune", started_ago=started_ago)
            mock.clock.advance(ago - started_ago)
            now = describe(), child_summaries(), len(mock.events), tune.counters
            mock.advance_until_idle()
            shown.append((now, describe(), child_summaries()))
    assert shown[0] == shown[1]


def test_the_planned_failure_of_a_backdated_tuning_job_may_come_too_late() -> None:
    """Its children completed it before that instant."""
    seen = []
    for ago in (0, 50):
        plan = TuningJobPlan.fails(after=9, first_launch=0, finishing=0)
        with mock_sagemaker(start=START + timedelta(seconds=ago), latency=0, plan=[plan, Plan.immediate()]) as mock:
            fields = {name: value for name, value in request(most=1, parallel=1).items() if name != "HyperParameterTuningJobName"}
            mock.create_tuning_job("tune", started_ago=ago, **fields)
            mock.advance_until_idle()
            seen.append([(one["id"], one["time"]) for one in mock.events])
            assert mock.tuning_jobs["tune"].status == "Completed"
    assert seen[0] == seen[1]


@pytest.mark.parametrize("ago", [3000, 140])
def test_a_backdated_tuning_job_has_the_events_of_a_live_one(ago: float) -> None:
    """A limit ends it before its planned failure; events from before the subscription are not delivered."""
    seen, delivered = [], []
    for started_ago in (0, ago):
        plans = [TuningJobPlan.fails(after=200), Plan.completes(starting=0, training=300)]
        with mock_sagemaker(start=START + timedelta(seconds=started_ago), latency=0, plan=plans) as mock:
            begins = mock.clock.now() - timedelta(seconds=started_ago) + timedelta(seconds=ago)
            mock.on_event(lambda one, begins=begins: delivered.append(one["id"]) if mock.clock.now() >= begins else None)
            fields = request(limits={"MaxRuntimeInSeconds": 120})
            del fields["HyperParameterTuningJobName"]
            mock.create_tuning_job("tune", started_ago=started_ago, **fields)
            mock.clock.advance(5000 - started_ago)
            seen.append([(one["id"], one["time"]) for one in mock.events])
            seen.append(list(delivered))
            delivered.clear()
            assert mock.tuning_jobs["tune"].status == "Completed"
    assert seen[:2] == seen[2:]


def test_a_warm_start_of_several_parents(sagemaker: SageMakerMock) -> None:
    """The parents must have ended; the best job of all is shown with its tuning job's name."""
    values = iter([0.3, 0.9, 0.5, 0.2, 0.8, 0.7])
    sagemaker.plan("*", TuningJobPlan.completes(objective=lambda _: next(values)))
    sagemaker.plan("*", SHORT)
    for name in ("one", "two"):
        CLIENT.create_hyper_parameter_tuning_job(**request(name, most=2))
        sagemaker.advance_until_idle()
    parents = [{"HyperParameterTuningJobName": name} for name in ("two", "one")]
    start = {"WarmStartType": "IdenticalDataAndAlgorithm", "ParentHyperParameterTuningJobs": parents}
    CLIENT.create_hyper_parameter_tuning_job(**request(most=2), WarmStartConfig=start)
    assert describe()["OverallBestTrainingJob"]["TuningJobName"] == "two"
    sagemaker.clock.advance(60)
    again = {**start, "ParentHyperParameterTuningJobs": [NAME]}
    with pytest.raises(ClientError, match="The parent hyperparameter tuning job tune is in status InProgress"):
        CLIENT.create_hyper_parameter_tuning_job(**request("again"), WarmStartConfig=again)
    sagemaker.advance_until_idle()
    overall, best = (describe()[name] for name in ("OverallBestTrainingJob", "BestTrainingJob"))
    assert overall["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == pytest.approx(0.2)
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == pytest.approx(0.7)
    assert "TuningJobName" not in best


def test_a_warm_start_from_a_parent_without_a_success(sagemaker: SageMakerMock) -> None:
    """There is no best job then."""
    sagemaker.plan("one-*", FAILS)
    CLIENT.create_hyper_parameter_tuning_job(**request("one", most=2))
    sagemaker.advance_until_idle()
    parents = [{"HyperParameterTuningJobName": "one"}]
    start = {"WarmStartType": "IdenticalDataAndAlgorithm", "ParentHyperParameterTuningJobs": parents}
    CLIENT.create_hyper_parameter_tuning_job(**request(most=2), WarmStartConfig=start)
    assert "OverallBestTrainingJob" not in describe()
    sagemaker.advance_until_idle()
    assert describe()["OverallBestTrainingJob"] == describe()["BestTrainingJob"]


# -- other rooms


def test_tuning_jobs_of_regions_and_accounts_are_separate(sagemaker: SageMakerMock) -> None:
    """Each has its own children."""
    sagemaker.accounts["AKIDOTHER"] = "210987654321"
    clients = [CLIENT, make_client("eu-west-1"), make_client(access_key="AKIDOTHER")]
    for one in clients:
        one.create_hyper_parameter_tuning_job(**request())
    sagemaker.advance_until_idle()
    arns: set[str] = set()
    for one in clients:
        assert one.describe_hyper_parameter_tuning_job(**NAME)["TrainingJobStatusCounters"] == {**NONE, "Completed": 4}
        found = one.list_training_jobs()["TrainingJobSummaries"]
        assert len(found) == 4
        arns.update(summary["TrainingJobArn"] for summary in found)
    assert len(arns) == 12


def test_names_keep_their_case_and_are_unique_regardless_of_case(sagemaker: SageMakerMock) -> None:
    """The children's names keep the case too."""
    CLIENT.create_hyper_parameter_tuning_job(**request("TUNE-A"))
    with pytest.raises(ClientError, match="ResourceInUse"):
        CLIENT.create_hyper_parameter_tuning_job(**request("tune-a"))
    sagemaker.advance_until_idle()
    assert all(one.arn.split("/")[1].startswith("TUNE-A-00") for one in sagemaker.tuning_jobs["TUNE-A"].children)


def test_creations_of_children_are_not_calls(sagemaker: SageMakerMock) -> None:
    """No fault applies to them, they are not among the calls, and they can be hidden."""
    sagemaker.fault("CreateTrainingJob", "InternalFailure")
    sagemaker.hide("tune-*", lasting=60)
    tune = tuning(sagemaker)
    sagemaker.clock.advance(9)
    assert tune.counters == {**NONE, "InProgress": 2}
    assert CLIENT.list_training_jobs()["TrainingJobSummaries"] == []
    sagemaker.clock.advance(60)
    assert len(CLIENT.list_training_jobs()["TrainingJobSummaries"]) == 2
    sagemaker.advance_until_idle()
    assert sagemaker.calls.to("CreateTrainingJob").count == 0


def test_an_unused_plan_for_a_child_is_named() -> None:
    """At the end of a strict mock."""
    mock = mock_sagemaker(plan=SHORT)
    mock.start()
    mock.plan("tune-009-*", FAILS)
    CLIENT.create_hyper_parameter_tuning_job(**request())
    mock.advance_until_idle()
    with pytest.raises(UnusedError, match="tune-009"):
        mock.stop()


def test_nested_mocks_have_their_own_tuning_jobs(sagemaker: SageMakerMock) -> None:
    """The outer one goes on where it was."""
    tune = tuning(sagemaker)
    sagemaker.clock.advance(20)
    with mock_sagemaker(plan=SHORT) as inner:
        CLIENT.create_hyper_parameter_tuning_job(**request())
        inner.advance_until_idle()
        assert inner.tuning_jobs["tune"].status == "Completed"
    assert tune.counters == {**NONE, "InProgress": 2}
    sagemaker.advance_until_idle()
    assert tune.counters == {**NONE, "Completed": 4}


def test_another_process_sees_a_tuning_job(sagemaker: SageMakerMock) -> None:
    """Over HTTP, like any client."""
    tune = tuning(sagemaker)
    with sagemaker.serve() as url:
        outside = make_client(endpoint_url=url)
        sagemaker.advance_until_idle()
        shown = outside.describe_hyper_parameter_tuning_job(**NAME)
    assert shown["TrainingJobStatusCounters"] == tune.counters


def test_a_signal_handler_may_raise_while_a_child_is_created(sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its creation and its entry in the tuning job: it is neither created again nor lost."""
    tune = tuning(sagemaker, parallel=2)
    launcher: Any = sagemaker._worlds[-1].launcher
    child, calls = launcher._child, []

    def interrupted(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return child(*given)

    monkeypatch.setattr(launcher, "_child", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sagemaker.advance_until_idle()
    sagemaker.advance_until_idle()
    assert (tune.status, tune.counters) == ("Completed", {**NONE, "Completed": 4})
    assert sorted(one.name for one in tune.children) == sorted(sagemaker.jobs)


def test_a_picture_shows_children_under_their_tuning_job(sagemaker: SageMakerMock) -> None:
    """With their values, and the reason of each failure."""
    tune = tuning(sagemaker, FAILS, most=2)
    assert "no children yet" in str(tune)
    sagemaker.clock.advance(15)
    assert "no objective yet" in str(tune)
    sagemaker.advance_until_idle()
    text = sagemaker.timeline(tune.arn)
    assert "All training jobs failed" in text
    assert "  -001-" in text
    assert "no objective yet" not in text
    assert text.count("AlgorithmError: , exit code: 1") == 2
    assert tune.best is None


@pytest.mark.parametrize("plan,wanted", [(SHORT, "Completed"), (FAILS, "Failed")])
def test_time_advances_to_the_end_of_a_tuning_job(sagemaker: SageMakerMock, plan: Plan, wanted: Any) -> None:
    """From child to child; a status that cannot come is refused at once."""
    tune = tuning(sagemaker, plan)
    with pytest.raises(NeverReached):
        sagemaker.advance_until(tune.arn, "Stopped")
    assert sagemaker.clock.now() == after(0)
    assert sagemaker.advance_until(tune.arn, wanted) == tune.ended
    assert tune.started is None


@pytest.mark.parametrize("most,parallel", [(2, 2), (3, 1)])
def test_children_may_never_end(sagemaker: SageMakerMock, most: int, parallel: int) -> None:
    """The tuning job stays InProgress, and launches nothing more."""
    tune = tuning(sagemaker, Plan.hangs("Starting"), most=most, parallel=parallel)
    sagemaker.advance_until_idle()
    with pytest.raises(NeverReached):
        sagemaker.advance_until(tune.arn, "Completed")
    assert tune.counters == {**NONE, "InProgress": parallel}
    sagemaker.stop_job(tune.arn)
    sagemaker.advance_until_idle()
    assert (tune.status, tune.counters) == ("Stopped", {**NONE, "Stopped": parallel})


@pytest.mark.parametrize(
    "own,changes",
    [
        (TuningJobPlan.completes().stopped(after=600), {}),
        (TuningJobPlan.completes(), {"limits": {"MaxRuntimeInSeconds": 600}}),
    ],
    ids=["its-plan", "its-limit"],
)
def test_time_advances_to_the_stop_of_a_child(sagemaker: SageMakerMock, own: TuningJobPlan, changes: dict[str, Any]) -> None:
    """The child's own plan has no stop: the tuning job stops it."""
    tune = tuning(sagemaker, Plan.hangs("Training"), own, **changes)
    sagemaker.clock.advance(20)
    child = tune.children[0]
    with pytest.raises(NeverReached):
        sagemaker.advance_until(child.name, "Completed")
    assert sagemaker.clock.now() == after(20)
    assert after(600) <= sagemaker.advance_until(child.name, "Stopping") < after(700)
    assert sagemaker.advance_until(child.name, "Stopped") == tune.children[0].ended


def test_a_child_that_ends_before_the_stop_is_not_stopped(sagemaker: SageMakerMock) -> None:
    """`advance_until` knows that at once."""
    tune = tuning(sagemaker, SHORT, TuningJobPlan.completes().stopped(after=600), most=2)
    sagemaker.clock.advance(20)
    with pytest.raises(NeverReached):
        sagemaker.advance_until(tune.children[0].name, "Stopped")
    assert sagemaker.clock.now() == after(20)


def test_only_a_tuning_job_stops_training_jobs(sagemaker: SageMakerMock) -> None:
    """A job without one, or of another kind, has no such stop."""
    sagemaker.create_training_job("own")
    processing = sagemaker.create_processing_job("step")
    for one in ("own", processing.arn):
        with pytest.raises(NeverReached):
            sagemaker.advance_until(one, "Stopped")
