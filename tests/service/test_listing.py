"""ListTrainingJobs, by a real client."""

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
    """Create jobs `job-00`, `job-01`, ... with time between them."""
    for number in range(count):
        create(client, f"job-{number:02}")
        mock.clock.advance(every)


def listed(client: Any, **wanted: Any) -> list[str]:
    """Return the names on one page."""
    return [shown["TrainingJobName"] for shown in client.list_training_jobs(**wanted)["TrainingJobSummaries"]]


def paged(client: Any, **wanted: Any) -> list[list[str]]:
    """Return the names on each page, by botocore's own paginator."""
    pages = client.get_paginator("list_training_jobs").paginate(**wanted)
    return [[shown["TrainingJobName"] for shown in page["TrainingJobSummaries"]] for page in pages]


def names(*numbers: int) -> list[str]:
    """Return the names of jobs by their numbers."""
    return [f"job-{number:02}" for number in numbers]


@YOUNG
def test_a_summary_shows_what_the_service_shows(sagemaker: SageMakerMock, client: Any) -> None:
    """TrainingEndTime comes with the end, the plan's ARN where there is one, and nothing else is told."""
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


def test_no_jobs_are_an_empty_page(client: Any) -> None:
    """There is a list, and no token."""
    shown = client.list_training_jobs()
    assert shown["TrainingJobSummaries"] == []
    assert "NextToken" not in shown


def test_the_newest_ten_come_first(sagemaker: SageMakerMock, client: Any) -> None:
    """Without any wish a page has ten jobs, by CreationTime, newest first (apache/airflow#16299)."""
    fill(sagemaker, client, 12)
    assert paged(client) == [names(*range(11, 1, -1)), names(1, 0)]


def test_jobs_of_one_instant_keep_the_order_of_their_creation(sagemaker: SageMakerMock, client: Any) -> None:
    """Equal instants are told apart by who came first."""
    fill(sagemaker, client, 4, every=0)
    assert listed(client) == names(3, 2, 1, 0)
    assert listed(client, SortOrder="Ascending") == names(0, 1, 2, 3)


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
def test_each_sort_goes_both_ways_through_all_pages(
    size: int, order: str | None, direction: str | None, wanted: list[str], sagemaker: SageMakerMock
) -> None:
    """Pages of any size show each job once, in the order that was asked for."""
    client = make_client()
    for name in ["b", "c", "a"]:
        create(client, name)
        sagemaker.clock.advance(1)
    client.stop_training_job(TrainingJobName="c")
    sagemaker.fail("a")
    sagemaker.clock.advance(hours=1)
    create(client, "d")
    sort = {name: value for name, value in (("SortBy", order), ("SortOrder", direction)) if value}
    pages = paged(client, MaxResults=size, **sort)
    assert [name for page in pages for name in page] == wanted
    assert all(len(page) == size for page in pages[:-1])


def test_the_sort_by_status_follows_the_time(sagemaker: SageMakerMock, client: Any) -> None:
    """Jobs change their place as their status changes, and one stopped or failed meanwhile too."""
    create(client, "first")
    sagemaker.clock.advance(650)
    create(client, "second")
    create(client, "third")
    assert listed(client, SortBy="Status", SortOrder="Descending") == ["third", "second", "first"]
    client.stop_training_job(TrainingJobName="second")
    assert listed(client, SortBy="Status", SortOrder="Descending") == ["second", "third", "first"]
    sagemaker.clock.advance(100)
    # Stopped, InProgress, Completed
    assert listed(client, SortBy="Status", SortOrder="Descending") == ["second", "third", "first"]
    sagemaker.fail("third")
    assert listed(client, SortBy="Status") == ["first", "third", "second"]


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
def test_a_filter_leaves_out_what_does_not_fit(
    wanted: dict[str, Any], found: list[int], sagemaker: SageMakerMock, client: Any
) -> None:
    """Each filter by itself, and together; that an instant itself is after and not before is assumed."""
    fill(sagemaker, client, 5, every=10)
    # At 50 s: LastModifiedTime of job-02, job-03 and job-04 is 36.2 s, 46.2 s and 40 s.
    client.stop_training_job(TrainingJobName="job-01")
    sagemaker.clock.advance(1)
    sagemaker.fail("job-00")
    assert listed(client, **wanted) == names(*found)


