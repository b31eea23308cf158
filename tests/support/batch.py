"""Recorded processing and transform jobs, and requests that create such jobs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["DAY", "original_request", "processing", "record", "transform", "with_changes"]

DAY: Final = "2021-06-01T"
"""The day used for a record that kept only times of day."""


def record(name: str) -> dict[str, Any]:
    """Return a recorded file: P1 to P4 of processing jobs, X1 to X4 of transform jobs."""
    path = Path(__file__).with_name("kinds") / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def with_changes(whole: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a request with some members replaced; a value of None removes the member."""
    return {member: value for member, value in {**whole, **changes}.items() if value is not None}


def processing(name: str = "prepare", **changes: Any) -> dict[str, Any]:
    """Return a minimal CreateProcessingJob request."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
    whole = {
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/prepare:1"},
        "RoleArn": "arn:aws:iam::123456789012:role/Processing",
    }
    return with_changes(whole, changes)


def transform(name: str = "score", **changes: Any) -> dict[str, Any]:
    """Return a minimal CreateTransformJob request."""
    whole = {
        "TransformJobName": name,
        "ModelName": "churn",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://churn/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://churn/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return with_changes(whole, changes)


def original_request(kind: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request behind a recorded description: the description without the members that the service added."""
    whole = processing() if kind == "processing" else transform()
    sent = {name: value for name, value in shown.items() if name in (*whole, "Environment")}
    if kind == "processing":
        for member, place in (("ProcessingInputs", "S3Input"), ("Outputs", "S3Output")):
            given = shown.get(member) or shown.get("ProcessingOutputConfig", {}).get(member, ())
            bare = [_without(one, "AppManaged") | {place: _without(one[place], *_FILLED)} for one in given]
            sent |= {"ProcessingOutputConfig": {member: bare}} if member == "Outputs" else {member: bare}
        return sent
    sent["TransformInput"] = {name: value for name, value in shown["TransformInput"].items() if value != "None"}
    sent["TransformOutput"] = {"S3OutputPath": shown["TransformOutput"]["S3OutputPath"]}
    return sent


_FILLED: Final = ("S3DataDistributionType", "S3CompressionType")


def _without(one: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in names}
