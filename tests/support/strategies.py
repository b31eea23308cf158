"""Hypothesis strategies for plans, requests, jobs and interventions.

Durations are whole seconds up to ten minutes, so that two often end at the same instant, plus a few very short ones. Limits come
from the same range, so that about half of them cut a job short.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any, cast

from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.durations import FOREVER, Duration
from sagemock.jobs.interventions import Complete, Fail, Stop
from sagemock.jobs.place import Place
from sagemock.training import status
from sagemock.training.interventions import Interrupt, Intervention
from sagemock.training.job import Job
from sagemock.training.plan.order import impossible
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.script import script

__all__ = [
    "START_US",
    "draw_records",
    "durations",
    "instants",
    "interventions",
    "job_named",
    "job_playing",
    "jobs",
    "lives",
    "messages",
    "names",
    "phases",
    "plans",
    "recipes",
    "requests",
]  # fmt: skip

START_US = 1_532_952_000_000_000
"""2018-07-30T12:00:00Z."""
LONGEST_S = 600
PENDING_S = 7200
"""The least MaxPendingTimeInSeconds that every service model allows."""
PLACE = Place("aws", "us-west-2", "123456789012")
WORDS = st.text("ab ", min_size=1, max_size=3)


def names() -> st.SearchStrategy[str]:
    """Draw training job names that are few and short, so that sorts meet equal prefixes."""
    return st.from_regex(r"[abAB01](-?[abAB01]){0,3}", fullmatch=True)


def durations() -> st.SearchStrategy[Duration]:
    """Draw durations in each form that a plan accepts."""
    seconds = st.integers(0, LONGEST_S)
    exact: st.SearchStrategy[timedelta | float] = st.one_of(
        seconds,
        seconds.map(float),
        seconds.map(lambda value: timedelta(seconds=value)),
        st.sampled_from([timedelta(microseconds=1), timedelta(milliseconds=1, microseconds=500)]),
    )
    ranges: st.SearchStrategy[tuple[timedelta | float, timedelta | float]] = st.tuples(seconds, seconds).map(
        lambda pair: (min(pair), max(pair))
    )
    return st.one_of(exact, ranges)


def messages() -> st.SearchStrategy[str | Sequence[tuple[timedelta | float, str]]]:
    """Draw a phase's messages: one text, or several texts with offsets."""
    offsets = st.lists(st.integers(0, LONGEST_S), max_size=3).map(lambda later: [0, *sorted(later)])
    timed = offsets.flatmap(lambda ats: st.tuples(*(st.tuples(st.just(at), WORDS) for at in ats)))
    return cast("st.SearchStrategy[str | Sequence[tuple[timedelta | float, str]]]", st.one_of(WORDS, timed))


