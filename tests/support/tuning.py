"""Requests that create tuning jobs, and the requests behind the recorded tuning jobs."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from tests.support.batch import with_changes

__all__ = ["LOSS", "OWN", "RATE", "TIMES", "complete_record", "original_request", "request", "request_with_definitions"]

OWN: Final = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
LOSS: Final = {"Name": "loss", "Regex": "loss=(.*)"}
RATE: Final = {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.1", "MaxValue": "0.9"}]}
TIMES: Final = frozenset(
    {"CreationTime", "LastModifiedTime", "HyperParameterTuningEndTime", "TrainingStartTime", "TrainingEndTime"}
)
_IMAGES: Final = {
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/kmeans": "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost": (
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost"
    ),
}
"""Images of AWS: the records replaced their registry accounts."""


def request(  # noqa: PLR0913  # what tests change most often
    name: str = "tune",
    *,
    most: int | None = 4,
    parallel: int = 2,
    strategy: str = "Random",
    kind: str = "Minimize",
    ranges: Mapping[str, Any] = RATE,
    limits: Mapping[str, Any] | None = None,
    definition: Mapping[str, Any] | None = None,
    **config: Any,
) -> dict[str, Any]:
    """Return a CreateHyperParameterTuningJob request; `config` replaces members of its configuration, and None removes one."""
    given = {
        "Strategy": strategy,
        "ResourceLimits": with_changes(
            {"MaxParallelTrainingJobs": parallel}, {"MaxNumberOfTrainingJobs": most, **(limits or {})}
        ),
        "HyperParameterTuningJobObjective": {"Type": kind, "MetricName": "loss"},
        "ParameterRanges": ranges,
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": with_changes(given, config),
        "TrainingJobDefinition": training_definition(**(definition or {})),
    }


def training_definition(**members: Any) -> dict[str, Any]:
    """Return a training job definition; a value of None removes a member."""
    whole = {
        "AlgorithmSpecification": {"TrainingImage": OWN, "TrainingInputMode": "File", "MetricDefinitions": [LOSS]},
        "RoleArn": "arn:aws:iam::123456789012:role/Training",
        "OutputDataConfig": {"S3OutputPath": "s3://churn/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    }
    return with_changes(whole, members)


def request_with_definitions(
    *names: str, kinds: Mapping[str, str] | None = None, ranges: Mapping[str, Any] = RATE, **others: Any
) -> dict[str, Any]:
    """Return a request with one definition per name; each has its own objective and ranges."""
    whole = request(ParameterRanges=None, HyperParameterTuningJobObjective=None, **others)
    del whole["TrainingJobDefinition"]
    whole["TrainingJobDefinitions"] = [
        training_definition(
            DefinitionName=name,
            TuningObjective={"Type": (kinds or {}).get(name, "Minimize"), "MetricName": "loss"},
            HyperParameterRanges=ranges,
        )
        for name in names
    ]
    return whole


# -- recorded tuning jobs


def complete_record(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recorded description without its omission marks, and with AWS's real registry accounts."""
    found: dict[str, Any] = deepcopy(dict(described))
    for definition in _definitions(found):
        algorithm, static = definition["AlgorithmSpecification"], definition["StaticHyperParameters"]
        if static.pop("...", None) and "xgboost" in algorithm["TrainingImage"]:
            # The record left the objective out. Its metrics are those of a classification.
            static["objective"] = "binary:logistic"
        image, tag = algorithm["TrainingImage"].split(":")
        algorithm["TrainingImage"] = f"{_IMAGES.get(image, image)}:{tag}"
    return found


def original_request(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request behind a recorded description: the description without the members that the service added."""
    found = complete_record(described)
    members = ("HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "WarmStartConfig", *_FORMS)
    whole = {name: found[name] for name in members if name in found}
    for definition in _definitions(whole):
        del definition["StaticHyperParameters"]["_tuning_objective_metric"]
        del definition["AlgorithmSpecification"]["MetricDefinitions"]
        for flag in _FLAGS:
            if not definition[flag]:
                del definition[flag]
        for channel in definition["InputDataConfig"]:
            for name in ("CompressionType", "RecordWrapperType"):
                del channel[name]
    return whole


_FORMS: Final = ("TrainingJobDefinition", "TrainingJobDefinitions")
_FLAGS: Final = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")


def _definitions(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    single = [whole["TrainingJobDefinition"]] if "TrainingJobDefinition" in whole else []
    return [*single, *whole.get("TrainingJobDefinitions", ())]
