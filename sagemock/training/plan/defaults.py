"""How long things last, and what is shown meanwhile, when a plan does not say: read off recorded jobs and logs."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sagemock.clock.instants import SECOND_US
from sagemock.training import status
from sagemock.training.plan.resources import instances

__all__ = ["Traits", "billed_s", "length_s", "messages", "traits"]

# Medians of recorded jobs and logs, in seconds, by kind of instance: (CPU, accelerated).
STARTING_S: Final = (55.0, 95.0)
DATA_S: Final = (20.0, 25.0)
IMAGE_S: Final = (80.0, 170.0)
TRAINING_S: Final = (49.0, 605.0)
UPLOADING_S: Final = (11.0, 46.0)
STOPPING_S: Final = 5.0
"""A spot job stopped at MaxWaitTimeInSeconds in 2026: 5 s."""
WARM_S: Final = 4.0
"""Starting on instances of a warm pool: 3.675 s for a job of 2023."""
TEARDOWN_S: Final = 10.0
"""How long a stop takes before any instance ran; assumed. (Recorded: TrainingJobStatus Stopping, SecondaryStatus Starting.)"""
INTERRUPTED_S: Final = 60.0
"""How long a spot interruption lasts until the job starts again; assumed."""
BEFORE_PENDING_S: Final = 1.0
"""Starting before Pending: 0 to 2 s in three logs of 2024."""
DELETING_S: Final = 10.0
"""How long a job is Deleting until it is gone; assumed."""
OTHER_S: Final = 60.0
"""The statuses of which no duration was recorded; assumed."""
FIRST_MESSAGE: Final = 0.27
"""The part of Starting for which it is "Starting the training job": 15 of 55 s, 15 of 52 s, 16 of 70 s, 27 of 97 s."""

DEFAULT_MAX_RUNTIME_S: Final = 86_400
"""MaxRuntimeInSeconds when the request has none (service model, StoppingCondition: "The default value is 1 day")."""
SPOT_BILLED: Final = 0.4
"""The billed part of a spot job's training time: one of 2021 was billed 14683 of 37026 s, one of 2026 6386 of 9527 s."""

_ROUNDING: Final = 1e-8
"""In seconds: more than floats lose in the 30 days that a job lasts at most, less than parts of so many seconds differ by."""


class Traits(NamedTuple):
    """What of a request decides how its job's life goes by default."""

    accelerated: bool
    data: bool
    """Whether input data is copied before training: File mode, and there is input."""
    streams: bool
    """Whether the data is streamed instead, by Pipe or FastFile mode."""
    spot: bool
    max_runtime_s: int
    max_wait_s: int | None
    max_pending_s: int | None
    retries: int
    checkpoints: bool
    warm: bool
    """Whether the job runs on the instances of a warm pool."""
    retains: bool
    """Whether its own instances are to be retained."""
    serverless: bool


def traits(request: Mapping[str, Any], *, warm: bool = False, retains: bool = False) -> Traits:
    """Return what of `request` decides how its job's life goes by default."""
    mode = request.get("AlgorithmSpecification", {}).get("TrainingInputMode", "File")
    condition = request.get("StoppingCondition", {})
    data = "File" in [channel.get("InputMode", mode) for channel in request.get("InputDataConfig", ())]
    return Traits(
        # The service model's own grouping (MaxPendingTimeInSeconds): "the ml.p, ml.g, and ml.trn families".
        accelerated=any(one.kind.startswith(("ml.p", "ml.g", "ml.trn")) for one in instances(request)),
        data=data,
        streams=mode != "File" and not data,
        spot=bool(request.get("EnableManagedSpotTraining")),
        max_runtime_s=condition.get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S),
        max_wait_s=condition.get("MaxWaitTimeInSeconds"),
        max_pending_s=condition.get("MaxPendingTimeInSeconds"),
        retries=request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0),
        checkpoints="CheckpointConfig" in request,
        warm=warm,
        retains=retains,
        serverless="ServerlessJobConfig" in request,
    )


def billed_s(training_s: int, part: float) -> int:
    """Return how many whole seconds a part of the training time is, by the part that was meant: 43/143 of 143 s are 43 s."""
    return int(training_s * part + _ROUNDING)


def length_s(name: str, by: Traits, *, legacy: bool = False) -> float:
    """Return how long a visit to a status lasts, in seconds; by `legacy` the image was pulled in Training, as until 2023."""
    kind = int(by.accelerated)
    if legacy and name in (status.DOWNLOADING, status.TRAINING):
        # A job of 2021 without anything to copy was Downloading for 17 s all the same.
        return DATA_S[kind] if name == status.DOWNLOADING else IMAGE_S[kind] + TRAINING_S[kind]
    data_s = DATA_S[kind] if by.data else 0.0
    return {
        status.STARTING: WARM_S if by.warm else STARTING_S[kind],
        status.DOWNLOADING: data_s + IMAGE_S[kind],
        status.DOWNLOADING_IMAGE: IMAGE_S[kind],
        status.TRAINING: TRAINING_S[kind],
        status.INTERRUPTED: INTERRUPTED_S,
        status.UPLOADING: UPLOADING_S[kind],
        status.STOPPING: STOPPING_S,
    }.get(name, OTHER_S)


def messages(name: str, by: Traits, length_us: int | None, *, legacy: bool = False) -> tuple[tuple[int, str], ...]:
    """Return what a visit to a status shows, by offset in microseconds; a visit without end is measured by its default length."""
    last = status.MESSAGES[name]
    whole_us = round(length_s(name, by, legacy=legacy) * SECOND_US) if length_us is None else length_us
    if legacy and name == status.DOWNLOADING:
        return ((0, status.INPUT_DATA),)
    if legacy and name == status.TRAINING:
        kind = int(by.accelerated)
        part = IMAGE_S[kind] / (IMAGE_S[kind] + TRAINING_S[kind])
        image_us = min(round(IMAGE_S[kind] * SECOND_US), round(whole_us * part))
        return ((0, status.TRAINING_IMAGE), (image_us, last))
    if name == status.STARTING:
        return ((0, status.STARTING_THE_JOB), (round(whole_us * FIRST_MESSAGE), last))
    if name == status.DOWNLOADING and by.data:
        kind = int(by.accelerated)
        data = DATA_S[kind] / (DATA_S[kind] + IMAGE_S[kind])
        return ((0, status.INPUT_DATA), (round(whole_us * data), last))
    return ((0, last),)
