"""FinalMetricDataList: the last values of metrics."""

import time
from typing import Any

import boto3
import pytest

from sagemock import NotSimulated, Plan, SageMakerMock, mock_sagemaker
from tests.service.test_operations import refusal
from tests.support.calling import START, after, create, describe, make_client
from tests.support.partial_records import G1

LOSS = {"Name": "train:loss", "Regex": "loss=([-+.0-9a-z_]+)"}
EPOCH = {"Name": "epoch", "Regex": "epoch [0-9]+|^[0-9]+"}
KNOWN: Any = {"starting": 10, "downloading": 20, "uploading": 5, "stopping": 3}


OPTIONS: dict[str, Any] = {"latency": 0, "strict": False}


def with_metrics(*definitions: dict[str, str]) -> dict[str, Any]:
    """Return an AlgorithmSpecification with metric definitions."""
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
    return {"TrainingImage": image, "TrainingInputMode": "File", "MetricDefinitions": list(definitions)}


def final_metrics(client: Any, name: str = "churn-1") -> list[tuple[str, float, float]]:
    """Return a job's metrics: name, value, and seconds after START."""
    found = describe(client, name).get("FinalMetricDataList", [])
    return [(one["MetricName"], one["Value"], (one["Timestamp"] - START).total_seconds()) for one in found]


def test_the_last_value_is_shown_as_by_the_service(sagemaker: SageMakerMock, client: Any) -> None:
    """A 32-bit float as a double, at a whole second; missing until a line matches."""
    lines = [(0, "start"), (10, "loss=0.5"), (20.9, "loss=0.0036"), (30, "done")]
    sagemaker.plan("*", Plan.completes(training=100, logs={"Training": lines}, **KNOWN))
    create(client, "churn-1", AlgorithmSpecification=with_metrics(LOSS, {"Name": "never", "Regex": "accuracy=(.*)"}))
    sagemaker.clock.advance_to(after(39))
    assert "FinalMetricDataList" not in describe(client, "churn-1")
    sagemaker.clock.advance_to(after(40))
    assert final_metrics(client) == [("train:loss", 0.5, 40)]
    sagemaker.clock.advance_to(after(50))
    assert final_metrics(client) == [("train:loss", 0.5, 40)]
    sagemaker.clock.advance_to(after(51))
    assert final_metrics(client) == [("train:loss", 0.003599999938160181, 50)]
    sagemaker.advance_until_idle()
    assert final_metrics(client) == [("train:loss", 0.003599999938160181, 50)]


def test_metrics_are_shown_in_the_order_of_their_definitions(sagemaker: SageMakerMock, client: Any) -> None:
    """Each has its own last line; without a group the whole match is the value."""
    lines = [(10, "epoch 1"), (20, "7 loss=2"), (30, "loss=1")]
    sagemaker.plan("*", Plan.completes(training=100, logs={"Training": lines}, **KNOWN))
    create(client, "churn-1", AlgorithmSpecification=with_metrics(EPOCH, LOSS))
    sagemaker.advance_until_idle()
    assert final_metrics(client) == [("epoch", 7.0, 50), ("train:loss", 1.0, 60)]


@pytest.mark.parametrize("text", ["loss=abc", "loss=nan", "loss=inf", "loss=1e39", "loss", "loss=", "loss=1.2.3"])
def test_a_match_that_is_not_a_number_is_no_value(sagemaker: SageMakerMock, client: Any, text: str) -> None:
    """A number that MetricData cannot hold is no value either; the earlier one stays."""
    lines = [(10, "loss=-1e-3"), (20, text)]
    sagemaker.plan("*", Plan.completes(training=100, logs={"Training": lines}, **KNOWN))
    create(client, "churn-1", AlgorithmSpecification=with_metrics({**LOSS, "Regex": "loss(?:=([-a-z0-9.]+))?"}))
    sagemaker.advance_until_idle()
    assert final_metrics(client) == [("train:loss", -0.0010000000474974513, 40)]


def test_added_lines_count_at_their_instants(sagemaker: SageMakerMock, client: Any) -> None:
    """The last by instant counts, not the last added; lines at times without a container do not count."""
    sagemaker.plan("*", Plan.completes(training=100, logs={"Training": [(50, "loss=5")]}, **KNOWN))
    create(client, "churn-1", AlgorithmSpecification=with_metrics(LOSS))
    create(client, "churn-2", AlgorithmSpecification=with_metrics(LOSS))
    sagemaker.log("churn-1", "loss=9", at=after(90))
    sagemaker.log("churn-2", "loss=9", at=after(90))
    client.stop_training_job(TrainingJobName="churn-2")
    sagemaker.clock.advance_to(after(60))
    sagemaker.log("churn-1", "loss=3", at=after(45))
    sagemaker.log("churn-1", "nothing")
    assert final_metrics(client) == [("train:loss", 3.0, 45)]
    sagemaker.clock.advance_to(after(80))
    assert final_metrics(client) == [("train:loss", 5.0, 80)]
    sagemaker.clock.advance_to(after(90))
    assert final_metrics(client) == [("train:loss", 9.0, 90)]
    assert final_metrics(client, "churn-2") == []


