"""Processing and transform jobs as a client sees them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError
from moto import mock_aws

from sagemock import InvalidValue, ProcessingJobPlan, SageMakerMock, TransformJobPlan, UsageError, mock_sagemaker
from sagemock.jobs.place import Place
from sagemock.jobs.rules import Plans
from sagemock.jobs.store import Store
from sagemock.service.operations import OPERATIONS
from sagemock.service.service import Service
from tests.protocol.shapes import of_sagemaker
from tests.support.batch import processing, transform
from tests.support.calling import START, YOUNG, after, code_and_text, make_client

KINDS = ("processing", "transform")
PLANS = [
    ProcessingJobPlan.completes(starting=100, processing=50, exit_message="done"),
    TransformJobPlan.completes(starting=100, transforming=50),
]
OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLANS}
DELETES = pytest.mark.skipif(
    "DeleteProcessingJob" not in of_sagemaker().operations, reason="this botocore does not know what is tested here"
)


class Jobs:
    """The operations on one kind of jobs."""

    def __init__(self, client: Any, kind: str) -> None:
        self.client, self.kind = client, kind
        self.member = f"{kind.title()}Job"

    def create(self, name: str = "job", **changes: Any) -> str:
        """Create a job and return its ARN."""
        request = processing(name, **changes) if self.kind == "processing" else transform(name, **changes)
        arn: str = getattr(self.client, f"create_{self.kind}_job")(**request)[f"{self.member}Arn"]
        return arn

    def describe(self, name: str = "job") -> dict[str, Any]:
        """Describe a job."""
        shown: dict[str, Any] = getattr(self.client, f"describe_{self.kind}_job")(**{f"{self.member}Name": name})
        return shown

    def status(self, name: str = "job") -> object:
        """Return the status of a job."""
        return self.describe(name)[f"{self.member}Status"]

    def stop(self, name: str = "job") -> None:
        """Stop a job."""
        getattr(self.client, f"stop_{self.kind}_job")(**{f"{self.member}Name": name})

    def page(self, **asked: Any) -> dict[str, Any]:
        """Return a page of the list."""
        found: dict[str, Any] = getattr(self.client, f"list_{self.kind}_jobs")(**asked)
        return found

    def names(self, **asked: Any) -> list[str]:
        """Return the names on a page of the list."""
        return [one[f"{self.member}Name"] for one in self.page(**asked)[f"{self.member}Summaries"]]

    def wait(self, name: str = "job") -> None:
        """Wait with botocore's waiter of this kind."""
        self.client.get_waiter(f"{self.kind}_job_completed_or_stopped").wait(**{f"{self.member}Name": name})


@pytest.fixture(params=KINDS)
def jobs(request: pytest.FixtureRequest, client: Any) -> Jobs:
    """Return the operations on each kind of jobs."""
    return Jobs(client, request.param)


def refusal_of(call: Callable[[], object]) -> tuple[str, str]:
    """Return the code and the message of a refusal."""
    with pytest.raises(ClientError) as raised:
        call()
    code, text, _ = code_and_text(raised.value)
    return code, text


def test_a_waiter_sees_a_job_through_its_life(jobs: Jobs) -> None:
    """InProgress without a start, InProgress with one, then Completed."""
    assert jobs.create() == f"arn:aws:sagemaker:us-east-1:123456789012:{jobs.kind}-job/job"
    started, ended = f"{jobs.kind.title()}StartTime", f"{jobs.kind.title()}EndTime"
    shown = jobs.describe()
    assert (shown[f"{jobs.member}Status"], started in shown, ended in shown) == ("InProgress", False, False)
    jobs.wait()
    shown = jobs.describe()
    assert (shown[started], shown[ended]) == (after(100), after(150))
    assert shown.get("ExitMessage") == ("done" if jobs.kind == "processing" else None)


