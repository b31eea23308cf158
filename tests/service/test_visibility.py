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


def listed_names(client: Any) -> list[str]:
    """Return the names of the listed jobs, newest first, over all pages."""
    pages = client.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 2})
    return [summary["TrainingJobName"] for page in pages for summary in page["TrainingJobSummaries"]]


def refusal_of(call: Any, **request: Any) -> tuple[str, str, int]:
    """Return the refusal of a call."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    return code_and_text(caught.value)


MISSING = ("ValidationException", "Requested resource not found.", 400)


def test_a_hidden_job_appears_when_its_time_has_passed() -> None:
    """The time counts from the creation; at its end the job is there."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        mock.hide("churn", lasting=30)
        create(client)
        assert refusal_of(client.describe_training_job, TrainingJobName="churn") == MISSING
        mock.clock.advance(29.999)
        assert refusal_of(client.describe_training_job, TrainingJobName="churn") == MISSING
        mock.clock.advance(0.001)
        assert describe(client)["CreationTime"] == START


def test_a_hidden_job_can_be_neither_stopped_nor_tagged() -> None:
    """Each operation refuses in its own words, and nothing changes."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        mock.hide("*", lasting=timedelta(minutes=1))
        arn = create(client)
        assert refusal_of(client.stop_training_job, TrainingJobName="churn") == MISSING
        assert refusal_of(client.list_tags, ResourceArn=arn) == ("ValidationException", "Resource does not exist.", 400)
        assert mock.jobs["churn"].status == "InProgress"


def test_hiding_jobs_hides_no_models() -> None:
    """A call that is not about a job is not affected."""
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model/churn"
    with mock_sagemaker(start=START, strict=False) as mock:
        client = make_client()
        create(client)
        without = refusal_of(client.list_tags, ResourceArn=arn)
        mock.hide("*", lasting=60)
        assert refusal_of(client.list_tags, ResourceArn=arn) == without


def test_a_hidden_job_keeps_its_name() -> None:
    """A second creation is refused: names are unique at once."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        mock.hide("*", lasting=60)
        create(client)
        with pytest.raises(ClientError) as caught:
            create(client)
        assert code_and_text(caught.value)[0] == "ResourceInUse"
        assert refusal_of(client.describe_training_job, TrainingJobName="churn") == MISSING


def test_hidden_jobs_take_no_place_in_a_list() -> None:
    """Pages are as full as without them; other jobs are listed."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        mock.hide("b*", lasting=10)
        for name in ("a1", "b1", "a2", "b2", "a3", "b3"):
            create(client, name)
            mock.clock.advance(4)
        assert listed_names(client) == ["a3", "b2", "a2", "b1", "a1"]
        mock.clock.advance(60)
        assert listed_names(client) == ["b3", "a3", "b2", "a2", "b1", "a1"]


def test_a_job_can_be_hidden_from_one_operation() -> None:
    """It can be described, but is not yet listed."""
    with mock_sagemaker(start=START) as mock:
        client = make_client()
        mock.hide("*", lasting=60, operation="ListTrainingJobs")
        create(client)
        assert describe(client)["TrainingJobName"] == "churn"
        assert listed_names(client) == []


def test_hiding_applies_to_one_job_in_one_region() -> None:
    """A job of the same name elsewhere is not affected."""
    with mock_sagemaker(start=START) as mock:
        here, there = make_client("us-east-1"), make_client("eu-west-1")
        mock.hide("*", lasting=60)
        create(here)
        mock.clock.advance(60)
        create(there)
        assert (listed_names(here), listed_names(there)) == (["churn"], [])


def test_polling_for_a_hidden_job_is_not_an_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """It will appear, even if it has ended by then."""
    monkeypatch.setattr("sagemock.clock.runaway.REPEATS", 10)
    with mock_sagemaker(start=START, latency=0, idle_limit=timedelta(days=9)) as mock:
        client = make_client()
        mock.hide("*", lasting=timedelta(days=2))
        create(client)
        mock.clock.advance(days=1)
        for _ in range(20):
            assert refusal_of(client.describe_training_job, TrainingJobName="churn") == MISSING


def test_a_rule_that_hides_nothing_fails_the_test() -> None:
    """No call asked for such a job."""
    mock = mock_sagemaker(start=START).start()
    mock.hide("chrun-*", lasting=60)
    mock.hide("*", lasting=60, operation="Stop*")
    create(make_client())
    with pytest.raises(UnusedError) as caught:
        mock.stop()
    assert str(caught.value) == (
        "2 prepared faults were never met:\n  hide('chrun-*', lasting=60)\n  hide('*', lasting=60, operation='Stop*')\n"
        "The calls: <1 call: CreateTrainingJob churn: ok>.\n"
        "Mend the operation, the job or the time, take the fault out, or allow it with\n  strict=False."
    )


@pytest.mark.parametrize(
    "given,kind,message",
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
def test_an_invalid_rule_is_refused_at_its_line(given: dict[str, Any], kind: type[Exception], message: str) -> None:
    """The message has the value, and says what to write."""
    with pytest.raises(kind) as caught:
        HideRule(**{"job": "churn-*", "lasting": 60, **given})
    assert message in str(caught.value)


def test_the_end_of_hiding_belongs_to_each_job() -> None:
    """Jobs that were created apart appear apart."""
    with mock_sagemaker(start=START, latency=0) as mock:
        client = make_client()
        mock.hide("*", lasting=30)
        create(client, "one")
        mock.clock.advance(10)
        create(client, "two")
        mock.clock.advance_to(after(30))
        assert listed_names(client) == ["one"]
        mock.clock.advance_to(after(40))
        assert listed_names(client) == ["two", "one"]


@pytest.mark.parametrize("order", ["CreationTime", "Name", "Status"])
@pytest.mark.parametrize("direction", ["Ascending", "Descending"])
def test_pages_have_the_jobs_that_are_not_hidden(order: Any, direction: Any) -> None:
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


def test_lookups_by_name_skip_hidden_jobs_too() -> None:
    """A region without the hidden jobs has no other names."""
    store = Store()
    jobs = [job_named(f"job-{number}", number, START_US, Plan()) for number in (1, 2)]
    for job in jobs:
        store.put(job)
    region = _Without(store.region(jobs[0].place, Job), {"job-1"})
    assert region.by_name == {"job-2": jobs[1]}
