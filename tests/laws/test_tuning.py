"""Laws of a tuning job's life, under random requests, plans of its children and interventions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock import Plan, SageMakerMock, TuningJobPlan, mock_sagemaker
from sagemock.errors import UsageError
from tests.support.calling import START, YOUNG, make_client
from tests.support.tuning import RATE, request, request_with_definitions

CLIENT = make_client()
NAME = {"HyperParameterTuningJobName": "tune"}
LINES = {"Training": [(5 * number, f"loss={0.9 - 0.1 * number:.1f}") for number in range(8)]}
GRID = {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1", "2", "3"]}, {"Name": "b", "Values": ["x", "y"]}]}
CHILDREN = [
    Plan.completes(starting=0, downloading=0, training=30, uploading=0),
    Plan.completes(starting=60, training=300),
    Plan.completes(training=60, logs=LINES),
    Plan.fails(after=10),
    Plan.fails(during="Starting", starting=0),
    Plan.hangs("Training"),
    Plan.hangs("Starting"),
    Plan.completes().but(stopped_after=100),
    Plan.internal_error(2),
    Plan.capacity_error(),
    Plan.waits_for_capacity(600),
    Plan.immediate(),
]
OBJECTIVES = [None, lambda tuned: float(tuned.get("rate", 1)), lambda _: None, lambda _: [(1, 0.5), (3, 0.4), (9, 0.2)]]
CRITERIA = [
    {"TargetObjectiveMetricValue": 0.5},
    {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}},
    {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}},
]
HYPERBAND = {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}}
OVER = ("Completed", "Failed", "Stopped")
WHEN = st.sampled_from([0, 1, 3, 9, 10, 44, 60, 200, 900])


@dataclass
class Case:
    """A tuning job, the plans of its children, and the interventions."""

    request: dict[str, Any]
    plan: TuningJobPlan
    children: list[Plan]
    done: list[tuple[float, str, int]] = field(default_factory=list)
    """(seconds after the previous act, act, number of the child)"""


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw requests with every setting that changes the life of a tuning job."""
    strategy = draw(st.sampled_from(["Random", "Bayesian", "Grid", "Hyperband"]))
    config: dict[str, Any] = {
        "strategy": strategy,
        "parallel": draw(st.sampled_from([1, 2, 3, 5])),
        "limits": draw(st.sampled_from([{}, {}, {"MaxRuntimeInSeconds": 120}, {"MaxRuntimeInSeconds": 1000}])),
        "most": draw(st.sampled_from([None, 6] if strategy == "Grid" else [1, 3, 9])),
        **(HYPERBAND if strategy == "Hyperband" else {}),
        **draw(st.sampled_from([{}, {}, *({"TuningJobCompletionCriteria": one} for one in CRITERIA)])),
    }
    ranges = GRID if strategy == "Grid" else RATE
    kind = draw(st.sampled_from(["Minimize", "Maximize"]))
    if strategy in ("Random", "Bayesian") and draw(st.booleans()):
        config["TrainingJobEarlyStoppingType"] = "Auto"
    elif strategy != "Hyperband" and draw(st.booleans()):
        return request_with_definitions(
            "a", "b", kinds={"a": kind, "b": kind}, ranges=ranges, **{**config, "most": config["most"] and 2 * config["most"]}
        )
    condition = {"MaxRuntimeInSeconds": draw(st.sampled_from([1, 60, 86400]))}
    retries = draw(st.sampled_from([{}, {"RetryStrategy": {"MaximumRetryAttempts": 1}}]))
    return request(kind=kind, ranges=ranges, definition={"StoppingCondition": condition, **retries}, **config)


@st.composite
def plans(draw: st.DrawFn) -> TuningJobPlan:
    """Draw plans of tuning jobs."""
    given: dict[str, Any] = {
        "objective": draw(st.sampled_from(OBJECTIVES)),
        "first_launch": draw(st.sampled_from([0, 3, 9, (3, 10)])),
        "next_launch": draw(st.sampled_from([0, 4, 35])),
        "finishing": draw(st.sampled_from([0, 25])),
    }
    length = draw(WHEN)
    return draw(
        st.sampled_from([TuningJobPlan.completes(**given)] * 5 + [
            TuningJobPlan.hangs(**given),
            TuningJobPlan.fails(after=length, **given),
            TuningJobPlan.stopped(after=length, **given),
            TuningJobPlan.immediate(),
        ])
    )  # fmt: skip


