"""The default durations and messages of a training job, for what its plan leaves open: taken from recorded jobs and logs."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import REPLAY, Assumption
from sagemock.training import status
from sagemock.training.plan.resources import instances

__all__ = ["Traits", "billed_s", "length_s", "messages", "traits"]


class Lengths(NamedTuple):
    """Durations in seconds on one kind of instance: medians of recorded jobs and logs."""

    starting: float
    data: float
    image: float
    training: float
    uploading: float
    before_pending: float = 1.0
    """Starting, where Pending follows: 0 to 2 s in three logs of 2024."""


CPU: Final = Lengths(55.0, 20.0, 80.0, 49.0, 11.0)
"""Logs of 2021 to 2026 and a record of 2025: Starting 52, 55, 70 s; data 20 to 26, image 76 to 104 s; Uploading 11 s."""
ACCELERATED: Final = Lengths(58.0, 24.0, 171.0, 768.0, 12.5, 0.334)
"""Records and logs of 2024 and later; one of them is record L1 of the tests.

Starting (with Pending, where capacity is at hand) 48.8, 53.3, 57.6, 59, 59 s in 2026; data 19, 29 s and image 171, 171 s in logs
of 2024 (Downloading as a whole 136.6 and 181.9 s in 2026); Training 161, 768 and 9338 s; Uploading 7.4, 12.5, 13 and 13.4 s;
Starting before Pending 0.192, 0.261, 0.334, 0.406 and 0.972 s in 2026.
"""
ACCELERATED_LEGACY: Final = Lengths(95.0, 25.0, 170.0, 605.0, 46.0)
"""Records of 2022 (R1 and R2 of the tests): Starting 94.3 and 96.9 s, Training 605 s, Uploading 46 s; logs of 2023."""
STOPPING_S: Final = 5.0
"""A spot job stopped at MaxWaitTimeInSeconds in 2026: 5 s."""
WARM_S: Final = 4.0
"""Starting on instances of a warm pool: 3.675 s for a job of 2023."""
_TEARDOWN: Final = Assumption(
    "that a stop takes 10 s while the job waits in Starting for its instances (a record shows only that it takes time)",
    knob=REPLAY,
)
TEARDOWN_S: Final = _TEARDOWN(10.0)
PENDING_STOP_S: Final = 38.3
"""How long a stop takes while the job is Pending: 31.0, 38.3 and 51.7 s for three jobs of 2026 (one is P1 of the tests)."""
_INTERRUPTED: Final = Assumption(
    "that a spot interruption lasts 60 s until the job starts again", knob="Plan.interrupted(lasting=…)"
)
INTERRUPTED_S: Final = _INTERRUPTED(60.0)
_DELETING: Final = Assumption("that a job is Deleting for 10 s until it is gone", knob=REPLAY)
DELETING_S: Final = _DELETING(10.0)
_OTHER: Final = Assumption(
    "that the statuses without a recorded duration (Restarting, Updating, Pending in a plan's phases) last 60 s",
    knob="Phase(status, duration)",
)
OTHER_S: Final = _OTHER(60.0)
FIRST_MESSAGE: Final = 0.27
"""The part of Starting with the message "Starting the training job": 15 of 55 s, 15 of 52 s, 16 of 70 s, 27 of 97 s."""

DEFAULT_MAX_RUNTIME_S: Final = 86_400
"""MaxRuntimeInSeconds when the request has none (service model, StoppingCondition: "The default value is 1 day")."""
SPOT_BILLED: Final = 0.4
"""The billed part of a spot job's training time: one of 2021 was billed 14683 of 37026 s, one of 2026 6386 of 9527 s."""

_ROUNDING: Final = 1e-8
"""In seconds: more than the rounding error of floats in 30 days, the longest job; less than two billed parts differ by."""


NOVA: Final = Assumption(
    'that every serverless job with "nova" in its BaseModelArn completes without ModelArtifacts, as one of 2026 did, and that '
    "every other job has ModelArtifacts",
    since="2026-11-26",
    knob="Plan(model=…)",
)


class Traits(NamedTuple):
    """The properties of a request that decide the default life of its job."""

    accelerated: bool
    data: bool
    """Whether input data is copied before training: there is a channel in File mode."""
    streams: bool
    """Whether the data is streamed instead, in Pipe or FastFile mode."""
    spot: bool
    max_runtime_s: int
    max_wait_s: int | None
    max_pending_s: int | None
    retries: int
    checkpoints: bool
    warm: bool
    """Whether the job runs on the instances of a warm pool."""
    retains: bool
    """Whether its instances go to a warm pool at the end."""
    serverless: bool
    leaves_model: bool


def traits(request: Mapping[str, Any], *, warm: bool = False, retains: bool = False) -> Traits:
    """Return the properties of `request` that decide the default life of its job."""
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
        leaves_model=not NOVA(_is_nova(request)),
    )


def _is_nova(request: Mapping[str, Any]) -> bool:
    """Whether a job customises a Nova model: a job of 2026 answered ModelArtifacts null (aws/sagemaker-python-sdk#6091)."""
    return "nova" in str(request.get("ServerlessJobConfig", {}).get("BaseModelArn", "")).lower()


def billed_s(training_s: int, part: float) -> int:
    """Return `part` of the training time in whole seconds, without the rounding error of floats: 43/143 of 143 s are 43 s."""
    return int(training_s * part + _ROUNDING)


def lengths(by: Traits, *, legacy: bool = False) -> Lengths:
    """Return the durations on the instances of a job, today or, with `legacy`, until 2023."""
    if not by.accelerated:
        return CPU
    return ACCELERATED_LEGACY if legacy else ACCELERATED


def length_s(name: str, by: Traits, *, legacy: bool = False) -> float:
    """Return how long a visit to a status lasts, in seconds. With `legacy`, Training pulls the image, as until 2023."""
    known = lengths(by, legacy=legacy)
    if legacy and name in (status.DOWNLOADING, status.TRAINING):
        # A job of 2021 was Downloading for 17 s although it had no data to copy.
        return known.data if name == status.DOWNLOADING else known.image + known.training
    return {
        status.STARTING: WARM_S if by.warm else known.starting,
        status.DOWNLOADING: known.data * by.data + known.image,
        status.DOWNLOADING_IMAGE: known.image,
        status.TRAINING: known.training,
        status.INTERRUPTED: INTERRUPTED_S,
        status.UPLOADING: known.uploading,
        status.STOPPING: STOPPING_S,
    }.get(name, OTHER_S)


def messages(name: str, by: Traits, length_us: int | None, *, legacy: bool = False) -> tuple[tuple[int, str], ...]:
    """Return the messages of a visit to a status, by offset in microseconds. A visit without end has its default length here."""
    last = status.MESSAGES[name]
    whole_us = round(length_s(name, by, legacy=legacy) * SECOND_US) if length_us is None else length_us
    if legacy and name == status.DOWNLOADING:
        return ((0, status.INPUT_DATA),)
    if legacy and name == status.TRAINING:
        known = lengths(by, legacy=True)
        part = known.image / (known.image + known.training)
        image_us = min(round(known.image * SECOND_US), round(whole_us * part))
        return ((0, status.TRAINING_IMAGE), (image_us, last))
    if name == status.STARTING:
        return ((0, status.STARTING_THE_JOB), (round(whole_us * FIRST_MESSAGE), last))
    if name == status.DOWNLOADING and by.data:
        known = lengths(by)
        return ((0, status.INPUT_DATA), (round(whole_us * known.data / (known.data + known.image)), last))
    return ((0, last),)
