from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.interventions import Delete, Fail, Stop
from sagemock.jobs.store import Store
from sagemock.jobs.streams import AddedLine, AddedLines, Line, Stream, written
from sagemock.training.interventions import Interrupt, Intervention, Update
from sagemock.training.job import Job
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.training.snapshot import snapshot
from sagemock.training.status import WRITES
from tests.support.strategies import START_US, draw_records, instants, job_named, job_playing, requests

LONGEST_S = 300
SPOT = {
    "TrainingJobName": "job",
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 7200},
}
KNOWN: Any = {"starting": 10, "downloading": 20, "uploading": 5, "stopping": 3}
BEGIN_S = 30
"""When the container of a job with these durations starts."""


def at(seconds: float) -> int:
    """Return the instant this many seconds after creation."""
    return START_US + round(seconds * SECOND_US)


def logged(job: Job, seconds: float = 10**6, added: Sequence[AddedLine] = ()) -> dict[str, str]:
    """Return the lines written by an instant, by stream: "text@second" each."""
    return {
        f"{stream.instance}@{(stream.begin_us - START_US) / SECOND_US:g}": " ".join(
            f"{line.text}@{(line.at_us - START_US) / SECOND_US:g}" for line in stream.lines
        )
        for stream in written(job, by_instance(added), at(seconds))
    }


def by_instance(added: Sequence[AddedLine]) -> dict[int, AddedLines]:
    """Return added lines by instance, as a logbook keeps them."""
    kept: dict[int, AddedLines] = {}
    for one in added:
        kept.setdefault(one.instance, AddedLines()).add(one)
    return kept


# -- laws over all plans that write, and all interventions


@st.composite
def writers(draw: st.DrawFn) -> tuple[tuple[Job, ...], list[AddedLine]]:
    """Return the successive records of a job that writes, and the lines that the test adds."""
    request = draw(requests())
    training = draw(st.integers(0, LONGEST_S))
    offsets = st.lists(st.integers(0, training), min_size=1, max_size=5)
    logs: Any = {"Training": [(offset, f"line {number}") for number, offset in enumerate(draw(offsets))]}
    if draw(st.booleans()):
        logs["Stopping"] = [(0, "bye")]
    plan = draw(
        st.sampled_from(
            [
                Plan.completes(training=training, logs=logs),
                Plan.fails(training=training, logs=logs),
                Plan.hangs(logs=logs),
                Plan.internal_error(2, after=draw(st.integers(0, training)), then=Plan.completes(training=training, logs=logs)),
                Plan.internal_error(then=Plan.completes(logs=logs)),
            ]
        )
    )
    records = draw_records(draw, job_playing(plan, request))
    added = st.lists(st.tuples(st.integers(0, 2 * LONGEST_S), st.integers(0, 2 * LONGEST_S)), max_size=3)
    return tuple(records), [
        AddedLine(at(when), 10**9 + n, 1, f"said {n}", at(then)) for n, (when, then) in enumerate(draw(added))
    ]


def named_lines(streams: Sequence[Stream]) -> list[tuple[str, list[Line]]]:
    """Return (name, lines) of each stream."""
    return [(stream.name, stream.lines) for stream in streams]


@given(writers())
def test_written_lines_stay(life: tuple[tuple[Job, ...], list[AddedLine]]) -> None:
    """A later instant only adds lines and streams; added lines are in their place from the beginning."""
    (*_, job), added = life
    seen: list[tuple[str, list[Line]]] = []
    for now_us in instants(job):
        now = named_lines(list(written(job, by_instance(added), now_us)))
        for (name, lines), (name_now, lines_now) in zip(seen, now, strict=False):
            assert name_now == name
            assert lines_now[: len(lines)] == lines
        assert len(now) >= len(seen)
        seen = now
    event(f"{len(seen)} streams")


@given(writers())
def test_an_intervention_changes_only_later_lines(life: tuple[tuple[Job, ...], list[AddedLine]]) -> None:
    """Before its instant the logs are the same with and without it.

    A line that is due at it is written, before the last words.
    """
    records, added = life
    for before, after in pairwise(records):
        done_us = after.created_us + after.interventions[-1].at_us
        for now_us in instants(after):
            with_it, without = (named_lines(list(written(job, by_instance(added), now_us))) for job in (after, before))
            if now_us == done_us:
                # The intervention may start a container, which writes at once.
                running = {name for name, _ in without}
                with_it = [(name, [line for line in lines if line.text != "bye"]) for name, lines in with_it if name in running]
            if now_us <= done_us:
                assert [pair for pair in with_it if pair[1]] == without


