"""What CreateHyperParameterTuningJob refuses beyond the constraints on single values."""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from inspect import isfunction
from typing import Any

import pytest

from sagemock.protocol import validate
from sagemock.protocol.refusal import Refusal
from sagemock.service.rules import tuning, tuning_definitions, tuning_ranges, tuning_warm_start
from sagemock.service.rules.tuning import check, check_parents
from sagemock.service.tuning_echo import filled
from sagemock.tuning.definitions import child, definitions, objective, ranges
from sagemock.tuning.space import Space
from sagemock.tuning.strategies import propose
from tests.protocol.shapes import of_sagemaker

OWN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
BUILT_IN = "382416733822.dkr.ecr.us-east-1.amazonaws.com/{}:1"
LOSS = {"Name": "loss", "Regex": "loss=(.*)"}
OBJECTIVE = {"Type": "Minimize", "MetricName": "loss"}
DEPTH = {"Name": "depth", "MinValue": "1", "MaxValue": "10"}
RATE = {"Name": "rate", "MinValue": "0.1", "MaxValue": "0.9"}
KIND = {"Name": "kind", "Values": ["a", "b", "c"]}
RANGES = {"IntegerParameterRanges": [DEPTH], "ContinuousParameterRanges": [RATE], "CategoricalParameterRanges": [KIND]}
DEFINITION: dict[str, Any] = {
    "AlgorithmSpecification": {"TrainingImage": OWN, "TrainingInputMode": "File", "MetricDefinitions": [LOSS]},
    "RoleArn": "arn:aws:iam::123456789012:role/Training",
    "OutputDataConfig": {"S3OutputPath": "s3://churn/models"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
}
NO_METRIC = "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
NO_RESOURCE = (
    "MaxResource parameter is not provided and could not be inferred from provided static hyperparameters of "
    "TrainingJobDefinition."
)
QUOTA = (
    "The account-level service limit '{}' is {}, with current utilization of 0 and a request delta of {}. "
    "Please use AWS Service Quotas to request an increase for this quota."
)


def valid(**changes: Any) -> dict[str, Any]:
    """Return a valid request with one definition; `None` removes a member of the configuration."""
    config = {
        "Strategy": "Bayesian",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
        "HyperParameterTuningJobObjective": OBJECTIVE,
        "ParameterRanges": RANGES,
        **changes,
    }
    return {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": {name: value for name, value in config.items() if value is not None},
        "TrainingJobDefinition": deepcopy(DEFINITION),
    }


def several(*names: str | None, **changes: Any) -> dict[str, Any]:
    """Return a request with several definitions, each with its own ranges and objective."""
    whole = valid(ParameterRanges=None, HyperParameterTuningJobObjective=None, **changes)
    one = {**whole.pop("TrainingJobDefinition"), "TuningObjective": OBJECTIVE, "HyperParameterRanges": RANGES}
    return {**whole, "TrainingJobDefinitions": [one if name is None else {**one, "DefinitionName": name} for name in names]}


def with_definition(**members: Any) -> dict[str, Any]:
    """Return a request with other members in its definition; `None` removes one."""
    whole = valid()
    given = {**whole["TrainingJobDefinition"], **members}
    return {**whole, "TrainingJobDefinition": {name: value for name, value in given.items() if value is not None}}


def image(name: str, metric: str, **members: Any) -> dict[str, Any]:
    """Return a request for an algorithm without its own metric definitions, with this objective."""
    algorithm = {"TrainingImage": name, "TrainingInputMode": "File", **members}
    objective = {"Type": "Minimize", "MetricName": metric}
    definition = {**DEFINITION, "AlgorithmSpecification": algorithm}
    return {**valid(HyperParameterTuningJobObjective=objective), "TrainingJobDefinition": definition}


def with_ranges(**kinds: Any) -> dict[str, Any]:
    """Return a request with these ranges only."""
    return valid(ParameterRanges={f"{kind}ParameterRanges": given for kind, given in kinds.items()})


def number(kind: str, low: str, high: str, scaling: str | None = None) -> dict[str, Any]:
    """Return a request with one more numeric range."""
    scale = {} if scaling is None else {"ScalingType": scaling}
    given = {"Name": "x", "MinValue": low, "MaxValue": high, **scale}
    return valid(ParameterRanges={**RANGES, f"{kind}ParameterRanges": [given]})


def with_limits(most: int | None = None, parallel: int = 2, **changes: Any) -> dict[str, Any]:
    """Return a request with these limits."""
    given = {"MaxParallelTrainingJobs": parallel, **({} if most is None else {"MaxNumberOfTrainingJobs": most})}
    return valid(ResourceLimits=given, **changes)


def grid(most: int | None, **kinds: Any) -> dict[str, Any]:
    """Return a request with the strategy Grid."""
    ranges = {f"{kind}ParameterRanges": given for kind, given in kinds.items()}
    return with_limits(most, Strategy="Grid", ParameterRanges=ranges)


def hyperband(static: dict[str, str] | None = None, early: str = "Off", **resource: int) -> dict[str, Any]:
    """Return a request with the strategy Hyperband."""
    config = {"HyperbandStrategyConfig": resource}
    whole = valid(Strategy="Hyperband", TrainingJobEarlyStoppingType=early, StrategyConfig=config)
    whole["TrainingJobDefinition"]["StaticHyperParameters"] = static or {}
    return whole


def refusal_of(call: Callable[[], None]) -> tuple[str, str]:
    """Return the code and the message of a refusal."""
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value.code, caught.value.message


FLEXIBLE = {"InstanceConfigs": [{"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}]}
TWICE = {**several("a", "b"), "TrainingJobDefinition": DEFINITION}
BESIDE = "must not be specified with TrainingJobDefinitions or with"


@pytest.mark.parametrize(
    "request_,text",
    [
        (TWICE, "Exactly one of TrainingJobDefinition and TrainingJobDefinitions must be specified"),
        (
            {**valid(), "TrainingJobDefinition": None} | {"TrainingJobDefinitions": []} | {"TrainingJobDefinition": DEFINITION},
            "Exactly one of TrainingJobDefinition and TrainingJobDefinitions must be specified",
        ),
        (several("a", None), "DefinitionName is required in each of TrainingJobDefinitions"),
        (several("a", "b", "a"), "DefinitionName must be unique, and a is given more than once"),
        (
            {
                **several("a"),
                "HyperParameterTuningJobConfig": valid(HyperParameterTuningJobObjective=None)["HyperParameterTuningJobConfig"],
            },
            (
                f"ParameterRanges of HyperParameterTuningJobConfig {BESIDE} HyperParameterRanges: specify HyperParameterRanges "
                "in each definition"
            ),
        ),
        (
            with_definition(HyperParameterRanges=RANGES),
            (
                f"ParameterRanges of HyperParameterTuningJobConfig {BESIDE} HyperParameterRanges: specify HyperParameterRanges "
                "in each definition"
            ),
        ),
        (
            {**several("a"), "HyperParameterTuningJobConfig": valid(ParameterRanges=None)["HyperParameterTuningJobConfig"]},
            (
                f"HyperParameterTuningJobObjective of HyperParameterTuningJobConfig {BESIDE} TuningObjective: specify "
                "TuningObjective in each definition"
            ),
        ),
        (
            with_definition(TuningObjective=OBJECTIVE),
            (
                f"HyperParameterTuningJobObjective of HyperParameterTuningJobConfig {BESIDE} TuningObjective: specify "
                "TuningObjective in each definition"
            ),
        ),
        (
            valid(HyperParameterTuningJobObjective=None),
            "An objective is required: specify HyperParameterTuningJobObjective or TuningObjective",
        ),
        (image(OWN, "loss"), NO_METRIC),
        (image(OWN, "loss", MetricDefinitions=[{**LOSS, "Name": "other"}]), NO_METRIC),
        (image(BUILT_IN.format("kmeans"), "loss"), NO_METRIC),
        (
            image(BUILT_IN.format("kmeans"), "loss", MetricDefinitions=[LOSS]),
            (
                "You can't override the metric definitions for Amazon SageMaker algorithms. "
                "Please retry the request without specifying metric definitions."
            ),
        ),
        (
            with_definition(ResourceConfig=None),
            "Exactly one of ResourceConfig and HyperParameterTuningResourceConfig must be specified",
        ),
        (
            with_definition(HyperParameterTuningResourceConfig=FLEXIBLE),
            "Exactly one of ResourceConfig and HyperParameterTuningResourceConfig must be specified",
        ),
        (
            with_definition(ResourceConfig=None, HyperParameterTuningResourceConfig={**FLEXIBLE, "InstanceCount": 1}),
            "InstanceCount cannot be specified with InstanceConfigs in HyperParameterTuningResourceConfig",
        ),
        (
            with_definition(Environment={f"V{n}": "" for n in range(49)}),
            "The definitions have 49 environment variables, and together they can have 48",
        ),
        # -- ranges
        (
            with_ranges(Integer=[DEPTH], Continuous=[{**RATE, "Name": "depth"}]),
            "Hyperparameter names must be unique, and depth is tuned more than once",
        ),
        (
            with_ranges(Integer=[DEPTH, DEPTH]),
            "Hyperparameter names must be unique, and depth is tuned more than once",
        ),
        (
            with_definition(StaticHyperParameters={"epochs": "3", "rate": "1"}),
            "Hyperparameter rate cannot be both static and tuned",
        ),
        (number("Integer", "1", "2.5"), "Invalid MaxValue 2.5 of hyperparameter x. It must be an integer"),
        (number("Integer", "one", "2"), "Invalid MinValue one of hyperparameter x. It must be an integer"),
        (number("Continuous", "", "2"), "Invalid MinValue  of hyperparameter x. It must be a number"),
        (number("Continuous", "1", "nan"), "Invalid MaxValue nan of hyperparameter x. It must be a number"),
        (number("Integer", "2", "2"), "Invalid range of hyperparameter x. MinValue 2 must be less than MaxValue 2"),
        (number("Continuous", "2", "1e-3"), "Invalid range of hyperparameter x. MinValue 2 must be less than MaxValue 1e-3"),
        (number("Integer", "0", "9", "Logarithmic"), "Logarithmic scaling of hyperparameter x requires values greater than 0"),
        (
            number("Continuous", "-1", "9", "Logarithmic"),
            "Logarithmic scaling of hyperparameter x requires values greater than 0",
        ),
        (
            number("Continuous", "0", "1", "ReverseLogarithmic"),
            "ReverseLogarithmic scaling of hyperparameter x requires values from 0 to less than 1",
        ),
        (
            number("Continuous", "-0.1", "0.5", "ReverseLogarithmic"),
            "ReverseLogarithmic scaling of hyperparameter x requires values from 0 to less than 1",
        ),
        (
            number("Integer", "0", "9", "ReverseLogarithmic"),
            "ReverseLogarithmic scaling of hyperparameter x is not supported for integer ranges",
        ),
        (
            with_ranges(Continuous=[RATE], Categorical=[{"Name": "kind", "Values": ["a", "b", "a"]}]),
            "Values of hyperparameter kind must be unique, and a is given more than once",
        ),
        (
            with_ranges(Continuous=[{**RATE, "Name": f"x{n}"} for n in range(30)], Integer=[DEPTH]),
            "A tuning job can search 30 hyperparameters, and 31 are given",
        ),
        (
            with_definition(StaticHyperParameters={f"h{n}": "" for n in range(97)}),
            "A training job can have 100 hyperparameters, and 101 are given, static and tuned, with _tuning_objective_metric",
        ),
        (
            with_limits(10, ParameterRanges={"CategoricalParameterRanges": [KIND]}),
            (
                "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations "
                "for the provided ranges [3.0] must be equal or greater than the value of MaxNumberOfJobs, [10]. Provide "
                "additional ranges."
            ),
        ),
        # -- strategies
        (grid(None, Integer=[DEPTH]), "Grid search supports only CategoricalParameterRanges"),
        (grid(None, Categorical=[KIND], Continuous=[RATE]), "Grid search supports only CategoricalParameterRanges"),
        (
            grid(4, Categorical=[KIND]),
            (
                "Invalid MaxNumberOfTrainingJobs 4. When the strategy is Grid, it must be equal to the number of hyperparameter "
                "combinations, 3, or not be specified"
            ),
        ),
        (hyperband(), NO_RESOURCE),
        (hyperband({"max_epochs": "9"}, MinResource=1), NO_RESOURCE),
        (hyperband(MaxResource=20_001), "Invalid MaxResource 20001. It must be less than or equal to 20000"),
        (hyperband({"epochs": "20001"}), "Invalid MaxResource 20001. It must be less than or equal to 20000"),
        (
            hyperband(MinResource=9, MaxResource=8),
            "Invalid MinResource 9. It must be less than or equal to MaxResource, 8",
        ),
        (hyperband(early="Auto", MaxResource=9), "TrainingJobEarlyStoppingType must be Off when the strategy is Hyperband"),
        (
            valid(StrategyConfig={"HyperbandStrategyConfig": {"MaxResource": 9}}),
            "HyperbandStrategyConfig is only supported when the strategy is Hyperband",
        ),
        (
            several("a", "b", TrainingJobEarlyStoppingType="Auto"),
            "TrainingJobEarlyStoppingType must be Off when more than one training job definition is specified",
        ),
        (with_limits(), "MaxNumberOfTrainingJobs, MaxRuntimeInSeconds or TuningJobCompletionCriteria must be specified"),
        # -- rules of CreateTrainingJob
        (
            with_definition(StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}),
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true",
        ),
        (
            with_definition(ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 0}),
            "VolumeSizeInGB is required with instance type ml.c5.xlarge, which has no local storage",
        ),
        (
            {**valid(), "Tags": [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]},
            "Tag keys must be unique per resource, and team is given more than once",
        ),
        # -- warm start
        (
            {**valid(), "WarmStartConfig": {"ParentHyperParameterTuningJobs": [{}]}},
            "HyperParameterTuningJobName is required in each of ParentHyperParameterTuningJobs",
        ),
        (
            {
                **valid(),
                "WarmStartConfig": {
                    "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": name} for name in ("Old", "old")]
                },
            },
            "Parent hyperparameter tuning jobs must be unique, and old is given more than once",
        ),
    ],
)
def test_a_rule_refuses(request_: dict[str, Any], text: str) -> None:
    """As a ValidationException."""
    assert refusal_of(lambda: check(request_)) == ("ValidationException", text)


