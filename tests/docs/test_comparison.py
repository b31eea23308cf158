"""docs/comparison.md, cell by cell: what sagemock, moto and botocore's Stubber do with the same code."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError, UnStubbedResponseError
from botocore.stub import Stubber
from moto import mock_aws

from sagemock import NotAnswered, NotSimulated, Plan, UnusedError, mock_sagemaker
from tests.support.calling import YOUNG, request

PAGE = Path(__file__).parents[2] / "docs" / "comparison.md"
GROUP = "/aws/sagemaker/TrainingJobs"
SIX_HOURS = Plan.completes(training=timedelta(hours=6))
MODEL = {"ModelName": "churn", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/Training"}
TYPED = {
    "TrainingJobName": "churn-1",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn-1",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://churn/model.tar.gz"},
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "ResourceConfig": {"VolumeSizeInGB": 30},
    "StoppingCondition": {},
    "CreationTime": datetime(2018, 7, 30, tzinfo=timezone.utc),
}
"""A handwritten answer to DescribeTrainingJob, as short as every service model allows."""


@pytest.fixture(autouse=True)
def _default_session() -> Iterator[None]:
    """Remove boto3's default session before and after each test."""
    boto3.DEFAULT_SESSION = None
    yield
    boto3.DEFAULT_SESSION = None


@cache
def session() -> Any:
    """Return one session for all tests, which has read the models."""
    return botocore.session.Session()


def client(service: str = "sagemaker", **options: Any) -> Any:
    """Return a client with its own keys, so that any active mock may answer."""
    return session().create_client(service, "us-east-1", aws_access_key_id="AKID", aws_secret_access_key="secret", **options)


