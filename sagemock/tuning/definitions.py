"""The training job definitions of a CreateHyperParameterTuningJob request: their ranges, objectives and training jobs.

A request has either one definition, with its ranges and its objective in HyperParameterTuningJobConfig, or several, each with its
own ranges and objective (there are records of both forms).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sagemock.evidence import Assumption
from sagemock.training.launch import OBJECTIVE_MEMBER
from sagemock.tuning.space import Space

__all__ = ["RANGES", "Definition", "child", "defined", "definitions", "instances", "objective", "ranged", "ranges", "static"]

RANGES: Final = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")
_FIRST: Final = Assumption("that each training job of a tuning job runs on the first of its InstanceConfigs", since="2026-11-26")
_CHECKPOINTS: Final = Assumption(
    "that the children of a tuning job share the S3Uri of CheckpointConfig: none gets a folder of its own", since="2026-11-26"
)
_NOT_OF_A_JOB: Final = frozenset({
    "DefinitionName", "TuningObjective", "HyperParameterRanges", "StaticHyperParameters", "HyperParameterTuningResourceConfig",
})  # fmt: skip


def definitions(request: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the training job definitions of a request as the request has them, in their order."""
    single = (request["TrainingJobDefinition"],) if "TrainingJobDefinition" in request else ()
    return (*single, *request.get("TrainingJobDefinitions", ()))


def ranges(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ranges of a definition: its own, or those of the whole tuning job."""
    found: Mapping[str, Any] = definition.get("HyperParameterRanges") or _config(request).get("ParameterRanges", {})
    return found


def ranged(given: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each integer, continuous and categorical range of a ParameterRanges structure."""
    return (one for kind in RANGES for one in given.get(kind, ()))


def objective(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return the objective of a definition: its own, or that of the whole tuning job."""
    found: Mapping[str, str] | None = definition.get("TuningObjective") or _config(request).get(
        "HyperParameterTuningJobObjective"
    )
    return found


def static(definition: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the static hyperparameters of a definition."""
    found: Mapping[str, str] = definition.get("StaticHyperParameters", {})
    return found


def child(request: Mapping[str, Any], definition: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return a CreateTrainingJob request with these hyperparameter values, without a name and tags."""
    sent = {name: value for name, value in definition.items() if name not in _NOT_OF_A_JOB}
    if (tuning := definition.get("HyperParameterTuningResourceConfig")) is not None:
        sent["ResourceConfig"] = instances(tuning)
    given = objective(request, definition)
    metric = {} if given is None else {OBJECTIVE_MEMBER: given["MetricName"]}
    return {**sent, "HyperParameters": {**static(definition), **values, **metric}}


def instances(tuning: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ResourceConfig of a training job on the instances of a tuning job."""
    several = tuning.get("InstanceConfigs", ())
    own = {name: value for name, value in tuning.items() if name not in ("InstanceConfigs", "AllocationStrategy")}
    return {**own, **_FIRST(several[0])} if several else own


def _config(request: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request.get("HyperParameterTuningJobConfig", {})
    return found


# -- a definition that can be launched


@dataclass(frozen=True)
class Definition:
    """A training job definition, together with the request that has it."""

    whole: Mapping[str, Any]
    """The request."""
    body: Mapping[str, Any]
    """The definition in it."""

    @property
    def name(self) -> str | None:
        """DefinitionName, if it has one."""
        name: str | None = self.body.get("DefinitionName")
        return name

    @cached_property
    def objective(self) -> Mapping[str, str] | None:
        """The objective: its MetricName and its Type; None only without validation."""
        return objective(self.whole, self.body)

    @property
    def metric(self) -> str:
        """The name of the objective's metric, empty if there is no objective."""
        return "" if self.objective is None else self.objective["MetricName"]

    @property
    def maximize(self) -> bool:
        """Whether the largest value is the best."""
        return self.objective is not None and self.objective["Type"] == "Maximize"

    @cached_property
    def space(self) -> Space:
        """The search space: the ranges of the hyperparameters that vary."""
        return Space.of(ranges(self.whole, self.body))

    def request(self, name: str, tuned: Mapping[str, str], tags: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return the CreateTrainingJob request of a child.

        Its hyperparameters are the static ones, the tuned ones and the name of the objective (a record of 2019). Its tags are
        those of the tuning job (service model).
        """
        request = {"TrainingJobName": name, **child(self.whole, self.body, tuned)}
        given = [{"Key": key, "Value": value} for key, value in tags]
        return _CHECKPOINTS({**request, "Tags": given} if given else request)


def defined(request: Mapping[str, Any]) -> tuple[Definition, ...]:
    """Return the training job definitions of a request as `Definition` objects, in their order."""
    return tuple(Definition(request, body) for body in definitions(request))
