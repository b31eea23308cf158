from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemock import Plan, UnusedError, UsageError, mock_sagemaker
from sagemock.jobs.store import Store
from sagemock.service.visibility import HideRule, _Without
from sagemock.training.job import Job
from tests.support.calling import START, after, code_and_text, create, describe, make_client
from tests.support.strategies import START_US, job_named


def listed(client: Any) -> list[str]:
    """Return the names of the jobs that are listed, newest first, a page at a time."""
    pages = client.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 2})
    return [summary["TrainingJobName"] for page in pages for summary in page["TrainingJobSummaries"]]


def refused(call: Any, **request: Any) -> tuple[str, str, int]:
    """Return how a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    return code_and_text(caught.value)


MISSING = ("ValidationException", "Requested resource not found.", 400)


def test_a_hidden_job_is_seen_when_its_time_has_come() -> None:
    """The time counts from the creation, and ends at its instant."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        mock.hide("churn", lasting=30)
        create(client)
        assert refused(client.describe_training_job, TrainingJobName="churn") == MISSING
        mock.clock.advance(29.999)
        assert refused(client.describe_training_job, TrainingJobName="churn") == MISSING
        mock.clock.advance(0.001)
        assert describe(client)["CreationTime"] == START


def test_a_hidden_job_can_be_neither_stopped_nor_tagged() -> None:
    """Each operation says so in its own words, and nothing is changed."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        mock.hide("*", lasting=timedelta(minutes=1))
        arn = create(client)
        assert refused(client.stop_training_job, TrainingJobName="churn") == MISSING
        assert refused(client.list_tags, ResourceArn=arn) == ("ValidationException", "Resource does not exist.", 400)
        assert mock.jobs["churn"].status == "InProgress"


def test_a_call_about_no_job_is_as_without_the_rule() -> None:
    """A model is not hidden with the jobs."""
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model/churn"
    with mock_sagemaker(start=START, strict=False) as mock:
        client = make_client()
        create(client)
        without = refused(client.list_tags, ResourceArn=arn)
        mock.hide("*", lasting=60)
        assert refused(client.list_tags, ResourceArn=arn) == without


def test_a_hidden_job_keeps_its_name() -> None:
    """Creating it again is refused: names are unique from the first moment on."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        mock.hide("*", lasting=60)
        create(client)
        with pytest.raises(ClientError) as caught:
            create(client)
        assert code_and_text(caught.value)[0] == "ResourceInUse"
        assert refused(client.describe_training_job, TrainingJobName="churn") == MISSING


def test_a_list_has_no_place_for_hidden_jobs() -> None:
    """Pages are as full as if they did not exist; those that the pattern does not fit are there."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        mock.hide("b*", lasting=10)
        for name in ("a1", "b1", "a2", "b2", "a3", "b3"):
            create(client, name)
            mock.clock.advance(4)
        assert listed(client) == ["a3", "b2", "a2", "b1", "a1"]
        mock.clock.advance(60)
        assert listed(client) == ["b3", "a3", "b2", "a2", "b1", "a1"]


def test_a_job_can_be_hidden_from_one_operation() -> None:
    """It is described, and not yet listed."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        mock.hide("*", lasting=60, operation="ListTrainingJobs")
        create(client)
        assert describe(client)["TrainingJobName"] == "churn"
        assert listed(client) == []


def test_another_region_has_its_own_jobs() -> None:
    """A job that is hidden in one says nothing about its namesake in the other."""
    with mock_sagemaker(start=START) as mock:
        here, there = make_client("us-east-1"), make_client("eu-west-1")
        mock.hide("*", lasting=60)
        create(here)
        mock.clock.advance(60)
        create(there)
        assert (listed(here), listed(there)) == (["churn"], [])


