"""The objects that a training job leaves in moto's S3, and when they appear."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sagemock import Plan, PlanError, SageMakerMock, UsageError, mock_sagemaker
from sagemock.clock.virtual import Clock
from sagemock.jobs.store import Store
from sagemock.moto.artifacts import Uploads, archive_of
from tests.support.calling import START, YOUNG, after, create, describe, make_client

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=10)
KEY = "models/churn/output/model.tar.gz"


def bucket(name: str = "churn", region: str = "us-east-1") -> Any:
    """Create a bucket in moto's S3 and return a client."""
    keys = {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret"}
    client: Any = _session().create_client("s3", region, **keys)
    location: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=name, **location)
    return client


@cache
def _session() -> Any:
    """Return one session for all tests, which reads the model of S3 once."""
    return botocore.session.Session()


def keys(s3: Any, name: str = "churn") -> list[str]:
    """Return the keys in a bucket."""
    return [found["Key"] for found in s3.list_objects_v2(Bucket=name).get("Contents", ())]


def content(s3: Any, key: str = KEY) -> bytes:
    """Return the content of an object."""
    found: bytes = s3.get_object(Bucket="churn", Key=key)["Body"].read()
    return found


def files_in(archive: bytes) -> dict[str, bytes]:
    """Return the files in a tar.gz archive."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar.getmembers()}


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start all mocks; calls take no time."""
    with mock_aws(), mock_sagemaker(start=START, latency=0, plan=PLAN) as mock:
        yield mock


# -- when


def test_the_model_appears_when_the_job_completes(sagemaker: SageMakerMock) -> None:
    """At S3ModelArtifacts, at the instant of TrainingEndTime and not before."""
    s3, client = bucket(), make_client()
    create(client)
    sagemaker.clock.advance(699.999)
    assert keys(s3) == []
    sagemaker.clock.advance(days=1)
    shown = describe(client)
    assert shown["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://churn/{KEY}"
    modified: datetime = s3.head_object(Bucket="churn", Key=KEY)["LastModified"]
    assert modified == shown["TrainingEndTime"] == after(700)


def test_code_that_waits_and_downloads_works() -> None:
    """As in production: create, wait, download."""
    with mock_sagemaker(start=START), mock_aws():
        s3, client = bucket(), make_client()
        create(client)
        client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn")
        assert files_in(content(s3)) == {"model.txt": b"The model of churn, trained by nobody.\n"}


@pytest.mark.parametrize("plan", [Plan.fails(), Plan.hangs(), Plan.capacity_error()], ids=["fails", "hangs", "no capacity"])
def test_a_job_without_a_model_leaves_none(plan: Plan, sagemaker: SageMakerMock) -> None:
    """If Describe shows no ModelArtifacts, nothing is uploaded."""
    s3, client = bucket(), make_client()
    sagemaker.plan("churn", plan)
    create(client, StoppingCondition={"MaxRuntimeInSeconds": 86400 * 28})
    sagemaker.clock.advance(days=2)
    assert ("ModelArtifacts" in describe(client)) == (keys(s3) != [])


def test_a_stopped_job_leaves_what_it_had(sagemaker: SageMakerMock) -> None:
    """Its upload comes at its new end, and the old end is forgotten. Later tags upload nothing again."""
    s3, client = bucket(), make_client()
    arn = create(client)
    sagemaker.advance_until("churn", "Training")
    client.stop_training_job(TrainingJobName="churn")
    sagemaker.advance_until("churn", "Stopped")
    assert keys(s3) == [KEY]
    assert sagemaker.clock.now() < after(700)
    s3.delete_object(Bucket="churn", Key=KEY)
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "churn"}])
    sagemaker.clock.advance(days=1)
    assert keys(s3) == []


