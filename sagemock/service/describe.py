"""What Describe and List show of a job: the part that never changes, and the part that lives."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from botocore.model import Shape

from sagemock.evidence import Assumption
from sagemock.protocol.answer import encode, seconds
from sagemock.protocol.model import Api
from sagemock.service import builtin, serverless, warm_pools
from sagemock.training.job import Job
from sagemock.training.plan.defaults import DEFAULT_MAX_RUNTIME_S
from sagemock.training.plan.resources import instances
from sagemock.training.progress import Progress, progress
from sagemock.training.snapshot import Snapshot, Transition
from sagemock.training.warm_pool import Pool

__all__ = ["artifacts", "constant_members", "members_by_change", "members_by_time", "members_now", "summary"]

# What the service fills in where the caller sent nothing. Read off eight recorded jobs of 2021 to 2025; `CompressionType` of the
# output is in the newer of them only.
_FLAGS: Final = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
_FILLED: Final[dict[str, dict[str, Any]]] = {
    "AlgorithmSpecification": {"EnableSageMakerMetricsTimeSeries": False},
    "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP"},
    "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_S},
    "ProfilerConfig": {"ProfilingIntervalInMilliseconds": 500, "DisableProfiler": False},
    "DebugHookConfig": {"CollectionConfigurations": []},
}
_FILLED_IN_EACH: Final[dict[str, dict[str, Any]]] = {
    "InputDataConfig": {"CompressionType": "None", "RecordWrapperType": "None"},
    "ProfilerRuleConfigurations": {"VolumeSizeInGB": 0},
}
_SLASHES: Final = Assumption(
    "that S3OutputPath is taken with slashes at its end, and S3ModelArtifacts has one there", since="2026-11-26"
)
_TOLD_BY_PLAN: Final = frozenset({
    "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "SecondaryStatusTransitions", "CreationTime",
    "LastModifiedTime", "TrainingStartTime", "TrainingEndTime", "FailureReason", "ModelArtifacts",
})  # fmt: skip
"""Of the members that no request has, those which a replayed plan gives; the others are shown as they were recorded."""


def constant_members(api: Api, job: Job) -> dict[str, Any]:
    """Return the members of a DescribeTrainingJob response that stay as they are for the whole life of the job.

    The echo of the request is what the user's service model has in both the request and the response.
    """
    request = job.request
    shown: dict[str, Any] = {"TrainingJobArn": job.arn, **dict.fromkeys(_FLAGS, False)}
    shown.update((name, request[name]) for name in api.echo if name in request)
    shown.setdefault("StoppingCondition", {})
    for name, filled in _FILLED.items():
        if name in shown:
            shown[name] = {**filled, **shown[name]}
    for name, filled in _FILLED_IN_EACH.items():
        if name in shown:
            shown[name] = [{**filled, **sent} for sent in shown[name]]
    metrics = builtin.definitions(job)
    if metrics and "AlgorithmSpecification" in shown:
        shown["AlgorithmSpecification"] = {**shown["AlgorithmSpecification"], "MetricDefinitions": metrics}
    if "InputDataConfig" in shown:
        shown["InputDataConfig"] = [_replicated(channel) for channel in shown["InputDataConfig"]]
    profiler = request.get("ProfilerConfig")
    # With a profiler that is there but disabled: assumed.
    shown["ProfilingStatus"] = "Enabled" if profiler is not None and not profiler.get("DisableProfiler") else "Disabled"
    members = _members(api)
    return {name: value for name, value in shown.items() if name in members}


def _members(api: Api) -> Mapping[str, Shape]:
    output = api.output("DescribeTrainingJob")
    return {} if output is None else output.members


def _replicated(channel: Mapping[str, Any]) -> Mapping[str, Any]:
    source = channel.get("DataSource", {}).get("S3DataSource")
    if source is None or "S3DataDistributionType" in source:
        return channel
    whole = {**source, "S3DataDistributionType": "FullyReplicated"}
    return {**channel, "DataSource": {**channel["DataSource"], "S3DataSource": whole}}


def members_now(api: Api, job: Job, at: Snapshot, kept: Pool | None, metrics: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the members of a DescribeTrainingJob response that depend on the instant; absent when the service has none."""
    running = {} if at.over or at.training_s is None else {"TrainingTimeInSeconds": at.training_s}
    return {**running, **members_by_time(kept, metrics, progress(job, at, at.modified_us)), **members_by_change(api, job, at)}


