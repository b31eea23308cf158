"""Every way in which a job can end, and the marker that runs a test once for each."""

import re
from typing import Any

import pytest

from sagemock import Plan, UsageError, mock_sagemaker
from sagemock.outcomes import ALL, PROCESSING, TRANSFORM, TUNING, Outcome, chosen
from tests.support.batch import processing, transform
from tests.support.calling import START, create, describe, make_client
from tests.support.tuning import request as tuning
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
def test_a_job_ends_as_its_outcome_says(outcome: Outcome, spot: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    """On demand; and with all outcomes as a managed spot job."""
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


@pytest.mark.parametrize("outcome", [*PROCESSING.values(), *TRANSFORM.values()], ids=str)
def test_a_job_of_another_kind_ends_as_its_outcome_says(outcome: Outcome) -> None:
    """The outcome's name begins with the kind, so that one word is enough for the marker."""
    kind = outcome.plan.kind
    request = processing() if kind.name == "processing" else transform()
    assert outcome.meets(request)
    assert outcome.name.startswith(f"{kind.name}-")
    with mock_sagemaker(start=START, plan=outcome.plan) as mock:
        client = make_client()
        getattr(client, f"create_{kind.name}_job")(**request)
        mock.advance_until_idle()
        shown = getattr(client, f"describe_{kind.name}_job")(**{kind.name_member: request[kind.name_member]})
        assert (shown[kind.status_member], outcome.secondary_status) == (outcome.status, None)
        assert ("FailureReason" in shown) == (outcome.status == "Failed")
        assert ("ExitMessage" in shown) == outcome.name.endswith("with-message")


@pytest.mark.parametrize("goes", ["until-idle", "until-it"])
@pytest.mark.parametrize("most", [1, 4, 10])
@pytest.mark.parametrize("outcome", TUNING.values(), ids=str)
def test_a_tuning_job_ends_as_its_outcome_says(outcome: Outcome, most: int, goes: str) -> None:
    """However many children it has, and however time passes."""
    asked = tuning(most=most)
    assert outcome.meets(asked)
    with mock_sagemaker(start=START, plan=[outcome.plan, *([outcome.children] if outcome.children else [])]) as mock:
        client = make_client()
        client.create_hyper_parameter_tuning_job(**asked)
        if goes == "until-it":
            at = mock.advance_until(mock.tuning_jobs["tune"].arn, outcome.status)
            assert at == mock.tuning_jobs["tune"].ended
        mock.advance_until_idle()
        shown = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
        assert shown["HyperParameterTuningJobStatus"] == outcome.status
        assert ("FailureReason" in shown) == (outcome.status == "Failed")
        assert ("BestTrainingJob" in shown) == (outcome.name == "tuning-completed")
        assert bool(mock.jobs) != outcome.name.endswith("before-its-first-child")


def test_other_kinds_have_an_outcome_for_every_final_status() -> None:
    """No two have the same plan."""
    for outcomes in (PROCESSING, TRANSFORM, TUNING):
        assert {outcome.status for outcome in outcomes.values()} == {"Completed", "Failed", "Stopped"}
        assert len({(outcome.plan, outcome.children) for outcome in outcomes.values()}) == len(outcomes)


def test_an_outcome_belongs_to_one_kind_of_jobs() -> None:
    """It does not match the end of another kind."""
    assert not ALL["completed"].meets(processing())
    assert not PROCESSING["processing-completed"].meets(transform())


def test_every_final_status_has_an_outcome() -> None:
    """Every final status of a training job has one."""
    ended = {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"}
    assert {outcome.secondary_status for outcome in ALL.values()} == ended


def test_outcomes_are_chosen_by_name() -> None:
    """All, some, or one."""
    assert chosen("all") == tuple(ALL.values())
    assert [str(outcome) for outcome in chosen(["role-error", "completed"])] == ["role-error", "completed"]
    assert chosen("completed")[0].plan == Plan.completes()
    assert chosen("processing") == tuple(PROCESSING.values())
    assert chosen("transform") == tuple(TRANSFORM.values())
    assert chosen("tuning") == tuple(TUNING.values())
    assert chosen(["transform-never-answered"])[0].plan.kind.name == "transform"


@pytest.mark.parametrize(
    "wanted,text",
    [
        (
            "role-eror",
            "there is no outcome 'role-eror'; did you mean 'role-error'? Write one of 'all', 'processing', 'transform', 'tuning'",
        ),
        ("role-eror", "or a list of completed, algorithm-error, "),
        ("procesing", "there is no outcome 'procesing'; did you mean 'processing'? Write one of 'all', "),
        ("procesing", "or a list of processing-completed, "),
        (["completed", "transform-completed"], "several kinds of job, completed of training jobs and transform-completed of "),
        ([], "outcomes=[] runs no test: write outcomes='all', or leave it out"),
    ],
)
def test_an_unknown_outcome_is_refused(wanted: str | list[str], text: str) -> None:
    """With the nearest name."""
    with pytest.raises(UsageError, match=re.escape(text)):
        chosen(wanted)


def test_a_marked_test_runs_once_for_each_outcome(run: Run) -> None:
    """With readable ids, with or without the fixture. Outcomes of spot jobs are skipped for an on-demand job."""
    for asks in ("", "sagemock"):
        result = run(TESTS.format(outcomes="all", more="", asks=asks), "-v")
        result.assert_outcomes(passed=sum(not outcome.spot for outcome in ALL.values()), skipped=2)
        result.stdout.fnmatch_lines_random([
            "*::test_it[[]algorithm-error[]] PASSED*",
            "*churn runs on demand, and only managed spot jobs end max-wait-exceeded*",
        ])  # fmt: skip


def test_outcomes_of_spot_jobs_apply_to_spot_jobs_only(run: Run) -> None:
    """Creating the job decides."""
    result = run(f"""
        import pytest
        from tests.support.calling import create, describe, make_client

        @pytest.mark.sagemock(outcomes="max-wait-exceeded")
        def test_it(sagemock):
            client = make_client()
            create(client, **{SPOT!r})
            sagemock.advance_until_idle()
            assert describe(client)["SecondaryStatus"] == "MaxWaitTimeExceeded"
    """)
    result.assert_outcomes(passed=1)


def test_a_test_of_processing_jobs_runs_once_for_each_outcome(run: Run) -> None:
    """Jobs of other kinds keep the marker's plan."""
    result = run(
        """
        import pytest
        from sagemock import Plan
        from tests.support.batch import processing
        from tests.support.calling import create, describe, make_client

        @pytest.mark.sagemock(outcomes="processing", plan=Plan.immediate())
        def test_it():
            client = make_client()
            create(client)
            assert describe(client)["TrainingJobStatus"] == "Completed"
            client.create_processing_job(**processing())
            assert client.describe_processing_job(ProcessingJobName="prepare")["ProcessingJobStatus"] == "InProgress"
        """,
        "-v",
    )
    result.assert_outcomes(passed=len(PROCESSING))
    result.stdout.fnmatch_lines(["*::test_it[[]processing-max-runtime-exceeded[]] PASSED*"])


def test_a_test_of_tuning_jobs_runs_once_for_each_outcome(run: Run) -> None:
    """An outcome may plan the children too; otherwise the option `plan` may do so."""
    code = """
        import pytest
        from sagemock import Plan
        from tests.support.calling import make_client
        from tests.support.tuning import request

        @pytest.mark.sagemock(outcomes={outcomes!r}, plan=Plan.completes(training=60))
        def test_it(sagemock):
            make_client().create_hyper_parameter_tuning_job(**request())
            sagemock.advance_until_idle()
            assert sagemock.tuning_jobs["tune"].status in ("Completed", "Failed", "Stopped")
    """
    others = [name for name in TUNING if name != "tuning-no-child-succeeded"]
    run(code.format(outcomes=others), "-v").assert_outcomes(passed=len(others))
    result = run(code.format(outcomes="tuning-no-child-succeeded"))
    result.stdout.fnmatch_lines(["*outcomes and plan both say how the jobs end: give one of them*"])


def test_outcomes_and_a_plan_are_refused_together(run: Run) -> None:
    """Both decide how the jobs end."""
    result = run(TESTS.format(outcomes=["completed"], more=", plan=lambda request: None", asks=""))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*outcomes and plan both say how the jobs end: give one of them*"])


def test_a_misspelt_outcome_is_a_collection_error(run: Run) -> None:
    """It names the test and the nearest outcome."""
    result = run(TESTS.format(outcomes="complete", more="", asks=""))
    result.stdout.fnmatch_lines(
        ["@pytest.mark.sagemock of *::test_it: there is no outcome 'complete'; did you mean 'completed'?*"]
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
