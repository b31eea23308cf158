"""How a test reads one job."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from sagemock import Plan, SageMakerMock, mock_sagemaker
from sagemock.world.views import TransitionView
from tests.support.calling import START, after, create, make_client, request

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
ARN = "arn:aws:sagemaker:{}:123456789012:training-job/churn"


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def test_a_view_is_live(sagemaker: SageMakerMock, client: Any) -> None:
    """It shows the present instant, and later changes too."""
    create(client)
    view = sagemaker.jobs["churn"]
    assert (view.status, view.secondary_status, view.message) == ("InProgress", "Starting", "Starting the training job")
    assert (view.started, view.ended, view.training_seconds, view.billable_seconds) == (None, None, None, None)
    sagemaker.clock.advance(100)
    assert (view.status, view.secondary_status) == ("InProgress", "Training")
    assert (view.started, view.training_seconds, view.billable_seconds) == (after(60), 40, None)
    assert repr(view) == "<job 'churn': InProgress/Training>"
    sagemaker.fail("churn", "ClientError: no")
    assert (view.status, view.failure_reason, view.ended) == ("Failed", "ClientError: no", after(100))
    assert view.billable_seconds == 40


def test_a_view_has_the_constant_facts_of_its_job(sagemaker: SageMakerMock, client: Any) -> None:
    """Name, ARN, region, request, plan and creation; and a picture."""
    create(client)
    view = sagemaker.jobs["churn"]
    assert (view.name, view.arn, view.region) == ("churn", ARN.format("us-east-1"), "us-east-1")
    assert (view.request, view.plan, view.created) == (request("churn"), PLAN, START)
    assert view.failure_reason is None
    assert str(view) == sagemaker.timeline("churn") == sagemaker.timeline(view.arn)


def test_transitions_are_immutable_records(sagemaker: SageMakerMock, client: Any) -> None:
    """The open one has no end."""
    create(client)
    sagemaker.clock.advance(70)
    transitions = sagemaker.jobs["churn"].transitions
    assert transitions == (
        TransitionView("Starting", START, after(60), "Preparing the instances for training"),
        TransitionView("Downloading", after(60), None, "Downloading the training image"),
    )
    with pytest.raises(FrozenInstanceError):
        transitions[0].status = "Training"  # type: ignore[misc]  # the point of the test


def test_a_notebook_shows_a_picture(sagemaker: SageMakerMock, client: Any) -> None:
    """For one job, some, or all; like every reading, at the present instant."""
    assert "no training jobs" in sagemaker._repr_html_()
    create(client)
    assert sagemaker.jobs["churn"]._repr_html_() == sagemaker._repr_html_() == sagemaker.svg("churn")
    before = sagemaker.svg()
    create(client, "second")
    assert "2 training jobs" in sagemaker.svg()
    assert sagemaker.svg("churn") != sagemaker.svg("second", "churn")
    sagemaker.clock.advance(10)
    assert sagemaker.svg("churn") != before
    assert max(map(len, sagemaker.timeline("churn", width=80, unicode=True).split("\n"))) <= 80


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301  # our own data
def test_a_copy_of_a_view_is_a_snapshot(copied: Callable[[Any], Any]) -> None:
    """It shows the same, and stays when the original changes."""
    with mock_sagemaker(start="2018-07-30", plan=Plan.fails(training=60)) as mock:
        create(make_client(), "churn")
        mock.advance_until("churn", "Training")
        views = [
            mock.jobs,
            mock.jobs["churn"],
            mock.jobs["churn"].transitions,
            mock.calls,
            mock.calls[0],
            mock.events,
            mock.sleeps,
        ]
        copies = [copied(view) for view in views]
        before = [str(view) for view in views]
        assert list(map(str, copies)) == before
        assert copies[5].matching({"source": ["aws.sagemaker"]}) == mock.events
        mock.advance_until_idle()
        assert list(map(str, copies)) == before
        assert (copies[0]["churn"].status, mock.jobs["churn"].status) == ("InProgress", "Failed")
        assert copied(copies[1]).status == "InProgress"
