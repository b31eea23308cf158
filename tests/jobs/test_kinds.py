"""The table of the kinds of jobs."""

import pytest

from sagemock.jobs.kinds import KINDS, Kind, named_in, of_arn
from tests.protocol.shapes import of_sagemaker


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_the_names_of_a_kind_are_in_the_service_model(kind: Kind) -> None:
    """Its operations and members; each of them leads to the kind."""
    api = of_sagemaker()
    assert {kind.create, kind.describe, kind.list} <= api.operations
    output = api.output(kind.describe)
    assert output is not None
    assert {kind.name_member, kind.status_member} <= set(output.members)
    assert named_in({kind.name_member: "churn"}) == (kind, "churn")
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:{kind.resource}/churn"
    assert named_in({"ResourceArn": arn}) == of_arn(arn) == (kind, "churn")


def test_other_resources_have_no_kind() -> None:
    """Neither an endpoint, nor an empty name."""
    assert of_arn("arn:aws:sagemaker:us-east-1:123456789012:endpoint/churn") is None
    assert named_in({}) is None
