"""How a test finds jobs on the mock."""

from typing import Any

import pytest

from sagemock import Plan, SageMakerMock, UnknownJob, UnusedError, UsageError, mock_sagemaker
from tests.support.calling import YOUNG, create, make_client

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
ARN = "arn:aws:sagemaker:{}:123456789012:training-job/churn"


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def test_jobs_is_a_mapping_by_name(sagemaker: SageMakerMock, client: Any) -> None:
    """In the order of creation."""
    jobs = sagemaker.jobs
    assert (len(jobs), list(jobs), repr(jobs)) == (0, [], "<jobs >")
    for name in ("b", "a"):
        create(client, name)
    assert (len(jobs), list(jobs)) == (2, ["b", "a"])
    assert "a" in jobs
    assert "c" not in jobs
    assert None not in jobs
    assert {name: view.name for name, view in jobs.items()} == {"b": "b", "a": "a"}
    assert repr(jobs) == "<jobs <job 'b': InProgress/Starting>, <job 'a': InProgress/Starting>>"
    assert jobs.get("c") is None


def test_a_job_is_found_by_its_arn(sagemaker: SageMakerMock, client: Any) -> None:
    """Only by the whole ARN, not by another one with the same end."""
    arn = create(client)
    assert sagemaker.jobs[arn].name == "churn"
    assert arn in sagemaker.jobs
    assert arn.replace("us-east-1", "eu-west-1") not in sagemaker.jobs
    assert "x/churn" not in sagemaker.jobs
    with pytest.raises(UnknownJob, match=f"^no training job '{ARN.format('eu-west-1')}' was created; did you mean '{arn}'"):
        sagemaker.jobs[arn.replace("us-east-1", "eu-west-1")]


@pytest.mark.parametrize(
    "created, known",
    [
        ([], "there is none yet: let the code under test create it first"),
        (["b", "a"], "ask for one of b, a"),
        (["churn"], "did you mean 'churn'?"),
        (["churn", "a"], "did you mean 'churn'? Ask for one of churn, a"),
        ([str(number) for number in range(25)], f"ask for one of {', '.join(map(str, range(20)))}, or 5 more"),
    ],
)
def test_an_unknown_job_is_an_error_that_lists_the_jobs(
    created: list[str], known: str, sagemaker: SageMakerMock, client: Any
) -> None:
    """A misspelling shows at a glance."""
    for name in created:
        create(client, name)
    with pytest.raises(UnknownJob) as unknown:
        sagemaker.jobs["chrun"]
    assert str(unknown.value) == f"no training job 'chrun' was created; {known}"
    with pytest.raises(UnknownJob) as unknown:
        sagemaker.fail("chrun")
    assert str(unknown.value) == f"no training job 'chrun' was created; {known}"


@pytest.mark.parametrize("key", [None, 5, b"churn", ["churn"], object])
def test_a_key_that_is_not_a_name_is_missing(key: Any, sagemaker: SageMakerMock, client: Any) -> None:
    """As in any mapping; the error says which keys there are."""
    create(client)
    assert key not in sagemaker.jobs
    assert sagemaker.jobs.get(key) is None
    for ask in (sagemaker.jobs.__getitem__, sagemaker.fail, sagemaker.timeline):
        with pytest.raises(UnknownJob) as unknown:
            ask(key)
        assert str(unknown.value) == (f"jobs are looked up by name or ARN, not by {key!r}: write jobs['churn-1']")
    with pytest.raises(UnknownJob, match=r"not by <job 'churn': InProgress/Starting>: give its name, 'churn'$"):
        sagemaker.stop_job(sagemaker.jobs["churn"])  # type: ignore[arg-type]  # the point of the test


