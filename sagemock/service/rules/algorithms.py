"""The rules of CreateTrainingJob about the algorithm of a job: each is a function with its evidence, as in `table`."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sagemock.evidence import UNCHECKED, Assumption
from sagemock.service.builtin import image_of, is_built_in

__all__ = [
    "algorithm_and_resources_are_given",
    "builtin_metrics_are_fixed",
    "image_is_in_ecr",
    "one_algorithm",
    "short_wait_without_checkpoints",
]

_WORDS: Final = Assumption(
    "the words in which CreateTrainingJob refuses two algorithms or none, a request without resources, and a long "
    "wait without checkpoints",
    knob=UNCHECKED,
)
_OTHERS_NEED_BOTH: Final = Assumption(
    "that a request without AlgorithmSpecification or ResourceConfig is refused unless it is serverless", knob=UNCHECKED
)
_EMPTY: Final = Assumption("that an empty AlgorithmName or TrainingImage counts as none")
_OWN: Final = Assumption("that your own algorithms are in the account of the role, and all others come from the marketplace")
_PUBLIC_REGISTRY: Final = re.compile(r"[^/]+[.:][^/]*/.+|localhost/.+")
_UNCHECKPOINTED_S: Final = 3600


@_WORDS
def one_algorithm(request: Mapping[str, Any]) -> str | None:
    """Refuse both or none of AlgorithmName and TrainingImage (service model: they are "mutually exclusive")."""
    algorithm = request.get("AlgorithmSpecification")
    if algorithm is not None and _EMPTY(bool(algorithm.get("AlgorithmName")) == bool(algorithm.get("TrainingImage"))):
        return "You must specify either an AlgorithmName or a TrainingImage in AlgorithmSpecification, and not both"
    return None


@_WORDS
def algorithm_and_resources_are_given(request: Mapping[str, Any]) -> str | None:
    """Refuse a missing AlgorithmSpecification or ResourceConfig: the model required both before serverless jobs existed."""
    if _OTHERS_NEED_BOTH("ServerlessJobConfig" not in request):
        for name in ("AlgorithmSpecification", "ResourceConfig"):
            if name not in request:
                return f"{name} is required unless ServerlessJobConfig is specified"
    return None


def image_is_in_ecr(request: Mapping[str, Any]) -> str | None:
    """Refuse an image that is not in ECR.

    Both texts were seen, with the missing space: aws/sagemaker-python-sdk#2063, aws/aws-sdk#117.
    """
    algorithm = request.get("AlgorithmSpecification", {})
    image = algorithm.get("TrainingImage")
    if not image or "TrainingImageConfig" in algorithm or image_of(algorithm) is not None:
        return None
    if _PUBLIC_REGISTRY.fullmatch(image):
        return (
            "TrainingImageConfig with TrainingRepositoryAccessMode set to VPC must be provided when using a training image from "
            "a private Docker registry. Please provideTrainingImageConfig and TrainingRepositoryAccessMode set to VPC when using "
            "a training image from a private Docker registry."
        )
    return "Invalid training image. Please provide a valid Amazon Elastic Container Registry path of the Docker image to run."


def builtin_metrics_are_fixed(request: Mapping[str, Any]) -> str | None:
    """Refuse metrics for a built-in algorithm, or a script on its image, in words that were seen (awslabs/mlspace)."""
    if request.get("AlgorithmSpecification", {}).get("MetricDefinitions") and is_built_in(request):
        return (
            "You can't override the metric definitions for Amazon SageMaker algorithms. "
            "Please retry the request without specifying metric definitions."
        )
    return None


@_WORDS
def short_wait_without_checkpoints(request: Mapping[str, Any]) -> str | None:
    """Refuse a longer wait than an hour for built-in and marketplace algorithms without checkpoints.

    Developer guide, managed spot training: they "are currently limited to" an hour.
    """
    wait_s = request.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds", 0)
    if wait_s <= _UNCHECKPOINTED_S or "CheckpointConfig" in request:
        return None
    if is_built_in(request) or _is_of_marketplace(request):
        return (
            f"Invalid MaxWaitTimeInSeconds. It must be less than or equal to {_UNCHECKPOINTED_S} for built-in and marketplace "
            "algorithms without a CheckpointConfig"
        )
    return None


def _is_of_marketplace(request: Mapping[str, Any]) -> bool:
    """Whether the algorithm belongs to another account."""
    name = request.get("AlgorithmSpecification", {}).get("AlgorithmName", "")
    return name.startswith("arn:") and _OWN(_account(name) != _account(request["RoleArn"]))


def _account(arn: str) -> str:
    return arn.split(":")[4]
