"""The Hypothesis strategies that sagemock offers to its users."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock import InvalidValue, Plan, ProcessingJobPlan, TransformJobPlan, TuningJobPlan, mock_sagemaker
from sagemock.strategies import lives, plans
from sagemock.training import status
from tests.support.batch import processing, transform
from tests.support.calling import START, YOUNG, create, describe, make_client
from tests.support.tuning import request as tuning

pytestmark = YOUNG

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 10_800},
    "RetryStrategy": {"MaximumRetryAttempts": 2},
}


@settings(max_examples=50)
@given(st.one_of(plans(), lives()))
def test_any_job_can_play_any_plan_to_its_end(plan: Plan) -> None:
    """Every response on the way fits botocore's model (`make_client` checks it)."""
    with mock_sagemaker(start=START, plan=plan) as mock:
        client = make_client()
        create(client)
        describe(client)
        mock.advance_until_idle()
        assert describe(client)["SecondaryStatus"] in status.ENDINGS


@settings(max_examples=50)
@given(lives(spot=True))
def test_a_spot_job_can_be_interrupted_too(plan: Plan) -> None:
    """With its own limits and retries."""
    with mock_sagemaker(start=START, plan=plan) as mock:
        client = make_client()
        create(client, **SPOT)
        mock.advance_until_idle()
        assert describe(client)["SecondaryStatus"] in status.ENDINGS


@settings(max_examples=50)
@given(st.one_of(plans(kind="processing"), lives(kind="processing")))
def test_any_processing_job_can_play_any_plan_to_its_end(plan: ProcessingJobPlan) -> None:
    """Every plan ends by itself, or by the limit of the request."""
    with mock_sagemaker(start=START, plan=plan) as mock:
        client = make_client()
        client.create_processing_job(**processing())
        mock.advance_until_idle()
        shown = client.describe_processing_job(ProcessingJobName="prepare")
        assert shown["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped")


@settings(max_examples=50)
@given(st.one_of(plans(kind="transform"), lives(kind="transform")))
def test_any_transform_job_can_play_any_plan_to_its_end(plan: TransformJobPlan) -> None:
    """Every plan ends by itself, or by a stop: a transform job has no limit."""
    with mock_sagemaker(start=START, plan=plan) as mock:
        client = make_client()
        client.create_transform_job(**transform())
        mock.advance_until_idle()
        shown = client.describe_transform_job(TransformJobName="score")
        assert shown["TransformJobStatus"] in ("Completed", "Failed", "Stopped")


@settings(max_examples=50)
@given(st.one_of(plans(kind="tuning"), lives(kind="tuning")), st.one_of(plans(), lives()))
def test_any_tuning_job_can_play_any_plan_to_its_end(plan: TuningJobPlan, children: Plan) -> None:
    """Whatever its children play."""
    with mock_sagemaker(start=START, plan=[plan, children], strict=False) as mock:
        client = make_client()
        client.create_hyper_parameter_tuning_job(**tuning())
        mock.advance_until_idle()
        shown = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
        assert shown["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped")


def test_spot_is_refused_for_other_kinds_of_jobs() -> None:
    """When the strategy is made, not after a thousand examples."""
    with pytest.raises(InvalidValue, match="spot=True with kind='processing': only training jobs run on spot instances"):
        lives(kind="processing", spot=True)
