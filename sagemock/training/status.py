"""The statuses of a training job, which of them go together, and the messages that the service shows with them.

Status values are those of the service model's enums (botocore, `SecondaryStatus` and `TrainingJobStatus`; a test compares).
Messages are to the letter those seen in recorded jobs and logs; where none is known, the comment says "assumed".
"""

from typing import Final, Literal, TypeAlias

__all__ = ["ENDINGS", "MESSAGES", "PHASES", "PRIMARY_OF_ENDING", "STARTED", "Ending", "Primary", "Secondary"]

Primary: TypeAlias = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting"]
Secondary: TypeAlias = str

STARTING: Final = "Starting"
LAUNCHING: Final = "LaunchingMLInstances"
PREPARING: Final = "PreparingTrainingStack"
PENDING: Final = "Pending"
DOWNLOADING: Final = "Downloading"
DOWNLOADING_IMAGE: Final = "DownloadingTrainingImage"
TRAINING: Final = "Training"
INTERRUPTED: Final = "Interrupted"
RESTARTING: Final = "Restarting"
UPDATING: Final = "Updating"
UPLOADING: Final = "Uploading"
STOPPING: Final = "Stopping"

Ending: TypeAlias = Literal["Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"]

PRIMARY_OF_ENDING: Final[dict[str, Primary]] = {
    "Completed": "Completed",
    "Failed": "Failed",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
    "MaxWaitTimeExceeded": "Stopped",
}
ENDINGS: Final = frozenset(PRIMARY_OF_ENDING)
PHASES: Final = frozenset({
    STARTING, LAUNCHING, PREPARING, PENDING, DOWNLOADING, DOWNLOADING_IMAGE, TRAINING, INTERRUPTED, RESTARTING, UPDATING,
    UPLOADING, STOPPING,
})  # fmt: skip
"""The secondary statuses in which a job can spend time."""
STARTED: Final = frozenset({DOWNLOADING, DOWNLOADING_IMAGE, TRAINING})
"""Entering one of these sets TrainingStartTime (six recorded jobs: it is the start of their Downloading entry)."""
WAITING: Final = frozenset({STARTING, LAUNCHING, PREPARING, PENDING})
"""In these no instance belongs to the job yet."""
UNBILLED: Final = WAITING | {INTERRUPTED, STOPPING}
"""Time in these is neither training nor billable time, also when it comes after the job had started."""

STARTING_THE_JOB: Final = "Starting the training job"
PREPARING_THE_INSTANCES: Final = "Preparing the instances for training"
LAUNCHING_INSTANCES: Final = "Launching requested ML instances"  # logs of 2018 to 2021; not seen since
NO_CAPACITY: Final = "Insufficient capacity error from EC2 while launching instances, retrying!"
WAITING_FOR_CAPACITY: Final = "Training job waiting for capacity"
INPUT_DATA: Final = "Downloading input data"
TRAINING_IMAGE: Final = "Downloading the training image"
IN_PROGRESS: Final = "Training image download completed. Training in progress."
UPLOADING_MODEL: Final = "Uploading generated training model"
RETAINED: Final = "Resource retained for reuse"
REUSED: Final = "Resource reused by training job: {}"

MESSAGES: Final[dict[str, str]] = {
    STARTING: PREPARING_THE_INSTANCES,
    LAUNCHING: LAUNCHING_INSTANCES,  # assumed: the text that a Starting entry had at that point
    PREPARING: PREPARING_THE_INSTANCES,  # assumed, likewise
    PENDING: WAITING_FOR_CAPACITY,
    DOWNLOADING: TRAINING_IMAGE,
    DOWNLOADING_IMAGE: TRAINING_IMAGE,  # assumed: the text that a Downloading entry has at that point
    TRAINING: IN_PROGRESS,
    INTERRUPTED: "Training job interrupted",  # assumed
    RESTARTING: "Restarting the training job",  # assumed
    UPDATING: "Updating the training job",  # assumed
    UPLOADING: UPLOADING_MODEL,
    STOPPING: "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    # By analogy with the next line, which was recorded; this one was not.
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
}
"""The last message that an entry of each status shows, when the plan says nothing else."""
