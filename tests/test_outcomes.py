"""Every way in which a job can end, and the marker that runs a test once for each."""

import re
from typing import Any

import pytest

from sagemock import Plan, UsageError, mock_sagemaker
from sagemock.outcomes import ALL, Outcome, chosen
from tests.support.calling import START, create, describe, make_client
from tests.test_pytest_plugin import Run, run

__all__ = ["run"]

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 10_800},
}
TESTS = """
    import pytest
    from tests.support.calling import create, describe, make_client

    @pytest.mark.sagemock(outcomes={outcomes!r}{more})
    def test_it({asks}):
        client = make_client()
        create(client, StoppingCondition={{"MaxRuntimeInSeconds": 7200}})
        assert describe(client)["TrainingJobStatus"] == "InProgress"
"""


@pytest.mark.parametrize("outcome", ALL.values(), ids=str)
@pytest.mark.parametrize("spot", [False, True], ids=["on-demand", "spot"])
def test_an_outcome_ends_as_it_says(outcome: Outcome, spot: bool) -> None:  # noqa: FBT001  # pytest gives it by name
    """On demand and, all of them, as a managed spot job."""
    with mock_sagemaker(start=START, plan=outcome.plan) as mock:
        client = make_client()
        request: dict[str, Any] = SPOT if spot else {}
        if not outcome.meets(request):
            return
        create(client, **request)
        mock.advance_until_idle()
        shown = describe(client)
        assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == (outcome.status, outcome.secondary_status)
        assert ("FailureReason" in shown) == (outcome.status == "Failed")


def test_every_ending_is_an_outcome() -> None:
    """Every final status of a job has an outcome."""
    ended = {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"}
    assert {outcome.secondary_status for outcome in ALL.values()} == ended


def test_outcomes_are_chosen_by_name() -> None:
    """All of them, some, or one."""
    assert chosen("all") == tuple(ALL.values())
    assert [str(outcome) for outcome in chosen(["role-error", "completed"])] == ["role-error", "completed"]
    assert chosen("completed")[0].plan == Plan.completes()


@pytest.mark.parametrize(
    "wanted,text",
    [
        ("role-eror", "there is no outcome 'role-eror'; did you mean 'role-error'? Write 'all', or a list of completed, "),
        ([], "outcomes=[] runs no test: write outcomes='all', or leave it out"),
    ],
)
def test_an_outcome_that_is_none_is_refused(wanted: str | list[str], text: str) -> None:
    """With the nearest name."""
    with pytest.raises(UsageError, match=re.escape(text)):
        chosen(wanted)


def test_a_marked_test_runs_once_for_each(run: Run) -> None:
    """With readable ids, with or without the fixture. Outcomes of spot jobs only are skipped for on-demand jobs."""
    for asks in ("", "sagemock"):
        result = run(TESTS.format(outcomes="all", more="", asks=asks), "-v")
        result.assert_outcomes(passed=sum(not outcome.spot for outcome in ALL.values()), skipped=2)
        result.stdout.fnmatch_lines_random([
            "*::test_it[[]algorithm-error[]] PASSED*",
            "*churn runs on demand, and only managed spot jobs end max-wait-exceeded*",
        ])  # fmt: skip


def test_outcomes_and_a_plan_contradict_each_other(run: Run) -> None:
    """Both say how the jobs end."""
    result = run(TESTS.format(outcomes=["completed"], more=", plan=lambda request: None", asks=""))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*outcomes and plan both say how the jobs end: give one of them*"])


def test_a_mistyped_outcome_is_an_error_of_the_collection(run: Run) -> None:
    """It names the test, and the nearest outcome."""
    result = run(TESTS.format(outcomes="complete", more="", asks=""))
    result.stdout.fnmatch_lines(
        ["@pytest.mark.sagemock of *::test_it: there is no outcome 'complete'; did you mean 'completed'?*"]
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