@pytest.mark.parametrize(
    "request_,limit",
    [
        (with_limits(751), ("training jobs per hyperparameter tuning job", 750, 751)),
        (with_limits(10_001, Strategy="Random"), ("training jobs per hyperparameter tuning job", 10_000, 10_001)),
        (with_limits(200, parallel=101), ("parallel training jobs per hyperparameter tuning job", 100, 101)),
        (
            image(OWN, "loss", MetricDefinitions=[LOSS, *({**LOSS, "Name": f"m{n}"} for n in range(20))]),
            ("metrics defined per hyperparameter tuning job", 20, 21),
        ),
    ],
)
def test_a_quota_refuses(request_: dict[str, Any], limit: tuple[str, int, int]) -> None:
    """As ResourceLimitExceeded, with the highest value that AWS names."""
    quota, most, wanted = limit
    text = QUOTA.format(f"Number of {quota}", most, wanted)
    assert refusal_of(lambda: check(request_)) == ("ResourceLimitExceeded", text)


@pytest.mark.parametrize(
    "request_",
    [
        valid(),
        several("a"),
        several(None),
        several("a", "b"),
        valid(ParameterRanges=None, ResourceLimits={"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}),
        {
            **several("a"),
            "HyperParameterTuningJobConfig": valid(ParameterRanges={}, HyperParameterTuningJobObjective=None)[
                "HyperParameterTuningJobConfig"
            ],
        },
        image(BUILT_IN.format("kmeans"), "test:msd"),
        image(BUILT_IN.format("pca"), "whatever"),
        image("", "whatever", AlgorithmName="churn"),
        with_definition(ResourceConfig=None, HyperParameterTuningResourceConfig=FLEXIBLE),
        with_definition(
            ResourceConfig=None, HyperParameterTuningResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1}
        ),
        with_definition(Environment={f"V{n}": "" for n in range(48)}),
        with_definition(StaticHyperParameters={f"h{n}": "" for n in range(96)}),
        number("Integer", "1", "9", "Logarithmic"),
        number("Integer", "-9", "-1"),
        number("Continuous", "0", "0.99", "ReverseLogarithmic"),
        number("Continuous", "1e-5", "1E+2", "Logarithmic"),
        with_ranges(Continuous=[{**RATE, "Name": f"x{n}"} for n in range(30)]),
        with_limits(3, ParameterRanges={"CategoricalParameterRanges": [KIND]}),
        with_limits(750, parallel=100),
        with_limits(10_000, Strategy="Random"),
        # No report of a refusal was found.
        with_limits(2, parallel=9),
        with_limits(9, ParameterRanges={"AutoParameters": [{"Name": "rate", "ValueHint": "1"}]}),
        {**with_limits(9, ParameterRanges=None), "Autotune": {"Mode": "Enabled"}},
        {**with_limits(None, ParameterRanges=None), "Autotune": {"Mode": "Enabled"}},
        with_limits(None, TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 1.0}),
        valid(ResourceLimits={"MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": 15_768_000}),
        grid(3, Categorical=[KIND]),
        grid(9, Categorical=[KIND, {**KIND, "Name": "other"}]),
        grid(None, Categorical=[KIND], Integer=[]),
        hyperband(MaxResource=20_000, MinResource=20_000),
        hyperband({"epochs": "27"}),
        valid(StrategyConfig={}),
        valid(TrainingJobEarlyStoppingType="Auto"),
        several("a", "b", TrainingJobEarlyStoppingType="Off"),
        {**valid(), "WarmStartConfig": {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "old"}]}},
        image(OWN, "loss", MetricDefinitions=[LOSS, *({**LOSS, "Name": f"m{n}"} for n in range(19))]),
    ],
)
def test_a_request_that_fits_all_rules_is_accepted(request_: dict[str, Any]) -> None:
    """Each is close to one that is refused."""
    check(request_)


