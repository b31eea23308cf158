"""The command `sagemock explain`."""

import pytest

from sagemock import UsageError
from sagemock.cli.explain import every_status, explanation
from sagemock.cli.statuses import CATALOGUE
from sagemock.picture.text import plain
from sagemock.training.plan.earlier import FILLED_IN


def test_a_status_is_explained() -> None:
    """In our words and in AWS's."""
    text = plain(explanation("maxwaittimeexceeded", 80))
    assert text == (
        "MaxWaitTimeExceeded  SecondaryStatus\n"
        "\n"
        "It means\n"
        "  A managed spot job was stopped because waiting and running together took\n"
        "  longer than MaxWaitTimeInSeconds. TrainingJobStatus is Stopped, and there is\n"
        "  no FailureReason.\n"
        "\n"
        "AWS says\n"
        "  The job stopped because it exceeded the maximum allowed wait time.\n"
        "\n"
        "StatusMessage\n"
        '  "Training job wait time exceeded MaxWaitTimeInSeconds provided"\n'
        "\n"
        "What can follow\n"
        "  Nothing: this status is final.\n"
        "\n"
        "What to do\n"
        "  Try again, with checkpoints or on demand. The job may never have started."
    )


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_every_status_is_explained_within_the_width(name: str, width: int) -> None:
    """The minimum is 60 columns."""
    lines = plain(explanation(name, width)).split("\n")
    assert lines[0].split()[0] == name
    assert all(len(line) <= max(width, 60) for line in lines)
    assert "What to do" in lines


@pytest.mark.parametrize("name", FILLED_IN)
def test_assumptions_of_a_replay_are_explained(name: str) -> None:
    """For members that a record cannot tell."""
    text = plain(explanation(name, 10_000))
    assert f"\nIn a replay\n  {FILLED_IN[name]}\n" in text
    assert "In a replay" not in plain(explanation("Completed", 80))


def test_an_unknown_status_gets_the_nearest_one() -> None:
    """The error also lists all statuses."""
    with pytest.raises(UsageError) as none:
        list(explanation("Traning", 80))
    assert str(none.value).startswith(
        "'Traning' is not a status of a training job: did you mean Training? sagemock knows InProgress, "
    )


def test_all_statuses_have_a_sentence() -> None:
    """Its continuation lines are indented."""
    lines = plain(every_status(80)).split("\n")
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(CATALOGUE)
    assert all(len(line) <= 80 for line in lines)
