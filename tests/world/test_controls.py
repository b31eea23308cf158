"""Verbs of the mock that are not tested beside what they move."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sagemock import InvalidType, Plan, SageMakerMock, UsageError, mock_sagemaker
from tests.support.calling import START, create, describe, lived, make_client

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
def test_no_pattern_of_names_takes_for_ever(pattern: str) -> None:
    """Patterns of names do not backtrack: a name that matches up to its end does not make them try all ways."""
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
    """It is Interrupted at this instant, and begins again."""
    client = make_client()
    create(client, **SPOT)
    sagemaker.advance_until("churn", "Training")
    sagemaker.clock.advance(100)
    sagemaker.interrupt("churn")
    assert sagemaker.jobs["churn"].secondary_status == "Interrupted"
    sagemaker.advance_until("churn", "Completed")
    visited = [entry[0] for entry in lived(describe(client))]
    assert visited == [
        *("Starting", "Downloading", "Training", "Interrupted"),
        *("Starting", "Downloading", "Training", "Uploading", "Completed"),
    ]


def test_a_job_on_demand_is_not_interrupted(sagemaker: SageMakerMock) -> None:
    """Only spot instances are taken away."""
    create(make_client())
    with pytest.raises(UsageError) as refused:
        sagemaker.interrupt("churn")
    text = "cannot interrupt 'churn': it runs on demand; create it with EnableManagedSpotTraining=True"
    assert str(refused.value) == text


def test_a_job_without_instances_is_not_interrupted(sagemaker: SageMakerMock) -> None:
    """The error shows its timeline."""
    create(make_client(), **SPOT)
    with pytest.raises(UsageError) as refused:
        sagemaker.interrupt("churn")
    text = (
        "cannot interrupt 'churn': it has no instances in Starting; do it in Downloading, DownloadingTrainingImage, Training.\n"
    )
    assert str(refused.value).startswith(f"{text}churn: InProgress/Starting")


def test_a_sleep_of_nothing_is_a_sleep(sagemaker: SageMakerMock) -> None:
    """It gives way, takes no time, and is on record."""
    time.sleep(0)
    assert [sleep.duration.total_seconds() for sleep in sagemaker.sleeps] == [0]
    assert sagemaker.clock.now() == START


def test_what_was_planned_before_a_stop_is_told_of_no_more(sagemaker: SageMakerMock) -> None:
    """Nor when another job goes on at the very instant at which the stopped one would have."""
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
    """A sequence that nobody should read to its end."""

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, place: Any) -> Any:
        raise NotImplementedError  # pragma: no cover  # nobody asks


def test_what_is_shown_is_compared_by_its_length_first(sagemaker: SageMakerMock) -> None:
    """With a billion of something it differs at once."""
    for shown in (sagemaker.calls, sagemaker.sleeps, sagemaker.events):
        assert shown != _Endless()
        assert shown == []


@pytest.mark.parametrize("place", ["churn", None, 1.0, True])
def test_what_is_no_place_of_a_sleep_is_refused(place: Any, sagemaker: SageMakerMock) -> None:
    """As of a call or an event."""
    time.sleep(1)
    with pytest.raises(InvalidType, match="an index of sleeps is a whole number, not"):
        sagemaker.sleeps[place]


def test_a_subscription_ends_without_more_words(sagemaker: SageMakerMock) -> None:
    """What is given to `cancel` is refused in our words."""
    subscription = sagemaker.on_event(lambda _: None)
    with pytest.raises(InvalidType, match=r"cancel\(\) was given 1 argument without a name, and takes none: by name"):
        subscription.cancel(5)  # type: ignore[call-arg]
    subscription.cancel()
