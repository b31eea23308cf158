"""UpdateTrainingJob and DeleteTrainingJob."""

from typing import Any

import pytest

from sagemock import Plan, SageMakerMock
from tests.service.test_operations import refusal
from tests.service.test_warm_pools import WARM, pool_status
from tests.support.calling import YOUNG, create, describe

pytestmark = YOUNG

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=10)
RULE = {"RuleConfigurationName": "cpu", "RuleEvaluatorImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rules:1"}
GONE = ("ValidationException", "Requested resource not found.", 400)


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def test_a_profiler_can_be_changed_while_the_job_is_in_progress(sagemaker: SageMakerMock, client: Any) -> None:
    """Members that the update does not have stay, and it moves LastModifiedTime."""
    arn = create(client, ProfilerConfig={"S3OutputPath": "s3://churn/profiles"})
    sagemaker.clock.advance(5)
    answer = client.update_training_job(TrainingJobName="churn", ProfilerConfig={"DisableProfiler": True})
    assert answer["TrainingJobArn"] == arn
    shown = describe(client)
    assert shown["ProfilerConfig"] == {
        "S3OutputPath": "s3://churn/profiles",
        "ProfilingIntervalInMilliseconds": 500,
        "DisableProfiler": True,
    }
    assert shown["ProfilingStatus"] == "Disabled"
    assert (shown["LastModifiedTime"] - shown["CreationTime"]).total_seconds() == 5
    assert len(shown["SecondaryStatusTransitions"]) == 1


def test_profiler_rules_can_only_be_added(sagemaker: SageMakerMock, client: Any) -> None:
    """See UpdateTrainingJob in the service model; the words are ours."""
    create(client)
    client.update_training_job(TrainingJobName="churn", ProfilerRuleConfigurations=[RULE])
    assert describe(client)["ProfilerRuleConfigurations"] == [{"VolumeSizeInGB": 0, **RULE}]
    assert refusal(client.update_training_job, TrainingJobName="churn", ProfilerRuleConfigurations=[RULE]) == (
        "ValidationException",
        "Profiler rules can only be added; cpu already exists.",
        400,
    )
    sagemaker.advance_until_idle()
    assert refusal(client.update_training_job, TrainingJobName="churn", ProfilerConfig={"DisableProfiler": True}) == (
        "ValidationException",
        "The profiler configuration can only be updated while the training job is InProgress; it is in status Completed.",
        400,
    )


def test_remote_debugging_can_be_switched_while_the_container_runs(sagemaker: SageMakerMock, client: Any) -> None:
    """Service model: "when the SecondaryStatus of the job is Downloading or Training"."""
    create(client)
    switch = {"TrainingJobName": "churn", "RemoteDebugConfig": {"EnableRemoteDebug": True}}
    assert refusal(client.update_training_job, **switch) == (
        "ValidationException",
        "RemoteDebugConfig can only be updated when the SecondaryStatus is Downloading or Training; it is Starting.",
        400,
    )
    sagemaker.advance_until("churn", "Downloading")
    client.update_training_job(**switch)
    assert describe(client)["RemoteDebugConfig"] == {"EnableRemoteDebug": True}


def test_an_empty_update_is_refused(sagemaker: SageMakerMock, client: Any) -> None:
    """In AWS's words; an empty list or structure counts as missing."""
    create(client)
    assert sagemaker.jobs["churn"].status == "InProgress"
    text = "Invalid UpdateTrainingJobRequest, the request cannot be empty"
    nothings: list[dict[str, Any]] = [
        {},
        {"ProfilerRuleConfigurations": []},
        {"ProfilerConfig": {}, "ProfilerRuleConfigurations": []},
    ]
    for nothing in nothings:
        assert refusal(client.update_training_job, TrainingJobName="churn", **nothing) == ("ValidationException", text, 400)
    assert refusal(client.update_training_job, TrainingJobName="nobody") == GONE


def test_an_update_that_a_new_job_could_not_have_is_refused(client: Any) -> None:
    """Two rules of one name in one request, and an interval that profilers do not have."""
    create(client)
    twice = {"ProfilerRuleConfigurations": [RULE, RULE]}
    assert refusal(client.update_training_job, TrainingJobName="churn", **twice)[1] == (
        "Profiler rules can only be added; cpu already exists."
    )
    interval = {"ProfilerConfig": {"ProfilingIntervalInMilliseconds": 300}}
    assert refusal(client.update_training_job, TrainingJobName="churn", **interval)[1] == (
        "Invalid ProfilingIntervalInMilliseconds 300. It must be one of 100, 200, 500, 1000, 5000, 60000"
    )
    assert "ProfilerRuleConfigurations" not in describe(client)


def test_profiler_and_pool_are_not_updated_together(client: Any) -> None:
    """According to aws-controllers-k8s/sagemaker-controller."""
    create(client, **WARM)
    both = {"ProfilerConfig": {"DisableProfiler": True}, "ResourceConfig": {"KeepAlivePeriodInSeconds": 1}}
    assert refusal(client.update_training_job, TrainingJobName="churn", **both)[1] == (
        "The profiler configuration and the ResourceConfig of a training job cannot be updated in one request."
    )


