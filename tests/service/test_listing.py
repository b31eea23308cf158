"""ListTrainingJobs through a real client."""

import base64
import json
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemock import Plan, SageMakerMock, mock_sagemaker
from tests.support.calling import START, YOUNG, after, code_and_text, create, make_client

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
PLAN_ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/reserved"


OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}


def fill(mock: SageMakerMock, client: Any, count: int, *, every: float = 1) -> None:
    """Create jobs `job-00`, `job-01`, … some seconds apart."""
    for number in range(count):
        create(client, f"job-{number:02}")
        mock.clock.advance(every)


def page_of(client: Any, **wanted: Any) -> list[str]:
    """Return the names on one page."""
    return [shown["TrainingJobName"] for shown in client.list_training_jobs(**wanted)["TrainingJobSummaries"]]


def pages_of(client: Any, **wanted: Any) -> list[list[str]]:
    """Return the names on each page of botocore's paginator."""
    pages = client.get_paginator("list_training_jobs").paginate(**wanted)
    return [[shown["TrainingJobName"] for shown in page["TrainingJobSummaries"]] for page in pages]


def names(*numbers: int) -> list[str]:
    """Return job names by their numbers."""
    return [f"job-{number:02}" for number in numbers]


@YOUNG
def test_a_summary_has_the_members_that_the_service_shows(sagemaker: SageMakerMock, client: Any) -> None:
    """TrainingEndTime comes with the end, TrainingPlanArn only with a plan, and no other members."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "TrainingPlanArn": PLAN_ARN}
    create(client, "planned", ResourceConfig=resources)
    sagemaker.clock.advance(690)
    create(client, "new")
    sagemaker.clock.advance(9)
    arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job"
    assert client.list_training_jobs()["TrainingJobSummaries"] == [
        {
            "TrainingJobName": "new",
            "TrainingJobArn": f"{arn}/new",
            "CreationTime": after(690),
            "LastModifiedTime": after(690),
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
        },
        {
            "TrainingJobName": "planned",
            "TrainingJobArn": f"{arn}/planned",
            "CreationTime": START,
            "TrainingEndTime": after(699),
            "LastModifiedTime": after(699),
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "TrainingPlanArn": PLAN_ARN,
        },
    ]


def test_without_jobs_there_is_one_empty_page(client: Any) -> None:
    """It has a list and no token."""
    shown = client.list_training_jobs()
    assert shown["TrainingJobSummaries"] == []
    assert "NextToken" not in shown


def test_the_newest_ten_come_first(sagemaker: SageMakerMock, client: Any) -> None:
    """By default a page has ten jobs, sorted by CreationTime, newest first (apache/airflow#16299)."""
    fill(sagemaker, client, 12)
    assert pages_of(client) == [names(*range(11, 1, -1)), names(1, 0)]


def test_jobs_of_one_instant_are_in_the_order_of_their_creation(sagemaker: SageMakerMock, client: Any) -> None:
    """Their numbers decide."""
    fill(sagemaker, client, 4, every=0)
    assert page_of(client) == names(3, 2, 1, 0)
    assert page_of(client, SortOrder="Ascending") == names(0, 1, 2, 3)


@pytest.mark.parametrize(
    "order, direction, wanted",
    [
        (None, "Ascending", ["b", "c", "a", "d"]),
        ("CreationTime", None, ["d", "a", "c", "b"]),
        ("CreationTime", "Descending", ["d", "a", "c", "b"]),
        ("Name", None, ["a", "b", "c", "d"]),
        ("Name", "Ascending", ["a", "b", "c", "d"]),
        ("Name", "Descending", ["d", "c", "b", "a"]),
        # Completed, Failed, InProgress, Stopped
        ("Status", None, ["b", "a", "d", "c"]),
        ("Status", "Ascending", ["b", "a", "d", "c"]),
        ("Status", "Descending", ["c", "d", "a", "b"]),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_each_sort_order_goes_through_all_pages(
    size: int, order: str | None, direction: str | None, wanted: list[str], sagemaker: SageMakerMock
) -> None:
    """Pages of any size show each job once, in the requested order."""
    client = make_client()
    for name in ["b", "c", "a"]:
        create(client, name)
        sagemaker.clock.advance(1)
    client.stop_training_job(TrainingJobName="c")
    sagemaker.fail("a")
    sagemaker.clock.advance(hours=1)
    create(client, "d")
    sort = {name: value for name, value in (("SortBy", order), ("SortOrder", direction)) if value}
    pages = pages_of(client, MaxResults=size, **sort)
    assert [name for page in pages for name in page] == wanted
    assert all(len(page) == size for page in pages[:-1])


def test_the_sort_by_status_follows_the_time(sagemaker: SageMakerMock, client: Any) -> None:
    """Jobs move as their status changes, also by a stop or a failure."""
    create(client, "first")
    sagemaker.clock.advance(650)
    create(client, "second")
    create(client, "third")
    assert page_of(client, SortBy="Status", SortOrder="Descending") == ["third", "second", "first"]
    client.stop_training_job(TrainingJobName="second")
    assert page_of(client, SortBy="Status", SortOrder="Descending") == ["second", "third", "first"]
    sagemaker.clock.advance(100)
    # Stopped, InProgress, Completed
    assert page_of(client, SortBy="Status", SortOrder="Descending") == ["second", "third", "first"]
    sagemaker.fail("third")
    assert page_of(client, SortBy="Status") == ["first", "third", "second"]


@pytest.mark.parametrize(
    "wanted, found",
    [
        ({"CreationTimeAfter": after(20)}, [4, 3, 2]),
        ({"CreationTimeAfter": after(21)}, [4, 3]),
        ({"CreationTimeBefore": after(20)}, [1, 0]),
        ({"CreationTimeAfter": after(5), "CreationTimeBefore": after(35)}, [3, 2, 1]),
        ({"LastModifiedTimeAfter": after(50)}, [1, 0]),
        ({"LastModifiedTimeBefore": after(50)}, [4, 3, 2]),
        ({"NameContains": "-03"}, [3]),
        ({"NameContains": "JOB"}, []),
        ({"StatusEquals": "InProgress"}, [4, 3, 2]),
        ({"StatusEquals": "Stopping"}, [1]),
        ({"StatusEquals": "Failed"}, [0]),
        pytest.param({"StatusEquals": "Deleting"}, [], marks=YOUNG),
        pytest.param({"TrainingPlanArnEquals": PLAN_ARN}, [], marks=YOUNG),
        ({"WarmPoolStatusEquals": "Available"}, []),
        ({"StatusEquals": "InProgress", "NameContains": "3"}, [3]),
    ],
)
def test_filters_leave_out_other_jobs(wanted: dict[str, Any], found: list[int], sagemaker: SageMakerMock, client: Any) -> None:
    """Alone and together; that an instant counts as after itself, and not as before itself, is assumed."""
    fill(sagemaker, client, 5, every=10)
    # At 50 s: LastModifiedTime of job-02, job-03 and job-04 is 36.2 s, 46.2 s and 40 s.
    client.stop_training_job(TrainingJobName="job-01")
    sagemaker.clock.advance(1)
    sagemaker.fail("job-00")
    assert page_of(client, **wanted) == names(*found)


@YOUNG
def test_a_filter_by_training_plan_finds_its_jobs(client: Any) -> None:
    """TrainingPlanArnEquals compares with the ResourceConfig of the request."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "TrainingPlanArn": PLAN_ARN}
    create(client, "planned", ResourceConfig=resources)
    create(client, "other")
    assert page_of(client, TrainingPlanArnEquals=PLAN_ARN) == ["planned"]


@YOUNG
def test_a_job_without_instances_has_no_training_plan() -> None:
    """Serverless jobs have no ResourceConfig, and are skipped."""
    with mock_sagemaker(validate=False):
        client = make_client()
        create(client, "serverless", ResourceConfig=None)
        assert page_of(client) == ["serverless"]
        assert page_of(client, TrainingPlanArnEquals=PLAN_ARN) == []


def test_a_page_is_cut_before_it_is_filtered(sagemaker: SageMakerMock, client: Any) -> None:
    """A page can be empty and still have a NextToken (boto/boto3#3347); only the last page has none."""
    fill(sagemaker, client, 12)
    assert pages_of(client, NameContains="job-00") == [[], names(0)]
    assert pages_of(client, NameContains="job-00", MaxResults=5) == [[], [], names(0)]
    first = client.list_training_jobs(NameContains="nothing")
    assert first["TrainingJobSummaries"] == []
    assert first["NextToken"]


def test_a_full_last_page_has_no_token(sagemaker: SageMakerMock, client: Any) -> None:
    """No empty page follows."""
    fill(sagemaker, client, 4)
    assert pages_of(client, MaxResults=2) == [names(3, 2), names(1, 0)]


@pytest.mark.parametrize("direction, later", [("Descending", []), ("Ascending", ["new"])])
def test_a_new_job_between_two_pages_moves_no_other(
    direction: str, later: list[str], sagemaker: SageMakerMock, client: Any
) -> None:
    """A page continues after the last job of the previous one: no job is repeated or missed."""
    fill(sagemaker, client, 4)
    first = client.list_training_jobs(MaxResults=2, SortOrder=direction)
    create(client, "new")
    seen = [shown["TrainingJobName"] for shown in first["TrainingJobSummaries"]]
    rest = page_of(client, MaxResults=10, SortOrder=direction, NextToken=first["NextToken"])
    assert [name for name in rest if name == "new"] == later
    assert sorted(seen + rest) == sorted([*names(0, 1, 2, 3), *later])


def token(content: bytes) -> str:
    """Return a token with this content."""
    return base64.urlsafe_b64encode(content).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        "x", "not a token", "é", token(b"1"), token(b"null"), token(b'"text"'), token(b"{}"), token(b"[]"), token(b"[1"),
        token(b"\xff"), token(b"[[], {}, 1]"), token(b'["CreationTime"]'), token(b'["CreationTime", true]'),
        token(b'["CreationTime", true, "x"]'), token(b'["CreationTime", true, 1, 2]'), token(b'["CreationTime", true, true]'),
        token(b'["CreationTime", true, 1.5]'), token(b'["CreationTime", false, 1]'), token(b'["Name", true, "x"]'),
    ],
)  # fmt: skip
def test_an_invented_token_is_refused(wrong: str, client: Any) -> None:
    """In our own words, because the service's are not known."""
    create(client)
    with pytest.raises(ClientError) as refused:
        client.list_training_jobs(NextToken=wrong)
    assert code_and_text(refused.value) == ("ValidationException", "Invalid NextToken.", 400)


@pytest.mark.parametrize("order", ["Name", "CreationTime", "Status"])
def test_a_token_belongs_to_its_sort_order(order: str, sagemaker: SageMakerMock, client: Any) -> None:
    """One of another order or direction is refused; that the service does so is assumed."""
    fill(sagemaker, client, 3)
    given = client.list_training_jobs(MaxResults=1, SortBy=order, SortOrder="Ascending")["NextToken"]
    assert page_of(client, SortBy=order, SortOrder="Ascending", NextToken=given) == names(1, 2)
    for other in {"Name", "CreationTime", "Status"} - {order}:
        with pytest.raises(ClientError, match="Invalid NextToken"):
            client.list_training_jobs(SortBy=other, SortOrder="Ascending", NextToken=given)
    with pytest.raises(ClientError, match="Invalid NextToken"):
        client.list_training_jobs(SortBy=order, SortOrder="Descending", NextToken=given)


def test_a_token_belongs_to_its_filters(sagemaker: SageMakerMock, client: Any) -> None:
    """One of another query is refused, but the page length may change; that the service does so is assumed."""
    fill(sagemaker, client, 3)
    given = client.list_training_jobs(MaxResults=1, NameContains="job")["NextToken"]
    assert page_of(client, NameContains="job", NextToken=given, MaxResults=5) == names(1, 0)
    for other in ({}, {"NameContains": "b"}, {"NameContains": "job", "CreationTimeAfter": START}):
        with pytest.raises(ClientError, match="Invalid NextToken"):
            client.list_training_jobs(NextToken=given, **other)


def test_a_list_by_name_or_status_may_miss_jobs_that_change_meanwhile(sagemaker: SageMakerMock, client: Any) -> None:
    """A page continues after the last job of the previous one: a new name before it is missed, and a moved job is seen twice."""
    fill(sagemaker, client, 2)
    first = client.list_training_jobs(MaxResults=1, SortBy="Name")
    create(client, "a-new-one")
    assert page_of(client, SortBy="Name", NextToken=first["NextToken"]) == names(1)
    by_status = client.list_training_jobs(MaxResults=1, SortBy="Status")
    [seen] = [shown["TrainingJobName"] for shown in by_status["TrainingJobSummaries"]]
    sagemaker.fail(seen)
    sagemaker.complete(next(iter({*names(0, 1), "a-new-one"} - {seen})))
    # Failed comes between Completed and InProgress: before the place where the page continues, or after it.
    rest = page_of(client, SortBy="Status", NextToken=by_status["NextToken"])
    assert len({seen, *rest}) <= 3


def test_a_page_has_at_most_a_hundred_jobs(client: Any) -> None:
    """MaxResults is limited in AWS's words."""
    text = "Member must have value less than or equal to 100"
    with pytest.raises(ClientError) as refused:
        client.list_training_jobs(MaxResults=101)
    assert code_and_text(refused.value) == (
        "ValidationException",
        f"1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: {text}",
        400,
    )


def test_a_job_is_found_by_an_instant_taken_before_its_creation(sagemaker: SageMakerMock, client: Any) -> None:
    """A call takes no time before its answer, so both instants are equal."""
    sagemaker.clock.advance(microseconds=1_000_900)
    before = sagemaker.clock.now()
    create(client)
    sent: list[float] = []

    def exactly(params: dict[str, Any], **_: object) -> None:
        # botocore's serialiser truncates it to whole seconds.
        params["body"] = json.dumps(dict.fromkeys(json.loads(params["body"]), sent[-1]))

    for name in ("CreationTimeAfter", "LastModifiedTimeAfter"):
        assert page_of(client, **{name: before}) == ["churn"]
        client.meta.events.register("before-call.sagemaker.ListTrainingJobs", exactly)
        sent.append(before.timestamp())
        assert page_of(client, **{name: before}) == ["churn"]
        sent.append(before.timestamp() + 0.000_001)
        assert page_of(client, **{name: before}) == []
        client.meta.events.unregister("before-call.sagemaker.ListTrainingJobs", exactly)


def test_a_time_filter_compares_the_instants_that_clients_see(sagemaker: SageMakerMock, client: Any) -> None:
    """In whole milliseconds: a job is not before its own instant, and is after it."""
    sagemaker.clock.advance(microseconds=1_000_900)
    create(client)
    shown: datetime = client.list_training_jobs()["TrainingJobSummaries"][0]["CreationTime"]
    assert shown == after(1)
    assert page_of(client, CreationTimeAfter=shown) == ["churn"]
    assert page_of(client, CreationTimeBefore=shown) == []
    assert page_of(client, CreationTimeBefore=after(2)) == ["churn"]