ACTIONS = ("stop it", "fail it", "complete it", "stop", "fail", "complete", "delete", "log", "less", "more")
CASES = st.builds(
    Case,
    requests(),
    plans(),
    st.lists(st.sampled_from(CHILDREN), min_size=12, max_size=12),
    st.lists(st.tuples(WHEN, st.sampled_from(ACTIONS), st.integers(0, 11)), max_size=5),
)


class Played:
    """A case that has been played, with all descriptions on its way."""

    def __init__(self, case: Case, pieces: int) -> None:
        """Play the case; each wait is split into this many pieces."""
        self.case, self.pieces = case, pieces
        self.looks: list[Any] = []
        with mock_sagemaker(start=START, latency=0, plan=case.plan, strict=False) as self.mock:
            for number, plan in enumerate(case.children, 1):
                self.mock.plan(f"tune-{number:03}-*", plan)
            CLIENT.create_hyper_parameter_tuning_job(**case.request)
            self.look()
            for later, action, number in case.done:
                self.advance(later)
                self.act(action, number)
                self.look()
            self.advance(2000)
            self.look()
            self.mock.advance_until_idle()
            self.look()
            last = self.looks[-1]
            self.mock.clock.advance(days=7)
            self.look()
            # A tuning job that still runs gets new children meanwhile.
            settled = last[1]["HyperParameterTuningJobStatus"] in OVER
            assert self.looks[-1][1:] == last[1:] or not settled

    def advance(self, seconds: float) -> None:
        """Let time pass, with a look between two pieces."""
        begins = self.mock.clock.now()
        for piece in range(1, self.pieces + 1):
            self.mock.clock.advance_to(begins + timedelta(seconds=seconds) * piece / self.pieces)
            if self.pieces > 1:
                descriptions(self.mock)

    def act(self, action: str, number: int) -> None:  # pragma: no cover  # which acts are drawn is chance
        """Act; if that is no longer possible, expect the refusal."""
        tune = self.mock.tuning_jobs["tune"]
        child = tune.children[number % len(tune.children)].name if tune.children else None
        try:
            match action:
                case "stop it":
                    CLIENT.stop_hyper_parameter_tuning_job(**NAME)
                    assert tune.status in ("Stopping", "Stopped")
                case "fail it":
                    self.mock.fail(tune.arn, "no reason")
                    assert (tune.status, tune.failure_reason) == ("Failed", "no reason")
                case "complete it":
                    self.mock.complete(tune.arn)
                    assert tune.status == "Completed"
                case "less" | "more":
                    self.mock.quota("ml.m5.large", instances=number % 3 if action == "less" else 100)
                case _:
                    if child is not None:
                        self.act_on(child, action)
        except UsageError as error:
            assert "cannot " in str(error) or "no container of " in str(error)  # noqa: PT017  # the act may also succeed
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("ValidationException", "ResourceInUse")  # noqa: PT017  # the act may also succeed

    def act_on(self, child: str, action: str) -> None:  # pragma: no cover  # which acts are drawn is chance
        """Act on a child, if it still exists."""
        if child in self.mock.jobs:
            match action:
                case "stop":
                    CLIENT.stop_training_job(TrainingJobName=child)
                case "delete":
                    CLIENT.delete_training_job(TrainingJobName=child)
                case "log":
                    self.mock.log(child, "loss=0.01")
                case _:
                    getattr(self.mock, action)(child)

    def look(self) -> None:
        """Describe everything, and check the laws that hold at every instant."""
        found = descriptions(self.mock)
        assert descriptions(self.mock) == found
        check(self.case.request, *found[1:3])
        if self.looks:
            check_growth(self.looks[-1], found)
        self.looks.append(found)


def descriptions(mock: SageMakerMock) -> Any:
    """Return the instant, the tuning job's description, its list of children, and all training jobs' descriptions."""
    shown = CLIENT.describe_hyper_parameter_tuning_job(**NAME)
    listed = CLIENT.list_training_jobs_for_hyper_parameter_tuning_job(
        **NAME, SortBy="Name", SortOrder="Ascending", MaxResults=100
    )
    jobs = [CLIENT.describe_training_job(TrainingJobName=name) for name in mock.jobs]
    for one in (shown, *jobs):
        del one["ResponseMetadata"]
    return mock.clock.now(), shown, listed["TrainingJobSummaries"], jobs


