"""Recorded training jobs as offsets from their creation, and their DescribeTrainingJob responses.

The records kept only the timeline; name, image and role are invented.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.support.calling import request

__all__ = ["FINISHED", "R8", "RECORDS", "Record", "response"]

PREPARING = "Preparing the instances for training"
DATA = "Downloading input data"
IMAGE = "Downloading the training image"


@dataclass(frozen=True)
class Record:
    """One job. `starts` are the starts of its transitions, in seconds after creation; the last one is terminal, or still open."""

    name: str
    created: datetime
    starts: tuple[float, ...]
    downloading: str
    modified: float
    seconds: tuple[int, int] | None
    """TrainingTimeInSeconds and BillableTimeInSeconds."""
    instance: tuple[str, int]
    spot: bool = False

    def __str__(self) -> str:
        return self.name


def _utc(year: int, month: int, day: int, millisecond: int = 0) -> datetime:
    # The records keep only the day. The milliseconds are chosen so that TrainingTimeInSeconds comes out as recorded.
    return datetime(year, month, day, 9, 30, 0, millisecond * 1000, tzinfo=timezone.utc)


R1 = Record(
    "R1", _utc(2022, 2, 16, 500), (0, 94.321, 115.107, 2217.162, 3124.544), DATA, 3124.544, (3031, 3031), ("ml.p3.2xlarge", 2)
)
R2 = Record("R2", _utc(2022, 2, 18), (0, 96.867, 117.23, 722.592, 768.228), DATA, 768.228, (672, 672), ("ml.p3.2xlarge", 1))
R4 = Record("R4", _utc(2025, 5, 16), (0, 41.636, 143.34, 153.902, 166.662), IMAGE, 166.927, (125, 125), ("ml.m5.large", 1))
R5 = Record("R5", _utc(2021, 10, 12, 500), (0, 185.615, 235.0, 338.064, 345.055), DATA, 345.055, (159, 159), ("ml.m4.xlarge", 1))
R6 = Record(
    "R6",
    _utc(2021, 2, 24),
    (0, 121.631, 138.955, 37139.493, 37147.769),
    DATA,
    37177.996,
    (37026, 14683),
    ("ml.m5.4xlarge", 1),
    spot=True,
)
R8 = Record("R8", _utc(2023, 4, 5), (0,), DATA, 38.752, None, ("ml.m4.xlarge", 1))
FINISHED = (R1, R2, R4, R5, R6)
RECORDS = (*FINISHED, R8)


def response(record: Record, *, created: datetime | None = None) -> dict[str, Any]:
    """Return the describe_training_job response of a record, moved to `created` if that is given."""
    began = record.created if created is None else created
    instants = [began + timedelta(seconds=start) for start in record.starts]
    entries = [
        {"Status": status, "StartTime": start, "EndTime": end, "StatusMessage": message}
        for (status, message), start, end in zip(
            (
                ("Starting", PREPARING),
                ("Downloading", record.downloading),
                ("Training", "Training image download completed. Training in progress."),
                ("Uploading", "Uploading generated training model"),
                ("Completed", "Training job completed"),
            ),
            instants,
            [*instants[1:], instants[-1]],
            strict=False,
        )
    ]
    sent = request(
        record.name,
        ResourceConfig={"InstanceType": record.instance[0], "InstanceCount": record.instance[1], "VolumeSizeInGB": 30},
        EnableManagedSpotTraining=record.spot,
        EnableNetworkIsolation=False,
        EnableInterContainerTrafficEncryption=False,
        StoppingCondition={"MaxRuntimeInSeconds": 86400, **({"MaxWaitTimeInSeconds": 86400} if record.spot else {})},
    )
    sent["OutputDataConfig"] = {"KmsKeyId": "", "CompressionType": "GZIP", **sent["OutputDataConfig"]}
    sent["AlgorithmSpecification"] = {"EnableSageMakerMetricsTimeSeries": False, **sent["AlgorithmSpecification"]}
    shown = {
        **sent,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{record.name}",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": entries[-1]["Status"],
        "CreationTime": began,
        "LastModifiedTime": began + timedelta(seconds=record.modified),
        "SecondaryStatusTransitions": entries,
        "ProfilingStatus": "Disabled",
    }
    if record.seconds is None:
        del entries[-1]["EndTime"]
        return shown
    return shown | {
        "TrainingJobStatus": "Completed",
        "TrainingStartTime": instants[1],
        "TrainingEndTime": instants[-1],
        "TrainingTimeInSeconds": record.seconds[0],
        "BillableTimeInSeconds": record.seconds[1],
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://churn/models/{record.name}/output/model.tar.gz"},
    }
