"""Event patterns that can never match."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.model import ServiceModel

from sagemock import InvalidValue, mock_sagemaker, outcomes
from sagemock.events.fields import check
from sagemock.events.pattern import EventPattern
from sagemock.protocol.model import Api, installed
from tests.support.calling import START, create, make_client

TYPE = " or ".join(
    f'"SageMaker {kind} Job State Change"' for kind in ("Training", "Processing", "Transform", "HyperParameter Tuning")
)
STATUSES = '"InProgress" or "Completed" or "Failed" or "Stopping" or "Stopped" or "Deleting" or null'


def detail(**wanted: Any) -> dict[str, Any]:
    """Return a pattern for fields of the detail."""
    return {"detail": wanted}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.ec2", "aws.sagemaker"]},
        {"source": [{"prefix": "aws."}], "detail-type": [{"wildcard": "SageMaker*Change"}]},
        {"detail-type": [{"equals-ignore-case": "sagemaker training job state change"}]},
        {"source": [{"anything-but": "aws.ec2"}]},
        {"region": ["mars-1"], "account": ["1"], "resources": ["x"], "time": ["y"], "id": ["z"], "version": ["0"]},
        {"nowhere": [{"exists": False}]},
        detail(TrainingJobStatus=["Complete", "Completed"]),
        detail(TrainingJobStatus=[{"anything-but": ["InProgress"]}, {"numeric": ["=", 1]}]),
        detail(SecondaryStatus=["Pending"], SecondaryStatusTransitions={"Status": ["Restarting"], "StatusMessage": ["x"]}),
        detail(WarmPoolStatus={"Status": ["Reused"]}),
        detail(TransformJobStatus=["Failed"], TrainingJobName=[{"exists": False}]),
        {"detail-type": ["SageMaker Processing Job State Change"], "detail": {"ProcessingJobStatus": ["Failed"]}},
        detail(TrainingJobName=["anything"], RoleArn=["x"], FailureReason=[None, {"numeric": ["<", 0]}]),
        detail(ResourceConfig={"InstanceType": ["ml.m99.xlarge"], "InstanceGroups": {"InstanceCount": [1]}}),
        detail(HyperParameters={"epochs": ["3"]}, Environment={"a.b": ["c"]}, Tags={"team": ["x"], "a": [{"exists": False}]}),
        detail(ModelArtifacts=[None], EnableManagedSpotTraining=[True, "true"]),
        detail(ModelArtifacts=[{"exists": False}], Tags=[{"exists": False}], InputDataConfig=[{"exists": False}]),
        detail(FailureReason=[{"exists": False}, None], AlgorithmSpecification={"TrainingImage": [{"exists": False}]}),
        {"detail": [{"exists": False}]},
        detail(InputDataConfig={"DataSource": {"S3DataSource": {"AttributeNames": ["x"]}}}),
        {"$or": [{"source": ["aws.ec2"]}, detail(TrainingJobNme=["x"]), {"source": ["aws.sagemaker"]}]},
    ],
    ids=str,
)
def test_a_pattern_that_can_match_is_accepted(pattern: dict[str, Any]) -> None:
    """One possible alternative is enough, or a field that may be absent; names and times may be anything."""
    check(installed(), EventPattern(pattern))


@pytest.mark.parametrize(
    "pattern, text",
    [
        ({"time": [{"exists": False}]}, "time is in every event; take that out"),
        (
            {"detail-type": [{"prefix": "SageMaker Training"}], **detail(TrainingJobStatus=[{"exists": False}])},
            "detail.TrainingJobStatus is in every event; take that out",
        ),
        # A missing value is null, which a pattern can ask for.
        (detail(FailureReason=[{"exists": False}]), "detail.FailureReason is in every event; take that out"),
        ({"source": ["aws.sagemakr"]}, "source can only be \"aws.sagemaker\"; did you mean 'aws.sagemaker'? Write that"),
        (
            {"source": [{"prefix": {"equals-ignore-case": "sage"}}]},
            'source can only be "aws.sagemaker"; write a value that it can have',
        ),
        (
            {"detail-type": ["SageMaker Training Job Status Change"]},
            f"detail-type can only be {TYPE}; did you mean 'SageMaker Training Job State Change'? Write that",
        ),
        (
            {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Endpoint State Change"]},
            f"detail-type can only be {TYPE}; did you mean 'SageMaker Processing Job State Change'? Write that",
        ),
        (detail(TrainingJobStatus=["Complete"]), f"detail.TrainingJobStatus can only be {STATUSES}; did you mean 'Completed'?"),
        (
            detail(TrainingJobStatus=[{"prefix": "fail"}]),
            f"detail.TrainingJobStatus can only be {STATUSES}; did you mean 'Failed'?",
        ),
        (
            detail(TrainingJobStatus=["Training"]),
            f"detail.TrainingJobStatus can only be {STATUSES}; write a value that it can have",
        ),
        (detail(TrainingJobStatus=[{"numeric": [">", 0]}, 7]), f"detail.TrainingJobStatus can only be {STATUSES}; write a value"),
        (
            detail(SecondaryStatusTransitions={"Status": ["Train"]}),
            'detail.SecondaryStatusTransitions.Status can only be "Starting"',
        ),
        (
            detail(EnableManagedSpotTraining=["true"]),
            "detail.EnableManagedSpotTraining can only be true or false or null; write",
        ),
        (
            detail(TrainingJobStat=["Failed"]),
            "no event of a training job has detail.TrainingJobStat; did you mean 'TrainingJobStatus'? Write that",
        ),
        (
            detail(ResourceConfig={"InstanceTyp": ["x"]}),
            "no event of a training job has detail.ResourceConfig.InstanceTyp; did you mean 'InstanceType'? Write that",
        ),
        ({"Detail": {"TrainingJobName": ["x"]}}, "no event of a training job has Detail.TrainingJobName; did you mean 'detail'?"),
        ({"resources": {"arn": ["x"]}}, "no event of a training job has resources.arn; take it out"),
        (detail(HyperParameters={"a": {"b": ["c"]}}), "no event of a training job has detail.HyperParameters.a.b; take it out"),
        (
            detail(TransformJobStatus=["Faild"]),
            'detail.TransformJobStatus can only be "InProgress" or "Completed" or "Failed" or "Stopping" or "Stopped" or null',
        ),
        (
            {"detail-type": ["SageMaker Processing Job State Change"], **detail(TransformJobStatus=["Failed"])},
            "no event of a processing job has detail.TransformJobStatus; take it out",
        ),
        (
            detail(BestTrainingJb=["x"]),
            "no event of a tuning job has detail.BestTrainingJb; did you mean 'BestTrainingJob'? Write that",
        ),
        ({"detail": ["Failed"]}, "detail is an object, which has no value; name one of its fields"),
        (
            detail(ModelArtifacts=["s3://x"], TrainingJobName=["x"]),
            "detail.ModelArtifacts is an object, which has no value; name",
        ),
        (detail(HyperParameters=["x"]), "detail.HyperParameters is an object, which has no value; name one of its fields"),
        (detail(Tags=["x"]), "detail.Tags is an object, which has no value; name one of its fields"),
        (
            {"$or": [{"source": ["aws.ec2"]}, detail(TrainingJobNme=["x"])]},
            'source can only be "aws.sagemaker"; write a value that it can',
        ),
        (detail(Tags={"a": [{"exists": False}]}, Nothing=["x"]), "no event of a training job has detail.Nothing; take it out"),
    ],
    ids=str,
)
def test_a_pattern_that_can_never_match_is_refused(pattern: dict[str, Any], text: str) -> None:
    """With the nearest name, and what to do."""
    with pytest.raises(InvalidValue, match=f"^{re.escape('the event pattern can never match: ' + text)}.*, or give check=False$"):
        check(installed(), EventPattern(pattern))


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each value of an event with its path."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(node, list):
        for inner in node:
            yield from leaves(inner, path)
    else:
        yield path, node


def test_a_pattern_may_ask_for_each_value_of_an_event() -> None:
    """Over all lives of a job."""
    seen = set()
    with mock_sagemaker(start=START, latency=0) as sagemaker:
        client = make_client()
        for name, outcome in outcomes.ALL.items():
            sagemaker.plan(name, outcome.plan)
            limits = {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 7200}
            spot: Any = {"EnableManagedSpotTraining": True, "StoppingCondition": limits} if outcome.spot else {}
            create(client, name, HyperParameters={"epochs": "3"}, Tags=[{"Key": "team", "Value": "x"}], **spot)
        sagemaker.advance_until_idle()
        for event in sagemaker.events:
            for path, value in leaves(event):
                if (path, value) not in seen:
                    seen.add((path, value))
                    pattern: Any = [value]
                    for name in reversed(path):
                        pattern = {name: pattern}
                    check(installed(), EventPattern(pattern))
    assert len(seen) > 100


def test_without_a_model_of_training_jobs_their_fields_are_unknown() -> None:
    """Other kinds of jobs are unknown too."""
    described: dict[str, Any] = {
        "metadata": {"serviceId": "x", "protocol": "json"},
        "operations": {"DescribeTrainingJob": {"name": "DescribeTrainingJob"}},
    }
    api = Api.of(ServiceModel(described, "old"))
    check(api, EventPattern({"detail": {"Tags": {"a": ["b"]}}}))
    with pytest.raises(InvalidValue, match=r"no event of a training job has detail\.TransformJobName; take it out"):
        check(api, EventPattern({"detail": {"TransformJobName": ["Failed"]}}))
