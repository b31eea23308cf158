"""The parts that the operations on processing jobs and on transform jobs share."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, NamedTuple

from sagemock.evidence import REPLAY, YOUR_WORDS, Assumption
from sagemock.jobs.batch.fields import BatchFields
from sagemock.jobs.batch.job import BatchJob, Snapshot, snapshot
from sagemock.jobs.batch.script import Script
from sagemock.jobs.interventions import Stop
from sagemock.jobs.kinds import Kind
from sagemock.jobs.place import Place
from sagemock.protocol.answer import dump, encode, seconds
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import IN_USE, INVALID, Refusal
from sagemock.service import tags
from sagemock.service.quotas import Usage
from sagemock.service.service import Service

__all__ = ["BatchKind", "check_rules", "create", "describe", "document", "find", "members_by_change", "stop", "summary"]

_NO_DICE: Final = Random(0)  # noqa: S311  # nothing draws from it
# The beginning of the text: aws/amazon-sagemaker-operator-for-k8s, aws-controllers-k8s/sagemaker-controller.
_DESCRIBED: Final = Assumption(
    "the end of the text with which DescribeProcessingJob and DescribeTransformJob refuse an unknown name",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
# The beginning of the text for a transform job: comic/grand-challenge.org.
_STOPPED: Final = Assumption(
    "the words in which StopProcessingJob refuses (those for a transform job were seen, except for an unknown name)",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_DUPLICATE: Final = Assumption(
    "the words in which CreateTransformJob refuses a name that is taken: those of CreateProcessingJob",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_FILLED: Final = Assumption(
    "that a replayed processing or transform job shows the defaults that its record shows, and no others",
    since="2026-11-26",
    knob=REPLAY,
)

Rule = Callable[[Mapping[str, Any], Place], str | None]


class BatchKind(NamedTuple):
    """What the operations of one kind need."""

    kind: Kind
    usage: Usage
    """The use of instances in the name of its quota."""
    job: type[BatchJob]
    success: BatchFields
    """The plan of a job for which the test has planned nothing."""
    concrete: Callable[[Any, Mapping[str, Any], Random], Script]
    instances: Callable[[Mapping[str, Any]], tuple[str, int]]
    """Returns the type and the number of the instances in a request."""
    filled: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Returns the fields of a request that the service shows with its defaults filled in."""


def check_rules(rules: Mapping[str, tuple[Rule, ...]], request: Mapping[str, Any], place: Place) -> None:
    """Refuse a request if a rule refuses it. A rule runs if the request has the field that is its key in `rules`."""
    for member in request:
        for rule in rules.get(member, ()):
            text = rule(request, place)
            if text is not None:
                raise Refusal(INVALID, text)


def create(  # noqa: PLR0913, PLR0917  # an operation's arguments, and the kind
    of: BatchKind, service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int
) -> str:
    """Create a job; its name must be new among the jobs of its kind in its account and region."""
    name = request[of.kind.name_member]
    region = service.store.region(place, of.job)
    taken = region.by_name.get(name)
    if taken is not None:
        # This text was seen in 2026 for a processing job.
        text = f"Job name must be unique within an AWS account and region, and a job with this name already exists ({taken.arn})"
        raise Refusal(IN_USE, _DUPLICATE(text))
    if service.check_data is not None:
        service.check_data(place, request)
    service.quotas.check_batch(place, of.usage, region, of.instances(request), now_us)
    plan = service.plan_for(request, of.success)
    # A test's dice, not a secret.
    seed = f"{service.seed}/{place.account}/{place.region}/{of.kind.name}/{name}"
    rng = Random(seed) if plan.draws else _NO_DICE  # noqa: S311
    script = of.concrete(plan, request, rng)
    service.api = api
    number = service.store.next_number()
    created_us = now_us - service.back_us
    job = of.job(name, place, request, plan, script, created_us, number, (), tags.pairs(request.get("Tags", ())))
    service.store.put(job, joins_us=now_us if service.back_us else None)
    return dump({f"{of.kind.shape}Arn": job.arn})


