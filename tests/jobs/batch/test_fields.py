"""Plans of batch jobs: the recipes, and contradictions that are refused."""

import copy
import datetime as dt
import math
import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sagemock import InvalidType, PlanError, ProcessingJobPlan, TransformJobPlan, reasons


@pytest.mark.parametrize(
    "plan",
    [
        ProcessingJobPlan(),
        ProcessingJobPlan.completes(),
        ProcessingJobPlan.completes(exit_message="Completed: 3 rows", processing=(60, 90), starting=timedelta(minutes=2)),
        ProcessingJobPlan.fails(),
        ProcessingJobPlan.fails(exit_code=137, exit_message="out of memory", after=60, starting=5),
        ProcessingJobPlan.fails("ClientError: no image", during="Starting", after=90),
        ProcessingJobPlan.hangs(stopping=30, exit_message="busy"),
        ProcessingJobPlan.hangs("Starting"),
        ProcessingJobPlan.hangs().but(stopped_after=600, limit_lag=(60, 300)),
        TransformJobPlan(starting=5, transforming=60),
        TransformJobPlan.completes(transforming=60),
        TransformJobPlan.fails(),
        TransformJobPlan.fails("InternalServerError: x", during="Starting"),
        TransformJobPlan.hangs(),
        TransformJobPlan.never_answers(),
        TransformJobPlan.never_answers(transforming=600),
    ],
    ids=repr,
)
def test_a_repr_is_the_code_for_the_plan(plan: Any) -> None:
    """Copies and pickles are equal, with the same hash."""
    names = {"ProcessingJobPlan": ProcessingJobPlan, "TransformJobPlan": TransformJobPlan, "timedelta": timedelta}
    made = eval(repr(plan), {**names, "datetime": dt})  # noqa: S307  # our own data
    assert made == plan
    for other in (copy.deepcopy(plan), pickle.loads(pickle.dumps(plan))):  # noqa: S301  # our own data
        assert (other, hash(other), repr(other)) == (plan, hash(plan), repr(plan))


def test_the_default_failure_reason_is_the_services() -> None:
    """For a processing job, a container without an exit message; for a transform job, a bad record."""
    assert ProcessingJobPlan.fails().failure_reason == reasons.exit_code(1)
    assert ProcessingJobPlan.fails(exit_code=3).failure_reason == reasons.exit_code(3)
    assert TransformJobPlan.fails().failure_reason == "ClientError: See job logs for more information"


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda: ProcessingJobPlan(starting=-1), "starting is -1: a duration is not negative"),
        (lambda: ProcessingJobPlan(processing=math.inf), "processing never ends in this plan: use ProcessingJobPlan.hangs()"),
        (lambda: ProcessingJobPlan.completes(stopping=math.inf), "stopping: a duration is finite, not inf"),
        (lambda: ProcessingJobPlan(endless=1), "endless is True or False"),  # type: ignore[arg-type]
        (lambda: ProcessingJobPlan(ending="Stopped"), "ending='Stopped' is not an end of a processing job"),  # type: ignore[arg-type]
        (lambda: ProcessingJobPlan(ending="Failed"), "failure_reason=None with ending='Failed': a job has a reason exactly when"),
        (lambda: ProcessingJobPlan(failure_reason="x"), "failure_reason='x' with ending='Completed'"),
        (lambda: ProcessingJobPlan(failure_reason=""), "failure_reason is a text, and not empty"),
        (lambda: ProcessingJobPlan(during="Training"), "during='Training': a processing job ends during one of Starting, Proc"),
        (
            lambda: ProcessingJobPlan(during="Starting"),
            "a processing job that completes must have run: leave during='Starting' out",
        ),
        (lambda: ProcessingJobPlan.fails("x", exit_code=1), "both say why; give one"),
        (lambda: ProcessingJobPlan.fails("x", after=1, processing=2), "both say how long Processing lasts; give one"),
        (lambda: ProcessingJobPlan.fails("x", during="Training"), "a processing job fails during one of Starting, Processing"),
        (lambda: ProcessingJobPlan.fails(""), "'' is not a FailureReason"),
        (lambda: ProcessingJobPlan.hangs("Training"), "a processing job hangs during one of Starting, Processing"),
        (lambda: ProcessingJobPlan.hangs(processing=5), "a phase that never ends has no duration; leave one out"),
        (lambda: ProcessingJobPlan(exit_message=""), "exit_message is a text, and not empty"),
        (lambda: ProcessingJobPlan.hangs("Starting", exit_message="x"), "a container writes exit_message, and no container runs"),
        (lambda: ProcessingJobPlan.hangs("Starting", logs={"Processing": [(0, "x")]}), "no container runs in this plan"),
        (lambda: ProcessingJobPlan.completes(logs={"Starting": [(0, "x")]}), "no container runs in Starting"),
        (
            lambda: ProcessingJobPlan.completes(processing=5, logs={"Processing": [(9, "x")]}),
            "'x' is written 9 s into Processing",
        ),
        (lambda: TransformJobPlan(limit_lag=5), "a transform job has no limit on its time: leave limit_lag out"),
        (lambda: ProcessingJobPlan(replayed=3), "replayed is a DescribeProcessingJob response"),  # type: ignore[arg-type]
        (lambda: ProcessingJobPlan(called=3), "called is how the plan was made"),  # type: ignore[arg-type]
    ],
)
def test_a_contradictory_plan_is_refused(make: Callable[[], object], text: str) -> None:
    """At the line that makes it, with what to do."""
    with pytest.raises(PlanError) as raised:
        make()
    assert text in str(raised.value)


@pytest.mark.parametrize(
    "make, text",
    [
        (
            lambda: ProcessingJobPlan.completes(procesing=5),  # type: ignore[call-arg]
            "ProcessingJobPlan.completes() has no 'procesing': did you mean 'proc",
        ),
        (lambda: TransformJobPlan.fails(aftr=5), "TransformJobPlan.fails() has no 'aftr': did you mean 'after'?"),  # type: ignore[call-arg]
        (lambda: TransformJobPlan().but(transformin=5), "a plan has no 'transformin': did you mean 'transforming'?"),
        (lambda: TransformJobPlan(training=5), "TransformJobPlan() has no 'training'"),  # type: ignore[call-arg]
        (ProcessingJobPlan.replays, "ProcessingJobPlan.replays() needs 'response'"),
    ],
)
def test_an_unknown_field_is_refused(make: Callable[[], object], text: str) -> None:
    """The message has the nearest name."""
    with pytest.raises(InvalidType) as raised:
        make()
    assert text in str(raised.value)


def test_lines_come_at_their_offsets() -> None:
    """By phase, or by a callable that gets the request."""
    plan = ProcessingJobPlan.completes(logs={"Processing": lambda request: [(0, request["ProcessingJobName"])]})
    assert plan.asks
    assert not plan.draws
    assert "logs={…}" in repr(plan)
    assert ProcessingJobPlan.hangs(starting=(1, 2)).draws
