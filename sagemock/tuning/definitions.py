"""The training jobs that a request for a tuning job defines: which hyperparameters vary, and what is sought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sagemock.evidence import Assumption
from sagemock.training.launch import OBJECTIVE_MEMBER
from sagemock.tuning.space import Space

__all__ = ["Definition", "child_request", "definitions"]

_FIRST_OF_LIST: Final = Assumption(
    "that a child runs on the first of HyperParameterTuningResourceConfig's InstanceConfigs", since="2026-11-26"
)
_CHECKPOINTS: Final = Assumption(
    "that the children of a tuning job share the S3Uri of CheckpointConfig, without a part of their own", since="2026-11-26"
)
_SENT: Final = (
    "AlgorithmSpecification", "RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig", "ResourceConfig",
    "StoppingCondition", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining",
    "CheckpointConfig", "RetryStrategy", "Environment",
)  # fmt: skip
"""The members that a definition and CreateTrainingJob have in common (service model)."""
_RESOURCES: Final = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")


@dataclass(frozen=True)
class Definition:
    """One of the training jobs that a tuning job defines."""

    body: Mapping[str, Any]
    """What the request says of it."""
    ranges: Mapping[str, Any]
    objective: str
    """The name of the metric that is sought."""
    maximize: bool

    @property
    def name(self) -> str | None:
        """DefinitionName, if it has one."""
        name: str | None = self.body.get("DefinitionName")
        return name

    @cached_property
    def space(self) -> Space:
        """The hyperparameters that vary."""
        return Space.of(self.ranges)

    @property
    def static(self) -> Mapping[str, str]:
        """The hyperparameters that do not vary."""
        static: Mapping[str, str] = self.body.get("StaticHyperParameters", {})
        return static


def definitions(request: Mapping[str, Any]) -> tuple[Definition, ...]:
    """Return the definitions of a request, each with its own ranges and objective or with those of the tuning job."""
    config = request["HyperParameterTuningJobConfig"]
    bodies = request.get("TrainingJobDefinitions") or [request["TrainingJobDefinition"]]
    return tuple(_definition(body, config) for body in bodies)


def _definition(body: Mapping[str, Any], config: Mapping[str, Any]) -> Definition:
    objective = body.get("TuningObjective") or config.get("HyperParameterTuningJobObjective") or {}
    ranges = body.get("HyperParameterRanges") or config.get("ParameterRanges") or {}
    return Definition(body, ranges, objective.get("MetricName", ""), objective.get("Type") == "Maximize")


def child_request(definition: Definition, name: str, tuned: Mapping[str, str], tags: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the CreateTrainingJob request of a child.

    Hyperparameters are the static ones, the tuned ones and the name of the objective (a book's record of 2019), and the tags are
    those of the tuning job (service model).
    """
    body = definition.body
    request: dict[str, Any] = {"TrainingJobName": name}
    request.update((member, body[member]) for member in _SENT if member in body)
    request["HyperParameters"] = {**definition.static, **tuned, OBJECTIVE_MEMBER: definition.objective}
    if "ResourceConfig" not in request:
        request["ResourceConfig"] = _resources(body.get("HyperParameterTuningResourceConfig", {}))
    if tags:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in tags]
    return _CHECKPOINTS(request)


def _resources(config: Mapping[str, Any]) -> dict[str, Any]:
    first = _FIRST_OF_LIST(config.get("InstanceConfigs") or [{}])[0]
    both = {**config, **first}
    return {name: both[name] for name in _RESOURCES if name in both}
