"""The rules of CreateTrainingJob about the resources of a job: each is a function with its evidence, as in `table`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sagemock.checks import repeated
from sagemock.evidence import UNCHECKED, Assumption
from sagemock.training.plan.resources import choices

__all__ = [
    "ebs_volume_has_a_size",
    "instance_groups_stand_alone",
    "instance_preferences_are_counted_once",
    "instance_preferences_name_a_type_once",
    "instance_preferences_plan_once",
    "instance_preferences_stand_alone",
    "instances_are_given",
    "local_storage_has_its_own_key",
    "local_storage_key",
    "placed_instances_are_at_least_one",
    "selected_instance_is_read_only",
    "warm_pool_is_of_one_kind_on_demand",
]

_WORDS: Final = Assumption(
    "the words in which CreateTrainingJob refuses a ResourceConfig, except those for InstanceGroups beside InstanceType",
    knob=UNCHECKED,
)
_REFUSED: Final = Assumption(
    "that a request without instances is refused unless it is serverless, and a warm pool with spot or with InstanceGroups",
    knob=UNCHECKED,
)
# The families that the service model's documentation of VolumeSizeInGB names.
_LOCAL_STORAGE: Final = ("ml.p4d.", "ml.g4dn.", "ml.g5.")
_EBS_ONLY: Final = ("ml.c5.", "ml.p2.")


@_WORDS
def instances_are_given(request: Mapping[str, Any]) -> str | None:
    """Refuse a missing InstanceType or InstanceCount, as the SDK does (aws/sagemaker-python-sdk, job.py)."""
    resources = _resources(request)
    if resources.get("InstanceGroups") or "InstancePreferences" in resources or "ServerlessJobConfig" in request:
        return None
    for name in ("InstanceType", "InstanceCount"):
        if _REFUSED("ResourceConfig" in request and name not in resources):
            return f"{name} is required in ResourceConfig unless InstanceGroups or InstancePreferences is specified"
    return None


def instance_groups_stand_alone(request: Mapping[str, Any]) -> str | None:
    """Refuse InstanceGroups beside a type or a count, in words that were seen (aws/sagemaker-python-sdk#5555, #5564)."""
    resources = _resources(request)
    if resources.get("InstanceGroups") and ("InstanceType" in resources or "InstanceCount" in resources):
        return "InstanceType or InstanceCount cannot be specified with InstanceGroups"
    return None


@_WORDS
def instance_preferences_stand_alone(request: Mapping[str, Any]) -> str | None:
    """Refuse InstancePreferences with fields that the service model calls "mutually exclusive with" it."""
    resources = _resources(request)
    if "InstancePreferences" not in resources:
        return None
    for name in ("InstanceType", "InstanceGroups", "InstancePlacementConfig"):
        if resources.get(name):
            return f"InstancePreferences is mutually exclusive with {name}"
    if request.get("EnableManagedSpotTraining"):
        return "InstancePreferences is mutually exclusive with EnableManagedSpotTraining"
    return None


@_WORDS
def instance_preferences_name_a_type_once(request: Mapping[str, Any]) -> str | None:
    """Refuse a repeated type (service model: "An instance type can appear only once in an InstancePreferences list")."""
    kinds = [one["InstanceType"] for one in _preferences(request)]
    twice = repeated(kinds)
    return None if twice is None else f"An instance type can appear only once in InstancePreferences, and {twice} appears twice"


@_WORDS
def instance_preferences_are_counted_once(request: Mapping[str, Any]) -> str | None:
    """Refuse counts unless all of InstancePreferences have one, or only ResourceConfig has one.

    Service model, InstancePreference: "SageMaker rejects requests" that do otherwise.
    """
    preferences = _preferences(request)
    counted = sum("InstanceCount" in one for one in preferences)
    for_all = "InstanceCount" in _resources(request)
    if preferences and counted not in ((0,) if for_all else (len(preferences),)):
        return "InstanceCount must be specified either on every one of InstancePreferences or in ResourceConfig, and not both"
    return None


@_WORDS
def instance_preferences_plan_once(request: Mapping[str, Any]) -> str | None:
    """Refuse training plans in both ResourceConfig and InstancePreferences.

    Service model: TrainingPlanArns "is mutually exclusive with the job-level TrainingPlanArn".
    """
    planned = any(one.get("TrainingPlanArns") for one in _preferences(request))
    if planned and "TrainingPlanArn" in _resources(request):
        return "TrainingPlanArns of InstancePreferences is mutually exclusive with TrainingPlanArn of ResourceConfig"
    return None


@_WORDS
def selected_instance_is_read_only(request: Mapping[str, Any]) -> str | None:
    """Refuse SelectedInstanceType and SelectedInstanceCount.

    Service model: "This field is read-only and isn't accepted in CreateTrainingJob requests".
    """
    for name in ("SelectedInstanceType", "SelectedInstanceCount"):
        if name in _resources(request):
            return f"{name} is read-only and is not accepted in CreateTrainingJob requests"
    return None


@_WORDS
def placed_instances_are_at_least_one(request: Mapping[str, Any]) -> str | None:
    """Refuse an InstanceCount of 0 (service model, PlacementSpecification: "Minimum value of 1")."""
    placed = _resources(request).get("InstancePlacementConfig", {}).get("PlacementSpecifications", ())
    return (
        "InstanceCount of PlacementSpecifications must be at least 1" if any(not one["InstanceCount"] for one in placed) else None
    )


@_WORDS
def warm_pool_is_of_one_kind_on_demand(request: Mapping[str, Any]) -> str | None:
    """Refuse a warm pool for a spot job or InstanceGroups (developer guide: warm pools "cannot be used with" them)."""
    resources = _resources(request)
    if not _REFUSED(resources.get("KeepAlivePeriodInSeconds")):
        return None
    if request.get("EnableManagedSpotTraining"):
        return "KeepAlivePeriodInSeconds is not supported when EnableManagedSpotTraining is set to true"
    return "KeepAlivePeriodInSeconds is not supported with InstanceGroups" if resources.get("InstanceGroups") else None


@_WORDS
def local_storage_has_its_own_key(request: Mapping[str, Any]) -> str | None:
    """Refuse VolumeKmsKeyId with instance families that have local storage (service model: "You can't request" it)."""
    return local_storage_key(_resources(request), choices(request))


def local_storage_key(resources: Mapping[str, Any], types: Iterable[str]) -> str | None:
    """Refuse a VolumeKmsKeyId with instances that have local storage."""
    if resources.get("VolumeKmsKeyId"):
        for kind in types:
            if kind.startswith(_LOCAL_STORAGE):
                return f"VolumeKmsKeyId is not supported with instance type {kind}, which has local storage"
    return None


@_WORDS
def ebs_volume_has_a_size(request: Mapping[str, Any]) -> str | None:
    """Refuse a missing VolumeSizeInGB for families with EBS only (service model: "you must define the size of EBS volume")."""
    if not _resources(request).get("VolumeSizeInGB"):
        for kind in choices(request):
            if kind.startswith(_EBS_ONLY):
                return f"VolumeSizeInGB is required with instance type {kind}, which has no local storage"
    return None


def _resources(request: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request.get("ResourceConfig", {})
    return found


def _preferences(request: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = _resources(request).get("InstancePreferences", ())
    return found