def test_a_stop_shows_at_once_and_takes_a_while(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """A waiter counts Stopped as success; a second stop is refused."""
    jobs.create()
    sagemaker.clock.advance(120)
    jobs.stop()
    assert jobs.status() == "Stopping"
    assert refusal_of(jobs.stop) == (
        "ValidationException",
        f"The request was rejected because the {jobs.kind} job is in status Stopping",
    )
    jobs.wait()
    assert jobs.status() == "Stopped"
    assert jobs.describe()[f"{jobs.kind.title()}EndTime"] == after(130)


def test_a_job_that_fails_ends_its_waiter(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """With its reason, in the list too."""
    of: Any = ProcessingJobPlan if jobs.kind == "processing" else TransformJobPlan
    sagemaker.plan("job", of.fails("ClientError: no image", during="Starting", after=30))
    jobs.create()
    with pytest.raises(WaiterError):
        jobs.wait()
    shown = jobs.describe()
    assert (shown["FailureReason"], shown[f"{jobs.kind.title()}EndTime"]) == ("ClientError: no image", after(30))
    assert f"{jobs.kind.title()}StartTime" not in shown
    assert jobs.page()[f"{jobs.member}Summaries"][0]["FailureReason"] == "ClientError: no image"


def test_a_container_that_never_answers_fails_after_half_an_hour(sagemaker: SageMakerMock, client: Any) -> None:
    """See aws/amazon-sagemaker-examples#815."""
    sagemaker.plan("job", TransformJobPlan.never_answers(starting=100))
    jobs = Jobs(client, "transform")
    jobs.create()
    sagemaker.advance_until_idle()
    assert jobs.describe()["TransformEndTime"] == after(1900)


def test_unknown_names_and_names_in_use_are_refused(jobs: Jobs) -> None:
    """In AWS's words."""
    assert refusal_of(jobs.describe) == ("ValidationException", "Could not find requested job with name: job")
    assert refusal_of(jobs.stop) == ("ValidationException", "Could not find job to update with name: job")
    arn = jobs.create()
    assert refusal_of(jobs.create) == (
        "ResourceInUse",
        f"Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
    )


def test_each_kind_has_its_own_names(sagemaker: SageMakerMock, client: Any) -> None:
    """Each region too."""
    for kind in KINDS:
        Jobs(client, kind).create("churn")
    assert [len(sagemaker.processing_jobs), len(sagemaker.transform_jobs), len(sagemaker.jobs)] == [1, 1, 0]
    assert Jobs(make_client("eu-west-1"), "processing").names() == []


def test_a_list_is_sorted_paged_and_filtered(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """A page is cut first and filtered then."""
    for number in range(3):
        jobs.create(f"job-{'cab'[number]}")
        sagemaker.clock.advance(60)
    assert jobs.names() == ["job-b", "job-a", "job-c"]
    assert jobs.names(SortOrder="Ascending") == ["job-c", "job-a", "job-b"]
    by_name = ["job-a", "job-b", "job-c"]
    assert jobs.names(SortBy="Name") == (by_name if jobs.kind == "processing" else by_name[::-1])
    page = jobs.page(MaxResults=1, NameContains="job-c")
    assert page[f"{jobs.member}Summaries"] == []
    rest = jobs.page(MaxResults=2, NameContains="job-c", NextToken=page["NextToken"])
    assert [one[f"{jobs.member}Name"] for one in rest[f"{jobs.member}Summaries"]] == ["job-c"]
    assert jobs.names(StatusEquals="Completed") == ["job-c"]
    assert jobs.names(CreationTimeAfter=after(60), SortOrder="Ascending") == ["job-a", "job-b"]
    assert refusal_of(lambda: jobs.page(NextToken="x"))[1] == "Invalid NextToken."


def test_jobs_of_each_kind_have_tags(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """From the request on, by their ARNs."""
    arn = jobs.create(Tags=[{"Key": "team", "Value": "churn"}])
    jobs.client.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    jobs.client.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert jobs.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]
    assert sagemaker.calls.to("AddTags", job="job").count == 1
    assert refusal_of(lambda: jobs.client.list_tags(ResourceArn=f"{arn}-2"))[1] == "Resource does not exist."
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert "unique" in refusal_of(lambda: jobs.create("other", Tags=twice))[1]


JSON_LINES = {**transform()["TransformInput"], "ContentType": "application/jsonlines"}
CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}
ROOT = {"S3Uri": "s3://churn/in", "S3DataType": "S3Prefix", "S3InputMode": "File"}
OUTPUT = {"S3Uri": "s3://churn/out", "S3UploadMode": "EndOfJob"}


@pytest.mark.parametrize(
    "changes, text",
    [
        ({"RoleArn": "arn:aws:iam::210987654321:role/Other"}, "RoleArn: Cross-account pass role is not allowed."),
        (
            {"AppSpecification": {"ImageUri": "py:3"}},
            "Invalid image URI py:3. Please provide a valid Amazon Elastic Container Registry path of the Docker image to run.",
        ),
        (
            {"ProcessingInputs": [{"InputName": "a", "S3Input": {**ROOT, "LocalPath": "/data/a"}}]},
            "LocalPath /data/a must begin with /opt/ml/processing/",
        ),
        (
            {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "a", "S3Output": {**OUTPUT, "LocalPath": "/opt/ml/x"}}]}},
            "LocalPath /opt/ml/x must begin with /opt/ml/processing/",
        ),
        (
            {"ProcessingInputs": [{"InputName": "a", "S3Input": {**ROOT, "LocalPath": "/opt/ml/processing/a"}}] * 2},
            "InputName must be unique, and a is given more than once",
        ),
        (
            {"ProcessingResources": {"ClusterConfig": {**CLUSTER, "InstanceType": "ml.g4dn.xlarge", "VolumeKmsKeyId": "key"}}},
            "VolumeKmsKeyId is not supported with instance type ml.g4dn.xlarge, which has local storage",
        ),
    ],
)
def test_an_invalid_processing_request_is_refused(client: Any, changes: dict[str, Any], text: str) -> None:
    """By rules across members."""
    assert refusal_of(lambda: client.create_processing_job(**processing(**changes))) == ("ValidationException", text)