def refusal_of(call: Callable[[], object]) -> tuple[str, str]:
    """Return the code and message of a call's refusal."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# -- a job in progress


def test_with_sagemock_a_job_passes_through_its_statuses() -> None:
    """One follows the other as virtual time passes."""
    with mock_sagemaker() as sagemaker:
        client().create_training_job(**request("churn-1"))
        assert client().describe_training_job(TrainingJobName="churn-1")["SecondaryStatus"] == "Starting"
        sagemaker.advance_until_idle()
        lived = client().describe_training_job(TrainingJobName="churn-1")["SecondaryStatusTransitions"]
    assert [one["Status"] for one in lived] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def test_with_moto_a_job_is_completed_at_once() -> None:
    """It has one transition, whose status is another one."""
    with mock_aws():
        client().create_training_job(**request("churn-1"))
        job = client().describe_training_job(TrainingJobName="churn-1")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert [one["Status"] for one in job["SecondaryStatusTransitions"]] == ["Starting"]


def test_with_the_stubber_a_job_is_what_the_test_wrote_for_that_call() -> None:
    """Two calls need two answers."""
    stubbed = client()
    with Stubber(stubbed) as stubber:
        stubber.add_response("describe_training_job", TYPED)
        assert stubbed.describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"] == "Completed"
        with pytest.raises(UnStubbedResponseError):
            stubbed.describe_training_job(TrainingJobName="churn-1")


# -- members that a new job lacks


def test_with_sagemock_a_new_job_lacks_members_as_at_aws() -> None:
    """There is no start and no model yet."""
    with mock_sagemaker():
        client().create_training_job(**request("churn-1"))
        job = client().describe_training_job(TrainingJobName="churn-1")
    assert not {"TrainingStartTime", "TrainingEndTime", "ModelArtifacts"} & job.keys()


def test_with_moto_a_new_job_has_all_members() -> None:
    """Start, end and model."""
    with mock_aws():
        client().create_training_job(**request("churn-1"))
        job = client().describe_training_job(TrainingJobName="churn-1")
    assert {"TrainingStartTime", "TrainingEndTime", "ModelArtifacts"} < job.keys()


def test_the_stubber_refuses_a_job_without_a_model() -> None:
    """The service model requires ModelArtifacts, which the service omits until the end."""
    young = {name: value for name, value in TYPED.items() if name != "ModelArtifacts"}
    with Stubber(client()) as stubber, pytest.raises(ParamValidationError, match="ModelArtifacts"):
        stubber.add_response("describe_training_job", young)


# -- stop, update, delete


@YOUNG
def test_with_sagemock_a_job_is_updated_stopped_and_deleted() -> None:
    """Stop and deletion take time, as at AWS."""
    with mock_sagemaker(plan=Plan.hangs()) as sagemaker:
        client().create_training_job(**request("churn-1"))
        sagemaker.advance_until("churn-1", "Training")
        client().update_training_job(TrainingJobName="churn-1", ProfilerConfig={"DisableProfiler": True})
        assert client().describe_training_job(TrainingJobName="churn-1")["ProfilerConfig"]["DisableProfiler"]
        client().stop_training_job(TrainingJobName="churn-1")
        assert sagemaker.jobs["churn-1"].status == "Stopping"
        sagemaker.advance_until("churn-1", "Stopped")
        client().delete_training_job(TrainingJobName="churn-1")
        assert sagemaker.jobs["churn-1"].status == "Deleting"


@pytest.mark.parametrize("verb", ["stop_training_job", pytest.param("delete_training_job", marks=YOUNG), "update_training_job"])
def test_moto_implements_no_stop_update_or_deletion(verb: str) -> None:
    """Its error says so."""
    with mock_aws(), pytest.raises(NotImplementedError):
        getattr(client(), verb)(TrainingJobName="churn-1")


def test_with_the_stubber_a_stop_changes_nothing_else() -> None:
    """Later descriptions are what the test wrote."""
    stubbed = client()
    with Stubber(stubbed) as stubber:
        stubber.add_response("stop_training_job", {})
        stubber.add_response("describe_training_job", TYPED)
        stubbed.stop_training_job(TrainingJobName="churn-1")
        assert stubbed.describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"] == "Completed"


# -- a waiter on a job of six hours


def test_with_sagemock_a_waiter_polls_as_in_production() -> None:
    """Every 120 virtual seconds."""
    with mock_sagemaker(plan=SIX_HOURS) as sagemaker:
        client().create_training_job(**request("churn-1", StoppingCondition={"MaxRuntimeInSeconds": 86400}))
        waiter = client().get_waiter("training_job_completed_or_stopped")
        waiter.wait(TrainingJobName="churn-1", WaiterConfig={"MaxAttempts": 400})
        assert sagemaker.calls.to("DescribeTrainingJob").count > 180
        assert {sleep.duration.total_seconds() for sleep in sagemaker.sleeps} == {120}


@pytest.fixture
def real_sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record real sleeps instead of sleeping."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


def test_with_moto_the_first_poll_ends_a_waiter(real_sleeps: list[float]) -> None:
    """The job is Completed already."""
    with mock_aws():
        client().create_training_job(**request("churn-1"))
        client().get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn-1")
    assert real_sleeps == []


def test_with_the_stubber_the_test_writes_each_poll_and_waits_are_real(real_sleeps: list[float]) -> None:
    """The test replaces the real sleep."""
    stubbed = client()
    with Stubber(stubbed) as stubber:
        for status in ("InProgress", "InProgress", "Completed"):
            stubber.add_response("describe_training_job", {**TYPED, "TrainingJobStatus": status})
        stubbed.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn-1")
    assert real_sleeps == [120, 120]


# -- a request that AWS refuses


def test_sagemock_refuses_in_the_words_of_aws() -> None:
    """With the server's grammar (zenml-io/zenml#1502)."""
    with mock_sagemaker():
        code, text = refusal_of(lambda: client().create_training_job(**request("churn_1")))
    assert code == "ValidationException"
    assert text.startswith("1 validation error detected: Value 'churn_1' at 'trainingJobName' failed to satisfy constraint: ")


def test_moto_accepts_a_name_that_aws_refuses() -> None:
    """It checks neither pattern nor length."""
    with mock_aws():
        for name in ("churn_1", "c" * 90):
            assert client().create_training_job(**request(name))["TrainingJobArn"].endswith(name)


def test_the_stubber_accepts_a_name_that_aws_refuses() -> None:
    """Only botocore's checks apply: types and minimum lengths, but no patterns."""
    stubbed = client()
    with Stubber(stubbed) as stubber:
        stubber.add_response("create_training_job", {"TrainingJobArn": TYPED["TrainingJobArn"]})
        assert stubbed.create_training_job(**request("churn_1"))["TrainingJobArn"] == TYPED["TrainingJobArn"]


# -- a name in use


def test_sagemock_refuses_a_name_in_use() -> None:
    """Names are unique in an account and region."""
    with mock_sagemaker():
        client().create_training_job(**request("churn-1"))
        code, _ = refusal_of(lambda: client().create_training_job(**request("churn-1")))
    assert code == "ResourceInUse"