def check(request: Mapping[str, Any], shown: Mapping[str, Any], children: list[dict[str, Any]]) -> None:
    """Check that the description follows from the children."""
    config = request["HyperParameterTuningJobConfig"]
    limits = config["ResourceLimits"]
    statuses = Counter(one["TrainingJobStatus"] for one in children)
    running = statuses["InProgress"] + statuses["Stopping"]
    counters = shown["TrainingJobStatusCounters"]
    assert running <= limits["MaxParallelTrainingJobs"]
    assert len(children) <= limits.get("MaxNumberOfTrainingJobs", 12)
    assert counters["RetryableError"] + counters["NonRetryableError"] == statuses["Failed"]
    assert (counters["Completed"], counters["Stopped"], counters["InProgress"]) == (
        statuses["Completed"], statuses["Stopped"], running,
    )  # fmt: skip
    assert shown["ObjectiveStatusCounters"] == {
        name: sum(one["ObjectiveStatus"] == name for one in children) for name in ("Succeeded", "Pending", "Failed")
    }
    for one in children:
        assert 0.1 <= float(one["TunedHyperParameters"].get("rate", 0.1)) <= 0.9
        assert one["TunedHyperParameters"].get("a", "1") in ("1", "2", "3")
        assert ("FinalHyperParameterTuningJobObjectiveMetric" in one) == (one["ObjectiveStatus"] == "Succeeded")
    single = config.get("HyperParameterTuningJobObjective")
    kind = (single or request["TrainingJobDefinitions"][0]["TuningObjective"])["Type"]
    values = [
        one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for one in children
        if one["TrainingJobStatus"] == "Completed" and one["ObjectiveStatus"] == "Succeeded"
    ]
    best = shown.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value")
    assert best == (min if kind == "Minimize" else max)(values, default=None)
    status = shown["HyperParameterTuningJobStatus"]
    assert ("FailureReason" in shown) == (status == "Failed")
    assert ("HyperParameterTuningEndTime" in shown) == (status in OVER)
    if status in OVER:
        assert shown["HyperParameterTuningEndTime"] == shown["LastModifiedTime"]
        assert statuses["InProgress"] == 0


def check_growth(earlier: Any, later: Any) -> None:
    """Check that finished children stay unchanged, and that no child is created in the past."""
    before: datetime
    before, shown, children, _ = earlier
    _, again, more, _ = later
    assert again["LastModifiedTime"] >= shown["LastModifiedTime"]
    assert again["ConsumedResources"]["RuntimeInSeconds"] >= shown["ConsumedResources"]["RuntimeInSeconds"]
    if shown["HyperParameterTuningJobStatus"] in OVER:
        assert again["HyperParameterTuningJobStatus"] == shown["HyperParameterTuningJobStatus"]
    assert [one["TrainingJobName"] for one in more[: len(children)]] == [one["TrainingJobName"] for one in children]
    for one, other in zip(children, more, strict=False):
        assert one["CreationTime"] == other["CreationTime"]
        assert one == other or one["TrainingJobStatus"] not in OVER
    assert all(one["CreationTime"] >= before.replace(microsecond=0) for one in more[len(children) :])


@YOUNG
@settings(max_examples=40)
@given(CASES)
def test_descriptions_follow_from_the_children(case: Case) -> None:
    """At every look; splitting the time into pieces changes nothing."""
    assert Played(case, 1).looks == Played(case, 3).looks


@YOUNG
@settings(max_examples=20)
@given(CASES, st.sampled_from([1, 50, 3000]))
def test_a_backdated_tuning_job_equals_a_live_one(case: Case, ago: int) -> None:
    """`started_ago` gives the same descriptions and events as a job whose life was watched."""
    shown = []
    for started_ago in (0, ago):
        with mock_sagemaker(start=START + timedelta(seconds=started_ago), latency=0, plan=case.plan, strict=False) as mock:
            for number, plan in enumerate(case.children, 1):
                mock.plan(f"tune-{number:03}-*", plan)
            fields = {name: value for name, value in case.request.items() if name != "HyperParameterTuningJobName"}
            mock.create_tuning_job("tune", started_ago=started_ago, **{"TrainingJobDefinition": None, **fields})
            mock.clock.advance(ago - started_ago)
            now = descriptions(mock)
            mock.advance_until_idle()
            shown.append((now, descriptions(mock)[1:], [one["id"] for one in mock.events]))
    assert shown[0] == shown[1]
