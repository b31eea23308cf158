"""`sagemock record` against the mock; it was never run against AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from sagemock import Plan, mock_sagemaker
from sagemock.__main__ import main
from sagemock.cli.check import check
from sagemock.cli.masking import Masks
from sagemock.training.plan.plan import Plan as Replayed
from tests.support.calling import YOUNG, create, make_client
from tests.support.strategies import job_playing

pytestmark = YOUNG
PLAN = Plan.completes(starting=100, downloading=50, training=500, uploading=10)


def lines(text: str) -> list[dict[str, Any]]:
    """Parse the printed records."""
    return [json.loads(line) for line in text.splitlines()]


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """Return the output while a mock is active."""
    assert main(["record", "churn", "--region", "us-east-1", *arguments]) == 0
    return lines(capsys.readouterr().out)


def test_each_change_of_a_job_is_a_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Until a minute after its end. The replay has each message at its time, and contradicts no rule."""
    with mock_sagemaker(start="2026-03-01T09:00:00Z", latency=0, plan=PLAN) as mock:
        create(make_client())
        found = output(capsys, "--every", "5")
        assert {call.operation for call in mock.calls[1:]} == {"DescribeTrainingJob"}
        assert mock.sleeps[-1].duration.total_seconds() == 60
    assert [one["SecondaryStatus"] for one in found] == [
        "Starting",
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert "ResponseMetadata" not in found[0]
    path = tmp_path / "churn.jsonl"
    path.write_text("\n".join(map(json.dumps, found)), "utf-8")
    assert check([str(path)])[1] == 0
    again = [(one.secondary, one.message, one.at_us) for one in job_playing(Replayed.replays(path)).timeline.changes]
    assert again == [(one.secondary, one.message, one.at_us) for one in job_playing(PLAN).timeline.changes]


def test_a_stop_is_recorded_when_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    """TrainingJobStatus shows it before the secondary status does."""
    with mock_sagemaker(plan=Plan.waits_for_capacity(900).but(stopped_after=300)):
        create(make_client())
        found = output(capsys)
    assert [(one["TrainingJobStatus"], one["SecondaryStatus"]) for one in found][-2:] == [
        ("Stopping", "Pending"),
        ("Stopped", "Stopped"),
    ]


def create_private_job() -> None:
    """Create a job with many private values."""
    request: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": "210987654321.dkr.ecr.us-east-1.amazonaws.com/acme:7",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::210987654321:role/acme-trainer",
        "HyperParameters": {"epochs": "5", "objective": "binary:logistic", "customer": "acme", "lr": '"1e-3"'},
        "Environment": {"TOKEN": "acme-token"},
        "OutputDataConfig": {"S3OutputPath": "s3://acme-models/secret", "KmsKeyId": "acme-key"},
        "InputDataConfig": [
            {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://acme-data/"}}}
        ],
        "VpcConfig": {"SecurityGroupIds": ["sg-acme"], "Subnets": ["subnet-acme"]},
    }
    create(make_client(), **request)


def test_an_anonymous_record_has_no_private_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Account, names, buckets, keys and values; the model's path still begins with the output path."""
    reason = "ClientError: churn of arn:aws:iam::210987654321:role/acme-trainer cannot read s3://acme-data/x"
    with mock_sagemaker(plan=Plan.fails(reason), account_id="210987654321"):
        create_private_job()
        found = output(capsys, "--anonymous")
    text = json.dumps(found)
    assert "acme" not in text
    assert "210987654321" not in text
    assert "churn" not in text
    last = found[-1]
    assert last["TrainingJobName"] == "job-1"
    assert last["TrainingJobArn"] == "arn:aws:sagemaker:us-east-1:123456789012:training-job/job-1"
    assert last["HyperParameters"] == {"epochs": "5", "objective": "binary:logistic", "customer": "value-1", "lr": '"1e-3"'}
    assert last["OutputDataConfig"]["KmsKeyId"].startswith("name-")
    assert last["FailureReason"].startswith("ClientError: job-1 of arn:aws:iam::123456789012:role/name-")
    assert last["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] in ("s3://bucket-1/", "s3://bucket-2/")


def test_paths_of_models_and_other_jobs_are_masked() -> None:
    """Consistently with the names of their jobs."""
    masks = Masks()
    record = {
        "TrainingJobName": "acme",
        "OutputDataConfig": {"S3OutputPath": "s3://acme-models/p", "KmsKeyId": ""},
        "ModelArtifacts": {"S3ModelArtifacts": "s3://acme-models/p/acme/output/model.tar.gz"},
        "SecondaryStatusTransitions": [{"StatusMessage": "Resource reused by training job: next"}],
        "TrainingTimeInSeconds": 5,
    }
    shown = masks.masked(record)
    assert shown["ModelArtifacts"] == {"S3ModelArtifacts": "s3://bucket-1/key-1/job-1/output/model.tar.gz"}
    assert shown["SecondaryStatusTransitions"] == [{"StatusMessage": "Resource reused by training job: job-2"}]
    assert shown["OutputDataConfig"]["KmsKeyId"] == ""
    assert masks.masked({"TrainingJobName": "next"}) == {"TrainingJobName": "job-2"}


def test_an_unknown_job_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """In AWS's words, with what to do."""
    with mock_sagemaker():
        assert main(["record", "churn", "--region", "us-east-1"]) == 2
    error = capsys.readouterr().err
    assert "Requested resource not found.; give its name as AWS has it, and --region and --profile" in error
    with pytest.raises(SystemExit):
        main(["record", "churn", "--every", "0"])
    assert "0 is not a number of seconds from 1 to 3600" in capsys.readouterr().err