def test_polling_for_a_hidden_job_is_no_idle_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """It will be seen one day, also when it is over by then."""
    monkeypatch.setattr("sagemock.clock.runaway.REPEATS", 10)
    with mock_sagemaker(start=START, latency=0, idle_limit=timedelta(days=9)) as mock:
        client = make_client()
        mock.hide("*", lasting=timedelta(days=2))
        create(client)
        mock.clock.advance(days=1)
        for _ in range(20):
            assert refused(client.describe_training_job, TrainingJobName="churn") == MISSING


def test_what_hides_nothing_fails_the_test() -> None:
    """No call would have seen such a job."""
    mock = mock_sagemaker(start=START).start()
    mock.hide("chrun-*", lasting=60)
    mock.hide("*", lasting=60, operation="Stop*")
    create(make_client())
    with pytest.raises(UnusedError) as caught:
        mock.stop()
    assert str(caught.value) == (
        "2 prepared faults were never met: hide('chrun-*', lasting=60); hide('*', lasting=60, operation='Stop*') "
        "(<1 call: CreateTrainingJob churn: ok>). "
        "Mend the operation, the job or the time, take the fault out, or allow it with strict=False"
    )


@pytest.mark.parametrize(
    "given,kind,said",
    [
        ({"job": None}, TypeError, "job is a pattern of job names, not None: write job='churn-*'"),
        ({"operation": "ListTrainingJob"}, UsageError, "did you mean 'ListTrainingJobs'?"),
        (
            {"operation": "CreateTrainingJob"},
            UsageError,
            "CreateTrainingJob does not look up jobs: hide jobs from operations that do",
        ),
        (
            {"lasting": 0},
            ValueError,
            "lasting is a positive duration after the creation of a job, not 0: write lasting=5",
        ),
        (
            {"lasting": "a minute"},
            TypeError,
            "a duration is a timedelta or a number of seconds, not 'a minute'",
        ),
    ],
)
def test_a_mistake_is_an_error_at_its_line(given: dict[str, Any], kind: type[Exception], said: str) -> None:
    """It says what was given, and what to write instead."""
    with pytest.raises(kind) as caught:
        HideRule(**{"job": "churn-*", "lasting": 60, **given})
    assert said in str(caught.value)


def test_the_end_of_hiding_is_an_instant_of_its_own() -> None:
    """Two jobs that were created apart are seen apart."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        mock.hide("*", lasting=30)
        create(client, "one")
        mock.clock.advance(10)
        create(client, "two")
        mock.clock.advance_to(after(30))
        assert listed(client) == ["one"]
        mock.clock.advance_to(after(40))
        assert listed(client) == ["two", "one"]


@pytest.mark.parametrize("order", ["CreationTime", "Name", "Status"])
@pytest.mark.parametrize("direction", ["Ascending", "Descending"])
def test_pages_have_what_is_not_hidden(order: Any, direction: Any) -> None:
    """In every order, page by page; a rule that is added later may hide older jobs."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        for number in range(9):
            create(client, f"{'odd' if number % 2 else 'even'}-{number}")
            mock.clock.advance(1)
        mock.hide("odd-7", lasting=5)

        def shown() -> list[str]:
            pages = client.get_paginator("list_training_jobs").paginate(
                SortBy=order, SortOrder=direction, PaginationConfig={"PageSize": 2}
            )
            return [one["TrainingJobName"] for page in pages for one in page["TrainingJobSummaries"]]

        whole = [name for name in shown() if name != "odd-7"]
        assert len(whole) == 8
        mock.hide("odd-*", lasting=100)
        assert shown() == [name for name in whole if name.startswith("even")]
        mock.clock.advance(100)
        assert len(shown()) == 9


def test_what_reads_the_jobs_by_name_does_not_see_them_either() -> None:
    """A region without the hidden ones has the same look-up."""
    store = Store()
    jobs = [job_named(f"job-{number}", number, START_US, Plan()) for number in (1, 2)]
    for job in jobs:
        store.put(job)
    region = _Without(store.region(jobs[0].place, Job), {"job-1"})
    assert region.by_name == {"job-2": jobs[1]}
