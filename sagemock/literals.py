"""Types of the strings that a test writes: an editor completes them, and any other text is checked at run time."""

from typing import Literal, TypeAlias

__all__ = ["ErrorName", "KindName", "OperationName", "PhaseName", "StatusName"]

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
    | Literal[
        "Processing",
        "Transforming",
        "InProgress",
        "Completed",
        "Failed",
        "Stopping",
        "Stopped",
        "Deleting",
        "MaxRuntimeExceeded",
        "MaxWaitTimeExceeded",
    ]
)
"""A status of a job, a secondary status of a training job, or a phase of a processing or transform job."""

KindName: TypeAlias = Literal["training", "processing", "transform", "tuning"] | str
"""A kind of job."""

OperationName: TypeAlias = (
    Literal[
        "*",
        "AddTags",
        "CreateHyperParameterTuningJob",
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateTransformJob",
        "DeleteHyperParameterTuningJob",
        "DeleteProcessingJob",
        "DeleteTags",
        "DeleteTrainingJob",
        "DescribeHyperParameterTuningJob",
        "DescribeProcessingJob",
        "DescribeTrainingJob",
        "DescribeTransformJob",
        "ListHyperParameterTuningJobs",
        "ListProcessingJobs",
        "ListTags",
        "ListTrainingJobs",
        "ListTrainingJobsForHyperParameterTuningJob",
        "ListTransformJobs",
        "Search",
        "StopHyperParameterTuningJob",
        "StopProcessingJob",
        "StopTrainingJob",
        "StopTransformJob",
        "UpdateTrainingJob",
    ]
    | str
)
"""The name of a SageMaker operation, or a pattern of names."""

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
"""The error of a call: an error code of AWS, or the name of an error on the way to the service or back."""
