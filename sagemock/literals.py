"""What a test writes as a string, as types: an editor completes them, and any other text is checked at run time."""

from typing import Literal, TypeAlias

__all__ = ["ErrorName", "OperationName", "PhaseName", "StatusName"]

PhaseName: TypeAlias = (
    Literal[
        "Starting",
        "LaunchingMLInstances",
        "PreparingTrainingStack",
        "Pending",
        "Downloading",
        "DownloadingTrainingImage",
        "Training",
        "Interrupted",
        "Restarting",
        "Updating",
        "Uploading",
        "Stopping",
    ]
    | str
)
"""A secondary status in which a job spends time."""

StatusName: TypeAlias = (
    PhaseName
    | Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"]
)
"""A primary or a secondary status of a training job."""

OperationName: TypeAlias = (
    Literal[
        "*",
        "AddTags",
        "CreateTrainingJob",
        "DeleteTags",
        "DeleteTrainingJob",
        "DescribeTrainingJob",
        "ListTags",
        "ListTrainingJobs",
        "StopTrainingJob",
        "UpdateTrainingJob",
    ]
    | str
)
"""An operation of SageMaker's, or a pattern of names."""

ErrorName: TypeAlias = (
    Literal[
        "AccessDeniedException",
        "ExpiredTokenException",
        "InternalFailure",
        "ServiceUnavailable",
        "ThrottlingException",
        "UnrecognizedClientException",
        "ConnectTimeout",
        "ReadTimeout",
        "ConnectionReset",
        "EndpointUnreachable",
        "LostAnswer",
        "MalformedBody",
    ]
    | str
)
"""What goes wrong with a call: an error code of AWS's, or the name of what happens on the way."""
