"""What a mock held is let go of when the mock is over and nobody holds it: plans, artifacts, logs, requests."""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from weakref import ref

import pytest

from sagemock import Phase, Plan, mock_sagemaker
from sagemock.jobs.lines import Lines
from sagemock.jobs.store import Store
from sagemock.service.calls import Call
from sagemock.training.job import Job
from sagemock.training.plan.script import Script
from sagemock.training.timeline import Timeline
from sagemock.world.world import World
from tests.support.calling import create, describe, make_client

KINDS: Final = (Call, Job, Lines, Plan, Phase, Script, Store, Timeline, World)
CLIENT: Final[list[Any]] = []
"""A client that outlives every mock, as those that modules make."""


def live() -> set[int]:
    """Return which objects are alive that hold what a test gave, or what its jobs were asked for."""
    gc.collect()
    return {id(one) for one in gc.get_objects() if isinstance(one, KINDS)}


def plain(number: int) -> None:
    """Play the life that everybody plans."""
    with mock_sagemaker(plan=Plan.completes(training=60 + number)) as mock:
        create(CLIENT[0])
        describe(CLIENT[0])
        mock.advance_until_idle()
        describe(CLIENT[0])


def _by_request(request: Mapping[str, Any]) -> Plan:
    return Plan.completes(training=60, logs={"Training": [(1, request["RoleArn"])]})


def rich(number: int) -> None:
    """Play plans of every kind, with logs, metrics, an artifact, faults, handlers, and interventions."""
    artifact = b"model" * 100_000
    defined = {"TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1", "TrainingInputMode": "File"}
    metrics = {"AlgorithmSpecification": {**defined, "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}]}}
    said: list[Any] = []
    with mock_sagemaker(plan=_by_request, strict=False) as mock:
        mock.plan("drawn", Plan.completes(training=(60, 120 + number)).but(artifact=artifact))
        mock.plan("logged", Plan.completes(training=60, logs={"Training": [(1, f"loss={number}")]}).but(artifact=artifact))
        mock.plan("asked", Plan(phases=[Phase("Starting"), Phase("Training", 60, logs=lambda _: [(1, f"loss={number}")])]))
        mock.fault("DescribeTrainingJob", "ThrottlingException", job="drawn", times=1)
        mock.hide("asked", lasting=1)
        mock.on_event(said.append, {"detail": {"TrainingJobStatus": ["Completed"]}}, delay=1)
        for name in ("drawn", "logged", "asked", "other"):
            create(CLIENT[0], name, **metrics)
        thread = threading.Thread(target=time.sleep, args=(3600,))
        thread.start()
        mock.advance_until("logged", "Training")
        mock.clock.advance(5)
        mock.log("logged", "loss=3")
        mock.advance_until_idle()
        thread.join()
        CLIENT[0].list_training_jobs(SortBy="Status")
        assert describe(CLIENT[0], "logged")["FinalMetricDataList"][0]["Value"] == 3
        assert len(mock.events) > len(said) > 0
        assert str(mock)


def interfered(number: int) -> None:
    """Stop, fail and complete jobs, within nested mocks."""
    with mock_sagemaker(), mock_sagemaker(plan=Plan.hangs(starting=60 + number)) as mock:
        for name in ("stopped", "failed", "completed"):
            create(make_client(), name)
        mock.advance_until("stopped", "Training")
        CLIENT[0].stop_training_job(TrainingJobName="stopped")
        mock.fail("failed")
        mock.complete("completed")
        mock.advance_until_idle()
        assert [job.status for job in mock.jobs.all()] == ["Stopped", "Failed", "Completed"]


def heavy(number: int) -> None:
    """Play a plan with an artifact of twenty megabytes, of which nothing holds on afterwards."""
    artifact = bytes(20_000_000)
    held = sys.getrefcount(artifact)
    plan = Plan.completes(training=60 + number).but(artifact=artifact)
    gone = ref(plan)
    mock = mock_sagemaker(plan=plan).start()
    create(CLIENT[0])
    mock.advance_until_idle()
    mock.stop()
    # What happened can still be read.
    assert mock.jobs["churn"].plan.artifact is artifact
    del plan, mock
    gc.collect()
    assert (gone(), sys.getrefcount(artifact)) == (None, held)


LIVES: Final[dict[str, Callable[[int], None]]] = {"plain": plain, "rich": rich, "interfered": interfered, "heavy": heavy}


def left_behind(name: str) -> None:
    """Play lives, and raise if something of them remains when they are over."""
    CLIENT.append(make_client())
    # What is made once a process is made by then. The second life is another one, so that nothing of it is there before.
    LIVES[name](1)
    before = live()
    LIVES[name](2)
    new = live() - before
    assert not new, [one for one in gc.get_objects() if id(one) in new]


@pytest.mark.parametrize("name", LIVES)
def test_nothing_of_a_mock_that_is_over_remains(name: str) -> None:
    """In a process of its own: pytest's report holds the worlds of a test while it runs."""
    code = f"from tests.laws.test_forgotten import left_behind; left_behind({name!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert done.returncode == 0, done.stderr
