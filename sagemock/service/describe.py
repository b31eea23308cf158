"""What DescribeTrainingJob and ListTrainingJobs show of a job: constant members, and members that change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from botocore.model import Shape

from sagemock.evidence import REPLAY, Assumption
from sagemock.jobs.transitions import Transition
from sagemock.protocol.answer import encode, seconds
from sagemock.protocol.model import Api
from sagemock.service import builtin, serverless, warm_pools
from sagemock.training.job import Job
from sagemock.training.plan.defaults import DEFAULT_MAX_RUNTIME_S
from sagemock.training.plan.resources import instances
from sagemock.training.progress import Progress, progress
from sagemock.training.snapshot import Snapshot
from sagemock.training.warm_pool import Pool

__all__ = ["artifacts", "constant_members", "late_metrics", "members_by_change", "members_by_time", "members_now", "summary"]

# What the service fills in where the caller sent nothing, as eight recorded jobs of 2021 to 2025 show it. Only the newer ones
# have the `CompressionType` of the output.
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
    "that S3OutputPath may end with slashes, of which S3ModelArtifacts keeps one", since="2026-11-26", knob=REPLAY
)
_NOT_PROFILED: Final = Assumption("that ProfilingStatus is Disabled if ProfilerConfig disables the profiler", knob=REPLAY)
_METRICS: Final = "FinalMetricDataList"
_FROM_PLAN: Final = frozenset({
    "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "SecondaryStatusTransitions", "CreationTime",
    "LastModifiedTime", "TrainingStartTime", "TrainingEndTime", "FailureReason", "ModelArtifacts",
})  # fmt: skip
"""The members outside of the request that a replayed plan determines. The other ones are shown as they were recorded."""


def constant_members(api: Api, job: Job) -> dict[str, Any]:
    """Return the members of a DescribeTrainingJob response that never change during the life of the job.

    They include those members of the request that the user's service model has in both the request and the response.
    """
    request = job.request
    response: dict[str, Any] = {"TrainingJobArn": job.arn, **dict.fromkeys(_FLAGS, False)}
    response.update((name, request[name]) for name in api.echo if name in request)
    if job.launch is not None:
        response["TuningJobArn"] = job.launch.tuning_job_arn
    response.setdefault("StoppingCondition", {})
    for name, filled in _FILLED.items():
        if name in response:
            response[name] = {**filled, **response[name]}
    for name, filled in _FILLED_IN_EACH.items():
        if name in response:
            response[name] = [{**filled, **sent} for sent in response[name]]
    metrics = builtin.definitions(job)
    if metrics and "AlgorithmSpecification" in response:
        response["AlgorithmSpecification"] = {**response["AlgorithmSpecification"], "MetricDefinitions": metrics}
    if "InputDataConfig" in response:
        response["InputDataConfig"] = [_replicated(channel) for channel in response["InputDataConfig"]]
    profiler = request.get("ProfilerConfig")
    profiles = profiler is not None and not _NOT_PROFILED(profiler.get("DisableProfiler"))
    response["ProfilingStatus"] = "Enabled" if profiles else "Disabled"
    members = _members(api)
    return {name: value for name, value in response.items() if name in members}


def _members(api: Api) -> Mapping[str, Shape]:
    output = api.output("DescribeTrainingJob")
    return {} if output is None else output.members


def _replicated(channel: Mapping[str, Any]) -> Mapping[str, Any]:
    source = channel.get("DataSource", {}).get("S3DataSource")
    if source is None or "S3DataDistributionType" in source:
        return channel
    whole = {**source, "S3DataDistributionType": "FullyReplicated"}
    return {**channel, "DataSource": {**channel["DataSource"], "S3DataSource": whole}}


def members_now(
    api: Api, job: Job, at: Snapshot, warm_pool: Pool | None, metrics: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return the members of a DescribeTrainingJob response that depend on the instant. A member without a value is absent."""
    running = {} if at.over or at.training_s is None else {"TrainingTimeInSeconds": at.training_s}
    return {
        **running,
        **members_by_time(warm_pool, metrics, progress(job, at, at.modified_us)),
        **members_by_change(api, job, at),
    }


