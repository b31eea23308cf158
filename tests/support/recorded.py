"""Timelines of six real jobs: what DescribeTrainingJob returned, with instants relative to CreationTime."""

from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from sagemock.training import status

__all__ = ["RECORDED", "Recording", "described"]

CREATED = datetime(2022, 2, 16, 9, 30, tzinfo=timezone.utc)


class Recording(NamedTuple):
    """One real job; all instants are milliseconds after creation."""

    what: str
    ends_ms: tuple[int, ...]
    statuses: tuple[str, ...]
    training_s: int
    billable_s: int
    modified_ms: int
    part_ms: int
    """Assumed milliseconds of CreationTime; with them TrainingTimeInSeconds comes out as recorded."""


_NORMAL = ("Starting", "Downloading", "Training", "Uploading", "Completed")
_CUT = ("Starting", "Downloading", "Training", "Stopping", "Uploading", "MaxWaitTimeExceeded")

RECORDED = (
    Recording("ml.p3.2xlarge x2, 2022-02", (94_321, 115_107, 2_217_162, 3_124_544), _NORMAL, 3031, 3031, 3_124_544, 500),
    Recording("ml.p3.2xlarge, 2022-02", (96_867, 117_230, 722_592, 768_228), _NORMAL, 672, 672, 768_228, 0),
    Recording("ml.m5.large, 2025-05", (41_636, 143_340, 153_902, 166_662), _NORMAL, 125, 125, 166_927, 0),
    Recording("ml.m4.xlarge, 2021-10", (185_615, 235_000, 338_064, 345_055), _NORMAL, 159, 159, 345_055, 400),
    Recording("ml.m5.4xlarge spot, 2021-02", (121_631, 138_955, 37_139_493, 37_147_769), _NORMAL, 37_026, 14_683, 37_177_996, 0),
    Recording(
        "ml.g5.2xlarge spot, 2026-09, MaxWaitTimeInSeconds 14400",
        (5_020_349, 5_196_000, 14_534_000, 14_539_000, 14_552_363),
        _CUT,
        9527,
        6386,
        14_552_363,
        0,
    ),
)


def described(recording: Recording, created: datetime = CREATED) -> dict[str, Any]:
    """Return the DescribeTrainingJob response of a recording, as boto3 returns it."""

    def at(offset_ms: int) -> datetime:
        return created + timedelta(milliseconds=offset_ms)

    starts_ms = (0, *recording.ends_ms)
    ends_ms = (*recording.ends_ms, recording.ends_ms[-1])
    ending = recording.statuses[-1]
    return {
        "TrainingJobName": "recorded",
        "TrainingJobStatus": status.PRIMARY_OF_ENDING[ending],
        "SecondaryStatus": ending,
        "CreationTime": created,
        "LastModifiedTime": at(recording.modified_ms),
        "TrainingStartTime": at(recording.ends_ms[0]),
        "TrainingEndTime": at(recording.ends_ms[-1]),
        "TrainingTimeInSeconds": recording.training_s,
        "BillableTimeInSeconds": recording.billable_s,
        "SecondaryStatusTransitions": [
            {"Status": name, "StartTime": at(start), "EndTime": at(end), "StatusMessage": status.MESSAGES[name]}
            for name, start, end in zip(recording.statuses, starts_ms, ends_ms, strict=True)
        ],
    }
