"""The operations on tuning jobs."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.jobs.interventions import Delete, Stop
from sagemock.jobs.kinds import TUNING
from sagemock.jobs.place import Place
from sagemock.protocol.answer import dump, seconds
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import IN_USE, INVALID, NOT_FOUND, Refusal
from sagemock.service import listing, tags
from sagemock.service.metrics import shown_value
from sagemock.service.rules import tuning as rules
from sagemock.service.service import Service
from sagemock.service.tuning_echo import filled
from sagemock.training.snapshot import snapshot as training_snapshot
from sagemock.tuning.child import Child
from sagemock.tuning.criteria import better
from sagemock.tuning.definitions import defined
from sagemock.tuning.job import Job, Parent, Snapshot, objective_status, snapshot
from sagemock.tuning.plan import TuningJobPlan
from sagemock.tuning.script import Script, script
from sagemock.tuning.strategies import Trial

__all__ = ["create", "delete", "describe", "document", "list_children", "list_jobs", "stop"]

_SUCCESS: Final = TuningJobPlan()
"""The plan of a tuning job for which the test has planned nothing."""
_NO_DICE: Final = Random(0)  # noqa: S311  # nothing draws from it
_LISTED: Final = Assumption(
    "that ListTrainingJobsForHyperParameterTuningJob refuses an unknown tuning job as DescribeHyperParameterTuningJob does",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_ENDED: Final = Assumption(
    "the words in which StopHyperParameterTuningJob refuses a job that has ended or is stopping "
    '(hashicorp/terraform-provider-aws shows only that "already" is among them)',
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_RUNS: Final = Assumption(
    "the words in which DeleteHyperParameterTuningJob refuses a job that runs (hashicorp/terraform-provider-aws shows only that "
    '"not in a terminal state" is among them)',
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_PARENT: Final = Assumption(
    "the words in which a warm start from a tuning job that has not ended is refused (the SageMaker SDK's own tests show that it "
    "is refused)",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_DELTA: Final = Assumption(
    "that each definition is checked against the quota by itself, with MaxParallelTrainingJobs times its instances",
    since="2026-11-26",
)
_NEWEST_FIRST: Final = Assumption(
    "that ListTrainingJobsForHyperParameterTuningJob without SortBy and SortOrder begins with the newest child (three public "
    "records; its documentation says Name, Ascending)",
    since="2026-11-26",
    knob="send SortBy and SortOrder",
)
_FILTERED_FIRST: Final = Assumption(
    "that ListTrainingJobsForHyperParameterTuningJob filters before it cuts a page", since="2026-11-26"
)
_PAGE: Final = 10
"""The default of MaxResults (service model)."""


# -- create


def create(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Create a tuning job; its name must be new, without regard to case. Its children come later."""
    name = request[TUNING.name_member]
    if service.validate or not defined(request):
        rules.check(request)
    region = service.store.region(place, Job)
    if name.lower() in (one.lower() for one in region.by_name):
        # aws/amazon-sagemaker-examples#3353; that names are not case-sensitive: service model.
        raise Refusal(IN_USE, f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different name.")
    parents = tuple(_parents(service, place, request, now_us))
    _check_quotas_and_data(service, place, request, now_us)
    plan = service.plan_for(request, _SUCCESS)
    # A test's dice, not a secret.
    seed = f"{service.seed}/{place.account}/{place.region}/{TUNING.name}/{name}"
    config = request["HyperParameterTuningJobConfig"]
    # Tuning jobs with the same RandomSeed draw the same values (service model, RandomSeed).
    drawn = f"{service.seed}/{config['RandomSeed']}" if "RandomSeed" in config else seed
    concrete = script(plan, request, Random(seed) if plan.draws else _NO_DICE, drawn)  # noqa: S311
    service.api = api
    service.launches()
    job = Job(
        name,
        place,
        request,
        plan,
        concrete,
        now_us - service.back_us,
        service.store.next_number(),
        tags=tags.pairs(request.get("Tags", ())),
        parents=parents,
    )
    service.store.put(job, joins_us=now_us if service.back_us else None)
    return dump({f"{TUNING.shape}Arn": job.arn})


def _parents(service: Service, place: Place, request: Mapping[str, Any], now_us: int) -> Iterator[Parent]:
    """Yield the parents of a warm start, which must have ended."""
    named = request.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", ())
    found = [_find(service, place, one.get(TUNING.name_member, "")) for one in named]
    for job in found:
        status = job.state(now_us).primary
        if not snapshot(job, now_us).over:
            text = f"The parent hyperparameter tuning job {job.name} is in status {status}. It must be in a terminal state."
            raise Refusal(INVALID, _PARENT(text))
    if service.validate and found:
        rules.check_parents(request, [job.request for job in found])
    for job in found:
        trials = (Trial(one.tuned, one.objective) for one in job.children if one.is_over(now_us))
        yield Parent(job.name, tuple(trials), job.best(now_us))


def _check_quotas_and_data(service: Service, place: Place, request: Mapping[str, Any], now_us: int) -> None:
    parallel = request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"]
    for definition in defined(request):
        # Without validation, this raises for a definition that cannot be described.
        filled(definition.body, definition.objective)
        training = definition.request("", {}, ())
        if service.check_data is not None:
            service.check_data(place, training)
        # In public records, the request delta counts all children that run at once.
        service.quotas.check(service.store, place, _DELTA(_times(training, parallel)), now_us)


def _times(training: Mapping[str, Any], parallel: int) -> dict[str, Any]:
    resources: dict[str, Any] = dict(training.get("ResourceConfig", {}))
    if "InstanceCount" in resources:
        resources["InstanceCount"] *= parallel
    if "InstanceGroups" in resources:
        groups = resources["InstanceGroups"]
        resources["InstanceGroups"] = [{**group, "InstanceCount": group["InstanceCount"] * parallel} for group in groups]
    return {**training, "ResourceConfig": resources}


def _find(service: Service, place: Place, name: str) -> Job:
    job = service.store.region(place, Job).by_name.get(name)
    if job is None:
        # aws/amazon-sagemaker-examples#1540, and a constant of the operator for Kubernetes.
        raise Refusal(NOT_FOUND, f"Amazon SageMaker can't find a tuning job called {name}. Type another name.")
    return job


# -- the other operations


def describe(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Describe a tuning job as it is at this instant."""
    job = _find(service, place, request[TUNING.name_member])
    return dump(document(api, job, snapshot(job, now_us), now_us))


def stop(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Stop a tuning job that is in progress; its children are stopped with it."""
    job = _find(service, place, request[TUNING.name_member])
    primary = job.state(now_us).primary
    if primary != "InProgress":
        text = f"The request was rejected because the hyperparameter tuning job is already in status {primary}."
        raise Refusal(INVALID, _ENDED(text))
    service.store.put(job.after(Stop(now_us - job.created_us)))
    return ""


def delete(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Delete a tuning job that has ended. Its children stay."""
    job = service.store.region(place, Job).by_name.get(request[TUNING.name_member])
    if job is None:
        return ""
    primary = job.state(now_us).primary
    if not snapshot(job, now_us).over:
        text = f"The hyperparameter tuning job {job.name} is not in a terminal state. It is in status {primary}."
        raise Refusal(INVALID, _RUNS(text))
    if primary != "Deleting":
        service.store.put(job.after(Delete(now_us - job.created_us)))
    return ""


def list_jobs(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List tuning jobs: cut a page, then filter it."""
    return dump(listing.tuning_jobs(service.store.region(place, Job), request, now_us, _summary))


def list_children(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List the children of a tuning job."""
    job = _LISTED(_find(service, place, request[TUNING.name_member]))
    by = request.get("SortBy")
    otherwise = _NEWEST_FIRST("Descending") if by is None else "Ascending"
    descending = request.get("SortOrder", otherwise) == "Descending"
    rows = sorted(_rows(job, by or "Name", now_us), key=lambda row: row[0], reverse=descending)
    wanted = request.get("StatusEquals")
    rows = [row for row in rows if wanted is None or row[1].status(now_us) == _FILTERED_FIRST(wanted)]
    query = [by, descending, listing.digest(request)]
    key = list(listing.after(request["NextToken"], query, _is_place)) if request.get("NextToken") else None
    left = [row for row in rows if key is None or (row[0] < key if descending else row[0] > key)]
    limit = request.get("MaxResults", _PAGE)
    response: dict[str, Any] = {"TrainingJobSummaries": [child_summary(job, one, now_us) for _, one in left[:limit]]}
    if len(left) > limit:
        response["NextToken"] = listing.token(tuple(left[limit - 1][0]), query)
    return dump(response)


def _rows(job: Job, by: str, now_us: int) -> Iterator[tuple[list[Any], Child]]:
    """Yield the children, each with its sort key; the names of children are in the order of their numbers."""
    for one in job.children:
        value = one.objective if one.is_over(now_us) else None
        if by == "Status":
            yield [one.status(now_us), one.number], one
        elif by != "FinalObjectiveMetricValue":
            yield [0, one.number], one
        elif value is not None:
            # Children without an objective are left out (service model).
            yield [value, one.number], one


def _is_place(key: list[Any]) -> bool:
    return len(key) == 2 and isinstance(key[0], str | int | float) and type(key[1]) is int  # noqa: PLR2004  # a pair


# -- what is shown


def document(api: Api, job: Job, at: Snapshot, now_us: int) -> dict[str, Any]:
    """Return the whole description of a tuning job."""
    output = api.output(TUNING.describe)
    members = {} if output is None else output.members
    request = job.request
    response: dict[str, Any] = {TUNING.name_member: job.name, f"{TUNING.shape}Arn": job.arn}
    response.update((name, request[name]) for name in api.echo_of(TUNING.create, TUNING.describe) if name in request)
    response["HyperParameterTuningJobConfig"] = _config(request["HyperParameterTuningJobConfig"], job.script)
    own = [filled(one.body, one.objective) for one in job.script.definitions]
    if "TrainingJobDefinitions" in request:
        response["TrainingJobDefinitions"] = own
    else:
        [response["TrainingJobDefinition"]] = own
    response |= _members_now(at)
    if at.best is not None:
        response["BestTrainingJob"] = child_summary(job, at.best, now_us)
    overall = _overall(job, at, now_us)
    if overall is not None:
        response["OverallBestTrainingJob"] = overall
    if at.failure_reason is not None:
        response["FailureReason"] = at.failure_reason
    details: dict[str, Any] = {"NumberOfTrainingJobsObjectiveNotImproving": at.not_improving}
    if at.converged_us is not None:
        details["ConvergenceDetectedTime"] = seconds(at.converged_us)
    response["TuningJobCompletionDetails"] = details
    response["ConsumedResources"] = {"RuntimeInSeconds": at.runtime_s}
    return {name: value for name, value in response.items() if name in members}


def _config(config: Mapping[str, Any], own: Script) -> Mapping[str, Any]:
    limits = config["ResourceLimits"]
    if config["Strategy"] == "Grid" and "MaxNumberOfTrainingJobs" not in limits:
        # Computed by the service (hashicorp/terraform-provider-aws; developer guide, grid search).
        return {**config, "ResourceLimits": {**limits, "MaxNumberOfTrainingJobs": own.most}}
    return config


def _members_now(at: Snapshot) -> dict[str, Any]:
    """Return the members of a description and of a summary that change with time."""
    members: dict[str, Any] = {TUNING.status_member: at.primary, "CreationTime": seconds(at.created_us)}
    if at.ended_us is not None:
        members["HyperParameterTuningEndTime"] = seconds(at.ended_us)
    members["LastModifiedTime"] = seconds(at.modified_us)
    members["TrainingJobStatusCounters"] = dict(at.counters)
    members["ObjectiveStatusCounters"] = dict(at.objectives)
    return members


def _overall(job: Job, at: Snapshot, now_us: int) -> dict[str, Any] | None:
    """Return the best child of the tuning job and its parents, None without a warm start (record T5)."""
    if not job.parents:
        return None
    shown = None if at.best is None else child_summary(job, at.best, now_us)
    value = None if at.best is None else at.best.objective
    for parent in job.parents:
        own = None if parent.best is None else parent.best.objective
        if parent.best is None or own is None:
            continue
        if value is None or better(own, value, maximize=job.script.maximize):
            value = own
            shown = {**child_summary(job, parent.best, now_us), "TuningJobName": parent.name}
    return shown


def child_summary(job: Job, one: Child, now_us: int) -> dict[str, Any]:
    """Return a HyperParameterTrainingJobSummary, whose times are whole seconds (records T4 and T5)."""
    at = training_snapshot(one.job, now_us)
    shown: dict[str, Any] = {}
    if one.definition is not None:
        shown["TrainingJobDefinitionName"] = one.definition
    shown |= {
        "TrainingJobName": one.job.name,
        "TrainingJobArn": one.job.arn,
        "CreationTime": one.created_us // SECOND_US,
    }
    if at.started_us is not None:
        shown["TrainingStartTime"] = at.started_us // SECOND_US
    if at.ended_us is not None:
        shown["TrainingEndTime"] = at.ended_us // SECOND_US
    shown |= {"TrainingJobStatus": one.status(now_us), "TunedHyperParameters": dict(one.tuned)}
    if at.failure_reason is not None:
        shown["FailureReason"] = at.failure_reason
    if one.is_over(now_us) and one.objective is not None:
        metric = job.script.metric(one.definition)
        shown["FinalHyperParameterTuningJobObjectiveMetric"] = {"MetricName": metric, "Value": shown_value(one.objective)}
    shown["ObjectiveStatus"] = objective_status(one, now_us)
    return shown


def _summary(job: Job, at: Snapshot) -> dict[str, Any]:
    """Return a HyperParameterTuningJobSummary."""
    config = job.request["HyperParameterTuningJobConfig"]
    return {
        TUNING.name_member: job.name,
        f"{TUNING.shape}Arn": job.arn,
        "Strategy": config["Strategy"],
        **_members_now(at),
        "ResourceLimits": _config(config, job.script)["ResourceLimits"],
    }
