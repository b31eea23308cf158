from typing import get_args

from hypothesis import given

from sagemock.training import status
from sagemock.training.job import Job
from tests.protocol.shapes import sagemaker
from tests.support.recorded import RECORDED
from tests.support.strategies import instants, lives

# Older service models lack these, such as that of the oldest supported botocore.
NEWER = {"Pending", "Deleting"}


def enum(shape: str) -> set[str]:
    """Return the values of an enum in the installed service model."""
    return set(sagemaker().shape_for(shape).metadata["enum"])


def test_the_secondary_statuses_are_those_of_the_service_model() -> None:
    """None is missing, and none is invented."""
    ours = status.PHASES | status.ENDINGS
    # The documentation lists these as no longer supported, but they are still in the enum.
    assert enum("SecondaryStatus") <= ours
    assert ours - enum("SecondaryStatus") <= NEWER
    assert not status.PHASES & status.ENDINGS


def test_the_primary_statuses_are_those_of_the_service_model() -> None:
    """The type has all of them."""
    ours = set(get_args(status.Primary))
    assert enum("TrainingJobStatus") <= ours
    assert ours - enum("TrainingJobStatus") <= NEWER
    assert set(status.PRIMARY_OF_ENDING.values()) <= ours - {"InProgress", "Stopping", "Deleting"}


def test_the_ending_type_has_all_endings() -> None:
    """A type checker accepts the same as a plan."""
    assert set(get_args(status.Ending)) == status.ENDINGS == set(status.PRIMARY_OF_ENDING)


def test_every_status_has_its_message() -> None:
    """Other statuses have none; a message is neither empty nor too long for an event."""
    assert set(status.MESSAGES) == status.PHASES | status.ENDINGS
    assert all(status.MESSAGES.values())


def test_the_groups_of_statuses_are_consistent() -> None:
    """A waiting job has not started, and only a phase can be unbilled."""
    assert status.STARTED < status.PHASES
    assert status.WAITING < status.PHASES
    assert status.UNBILLED < status.PHASES
    assert not status.STARTED & status.UNBILLED
    assert {name for recording in RECORDED for name in recording.statuses} <= status.PHASES | status.ENDINGS


@given(lives())
def test_the_two_statuses_fit_together(records: tuple[Job, ...]) -> None:
    """Whatever was planned and done, at every instant.

    A stop shows at once in the primary status, while the secondary status lags: Stopping with Starting was recorded (a fixture of
    aws-controllers-k8s/sagemaker-controller). That it also lags in Uploading is assumed.
    """
    for job in records:
        for now_us in instants(job):
            state = job.state(now_us)
            if state.primary == "InProgress":
                assert state.secondary in status.PHASES - {status.STOPPING}
            elif state.primary == "Stopping":
                assert state.secondary in status.WAITING | {status.STOPPING, status.UPLOADING}
            else:
                assert state.primary == status.PRIMARY_OF_ENDING[state.secondary]


def test_every_message_has_evidence() -> None:
    """Or it is on the page of assumptions."""
    for name, text in status.MESSAGES.items():
        assert text in status.SHOWN[name]
        assert ("assumed" in status.SHOWN[name][text]) == (name in status.ASSUMED_MESSAGES)
    assert set(status.SHOWN) == status.PHASES | status.ENDINGS
