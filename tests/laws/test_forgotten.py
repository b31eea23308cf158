"""A mock that is over and no longer referenced keeps nothing alive: plans, artifacts, logs, requests."""

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
"""A client that outlives every mock, like one in a module-level name."""


def live() -> set[int]:
    """Return the ids of all live objects that hold the test's data or its requests."""
    gc.collect()
    return {id(one) for one in gc.get_objects() if isinstance(one, KINDS)}


def one_job(number: int) -> None:
    """Play one ordinary job."""
    with mock_sagemaker(plan=Plan.completes(training=60 + number)) as mock:
        create(CLIENT[0])
        describe(CLIENT[0])
        mock.advance_until_idle()
        describe(CLIENT[0])


def _by_request(request: Mapping[str, Any]) -> Plan:
    return Plan.completes(training=60, logs={"Training": [(1, request["RoleArn"])]})


def everything(number: int) -> None:
    """Play all kinds of plans, with logs, metrics, an artifact, faults, handlers and interventions."""
    artifact = b"model" * 100_000
    defined = {"TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1", "TrainingInputMode": "File"}
    metrics = {"AlgorithmSpecification": {**defined, "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}]}}
    events: list[Any] = []
    with mock_sagemaker(plan=_by_request, strict=False) as mock:
        mock.plan("drawn", Plan.completes(training=(60, 120 + number)).but(artifact=artifact))
        mock.plan("logged", Plan.completes(training=60, logs={"Training": [(1, f"loss={number}")]}).but(artifact=artifact))
        mock.plan("asked", Plan(phases=[Phase("Starting"), Phase("Training", 60, logs=lambda _: [(1, f"loss={number}")])]))
        mock.fault("DescribeTrainingJob", "ThrottlingException", job="drawn", times=1)
        mock.hide("asked", lasting=1)
        mock.on_event(events.append, {"detail": {"TrainingJobStatus": ["Completed"]}}, delay=1)
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
        assert len(mock.events) > len(events) > 0
        assert str(mock)


def interventions(number: int) -> None:
    """Stop, fail and complete jobs in nested mocks."""
    with mock_sagemaker(), mock_sagemaker(plan=Plan.hangs(starting=60 + number)) as mock:
        for name in ("stopped", "failed", "completed"):
            create(make_client(), name)
        mock.advance_until("stopped", "Training")
        CLIENT[0].stop_training_job(TrainingJobName="stopped")
        mock.fail("failed")
        mock.complete("completed")
        mock.advance_until_idle()
        assert [job.status for job in mock.jobs.all()] == ["Stopped", "Failed", "Completed"]


def large_artifact(number: int) -> None:
    """Play a plan with an artifact of twenty megabytes; nothing refers to it afterwards."""
    artifact = bytes(20_000_000)
    held = sys.getrefcount(artifact)
    plan = Plan.completes(training=60 + number).but(artifact=artifact)
    gone = ref(plan)
    mock = mock_sagemaker(plan=plan).start()
    create(CLIENT[0])
    mock.advance_until_idle()
    mock.stop()
    # The history can still be read.
    assert mock.jobs["churn"].plan.artifact is artifact
    del plan, mock
    gc.collect()
    assert (gone(), sys.getrefcount(artifact)) == (None, held)


LIVES: Final[dict[str, Callable[[int], None]]] = {
    "one job": one_job,
    "everything": everything,
    "interventions": interventions,
    "large artifact": large_artifact,
}


def left_behind(name: str) -> None:
    """Play a life twice; raise if objects of the second one are still alive."""
    CLIENT.append(make_client())
    # The first life fills caches that last as long as the process. The second one differs, so that it finds none of its data
    # there.
    LIVES[name](1)
    before = live()
    LIVES[name](2)
    new = live() - before
    assert not new, [one for one in gc.get_objects() if id(one) in new]


@pytest.mark.parametrize("name", LIVES)
def test_nothing_of_a_finished_mock_stays_alive(name: str) -> None:
    """In a child process: pytest's report keeps the worlds of a running test alive."""
    code = f"from tests.laws.test_forgotten import left_behind; left_behind({name!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  # code of our tests
    assert done.returncode == 0, done.stderr
