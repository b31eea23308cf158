"""What the service adds to a definition, compared with the records of 2024 (cloud-custodian, T1 and T2)."""

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
    """Return the AlgorithmSpecification of a definition."""
    return {"AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File", **members}}


def shown_metrics(definition: dict[str, Any], metric: str = "loss") -> list[dict[str, str]]:
    """Return the metric definitions in the description."""
    found = filled(definition, {"Type": "Minimize", "MetricName": metric})
    metrics: list[dict[str, str]] = found["AlgorithmSpecification"]["MetricDefinitions"]
    return metrics


def test_t1_is_described_as_recorded() -> None:
    """A kmeans job, member by member."""
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


def test_t2_is_described_as_recorded() -> None:
    """The 29 metrics of xgboost, and the objective's."""
    found = shown_metrics({**algorithm(XGBOOST), "StaticHyperParameters": {"objective": "binary:logistic"}}, "validation:auc")
    assert len(found) == 30
    assert found[0] == {
        "Name": "train:mae",
        "Regex": ".*\\[[0-9]+\\].*#011train-mae:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*",
    }
    assert found[-1] == {
        "Name": "ObjectiveMetric",
        "Regex": ".*\\[[0-9]+\\].*#011validation-auc:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*",
    }


def test_members_of_the_request_are_kept() -> None:
    """Where the service would otherwise fill in a default."""
    channel = {**CHANNEL, "CompressionType": "Gzip", "RecordWrapperType": "RecordIO"}
    sent = {**algorithm(OWN), "InputDataConfig": [channel], **dict.fromkeys(FALSE, True)}
    assert filled(sent, None) == sent


@pytest.mark.parametrize(
    "definition,metrics",
    [
        (algorithm(OWN, MetricDefinitions=[LOSS]), [LOSS, {"Name": "ObjectiveMetric", "Regex": "loss=(.*)"}]),
        (algorithm(OWN, MetricDefinitions=[{**LOSS, "Name": "other"}]), [{**LOSS, "Name": "other"}]),
        (algorithm(OWN), []),
        # No list of its metrics was found.
        (algorithm(KMEANS.replace("kmeans", "pca")), []),
        ({"AlgorithmSpecification": {"AlgorithmName": "churn", "TrainingInputMode": "File"}}, []),
    ],
)
def test_the_objective_is_the_last_metric(definition: dict[str, Any], metrics: list[dict[str, str]]) -> None:
    """If its regular expression is known."""
    assert shown_metrics(definition) == metrics


def test_an_objective_outside_the_known_list_is_accepted() -> None:
    """The lists of xgboost cover two families of objectives, and there are more."""
    softmax = {**algorithm(XGBOOST), "StaticHyperParameters": {"objective": "multi:softmax"}}
    assert [one["Name"] for one in shown_metrics(softmax, "validation:auc")] == ["ObjectiveMetric"]
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
def test_instances_are_described_as_for_a_training_job(tuning: dict[str, Any], resources: dict[str, Any] | None) -> None:
    """The SageMaker SDK sends HyperParameterTuningResourceConfig, but its attach() reads ResourceConfig."""
    found = filled({**algorithm(OWN), "HyperParameterTuningResourceConfig": tuning}, None)
    assert found.get("ResourceConfig") == resources
    assert found.get("HyperParameterTuningResourceConfig") == (tuning if resources is None else None)


def test_some_members_are_not_described() -> None:
    """See hashicorp/terraform-provider-aws#47138; AutoParameters as in the SageMaker SDK's own test of Autotune."""
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
