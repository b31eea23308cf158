"""The meaning of each status of a training job: what can follow it, and what a client should do.

The messages of a status, and the statuses after it, come from recorded jobs and logs, as in `status`. A message or a
status that no record shows is marked as such.
"""

from dataclasses import dataclass
from typing import Final

from sagemock.training import status

__all__ = ["CATALOGUE", "Meaning"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """The explanation of a status."""

    kind: str
    """The fields that can have this value: SecondaryStatus, TrainingJobStatus or both."""
    meaning: str
    follows: tuple[str, ...]
    """The secondary statuses that can come next (for a primary status: the primary ones); empty for a final status."""
    client: str
    messages: tuple[str, ...] = ()
    """The StatusMessages that it can show."""


_SECONDARY: Final = "SecondaryStatus"
_PRIMARY: Final = "TrainingJobStatus"
_BOTH: Final = "TrainingJobStatus and SecondaryStatus"
_WAIT: Final = "Wait and poll again."
_CUT: Final = ("Stopping", "Failed")
_OLD: Final = "Wait, as in Starting. Today's service no longer shows this status; records of 2018 to 2021 have it."

CATALOGUE: Final[dict[str, Meaning]] = {
    "InProgress": Meaning(
        _PRIMARY,
        "The job is not over: it waits for instances, downloads, trains or uploads.",
        ("Completed", "Failed", "Stopping"),
        f"{_WAIT} SecondaryStatus says how far it is. A job may stay here for days, so give your own wait a limit.",
    ),
    "Deleting": Meaning(
        _PRIMARY,
        "DeleteTrainingJob was called. Soon the job will not exist any more.",
        (),
        'Expect the next describe to be a ValidationException, "Requested resource not found.".',
    ),
    status.STARTING: Meaning(
        _SECONDARY,
        "The service finds and prepares instances. A managed spot job that waits for capacity stays here, perhaps for hours.",
        ("Pending", "Downloading", "Training", "LaunchingMLInstances", *_CUT),
        f"{_WAIT} There is no TrainingStartTime, nothing is billed and no log stream exists yet.",
        (status.STARTING_THE_JOB, status.LAUNCHING_INSTANCES, status.PREPARING_THE_INSTANCES, status.NO_CAPACITY),
    ),
    status.LAUNCHING: Meaning(
        _SECONDARY,
        "The service launches instances.",
        ("PreparingTrainingStack", "Downloading", *_CUT),
        _OLD,
        (status.LAUNCHING_INSTANCES,),
    ),
    status.PREPARING: Meaning(
        _SECONDARY,
        "The service has the instances and prepares them.",
        ("Downloading", "DownloadingTrainingImage", *_CUT),
        _OLD,
        (status.PREPARING_THE_INSTANCES,),
    ),
    status.PENDING: Meaning(
        _SECONDARY,
        "An on-demand job waits for capacity, or for the start of its training plan. Seen since 2024, mostly on accelerated "
        "instances; with MaxPendingTimeInSeconds also when there is capacity. A job that is stopped here goes to Stopped "
        "without Stopping or Uploading, half a minute or more after the call.",
        ("Downloading", "Stopped", "Failed"),
        f"{_WAIT} Nothing is billed. MaxPendingTimeInSeconds of the request bounds it; MaxRuntimeInSeconds does not count it.",
        (status.WAITING_FOR_CAPACITY, status.PREPARING_THE_INSTANCES, status.MESSAGES["Stopped"]),
    ),
    status.DOWNLOADING: Meaning(
        _SECONDARY,
        "The service copies the input data and, since 2023, pulls the training image. This status begins at TrainingStartTime.",
        ("Training", "DownloadingTrainingImage", "Interrupted", *_CUT),
        f"{_WAIT} Billing has begun.",
        (status.INPUT_DATA, status.TRAINING_IMAGE),
    ),
    status.DOWNLOADING_IMAGE: Meaning(
        _SECONDARY,
        "The service pulls the training image.",
        ("Training", *_CUT),
        _OLD,
        (status.TRAINING_IMAGE,),
    ),
    status.TRAINING: Meaning(
        _SECONDARY,
        "The container runs.",
        ("Uploading", "Interrupted", "Starting", *_CUT),
        f"{_WAIT} Log streams and metrics appear now. After an internal error a job with RetryStrategy is Starting again.",
        (status.IN_PROGRESS,),
    ),
    status.INTERRUPTED: Meaning(
        _SECONDARY,
        "The spot instances were taken away.",
        ("Starting", "Downloading", "Stopping"),
        "Wait: the job starts again by itself. With a CheckpointConfig it continues where it was; without one, it starts from "
        "the beginning. Count the entries in SecondaryStatusTransitions to see how often this happened.",
        (status.OTHER_MESSAGES(f"{status.MESSAGES[status.INTERRUPTED]} (assumed)"),),
    ),
    status.RESTARTING: Meaning(
        _SECONDARY,
        "The job starts again. The service model has this status, but no documentation explains it.",
        ("Starting", "Downloading", "Training", *_CUT),
        f"{_WAIT} This is not a final status.",
        (status.OTHER_MESSAGES(f"{status.MESSAGES[status.RESTARTING]} (assumed)"),),
    ),
    status.UPDATING: Meaning(
        _SECONDARY,
        "The service changes the job. The service model has this status, but no documentation explains it.",
        ("Training", "Uploading", *_CUT),
        f"{_WAIT} This is not a final status.",
        (status.OTHER_MESSAGES(f"{status.MESSAGES[status.UPDATING]} (assumed)"),),
    ),
    status.UPLOADING: Meaning(
        _SECONDARY,
        "The container has ended, and the service uploads its output. This happens in jobs that succeed, fail or are stopped.",
        ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"),
        "Wait: there is no model yet, and you cannot know yet whether the job succeeded. A large model takes minutes.",
        (status.UPLOADING_MODEL,),
    ),
    status.STOPPING: Meaning(
        _BOTH,
        "StopTrainingJob or a limit stops the job. The container has 120 seconds to end. TrainingJobStatus is Stopping at once; "
        "SecondaryStatus may follow some seconds later.",
        ("Uploading", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"),
        "Wait: the job is not over yet.",
        (status.MESSAGES[status.STOPPING],),
    ),
    "Completed": Meaning(
        _BOTH,
        "The job succeeded.",
        (),
        "Read ModelArtifacts, FinalMetricDataList and BillableTimeInSeconds. With a warm pool, the message is a different one.",
        (status.MESSAGES["Completed"], status.RETAINED, status.REUSED.format("…")),
    ),
    "Failed": Meaning(
        _BOTH,
        "The job failed.",
        (),
        "Read FailureReason. An AlgorithmError is the fault of the container, a ClientError that of the request or its data. "
        "After a CapacityError or an InternalServerError, you may succeed if you try again.",
        (status.MESSAGES["Failed"],),
    ),
    "Stopped": Meaning(
        _BOTH,
        "The job was stopped by StopTrainingJob. If only TrainingJobStatus is Stopped, SecondaryStatus names the "
        "limit that stopped it. There is no FailureReason, and botocore's waiter `training_job_completed_or_stopped` "
        "counts this as a success.",
        (),
        "Decide whether this is a success for you. There may be a model: if the container had begun, ModelArtifacts says where "
        "it is.",
        (status.MESSAGES["Stopped"],),
    ),
    "MaxRuntimeExceeded": Meaning(
        _SECONDARY,
        "The job was stopped because it ran longer than MaxRuntimeInSeconds. TrainingJobStatus is Stopped, and there is no "
        "FailureReason.",
        (),
        "Look at SecondaryStatus when TrainingJobStatus is Stopped: otherwise this looks like a stop by a person. The service "
        "stops the job 60 to 300 seconds too late.",
        (status.MESSAGES["MaxRuntimeExceeded"],),
    ),
    "MaxWaitTimeExceeded": Meaning(
        _SECONDARY,
        "A managed spot job was stopped because waiting and running together took longer than MaxWaitTimeInSeconds. "
        "TrainingJobStatus is Stopped, and there is no FailureReason.",
        (),
        "Try again, with checkpoints or on demand. The job may never have started.",
        (status.MESSAGES["MaxWaitTimeExceeded"],),
    ),
}
"""Every primary and secondary status that a training job can have."""
