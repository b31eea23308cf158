"""The events that SageMaker sends to EventBridge when the status of a job changes.

The envelope is that of the developer guide ("Events that Amazon SageMaker AI sends to Amazon EventBridge") and of events of 2023
in `awslabs/mlspace` (`test_process_events.py`): instants are milliseconds since the epoch, a member without a value is null, not
absent (also within structures, as the event of an endpoint configuration there shows), and tags are a map. The event of 2023 came
21 s after TrainingStartTime, while the job was InProgress.
"""

import hashlib
from typing import Any, Final, TypeAlias
from uuid import UUID

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.clock.instants import instant
from sagemock.evidence import Assumption
from sagemock.jobs.history import Occurrence
from sagemock.protocol.model import Api
from sagemock.service import documents

__all__ = ["SOURCE", "Event", "event"]

Event: TypeAlias = dict[str, Any]
"""An event as EventBridge delivers it: the first argument of a Lambda handler."""

SOURCE: Final = "aws.sagemaker"
_WHOLE: Final = Assumption(
    "that the detail of an event has every member of DescribeTrainingJob (two sources show different parts of it)"
)


def event(api: Api, occurrence: Occurrence, seed: int) -> Event:
    """Return the event of a change of status, with the job as it was at that instant. All dictionaries and lists are new."""
    job = occurrence.job
    modified_us = job.created_us + job.timeline.changes[occurrence.changes_so_far - 1].at_us
    members = documents.members(api, job, occurrence.at_us, occurrence.changes_so_far)
    return {
        "version": "0",
        "id": _id(f"{seed}/{job.arn}/{job.number}/{occurrence.changes_so_far}"),
        "detail-type": job.kind.detail_type,
        "source": SOURCE,
        "account": job.place.account,
        # The event of 2023 has LastModifiedTime here, cut to the second.
        "time": f"{instant(modified_us):%Y-%m-%dT%H:%M:%SZ}",
        "region": job.place.region,
        "resources": [job.arn],
        "detail": {**_WHOLE(_with_nulls(api.output(job.kind.describe), members)), "Tags": dict(job.tags)},
    }


def _with_nulls(shape: Shape | None, value: Any) -> Any:  # noqa: ANN401  # a JSON value in, a JSON value out
    """Return a value of a description with null for each absent member, and with instants in milliseconds."""
    if value is None:
        return None
    if isinstance(shape, StructureShape):
        return {name: _with_nulls(member, value.get(name)) for name, member in shape.members.items()}
    if isinstance(shape, ListShape):
        return [_with_nulls(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {name: _with_nulls(shape.value, item) for name, item in value.items()}
    if shape is not None and shape.type_name == "timestamp":
        return round(value * 1000)
    return value


def _id(name: str) -> str:
    """Return a UUID that looks random but is the same in each run."""
    return str(UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4))