def test_a_job_completed_by_hand_has_its_model_at_once(sagemaker: SageMakerMock) -> None:
    """Without time passing."""
    s3 = bucket()
    create(make_client())
    sagemaker.advance_until("churn", "Training")
    now = sagemaker.clock.now()
    sagemaker.complete("churn")
    sagemaker.clock.advance(0)
    assert (keys(s3) == [KEY]) == (sagemaker.jobs["churn"].status == "Completed")
    sagemaker.advance_until("churn", "Completed")
    assert keys(s3) == [KEY]
    assert sagemaker.clock.now() >= now


def test_a_plan_without_length_has_its_model_at_once(sagemaker: SageMakerMock) -> None:
    """What is due at T has happened at T."""
    s3 = bucket()
    sagemaker.plan("churn", Plan.completes(starting=0, downloading=0, training=0, uploading=0))
    create(make_client())
    assert keys(s3) == [KEY]


@YOUNG
def test_a_recreated_job_has_its_own_model(sagemaker: SageMakerMock) -> None:
    """Its number decides, not its name."""
    s3, client = bucket(), make_client()
    create(client)
    client.stop_training_job(TrainingJobName="churn")
    sagemaker.advance_until("churn", "Stopped")
    client.delete_training_job(TrainingJobName="churn")
    sagemaker.clock.advance(3600)
    assert keys(s3) == []
    create(client)
    sagemaker.clock.advance(700)
    assert keys(s3) == [KEY]


def test_a_planned_end_that_does_not_come_uploads_nothing(sagemaker: SageMakerMock) -> None:
    """Of two jobs with ends at one instant, one is stopped before it has trained."""
    s3, client = bucket(), make_client()
    create(client)
    create(client, "stopped")
    client.stop_training_job(TrainingJobName="stopped")
    sagemaker.clock.advance(days=1)
    assert keys(s3) == [KEY]


def test_moto_may_start_after_the_job() -> None:
    """The next call finds moto; jobs that had ended before upload nothing."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN) as sagemaker:
        client = make_client()
        create(client, "early")
        sagemaker.plan("stopped", Plan.hangs(during="Starting"))
        create(client, "stopped")
        client.stop_training_job(TrainingJobName="stopped")
        sagemaker.clock.advance(3600)
        create(client)
        with mock_aws():
            s3 = bucket()
            describe(client)
            describe(client)
            sagemaker.clock.advance(3600)
            assert keys(s3) == [KEY]


def test_a_finished_mock_uploads_nothing_more() -> None:
    """Even if its clock still moves."""
    with mock_aws():
        with mock_sagemaker(start=START, latency=0, plan=PLAN) as sagemaker:
            create(make_client())
        s3 = bucket()
        sagemaker.clock.pass_us(3_600_000_000)
        assert keys(s3) == []


def test_many_jobs_upload_in_the_order_of_their_ends(sagemaker: SageMakerMock) -> None:
    """Also when they end at one instant."""
    s3, client = bucket(), make_client()
    names = [f"churn-{number}" for number in range(20)]
    for name in names:
        sagemaker.plan(name, Plan.completes(training=timedelta(seconds=60 * (int(name[6:]) % 3))))
        create(client, name)
    sagemaker.advance_until_idle()
    assert len(keys(s3)) == 20


def test_nothing_is_uploaded_after_the_end_of_moto() -> None:
    """The end of a job is not an error then."""
    with mock_sagemaker(start=START, latency=0, plan=PLAN) as sagemaker:
        with mock_aws():
            create(make_client())
        sagemaker.clock.advance(3600)
        with mock_aws():
            s3 = bucket()
            assert keys(s3) == []


def test_of_two_threads_that_notice_moto_only_one_begins_the_uploads() -> None:
    """The agenda is added to the clock once."""
    uploads = Uploads(Clock(START), Store())
    assert [uploads._begin(), uploads._begin()] == [True, False]


def test_uploads_that_never_began_can_be_closed() -> None:
    """Most mocks never see moto."""
    Uploads(Clock(START), Store()).close()


# -- where


def test_without_its_bucket_nothing_is_uploaded(sagemaker: SageMakerMock) -> None:
    """A test that never reads S3 needs no bucket; one that reads gets S3's error."""
    client = make_client()
    create(client)
    sagemaker.advance_until_idle()
    assert describe(client)["TrainingJobStatus"] == "Completed"
    with pytest.raises(ClientError, match="NoSuchBucket"):
        _session().create_client("s3", "us-east-1").get_object(Bucket="churn", Key=KEY)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"])