@given(writers())
def test_a_line_is_written_when_it_is_due_while_the_container_runs(life: tuple[tuple[Job, ...], list[AddedLine]]) -> None:
    """Never early, never in a phase without a container, in order, and in the stream of its own start."""
    (*_, job), _ = life
    entries = snapshot(job, job.last_us + 10**13).transitions
    running = [(entry.start_us, entry.end_us or 10**17) for entry in entries if entry.status in WRITES]
    for now_us in instants(job):
        for stream in written(job, {}, now_us):
            assert stream.lines
            assert stream.lines == sorted(stream.lines)
            assert stream.lines[-1].at_us <= now_us
            for line in stream.lines:
                assert stream.begin_us <= line.at_us
                assert any(start_us <= line.at_us <= end_us for start_us, end_us in running)


# -- cuts and restarts


LINES: Any = {"Training": [(0, "a"), (50, "b"), (100, "c")], "Stopping": [(1, "saved"), (9, "lost")]}


@pytest.mark.parametrize(
    "done, lines",
    [
        (None, "a@30 b@80 c@130"),
        (Stop(80 * SECOND_US), "a@30 b@80 saved@81"),
        (Stop(79 * SECOND_US), "a@30 saved@80"),
        (Fail(80 * SECOND_US, "x"), "a@30 b@80"),
        (Update(80 * SECOND_US), "a@30 b@80 c@130"),
    ],
)
def test_lines_are_cut_where_the_phase_is_cut(done: Intervention | None, lines: str) -> None:
    """A stopped container writes its last words, as far as time allows."""
    job = job_playing(
        Plan.completes(training=100, starting=10, downloading=20, uploading=5, logs=LINES).but(stopping=(3, 9)), seed=1
    )
    job = replace(job, script=replace(job.script, stopping_us=3 * SECOND_US))
    assert logged(job if done is None else job.after(done)) == {"1@30": lines}


def test_a_job_that_never_ran_has_no_stream() -> None:
    """It is stopped before there is a container."""
    plan = Plan.completes(**KNOWN).but(logs={"Training": [(0, "a")], "Stopping": [(0, "saved")]})
    stopped = job_playing(plan).after(Stop(15 * SECOND_US))
    assert (logged(stopped), stopped.runs()) == ({}, [])
    never_ran = Plan([Phase("Starting", 10), Phase("Stopping", 5, logs=[(0, "saved")])], ending="Stopped")
    assert logged(job_playing(never_ran)) == {}


@pytest.mark.parametrize(
    "checkpoints, again",
    [(False, "a@130 b@180 c@230"), (True, "c@150")],
)
def test_a_restarted_container_logs_in_a_new_stream(checkpoints: bool, again: str) -> None:  # noqa: FBT001  # a column of the table
    """From the beginning, or from where it was if it has checkpoints."""
    request = {**SPOT, "CheckpointConfig": {"S3Uri": "s3://b/c"}} if checkpoints else SPOT
    then = Plan.completes(training=100, logs={"Training": LINES["Training"]}, **KNOWN)
    job = job_playing(Plan.interrupted(after=[80], lasting=20, then=then), request)
    first, second = logged(job).items()
    assert first == ("1@30", "a@30 b@80")
    restarted = second[0].partition("@")[2]
    assert job.runs() == [at(BEGIN_S), at(float(restarted))]
    shift = float(restarted) - 130
    expected = (word.split("@") for word in again.split())
    assert second[1] == " ".join(f"{text}@{float(when) + shift:g}" for text, when in expected)


def test_a_line_at_the_instant_of_an_interruption_belongs_to_the_ending_container() -> None:
    """Even if the next one starts at that instant."""
    then = Plan.completes(training=100, logs={"Training": LINES["Training"]}, **KNOWN)
    request = {**SPOT, "CheckpointConfig": {"S3Uri": "s3://b/c"}}
    job = job_playing(Plan.interrupted(after=[50], lasting=0, then=then), request)
    nothing = tuple(replace(step, length_us=0) for step in job.script.restart)
    job = replace(job, script=replace(job.script, restart=nothing))
    assert logged(job) == {"1@30": "a@30 b@80", "1@80": "c@130"}