@YOUNG
@pytest.mark.parametrize(
    "changes, text",
    [
        (
            {"ProcessingInputs": [{"InputName": "a", "S3Input": ROOT}]},
            "LocalPath is required for input a, which is not AppManaged",
        ),
        (
            {"ProcessingResources": {"ClusterConfig": {**CLUSTER, "InstancePreferences": [{"InstanceType": "ml.m5.large"}]}}},
            "Exactly one of InstanceType and InstancePreferences must be specified, and there are 2",
        ),
        (
            {"ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 30}}},
            "Exactly one of InstanceType and InstancePreferences must be specified, and there are 0",
        ),
    ],
)
def test_requests_that_only_a_newer_model_allows_are_refused(client: Any, changes: dict[str, Any], text: str) -> None:
    """An older model requires these members."""
    assert refusal_of(lambda: client.create_processing_job(**processing(**changes))) == ("ValidationException", text)


@YOUNG
def test_an_app_managed_input_needs_no_path(client: Any) -> None:
    """Instances may come from a list of preferences."""
    cluster = {"InstancePreferences": [{"InstanceType": "ml.m5.large"}], "VolumeSizeInGB": 30}
    client.create_processing_job(
        **processing(
            ProcessingInputs=[{"InputName": "a", "AppManaged": True, "S3Input": ROOT}, {"InputName": "b"}],
            ProcessingResources={"ClusterConfig": cluster},
        )
    )


def test_a_constraint_of_the_model_is_enforced(client: Any) -> None:
    """In AWS's words."""
    limit: dict[str, Any] = {"StoppingCondition": {"MaxRuntimeInSeconds": 10_000_000}}
    # Seven days in an older model, nine in the newest one.
    text = refusal_of(lambda: client.create_processing_job(**processing(**limit)))[1]
    assert re.search(r"must have value less than or equal to (604800|777600)$", text)


@pytest.mark.parametrize(
    "changes, text",
    [
        (
            {"MaxConcurrentTransforms": 20},
            "MaxConcurrentTransforms 20 multiplied by MaxPayloadInMB 6 must not exceed 100 MB",
        ),
        ({"BatchStrategy": "MultiRecord"}, "BatchStrategy MultiRecord requires SplitType Line, RecordIO or TFRecord"),
        ({"MaxPayloadInMB": 101}, "MaxPayloadInMB 101 must not exceed 100 MB"),
        (
            {
                "TransformInput": {
                    "DataSource": {"S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://churn/in"}}
                }
            },
            "S3DataType AugmentedManifestFile is not supported",
        ),
        (
            {"TransformResources": {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": "key"}},
            "VolumeKmsKeyId is not supported with instance type ml.g4dn.xlarge, which has local storage",
        ),
        (
            {"TransformInput": JSON_LINES, "DataProcessing": {"OutputFilter": "$['account_id','SageMakerOutput']"}},
            (
                "Invalid OutputFilter: \"$['account_id','SageMakerOutput']\". Unexpected \"_\" in JsonPath. Supported operators "
                "for \"application/jsonlines\" are ['$', '[', ']', '*', '.', ' ', ',', ':', '-', ''']"
            ),
        ),
    ],
)
def test_an_invalid_transform_request_is_refused(client: Any, changes: dict[str, Any], text: str) -> None:
    """By rules across members."""
    assert refusal_of(lambda: client.create_transform_job(**transform(**changes))) == ("ValidationException", text)


def test_a_request_that_fits_the_rules_is_accepted(client: Any) -> None:
    """Also one with every member that a rule reads."""
    source = transform()["TransformInput"]
    client.create_transform_job(
        **transform(
            MaxConcurrentTransforms=16,
            MaxPayloadInMB=6,
            BatchStrategy="MultiRecord",
            TransformInput={**source, "SplitType": "Line"},
            DataProcessing={"OutputFilter": "$.a_b"},
        )
    )
    client.create_transform_job(
        **transform("lines", TransformInput=JSON_LINES, DataProcessing={"OutputFilter": "$['id','SageMakerOutput']"})
    )
    client.create_processing_job(
        **processing(
            ProcessingInputs=[{"InputName": "a", "S3Input": {**ROOT, "LocalPath": "/opt/ml/processing/a"}}, _dataset()],
            ProcessingOutputConfig={
                "Outputs": [{"OutputName": "a", "S3Output": {**OUTPUT, "LocalPath": "/opt/ml/processing/b"}}]
            },
            Tags=[{"Key": "a", "Value": "b"}],
        )
    )
    shown = client.describe_processing_job(ProcessingJobName="prepare")
    assert [one["AppManaged"] for one in shown["ProcessingInputs"]] == [False, False]
    assert "S3Input" not in shown["ProcessingInputs"][1]


def _dataset() -> dict[str, Any]:
    athena = {
        "Catalog": "c",
        "Database": "d",
        "QueryString": "select 1",
        "OutputS3Uri": "s3://churn/athena",
        "OutputFormat": "PARQUET",
    }
    return {
        "InputName": "b",
        "DatasetDefinition": {"LocalPath": "/opt/ml/processing/b", "AthenaDatasetDefinition": athena},
    }


def test_without_validation_every_request_is_accepted() -> None:
    """As for training jobs."""
    with mock_sagemaker(start=START, validate=False):
        client = make_client()
        client.create_processing_job(**processing(RoleArn="arn:aws:iam::210987654321:role/Other"))
        client.create_transform_job(**transform(MaxConcurrentTransforms=99))


@DELETES
def test_a_finished_processing_job_can_be_deleted(sagemaker: SageMakerMock, client: Any) -> None:
    """Its name is free then, and its tags are gone; transform jobs have no such operation."""
    jobs = Jobs(client, "processing")

    def delete() -> None:
        client.delete_processing_job(ProcessingJobName="job")

    assert refusal_of(delete) == ("ResourceNotFound", "Could not find requested job with name: job")
    arn = jobs.create()
    assert refusal_of(delete) == (
        "ResourceInUse",
        f"The processing job {arn} cannot be deleted while it is in status InProgress.",
    )
    sagemaker.advance_until_idle()
    view = sagemaker.processing_jobs["job"]
    delete()
    assert repr(view) == "<processing job 'job', which was deleted>"
    assert (view.name, view.region) == ("job", "us-east-1")
    assert jobs.names() == []
    assert refusal_of(jobs.describe)[1] == "Could not find requested job with name: job"
    jobs.create()
    assert [event["detail"]["ProcessingJobStatus"] for event in sagemaker.events] == ["InProgress", "Completed", "InProgress"]


def test_events_of_each_kind_come_with_each_status(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """Not with the start of the containers; missing values are null, and instants are milliseconds."""
    got: list[Any] = []
    detail_type = f"SageMaker {jobs.kind.title()} Job State Change"
    sagemaker.on_event(got.append, {"detail-type": [detail_type], "detail": {f"{jobs.member}Status": ["Completed", "Stopped"]}})
    jobs.create(Tags=[{"Key": "team", "Value": "churn"}])
    sagemaker.advance_until_idle()
    (last,) = got
    assert [event["detail"][f"{jobs.member}Status"] for event in sagemaker.events] == ["InProgress", "Completed"]
    detail = last["detail"]
    assert detail["CreationTime"] == START.timestamp() * 1000
    assert detail[f"{jobs.kind.title()}EndTime"] == after(150).timestamp() * 1000
    assert (detail["FailureReason"], detail["Tags"]) == (None, {"team": "churn"})
    assert repr(sagemaker.events).endswith("job Completed>")


def test_faults_and_hiding_select_by_job_name(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """For every kind."""
    sagemaker.fault(f"Describe{jobs.member}", "AccessDeniedException", job="job", times=1)
    sagemaker.hide("late-*", lasting=60)
    arn = jobs.create()
    assert f"on resource: {arn} because" in refusal_of(jobs.describe)[1]
    jobs.create("late-1")
    assert jobs.names() == ["job"]
    assert refusal_of(lambda: jobs.describe("late-1"))[1] == "Could not find requested job with name: late-1"
    elsewhere = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/churn"
    assert refusal_of(lambda: jobs.client.list_tags(ResourceArn=elsewhere))[1] == "Resource does not exist."
    sagemaker.clock.advance(60)
    assert jobs.names() == ["late-1", "job"]
    assert sagemaker.calls.to(f"Create{jobs.member}", job="late-*").count == 1


@pytest.mark.parametrize("kind", KINDS)
def test_logs_are_in_the_log_group_of_the_kind(kind: str, sagemaker: SageMakerMock, client: Any) -> None:
    """One stream for each instance; a test can add a line."""
    of: Any = ProcessingJobPlan if kind == "processing" else TransformJobPlan
    sagemaker.plan("job", of.completes(starting=100, logs={of.running: [(0, "begin"), (5, "go on")]}))
    jobs = Jobs(client, kind)
    jobs.create()
    sagemaker.clock.advance(120)
    view = sagemaker.processing_jobs["job"] if kind == "processing" else sagemaker.transform_jobs["job"]
    view.log("here", at=after(110))
    reader: Any = boto3.client("logs", "us-east-1")
    group = f"/aws/sagemaker/{kind.title()}Jobs"
    (stream,) = reader.describe_log_streams(logGroupName=group, logStreamNamePrefix="job/")["logStreams"]
    assert stream["arn"].split(":log-group:")[1].startswith(f"{group}:log-stream:job/")
    found = reader.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)["events"]
    assert [one["message"] for one in found] == ["begin", "go on", "here"]
    names = [one["logGroupName"] for one in reader.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]]
    assert names == sorted(["/aws/sagemaker/TrainingJobs", group])
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    assert len(reader.filter_log_events(logGroupIdentifier=arn)["events"]) == 3
    reader.delete_log_group(logGroupName=group)
    with pytest.raises(ClientError, match="The specified log group does not exist"):
        reader.filter_log_events(logGroupName=group)
    reader.create_log_group(logGroupName=group)
    assert reader.filter_log_events(logGroupName=group)["events"] == []


@pytest.fixture
def beside_moto() -> Iterator[Any]:
    """Return a client while moto's mock is active too."""
    with mock_aws(), mock_sagemaker(start=START, plan=PLANS):
        yield make_client()


def test_a_model_must_exist_if_moto_has_models(beside_moto: Any) -> None:
    """The refusal is in AWS's words. The jobs are ours, and not Completed at once as moto's are."""
    jobs = Jobs(beside_moto, "transform")
    assert refusal_of(jobs.create) == (
        "ValidationException",
        'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/churn".',
    )
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
    role = "arn:aws:iam::123456789012:role/Training"
    beside_moto.create_model(ModelName="churn", PrimaryContainer={"Image": image}, ExecutionRoleArn=role)
    jobs.create()
    processing_jobs = Jobs(beside_moto, "processing")
    arn = processing_jobs.create(Tags=[{"Key": "team", "Value": "churn"}])
    assert (jobs.status(), processing_jobs.status()) == ("InProgress", "InProgress")
    assert beside_moto.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "churn"}]


