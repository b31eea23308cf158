"""Reading a tuning job request's training job definitions, in both forms."""

from typing import Any

import pytest

from sagemock.tuning.definitions import child, definitions, objective, ranged, ranges

OBJECTIVE = {"Type": "Minimize", "MetricName": "loss"}
RANGES = {
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a"]}],
    "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "2"}],
    "AutoParameters": [{"Name": "seed", "ValueHint": "7"}],
}
ALGORITHM = {"TrainingImage": "churn", "TrainingInputMode": "File"}
BESIDE: dict[str, Any] = {
    "HyperParameterTuningJobConfig": {"ParameterRanges": RANGES, "HyperParameterTuningJobObjective": OBJECTIVE},
    "TrainingJobDefinition": {"AlgorithmSpecification": ALGORITHM},
}
INSIDE: dict[str, Any] = {
    "HyperParameterTuningJobConfig": {},
    "TrainingJobDefinitions": [
        {
            "DefinitionName": "a",
            "TuningObjective": OBJECTIVE,
            "HyperParameterRanges": RANGES,
            "AlgorithmSpecification": ALGORITHM,
        },
    ],
}


@pytest.mark.parametrize("request_", [BESIDE, INSIDE])
def test_ranges_and_objective_are_read_from_both_places(request_: dict[str, Any]) -> None:
    """A single definition has them in the configuration; several definitions each have their own."""
    (definition,) = definitions(request_)
    assert ranges(request_, definition) == RANGES
    assert [one["Name"] for one in ranged(RANGES)] == ["depth", "kind"]
    assert objective(request_, definition) == OBJECTIVE


def test_a_missing_member_is_read_as_nothing() -> None:
    """Without validation a request may lack it."""
    assert definitions({}) == ()
    assert ranges({}, {}) == {}
    assert objective({}, {}) is None
    assert child({}, {"AlgorithmSpecification": ALGORITHM}, {}) == {"AlgorithmSpecification": ALGORITHM, "HyperParameters": {}}


@pytest.mark.parametrize("request_", [BESIDE, INSIDE])
def test_a_training_job_request_has_the_members_of_its_definition(request_: dict[str, Any]) -> None:
    """It also has the hyperparameters: static ones, tuned ones, and the name of the objective."""
    (definition,) = definitions(request_)
    definition = {**definition, "RoleArn": "arn", "StaticHyperParameters": {"epochs": "9", "depth": "1"}}
    assert child(request_, definition, {"depth": "2"}) == {
        "AlgorithmSpecification": ALGORITHM,
        "RoleArn": "arn",
        "HyperParameters": {"epochs": "9", "depth": "2", "_tuning_objective_metric": "loss"},
    }


@pytest.mark.parametrize(
    "given,found",
    [
        (
            {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeKmsKeyId": "key"},
            {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeKmsKeyId": "key"},
        ),
        (
            {
                "AllocationStrategy": "Prioritized",
                "VolumeKmsKeyId": "key",
                "InstanceConfigs": [
                    {"InstanceType": kind, "InstanceCount": 1, "VolumeSizeInGB": 5} for kind in ("ml.m5.large", "ml.c5.xlarge")
                ],
            },
            {"VolumeKmsKeyId": "key", "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        ),
    ],
)
def test_a_training_job_runs_on_the_first_instances(given: dict[str, Any], found: dict[str, Any]) -> None:
    """HyperParameterTuningResourceConfig is not a member of a training job."""
    sent = child(BESIDE, {"HyperParameterTuningResourceConfig": given}, {})
    assert sent["ResourceConfig"] == found
    assert "HyperParameterTuningResourceConfig" not in sent
