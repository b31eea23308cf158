import json
import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from sagemock.clock.instants import SECOND_US
from sagemock.errors import InvalidType, PlanError
from sagemock.jobs.durations import FOREVER, span_us
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.training import status
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from sagemock.tuning.plan import TuningJobPlan
from tests.support.recorded import RECORDED, described
from tests.support.strategies import START_US, durations, job_playing, plans

RUNNING = {"CreationTime": 0, "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 0}]}
PHASE_NAMES = "starting, downloading, training, uploading, stopping"


def statuses(plan: Plan) -> list[str]:
    """Return the statuses of a plan's phases."""
    return [phase.status for phase in plan.phases]


def replay_of(*seen: str, primary: str = "InProgress") -> Plan:
    """Return the replay of a job that visited these statuses for a second each."""
    transitions: list[dict[str, Any]] = [
        {"Status": name, "StartTime": at, "EndTime": at + 1, "StatusMessage": name} for at, name in enumerate(seen)
    ]
    del transitions[-1]["EndTime"]
    modified = len(seen) - 0.5
    return Plan.replays(
        {
            "CreationTime": 0,
            "TrainingJobStatus": primary,
            "LastModifiedTime": modified,
            "SecondaryStatusTransitions": transitions,
        },
    )


# -- values


@given(plans())
def test_a_plan_is_a_value(plan: Plan) -> None:
    """Equal plans compare and hash as equal, and the repr is the code for the plan."""
    fields = ("ending", "failure_reason", "stopping", "uploading", "stopped_after")
    twin = Plan(list(plan.phases), **{name: getattr(plan, name) for name in fields})
    assert twin == plan
    assert hash(twin) == hash(plan)
    assert repr(plan).startswith("Plan(")


@given(durations())
def test_a_duration_is_a_pair_of_microseconds(duration: Any) -> None:
    """The lowest and the highest; they are equal if it is not a range."""
    low, high = span_us(duration, "it") or (-1, -1)
    assert 0 <= low <= high
    assert isinstance(duration, tuple) or low == high
    assert span_us(None, "it") is None


def test_a_plan_is_random_only_if_it_has_a_range() -> None:
    """In any of its durations."""
    assert not Plan.completes(training=5).draws
    assert not Plan(stopped_after=5).draws
    for plan in (Plan.completes(training=(5, 5)), Plan.completes(stopping=(1, 2)), Plan(stopped_after=(1, 2))):
        assert plan.draws


# -- recipes


@pytest.mark.parametrize(
    "plan, expected",
    [
        (Plan(), "Starting Downloading Training Uploading Completed"),
        (Plan.completes(), "Starting Downloading Training Uploading Completed"),
        (Plan.immediate(), "Starting Downloading Training Uploading Completed"),
        (Plan.fails(), "Starting Downloading Training Uploading Failed"),
        (Plan.fails(during="Starting"), "Starting Failed"),
        (Plan.fails(during="Downloading"), "Starting Downloading Failed"),
        (Plan.fails(during="Uploading"), "Starting Downloading Training Uploading Failed"),
        (Plan.hangs("Starting"), "Starting Completed"),
        (Plan.hangs(), "Starting Downloading Training Completed"),
        (Plan.capacity_error(), "Starting Failed"),
    ],
)
def test_a_recipe_has_the_phases_and_the_ending_of_its_docstring(plan: Plan, expected: str) -> None:
    """Each recipe's docstring lists them."""
    assert " ".join([*statuses(plan), plan.ending]) == expected


def test_a_failure_has_a_reason_and_an_instant() -> None:
    """The reason is cut at the service's limit; `after` is the length of the phase in which the job fails."""
    assert Plan.fails().failure_reason == "AlgorithmError: , exit code: 1"
    assert Plan.fails("x" * 2000).failure_reason == "x" * 1024
    assert Plan.fails("why", after=5).phases[2].duration == 5
    assert Plan.fails("why", during="Starting", after=timedelta(hours=1)).phases[0].duration == timedelta(hours=1)


def test_a_hang_has_no_end_but_the_durations_of_a_stop() -> None:
    """In any phase."""
    plan = Plan.hangs("Uploading", starting=1, uploading=7, stopping=3)
    assert (plan.phases[-1].forever, plan.uploading, plan.stopping) == (True, 7, 3)
    assert not plan.phases[0].forever
    assert Phase("Training", FOREVER).forever


# -- replays


@pytest.mark.parametrize("form", [str, Path])
def test_a_record_is_read_from_a_file(form: Callable[[Path], Any], tmp_path: Path) -> None:
    """As the CLI prints it."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps(described(RECORDED[3]), default=lambda at: at.isoformat()), encoding="utf-8")
    assert Plan.replays(form(path)).phases == Plan.replays(described(RECORDED[3])).phases


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_record_may_have_any_usual_encoding(encoding: str, tmp_path: Path) -> None:
    """Those of PowerShell too."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps(described(RECORDED[3]), default=lambda at: at.isoformat()), encoding=encoding)
    assert Plan.replays(path).phases == Plan.replays(described(RECORDED[3])).phases


def test_null_in_a_record_counts_as_missing() -> None:
    """At every depth: it is neither a message "None" nor shown in the replay."""
    whole = described(RECORDED[3])
    first, *others = whole["SecondaryStatusTransitions"]
    quiet = {name: value for name, value in first.items() if name != "StatusMessage"}
    nulls = {**whole, "FailureReason": None, "SecondaryStatusTransitions": [{**quiet, "StatusMessage": None}, *others]}
    assert Plan.replays(nulls) == Plan.replays({**whole, "SecondaryStatusTransitions": [quiet, *others]})


@pytest.mark.parametrize(
    "content, text",
    [
        ("{", "{path} is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)): "),
        ("[]", "{path} holds no JSON object: save the output of one `aws sagemaker describe-training-job` there"),
    ],
)
def test_a_file_without_a_record_is_refused(content: str, text: str, tmp_path: Path) -> None:
    """The message has its name, and what should be in it."""
    path = tmp_path / "job.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        Plan.replays(path)
    assert str(caught.value).startswith(text.format(path=path))
    assert str(caught.value).endswith("aws sagemaker describe-training-job` there")


@pytest.mark.parametrize(
    "seen, expected",
    [
        (["Starting"], "Starting Downloading Training Uploading Completed"),
        (["Starting", "Pending"], "Starting Pending Downloading Training Uploading Completed"),
        (["Starting", "Downloading", "Training"], "Starting Downloading Training Uploading Completed"),
        (["Starting", "DownloadingTrainingImage"], "Starting DownloadingTrainingImage Training Uploading Completed"),
        (["Starting", "Training", "Interrupted"], "Starting Training Interrupted Downloading Training Uploading Completed"),
        (["Starting", "Training", "Stopping"], "Starting Training Stopping Uploading Stopped"),
        (["Starting", "Training", "Stopping", "Uploading"], "Starting Training Stopping Uploading Stopped"),
        (["Starting", "Downloading", "Stopping"], "Starting Downloading Stopping Stopped"),
    ],
)
def test_an_unfinished_record_continues_with_the_defaults(seen: list[str], expected: str) -> None:
    """From its last status."""
    plan = replay_of(*seen)
    assert " ".join([*statuses(plan), plan.ending]) == expected


def test_a_record_of_a_stopping_job_is_stopped() -> None:
    """At the instant of that observation, if the record has no entry for Stopping."""
    plan = replay_of("Starting", primary="Stopping")
    assert (plan.stopped_after, plan.ending) == (timedelta(seconds=0.5), "Completed")
    job = job_playing(plan)
    assert job.state(START_US + SECOND_US // 2).primary == "Stopping"
    assert job.state(job.last_us).secondary == "Stopped"


def test_a_newly_entered_status_has_one_message() -> None:
    """It was not modified since it began."""
    plan = Plan.replays({**RUNNING, "LastModifiedTime": 0})
    assert plan.phases[0] == Phase("Starting", None, "Preparing the instances for training")


# -- errors, with their whole text


A_DURATION = "give a timedelta, seconds, or a (low, high) pair of them"
KNOWN = ", ".join(sorted(status.PHASES))
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a status that no job has": (lambda: Phase("Going"), f"Phase('Going'): no job spends time in that status; one of {KNOWN}"),
    "an ending as a phase": (
        lambda: Phase("Completed"),
        "Phase('Completed'): no job spends time in that status; an ending belongs in Plan(ending=…)",
    ),
    "a negative phase": (
        lambda: Phase("Training", -1),
        "the duration of Phase('Training') is -1: a duration is not negative, and a (low, high) pair is in order",
    ),
    "a range the wrong way round": (
        lambda: Phase("Training", (2, 1)),
        "the duration of Phase('Training') is (2, 1): a duration is not negative, and a (low, high) pair is in order",
    ),
    "a duration that is a text": (
        lambda: Phase("Training", "5"),  # type: ignore[arg-type]
        f"the duration of Phase('Training'): a duration is a timedelta or a number of seconds, not '5'; {A_DURATION}",
    ),
    "a stop that takes for ever": (
        lambda: Plan(stopping=math.inf),
        f"stopping: a duration is finite, not inf; {A_DURATION}",
    ),
    "no messages": (
        lambda: Phase("Training", 5, []),
        "the messages of Phase('Training') are (offset, text) pairs in order, the first at 0, not []",
    ),
    "a first message that is late": (
        lambda: Phase("Training", 5, [(1, "a")]),
        "the messages of Phase('Training') are (offset, text) pairs in order, the first at 0, not [(1, 'a')]",
    ),
    "messages out of order": (
        lambda: Phase("Training", 5, [(0, "a"), (2, "b"), (1, "c")]),
        "the messages of Phase('Training') are (offset, text) pairs in order, the first at 0, not [(0, 'a'), (2, 'b'), (1, 'c')]",
    ),
    "a triple": (
        lambda: Phase("Training", (1, 2, 3)),  # type: ignore[arg-type]
        "the duration of Phase('Training') is (1, 2, 3): give a timedelta, seconds, or a (low, high) pair of them",
    ),
    "a status in the place of a phase": (
        lambda: Plan(["Starting"]),  # type: ignore[list-item]
        "'Starting' is not a phase: give phases like Phase('Starting', 60)",
    ),
    "training after the stop": (
        lambda: Plan([Phase("Starting"), Phase("Stopping"), Phase("Training")], ending="Stopped"),
        "Training follows Stopping in this plan: a job that is Stopping goes on to Uploading, or ends",
    ),
    "no phases": (
        lambda: Plan([]),
        "a plan has at least one phase, as every job starts in Starting: begin with Phase('Starting')",
    ),
    "something after a phase without end": (
        lambda: Plan([Phase("Starting", math.inf), Phase("Training")]),
        "Starting never ends in this plan, so later phases never come: leave those out, or give a duration",
    ),
    "the same status twice": (
        lambda: Plan([Phase("Starting"), Phase("Starting")]),
        "two phases of Starting in a row are one entry: make them one Phase with several messages",
    ),
    "an ending that ends nothing": (
        lambda: Plan(ending="Training"),  # type: ignore[arg-type]
        (
            "ending='Training' is not an end of a job; give one of Completed, Failed, MaxRuntimeExceeded, MaxWaitTimeExceeded, "
            "Stopped"
        ),
    ),
    "two times at once": (
        lambda: Plan.completes(granular=True, legacy=True),
        "granular=True with legacy=True: granular shows jobs as in 2018, legacy as in the years after that; give one",
    ),
    "a failure without reason": (
        lambda: Plan(ending="Failed"),
        "failure_reason=None with ending='Failed': a job has a reason exactly when it fails; give both, or neither",
    ),
    "a reason without failure": (
        lambda: Plan(failure_reason="why"),
        "failure_reason='why' with ending='Completed': a job has a reason exactly when it fails; give both, or neither",
    ),
    "a stop that completes": (
        lambda: Plan([Phase("Starting"), Phase("Stopping")]),
        "a job that is Stopping ends Stopped, MaxRuntimeExceeded or MaxWaitTimeExceeded, not Completed",
    ),
    "a failure during nothing": (
        lambda: Plan.fails(during="Pending"),
        "Plan.fails(during='Pending'): a job fails during one of Starting, Downloading, Training, Uploading",
    ),
    "a hang during nothing": (
        lambda: Plan.hangs("Pending"),
        "Plan.hangs(during='Pending'): a job hangs during one of Starting, Downloading, Training, Uploading",
    ),
    "a hang with a length": (
        lambda: Plan.hangs(training=5),
        "Plan.hangs(during='Training', training=…): a phase that never ends has no duration; leave one out",
    ),
    "two reasons": (
        lambda: Plan.fails("why", exit_code=2),
        "Plan.fails('why', exit_code=2): both say why; give one",
    ),
    "two ways to interrupt": (
        lambda: Plan.interrupted(1, per_hour=2),
        "Plan.interrupted() takes one of times, after=[…] and per_hour: each says when",
    ),
    "a message that is none": (
        lambda: Phase("Starting", 5, ""),
        "the message '' of Phase('Starting') is not a text that can be shown: write one, or leave it out",
    ),
    "a message that is no text": (
        lambda: Phase("Starting", 5, [(0, "a"), (1, 5)]),  # type: ignore[list-item]
        "the message 5 of Phase('Starting') is not a text that can be shown: write one, or leave it out",
    ),
    "interruptions of which there are none": (
        lambda: Plan.interrupted(after=[]),
        "Plan.interrupted(after=[]) interrupts nothing: say after how long, after=[600]",
    ),
    "no interruption": (
        lambda: Plan.interrupted(0),
        "Plan.interrupted(0): times is how often the job is interrupted, from 1 to 1000; write times=1",
    ),
    "an interruption of a negative time": (
        lambda: Plan.interrupted(after=[5, -1]),
        "interruption 2 is -1: a duration is not negative, and a (low, high) pair is in order",
    ),
    "an infinite rate": (
        lambda: Plan.interrupted(per_hour=math.inf),
        (
            "per_hour is a number of interruptions per hour of training: 0, or from 0.000001 to 3600, not inf: "
            "write per_hour=0.5, or leave it out"
        ),
    ),
    "an interruption of nothing": (
        lambda: Plan.interrupted(then=Plan.capacity_error()),
        "interruptions come in Training, and this plan has no such phase: add Phase('Training')",
    ),
    "an internal error during the upload": (
        lambda: Plan.internal_error(during="Uploading"),
        "Plan.internal_error(during='Uploading'): an attempt ends during one of Starting, Downloading, Training",
    ),
    "no internal error": (
        lambda: Plan.internal_error(0),
        "Plan.internal_error(0): times is how many attempts end in an error, from 1 to 1000; write times=1",
    ),
    "internal errors without an attempt": (
        lambda: Plan(internal_errors=1),
        "internal_errors=1 with attempt=(): use Plan.internal_error()",
    ),
    "a replay that waits": (
        lambda: Plan.waits_for_capacity(5, Plan.replays(RUNNING)),
        "a replay repeats the recorded life, without further waits, failures or interruptions: leave `then` out",
    ),
    "more billed than trained": (
        lambda: Plan(billed=1.5),
        "billed is a number above 0 and at most 1, the part of the training time that is billed, not 1.5: write billed=0.4",
    ),
    "a wait where nothing is waited for": (
        lambda: Plan.waits_for_capacity(5, Plan([Phase("Training")])),
        "a job waits for capacity in Starting, and this plan begins in Training: begin it with Phase('Starting')",
    ),
    "a failure with two lengths": (
        lambda: Plan.fails(after=5, training=6),
        "Plan.fails(after=…, training=…): both say how long Training lasts; give one",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_contradictory_plan_is_refused_at_its_line(name: str) -> None:
    """The message has the values, and says what to do."""
    attempt, text = REFUSED[name]
    with pytest.raises(PlanError) as caught:
        attempt()
    assert str(caught.value) == text
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "recipe, arguments, takes",
    [
        ("completes", {}, "granular, legacy, logs"),
        ("fails", {}, "reason, exit_code, during, after, logs"),
        ("hangs", {}, "during, logs"),
        ("waits_for_capacity", {"wait": 5}, "wait, then"),
        ("waits_for_training_plan", {"scheduled": 5}, "scheduled, then"),
        ("capacity_error", {}, "after"),
        ("interrupted", {}, "times, after, per_hour, lasting, then"),
        ("internal_error", {}, "times, during, after, then"),
        ("serverless", {}, "epochs, steps, tokens, then"),
        ("replays", {"response": {}}, "response"),
    ],
)
def test_a_misspelt_phase_is_a_type_error_with_a_suggestion(recipe: str, arguments: dict[str, Any], takes: str) -> None:
    """As Python's own error for an unknown keyword, plus the list of phases."""
    with pytest.raises(TypeError) as caught:
        getattr(Plan, recipe)(**arguments, trainig=5)
    assert str(caught.value) == (f"Plan.{recipe}() has no 'trainig': did you mean 'training'? It takes {takes}, {PHASE_NAMES}")


@pytest.mark.parametrize(
    "given, hint",
    [
        ({"phase": "Training"}, "did you mean 'during'?"),
        ({"at": 5}, "did you mean 'after'?"),
        ({"message": "x"}, "did you mean 'reason'?"),
        ({"minutes": 5}, "write Plan.fails(training=timedelta(minutes=…))."),
        ({"processing": 5}, "did you mean 'training'?"),
        ({"artifact": b"x"}, "write Plan.fails(…).but(artifact=…)."),
        ({"limit_lg": 5}, "write Plan.fails(…).but(limit_lag=…)."),
    ],
)
def test_a_synonym_of_an_argument_gets_a_suggestion(given: dict[str, Any], hint: str) -> None:
    """By its meaning, not its letters; a field of all plans leads to `but`."""
    with pytest.raises(InvalidType) as caught:
        Plan.fails(**given)
    assert f": {hint} It takes reason, exit_code, during, after, logs, starting" in str(caught.value)


def test_an_unknown_argument_is_compared_with_those_of_its_recipe() -> None:
    """A recipe without `after` may have `during`; a word that is similar to none gets the whole list."""
    with pytest.raises(InvalidType, match=r"^Plan.hangs\(\) has no 'at': did you mean 'during'\? It takes during, logs"):
        Plan.hangs(at="Training")  # type: ignore[call-arg]
    with pytest.raises(InvalidType, match=r"^Plan.hangs\(\) has no 'zzz'. It takes during, logs, starting"):
        Plan.hangs(zzz=5)  # type: ignore[call-arg]
    with pytest.raises(
        InvalidType, match=r"^Plan.replays\(\) has no 'hours': write Plan.replays\(training=timedelta\(hours=…\)\)"
    ):
        Plan.replays({}, hours=5)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "call, end",
    [
        (lambda: Plan.fails(during="training"), "Uploading: did you mean 'Training'?"),
        (lambda: Plan.hangs(during="Trainin"), "Uploading: did you mean 'Training'?"),
        (lambda: Plan.internal_error(during="STARTING"), "Training: did you mean 'Starting'?"),
        (lambda: Phase("training"), "Uploading: did you mean 'Training'?"),
        (lambda: Plan(ending="completed"), "Stopped: did you mean 'Completed'?"),  # type: ignore[arg-type]  # the point of the test
        (lambda: ProcessingJobPlan.fails(during="processing"), "Starting, Processing: did you mean 'Processing'?"),
        (lambda: ProcessingJobPlan.fails(during="Training"), "Starting, Processing"),
    ],
)
def test_a_misspelt_status_gets_a_suggestion(call: Callable[[], Any], end: str) -> None:
    """Training and Starting are not similar enough."""
    with pytest.raises(PlanError) as caught:
        call()
    assert str(caught.value).endswith(f" {end}")


def test_a_misspelt_recipe_is_an_attribute_error_with_a_suggestion() -> None:
    """Python itself gives no hint for a class."""
    with pytest.raises(AttributeError, match=r"^Plan has no 'complete': did you mean 'completes'\? The recipes are completes, "):
        Plan.complete  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(
        AttributeError, match=r"^Plan has no 'stopped': write Plan.completes\(\).but\(stopped_after=600\), or stop"
    ):
        Plan.stopped  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^Plan has no 'success': did you mean 'completes'\? The recipes are"):
        Plan.success  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^Plan has no 'spot': did you mean 'interrupted'\? The recipes are"):
        Plan.spot  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^TuningJobPlan has no 'spot'\. The recipes are completes, "):
        TuningJobPlan.spot  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^Plan has no 'zzz'\. The recipes are"):
        Plan.zzz  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(Plan, "__pickled__")


@pytest.mark.parametrize(
    "plan, text",
    [
        (Plan.waits_for_capacity(60, training=5), "Plan.waits_for_capacity(60, training=5)"),
        (Plan.waits_for_training_plan(60, starting=1, training=5), "Plan.waits_for_training_plan(60, starting=1, training=5)"),
        (Plan.interrupted(2, training=5), "Plan.interrupted(2, training=5)"),
        (Plan.internal_error(starting=3, training=5), "Plan.internal_error(1, starting=3, training=5)"),
        (Plan.serverless(training=5), "Plan.serverless(epochs=1, steps=100, training=5)"),
        (Plan.capacity_error(60, stopping=5), "Plan.capacity_error(60, stopping=5)"),
    ],
)
def test_every_recipe_takes_the_durations_of_its_phases(plan: Plan, text: str) -> None:
    """They replace the defaults, and the repr has them."""
    assert repr(plan) == text
    durations = {phase.status: phase.duration for phase in plan.phases}
    assert (durations.get("Training", 5), plan.stopping or 5) == (5, 5)


def test_all_attempts_have_the_same_phases() -> None:
    """An attempt with an internal error starts as slowly as the last one."""
    plan = Plan.internal_error(starting=3, downloading=4, after=9)
    assert [phase.duration for phase in plan.attempt] == [3, 4, 9]
    assert [phase.duration for phase in plan.phases[:2]] == [3, 4]


@pytest.mark.parametrize(
    "make, text",
    [
        (
            lambda: Plan.interrupted(then=Plan(), training=5),
            "Plan.interrupted(training=…, then=…): both say how long it lasts; write then=Plan.completes(training=…)",
        ),
        (
            lambda: Plan.replays({}, training=5),
            "Plan.replays(training=…): the record says how long each phase lasts; leave it out",
        ),
        (
            lambda: Plan.hangs("Starting", training=5),
            "Plan.hangs(during='Starting', training=…): such a job never gets to Training; leave training out",
        ),
        (
            lambda: Plan.fails(during="Downloading", training=5),
            "Plan.fails(during='Downloading', training=…): such a job never gets to Training; leave training out",
        ),
        (
            lambda: Plan.capacity_error(starting=5),
            "Plan.capacity_error(starting=…): `after` says how long the job is in Starting; give that",
        ),
        (
            lambda: Plan.capacity_error(downloading=5),
            "Plan.capacity_error(downloading=…): such a job never gets to Downloading; leave downloading out",
        ),
    ],
)
def test_a_duration_for_a_missing_phase_is_refused(make: Callable[[], Plan], text: str) -> None:
    """The message has the right way."""
    with pytest.raises(PlanError) as caught:
        make()
    assert str(caught.value) == text


def test_then_takes_a_plan_and_but_takes_known_fields() -> None:
    """Otherwise Python's own kind of error is raised."""
    with pytest.raises(TypeError) as caught:
        Plan.waits_for_capacity(5, "completes")  # type: ignore[arg-type]
    assert str(caught.value) == "then='completes': give a Plan, such as then=Plan.fails()"
    with pytest.raises(TypeError) as caught:
        Plan().but(stoping=5)  # type: ignore[call-arg]
    assert str(caught.value) == "a plan has no 'stoping': did you mean 'stopping'?"
    with pytest.raises(
        InvalidType, match=r"a plan has no 'trainning': a duration is given to the recipe, as in Plan.completes\(training=…\)"
    ):
        Plan().but(trainning=5)  # type: ignore[call-arg]
    with pytest.raises(InvalidType, match=r"'training': a duration is given to the recipe, as in Plan.completes\(training=…\)$"):
        Plan().but(training=5)  # type: ignore[call-arg]
    with pytest.raises(InvalidType, match=r"a plan has no 'zzz': its fields are stopping, limit_lag, "):
        Plan().but(zzz=5)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "plan, shown",
    [
        (Plan(), "Plan()"),
        (Plan(stopping=5), "Plan(stopping=5)"),
        (Plan.completes(training=5, granular=True), "Plan.completes(training=5, granular=True)"),
        (Plan.completes(legacy=True), "Plan.completes(legacy=True)"),
        (Plan.fails("why"), "Plan.fails('why')"),
        (Plan.hangs(), "Plan.hangs('Training')"),
        (Plan.hangs().but(limit_lag=60), "Plan.hangs('Training').but(limit_lag=60)"),
        (Plan.waits_for_training_plan(5), "Plan.waits_for_training_plan(5)"),
        (Plan.waits_for_capacity(5, Plan.fails("why")), "Plan.waits_for_capacity(5, then=Plan.fails('why'))"),
        (Plan.fails("why", during="Starting", after=5), "Plan.fails('why', during='Starting', starting=5)"),
        (Plan.hangs("Uploading", training=5), "Plan.hangs('Uploading', training=5)"),
        (Plan.interrupted(after=[5]), "Plan.interrupted(after=[5])"),
        (Plan.interrupted(2, lasting=5), "Plan.interrupted(2, lasting=5)"),
        (Plan.interrupted(per_hour=2), "Plan.interrupted(per_hour=2)"),
        (Plan.internal_error(2), "Plan.internal_error(2)"),
        (Plan.internal_error(during="Starting", after=5), "Plan.internal_error(1, during='Starting', after=5)"),
        (
            Plan([Phase("Starting", 5), Phase("Training", FOREVER)]),
            "Plan(phases=(Phase('Starting', 5), Phase('Training', math.inf)))",
        ),
        (
            Plan([Phase("Training", message="on", logs=[(0, "a")])]),
            "Plan(phases=(Phase('Training', message='on', logs=[(0.0, 'a')]),))",
        ),
        (Plan.replays(RUNNING), "Plan.replays(<a record>)"),
    ],
)
def test_a_repr_is_the_code_for_the_plan(plan: Plan, shown: str) -> None:
    """Every error that names a plan shows it."""
    assert repr(plan) == shown


def test_a_misspelt_phase_is_found_without_earlier_phases() -> None:
    """A job that hangs in its first phase takes durations too."""
    with pytest.raises(TypeError, match="did you mean 'stopping'"):
        Plan.hangs("Starting", stoping=5)  # type: ignore[call-arg]
