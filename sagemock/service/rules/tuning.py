"""The rules of CreateHyperParameterTuningJob beyond the constraints of single values: each is a function with its evidence.

A rule takes a request and returns the text of the refusal, or None, as in `table`. The rules about the definitions, about their
ranges and about the parents of a warm start have their own files. A definition that CreateTrainingJob would refuse is refused
here, too, in the same words, as was seen for MaxWaitTimeInSeconds (aws/amazon-sagemaker-examples#869).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sagemock.evidence import UNCHECKED, Assumption
from sagemock.protocol.refusal import LIMIT, Refusal
from sagemock.service.rules import table, tuning_definitions, tuning_ranges
from sagemock.service.rules.table import Rule
from sagemock.service.rules.tuning_warm_start import check_parents, parents_are_unique
from sagemock.tuning.definitions import child, definitions, static
from sagemock.tuning.space import Space
from sagemock.tuning.stopping import resources

__all__ = ["QUOTAS", "RULES", "TAKEN", "check", "check_parents"]

_WORDS: Final = Assumption(
    "the words in which CreateHyperParameterTuningJob refuses a strategy that the developer guide or the documentation of the "
    "service model excludes",
    since="2026-11-26",
    knob=UNCHECKED,
)
_BOUNDED: Final = Assumption(
    "that a tuning job is refused if nothing ends it: it has no MaxNumberOfTrainingJobs, MaxRuntimeInSeconds, completion "
    "criterion or Autotune, and its strategy is not Grid",
    since="2026-11-26",
    knob=UNCHECKED,
)
_LIMITS: Final = Assumption(
    "that the quotas of a tuning job are the highest that the developer guide names (100 training jobs at a time, 750 in all, "
    "10,000 with Random, 20 metrics), and the words of their refusal",
    since="2026-11-26",
    knob=UNCHECKED,
)
_PARALLEL: Final = Assumption("that MaxParallelTrainingJobs may exceed MaxNumberOfTrainingJobs", since="2026-11-26")
_MONTH: Final = Assumption(
    "that MaxRuntimeInSeconds of a tuning job may exceed the quota of 30 days, up to the bound of the service model",
    since="2026-11-26",
)
_EMPTY: Final = Assumption("that an empty StrategyConfig is accepted with any strategy", since="2026-11-26")
TAKEN: Final = (_PARALLEL, _MONTH)
"""Assumptions about requests that no rule refuses, although there is no evidence that the service accepts them."""
_MOST_RESOURCE: Final = 20_000
_AT_A_TIME, _IN_ALL, _IN_ALL_RANDOM, _METRICS = 100, 750, 10_000, 20


@_WORDS
def grid_is_categorical(request: Mapping[str, Any]) -> str | None:
    """Refuse Grid with other ranges than categorical ones (developer guide, grid search)."""
    if _strategy(request) == "Grid":
        for given in tuning_ranges.each(request):
            if given.get("IntegerParameterRanges") or given.get("ContinuousParameterRanges"):
                return "Grid search supports only CategoricalParameterRanges"
    return None


@_WORDS
def grid_is_whole(request: Mapping[str, Any]) -> str | None:
    """Refuse another MaxNumberOfTrainingJobs for Grid than the number of combinations (developer guide, grid search)."""
    most = limits(request).get("MaxNumberOfTrainingJobs")
    if _strategy(request) == "Grid" and most is not None:
        total = sum(Space.of(given).combinations or 0 for given in tuning_ranges.each(request))
        if total != most:
            return (
                f"Invalid MaxNumberOfTrainingJobs {most}. When the strategy is Grid, it must be equal to the number of "
                f"hyperparameter combinations, {total}, or not be specified"
            )
    return None


def hyperband_knows_its_resource(request: Mapping[str, Any]) -> str | None:
    """Refuse Hyperband without a MaxResource, in words that were seen (awslabs/graphstorm#1243)."""
    if _strategy(request) == "Hyperband" and any(found is None for found in _resources(request)):
        return (
            "MaxResource parameter is not provided and could not be inferred from provided static hyperparameters of "
            "TrainingJobDefinition."
        )
    return None


@_WORDS
def hyperband_resource_is_in_bounds(request: Mapping[str, Any]) -> str | None:
    """Refuse a MaxResource above 20,000 (service model: "The maximum value is 20,000"), or below MinResource."""
    for found in _resources(request):
        if found is not None and found[1] > _MOST_RESOURCE:
            return f"Invalid MaxResource {found[1]}. It must be less than or equal to {_MOST_RESOURCE}"
        if found is not None and found[0] > found[1]:
            return f"Invalid MinResource {found[0]}. It must be less than or equal to MaxResource, {found[1]}"
    return None


@_WORDS
def hyperband_stops_by_itself(request: Mapping[str, Any]) -> str | None:
    """Refuse early stopping with Hyperband (service model: "TrainingJobEarlyStoppingType must be OFF to use Hyperband")."""
    if _strategy(request) == "Hyperband" and _config(request).get("TrainingJobEarlyStoppingType") == "Auto":
        return "TrainingJobEarlyStoppingType must be Off when the strategy is Hyperband"
    return None


@_WORDS
def strategy_config_is_for_hyperband(request: Mapping[str, Any]) -> str | None:
    """Refuse StrategyConfig for other strategies (service model: "should be provided only if Hyperband is selected")."""
    if _strategy(request) != "Hyperband" and _EMPTY(_config(request).get("StrategyConfig", {})):
        return "HyperbandStrategyConfig is only supported when the strategy is Hyperband"
    return None


@_WORDS
def early_stopping_is_for_one_definition(request: Mapping[str, Any]) -> str | None:
    """Refuse early stopping for several algorithms (developer guide, early stopping)."""
    if _config(request).get("TrainingJobEarlyStoppingType") == "Auto" and len(definitions(request)) > 1:
        return "TrainingJobEarlyStoppingType must be Off when more than one training job definition is specified"
    return None


def something_ends_it(request: Mapping[str, Any]) -> str | None:
    """Refuse a tuning job that would launch training jobs forever."""
    given = limits(request)
    ends = "MaxNumberOfTrainingJobs" in given or "MaxRuntimeInSeconds" in given or "Autotune" in request
    if _BOUNDED(ends or _strategy(request) == "Grid" or bool(_config(request).get("TuningJobCompletionCriteria"))):
        return None
    return "MaxNumberOfTrainingJobs, MaxRuntimeInSeconds or TuningJobCompletionCriteria must be specified"


def parallel_jobs_are_within_the_quota(request: Mapping[str, Any]) -> str | None:
    """Refuse more than 100 children at a time (developer guide, limits: 10, which can be raised to 100)."""
    return _beyond(
        "Number of parallel training jobs per hyperparameter tuning job", _AT_A_TIME, limits(request)["MaxParallelTrainingJobs"]
    )


def jobs_are_within_the_quota(request: Mapping[str, Any]) -> str | None:
    """Refuse more children than 750, or 10,000 with Random (developer guide, limits)."""
    most = _IN_ALL_RANDOM if _strategy(request) == "Random" else _IN_ALL
    return _beyond(
        "Number of training jobs per hyperparameter tuning job", most, limits(request).get("MaxNumberOfTrainingJobs", 0)
    )


def metrics_are_within_the_quota(request: Mapping[str, Any]) -> str | None:
    """Refuse more than 20 metrics (developer guide, limits). Built-in algorithms define more, but not in the request."""
    most = max(len(one["AlgorithmSpecification"].get("MetricDefinitions", ())) for one in definitions(request))
    return _beyond("Number of metrics defined per hyperparameter tuning job", _METRICS, most)


RULES: Final[Sequence[Rule]] = (
    tuning_definitions.definition_or_definitions,
    tuning_definitions.definition_names_are_unique,
    tuning_definitions.ranges_are_in_one_place,
    tuning_definitions.objective_is_in_one_place,
    tuning_definitions.objective_is_given,
    tuning_definitions.objective_is_a_metric,
    tuning_definitions.resources_are_in_one_place,
    tuning_definitions.instance_configs_stand_alone,
    tuning_definitions.environment_is_small,
    tuning_ranges.names_are_unique,
    tuning_ranges.bounds_are_numbers,
    tuning_ranges.bounds_are_in_order,
    tuning_ranges.scale_fits,
    tuning_ranges.categories_are_unique,
    tuning_ranges.ranges_are_few,
    tuning_ranges.hyperparameters_are_few,
    grid_is_categorical,
    grid_is_whole,
    tuning_ranges.combinations_suffice,
    hyperband_knows_its_resource,
    hyperband_resource_is_in_bounds,
    hyperband_stops_by_itself,
    strategy_config_is_for_hyperband,
    early_stopping_is_for_one_definition,
    something_ends_it,
    parents_are_unique,
)
"""The rules in the order in which they run; the first refusal is the answer."""
QUOTAS: Final[Sequence[Rule]] = (
    parallel_jobs_are_within_the_quota,
    jobs_are_within_the_quota,
    metrics_are_within_the_quota,
)
"""The rules about quotas, which run last."""


def check(request: Mapping[str, Any]) -> None:
    """Refuse a request if a rule refuses it, or if a training job that it describes would be refused."""
    _ask(RULES, request, "ValidationException")
    for definition in definitions(request):
        table.check({"TrainingJobName": "", **child(request, definition, {}), "Tags": request.get("Tags", ())})
    _ask(QUOTAS, request, LIMIT)


def limits(request: Mapping[str, Any]) -> Mapping[str, int]:
    """Return the ResourceLimits of a request."""
    found: Mapping[str, int] = _config(request)["ResourceLimits"]
    return found


def _ask(rules: Sequence[Rule], request: Mapping[str, Any], code: str) -> None:
    for rule in rules:
        if (text := rule(request)) is not None:
            raise Refusal(code, text)


def _beyond(quota: str, most: int, wanted: int) -> str | None:
    """Return a refusal with the text for the quota of instances, which was seen."""
    if _LIMITS(wanted <= most):
        return None
    return (
        f"The account-level service limit '{quota}' is {most}, with current utilization of 0 and a request delta of {wanted}. "
        "Please use AWS Service Quotas to request an increase for this quota."
    )


def _resources(request: Mapping[str, Any]) -> Sequence[tuple[int, int] | None]:
    if _strategy(request) != "Hyperband":
        return ()
    return [resources(_config(request).get("StrategyConfig"), static(definition)) for definition in definitions(request)]


def _strategy(request: Mapping[str, Any]) -> str:
    found: str = _config(request)["Strategy"]
    return found


def _config(request: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request["HyperParameterTuningJobConfig"]
    return found
