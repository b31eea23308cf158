"""The rules of CreateTrainingJob beyond the constraints of single values: each is a function with its evidence.

A rule returns the text of the refusal, or None. To add a rule, write it and name it in `RULES`, under the member that it needs.
Rules run in the order of the request, and the first refusal is the answer. The rules about the algorithm and about the resources
have their own files.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sagemock.checks import repeated
from sagemock.evidence import UNCHECKED, YOUR_WORDS, Assumption
from sagemock.protocol.refusal import INVALID, Refusal
from sagemock.service import metrics
from sagemock.service.rules import algorithms, resources

__all__ = ["RULES", "TAKEN", "Rule", "check"]

Rule: TypeAlias = Callable[[Mapping[str, Any]], str | None]

_WORDS: Final = Assumption(
    "the words in which CreateTrainingJob refuses a request that the documentation of the service model or the developer guide "
    "excludes, unless another row or a source has them",
    knob=UNCHECKED,
)
_ONE_SOURCE: Final = Assumption("that a channel with two data sources, or with none, is refused", knob=UNCHECKED)
_DAY_S: Final = 86_400


def max_wait_is_for_spot(request: Mapping[str, Any]) -> str | None:
    """Refuse MaxWaitTimeInSeconds for an on-demand job, in words that were seen (Kenza-AI/sagify#111)."""
    if "MaxWaitTimeInSeconds" in _condition(request) and not request.get("EnableManagedSpotTraining"):
        return "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
    return None


@_WORDS
def max_wait_covers_max_runtime(request: Mapping[str, Any]) -> str | None:
    """Refuse too short a MaxWaitTimeInSeconds (service model: "It must be equal to or greater than MaxRuntimeInSeconds")."""
    condition = _condition(request)
    if condition.get("MaxWaitTimeInSeconds", _FAR) < condition.get("MaxRuntimeInSeconds", _DAY_S):
        return "Invalid MaxWaitTimeInSeconds. It must be equal to or greater than MaxRuntimeInSeconds"
    return None


@_WORDS
def spot_needs_max_wait(request: Mapping[str, Any]) -> str | None:
    """Refuse a spot job without MaxWaitTimeInSeconds (developer guide, managed spot training)."""
    if request.get("EnableManagedSpotTraining") and "MaxWaitTimeInSeconds" not in _condition(request):
        return "MaxWaitTimeInSeconds must be specified when EnableManagedSpotTraining is set to true"
    return None


@_WORDS
def max_runtime_is_at_most_28_days(request: Mapping[str, Any]) -> str | None:
    """Refuse a MaxRuntimeInSeconds of more than 28 days (service model: "The maximum value is 28 days")."""
    if _condition(request).get("MaxRuntimeInSeconds", 0) > 28 * _DAY_S:
        return f"Invalid MaxRuntimeInSeconds. It must be less than or equal to {28 * _DAY_S}"
    return None


@_WORDS
def augmented_manifest_is_piped(request: Mapping[str, Any]) -> str | None:
    """Refuse AugmentedManifestFile without Pipe (service model: "can only be used if the Channel's input mode is Pipe")."""
    mode = request.get("AlgorithmSpecification", {}).get("TrainingInputMode")
    for channel in request.get("InputDataConfig", ()):
        source = channel.get("DataSource", {}).get("S3DataSource", {})
        if source.get("S3DataType") == "AugmentedManifestFile" and channel.get("InputMode", mode) != "Pipe":
            return f"AugmentedManifestFile can only be used in Pipe input mode, channel {channel['ChannelName']}"
    return None


@_WORDS
def channel_has_one_source(request: Mapping[str, Any]) -> str | None:
    """Refuse a channel with no or several sources (service model, DataSource: "the location of the channel data")."""
    for channel in request.get("InputDataConfig", ()):
        if _ONE_SOURCE(len(channel.get("DataSource", {})) != 1):
            return f"Exactly one data source must be specified for channel {channel['ChannelName']}"
    return None


_OTHER_WORDS: Final = Assumption(
    "the words in which two equal channels, or tags that begin with aws:, are refused, and that equal channels are refused",
    since="2026-11-26",
    knob=UNCHECKED,
)
_FILE_SYSTEM: Final = Assumption(
    "that a channel on FSx or EFS is accepted without VpcConfig, and its job has a normal life",
    since="2026-11-26",
    knob=UNCHECKED,
)
_ATTRIBUTES: Final = Assumption(
    "that an AugmentedManifestFile is accepted without AttributeNames (with wrong names the job fails later: "
    "aws/amazon-sagemaker-examples#1283)",
    since="2026-11-26",
    knob="Plan.fails(reason, during=…)",
)
_ROLE: Final = Assumption("that a role of another account or partition is accepted", since="2026-11-26", knob=YOUR_WORDS)
_METRIC_NAMES: Final = Assumption(
    "that two metric definitions with the same name are accepted, and FinalMetricDataList shows both", since="2026-11-26"
)
_VOLUME: Final = Assumption(
    "that VolumeSizeInGB may be left out, except for the families that have only EBS according to the service model",
    since="2026-11-26",
)
TAKEN: Final = (_FILE_SYSTEM, _ATTRIBUTES, _ROLE, _METRIC_NAMES, _VOLUME)
"""Assumptions about requests that no rule refuses, although there is no evidence that the service accepts them."""


def channel_names_are_unique(request: Mapping[str, Any]) -> str | None:
    """Refuse two channels whose data would have one path, /opt/ml/input/data/<channel> (developer guide)."""
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", ())]
    twice = repeated(names)
    return None if twice is None else _OTHER_WORDS(f"ChannelName must be unique, and {twice} is given more than once")


def tag_keys_are_free(request: Mapping[str, Any]) -> str | None:
    """Refuse keys that are AWS's own (aws/sagemaker-python-sdk#1362 says that they are refused, but not in which words)."""
    for tag in request.get("Tags", ()):
        if tag["Key"].lower().startswith("aws:"):
            return _OTHER_WORDS(f"Tag keys that begin with aws: are reserved, and {tag['Key']} is one")
    return None


@_WORDS
def tag_keys_are_unique(request: Mapping[str, Any]) -> str | None:
    """Refuse two tags with the same key (operation documentation of AddTags: "Tag keys must be unique per resource")."""
    twice = repeated([tag["Key"] for tag in request.get("Tags", ())])
    return None if twice is None else f"Tag keys must be unique per resource, and {twice} is given more than once"


@_WORDS
def evaluation_has_a_type(request: Mapping[str, Any]) -> str | None:
    """Refuse a missing EvaluationType (service model: "Required when serverless job type is Evaluation")."""
    serverless = request.get("ServerlessJobConfig", {})
    if serverless.get("JobType") == "Evaluation" and "EvaluationType" not in serverless:
        return "EvaluationType is required when the JobType of ServerlessJobConfig is Evaluation"
    return None


@_WORDS
def sequence_length_is_known(request: Mapping[str, Any]) -> str | None:
    """Refuse another SequenceLength than the service model allows: "an integer value from 1K to 1024K"."""
    length = request.get("ServerlessJobConfig", {}).get("SequenceLength")
    if length is not None and not 1 <= int(length.removesuffix("K")) <= 1024:  # noqa: PLR2004  # as the model has it
        return f"Invalid SequenceLength {length}. It must be a value from 1K to 1024K"
    return None


@_WORDS
def profiling_interval_is_known(request: Mapping[str, Any]) -> str | None:
    """Refuse an interval that the service model does not list (ProfilingIntervalInMilliseconds: "Available values are")."""
    interval = request.get("ProfilerConfig", {}).get("ProfilingIntervalInMilliseconds", INTERVALS[0])
    if interval not in INTERVALS:
        return f"Invalid ProfilingIntervalInMilliseconds {interval}. It must be one of {', '.join(map(str, INTERVALS))}"
    return None


@_WORDS
def rule_names_are_unique(request: Mapping[str, Any]) -> str | None:
    """Refuse two rules with the same name (service model: "It must be unique relative to other rule configuration names")."""
    for member in ("DebugRuleConfigurations", "ProfilerRuleConfigurations"):
        names = [rule["RuleConfigurationName"] for rule in request.get(member, ())]
        twice = repeated(names)
        if twice is not None:
            return f"RuleConfigurationName must be unique in {member}, and {twice} is given more than once"
    return None


INTERVALS: Final = (100, 200, 500, 1000, 5000, 60_000)
"""The valid profiling intervals, in milliseconds."""
RULES: Final[Mapping[str, Sequence[Rule]]] = {
    "TrainingJobName": (algorithms.algorithm_and_resources_are_given,),
    "AlgorithmSpecification": (algorithms.one_algorithm,),
    "AlgorithmSpecification.TrainingImage": (algorithms.image_is_in_ecr,),
    "AlgorithmSpecification.MetricDefinitions": (algorithms.builtin_metrics_are_fixed, metrics.readable),
    "ResourceConfig": (resources.instances_are_given, resources.ebs_volume_has_a_size),
    "ResourceConfig.InstanceGroups": (resources.instance_groups_stand_alone,),
    "ResourceConfig.InstancePreferences": (
        resources.instance_preferences_stand_alone,
        resources.instance_preferences_name_a_type_once,
        resources.instance_preferences_are_counted_once,
        resources.instance_preferences_plan_once,
    ),
    "ResourceConfig.SelectedInstanceType": (resources.selected_instance_is_read_only,),
    "ResourceConfig.SelectedInstanceCount": (resources.selected_instance_is_read_only,),
    "ResourceConfig.InstancePlacementConfig": (resources.placed_instances_are_at_least_one,),
    "ResourceConfig.KeepAlivePeriodInSeconds": (resources.warm_pool_is_of_one_kind_on_demand,),
    "ResourceConfig.VolumeKmsKeyId": (resources.local_storage_has_its_own_key,),
    "StoppingCondition.MaxRuntimeInSeconds": (max_runtime_is_at_most_28_days,),
    "StoppingCondition.MaxWaitTimeInSeconds": (
        max_wait_is_for_spot,
        max_wait_covers_max_runtime,
        algorithms.short_wait_without_checkpoints,
    ),
    "EnableManagedSpotTraining": (spot_needs_max_wait,),
    "InputDataConfig": (channel_names_are_unique, channel_has_one_source, augmented_manifest_is_piped),
    "ServerlessJobConfig": (evaluation_has_a_type, sequence_length_is_known),
    "ProfilerConfig": (profiling_interval_is_known,),
    "DebugRuleConfigurations": (rule_names_are_unique,),
    "ProfilerRuleConfigurations": (rule_names_are_unique,),
    "Tags": (tag_keys_are_unique, tag_keys_are_free),
}
"""The rules, by the member that they need, or by the member of a member.

A rule about a missing member is listed under a member that every request has.
"""
_NESTED: Final = {
    member: {path.partition(".")[2]: rules for path, rules in RULES.items() if path.startswith(f"{member}.")}
    for member in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition")
}

_FAR: Final = float("inf")


def check(request: Mapping[str, Any]) -> None:
    """Refuse a request if a rule refuses it."""
    for member in request:
        for rule in RULES.get(member, ()):
            if (text := rule(request)) is not None:
                raise Refusal(INVALID, text)
        nested = _NESTED.get(member)
        if nested is not None:
            for name in request[member]:
                for rule in nested.get(name, ()):
                    if (text := rule(request)) is not None:
                        raise Refusal(INVALID, text)


def _condition(request: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request.get("StoppingCondition", {})
    return found
