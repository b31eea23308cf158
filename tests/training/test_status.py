from typing import get_args

from hypothesis import given

from sagemock.training import status
from sagemock.training.job import Job
from tests.protocol.shapes import sagemaker
from tests.support.recorded import RECORDED
from tests.support.strategies import instants, lives

# Older service models do not have these yet; botocore's floor in pyproject.toml is one of them.
NEWER = {"Pending", "Deleting"}


def enum(shape: str) -> set[str]:
    """Return the values of an enum in the installed service model."""
    return set(sagemaker().shape_for(shape).metadata["enum"])


def test_the_secondary_statuses_are_those_of_the_service_model() -> None:
    """None is missing, none is invented."""
    ours = status.PHASES | status.ENDINGS
    # The documentation of SecondaryStatus lists these as no longer supported; they are in the enum for all that.
    assert enum("SecondaryStatus") <= ours
    assert ours - enum("SecondaryStatus") <= NEWER
    assert not status.PHASES & status.ENDINGS


def test_the_primary_statuses_are_those_of_the_service_model() -> None:
    """The type names them all."""
    ours = set(get_args(status.Primary))
    assert enum("TrainingJobStatus") <= ours
    assert ours - enum("TrainingJobStatus") <= NEWER
    assert set(status.PRIMARY_OF_ENDING.values()) <= ours - {"InProgress", "Stopping", "Deleting"}


def test_the_ending_type_names_the_endings() -> None:
    """What a type checker accepts and what a plan accepts are the same."""
    assert set(get_args(status.Ending)) == status.ENDINGS == set(status.PRIMARY_OF_ENDING)


def test_every_status_has_its_message() -> None:
    """And no other has one; none is empty, and none longer than an event can show."""
    assert set(status.MESSAGES) == status.PHASES | status.ENDINGS
    assert all(status.MESSAGES.values())


def test_the_groups_are_of_phases() -> None:
    """No job has started where it waits, and it can be idle only in a phase."""
    assert status.STARTED < status.PHASES
    assert status.WAITING < status.PHASES
    assert status.UNBILLED < status.PHASES
    assert not status.STARTED & status.UNBILLED
    assert {name for recording in RECORDED for name in recording.statuses} <= status.PHASES | status.ENDINGS


@given(lives())
def test_the_two_statuses_go_together(records: tuple[Job, ...]) -> None:
    """Whatever was planned and done, and whenever one looks.

    A stop shows at once in the primary status, while the secondary one lags: Stopping with Starting was recorded (a fixture of
    aws-controllers-k8s/sagemaker-controller). With Uploading it goes on (assumed).
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


def test_every_message_that_is_played_stands_on_something() -> None:
    """And what is assumed is on the page of what is assumed."""
    for name, text in status.MESSAGES.items():
        assert text in status.SHOWN[name]
        assert ("assumed" in status.SHOWN[name][text]) == (name in status.ASSUMED_MESSAGES)
    assert set(status.SHOWN) == status.PHASES | status.ENDINGS
