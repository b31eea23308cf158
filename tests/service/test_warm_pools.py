"""Warm pools as a client sees them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sagemock import Plan, SageMakerMock
from sagemock.clock.instants import SECOND_US
from sagemock.jobs.interventions import Delete
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.service.warm_pools import Pools
from tests.support.calling import START, YOUNG, create, describe, request, transitions
from tests.support.strategies import PLACE, START_US, job_named

PLAN = Plan.completes(downloading=30, training=600, uploading=10)
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "KeepAlivePeriodInSeconds": 300}
WARM: dict[str, Any] = {"ResourceConfig": RESOURCES}


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def pool_status(client: Any, name: str = "churn") -> object:
    """Return the WarmPoolStatus of a job."""
    return describe(client, name).get("WarmPoolStatus")


def test_a_pool_is_in_use_then_available_then_terminated(sagemaker: SageMakerMock, client: Any) -> None:
    """It ends after KeepAlivePeriodInSeconds, all of which is billed."""
    create(client, **WARM)
    assert pool_status(client) == {"Status": "InUse"}
    sagemaker.advance_until("churn", "Completed")
    assert pool_status(client) == {"Status": "Available"}
    assert transitions(describe(client))[-1][3] == "Resource retained for reuse"
    sagemaker.clock.advance(299.999)
    assert pool_status(client) == {"Status": "Available"}
    sagemaker.clock.advance(0.001)
    assert pool_status(client) == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 300}


def test_advance_until_idle_goes_to_the_end_of_the_pool(sagemaker: SageMakerMock, client: Any) -> None:
    """The end of a pool counts as a change."""
    create(client, **WARM)
    sagemaker.advance_until_idle()
    assert pool_status(client) == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 300}


def test_a_matching_job_takes_the_pool_and_starts_quickly(sagemaker: SageMakerMock, client: Any) -> None:
    """The old job names the one that reuses its pool, and the new one is Starting for four seconds."""
    create(client, "one", **WARM)
    sagemaker.advance_until("one", "Completed")
    sagemaker.clock.advance(69)
    create(client, "two", **WARM)
    assert pool_status(client, "one") == {"Status": "Reused", "ResourceRetainedBillableTimeInSeconds": 69, "ReusedByJob": "two"}
    shown = describe(client, "one")
    assert transitions(shown)[-1][3] == "Resource reused by training job: two"
    assert shown["LastModifiedTime"] == describe(client, "two")["CreationTime"]
    assert shown["TrainingJobStatus"] == "Completed"
    sagemaker.advance_until("two", "Completed")
    assert transitions(describe(client, "two"))[0][:3] == ("Starting", 0, 4)
    assert pool_status(client, "two") == {"Status": "Available"}
    create(client, "three", **WARM)
    assert pool_status(client, "one") == {"Status": "Reused", "ResourceRetainedBillableTimeInSeconds": 69, "ReusedByJob": "two"}
    assert pool_status(client, "two") == {"Status": "Reused", "ResourceRetainedBillableTimeInSeconds": 0, "ReusedByJob": "three"}


def _resources(**changes: object) -> dict[str, Any]:
    return {"ResourceConfig": {**RESOURCES, **changes}}


@pytest.mark.parametrize(
    "other",
    [
        {"RoleArn": "arn:aws:iam::123456789012:role/Another", **WARM},
        _resources(InstanceType="ml.m5.xlarge"),
        _resources(InstanceCount=2),
        _resources(VolumeSizeInGB=11),
        _resources(VolumeKmsKeyId="key"),
        {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}, **WARM},
        {"EnableInterContainerTrafficEncryption": True, **WARM},
        {"EnableNetworkIsolation": True, **WARM},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_job_that_differs_gets_new_instances(other: dict[str, Any], sagemaker: SageMakerMock, client: Any) -> None:
    """Jobs match by the fields that the developer guide lists."""
    create(client, "one", **WARM)
    sagemaker.advance_until("one", "Completed")
    create(client, "two", **other)
    assert pool_status(client, "one") == {"Status": "Available"}
    sagemaker.advance_until("two", "Downloading")
    assert transitions(describe(client, "two"))[0][2] == 55


@YOUNG
@pytest.mark.parametrize("kind, seconds", [("ml.m5.large", 4), ("ml.m5.xlarge", 55)])
def test_a_pool_goes_to_a_job_that_prefers_the_same_instances(
    kind: str, seconds: int, sagemaker: SageMakerMock, client: Any
) -> None:
    """The instances it gets count, not the form of its request."""
    create(client, "one", **WARM)
    sagemaker.advance_until("one", "Completed")
    preferred = [{"InstanceType": kind, "InstanceCount": 1}, {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 1}]
    create(client, "two", ResourceConfig={"InstancePreferences": preferred, "VolumeSizeInGB": 10})
    sagemaker.advance_until("two", "Downloading")
    assert transitions(describe(client, "two"))[0][2] == seconds


def test_a_job_without_its_own_pool_can_take_one(sagemaker: SageMakerMock, client: Any) -> None:
    """KeepAlivePeriodInSeconds need not match; no pool is left afterwards."""
    create(client, "one", **WARM)
    sagemaker.advance_until("one", "Completed")
    create(client, "two", **_resources(KeepAlivePeriodInSeconds=0))
    sagemaker.advance_until_idle()
    assert transitions(describe(client, "two"))[0][2] == 4
    assert transitions(describe(client, "two"))[-1][3] == "Training job completed"
    assert pool_status(client, "two") is None


def _complete(mock: SageMakerMock) -> None:
    mock.complete("churn")


def _own_fault(mock: SageMakerMock) -> None:
    mock.fail("churn", "AlgorithmError: , exit code: 1")


def _not_its_fault(mock: SageMakerMock) -> None:
    mock.fail("churn", "InternalServerError: We encountered an internal error. Please try again.")


@pytest.mark.parametrize(
    "phase,end,expected",
    [
        ("Training", _complete, {"Status": "Available"}),
        ("Training", _own_fault, {"Status": "Available"}),
        ("Training", _not_its_fault, {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0}),
        ("Starting", _own_fault, {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0}),
    ],
)
def test_only_some_endings_leave_a_pool(
    phase: str, end: Callable[[SageMakerMock], None], expected: object, sagemaker: SageMakerMock, client: Any
) -> None:
    """The job completed, or failed by its own fault after its cluster was launched."""
    create(client, **WARM)
    sagemaker.advance_until("churn", phase)
    end(sagemaker)
    assert pool_status(client) == expected


def test_a_stopped_job_leaves_a_pool_without_a_message(sagemaker: SageMakerMock, client: Any) -> None:
    """Only the message of a completed job mentions its pool."""
    create(client, "one", **WARM)
    sagemaker.advance_until("one", "Training")
    client.stop_training_job(TrainingJobName="one")
    sagemaker.advance_until("one", "Stopped")
    assert pool_status(client, "one") == {"Status": "Available"}
    create(client, "two", **WARM)
    assert transitions(describe(client, "one"))[-1][3] == "Training job stopped"


def test_without_a_quota_no_pool_is_kept(sagemaker: SageMakerMock, client: Any) -> None:
    """Silently, as in an account without a quota for warm pools, which is every new account."""
    sagemaker.quota("ml.m5.large", instances=0, warm_pool=True)
    create(client, **WARM)
    assert pool_status(client) is None
    sagemaker.advance_until_idle()
    assert transitions(describe(client))[-1][3] == "Training job completed"
    assert describe(client)["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 300


def test_pools_share_a_quota(sagemaker: SageMakerMock, client: Any) -> None:
    """A pool that does not fit beside the others is not kept; a pool that is taken over no longer counts for its old job."""
    sagemaker.quota("ml.m5.large", instances=1, warm_pool=True)
    create(client, "one", **WARM)
    create(client, "two", **WARM)
    create(client, "other", **_resources(InstanceType="ml.m5.xlarge"))
    sagemaker.advance_until("two", "Completed")
    assert [pool_status(client, name) for name in ("one", "two", "other")] == [
        {"Status": "Available"},
        None,
        {"Status": "Available"},
    ]
    create(client, "three", **WARM)
    sagemaker.advance_until("three", "Completed")
    assert pool_status(client, "three") == {"Status": "Available"}


def test_instances_in_a_pool_count_toward_the_training_quota(sagemaker: SageMakerMock, client: Any) -> None:
    """Except for the job that takes them over."""
    sagemaker.quota("ml.m5.large", instances=1)
    create(client, "one", **WARM)
    sagemaker.advance_until("one", "Completed")
    with pytest.raises(client.exceptions.ResourceLimitExceeded, match="current utilization of 1 Instances"):
        create(client, "differs", **_resources(VolumeSizeInGB=11))
    create(client, "two", **WARM)
    sagemaker.advance_until_idle()
    create(client, "differs", **_resources(VolumeSizeInGB=11))


def test_a_cluster_is_reused_for_a_week_at_most(sagemaker: SageMakerMock, client: Any) -> None:
    """Then its last pool ends, whatever the job asked for."""
    week_s, day_s = 7 * 86_400, 86_400
    sagemaker.plan("*", Plan.completes(starting=10, downloading=10, training=day_s, uploading=0))
    names = [f"day-{number}" for number in range(7)]
    for name in names:
        create(client, name, StoppingCondition={"MaxRuntimeInSeconds": 2 * day_s}, **WARM)
        sagemaker.advance_until(name, "Completed")
    assert [pool_status(client, name)["Status"] for name in names] == ["Reused"] * 6 + ["Terminated"]  # type: ignore[index]
    assert sagemaker.clock.now() - START == timedelta(seconds=week_s + 7 * 20)


def test_the_last_pool_ends_with_the_week(sagemaker: SageMakerMock, client: Any) -> None:
    """However long KeepAlivePeriodInSeconds is."""
    long = _resources(KeepAlivePeriodInSeconds=3600)
    sagemaker.plan("long", Plan.completes(starting=0, downloading=0, training=7 * 86_400 - 60, uploading=0))
    create(client, "long", StoppingCondition={"MaxRuntimeInSeconds": 8 * 86_400}, **long)
    sagemaker.advance_until("long", "Completed")
    assert pool_status(client, "long") == {"Status": "Available"}
    sagemaker.clock.advance(60)
    assert pool_status(client, "long") == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 60}


def test_lists_show_and_filter_pools(sagemaker: SageMakerMock, client: Any) -> None:
    """WarmPoolStatusEquals filters, and the summary has WarmPoolStatus."""
    create(client, "cold")
    create(client, "warm", **WARM)
    sagemaker.advance_until("warm", "Completed")
    found = client.list_training_jobs(WarmPoolStatusEquals="Available")["TrainingJobSummaries"]
    assert [(job["TrainingJobName"], job["WarmPoolStatus"]) for job in found] == [("warm", {"Status": "Available"})]
    assert client.list_training_jobs(WarmPoolStatusEquals="Reused")["TrainingJobSummaries"] == []


def test_the_older_of_two_pools_is_taken(sagemaker: SageMakerMock, client: Any) -> None:
    """Which one the service takes is not known; here it is always the same."""
    create(client, "one", **WARM)
    create(client, "two", **WARM)
    sagemaker.advance_until("two", "Completed")
    client.create_training_job(**request("three", **WARM))
    assert [pool_status(client, name) for name in ("one", "two")] == [
        {"Status": "Reused", "ResourceRetainedBillableTimeInSeconds": 0, "ReusedByJob": "three"},
        {"Status": "Available"},
    ]


def test_an_ended_pool_is_not_taken(sagemaker: SageMakerMock, client: Any) -> None:
    """Even if it was examined before, while in use."""
    create(client, "one", **WARM)
    create(client, "two", **WARM)
    sagemaker.advance_until_idle()
    create(client, "three", **WARM)
    sagemaker.advance_until("three", "Downloading")
    assert transitions(describe(client, "three"))[0][2] == 55


def test_only_available_pools_are_examined() -> None:
    """Not that of a deleted job, nor of a later job with its name, nor an ended one."""
    store, pools = Store(), Pools()
    plan = Plan.completes(starting=10, downloading=20, training=30, uploading=5)
    pool_status = [
        replace(job_named(name, number, START_US, plan), retains=600) for number, name in enumerate(["one", "two", "six"], 1)
    ]
    for job in pool_status:
        pools.add(PLACE, job.number, job.name)
        store.put(job)
    assert pools.jobs(store, PLACE) == pool_status
    gone = pool_status[0].after(Delete(99 * SECOND_US))
    store.put(gone)
    store.forget(gone.gone_us or 0)
    store.put(job_named("one", 4, START_US))
    assert pools.jobs(store, PLACE) == pool_status[1:]
    store.put(replace(pool_status[2], retains=0))
    assert pools.available(store, PLACE, {}, START_US) is None
    assert [job.name for job in pools.jobs(store, PLACE)] == ["two"]
    assert pools.jobs(store, Place("aws", "eu-west-1", "123456789012")) == []
