"""What the service adds to a definition, against the records of 2024 (cloud-custodian, T1 and T2)."""

from typing import Any

import pytest

from sagemock.service.builtin import known, listed
from sagemock.service.tuning_echo import filled

KMEANS = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.3-1"
OWN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
LOSS = {"Name": "loss", "Regex": "loss=(.*)"}
CHANNEL: dict[str, Any] = {
    "ChannelName": "train",
    "DataSource": {
        "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/input", "S3DataDistributionType": "FullyReplicated"}
    },
}
OTHERS: dict[str, Any] = {
    "RoleArn": "arn:aws:iam::123456789012:role/ExampleRole",
    "OutputDataConfig": {"S3OutputPath": "s3://b/output"},
    "ResourceConfig": {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
}
FALSE = dict.fromkeys(("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"), False)
T1_METRICS = [
    {"Name": "train:progress", "Regex": "#progress_metric: host=\\S+, completed (\\S+) %"},
    {"Name": "test:msd", "Regex": "#quality_metric: host=\\S+, test msd <loss>=(\\S+)"},
    {"Name": "train:msd", "Regex": "#quality_metric: host=\\S+, train msd <loss>=(\\S+)"},
    {"Name": "train:throughput", "Regex": "#throughput_metric: host=\\S+, train throughput=(\\S+) records/second"},
    {"Name": "test:ssd", "Regex": "#quality_metric: host=\\S+, test ssd <loss>=(\\S+)"},
    {"Name": "ObjectiveMetric", "Regex": "#quality_metric: host=\\S+, test msd <loss>=(\\S+)"},
]


def algorithm(image: str, **members: Any) -> dict[str, Any]:
    """Return a definition's algorithm."""
    return {"AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File", **members}}


def shown(definition: dict[str, Any], metric: str = "loss") -> list[dict[str, str]]:
    """Return the metric definitions that are shown."""
    found = filled(definition, {"Type": "Minimize", "MetricName": metric})
    metrics: list[dict[str, str]] = found["AlgorithmSpecification"]["MetricDefinitions"]
    return metrics


def test_the_first_record() -> None:
    """T1: kmeans, member by member."""
    sent = {
        "DefinitionName": "example-definition",
        "TuningObjective": {"Type": "Minimize", "MetricName": "test:msd"},
        "HyperParameterRanges": {"ContinuousParameterRanges": []},
        "StaticHyperParameters": {"feature_dim": "2"},
        **algorithm(KMEANS),
        "InputDataConfig": [CHANNEL],
        **OTHERS,
    }
    assert filled(sent, sent["TuningObjective"]) == {
        **sent,
        "StaticHyperParameters": {"_tuning_objective_metric": "test:msd", "feature_dim": "2"},
        **algorithm(KMEANS, MetricDefinitions=T1_METRICS),
        "InputDataConfig": [{**CHANNEL, "CompressionType": "None", "RecordWrapperType": "None"}],
        **FALSE,
    }


def test_the_second_record() -> None:
    """T2: 29 metrics of xgboost, and the objective's."""
    found = shown({**algorithm(XGBOOST), "StaticHyperParameters": {"objective": "binary:logistic"}}, "validation:auc")
    assert len(found) == 30
    assert found[0] == {
        "Name": "train:mae",
        "Regex": ".*\\[[0-9]+\\].*#011train-mae:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*",
    }
    assert found[-1] == {
        "Name": "ObjectiveMetric",
        "Regex": ".*\\[[0-9]+\\].*#011validation-auc:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*",
    }


def test_what_was_sent_stays() -> None:
    """Also where the service would fill something in."""
    channel = {**CHANNEL, "CompressionType": "Gzip", "RecordWrapperType": "RecordIO"}
    sent = {**algorithm(OWN), "InputDataConfig": [channel], **dict.fromkeys(FALSE, True)}
    assert filled(sent, None) == sent


@pytest.mark.parametrize(
    "definition,metrics",
    [
        (algorithm(OWN, MetricDefinitions=[LOSS]), [LOSS, {"Name": "ObjectiveMetric", "Regex": "loss=(.*)"}]),
        (algorithm(OWN, MetricDefinitions=[{**LOSS, "Name": "other"}]), [{**LOSS, "Name": "other"}]),
        (algorithm(OWN), []),
        # No list of it was found.
        (algorithm(KMEANS.replace("kmeans", "pca")), []),
        ({"AlgorithmSpecification": {"AlgorithmName": "churn", "TrainingInputMode": "File"}}, []),
    ],
)
def test_the_objective_is_the_last_metric(definition: dict[str, Any], metrics: list[dict[str, str]]) -> None:
    """If its expression is known."""
    assert shown(definition) == metrics


def test_a_metric_of_another_list_is_taken() -> None:
    """The lists of xgboost are for two families of objectives, and there are more."""
    softmax = {**algorithm(XGBOOST), "StaticHyperParameters": {"objective": "multi:softmax"}}
    assert [one["Name"] for one in shown(softmax, "validation:auc")] == ["ObjectiveMetric"]
    request = {"AlgorithmSpecification": softmax["AlgorithmSpecification"]}
    assert {one["Name"] for one in listed(request)} < set(known(request))
    assert known({"AlgorithmSpecification": {"TrainingImage": "churn"}}) == {}


SMALL = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
LARGE = {**SMALL, "InstanceType": "ml.m5.xlarge"}


@pytest.mark.parametrize(
    "tuning,resources",
    [
        ({"AllocationStrategy": "Prioritized", "InstanceConfigs": [SMALL]}, SMALL),
        ({**SMALL, "VolumeKmsKeyId": "key"}, {**SMALL, "VolumeKmsKeyId": "key"}),
        ({"AllocationStrategy": "Prioritized", "InstanceConfigs": [SMALL, LARGE]}, None),
    ],
)
def test_the_instances_are_shown_as_those_of_a_training_job(tuning: dict[str, Any], resources: dict[str, Any] | None) -> None:
    """The SageMaker SDK sends HyperParameterTuningResourceConfig, and its attach() reads ResourceConfig."""
    found = filled({**algorithm(OWN), "HyperParameterTuningResourceConfig": tuning}, None)
    assert found.get("ResourceConfig") == resources
    assert found.get("HyperParameterTuningResourceConfig") == (tuning if resources is None else None)


def test_what_is_not_shown() -> None:
    """As hashicorp/terraform-provider-aws#47138 has it; AutoParameters as the SageMaker SDK's own test of Autotune has it."""
    source = {"S3DataSource": {**CHANNEL["DataSource"]["S3DataSource"], "InstanceGroupNames": ["group"]}}
    file_system = {"ChannelName": "other", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs"}}}
    sent = {
        **algorithm(OWN),
        "HyperParameterRanges": {
            "AutoParameters": [{"Name": "depth", "ValueHint": "3"}],
            "CategoricalParameterRanges": [{"Name": "eta", "Values": ["1"]}],
        },
        "InputDataConfig": [{**CHANNEL, "DataSource": source}, file_system],
        "OutputDataConfig": {"S3OutputPath": "s3://b/output", "CompressionType": "GZIP"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400, "MaxPendingTimeInSeconds": 7200},
    }
    found = filled(sent, None)
    assert found["HyperParameterRanges"] == {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["1"]}]}
    assert found["InputDataConfig"][0]["DataSource"] == CHANNEL["DataSource"]
    assert found["InputDataConfig"][1]["DataSource"] == file_system["DataSource"]
    assert found["OutputDataConfig"] == {"S3OutputPath": "s3://b/output"}
    assert found["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
