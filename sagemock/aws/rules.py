"""What CreateTrainingJob refuses beyond the constraints of single values: each rule a function with its evidence.

A rule returns the words of the refusal, or None. To add one, write it and name it in `RULES`; the first that refuses speaks.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from sagemock.aws import metrics
from sagemock.aws.refusal import Refusal

__all__ = ["RULES", "Rule", "check"]

Rule: TypeAlias = Callable[[Mapping[str, Any]], str | None]

_ECR: Final = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.[a-z0-9.-]+/.+")
_PUBLIC_REGISTRY: Final = re.compile(r"[^/]+[.:][^/]*/.+|localhost/.+")
_DAY_S: Final = 86_400


def max_wait_is_for_spot(request: Mapping[str, Any]) -> str | None:
    """Refuse it on demand, in words that were seen (Kenza-AI/sagify#111)."""
    if "MaxWaitTimeInSeconds" in _condition(request) and not request.get("EnableManagedSpotTraining"):
        return "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
    return None


def max_wait_covers_max_runtime(request: Mapping[str, Any]) -> str | None:
    """Service model: "It must be equal to or greater than MaxRuntimeInSeconds". The words are assumed."""
    condition = _condition(request)
    if condition.get("MaxWaitTimeInSeconds", _FAR) < condition.get("MaxRuntimeInSeconds", _DAY_S):
        return "Invalid MaxWaitTimeInSeconds. It must be equal to or greater than MaxRuntimeInSeconds"
    return None


def spot_needs_max_wait(request: Mapping[str, Any]) -> str | None:
    """Developer guide, managed spot training: MaxWaitTimeInSeconds is to be given with it. The words are assumed."""
    if request.get("EnableManagedSpotTraining") and "MaxWaitTimeInSeconds" not in _condition(request):
        return "MaxWaitTimeInSeconds must be specified when EnableManagedSpotTraining is set to true"
    return None


def max_runtime_is_at_most_28_days(request: Mapping[str, Any]) -> str | None:
    """Service model, MaxRuntimeInSeconds: "The maximum value is 28 days". The words are assumed."""
    if _condition(request).get("MaxRuntimeInSeconds", 0) > 28 * _DAY_S:
        return f"Invalid MaxRuntimeInSeconds. It must be less than or equal to {28 * _DAY_S}"
    return None


def one_algorithm(request: Mapping[str, Any]) -> str | None:
    """Service model: AlgorithmName and TrainingImage are "mutually exclusive", and one is needed. The words are assumed."""
    algorithm = request.get("AlgorithmSpecification")
    if algorithm is not None and ("AlgorithmName" in algorithm) == ("TrainingImage" in algorithm):
        return "You must specify either an AlgorithmName or a TrainingImage in AlgorithmSpecification, and not both"
    return None


def what_runs_is_said(request: Mapping[str, Any]) -> str | None:
    """Until serverless jobs came the model required them; that it still does of other jobs, and the words, are assumed."""
    if "ServerlessJobConfig" not in request:
        for name in ("AlgorithmSpecification", "ResourceConfig"):
            if name not in request:
                return f"{name} is required unless ServerlessJobConfig is specified"
    return None


def image_is_in_ecr(request: Mapping[str, Any]) -> str | None:
    """Both texts were seen, with that missing blank: aws/sagemaker-python-sdk#2063, aws/aws-sdk#117."""
    algorithm = request.get("AlgorithmSpecification", {})
    image = algorithm.get("TrainingImage")
    if image is None or "TrainingImageConfig" in algorithm or _ECR.fullmatch(image):
        return None
    if _PUBLIC_REGISTRY.fullmatch(image):
        return (
            "TrainingImageConfig with TrainingRepositoryAccessMode set to VPC must be provided when using a training image from "
            "a private Docker registry. Please provideTrainingImageConfig and TrainingRepositoryAccessMode set to VPC when using "
            "a training image from a private Docker registry."
        )
    return "Invalid training image. Please provide a valid Amazon Elastic Container Registry path of the Docker image to run."


def augmented_manifest_is_piped(request: Mapping[str, Any]) -> str | None:
    """Service model, S3DataType: it "can only be used if the Channel's input mode is Pipe". The words are assumed."""
    mode = request.get("AlgorithmSpecification", {}).get("TrainingInputMode")
    for channel in request.get("InputDataConfig", ()):
        source = channel.get("DataSource", {}).get("S3DataSource", {})
        if source.get("S3DataType") == "AugmentedManifestFile" and channel.get("InputMode", mode) != "Pipe":
            return f"AugmentedManifestFile can only be used in Pipe input mode, channel {channel['ChannelName']}"
    return None


def channel_has_one_source(request: Mapping[str, Any]) -> str | None:
    """Service model, DataSource: "the location of the channel data". The words, and that two are refused, are assumed."""
    for channel in request.get("InputDataConfig", ()):
        if len(channel.get("DataSource", {})) != 1:
            return f"Exactly one data source must be specified for channel {channel['ChannelName']}"
    return None


def instance_preferences_stand_alone(request: Mapping[str, Any]) -> str | None:
    """Service model, InstancePreferences: "mutually exclusive with" these. The words are assumed."""
    resources = request.get("ResourceConfig", {})
    if "InstancePreferences" not in resources:
        return None
    for name in ("InstanceType", "InstanceGroups", "InstancePlacementConfig"):
        if name in resources:
            return f"InstancePreferences is mutually exclusive with {name}"
    return "InstancePreferences is mutually exclusive with EnableManagedSpotTraining" if _spot(request) else None


def selected_instance_is_read_only(request: Mapping[str, Any]) -> str | None:
    """Service model: "This field is read-only and isn't accepted in CreateTrainingJob requests". The words are assumed."""
    for name in ("SelectedInstanceType", "SelectedInstanceCount"):
        if name in request.get("ResourceConfig", {}):
            return f"{name} is read-only and is not accepted in CreateTrainingJob requests"
    return None


def tag_keys_are_unique(request: Mapping[str, Any]) -> str | None:
    """Operation documentation of AddTags: "Tag keys must be unique per resource". The words are assumed."""
    keys = [tag["Key"] for tag in request.get("Tags", ())]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    return None if twice is None else f"Tag keys must be unique per resource, and {twice} is given more than once"


RULES: Final[tuple[Rule, ...]] = (
    what_runs_is_said,
    one_algorithm,
    image_is_in_ecr,
    max_wait_is_for_spot,
    spot_needs_max_wait,
    max_wait_covers_max_runtime,
    max_runtime_is_at_most_28_days,
    channel_has_one_source,
    augmented_manifest_is_piped,
    instance_preferences_stand_alone,
    selected_instance_is_read_only,
    tag_keys_are_unique,
    metrics.readable,
)

_FAR: Final = float("inf")


def check(request: Mapping[str, Any]) -> None:
    """Refuse a request that a rule refuses."""
    for rule in RULES:
        text = rule(request)
        if text is not None:
            code = "ValidationException"
            raise Refusal(code, text)


def _condition(request: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request.get("StoppingCondition", {})
    return found


def _spot(request: Mapping[str, Any]) -> bool:
    return bool(request.get("EnableManagedSpotTraining"))
