"""Account quotas."""

from typing import Any

import pytest

from sagemock import SageMakerMock
from tests.service.test_operations import refusal
from tests.support.calling import YOUNG, create, describe

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
}


def refusal_of(kind: str, limit: int, used: int, wanted: int) -> tuple[str, str, int]:
    """Return AWS's refusal."""
    text = (
        f"The account-level service limit '{kind} usage' is {limit} Instances, with current utilization of {used} Instances "
        f"and a request delta of {wanted} Instances. Please use AWS Service Quotas to request an increase for this quota."
    )
    return "ResourceLimitExceeded", text, 400


def test_running_jobs_count_against_the_quota(sagemaker: SageMakerMock, client: Any) -> None:
    """Finished jobs do not."""
    sagemaker.quota("ml.m5.large", instances=2)
    create(client, "one")
    create(client, "two")
    create(client, "other", ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 9, "VolumeSizeInGB": 1})
    three = {"TrainingJobName": "three"}
    assert refusal(create, client, "three") == refusal_of("ml.m5.large for training job", 2, 2, 1)
    assert len(sagemaker.jobs) == len(["one", "two", "other"])
    sagemaker.complete("one")
    create(client, three["TrainingJobName"])


@YOUNG
def test_the_first_of_several_preferences_counts(sagemaker: SageMakerMock, client: Any) -> None:
    """It is the one that the job gets, and that is shown once it has its instances."""
    sagemaker.quota("ml.m5.large", instances=3)
    preferences = [{"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.m5.xlarge"}]
    resources = {"InstancePreferences": preferences, "InstanceCount": 2, "VolumeSizeInGB": 1}
    create(client, "one", ResourceConfig=resources)
    assert describe(client, "one")["ResourceConfig"] == resources
    assert refusal(create, client, "two", ResourceConfig=resources) == refusal_of("ml.m5.large for training job", 3, 2, 2)
    sagemaker.advance_until("one", "Downloading")
    selected = {**resources, "SelectedInstanceType": "ml.m5.large", "SelectedInstanceCount": 2}
    assert describe(client, "one")["ResourceConfig"] == selected
    sagemaker.advance_until_idle()
    each = [{**one, "InstanceCount": count} for one, count in zip(preferences, (1, 2), strict=True)]
    create(client, "two", ResourceConfig={"InstancePreferences": each, "VolumeSizeInGB": 1})
    assert refusal(create, client, "three", ResourceConfig={**resources, "InstanceCount": 3})[0] == "ResourceLimitExceeded"


def test_spot_has_its_own_quota(sagemaker: SageMakerMock, client: Any) -> None:
    """Named as in a recorded message."""
    sagemaker.quota("ml.m5.large", instances=0, spot=True)
    create(client, "on-demand")
    assert refusal(create, client, "spot", **SPOT) == refusal_of("ml.m5.large for spot training job", 0, 0, 1)


def test_every_group_of_a_heterogeneous_cluster_counts(sagemaker: SageMakerMock, client: Any) -> None:
    """Groups of the same type are asked for together, but each is judged by itself (assumed)."""
    sagemaker.quota("ml.m5.large", instances=2)
    group = {"InstanceType": "ml.m5.large", "InstanceCount": 3, "InstanceGroupName": "workers"}
    groups = {"InstanceGroups": [group], "VolumeSizeInGB": 1}
    assert refusal(create, client, "many", ResourceConfig=groups) == refusal_of("ml.m5.large for training job", 2, 0, 3)


@pytest.mark.parametrize("instances", [-1, True, 1.5])
def test_a_quota_is_a_number_of_instances(instances: Any, sagemaker: SageMakerMock) -> None:
    """Other values are refused at their line."""
    with pytest.raises(ValueError, match="instances is a number of instances, at least 0"):
        sagemaker.quota("ml.m5.large", instances=instances)


def test_spot_jobs_have_no_warm_pools(sagemaker: SageMakerMock) -> None:
    """So there is no quota for both."""
    with pytest.raises(ValueError, match="give one of spot and warm_pool"):
        sagemaker.quota("ml.m5.large", instances=1, spot=True, warm_pool=True)