def test_moto_accepts_a_name_in_use() -> None:
    """The second job replaces the first."""
    with mock_aws():
        client().create_training_job(**request("churn-1"))
        client().create_training_job(**request("churn-1"))
        assert len(client().list_training_jobs()["TrainingJobSummaries"]) == 1


# -- an unknown job


def test_sagemock_answers_for_an_unknown_job_as_aws_does() -> None:
    """With the code and message of boto/boto3#2808."""
    with mock_sagemaker():
        found = refusal_of(lambda: client().describe_training_job(TrainingJobName="nobody"))
    assert found == ("ValidationException", "Requested resource not found.")


def test_moto_refuses_an_unknown_job_with_the_same_code() -> None:
    """Only the message is its own."""
    with mock_aws():
        code, text = refusal_of(lambda: client().describe_training_job(TrainingJobName="nobody"))
    assert code == "ValidationException"
    assert text.startswith("Could not find training job")


# -- throttling


def test_with_sagemock_botocore_retries_a_throttled_call() -> None:
    """The error is a response, so botocore's own retries handle it."""
    with mock_sagemaker() as sagemaker:
        sagemaker.fault("ListTrainingJobs", "ThrottlingException", times=1)
        client(config=Config(retries={"mode": "standard"})).list_training_jobs()
        assert sagemaker.calls.outcomes == ["ThrottlingException", "ok"]


def test_with_the_stubber_a_throttled_call_is_not_retried() -> None:
    """The Stubber answers before botocore's retries."""
    stubbed = client(config=Config(retries={"mode": "standard"}))
    with Stubber(stubbed) as stubber:
        stubber.add_client_error("list_training_jobs", "ThrottlingException", "Rate exceeded")
        stubber.add_response("list_training_jobs", {"TrainingJobSummaries": []})
        assert refusal_of(stubbed.list_training_jobs) == ("ThrottlingException", "Rate exceeded")


# -- a page of a list


