"""The rules of CreateHyperParameterTuningJob about the training job definitions, as in `tuning`."""

from collections.abc import Mapping
from typing import Any, Final

from sagemock.checks import repeated
from sagemock.evidence import UNCHECKED, Assumption
from sagemock.service import builtin
from sagemock.service.tuning_echo import metrics
from sagemock.tuning.definitions import definitions, objective

__all__ = [
    "definition_names_are_unique",
    "definition_or_definitions",
    "environment_is_small",
    "instance_configs_stand_alone",
    "objective_is_a_metric",
    "objective_is_given",
    "objective_is_in_one_place",
    "ranges_are_in_one_place",
    "resources_are_in_one_place",
]

_WORDS: Final = Assumption(
    "the words in which CreateHyperParameterTuningJob refuses a training job definition, unless another row or a source has them",
    since="2026-11-26",
    knob=UNCHECKED,
)
_ONE_FORM: Final = Assumption(
    "that a tuning job has either TrainingJobDefinition or TrainingJobDefinitions, that several definitions have different "
    "names, and that ranges and objective are either in the definitions or in HyperParameterTuningJobConfig",
    since="2026-11-26",
    knob=UNCHECKED,
)
_UNKNOWN: Final = Assumption(
    "that any objective is accepted for a built-in algorithm whose list of metrics was not found, and for an AlgorithmName",
    since="2026-11-26",
    knob="fault(…), with the words of the service",
)
_MOST_VARIABLES: Final = 48


@_WORDS
def definition_or_definitions(request: Mapping[str, Any]) -> str | None:
    """Refuse both or none of them: both are optional in the service model, and a description has the one that was sent."""
    if _ONE_FORM(("TrainingJobDefinition" in request) == ("TrainingJobDefinitions" in request)):
        return "Exactly one of TrainingJobDefinition and TrainingJobDefinitions must be specified"
    return None


@_WORDS
def definition_names_are_unique(request: Mapping[str, Any]) -> str | None:
    """Refuse missing or equal names: BestTrainingJob has TrainingJobDefinitionName, by which clients find the definition."""
    names = [one.get("DefinitionName") for one in definitions(request)]
    if len(names) == 1:
        return None
    if None in names:
        return "DefinitionName is required in each of TrainingJobDefinitions"
    twice = repeated(names)
    return None if twice is None else f"DefinitionName must be unique, and {twice} is given more than once"


@_WORDS
def ranges_are_in_one_place(request: Mapping[str, Any]) -> str | None:
    """Refuse ranges in both places: in the records with TrainingJobDefinitions, only the definitions have ranges."""
    inside = [one for one in definitions(request) if one.get("HyperParameterRanges")]
    beside = bool(request["HyperParameterTuningJobConfig"].get("ParameterRanges"))
    if _ONE_FORM(beside and ("TrainingJobDefinitions" in request or inside)):
        return (
            "ParameterRanges of HyperParameterTuningJobConfig must not be specified with TrainingJobDefinitions or with "
            "HyperParameterRanges: specify HyperParameterRanges in each definition"
        )
    return None


@_WORDS
def objective_is_in_one_place(request: Mapping[str, Any]) -> str | None:
    """Refuse an objective in both places: in the records with TrainingJobDefinitions, only the definitions have objectives."""
    inside = [one for one in definitions(request) if "TuningObjective" in one]
    beside = "HyperParameterTuningJobObjective" in request["HyperParameterTuningJobConfig"]
    if _ONE_FORM(beside and ("TrainingJobDefinitions" in request or inside)):
        return (
            "HyperParameterTuningJobObjective of HyperParameterTuningJobConfig must not be specified with TrainingJobDefinitions "
            "or with TuningObjective: specify TuningObjective in each definition"
        )
    return None


@_WORDS
def objective_is_given(request: Mapping[str, Any]) -> str | None:
    """Refuse a missing objective, which the model has as optional (hashicorp/terraform-provider-aws, PR #47138)."""
    if any(objective(request, one) is None for one in definitions(request)):
        return "An objective is required: specify HyperParameterTuningJobObjective or TuningObjective"
    return None


def objective_is_a_metric(request: Mapping[str, Any]) -> str | None:
    """Refuse an objective without a metric definition, in words that were seen.

    The words are in aws/amazon-sagemaker-examples#1207 and aws/sagemaker-python-sdk#3932.
    """
    for definition in definitions(request):
        given = objective(request, definition)
        known = metrics(definition, None if given is None else given["MetricName"])
        if known and known[-1]["Name"] == "ObjectiveMetric":
            continue
        if _UNKNOWN(known or not (builtin.is_built_in(definition) or definition["AlgorithmSpecification"].get("AlgorithmName"))):
            return (
                "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
            )
    return None


@_WORDS
def resources_are_in_one_place(request: Mapping[str, Any]) -> str | None:
    """Refuse both or none of ResourceConfig and HyperParameterTuningResourceConfig.

    Service model, ResourceConfig: for instance type flexibility, "use HyperParameterTuningResourceConfig instead".
    """
    for one in definitions(request):
        if ("ResourceConfig" in one) == ("HyperParameterTuningResourceConfig" in one):
            return "Exactly one of ResourceConfig and HyperParameterTuningResourceConfig must be specified"
    return None


@_WORDS
def instance_configs_stand_alone(request: Mapping[str, Any]) -> str | None:
    """Refuse InstanceType, InstanceCount and VolumeSizeInGB beside InstanceConfigs.

    Service model: "do not provide values for InstanceType, VolumeSizeInGB or InstanceCount".
    """
    for one in definitions(request):
        tuning = one.get("HyperParameterTuningResourceConfig", {})
        for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
            if "InstanceConfigs" in tuning and name in tuning:
                return f"{name} cannot be specified with InstanceConfigs in HyperParameterTuningResourceConfig"
    return None


@_WORDS
def environment_is_small(request: Mapping[str, Any]) -> str | None:
    """Refuse more variables in all definitions than one definition may have (service model, Environment: "can't exceed")."""
    total = sum(len(one.get("Environment", ())) for one in definitions(request))
    if total > _MOST_VARIABLES:
        return f"The definitions have {total} environment variables, and together they can have {_MOST_VARIABLES}"
    return None