def test_a_plan_draws_from_the_seed() -> None:
    """One seed gives the same life; a job of another kind with that name gets another one."""
    lengths = []
    for seed in (1, 1, 2):
        plan = [ProcessingJobPlan.completes(starting=(0, 600)), TransformJobPlan.completes(starting=(0, 600))]
        with mock_sagemaker(start=START, seed=seed, plan=plan) as sagemaker:
            client = make_client()
            for kind in KINDS:
                Jobs(client, kind).create()
            sagemaker.advance_until_idle()
            lengths.append((sagemaker.processing_jobs["job"].started, sagemaker.transform_jobs["job"].started))
    assert lengths[0] == lengths[1] != lengths[2]
    assert lengths[0][0] != lengths[0][1]


def test_advance_until_idle_includes_batch_jobs(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """It goes to the last change of LastModifiedTime."""
    jobs.create()
    last = 150.01 if jobs.kind == "processing" else 150.245
    assert sagemaker.advance_until_idle() == START + timedelta(seconds=last)


def test_a_transform_job_needs_only_what_the_service_requires() -> None:
    """No model without moto, and no input without validation."""
    service, place = Service(Store(), Plans().plan_for), Place("aws", "us-east-1", "123456789012")
    assert "transform-job/score" in OPERATIONS["CreateTransformJob"](service, of_sagemaker(), place, transform(), 0)
    unchecked = Service(Store(), Plans().plan_for, validate=False)
    sent = transform(TransformInput=None, TransformOutput=None)
    OPERATIONS["CreateTransformJob"](unchecked, of_sagemaker(), place, sent, 0)
    shown = OPERATIONS["DescribeTransformJob"](unchecked, of_sagemaker(), place, {"TransformJobName": "score"}, 0)
    assert "TransformInput" not in shown
    assert "DataProcessing" in shown


def test_running_jobs_count_against_the_quota_of_their_kind(sagemaker: SageMakerMock, jobs: Jobs) -> None:
    """Jobs of other kinds, on other instances, or that have ended do not."""
    kind = "ml.m5.xlarge" if jobs.kind == "processing" else "ml.m5.large"
    sagemaker.quota(kind, instances=1, kind=jobs.kind)
    sagemaker.quota(kind, instances=0, kind="transform" if jobs.kind == "processing" else "processing")
    jobs.create("one")
    resources: dict[str, Any] = {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 1}
    if jobs.kind == "processing":
        jobs.create("other", ProcessingResources={"ClusterConfig": {**resources, "VolumeSizeInGB": 1}})
    else:
        jobs.create("other", TransformResources=resources)
    text = (
        f"The account-level service limit '{kind} for {jobs.kind} job usage' is 1 Instances, with current utilization of 1 "
        "Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase for this quota."
    )
    assert refusal_of(lambda: jobs.create("two")) == ("ResourceLimitExceeded", text)
    sagemaker.advance_until_idle()
    jobs.create("two")


def test_an_invalid_quota_is_refused(sagemaker: SageMakerMock) -> None:
    """The message says what to write."""
    with pytest.raises(InvalidValue, match=r"quota\(kind='processing'\): only training jobs have spot instances and warm pools"):
        sagemaker.quota("ml.m5.xlarge", instances=1, kind="processing", spot=True)
    with pytest.raises(UsageError, match="transform jobs do not run on 'ml.m5.huge': did you mean"):
        sagemaker.quota("ml.m5.huge", instances=1, kind="transform")
    with pytest.raises(InvalidValue, match="a tuning job has no instances of its own: set the quota for training jobs"):
        sagemaker.quota("ml.m5.xlarge", instances=1, kind="tuning")
