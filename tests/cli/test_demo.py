"""The demonstration, run in this process."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from sagemock.cli.demo import play, play_record
from sagemock.errors import PlanError
from sagemock.picture.text import Paper, plain
from tests.support.records import R8, RECORDS, Record, response

WIDE = Paper()


def summary(text: str) -> tuple[str, list[str]]:
    """Return the first line of the output, and the statuses in the picture."""
    picture = text.partition("\n\n")[0].split("\n")
    return picture[0], [line.split()[0] for line in picture[2:] if re.match(r"[A-Z]\w+ +\d", line)]


def test_the_demonstration_plays_a_whole_job() -> None:
    """Five and a half hours of training, which botocore's own waiter waits for."""
    text = plain(play(WIDE))
    head, statuses = summary(text)
    assert head.startswith("churn-2018-07-30: Completed/Completed at 5:")
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert re.search(r"^5:\d\d:\d\d\.\d+ of virtual time passed, in 169 polls and 168 sleeps\.$", text, re.MULTILINE)
    assert re.search(r"^It took \d+ ms of real time, after \d+ ms to make the client\.$", text, re.MULTILINE)


@pytest.mark.parametrize("write", [datetime.isoformat, datetime.timestamp], ids=["iso", "epoch"])
@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_a_record_is_played_from_the_instant_of_its_creation(record: Record, write: Any, tmp_path: Path) -> None:
    """In any form of instants; a record of an unfinished job goes on."""
    file = tmp_path / "described.json"
    file.write_text(json.dumps(response(record), default=write), encoding="utf-8")
    text = plain(play_record(file, WIDE))
    head, statuses = summary(text)
    assert head.startswith(f"{record.name}: Completed/Completed at ")
    assert head.endswith(f", created {record.created:%Y-%m-%d %H:%M:%S} UTC")
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    if record.seconds is not None:
        assert f"{record.seconds[0]} s of training, {record.seconds[1]} s billed" in text


def test_a_failed_record_ends_as_the_waiter_reports_it(tmp_path: Path) -> None:
    """Its reason is below the picture."""
    created = R8.created
    transitions = [
        {"Status": "Starting", "StartTime": created, "EndTime": created, "StatusMessage": "x"},
        {"Status": "Failed", "StartTime": created, "EndTime": created, "StatusMessage": "Training job failed"},
    ]
    failed = {"SecondaryStatusTransitions": transitions, "TrainingJobStatus": "Failed", "FailureReason": "ClientError: no"}
    file = tmp_path / "described.json"
    file.write_text(json.dumps(response(R8) | failed, default=datetime.isoformat), encoding="utf-8")
    text = plain(play_record(file, WIDE))
    assert "FailureReason: ClientError: no" in text
    assert "\nThe waiter says: Waiter TrainingJobCompletedOrStopped failed: " in text


@pytest.mark.parametrize(
    "arn, region",
    [
        ("arn:aws:sagemaker:ap-southeast-1:123456789012:training-job/R8", "ap-southeast-1"),
        ("arn:aws:sagemaker::123456789012:training-job/R8", "us-east-1"),
        ("masked", "us-east-1"),
        (None, "us-east-1"),
    ],
)
def test_the_region_is_that_of_the_record(arn: str | None, region: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it has one; masked and missing ARNs can be played too."""
    mocks: list[SageMakerMock] = []

    def keep(**options: Any) -> SageMakerMock:
        mocks.append(mock_sagemaker(**options))
        return mocks[-1]

    monkeypatch.setattr("sagemock.cli.demo.mock_sagemaker", keep)
    record = {name: value for name, value in (response(R8) | {"TrainingJobArn": arn}).items() if value is not None}
    file = tmp_path / "described.json"
    file.write_text(json.dumps(record, default=datetime.isoformat), encoding="utf-8")
    play_record(file, WIDE)
    assert [view.region for mock in mocks for view in mock.jobs.values()] == [region]


def saved(tmp_path: Path, **changes: Any) -> Path:
    """Write a record to a file with these members replaced; return its path."""
    file = tmp_path / "described.json"
    file.write_text(json.dumps(response(R8) | changes, default=datetime.isoformat), encoding="utf-8")
    return file


def test_a_record_may_have_null_members(tmp_path: Path) -> None:
    """Some tools write all members, at every depth; they count as missing, and the demonstration fills in its own."""
    output = {"S3OutputPath": "s3://churn/models", "KmsKeyId": None}
    file = saved(
        tmp_path, TrainingJobName=None, VpcConfig=None, CheckpointConfig=None, OutputDataConfig=output, InputDataConfig=[None]
    )
    head, statuses = summary(plain(play_record(file, WIDE)))
    assert head.startswith("churn-2018-07-30: Completed/Completed at ")
    assert statuses[-1] == "Completed"


def test_a_record_may_be_newer_than_botocore(tmp_path: Path) -> None:
    """Members of a request that this botocore does not know are left out, at every depth."""
    resources = {"InstanceType": "ml.z9.large", "InstanceCount": 1, "VolumeSizeInGB": 9, "Moon": {"Phase": "full"}}
    head, _ = summary(plain(play_record(saved(tmp_path, ResourceConfig=resources, MoonConfig={"Phase": "full"}), WIDE)))
    assert head.startswith("R8: Completed/Completed at ")


def test_a_record_with_a_broken_request_is_refused(tmp_path: Path) -> None:
    """In our own words, because the file is wrong and not AWS."""
    file = saved(tmp_path, ResourceConfig={"InstanceCount": "***"})
    with pytest.raises(PlanError) as refused:
        play_record(file, WIDE)
    assert str(refused.value) == (
        "the record's request cannot be sent again (STRING_VALUE can not be converted to an Integer): "
        "give the record as it was returned"
    )


def test_a_file_without_a_record_is_refused(tmp_path: Path) -> None:
    """With the message of plans."""
    file = tmp_path / "other.json"
    file.write_text('{"TrainingJobName": "churn"}', encoding="utf-8")
    with pytest.raises(PlanError, match="the record of 'churn' is not a DescribeTrainingJob response"):
        play_record(file, WIDE)


def test_a_demonstration_fits_80_columns_without_repetition(tmp_path: Path) -> None:
    """The waiter's words are wrapped and messages are cut; the billed time stands once, below the picture."""
    text = plain(play(Paper(80)))
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("billed") == 1
    failed = saved(tmp_path, TrainingJobStatus="Failed", FailureReason="ClientError: " + "no " * 50)
    assert max(map(len, plain(play_record(failed, Paper(80))).splitlines())) <= 80