@YOUNG
def test_a_filter_by_a_training_plan_finds_its_jobs(client: Any) -> None:
    """TrainingPlanArnEquals compares with the ResourceConfig of the request."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "TrainingPlanArn": PLAN_ARN}
    create(client, "planned", ResourceConfig=resources)
    create(client, "other")
    assert listed(client, TrainingPlanArnEquals=PLAN_ARN) == ["planned"]


@YOUNG
def test_a_job_without_instances_has_no_training_plan() -> None:
    """Serverless jobs have no ResourceConfig, and are passed over."""
    with mock_sagemaker(validate=False):
        client = make_client()
        create(client, "serverless", ResourceConfig=None)
        assert listed(client) == ["serverless"]
        assert listed(client, TrainingPlanArnEquals=PLAN_ARN) == []


def test_a_page_is_cut_before_it_is_filtered(sagemaker: SageMakerMock, client: Any) -> None:
    """A page can be empty and still carry a NextToken (boto/boto3#3347); only the last has none."""
    fill(sagemaker, client, 12)
    assert paged(client, NameContains="job-00") == [[], names(0)]
    assert paged(client, NameContains="job-00", MaxResults=5) == [[], [], names(0)]
    first = client.list_training_jobs(NameContains="nothing")
    assert first["TrainingJobSummaries"] == []
    assert first["NextToken"]


def test_a_page_that_ends_with_the_last_job_has_no_token(sagemaker: SageMakerMock, client: Any) -> None:
    """There is no empty page after a full last one."""
    fill(sagemaker, client, 4)
    assert paged(client, MaxResults=2) == [names(3, 2), names(1, 0)]


@pytest.mark.parametrize("direction, later", [("Descending", []), ("Ascending", ["new"])])
def test_a_job_created_between_two_pages_shifts_nothing(
    direction: str, later: list[str], sagemaker: SageMakerMock, client: Any
) -> None:
    """A page goes on after the last job of the one before it, whatever was created since: nothing twice, nothing left out."""
    fill(sagemaker, client, 4)
    first = client.list_training_jobs(MaxResults=2, SortOrder=direction)
    create(client, "new")
    seen = [shown["TrainingJobName"] for shown in first["TrainingJobSummaries"]]
    rest = listed(client, MaxResults=10, SortOrder=direction, NextToken=first["NextToken"])
    assert [name for name in rest if name == "new"] == later
    assert sorted(seen + rest) == sorted([*names(0, 1, 2, 3), *later])


def token(content: bytes) -> str:
    """Return a token that holds something."""
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
def test_a_token_that_was_never_given_is_refused(wrong: str, client: Any) -> None:
    """Whatever it is: in words of ours, since the service's are not known."""
    create(client)
    with pytest.raises(ClientError) as refused:
        client.list_training_jobs(NextToken=wrong)
    assert code_and_text(refused.value) == ("ValidationException", "Invalid NextToken.", 400)


@pytest.mark.parametrize("order", ["Name", "CreationTime", "Status"])
def test_a_token_belongs_to_its_sort(order: str, sagemaker: SageMakerMock, client: Any) -> None:
    """A token of another sort, or of the other direction, is refused; that the service does so is assumed."""
    fill(sagemaker, client, 3)
    given = client.list_training_jobs(MaxResults=1, SortBy=order, SortOrder="Ascending")["NextToken"]
    assert listed(client, SortBy=order, SortOrder="Ascending", NextToken=given) == names(1, 2)
    for other in {"Name", "CreationTime", "Status"} - {order}:
        with pytest.raises(ClientError, match="Invalid NextToken"):
            client.list_training_jobs(SortBy=other, SortOrder="Ascending", NextToken=given)
    with pytest.raises(ClientError, match="Invalid NextToken"):
        client.list_training_jobs(SortBy=order, SortOrder="Descending", NextToken=given)


def test_a_token_belongs_to_its_filters(sagemaker: SageMakerMock, client: Any) -> None:
    """One of another query is refused, the length of a page may change; that the service does so is assumed."""
    fill(sagemaker, client, 3)
    given = client.list_training_jobs(MaxResults=1, NameContains="job")["NextToken"]
    assert listed(client, NameContains="job", NextToken=given, MaxResults=5) == names(1, 0)
    for other in ({}, {"NameContains": "b"}, {"NameContains": "job", "CreationTimeAfter": START}):
        with pytest.raises(ClientError, match="Invalid NextToken"):
            client.list_training_jobs(NextToken=given, **other)


def test_by_name_and_status_a_list_may_miss_what_changes_meanwhile(sagemaker: SageMakerMock, client: Any) -> None:
    """A page goes on behind the last job of the one before it: a new name before that is missed, a moved job is seen twice."""
    fill(sagemaker, client, 2)
    first = client.list_training_jobs(MaxResults=1, SortBy="Name")
    create(client, "a-new-one")
    assert listed(client, SortBy="Name", NextToken=first["NextToken"]) == names(1)
    by_status = client.list_training_jobs(MaxResults=1, SortBy="Status")
    [seen] = [shown["TrainingJobName"] for shown in by_status["TrainingJobSummaries"]]
    sagemaker.fail(seen)
    sagemaker.complete(next(iter({*names(0, 1), "a-new-one"} - {seen})))
    # Failed comes after Completed and before InProgress, and so before the place where the page goes on or behind it.
    rest = listed(client, SortBy="Status", NextToken=by_status["NextToken"])
    assert len({seen, *rest}) <= 3


def test_a_page_has_at_most_a_hundred_jobs(client: Any) -> None:
    """MaxResults is bounded in the server's words."""
    text = "Member must have value less than or equal to 100"
    with pytest.raises(ClientError) as refused:
        client.list_training_jobs(MaxResults=101)
    assert code_and_text(refused.value) == (
        "ValidationException",
        f"1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: {text}",
        400,
    )


def test_what_is_launched_after_an_instant_is_found_by_it(sagemaker: SageMakerMock, client: Any) -> None:
    """A call takes no time before its answer, so the job is created at the very instant that was taken before."""
    sagemaker.clock.advance(microseconds=1_000_900)
    before = sagemaker.clock.now()
    create(client)
    sent: list[float] = []

    def exactly(params: dict[str, Any], **_: object) -> None:
        # Its serialiser cuts it to whole seconds.
        params["body"] = json.dumps(dict.fromkeys(json.loads(params["body"]), sent[-1]))

    for name in ("CreationTimeAfter", "LastModifiedTimeAfter"):
        assert listed(client, **{name: before}) == ["churn"]
        client.meta.events.register("before-call.sagemaker.ListTrainingJobs", exactly)
        sent.append(before.timestamp())
        assert listed(client, **{name: before}) == ["churn"]
        sent.append(before.timestamp() + 0.000_001)
        assert listed(client, **{name: before}) == []
        client.meta.events.unregister("before-call.sagemaker.ListTrainingJobs", exactly)


def test_a_time_filter_meets_what_a_client_was_shown(sagemaker: SageMakerMock, client: Any) -> None:
    """In whole milliseconds: what was shown is not before itself, and is what comes after it."""
    sagemaker.clock.advance(microseconds=1_000_900)
    create(client)
    shown: datetime = client.list_training_jobs()["TrainingJobSummaries"][0]["CreationTime"]
    assert shown == after(1)
    assert listed(client, CreationTimeAfter=shown) == ["churn"]
    assert listed(client, CreationTimeBefore=shown) == []
    assert listed(client, CreationTimeBefore=after(2)) == ["churn"]
