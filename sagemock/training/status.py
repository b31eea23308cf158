"""The statuses of a training job, which of them go together, and the messages that the service shows with them.

Status values are those of the service model's enums (botocore, `SecondaryStatus` and `TrainingJobStatus`; a test compares them).
Messages are exactly those of recorded jobs and logs, except `ASSUMED_MESSAGES`.
"""

from typing import Final, Literal, TypeAlias

from sagemock.evidence import REPLAY, Assumption

__all__ = [
    "ASSUMED_MESSAGES",
    "ENDINGS",
    "MESSAGES",
    "PHASES",
    "PRIMARY_OF_ENDING",
    "SHOWN",
    "STARTED",
    "Ending",
    "Primary",
    "Secondary",
]

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
"""The statuses in which no instance belongs to the job."""
WRITES: Final = PHASES - WAITING - {INTERRUPTED, DOWNLOADING, DOWNLOADING_IMAGE}
"""The statuses in which a container runs, or has just ended: only there are lines written."""
_UNBILLED: Final = Assumption(
    "that an interruption, and what follows until the job runs again, is neither training nor billable time", knob=REPLAY
)
UNBILLED: Final = WAITING | _UNBILLED({INTERRUPTED}) | {STOPPING}
"""The statuses whose time is neither training nor billable time, even after the start of the job."""

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

OTHER_MESSAGES: Final = Assumption(
    "the messages of Interrupted, Restarting, Updating, LaunchingMLInstances, PreparingTrainingStack and "
    "DownloadingTrainingImage, none of which was found in a record or log",
    knob="Phase(status, message=…)",
)
_MAX_RUNTIME_MESSAGE: Final = Assumption(
    "the message of MaxRuntimeExceeded, by analogy with that of MaxWaitTimeExceeded, which was recorded", knob=REPLAY
)

MESSAGES: Final[dict[str, str]] = {
    STARTING: PREPARING_THE_INSTANCES,
    # The texts that a Starting entry had at that point.
    LAUNCHING: OTHER_MESSAGES(LAUNCHING_INSTANCES),
    PREPARING: OTHER_MESSAGES(PREPARING_THE_INSTANCES),
    PENDING: WAITING_FOR_CAPACITY,
    DOWNLOADING: TRAINING_IMAGE,
    DOWNLOADING_IMAGE: OTHER_MESSAGES(TRAINING_IMAGE),
    TRAINING: IN_PROGRESS,
    INTERRUPTED: OTHER_MESSAGES("Training job interrupted"),
    RESTARTING: OTHER_MESSAGES("Restarting the training job"),
    UPDATING: OTHER_MESSAGES("Updating the training job"),
    UPLOADING: UPLOADING_MODEL,
    STOPPING: "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": _MAX_RUNTIME_MESSAGE("Training job runtime exceeded MaxRuntimeInSeconds provided"),
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
}
"""The last message of an entry, by status, unless the plan gives another."""
_LOGS: Final = "logs of 2018 to 2026"
_NOT_FOUND: Final = OTHER_MESSAGES("assumed, as below")
SHOWN: Final[dict[str, dict[str, str]]] = {
    STARTING: {
        STARTING_THE_JOB: _LOGS,
        LAUNCHING_INSTANCES: "logs of 2018 to 2021",
        PREPARING_THE_INSTANCES: "records R1, R2, R4, R5, R6, R8",
        NO_CAPACITY: "service model; logs of 2026",
        "Launched instance was unhealthy, replacing it!": "service model",
    },
    LAUNCHING: {
        LAUNCHING_INSTANCES: _NOT_FOUND,
        "Insufficent capacity error while launching instances": "API change of 2018-07-30",
    },
    PREPARING: {PREPARING_THE_INSTANCES: _NOT_FOUND},
    PENDING: {
        WAITING_FOR_CAPACITY: "three logs of 2024",
        PREPARING_THE_INSTANCES: "three logs of 2024",
        "Training job stopped": "record P1, and two more of 2026",
    },
    DOWNLOADING: {INPUT_DATA: "records R1, R2, R5, R6", TRAINING_IMAGE: "record R4; logs of 2024 to 2026"},
    DOWNLOADING_IMAGE: {TRAINING_IMAGE: _NOT_FOUND},
    TRAINING: {TRAINING_IMAGE: "logs of 2020 to 2023; service model", IN_PROGRESS: "records R1, R2, R4, R5, R6"},
    INTERRUPTED: {MESSAGES[INTERRUPTED]: _NOT_FOUND},
    RESTARTING: {MESSAGES[RESTARTING]: _NOT_FOUND},
    UPDATING: {MESSAGES[UPDATING]: _NOT_FOUND},
    UPLOADING: {UPLOADING_MODEL: "records R1, R2, R4, R5, R6"},
    STOPPING: {MESSAGES[STOPPING]: "record R7; aws/sagemaker-python-sdk#3062"},
    "Completed": {
        MESSAGES["Completed"]: "records R1, R2, R4, R5, R6",
        RETAINED: "logs of 2022 to 2024",
        REUSED: "a log of 2022; comic/grand-challenge.org",
    },
    "Failed": {MESSAGES["Failed"]: "aws/sagemaker-python-sdk#658, aws/amazon-sagemaker-examples#3444"},
    "Stopped": {MESSAGES["Stopped"]: "record P1; a log of 2019"},
    "MaxRuntimeExceeded": {MESSAGES["MaxRuntimeExceeded"]: _NOT_FOUND},
    "MaxWaitTimeExceeded": {MESSAGES["MaxWaitTimeExceeded"]: "record R7"},
}
"""Every message that an entry of each status can show, with its evidence."""
ASSUMED_MESSAGES: Final = {
    **dict.fromkeys((LAUNCHING, PREPARING, DOWNLOADING_IMAGE, INTERRUPTED, RESTARTING, UPDATING), OTHER_MESSAGES),
    "MaxRuntimeExceeded": _MAX_RUNTIME_MESSAGE,
}
"""The statuses whose messages are assumed, because no record or log shows them."""