@YOUNG
def test_a_deleted_job_is_gone_at_its_instant(sagemaker: SageMakerMock, client: Any) -> None:
    """Without a call; its name is free at the same instant."""
    create(client, "other")
    create(client)
    sagemaker.complete("churn")
    view = sagemaker.jobs["churn"]
    client.delete_training_job(TrainingJobName="churn")
    sagemaker.clock.advance(9.999)
    assert (list(sagemaker.jobs), len(sagemaker.jobs), view.status) == (["other", "churn"], 2, "Deleting")
    sagemaker.clock.advance(0.001)
    for _ in range(2):
        assert (list(sagemaker.jobs), len(sagemaker.jobs)) == (["other"], 1)
        assert "churn" not in sagemaker.jobs
        assert sagemaker.jobs.get("churn") is None
        assert [one.name for one in sagemaker.jobs.all()] == ["other"]
        assert "churn" not in str(sagemaker) + sagemaker.svg() + repr(sagemaker.jobs)
        assert (view.name, view.region, repr(view)) == ("churn", "us-east-1", "<job 'churn', which was deleted>")
        for ask in (lambda: view.status, lambda: sagemaker.jobs["churn"], lambda: sagemaker.log("churn", "x")):
            with pytest.raises(UnknownJob) as unknown:
                ask()
            assert str(unknown.value) == "training job 'churn' was deleted; ask for one of other"
        # A later call changes nothing.
        client.list_training_jobs()
    create(client)
    assert view.status == "InProgress"


@YOUNG
def test_a_walk_through_the_jobs_is_of_one_moment(sagemaker: SageMakerMock, client: Any) -> None:
    """A job that is deleted meanwhile is still listed, and one that is created meanwhile is not."""
    for name in ("first", "second"):
        create(client, name)
    sagemaker.complete("second")
    values, items, keys = iter(sagemaker.jobs.values()), iter(sagemaker.jobs.items()), iter(sagemaker.jobs)
    assert (next(values).name, next(items)[0], next(keys)) == ("first", "first", "first")
    client.delete_training_job(TrainingJobName="second")
    create(client, "third")
    sagemaker.clock.advance(10)
    assert list(sagemaker.jobs) == ["first", "third"]
    assert ([view.name for view in values], [name for name, _ in items], list(keys)) == (["second"], ["second"], ["second"])


@YOUNG
def test_an_unused_plans_error_lists_deleted_jobs_too() -> None:
    """They could have used the plan."""
    mock = mock_sagemaker(latency=0).start()
    mock.plan("chrun", Plan())
    client = make_client()
    for name in ("churn", "other"):
        create(client, name)
    mock.complete("churn")
    client.delete_training_job(TrainingJobName="churn")
    mock.clock.advance(10)
    client.list_training_jobs()
    with pytest.raises(UnusedError, match="The jobs that were created: churn, other"):
        mock.stop()


@YOUNG
def test_an_error_says_that_all_jobs_are_deleted(sagemaker: SageMakerMock, client: Any) -> None:
    """It cannot list any."""
    create(client)
    sagemaker.complete("churn")
    client.delete_training_job(TrainingJobName="churn")
    sagemaker.clock.advance(10)
    with pytest.raises(UnknownJob, match="^training job 'churn' was deleted; there is none any more$"):
        sagemaker.jobs["churn"]


def test_a_name_in_two_regions_must_be_asked_by_arn(sagemaker: SageMakerMock, client: Any) -> None:
    """The error lists the ARNs; `in` still answers True."""
    create(client)
    create(make_client("eu-west-1"))
    jobs = sagemaker.jobs
    with pytest.raises(UsageError) as which:
        jobs["churn"]
    assert str(which.value) == (
        f"several training jobs are called 'churn'; ask for one of the ARNs {ARN.format('us-east-1')}, {ARN.format('eu-west-1')}"
    )
    assert isinstance(which.value, UnknownJob)
    assert "churn" in jobs
    assert jobs.get("churn") is None
    create(client, "other")
    assert (len(jobs), list(jobs)) == (3, [ARN.format("us-east-1"), ARN.format("eu-west-1"), "other"])
    assert [view.region for view in jobs.values()] == ["us-east-1", "eu-west-1", "us-east-1"]
    assert {key: view.arn for key, view in dict(jobs).items()} == {key: jobs[key].arn for key in jobs}
    sagemaker.complete("other")
    assert [view.region for view in jobs.all()] == ["us-east-1", "eu-west-1", "us-east-1"]
    sagemaker.fail(ARN.format("eu-west-1"))
    assert [view.status for view in jobs.all()] == ["InProgress", "Failed", "Completed"]
    assert str(sagemaker).count("\nchurn  ") == 2


def test_a_name_may_contain_a_slash() -> None:
    """Without `validate` a job may have such a name."""
    with mock_sagemaker(validate=False, latency=0) as sagemaker:
        arn = create(make_client(), "team/churn")
        assert [view.name for view in sagemaker.jobs.values()] == ["team/churn"]
        assert sagemaker.jobs["team/churn"].arn == sagemaker.jobs[arn].arn == arn
        assert "churn" not in sagemaker.jobs