@pytest.mark.parametrize("seconds,left", [(200, 100), (100, 0), (0, 0)])
def test_a_pool_can_be_shortened_and_ended(seconds: int, left: int, sagemaker: SageMakerMock, client: Any) -> None:
    """The new period counts from the end of the job; one that is already over ends the pool at once."""
    create(client, **WARM)
    sagemaker.advance_until("churn", "Completed")
    sagemaker.clock.advance(100)
    client.update_training_job(TrainingJobName="churn", ResourceConfig={"KeepAlivePeriodInSeconds": seconds})
    assert describe(client)["ResourceConfig"]["KeepAlivePeriodInSeconds"] == seconds
    sagemaker.clock.advance(left)
    assert pool_status(client) == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 100 + left}


def test_a_pool_can_be_prolonged(sagemaker: SageMakerMock, client: Any) -> None:
    """The last update decides."""
    create(client, **WARM)
    sagemaker.advance_until("churn", "Completed")
    client.update_training_job(TrainingJobName="churn", ResourceConfig={"KeepAlivePeriodInSeconds": 3600})
    sagemaker.advance_until_idle()
    assert pool_status(client) == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 3600}
    assert refusal(client.update_training_job, TrainingJobName="churn", ResourceConfig={"KeepAlivePeriodInSeconds": 1})[1] == (
        "KeepAlivePeriodInSeconds can only be updated when the training job is Completed and its warm pool is InUse or "
        "Available; the job is in status Completed and its warm pool is Terminated."
    )


def test_a_pool_that_does_not_exist_cannot_be_updated(sagemaker: SageMakerMock, client: Any) -> None:
    """The job has none, or has not completed."""
    create(client)
    sagemaker.advance_until("churn", "Training")
    assert refusal(client.update_training_job, TrainingJobName="churn", ResourceConfig={"KeepAlivePeriodInSeconds": 1})[1] == (
        "KeepAlivePeriodInSeconds can only be updated when the training job is Completed and its warm pool is InUse or "
        "Available; the job is in status InProgress and its warm pool is none."
    )


def test_a_deleted_job_is_deleting_and_then_gone(sagemaker: SageMakerMock, client: Any) -> None:
    """Its name is free again, and the new job shows nothing of the old one."""
    create(client)
    create(client, "other")
    sagemaker.advance_until_idle()
    client.list_training_jobs(SortBy="Status")
    client.delete_training_job(TrainingJobName="churn")
    assert describe(client)["TrainingJobStatus"] == "Deleting"
    found = client.list_training_jobs(StatusEquals="Deleting")["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in found] == ["churn"]
    sagemaker.advance_until_idle()
    assert refusal(client.describe_training_job, TrainingJobName="churn") == GONE
    for order in ("Name", "CreationTime", "Status"):
        found = client.list_training_jobs(SortBy=order)["TrainingJobSummaries"]
        assert [job["TrainingJobName"] for job in found] == ["other"]
    create(client)
    assert describe(client)["TrainingJobStatus"] == "InProgress"
    assert len(sagemaker.jobs) == 2


def test_a_failed_job_keeps_its_reason_while_it_is_deleting(sagemaker: SageMakerMock, client: Any) -> None:
    """Only the primary status changes."""
    create(client)
    before = describe(client)
    sagemaker.fail("churn", "AlgorithmError: , exit code: 2")
    client.delete_training_job(TrainingJobName="churn")
    shown = describe(client)
    assert shown["FailureReason"] == "AlgorithmError: , exit code: 2"
    assert shown["SecondaryStatus"] == "Failed"
    assert "TrainingEndTime" not in shown.keys() | before.keys()


def test_a_deletion_between_two_sorts_by_status_leaves_no_trace(sagemaker: SageMakerMock, client: Any) -> None:
    """The job is gone before the next sort."""
    create(client)
    client.list_training_jobs(SortBy="Status")
    sagemaker.advance_until_idle()
    client.delete_training_job(TrainingJobName="churn")
    sagemaker.clock.advance(10)
    assert client.list_training_jobs(SortBy="Status")["TrainingJobSummaries"] == []


def test_a_running_job_or_one_with_a_pool_cannot_be_deleted(sagemaker: SageMakerMock, client: Any) -> None:
    """Documentation of DeleteTrainingJob; the words are ours."""
    arn = create(client, **WARM)
    assert refusal(client.delete_training_job, TrainingJobName="churn") == (
        "ResourceInUse",
        f"The training job {arn} cannot be deleted while it is in status InProgress.",
        400,
    )
    sagemaker.advance_until("churn", "Completed")
    assert refusal(client.delete_training_job, TrainingJobName="churn") == (
        "ResourceInUse",
        f"The training job {arn} cannot be deleted while it retains an Available warm pool.",
        400,
    )
    client.update_training_job(TrainingJobName="churn", ResourceConfig={"KeepAlivePeriodInSeconds": 0})
    client.delete_training_job(TrainingJobName="churn")
    assert refusal(client.delete_training_job, TrainingJobName="churn")[1] == (
        f"The training job {arn} cannot be deleted while it is in status Deleting."
    )
    assert refusal(client.delete_training_job, TrainingJobName="nobody") == GONE
