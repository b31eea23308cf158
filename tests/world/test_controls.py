"""Verbs of the mock that have no other test file."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sagemock import InvalidType, Plan, SageMakerMock, UsageError, mock_sagemaker
from tests.support.calling import START, create, describe, make_client, transitions

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 10_800},
}


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Mock SageMaker; calls take no time."""
    plan = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
    with mock_sagemaker(start=START, latency=0, plan=plan) as mock:
        yield mock


@pytest.mark.parametrize(
    "pattern", ["*a" * 40 + "*b", "churn-" + "a*" * 200 + "b", "*" + "[ab]?*" * 200 + "?b", "*" + "?" * 60 + "*b"]
)
def test_patterns_of_names_do_not_backtrack(pattern: str) -> None:
    """A name that matches up to its last letter takes no longer."""
    name = "churn-" + "a" * 57
    with mock_sagemaker(start=START, strict=False) as sagemaker:
        client = make_client()
        sagemaker.plan(pattern, Plan.fails())
        sagemaker.fault("*", "ThrottlingException", job=pattern)
        sagemaker.hide(pattern, lasting=60)
        create(client, name)
        sagemaker.advance_until_idle()
        assert sagemaker.jobs[name].status == "Completed"
        assert sagemaker.calls.to("*", job=pattern).count == 0


def test_a_spot_job_can_be_interrupted_now(sagemaker: SageMakerMock) -> None:
    """It is Interrupted at this instant, and starts again."""
    client = make_client()
    create(client, **SPOT)
    sagemaker.advance_until("churn", "Training")
    sagemaker.clock.advance(100)
    sagemaker.interrupt("churn")
    assert sagemaker.jobs["churn"].secondary_status == "Interrupted"
    sagemaker.advance_until("churn", "Completed")
    visited = [entry[0] for entry in transitions(describe(client))]
    assert visited == [
        *("Starting", "Downloading", "Training", "Interrupted"),
        *("Starting", "Downloading", "Training", "Uploading", "Completed"),
    ]


def test_an_on_demand_job_cannot_be_interrupted(sagemaker: SageMakerMock) -> None:
    """AWS takes back only spot instances."""
    create(make_client())
    with pytest.raises(UsageError) as refused:
        sagemaker.interrupt("churn")
    text = "cannot interrupt 'churn': it runs on demand; create it with EnableManagedSpotTraining=True"
    assert str(refused.value) == text


def test_a_job_without_instances_cannot_be_interrupted(sagemaker: SageMakerMock) -> None:
    """The error shows the timeline of the job."""
    create(make_client(), **SPOT)
    with pytest.raises(UsageError) as refused:
        sagemaker.interrupt("churn")
    text = (
        "cannot interrupt 'churn': it has no instances in Starting; do it in Downloading, DownloadingTrainingImage, Training.\n"
    )
    assert str(refused.value).startswith(f"{text}churn: InProgress/Starting")


def test_a_zero_sleep_is_recorded(sagemaker: SageMakerMock) -> None:
    """It lets other threads run, and takes no time."""
    time.sleep(0)
    assert [sleep.duration.total_seconds() for sleep in sagemaker.sleeps] == [0]
    assert sagemaker.clock.now() == START


def test_planned_changes_after_a_stop_are_not_reported(sagemaker: SageMakerMock) -> None:
    """Not even if another job changes at the same instant."""
    events: list[tuple[str, str]] = []
    sagemaker.on_event(lambda event: events.append((event["detail"]["TrainingJobName"], event["detail"]["SecondaryStatus"])))
    client = make_client()
    create(client, "goes-on")
    create(client, "stops")
    sagemaker.clock.advance(10)
    client.stop_training_job(TrainingJobName="stops")
    sagemaker.clock.advance(50)
    assert [event for event in events if event[0] == "goes-on"] == [("goes-on", "Starting"), ("goes-on", "Downloading")]
    assert events[-2:] == [("stops", "Stopped"), ("goes-on", "Downloading")]


class _Endless(Sequence[int]):
    """A sequence that claims a billion items and fails when it is read."""

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, place: Any) -> Any:
        raise NotImplementedError  # pragma: no cover  # never called


def test_comparing_collections_compares_their_lengths_first(sagemaker: SageMakerMock) -> None:
    """A sequence with a billion items is unequal at once."""
    for shown in (sagemaker.calls, sagemaker.sleeps, sagemaker.events):
        assert shown != _Endless()
        assert shown == []


@pytest.mark.parametrize("place", ["churn", None, 1.0, True])
def test_an_invalid_index_of_a_sleep_is_refused(place: Any, sagemaker: SageMakerMock) -> None:
    """As with calls and events."""
    time.sleep(1)
    with pytest.raises(InvalidType, match="an index of sleeps is a whole number, not"):
        sagemaker.sleeps[place]


def test_cancel_takes_no_argument(sagemaker: SageMakerMock) -> None:
    """The refusal has our own words."""
    subscription = sagemaker.on_event(lambda _: None)
    with pytest.raises(InvalidType, match=r"cancel\(\) was given 1 argument without a name, and takes none$"):
        subscription.cancel(5)  # type: ignore[call-arg]
    subscription.cancel()