def test_the_model_is_in_the_jobs_region(region: str, sagemaker: SageMakerMock) -> None:
    """In every partition; a bucket name may have dots, and a prefix spaces."""
    s3 = bucket("churn.example", region)
    create(make_client(region), OutputDataConfig={"S3OutputPath": "s3://churn.example/my models/a+b/"})
    sagemaker.advance_until_idle()
    assert keys(s3, "churn.example") == ["my models/a+b/churn/output/model.tar.gz"]


def test_an_output_path_may_be_a_bucket(sagemaker: SageMakerMock) -> None:
    """Then the key begins with the job's name."""
    s3 = bucket()
    create(make_client(), OutputDataConfig={"S3OutputPath": "s3://churn"})
    sagemaker.advance_until_idle()
    assert keys(s3) == ["churn/output/model.tar.gz"]


def test_an_https_output_path_is_left_alone(sagemaker: SageMakerMock) -> None:
    """The service model allows it, but what the service does then is not known."""
    s3 = bucket()
    create(make_client(), OutputDataConfig={"S3OutputPath": "https://churn/models"})
    sagemaker.advance_until_idle()
    assert keys(s3) == []


def test_the_kms_key_of_the_job_encrypts_its_model(sagemaker: SageMakerMock) -> None:
    """KmsKeyId of OutputDataConfig."""
    s3 = bucket()
    create(make_client(), OutputDataConfig={"S3OutputPath": "s3://churn/models", "KmsKeyId": "alias/churn"})
    sagemaker.advance_until_idle()
    head = s3.head_object(Bucket="churn", Key=KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/churn")


def test_an_upload_that_moto_refuses_is_an_error(sagemaker: SageMakerMock) -> None:
    """A bucket policy may deny it; the code that moves the clock gets the error."""
    s3 = bucket()
    statement = '{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::churn/*"}'
    s3.put_bucket_policy(Bucket="churn", Policy=f'{{"Version": "2012-10-17", "Statement": [{statement}]}}')
    create(make_client())
    with pytest.raises(UsageError) as refused:
        sagemaker.advance_until_idle()
    assert str(refused.value) == (
        f"moto's S3 refuses a job's artifact at s3://churn/{KEY} with HTTP 403: let the bucket's policy allow it, "
        "or give the job another S3OutputPath"
    )


# -- what


def test_bytes_in_a_plan_are_the_archive(sagemaker: SageMakerMock) -> None:
    """Unchanged, whatever they are; `but` sets them for any recipe."""
    s3 = bucket()
    sagemaker.plan("churn", PLAN.but(artifact=b"no archive\n\xff\x00"))
    create(make_client())
    sagemaker.advance_until_idle()
    assert content(s3) == b"no archive\n\xff\x00"


@pytest.mark.parametrize("kind", [Path, str])
def test_a_file_in_a_plan_is_the_archive(kind: Callable[[Path], Any], tmp_path: Path, sagemaker: SageMakerMock) -> None:
    """It is read when the job ends."""
    file = tmp_path / "model.tar.gz"
    file.write_bytes(b"one")
    s3 = bucket()
    sagemaker.plan("churn", PLAN.but(artifact=kind(file)))
    create(make_client())
    file.write_bytes(b"two")
    sagemaker.advance_until_idle()
    assert content(s3) == b"two"


def test_a_directory_in_a_plan_is_packed(tmp_path: Path, sagemaker: SageMakerMock) -> None:
    """As /opt/ml/model is: its files under their relative paths."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_bytes(b"pass")
    (tmp_path / "model.bin").write_bytes(b"\x00")
    s3 = bucket()
    sagemaker.plan("churn", PLAN.but(artifact=tmp_path))
    create(make_client())
    sagemaker.advance_until_idle()
    assert files_in(content(s3)) == {"code/inference.py": b"pass", "model.bin": b"\x00"}


NONE = {"S3OutputPath": "s3://churn/models", "CompressionType": "NONE"}


@pytest.mark.parametrize(
    "artifact, expected",
    [
        (None, {"model.txt": b"The model of churn, trained by nobody.\n"}),
        (archive_of([("./a/b", b"1"), ("c", b"2")]), {"a/b": b"1", "c": b"2"}),
        (b"no archive", {"model": b"no archive"}),
    ],
    ids=["none", "archive", "bytes"],
)
def test_without_compression_files_are_below_the_prefix(
    artifact: bytes | None, expected: dict[str, bytes], sagemaker: SageMakerMock
) -> None:
    """With CompressionType NONE S3ModelArtifacts is a prefix."""
    s3, client = bucket(), make_client()
    sagemaker.plan("churn", PLAN.but(artifact=artifact))
    create(client, OutputDataConfig=NONE)
    sagemaker.advance_until_idle()
    prefix = describe(client)["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://churn/")
    assert {key.removeprefix(f"{prefix}/"): content(s3, key) for key in keys(s3)} == expected


def test_without_compression_each_file_is_an_object(tmp_path: Path, sagemaker: SageMakerMock) -> None:
    """The files of a directory or an archive, or a single file under its name; directories in an archive are not objects."""
    s3, client = bucket(), make_client()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a").write_bytes(b"1")
    (tmp_path / "b.bin").write_bytes(b"2")
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "model", "model")
    for name, path in {"dir": "model", "file": "b.bin", "archive": "c.tar.gz"}.items():
        sagemaker.plan(name, PLAN.but(artifact=tmp_path / path))
        create(client, name, OutputDataConfig=NONE)
    sagemaker.advance_until_idle()
    assert keys(s3) == [
        "models/archive/output/model/model/a",
        "models/dir/output/model/a",
        "models/file/output/model/b.bin",
    ]


def test_without_compression_and_bucket_nothing_is_uploaded(sagemaker: SageMakerMock) -> None:
    """After the first refusal the other files are not tried."""
    create(make_client(), OutputDataConfig=NONE)
    sagemaker.advance_until_idle()
    assert sagemaker.jobs["churn"].status == "Completed"


def test_equal_files_make_equal_bytes() -> None:
    """So a test can compare the hash of a model."""
    files = [("model.txt", b"The model of churn, trained by nobody.\n"), ("empty", b"")]
    assert archive_of(files) == archive_of(files)
    assert hashlib.sha256(gzip.decompress(archive_of(files))).hexdigest() == (
        "d4b317dab5b93df776491f2e4a522b2a0682307a409c44c53561b15faee1d5f8"
    )


# -- the field of a plan


def test_an_artifact_is_bytes_or_an_existing_path(tmp_path: Path) -> None:
    """The error is raised where the plan is written."""
    with pytest.raises(PlanError) as wrong:
        Plan(artifact=3)  # type: ignore[arg-type]  # the point of the test
    assert str(wrong.value) == "artifact=3: it is bytes, or the path of a file or directory; pack an object with tarfile first"
    missing = tmp_path / "missing"
    with pytest.raises(PlanError) as absent:
        Plan.completes().but(artifact=missing)
    assert str(absent.value) == (
        f"artifact={missing!r}: there is no such file or directory; give the path of a model.tar.gz, or its bytes"
    )


def test_the_repr_of_a_plan_has_the_size_of_its_artifact() -> None:
    """Not the bytes."""
    assert repr(Plan.completes().but(artifact=b"x" * 5000)) == "Plan.completes().but(artifact=<5000 bytes>)"
