"""UpdateTrainingJob and DeleteTrainingJob: which settings can change when, and when a job can be deleted.

The rules come from the documentation in the service model, and from what aws-controllers-k8s/sagemaker-controller checks before
it calls.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NoReturn

from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.jobs.interventions import Delete
from sagemock.protocol.refusal import IN_USE, INVALID, Refusal
from sagemock.service.rules import table
from sagemock.training import status
from sagemock.training.interventions import KeepAlive, Update
from sagemock.training.job import Job
from sagemock.training.snapshot import snapshot
from sagemock.training.warm_pool import pool

__all__ = ["deleted", "updated"]

_WORDS: Final = Assumption(
    "the words in which UpdateTrainingJob and DeleteTrainingJob refuse, except those for an empty request",
    knob=YOUR_WORDS,
)
_EMPTY: Final = Assumption("that an empty list or structure counts as absent in UpdateTrainingJob")


def updated(job: Job, request: Mapping[str, Any], now_us: int) -> Job:
    """Return the job after an UpdateTrainingJob request, or refuse."""
    request = {name: value for name, value in request.items() if _EMPTY(value)}
    if set(request) == {"TrainingJobName"}:
        # AWS's documentation quotes this text.
        raise Refusal(INVALID, "Invalid UpdateTrainingJobRequest, the request cannot be empty")
    profiler = {"ProfilerConfig", "ProfilerRuleConfigurations"} & set(request)
    if profiler and "ResourceConfig" in request:
        _refuse("The profiler configuration and the ResourceConfig of a training job cannot be updated in one request.")
    at_us = now_us - job.created_us
    changed = dict(job.request)
    if profiler:
        changed |= _profiled(job, request, now_us)
    if "RemoteDebugConfig" in request:
        _check_secondary(job, now_us)
        changed["RemoteDebugConfig"] = {**changed.get("RemoteDebugConfig", {}), **request["RemoteDebugConfig"]}
    job = replace(job, request=changed)
    if "ResourceConfig" in request:
        _check_pool(job, now_us)
        seconds = request["ResourceConfig"]["KeepAlivePeriodInSeconds"]
        resources = {**changed["ResourceConfig"], "KeepAlivePeriodInSeconds": seconds}
        return replace(job, request={**changed, "ResourceConfig": resources}).after(KeepAlive(at_us, seconds))
    return job.after(Update(at_us))


def deleted(job: Job, now_us: int) -> Job:
    """Return the job after DeleteTrainingJob, or refuse: only a job that has ended and retains no warm pool can be deleted."""
    at = snapshot(job, now_us)
    if not at.over or at.primary == "Deleting":
        _refuse(f"The training job {job.arn} cannot be deleted while it is in status {at.primary}.", IN_USE)
    found = pool(job, now_us)
    if found is not None and found.status == "Available":
        _refuse(f"The training job {job.arn} cannot be deleted while it retains an Available warm pool.", IN_USE)
    return job.after(Delete(now_us - job.created_us))


def _profiled(job: Job, request: Mapping[str, Any], now_us: int) -> dict[str, Any]:
    primary = job.state(now_us).primary
    if primary != "InProgress":
        _refuse(
            f"The profiler configuration can only be updated while the training job is InProgress; it is in status {primary}."
        )
    present = job.request.get("ProfilerRuleConfigurations", [])
    added = request.get("ProfilerRuleConfigurations", [])
    names = {rule["RuleConfigurationName"] for rule in present}
    for rule in added:
        if rule["RuleConfigurationName"] in names:
            _refuse(f"Profiler rules can only be added; {rule['RuleConfigurationName']} already exists.")
        names.add(rule["RuleConfigurationName"])
    _check_interval(request)
    changed: dict[str, Any] = {}
    if "ProfilerConfig" in request:
        changed["ProfilerConfig"] = {**job.request.get("ProfilerConfig", {}), **request["ProfilerConfig"]}
    if added:
        changed["ProfilerRuleConfigurations"] = [*present, *added]
    return changed


def _check_interval(request: Mapping[str, Any]) -> None:
    text = table.profiling_interval_is_known(request)
    if text is not None:
        _refuse(text)


def _check_secondary(job: Job, now_us: int) -> None:
    secondary = job.state(now_us).secondary
    if secondary not in (status.DOWNLOADING, status.TRAINING):
        _refuse(f"RemoteDebugConfig can only be updated when the SecondaryStatus is Downloading or Training; it is {secondary}.")


def _check_pool(job: Job, now_us: int) -> None:
    found = pool(job, now_us)
    primary = job.state(now_us).primary
    if primary != "Completed" or found is None or found.status not in ("InUse", "Available"):
        pool_status = "none" if found is None else found.status
        _refuse(
            "KeepAlivePeriodInSeconds can only be updated when the training job is Completed and its warm pool is InUse or "
            f"Available; the job is in status {primary} and its warm pool is {pool_status}."
        )


def _refuse(text: str, code: str = INVALID) -> NoReturn:
    raise Refusal(code, _WORDS(text))