def find(of: BatchKind, service: Service, place: Place, request: Mapping[str, Any]) -> BatchJob | None:
    """Return the job that a request names, None if there is none."""
    return service.store.region(place, of.job).by_name.get(request[of.kind.name_member])


def stop(of: BatchKind, service: Service, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Stop a job that is in progress."""
    job = find(of, service, place, request)
    if job is None:
        raise Refusal(INVALID, _STOPPED(f"Could not find job to update with name: {request[of.kind.name_member]}"))
    primary = job.state(now_us).primary
    if primary != "InProgress":
        text = f"The request was rejected because the {of.kind.noun} is in status {primary}"
        raise Refusal(INVALID, _STOPPED(text))
    service.store.put(job.after(Stop(now_us - job.created_us)))
    return ""


def describe(  # noqa: PLR0913, PLR0917  # an operation's arguments, and the kind
    of: BatchKind, service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int
) -> str:
    """Describe a job as it is at this instant, or refuse if there is none."""
    job = find(of, service, place, request)
    if job is None:
        raise Refusal(INVALID, _DESCRIBED(f"Could not find requested job with name: {request[of.kind.name_member]}"))
    return dump(document(of, api, job, snapshot(job, now_us)))


# -- what is shown


def document(of: BatchKind, api: Api, job: BatchJob, at: Snapshot) -> dict[str, Any]:
    """Return the whole description of a job."""
    request = job.request
    output = api.output(of.kind.describe)
    members = {} if output is None else output.members
    response: dict[str, Any] = {f"{of.kind.shape}Arn": job.arn}
    echo = api.echo_of(of.kind.create, of.kind.describe)
    response.update((name, request[name]) for name in echo if name in request)
    filled = of.filled(request)
    record = job.plan.replayed
    if record is not None:
        own = _own_members(of.kind)
        filled = _FILLED({name: value for name, value in filled.items() if name in request or name in record})
        response.update(
            (name, encode(members[name], value))
            for name, value in record.items()
            if name in members and name not in own and name not in echo and value is not None
        )
    response |= {**filled, **members_by_change(of.kind, at)}
    return {name: value for name, value in response.items() if name in members}


def _own_members(kind: Kind) -> frozenset[str]:
    """Return the names of the members that the life of a job decides, even in a replay."""
    prefix = kind.shape.removesuffix("Job")
    times = (f"{prefix}StartTime", f"{prefix}EndTime", "CreationTime", "LastModifiedTime")
    return frozenset({f"{kind.shape}Arn", kind.name_member, kind.status_member, "FailureReason", "ExitMessage", *times})


def members_by_change(kind: Kind, at: Snapshot) -> dict[str, Any]:
    """Return the members that the life of a job decides. A member without a value is absent."""
    prefix = kind.shape.removesuffix("Job")
    members: dict[str, Any] = {kind.status_member: at.primary}
    if at.failure_reason is not None:
        members["FailureReason"] = at.failure_reason
    if at.exit_message is not None:
        members["ExitMessage"] = at.exit_message
    members["CreationTime"] = seconds(at.created_us)
    members["LastModifiedTime"] = seconds(at.modified_us)
    if at.started_us is not None:
        members[f"{prefix}StartTime"] = seconds(at.started_us)
    if at.ended_us is not None:
        members[f"{prefix}EndTime"] = seconds(at.ended_us)
    return members


def summary(job: BatchJob, at: Snapshot) -> dict[str, Any]:
    """Return one element of a List response: the members that the life decides, without the start time."""
    kind = job.kind
    members = members_by_change(kind, at)
    members.pop(f"{kind.shape.removesuffix('Job')}StartTime", None)
    return {kind.name_member: job.name, f"{kind.shape}Arn": job.arn, **members}
