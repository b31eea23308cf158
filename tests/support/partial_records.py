"""Partial records of real jobs: selected fields, a job without transitions, an event, a list member."""

from datetime import datetime, timedelta, timezone
from typing import Any, Final

__all__ = ["EVENT", "G1", "L1", "P1", "PARTIAL_RECORDS", "SUMMARY", "SWIFT", "entries"]

CREATED: Final = datetime(2026, 9, 10, 17, 56, 32, 778_000, tzinfo=timezone.utc)


def entries(created: datetime, *visits: tuple[str, float, str | None]) -> list[dict[str, Any]]:
    """Build transitions from (status, end in seconds after creation, message)."""
    found: list[dict[str, Any]] = []
    start = created
    for status, end_s, message in visits:
        end = created + timedelta(seconds=end_s)
        message_member = {} if message is None else {"StatusMessage": message}
        found.append({"Status": status, "StartTime": start.isoformat(), "EndTime": end.isoformat(), **message_member})
        start = end
    return found


P1: Final[dict[str, Any]] = {
    "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.g6.xlarge", "VolumeSizeInGB": 60},
    "SecondaryStatus": "Stopped",
    "SecondaryStatusTransitions": entries(
        CREATED,
        ("Starting", 0.192, "Starting the training job"),
        ("Pending", 366.07, "Training job stopped"),
        ("Stopped", 366.07, "Training job stopped"),
    ),
    "TrainingEndTime": "2026-09-10T18:02:38.848000+00:00",
    "TrainingJobStatus": "Stopped",
}
"""Selected fields of a job of 2026 that was stopped while Pending."""
L1: Final[dict[str, Any]] = {
    "TrainingJobName": "churn-1",
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "CreationTime": "2026-09-06T23:31:33.575000+00:00",
    "TrainingStartTime": "2026-09-06T23:32:22.341000+00:00",
    "TrainingEndTime": "2026-09-06T23:48:24.328000+00:00",
    "TrainingTimeInSeconds": 962,
    "BillableTimeInSeconds": 962,
    "SecondaryStatusTransitions": entries(
        datetime(2026, 9, 6, 23, 31, 33, 575_000, tzinfo=timezone.utc),
        ("Starting", 0.334, None),
        ("Pending", 48.766, None),
        ("Downloading", 230.677, None),
        ("Training", 998.303, None),
        ("Uploading", 1010.753, None),
        ("Completed", 1010.753, None),
    ),
}
"""A job of 2026 with MaxPendingTimeInSeconds; its record has no messages."""
G1: Final[dict[str, Any]] = {
    "TrainingJobName": "dummy-job-1",
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "CreationTime": "2021-05-21T07:19:25Z",
    "TrainingStartTime": "2021-05-21T07:21:11Z",
    "TrainingEndTime": "2021-05-21T07:34:32Z",
    "LastModifiedTime": "2021-05-21T07:34:32Z",
    "TrainingTimeInSeconds": 801,
    "BillableTimeInSeconds": 801,
    "FinalMetricDataList": [
        {"MetricName": "abs_error", "Value": 12105318.0, "Timestamp": "2021-05-21T07:34:22Z"},
    ],
}
"""A job of 2021; its record has no transitions."""
EVENT: Final[dict[str, Any]] = {
    "version": "0",
    "id": "844e2571-85d4-695f-b930-0153b71dcb42",
    "detail-type": "SageMaker Training Job State Change",
    "source": "aws.sagemaker",
    "account": "123456789012",
    "time": "2023-10-04T13:46:47Z",
    "region": "us-east-1",
    "resources": ["arn:aws:sagemaker:us-east-1:123456789012:training-job/tuned-1"],
    "detail": {
        "TrainingJobName": "tuned-1",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/tuned-1",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "FailureReason": None,
        "CreationTime": 1696427182554,
        "TrainingStartTime": 1696427186229,
        "TrainingEndTime": None,
        "LastModifiedTime": "1696427207435",
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": 1696427182554, "StatusMessage": "Preparing the instances for training"},
            {"Status": "Downloading", "StartTime": 1696427186229, "StatusMessage": "Downloading the training image"},
            {
                "Status": "Training",
                "StartTime": 1696427207435,
                "StatusMessage": "Training image download completed. Training in progress.",
            },
        ],
        "Tags": {"team": "churn"},
    },
}
"""An event in the form of 2023 (schema registry): its transitions have no ends."""
SUMMARY: Final[dict[str, Any]] = {
    "TrainingJobName": "listed-1",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/listed-1",
    "CreationTime": "2025-05-16T18:10:00.123Z",
    "TrainingEndTime": "2025-05-16T18:30:00.123Z",
    "LastModifiedTime": "2025-05-16T18:30:00.5Z",
    "TrainingJobStatus": "Completed",
}
"""A member of TrainingJobSummaries."""
SWIFT: Final[dict[str, Any]] = {
    "TrainingJobName": "swift-1",
    "TrainingJobStatus": "Stopped",
    "SecondaryStatusTransitions": entries(
        datetime(2019, 3, 1, 9, 0, 0, 250_000, tzinfo=timezone.utc),
        ("Starting", 70, "Preparing the instances for training"),
        ("Downloading", 70, "Downloading input data"),
        ("Stopping", 70, "Stopping the training job"),
        ("Stopped", 70, "Training job stopped"),
    ),
    "TrainingTimeInSeconds": 1,
    "BillableTimeInSeconds": 1,
}
"""A job that was stopped in Starting, from a log of 2019."""
PARTIAL_RECORDS: Final = {"P1": P1, "L1": L1, "G1": G1, "event": EVENT, "summary": SUMMARY, "swift": SWIFT}