def members_by_change(api: Api, job: Job, at: Snapshot) -> dict[str, Any]:
    """Return the members that only a change to the job alters, such as the statuses, instants and ModelArtifacts."""
    members: dict[str, Any] = {
        "TrainingJobStatus": at.primary,
        "SecondaryStatus": at.secondary,
        "CreationTime": seconds(at.created_us),
        "LastModifiedTime": seconds(at.modified_us),
        "SecondaryStatusTransitions": list(_entries(at.transitions)),
    }
    if at.started_us is not None:
        members["TrainingStartTime"] = seconds(at.started_us)
    if at.ended_us is not None:
        members["TrainingEndTime"] = seconds(at.ended_us)
    if at.over and at.training_s is not None:
        members["TrainingTimeInSeconds"] = at.training_s
    if at.billable_s is not None:
        members["BillableTimeInSeconds"] = at.billable_s
    if at.failure_reason is not None:
        members["FailureReason"] = at.failure_reason
    members.update(serverless.members_by_change(job, at))
    if at.started_us is not None and job.request.get("ResourceConfig", {}).get("InstancePreferences"):
        members["ResourceConfig"] = _selected(job.request)
    if at.artifacts:
        members["ModelArtifacts"] = {"S3ModelArtifacts": artifacts(job)}
    elif at.secondary == "Completed":
        # aws/sagemaker-python-sdk#6091
        members["ModelArtifacts"] = None
    if at.over and job.plan.replayed is not None and not job.interventions:
        late = _METRICS if late_metrics(api, job) else None
        members.update((name, value) for name, value in _as_recorded(api, job, job.plan.replayed).items() if name != late)
    return members


def members_by_time(warm_pool: Pool | None, metrics: Sequence[Mapping[str, Any]], at: Progress | None = None) -> dict[str, Any]:
    """Return the members that change with time alone, except TrainingTimeInSeconds of a running job."""
    members: dict[str, Any] = {}
    if warm_pool is not None:
        members["WarmPoolStatus"] = warm_pools.warm_pool_status(warm_pool)
    if metrics:
        members[_METRICS] = metrics
    if at is not None:
        members["ProgressInfo"] = serverless.progress_info(at)
    return members


def _selected(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return ResourceConfig with the instances that the service has selected."""
    [selected, *_] = instances(request)
    return {**request["ResourceConfig"], "SelectedInstanceType": selected.kind, "SelectedInstanceCount": selected.number}


def _entries(transitions: Iterable[Transition]) -> Iterable[dict[str, Any]]:
    for entry in transitions:
        fields: dict[str, Any] = {"Status": entry.status, "StartTime": seconds(entry.start_us)}
        if entry.end_us is not None:
            fields["EndTime"] = seconds(entry.end_us)
        fields["StatusMessage"] = entry.message
        yield fields


def artifacts(job: Job) -> str:
    """Return S3ModelArtifacts: a tar file, or a prefix if the request wants no compression."""
    output = job.request["OutputDataConfig"]
    name = "model" if output.get("CompressionType") == "NONE" else "model.tar.gz"
    return f"{_SLASHES(output['S3OutputPath'].rstrip('/'))}/{job.name}/output/{name}"


def late_metrics(api: Api, job: Job) -> list[Mapping[str, Any]]:
    """Return the recorded FinalMetricDataList of a replayed job if its plan has `metrics_after`, else an empty list."""
    if not job.script.metrics_after_us or job.plan.replayed is None or job.interventions:
        return []
    found: list[Mapping[str, Any]] = _as_recorded(api, job, job.plan.replayed).get(_METRICS) or []
    return found


def _as_recorded(api: Api, job: Job, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that only the record of a replayed job has for its end: metrics, rule statuses, billed seconds."""
    if job.script.recorded is None or job.script.recorded.ending is None:
        return {}
    members = _members(api)
    shift_us = job.created_us - job.script.recorded.created_us
    nulls = {name: None for name in job.plan.nulls if name in members}
    return nulls | {
        name: encode(members[name], value, shift_us)
        for name, value in record.items()
        if name in members and name not in api.echo and name not in _FROM_PLAN
    }


def summary(job: Job, at: Snapshot, warm_pool: Pool | None) -> dict[str, Any]:
    """Return one element of TrainingJobSummaries."""
    fields: dict[str, Any] = {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": seconds(at.created_us),
        "LastModifiedTime": seconds(at.modified_us),
        "TrainingJobStatus": at.primary,
        "SecondaryStatus": at.secondary,
    }
    if at.ended_us is not None:
        fields["TrainingEndTime"] = seconds(at.ended_us)
    if warm_pool is not None:
        fields["WarmPoolStatus"] = warm_pools.warm_pool_status(warm_pool)
    plan_arn = job.request.get("ResourceConfig", {}).get("TrainingPlanArn")
    if plan_arn is not None:
        fields["TrainingPlanArn"] = plan_arn
    return fields
