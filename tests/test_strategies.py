"""The strategies that sagemock gives to its users."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock import Plan, mock_sagemaker
from sagemock.strategies import lives, plans
from sagemock.training import status
from tests.support.calling import START, YOUNG, create, describe, make_client

pytestmark = YOUNG

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 10_800},
    "RetryStrategy": {"MaximumRetryAttempts": 2},
}


@settings(max_examples=50)
@given(st.one_of(plans(), lives()))
def test_any_job_can_play_any_of_them_to_its_end(plan: Plan) -> None:
    """Every response of such a life is one that botocore's model describes (`make_client` checks it)."""
    with mock_sagemaker(start=START, plan=plan) as mock:
        client = make_client()
        create(client)
        describe(client)
        mock.advance_until_idle()
        assert describe(client)["SecondaryStatus"] in status.ENDINGS


@settings(max_examples=50)
@given(lives(spot=True))
def test_a_spot_job_can_be_interrupted_besides(plan: Plan) -> None:
    """With limits and retries of its own."""
    with mock_sagemaker(start=START, plan=plan) as mock:
        client = make_client()
        create(client, **SPOT)
        mock.advance_until_idle()
        assert describe(client)["SecondaryStatus"] in status.ENDINGS