def members_by_change(api: Api, job: Job, at: Snapshot) -> dict[str, Any]:
    """Return those of the moving members that become others with a change to the job, and between two changes stay."""
    shown: dict[str, Any] = {
        "TrainingJobStatus": at.primary,
        "SecondaryStatus": at.secondary,
        "CreationTime": seconds(at.created_us),
        "LastModifiedTime": seconds(at.modified_us),
        "SecondaryStatusTransitions": list(_entries(at.transitions)),
    }
    if at.started_us is not None:
        shown["TrainingStartTime"] = seconds(at.started_us)
    if at.ended_us is not None:
        shown["TrainingEndTime"] = seconds(at.ended_us)
    if at.over and at.training_s is not None:
        shown["TrainingTimeInSeconds"] = at.training_s
    if at.billable_s is not None:
        shown["BillableTimeInSeconds"] = at.billable_s
    if at.failure_reason is not None:
        shown["FailureReason"] = at.failure_reason
    shown.update(serverless.members_by_change(job, at))
    if at.started_us is not None and job.request.get("ResourceConfig", {}).get("InstancePreferences"):
        shown["ResourceConfig"] = _selected(job.request)
    if at.artifacts:
        shown["ModelArtifacts"] = {"S3ModelArtifacts": artifacts(job)}
    elif at.secondary == "Completed":
        # aws/sagemaker-python-sdk#6091
        shown["ModelArtifacts"] = None
    if at.over and job.plan.replayed is not None and not job.interventions:
        shown.update(_as_recorded(api, job, job.plan.replayed))
    return shown


def members_by_time(kept: Pool | None, metrics: Sequence[Mapping[str, Any]], at: Progress | None = None) -> dict[str, Any]:
    """Return those of the moving members that become others with time alone, but for TrainingTimeInSeconds of a running job."""
    shown: dict[str, Any] = {}
    if kept is not None:
        shown["WarmPoolStatus"] = warm_pools.shown(kept)
    if metrics:
        shown["FinalMetricDataList"] = metrics
    if at is not None:
        shown["ProgressInfo"] = serverless.progress_info(at)
    return shown


def _selected(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resources with the instances that were found."""
    [selected, *_] = instances(request)
    return {**request["ResourceConfig"], "SelectedInstanceType": selected.kind, "SelectedInstanceCount": selected.number}


def _entries(transitions: Iterable[Transition]) -> Iterable[dict[str, Any]]:
    for entry in transitions:
        shown: dict[str, Any] = {"Status": entry.status, "StartTime": seconds(entry.start_us)}
        if entry.end_us is not None:
            shown["EndTime"] = seconds(entry.end_us)
        shown["StatusMessage"] = entry.message
        yield shown


def artifacts(job: Job) -> str:
    """Return S3ModelArtifacts: a tar file, or a prefix when the output is not to be compressed."""
    output = job.request["OutputDataConfig"]
    name = "model" if output.get("CompressionType") == "NONE" else "model.tar.gz"
    return f"{_SLASHES(output['S3OutputPath'].rstrip('/'))}/{job.name}/output/{name}"


def _as_recorded(api: Api, job: Job, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the record of a replayed job shows at its end and no plan can know: metrics, rule statuses, billed seconds."""
    if job.script.recorded is None or job.script.recorded.ending is None:
        return {}
    members = _members(api)
    shift_us = job.created_us - job.script.recorded.created_us
    nulls = {name: None for name in job.plan.nulls if name in members}
    return nulls | {
        name: encode(members[name], value, shift_us)
        for name, value in record.items()
        if name in members and name not in api.echo and name not in _TOLD_BY_PLAN
    }


def summary(job: Job, at: Snapshot, kept: Pool | None) -> dict[str, Any]:
    """Return a member of TrainingJobSummaries."""
    shown: dict[str, Any] = {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": seconds(at.created_us),
        "LastModifiedTime": seconds(at.modified_us),
        "TrainingJobStatus": at.primary,
        "SecondaryStatus": at.secondary,
    }
    if at.ended_us is not None:
        shown["TrainingEndTime"] = seconds(at.ended_us)
    if kept is not None:
        shown["WarmPoolStatus"] = warm_pools.shown(kept)
    plan_arn = job.request.get("ResourceConfig", {}).get("TrainingPlanArn")
    if plan_arn is not None:
        shown["TrainingPlanArn"] = plan_arn
    return shown