def test_groups_may_be_named_as_in_java(sagemaker: SageMakerMock, client: Any) -> None:
    """The service's engine is not known, so both spellings are read."""
    sagemaker.plan("*", Plan.completes(training=100, logs={"Training": [(1, "loss=2 acc=3")]}, **KNOWN))
    create(client, "churn-1", AlgorithmSpecification=with_metrics({"Name": "acc", "Regex": "(?<=acc=)(?<value>[0-9]+)"}))
    sagemaker.advance_until_idle()
    assert final_metrics(client) == [("acc", 3.0, 31)]


def test_values_survive_a_restart(sagemaker: SageMakerMock, client: Any) -> None:
    """Until the restarted container logs a newer one."""
    then = Plan.completes(training=100, logs={"Training": [(10, "loss=2"), (50, "loss=1")]}, **KNOWN)
    sagemaker.plan("*", Plan.interrupted(after=[60], lasting=10, then=then))
    create(
        client,
        "churn-1",
        AlgorithmSpecification=with_metrics(LOSS),
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 7200},
    )
    sagemaker.advance_until("churn-1", "Interrupted")
    assert final_metrics(client) == [("train:loss", 1.0, 80)]
    sagemaker.advance_until("churn-1", "Training")
    assert final_metrics(client) == [("train:loss", 1.0, 80)]
    sagemaker.clock.advance(10)
    ((_, value, _),) = final_metrics(client)
    assert value == 2.0


@pytest.mark.parametrize(
    "regex, text",
    [("(", "missing ), unterminated subpattern at position 0"), ("a{9999999999999999}", "the repetition number is too large")],
)
def test_an_invalid_regex_is_refused(client: Any, regex: str, text: str) -> None:
    """When the job is created; the words are assumed."""
    algorithm = with_metrics({"Name": "loss", "Regex": regex})
    assert refusal(create, client, "churn-1", AlgorithmSpecification=algorithm) == (
        "ValidationException",
        f"Invalid regular expression in MetricDefinitions, metric loss: {text}",
        400,
    )


def test_regexes_do_not_backtrack(sagemaker: SageMakerMock, client: Any) -> None:
    """With `re`, a long line and some expressions would take longer than any test."""
    lines = [(10, "a" * 50_000), (20, "loss=" + "a" * 50_000 + "7!")]
    sagemaker.plan("*", Plan.completes(training=100, logs={"Training": lines}, **KNOWN))
    create(client, "churn-1", AlgorithmSpecification=with_metrics({"Name": "hard", "Regex": "loss=(?:a+)+([0-9])!"}, LOSS))
    sagemaker.advance_until_idle()
    sagemaker.log("churn-1", "loss=" + "a" * 50_000, at=after(60))
    assert final_metrics(client) == [("hard", 7.0, 50)]


def test_a_regex_that_needs_backtracking_is_not_simulated(sagemaker: SageMakerMock, client: Any) -> None:
    """The error is ours, at the call; no job is created."""
    with pytest.raises(NotSimulated, match="a reference to a group in the regular expression"):
        create(client, "churn-1", AlgorithmSpecification=with_metrics({"Name": "loss", "Regex": r"(.+)=\1"}))
    assert not sagemaker.jobs


def test_without_validation_an_unsupported_regex_has_no_value() -> None:
    """The job is created, and can be described."""
    with mock_sagemaker(
        start=START, latency=0, validate=False, plan=Plan.completes(training=9, logs={"Training": [(1, "loss=2")]})
    ):
        client = make_client()
        create(
            client,
            "churn-1",
            AlgorithmSpecification=with_metrics({"Name": "a", "Regex": "("}, {"Name": "b", "Regex": "a++"}, LOSS),
        )
        time.sleep(3600)
        assert [name for name, *_ in final_metrics(client)] == ["train:loss"]


def test_a_plan_may_delay_metrics_after_the_end(sagemaker: SageMakerMock, client: Any) -> None:
    """By some seconds; by default they are there with their lines."""
    plan = Plan.completes(training=100, logs={"Training": [(50, "loss=5")]}, **KNOWN)
    sagemaker.plan("late", plan.but(metrics_after=5))
    sagemaker.plan("*", plan)
    for name in ("late", "soon"):
        create(client, name, AlgorithmSpecification=with_metrics({"Name": "loss", "Regex": "loss=(.*)"}))
    sagemaker.advance_until("late", "Uploading")
    assert (final_metrics(client, "late"), len(final_metrics(client, "soon"))) == ([], 1)
    sagemaker.advance_until("late", "Completed")
    sagemaker.clock.advance(4.999)
    assert final_metrics(client, "late") == []
    sagemaker.clock.advance(0.001)
    assert len(final_metrics(client, "late")) == 1


@pytest.mark.parametrize("null", [False, True])
def test_a_plan_may_delay_the_metrics_of_a_record(sagemaker: SageMakerMock, null: bool) -> None:  # noqa: FBT001  # a column of the table
    """Members that are null in the record are null at once."""
    # A client without checks: null breaks the service model.
    client = boto3.client("sagemaker", region_name="us-east-1")
    record = {**G1, "FinalMetricDataList": None} if null else G1
    sagemaker.plan("late", Plan.replays(record).but(metrics_after=5))
    sagemaker.plan("*", Plan.replays(record))
    for name in ("late", "soon"):
        create(client, name)
    sagemaker.advance_until("late", "Completed")
    soon = describe(client, "soon").get("FinalMetricDataList")
    assert (soon is None) is null
    assert describe(client, "late").get("FinalMetricDataList") is None
    sagemaker.clock.advance(5)
    assert describe(client, "late").get("FinalMetricDataList") == soon
