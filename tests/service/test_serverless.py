"""Members that DescribeTrainingJob shows only for serverless jobs."""

from typing import Any

from sagemock import Plan, SageMakerMock
from tests.support.calling import YOUNG, create, describe, make_client

pytestmark = YOUNG

ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"
MODEL = {
    "BaseModelArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/churn/1.0.0",
    "JobType": "FineTuning",
    "AcceptEula": True,
}
SERVERLESS: dict[str, Any] = {
    "AlgorithmSpecification": None,
    "ResourceConfig": None,
    "StoppingCondition": None,
    "ServerlessJobConfig": MODEL,
    "ModelPackageConfig": {"ModelPackageGroupArn": f"{ACCOUNT}:model-package-group/churn"},
    "MlflowConfig": {"MlflowResourceArn": f"{ACCOUNT}:mlflow-tracking-server/mine", "MlflowExperimentName": "churn"},
}
PLAN = Plan.serverless(epochs=2, steps=50, tokens=1_000, then=Plan.completes(starting=10, downloading=10, training=100))
OWN = ("ProgressInfo", "MlflowDetails", "OutputModelPackageArn", "BillableTokenCount", "BillableTimeInSeconds")


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def serverless_members(client: Any, name: str = "churn") -> dict[str, Any]:
    """Return the serverless members of a description, and the billed time."""
    shown = describe(client, name)
    return {member: shown[member] for member in OWN if member in shown}


def test_a_serverless_job_shows_its_progress(sagemaker: SageMakerMock) -> None:
    """Each member appears once it is known; `make_client` checks them against botocore's model."""
    client = make_client()
    create(client, **SERVERLESS)
    assert serverless_members(client) == {}
    sagemaker.clock.advance(15)
    assert set(serverless_members(client)) == {"MlflowDetails"}
    sagemaker.clock.advance(30)
    at = {"TotalStepCountPerEpoch": 50, "CurrentStep": 25, "CurrentEpoch": 1, "MaxEpoch": 2}
    assert serverless_members(client)["ProgressInfo"] == at
    assert sagemaker.jobs["churn"].secondary_status == "Training"
    sagemaker.advance_until_idle()
    ended = serverless_members(client)
    assert ended.pop("MlflowDetails").keys() == {"MlflowExperimentId", "MlflowRunId"}
    assert ended == {
        "ProgressInfo": {**at, "CurrentStep": 50, "CurrentEpoch": 2},
        "OutputModelPackageArn": f"{ACCOUNT}:model-package/churn/1",
        "BillableTokenCount": 1000,
    }
    detail = sagemaker.events[-1]["detail"]
    assert (detail["ProgressInfo"]["CurrentEpoch"], detail["BillableTokenCount"]) == (2, 1000)


def test_a_failed_job_has_no_model_package(sagemaker: SageMakerMock) -> None:
    """Neither has an evaluation, nor a job that did not ask for one."""
    client = make_client()
    sagemaker.plan("failed", Plan.fails())
    create(client, "failed", **SERVERLESS)
    evaluation = {**MODEL, "JobType": "Evaluation", "EvaluationType": "BenchmarkEvaluation"}
    create(client, "evaluated", **{**SERVERLESS, "ServerlessJobConfig": evaluation})
    create(client, "plain", **{**SERVERLESS, "ModelPackageConfig": None, "MlflowConfig": None})
    sagemaker.advance_until_idle()
    assert [describe(client, name)["TrainingJobStatus"] for name in ("failed", "evaluated")] == ["Failed", "Completed"]
    assert not any("OutputModelPackageArn" in serverless_members(client, name) for name in ("failed", "evaluated", "plain"))
    assert "MlflowDetails" not in serverless_members(client, "plain")
    assert "BillableTimeInSeconds" in serverless_members(client, "failed")


def test_runs_of_one_experiment_share_its_id(sagemaker: SageMakerMock) -> None:
    """Each run has an id of its own, the same in every process."""
    client = make_client()
    for name in ("churn-1", "churn-2"):
        create(client, name, **SERVERLESS)
    create(client, "other", **{**SERVERLESS, "MlflowConfig": {"MlflowResourceArn": f"{ACCOUNT}:mlflow-tracking-server/mine"}})
    sagemaker.advance_until_idle()
    one, two, other = (serverless_members(client, name)["MlflowDetails"] for name in ("churn-1", "churn-2", "other"))
    assert one["MlflowExperimentId"] == two["MlflowExperimentId"] != other["MlflowExperimentId"]
    assert one["MlflowRunId"] != two["MlflowRunId"]
