"""With `check_s3` a job needs its input data."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sagemock import SageMakerMock, UsageError, mock_sagemaker
from sagemock.moto.s3 import Location, location
from tests.support.calling import START, code_and_text, create, make_client

ROLE = "arn:aws:iam::123456789012:role/Training"


def channel(uri: str, name: str = "train", kind: str = "S3Prefix") -> dict[str, Any]:
    """Return a channel of InputDataConfig."""
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}}


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start all mocks, with a bucket that has data."""
    with mock_aws(), mock_sagemaker(start=START, check_s3=True) as mock:
        s3: Any = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="churn")
        s3.put_object(Bucket="churn", Key="data/train.csv", Body=b"1,2")
        s3.put_object(Bucket="churn", Key="a b+c/train.csv", Body=b"1,2")
        yield mock


def refusal(uri: str, region: str = "us-east-1", more: str = "", bucket: str = "churn") -> tuple[str, str, int]:
    """Return AWS's refusal."""
    text = (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        f"the selected region ({region}), that objects exist under that S3 prefix, and that the role "
        f'"{ROLE}" has "s3:ListBucket" permissions on bucket "{bucket}".{more}'
    )
    return "ValidationException", text, 400


@pytest.mark.parametrize(
    "uri",
    [
        "s3://churn/data/",
        "s3://churn/data/train.csv",
        "s3://churn/da",
        "s3://churn",
        "s3://churn/",
        "s3://churn/a b+",
        "https://churn/x",
    ],
)
def test_existing_input_is_accepted(uri: str, sagemaker: SageMakerMock) -> None:
    """A prefix is any beginning of a key; URIs of other kinds are not checked."""
    create(make_client(), InputDataConfig=[channel(uri)])
    assert list(sagemaker.jobs) == ["churn"]


@pytest.mark.parametrize(
    "uri, bucket",
    [("s3://churn/dat/", "churn"), ("s3://churn/data/train.csv/", "churn"), ("s3://nobody/data", "nobody")],
)
@pytest.mark.parametrize("kind", ["S3Prefix", "ManifestFile"])
def test_missing_input_is_refused_in_awss_words(uri: str, bucket: str, kind: str, sagemaker: SageMakerMock) -> None:
    """In any channel; no job is created."""
    with pytest.raises(ClientError) as refused:
        create(make_client(), InputDataConfig=[channel("s3://churn/data"), channel(uri, "test", kind)])
    assert code_and_text(refused.value) == refusal(uri, bucket=bucket)
    assert not sagemaker.jobs


@pytest.mark.usefixtures("sagemaker")
def test_a_bucket_in_another_region_is_named_in_the_error() -> None:
    """With S3's part of the message."""
    with pytest.raises(ClientError) as refused:
        create(make_client("eu-west-1"), InputDataConfig=[channel("s3://churn/data")])
    more = " Error message from S3: The bucket is in this region: us-east-1. Please use this region to retry the request"
    assert code_and_text(refused.value) == refusal("s3://churn/data", "eu-west-1", more)


def test_other_sources_are_not_checked(sagemaker: SageMakerMock) -> None:
    """For example a file system; a job may also have no input."""
    system = {"FileSystemId": "fs-0123456789a", "FileSystemAccessMode": "ro", "FileSystemType": "EFS", "DirectoryPath": "/churn"}
    client = make_client()
    create(client, InputDataConfig=[{"ChannelName": "train", "DataSource": {"FileSystemDataSource": system}}])
    create(client, "without")
    assert len(sagemaker.jobs) == 2


def test_by_default_nothing_is_checked() -> None:
    """Many tests have no S3."""
    with mock_aws(), mock_sagemaker() as sagemaker:
        create(make_client(), InputDataConfig=[channel("s3://nobody/data")])
        assert list(sagemaker.jobs) == ["churn"]


def test_the_option_needs_moto() -> None:
    """The error comes with the first job that has input."""
    with mock_sagemaker(check_s3=True), pytest.raises(UsageError) as missing:
        create(make_client(), InputDataConfig=[channel("s3://churn/data")])
    assert str(missing.value) == (
        "check_s3=True, but no S3 is active in which to look for 's3://churn/data': enter moto's mock_aws as well, "
        "or leave check_s3 out"
    )


@pytest.mark.parametrize(
    "uri, found",
    [
        ("s3://churn/a/b", Location("churn", "a/b")),
        ("s3://churn", Location("churn", "")),
        ("s3://churn/", Location("churn", "")),
        ("https://churn/a", None),
        ("s3:///a", None),
    ],
)
def test_an_s3_uri_has_a_bucket_and_a_key(uri: str, found: Location | None) -> None:
    """The key may be empty, but not the bucket."""
    assert location(uri) == found