def phases(name: str, *, endless: bool = False) -> st.SearchStrategy[Phase]:
    """Draw phases of one status; with `endless`, some last forever."""
    lengths: st.SearchStrategy[Duration | None] = st.one_of(st.none(), durations())
    if endless:
        lengths = st.one_of(lengths, st.just(FOREVER))
    return st.builds(Phase, st.just(name), lengths, st.one_of(st.none(), messages()))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw plans that begin in Starting, with phases in any accepted order; none has Interrupted, which needs a spot job."""
    later = st.sampled_from(sorted(status.PHASES - {status.STOPPING, status.INTERRUPTED}))
    visited = [status.STARTING]
    for name in draw(st.lists(later, max_size=7)):
        visited += [] if impossible(visited, name) else [name]
    ending = draw(st.sampled_from(sorted(status.ENDINGS)))
    if status.PRIMARY_OF_ENDING[ending] == "Stopped" and status.UPLOADING not in visited and draw(st.booleans()):
        trained = status.TRAINING in visited
        visited += [status.STOPPING, *draw(st.sampled_from([[], [status.UPLOADING]] if trained else [[]]))]
    *before, last = visited
    return Plan(
        [*(draw(phases(name)) for name in before), draw(phases(last, endless=True))],
        ending=cast("status.Ending", ending),
        failure_reason=draw(WORDS) if ending == "Failed" else None,
        stopping=draw(st.none() | durations()),
        uploading=draw(st.none() | durations()),
        stopped_after=draw(st.none() | durations()),
    )


def recipes(*, spot: bool = False) -> st.SearchStrategy[Plan]:
    """Draw plans made by the recipes; `spot` adds interrupted ones."""
    few = st.integers(1, 3)
    length = durations()
    plain = st.one_of(
        st.builds(Plan.completes, training=length, uploading=length, granular=st.booleans()),
        st.builds(Plan.completes, training=length, legacy=st.booleans()),
        st.builds(Plan.fails, during=st.sampled_from(["Starting", "Downloading", "Training", "Uploading"]), after=length),
        st.builds(Plan.hangs, st.sampled_from(["Starting", "Downloading", "Training", "Uploading"]), stopping=length),
        st.builds(Plan.capacity_error, length),
        st.builds(Plan.internal_error, few, during=st.sampled_from(["Starting", "Downloading", "Training"]), after=length),
    )
    # As long as any limit that a request can set on it, or longer.
    long = st.one_of(length, st.sampled_from([PENDING_S - 1, PENDING_S, 9000]))
    waiting = st.one_of(
        st.builds(Plan.waits_for_capacity, long, plain),
        st.builds(Plan.waits_for_training_plan, long, plain),
        st.builds(lambda plan, wait: Plan.waits_for_training_plan(wait, Plan.waits_for_capacity(9000, plan)), plain, length),
    )
    # A job without checkpoints starts its training anew after each interruption: at most four trainings in all.
    interrupted = st.builds(Plan.interrupted, few, lasting=length, then=st.builds(Plan.completes, training=length))
    on_time = st.one_of(plain, waiting, *([interrupted] if spot else []))
    return st.one_of(on_time, st.builds(lambda plan, lag: plan.but(limit_lag=lag), on_time, length))


@st.composite
def requests(draw: st.DrawFn, *, spot: bool | None = None) -> dict[str, Any]:
    """Draw CreateTrainingJob requests that AWS accepts, with every setting that changes the timeline of a job."""
    mode = draw(st.sampled_from(["File", "Pipe", "FastFile"]))
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/data"}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    limit_s = draw(st.one_of(st.none(), st.integers(1, 2 * LONGEST_S)))
    condition = {} if limit_s is None else {"MaxRuntimeInSeconds": limit_s}
    request: dict[str, Any] = {
        "TrainingJobName": draw(names()),
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": mode},
        "RoleArn": "arn:aws:iam::123456789012:role/service",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
        "ResourceConfig": {
            "InstanceType": draw(st.sampled_from(["ml.m5.large", "ml.p3.2xlarge", "ml.trn1.2xlarge"])),
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        },
        "StoppingCondition": condition,
    }
    if draw(st.booleans()):
        request["InputDataConfig"] = [channel | draw(st.sampled_from([{}, {"InputMode": "File"}, {"InputMode": "Pipe"}]))]
    if draw(st.booleans()):
        request["RetryStrategy"] = {"MaximumRetryAttempts": draw(st.integers(1, 3))}
    if draw(st.booleans()):
        condition["MaxPendingTimeInSeconds"] = PENDING_S
    if draw(st.booleans()) if spot is None else spot:
        request["EnableManagedSpotTraining"] = True
        condition["MaxWaitTimeInSeconds"] = (limit_s or 0) + draw(st.integers(1, 2 * LONGEST_S))
        condition.setdefault("MaxRuntimeInSeconds", condition["MaxWaitTimeInSeconds"])
        if draw(st.booleans()):
            request["CheckpointConfig"] = {"S3Uri": "s3://bucket/checkpoints"}
    return request


def job_playing(
    plan: Plan, request: Mapping[str, Any] | None = None, *, created_us: int = START_US, number: int = 1, seed: object = 0
) -> Job:
    """Return a new job that plays `plan`."""
    known: Mapping[str, Any] = {"TrainingJobName": "job"} if request is None else request
    made = script(plan, known, Random(str(seed)))  # noqa: S311  # a test needs no secure randomness
    return Job(known["TrainingJobName"], PLACE, known, plan, made, created_us, number)


_USUAL = Plan()


def job_named(name: str, number: int, created_us: int, plan: Plan | None = None, place: Place = PLACE) -> Job:
    """Return a new job with this name, number and creation instant."""
    life = _USUAL if plan is None else plan
    made = script(life, {}, Random(0))  # noqa: S311  # a test needs no secure randomness
    return Job(name, place, {"TrainingJobName": name}, life, made, created_us, number)


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Draw newly created jobs; their creation has any fraction of a second."""
    request = draw(requests())
    plan = draw(st.one_of(plans(), recipes(spot="EnableManagedSpotTraining" in request)))
    return job_playing(plan, request, created_us=START_US + draw(st.integers(0, SECOND_US - 1)), seed=draw(st.integers(0, 9)))


def instants(job: Job) -> list[int]:
    """Return, in order, the instants of a job's changes, the microseconds around them, and instants between them."""
    at_us = [change.at_us for change in job.timeline.changes]
    between = [(one + other) // 2 for one, other in pairwise([*at_us, at_us[-1] + 3600 * SECOND_US])]
    near = {max(0, at + by) for at in at_us for by in (-1, 0, 1)}
    return [job.created_us + at for at in sorted(near.union(between))]


@st.composite
def interventions(draw: st.DrawFn, job: Job, not_before_us: int) -> Intervention | None:
    """Draw an intervention that is possible for `job`, not before an instant; None if none is possible any more."""
    when = [
        now_us for now_us in instants(job) if now_us >= not_before_us and job.state(now_us).primary == "InProgress"
    ]  # fmt: skip
    if not when:
        return None
    now_us = draw(st.sampled_from(when))
    at_us = now_us - job.created_us
    kinds: list[Intervention] = [Stop(at_us), Fail(at_us, "the reason"), Complete(at_us)]
    if job.request.get("EnableManagedSpotTraining") and job.state(now_us).secondary in (status.DOWNLOADING, status.TRAINING):
        # More often than the others: only after an interruption can another intervention follow.
        kinds += [Interrupt(at_us)] * 3
    return draw(st.sampled_from(kinds))


@st.composite
def lives(draw: st.DrawFn) -> tuple[Job, ...]:
    """Draw the successive states of a job: a new job, then the job after each of up to three interventions."""
    return tuple(draw_records(draw, draw(jobs())))


def draw_records(draw: st.DrawFn, job: Job) -> list[Job]:
    """Draw up to three interventions on a job; return the job and its successors."""
    records = [job]
    now_us = job.created_us
    for _ in range(draw(st.integers(0, 3))):
        intervention = draw(interventions(records[-1], now_us))
        if intervention is None:
            break
        now_us = job.created_us + intervention.at_us
        records.append(records[-1].after(intervention))
    return records