def test_a_hanging_job_goes_on_where_it_was_interrupted() -> None:
    """It has checkpoints, although it has no end."""
    request = {**SPOT, "CheckpointConfig": {"S3Uri": "s3://b/c"}}
    durations: Any = {name: KNOWN[name] for name in ("starting", "downloading")}
    job = job_playing(Plan.hangs(logs={"Training": LINES["Training"]}, **durations), request).after(Interrupt(80 * SECOND_US))
    _, again = logged(job).values()
    assert [word.partition("@")[0] for word in again.split()] == ["c"]


def test_a_job_that_never_ends_goes_on_writing() -> None:
    """No limit ends an upload."""
    durations: Any = {name: KNOWN[name] for name in ("starting", "downloading")}
    job = job_playing(Plan.hangs(during="Uploading", training=100, logs={"Uploading": [(5, "x"), (10**6, "y")]}, **durations))
    assert logged(job, 10**6) == {"1@30": "x@135"}
    assert logged(job, 10**6 + 130) == {"1@30": "x@135 y@1.00013e+06"}


# -- lines that a test adds


def test_added_lines_are_in_their_place() -> None:
    """Among the planned lines, by instant and then by the order of adding; on their own instance only."""
    job = job_playing(
        Plan.completes(training=100, logs={"Training": LINES["Training"]}, **KNOWN),
        {"TrainingJobName": "job", "ResourceConfig": {"InstanceCount": 2}},
    )
    added = [
        AddedLine(at(80), 10**9, 1, "x", at(90)),
        AddedLine(at(40), 10**9 + 1, 1, "y", at(90)),
        AddedLine(at(80), 10**9 + 2, 1, "z", at(90)),
        AddedLine(at(29), 10**9 + 3, 1, "too early", at(90)),
        AddedLine(at(200), 10**9 + 4, 2, "after the end", at(90)),
    ]
    assert logged(job, 199, added) == {"1@30": "a@30 y@40 b@80 x@80 z@80 c@130", "2@30": "a@30 b@80 c@130"}
    assert logged(job, 200, added)["2@30"] == "a@30 b@80 c@130 after the end@200"
    first, second = written(job, by_instance(added), at(200))
    assert [line.ingested_us - at(0) for line in first.lines] == [s * SECOND_US for s in (30, 90, 80, 90, 90, 130)]
    assert second.lines[-1].ingested_us == at(200)


def test_only_an_instance_that_writes_has_a_stream() -> None:
    """If two instances run, only the one with an added line has one; a silent job has none."""
    job = job_playing(Plan.completes(**KNOWN), {"TrainingJobName": "job", "ResourceConfig": {"InstanceCount": 2}})
    assert logged(job) == {}
    assert logged(job, 31, [AddedLine(at(31), 10**9, 2, "x", at(31))]) == {"2@30": "x@31"}


# -- the logbook


def test_a_job_that_writes_nothing_is_not_in_the_logbook() -> None:
    """So a hundred thousand silent jobs cost no memory there."""
    store = Store()
    for number in range(3):
        store.put(job_named(f"job-{number}", number, START_US))
    assert vars(store.region(job_named("a", 1, START_US).place, Job).logbook)["_jobs"] == {}


def test_the_log_of_a_deleted_job_stays() -> None:
    """Even if its name is used again."""
    store = Store()
    plan = Plan.completes(training=100, logs={"Training": LINES["Training"]}, **KNOWN)
    old = job_named("job", 1, START_US, plan)
    store.put(old)
    logbook = store.region(old.place, Job).logbook
    store.put(old.after(Delete(200 * SECOND_US)))
    store.forget(at(10_000))
    store.put(job_named("job", 2, at(10_000), plan))
    assert [stream.begin_us for stream in logbook.streams(at(20_000), "job")] == [at(30), at(10_030)]
    assert list(logbook.streams(at(20_000), "other")) == []
    assert len(list(logbook.streams(at(20_000)))) == 2


def test_the_logbook_has_the_last_record_of_a_job() -> None:
    """Also of a job with added lines only."""
    store = Store()
    job = job_named("job", 1, START_US, Plan.completes(training=100, **KNOWN))
    store.put(job)
    logbook = store.region(job.place, Job).logbook
    logbook.add(job, at(100), "x", instance=1, now_us=at(100))
    logbook.add(job, at(50), "y", instance=1, now_us=at(100))
    store.put(job.after(Stop(110 * SECOND_US)))
    (stream,) = logbook.streams(at(120))
    assert stream.job.interventions == (Stop(110 * SECOND_US),)
    assert [line.text for line in stream.lines] == ["y", "x"]
    assert [one.text for one in logbook.added(job)] == ["x", "y"]
    assert list(logbook.added(job_named("other", 2, START_US))) == []