def page_without_a_match() -> Any:
    """List with a filter for a job that is not on the first page; the page size is one."""
    for name in ("churn-1", "churn-2", "churn-3"):
        client().create_training_job(**request(name))
    first = client().list_training_jobs(MaxResults=1, SortBy="Name", SortOrder="Ascending")["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in first] == ["churn-1"]
    return client().list_training_jobs(MaxResults=1, SortBy="Name", SortOrder="Ascending", NameContains="churn-3")


def test_with_sagemock_a_page_is_cut_first_and_filtered_then() -> None:
    """So a page can be empty although more follow (boto/boto3#3347)."""
    with mock_sagemaker():
        page = page_without_a_match()
    assert page["TrainingJobSummaries"] == []
    assert "NextToken" in page


def test_with_moto_a_page_is_cut_first_and_filtered_then() -> None:
    """Its maintainers compared it with AWS (getmoto/moto#4256)."""
    with mock_aws():
        page = page_without_a_match()
    assert page["TrainingJobSummaries"] == []
    assert "NextToken" in page


# -- log lines


def test_with_sagemock_a_job_has_log_lines() -> None:
    """Through CloudWatch Logs."""
    with mock_sagemaker(plan=Plan.completes(logs={"Training": [(0, "epoch 1")]})) as sagemaker:
        client().create_training_job(**request("churn-1"))
        sagemaker.advance_until_idle()
        lines = client("logs").filter_log_events(logGroupName=GROUP)["events"]
    assert [line["message"] for line in lines] == ["epoch 1"]


def test_with_moto_a_job_has_no_log_lines() -> None:
    """Its CloudWatch Logs does not know the job until the test writes its log."""
    with mock_aws():
        client().create_training_job(**request("churn-1"))
        code, _ = refusal_of(lambda: client("logs").filter_log_events(logGroupName=GROUP))
    assert code == "ResourceNotFoundException"


# -- unused preparations


def test_sagemock_reports_an_unused_plan() -> None:
    """By its pattern."""
    with pytest.raises(UnusedError, match=re.escape("'chrun-*'")), mock_sagemaker() as sagemaker:
        sagemaker.plan("chrun-*", Plan.fails())


def test_the_stubber_reports_an_unused_answer() -> None:
    """If the test asks."""
    with Stubber(client()) as stubber:
        stubber.add_response("describe_training_job", TYPED)
        with pytest.raises(AssertionError, match="1 responses remaining"):
            stubber.assert_no_pending_responses()


# -- answers that AWS would not give


def test_the_stubber_accepts_a_status_that_does_not_exist() -> None:
    """It checks the members of an answer and their types, but no enums."""
    stubbed = client()
    with Stubber(stubbed) as stubber:
        stubber.add_response("describe_training_job", {**TYPED, "TrainingJobStatus": "Finished"})
        assert stubbed.describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"] == "Finished"


def test_sagemock_refuses_a_status_that_does_not_exist() -> None:
    """In the plan, at its line."""
    with pytest.raises(ValueError, match="Finished"):
        Plan(ending="Finished")  # type: ignore[arg-type]  # the point of the test


# -- which clients are answered

OLDER = """
import botocore.session
from botocore.config import Config
from botocore.exceptions import ProxyConnectionError

def client():
    # Whatever leaves goes to a proxy on this machine that is not there.
    config = Config(proxies={"https": "http://127.0.0.1:9"}, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret"}
    return botocore.session.Session().create_client("sagemaker", "us-east-1", config=config, **keys)

older = client()
IMPORT as mock
with mock():
    client().list_training_jobs()
    try:
        older.list_training_jobs()
        print("answered")
    except ProxyConnectionError:
        print("sent")
"""


@pytest.mark.parametrize(
    "imported, does",
    [("from sagemock import mock_sagemaker", "answered"), ("from moto import mock_aws", "sent")],
    ids=["sagemock", "moto"],
)
def test_sagemock_answers_a_client_older_than_its_import_and_moto_does_not(imported: str, does: str) -> None:
    """Moto's documentation says so and offers `patch_client`."""
    source = dedent(OLDER).replace("IMPORT", imported)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    assert done.stdout.strip() == does


def test_the_stubber_answers_one_client() -> None:
    """A client that the code makes itself is not stubbed; its call would be sent, and the mock around reports it."""
    stubbed, other = client(), client()
    with mock_sagemaker() as sagemaker, Stubber(stubbed) as stubber:
        stubber.add_response("list_training_jobs", {"TrainingJobSummaries": []})
        stubbed.list_training_jobs()
        other.list_training_jobs()
        assert sagemaker.calls.count == 1


# -- the rest of SageMaker, and the other services


def test_sagemock_simulates_jobs_only() -> None:
    """Another operation is refused by name."""
    with mock_sagemaker(), pytest.raises(NotSimulated, match="CreateModel"):
        client().create_model(**MODEL)


def test_moto_has_models() -> None:
    """It also has endpoints, pipelines and more."""
    with mock_aws():
        client().create_model(**MODEL)


_BIG: Any = {"Filters": [{"Name": "ResourceConfig.VolumeSizeInGB", "Operator": "GreaterThan", "Value": "1"}]}


def test_sagemock_searches_by_type_and_page() -> None:
    """The tests of Search have the rest."""
    with mock_sagemaker():
        for name in ("churn-1", "churn-2"):
            client().create_training_job(**request(name))
        found = client().search(Resource="TrainingJob", SearchExpression=_BIG, MaxResults=1)
        assert len(found["Results"]) == 1
        assert "NextToken" in found


def test_moto_searches_without_pages() -> None:
    """The only page has all results."""
    with mock_aws():
        for name in ("churn-1", "churn-2"):
            client().create_training_job(**request(name))
        assert len(client().search(Resource="TrainingJob", MaxResults=1)["Results"]) == 2


def test_the_stubber_answers_every_operation() -> None:
    """With what the test wrote."""
    stubbed = client()
    with Stubber(stubbed) as stubber:
        stubber.add_response("create_model", {"ModelArn": "arn:aws:sagemaker:us-east-1:123456789012:model/churn"})
        assert stubbed.create_model(**MODEL)["ModelArn"].endswith("model/churn")


def test_sagemock_leaves_other_services_to_other_mocks() -> None:
    """A call without an answer does not leave the process."""
    with mock_sagemaker(), pytest.raises(NotAnswered, match="s3"):
        client("s3").list_buckets()


def test_moto_answers_other_services_even_beside_sagemock() -> None:
    """Both in one test, in either order."""
    with mock_aws(), mock_sagemaker():
        assert client("s3").list_buckets()["Buckets"] == []
        client().create_training_job(**request("churn-1"))
        assert client().describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"] == "InProgress"


def test_the_stubber_works_for_any_service() -> None:
    """One Stubber for each client."""
    stubbed = client("s3")
    with Stubber(stubbed) as stubber:
        stubber.add_response("list_buckets", {"Buckets": []})
        assert stubbed.list_buckets()["Buckets"] == []


# -- the page

_OLDER = test_sagemock_answers_a_client_older_than_its_import_and_moto_does_not
_MATCHED = test_the_stubber_answers_one_client
CHECKS: dict[str, tuple[object, object, object]] = {
    "A job in progress": (
        test_with_sagemock_a_job_passes_through_its_statuses,
        test_with_moto_a_job_is_completed_at_once,
        test_with_the_stubber_a_job_is_what_the_test_wrote_for_that_call,
    ),
    "Fields that a young job lacks": (
        test_with_sagemock_a_new_job_lacks_members_as_at_aws,
        test_with_moto_a_new_job_has_all_members,
        test_the_stubber_refuses_a_job_without_a_model,
    ),
    "Stop, update, delete": (
        test_with_sagemock_a_job_is_updated_stopped_and_deleted,
        test_moto_implements_no_stop_update_or_deletion,
        test_with_the_stubber_a_stop_changes_nothing_else,
    ),
    "A waiter on a job of six hours": (
        test_with_sagemock_a_waiter_polls_as_in_production,
        test_with_moto_the_first_poll_ends_a_waiter,
        test_with_the_stubber_the_test_writes_each_poll_and_waits_are_real,
    ),
    "A request that AWS refuses": (
        test_sagemock_refuses_in_the_words_of_aws,
        test_moto_accepts_a_name_that_aws_refuses,
        test_the_stubber_accepts_a_name_that_aws_refuses,
    ),
    "A name that exists": (test_sagemock_refuses_a_name_in_use, test_moto_accepts_a_name_in_use, None),
    "An unknown job": (
        test_sagemock_answers_for_an_unknown_job_as_aws_does,
        test_moto_refuses_an_unknown_job_with_the_same_code,
        None,
    ),
    "Throttling": (
        test_with_sagemock_botocore_retries_a_throttled_call,
        None,
        test_with_the_stubber_a_throttled_call_is_not_retried,
    ),
    "A page of a filtered list": (
        test_with_sagemock_a_page_is_cut_first_and_filtered_then,
        test_with_moto_a_page_is_cut_first_and_filtered_then,
        None,
    ),
    "Log lines of a job": (test_with_sagemock_a_job_has_log_lines, test_with_moto_a_job_has_no_log_lines, None),
    "What was prepared and not used": (
        test_sagemock_reports_an_unused_plan,
        None,
        test_the_stubber_reports_an_unused_answer,
    ),
    "A status that does not exist": (
        test_sagemock_refuses_a_status_that_does_not_exist,
        None,
        test_the_stubber_accepts_a_status_that_does_not_exist,
    ),
    "Which clients are answered": (_OLDER, _OLDER, _MATCHED),
    "Models, endpoints, pipelines": (
        test_sagemock_simulates_jobs_only,
        test_moto_has_models,
        test_the_stubber_answers_every_operation,
    ),
    "Search for training jobs": (
        test_sagemock_searches_by_type_and_page,
        test_moto_searches_without_pages,
        test_the_stubber_answers_every_operation,
    ),
    "Other services": (
        test_sagemock_leaves_other_services_to_other_mocks,
        test_moto_answers_other_services_even_beside_sagemock,
        test_the_stubber_works_for_any_service,
    ),
}
"""The tests behind each row of the page: of sagemock, moto and the Stubber; None where the page claims nothing."""


def claims(number: int) -> dict[str, tuple[bool, ...]]:
    """Return the cells of a table of the page that claim something: all except dashes."""
    tables = [table for table in re.split(r"\n(?!\|)", PAGE.read_text("utf-8")) if "\n|---" in table]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables[number].splitlines() if line[:1] == "|"]
    return {what: tuple(cell != "-" for cell in cells) for what, *cells in rows[2:]}


def test_every_cell_of_the_page_has_a_test() -> None:
    """A dash claims nothing."""
    assert claims(0) == {what: tuple(check is not None for check in checks) for what, checks in CHECKS.items()}