def test_every_rule_is_in_the_table() -> None:
    """A rule that is not listed would refuse nothing."""
    listed = {rule.__name__ for rule in (*tuning.RULES, *tuning.QUOTAS)}
    files = (tuning, tuning_definitions, tuning_ranges, tuning_warm_start)
    written = {
        name
        for file in files
        for name, value in vars(file).items()
        if isfunction(value) and value.__module__ == file.__name__ and name[0] != "_"
    }
    assert written - listed == {"check", "check_parents", "limits", "each"}
    assert all(rule(valid()) is None for rule in (*tuning.RULES, *tuning.QUOTAS))


def test_a_rule_skips_what_another_rule_refuses() -> None:
    """A bound that is not a number has no order."""
    for rule in (tuning_ranges.bounds_are_in_order, tuning_ranges.scale_fits):
        assert rule(number("Integer", "one", "0", "Logarithmic")) is None
        assert rule(number("Continuous", "1", "none", "ReverseLogarithmic")) is None


# -- warm start

NAMES = (
    "The set of tunable plus static HyperParameter names is not the same across current and parent tuning jobs. Please ensure "
    "this set is constant when warm starting. Note that previously static HyperParameters can be tuned in warm start jobs and "
    "vice versa."
)
FIELDS = (
    "Only the following fields in TrainingJobDefinition are allowed to change: [algorithmSpecification, inputDataConfig, "
    "outputDataConfig, staticHyperParameters, roleArn, resourceConfig, stoppingCondition, vpcConfig, enableManagedSpotTraining, "
    "checkpointConfig]."
)


