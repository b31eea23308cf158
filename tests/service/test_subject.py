from typing import Any

import pytest

from sagemock import UsageError
from sagemock.service.subject import checked_operation, job_of

ARN = "arn:aws:sagemaker:us-east-1:123456789012:"


@pytest.mark.parametrize(
    "request_,job",
    [
        ({"TrainingJobName": "churn-1"}, "churn-1"),
        ({"ResourceArn": f"{ARN}training-job/churn-1", "Tags": []}, "churn-1"),
        ({"ResourceArn": f"{ARN}endpoint/churn-1"}, None),
        ({"ResourceArn": f"{ARN}hyper-parameter-tuning-job/churn-1"}, "churn-1"),
        ({"NameContains": "churn"}, None),
        ({}, None),
    ],
)
def test_a_request_names_its_job_by_name_or_arn(request_: dict[str, Any], job: str | None) -> None:
    """By ARN in requests about tags, otherwise by name; a list operation has no job."""
    assert job_of(request_) == job


@pytest.mark.parametrize("pattern", ["DescribeTrainingJob", "*TrainingJob*", "*", "List?ags", "CreateEndpoint", "*Endpoint"])
def test_an_operation_is_known_by_name_or_pattern(pattern: str) -> None:
    """Simulated ones, and those of the service model."""
    assert checked_operation(pattern) == pattern


@pytest.mark.parametrize(
    "pattern,hint",
    [
        ("DescribeTraningJob", "did you mean 'DescribeTrainingJob'?"),
        ("describe_training_job", "did you mean 'DescribeTrainingJob'?"),
        ("createtrainingjob", "did you mean 'CreateTrainingJob'?"),
        ("CreateEndpiont", "did you mean 'CreateEndpoint'?"),
    ],
)
def test_a_misspelt_operation_gets_a_suggestion(pattern: str, hint: str) -> None:
    """From the service model, so boto3's method names lead to their operation too."""
    with pytest.raises(UsageError) as caught:
        checked_operation(pattern)
    assert str(caught.value) == f"SageMaker has no operation {pattern!r}: {hint}"


def test_a_name_without_a_similar_operation_gets_the_list() -> None:
    """The list has the simulated operations."""
    with pytest.raises(
        UsageError, match="SageMaker has no operation 'xyz': sagemock answers AddTags, CreateHyperParameterTuningJob,"
    ):
        checked_operation("xyz")


def test_operations_of_another_service_may_be_allowed() -> None:
    """A name of either service is known then."""
    assert checked_operation("GetLogEvents", ("sagemaker", "logs")) == "GetLogEvents"
    with pytest.raises(UsageError):
        checked_operation("GetLogEvents")


def test_an_operation_is_a_string() -> None:
    """A client's method is refused."""
    with pytest.raises(
        TypeError, match="operation is the name of an operation, or a pattern of names, not 3: write 'DescribeTrainingJob'"
    ):
        checked_operation(3)
