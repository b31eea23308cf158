"""The demonstration of a tuning job: a real botocore client creates one, polls until it has ended, and lists its children."""

import time
from collections.abc import Mapping
from typing import Any, Final

import botocore.session

from sagemock.cli.demo_text import fitted, took
from sagemock.clock.real import real
from sagemock.faces.maker import mock_sagemaker
from sagemock.picture.family import family
from sagemock.picture.overview import overview
from sagemock.picture.text import Line, Paper
from sagemock.training.plan.plan import Plan
from sagemock.tuning.plan import TuningJobPlan

__all__ = ["play_tuning"]

NAME: Final = "churn-tune-2018-07-30"
REQUEST: Final[dict[str, Any]] = {
    "HyperParameterTuningJobName": NAME,
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 3},
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.01", "MaxValue": "0.3"}]},
        "TrainingJobEarlyStoppingType": "Auto",
    },
    "TrainingJobDefinition": {
        "AlgorithmSpecification": {
            "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}],
        },
        "RoleArn": "arn:aws:iam::123456789012:role/SageMakerTraining",
        "OutputDataConfig": {"S3OutputPath": "s3://churn/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 43200},
    },
}
EPOCHS: Final = 10
EPOCH_S: Final = 180
POLL_S: Final = 60


def auc(hyperparameters: Mapping[str, str]) -> list[tuple[float, float]]:
    """Return the objective of each epoch: it grows, and is best for a learning rate of 0.1."""
    last = 0.9 - abs(float(hyperparameters["eta"]) - 0.1)
    return [(epoch * EPOCH_S, last - 0.3 / epoch) for epoch in range(1, EPOCHS + 1)]


def play_tuning(paper: Paper) -> list[Line]:
    """Play a tuning job with early stopping, one of whose children fails, and return its picture with some numbers."""
    began = real.perf_counter()
    plans = [Plan.completes(training=EPOCHS * EPOCH_S), TuningJobPlan.completes(objective=auc)]
    with mock_sagemaker(start="2018-07-30T00:00:00Z", plan=plans) as mock:
        mock.plan(f"{NAME}-004-*", Plan.fails("AlgorithmError: loss is NaN", after=100))
        client: Any = botocore.session.Session().create_client("sagemaker", "us-east-1")
        ready = real.perf_counter()
        client.create_hyper_parameter_tuning_job(**REQUEST)
        while True:
            time.sleep(POLL_S)
            job = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=NAME)
            if job["HyperParameterTuningJobStatus"] != "InProgress":
                break
        lived = real.perf_counter()
    best = job["BestTrainingJob"]
    value = best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    passed = mock.clock.now() - mock.calls[0].at
    polls = mock.calls.to("DescribeHyperParameterTuningJob").count
    says = [
        f"The best is {best['TrainingJobName']}: {value:.4f} with eta={best['TunedHyperParameters']['eta']}.",
        f"{passed} of virtual time passed, in {polls} polls and {len(mock.sleeps)} sleeps.",
    ]
    now_us = mock.clock.now_us()
    lives = family([mock.tuning_jobs.find(NAME)], now_us)
    return [*overview(lives, paper), *fitted(["", *says, took(began, ready, lived)], paper)]