def warm_start_definition(static: dict[str, str], kinds: dict[str, list[str]] | None = None, **members: Any) -> dict[str, Any]:
    """Return a request with static hyperparameters, categorical ranges and other members in its definition."""
    given = [{"Name": name, "Values": values} for name, values in (kinds or {}).items()]
    whole = valid(ParameterRanges={"CategoricalParameterRanges": given})
    whole["TrainingJobDefinition"] |= {"StaticHyperParameters": static, **members}
    return whole


def changed_by(of_values: int, to_static: int, **more: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a request and its parent that differ in so many hyperparameters."""
    values = [f"v{n}" for n in range(of_values)]
    ranges = {f"r{n}": ["a"] for n in range(to_static)}
    old = warm_start_definition(dict.fromkeys(values, "1") | dict.fromkeys(more, "red"), ranges)
    return warm_start_definition(dict.fromkeys(values, "2") | dict.fromkeys(ranges, "a") | more), old


def changes(count: int) -> str:
    """Return the refusal of too many changes."""
    return (
        f"{count} hyperparameters were changed from tunable to static, or have another static value, than in the parent tuning "
        "jobs, and at most 10 can be"
    )


OTHER = {"MetricName": "loss", "Type": "Maximize"}
AS_REAL = {**RANGES, "IntegerParameterRanges": [], "ContinuousParameterRanges": [RATE, DEPTH]}


@pytest.mark.parametrize(
    "new,old,text",
    [
        (warm_start_definition({"a": "1"}), warm_start_definition({"b": "1"}), NAMES),
        (warm_start_definition({"a": "1"}), warm_start_definition({"a": "1"}, {"b": ["1"]}), NAMES),
        (
            valid(HyperParameterTuningJobObjective=OTHER),
            valid(),
            "The objective metric must be the same as that of the parent tuning jobs",
        ),
        (
            valid(ParameterRanges=AS_REAL),
            valid(),
            "The type of hyperparameter depth must be the same as in the parent tuning jobs",
        ),
        (*changed_by(11, 0), changes(11)),
        (*changed_by(5, 6), changes(11)),
        (*changed_by(4, 5, colour="blue"), changes(11)),
        (warm_start_definition({"kind": "a"}), warm_start_definition({}, {"kind": list("abcdefghijk")}), changes(11)),
        (warm_start_definition({}, Environment={"A": "1"}), warm_start_definition({}), FIELDS),
        (warm_start_definition({}, EnableNetworkIsolation=True), warm_start_definition({}), FIELDS),
        (
            warm_start_definition({}, RetryStrategy={"MaximumRetryAttempts": 1}),
            warm_start_definition({}, RetryStrategy={"MaximumRetryAttempts": 2}),
            FIELDS,
        ),
    ],
)
def test_a_warm_start_that_does_not_fit_is_refused(new: dict[str, Any], old: dict[str, Any], text: str) -> None:
    """Any of the parents may be the one that does not fit."""
    assert refusal_of(lambda: check_parents(new, [old])) == ("ValidationException", text)
    assert refusal_of(lambda: check_parents(new, [new, old])) == ("ValidationException", text)


@pytest.mark.parametrize(
    "new,old",
    [
        (valid(), valid()),
        (warm_start_definition({"a": "1"}), warm_start_definition({}, {"a": ["2", "3"]})),
        (warm_start_definition({}, {"a": ["2", "3"]}), warm_start_definition({"a": "1"})),
        changed_by(5, 5),
        changed_by(4, 4, colour="blue"),
        # The service's own hyperparameter, if the parent is given as DescribeHyperParameterTuningJob shows it.
        (
            warm_start_definition({"a": "1"}),
            warm_start_definition({"a": "1", "_tuning_objective_metric": "loss"}, EnableNetworkIsolation=False),
        ),
        (
            warm_start_definition({}, RoleArn="arn:aws:iam::123456789012:role/Other", CheckpointConfig={"S3Uri": "s3://b"}),
            warm_start_definition({}),
        ),
        (several("a", "b"), several("a", "b")),
        (several("a", "b"), several("b", "c")),
        (several("a"), several("b")),
        (several("a"), several("b", "c")),
        (several(None), valid()),
    ],
)
def test_a_warm_start_that_fits_is_accepted(new: dict[str, Any], old: dict[str, Any]) -> None:
    """Without parents there is nothing to compare with."""
    check_parents(new, [old])
    check_parents(new, [])


def test_each_definition_is_compared_with_the_one_of_its_name() -> None:
    """In the parent."""
    old, new = several("a", "b"), several("b", "a")
    for request_ in (old, new):
        for definition in request_["TrainingJobDefinitions"]:
            definition["StaticHyperParameters"] = {f"only-of-{definition['DefinitionName']}": "1"}
    check_parents(new, [old])
    new["TrainingJobDefinitions"][0]["StaticHyperParameters"] = {}
    assert refusal_of(lambda: check_parents(new, [old])) == ("ValidationException", NAMES)


# -- every member

RICH: dict[str, Any] = {
    **valid(
        StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}},
        Strategy="Hyperband",
        TrainingJobEarlyStoppingType="Off",
        RandomSeed=1,
        TuningJobCompletionCriteria={
            "TargetObjectiveMetricValue": 1.0,
            "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3},
        },
        ParameterRanges={**RANGES, "AutoParameters": [{"Name": "seed", "ValueHint": "7"}]},
    ),
    "WarmStartConfig": {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "old"}],
        "WarmStartType": "TransferLearning",
    },
    "Autotune": {"Mode": "Enabled"},
    "Tags": [{"Key": "team", "Value": "churn"}],
}
RICH["TrainingJobDefinition"] |= {
    "StaticHyperParameters": {"epochs": "9"},
    "Environment": {"A": "1"},
    "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b"}}}],
    "RetryStrategy": {"MaximumRetryAttempts": 3},
    "CheckpointConfig": {"S3Uri": "s3://b"},
}
FLEXIBLY = several("a", "b")
FLEXIBLY["TrainingJobDefinitions"][1] |= {"HyperParameterTuningResourceConfig": FLEXIBLE}
FLEXIBLY["TrainingJobDefinitions"][1].pop("ResourceConfig")


def mutants(value: Any) -> Iterator[Any]:
    """Yield a value with one part removed or replaced, at every depth."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield {key: other for key, other in value.items() if key != name}
            yield from ({**value, name: mutant} for mutant in mutants(part))
    elif isinstance(value, list):
        yield from ([], [*value, *value])
        for place, part in enumerate(value):
            yield from ([*value[:place], mutant, *value[place + 1 :]] for mutant in mutants(part))
    elif isinstance(value, str):
        yield from ("", "0", "-1", "1.5", "1e300", "x", "Grid", "Random", "Bayesian", "Auto", "Logarithmic", "ReverseLogarithmic")
    else:
        yield from (0, 1, 2, 10**6)


@pytest.mark.parametrize("whole", [RICH, FLEXIBLY, valid()])
def test_whatever_the_model_allows_is_refused_or_accepted(whole: dict[str, Any]) -> None:
    """With each member removed or replaced only a refusal is raised; without validation every request proposes values."""
    shape = of_sagemaker().input("CreateHyperParameterTuningJob")
    check(whole)
    outcomes = Counter[str]()
    for request_ in mutants(whole):
        try:
            validate.check(shape, request_)
        except Refusal:
            outcomes["malformed"] += 1
            continue
        for definition in definitions(request_):
            space = Space.of(ranges(request_, definition))
            strategy = request_["HyperParameterTuningJobConfig"]["Strategy"]
            values = propose(strategy, space, seed="", number=1, trials=[], maximize=True)
            assert space.decode(space.encode(values)).keys() == values.keys()
            assert values.items() <= child(request_, definition, values)["HyperParameters"].items()
            assert filled(definition, objective(request_, definition))["EnableNetworkIsolation"] in (True, False)
        try:
            check(request_)
            check_parents(request_, [whole])
        except Refusal as refusal:
            outcomes[refusal.code] += 1
        else:
            outcomes["taken"] += 1
    assert outcomes["ValidationException"] > 10
    assert outcomes["taken"] > 50
    assert outcomes["malformed"] > 10
