"""What AWS's documentation says about a status."""

import botocore.session

from sagemock.cli.documented import documented
from sagemock.cli.statuses import CATALOGUE
from sagemock.protocol.model import Api


def test_the_sentences_are_those_of_the_service_model() -> None:
    """Without their HTML markup."""
    output = Api.of(botocore.session.Session().get_service_model("sagemaker")).output("DescribeTrainingJob")
    assert output is not None
    found = documented(output.members)
    assert found["MaxRuntimeExceeded"] == "The job stopped because it exceeded the maximum allowed runtime."
    assert found["InProgress"] == "The training is in progress."
    assert found["Failed"] == (
        "The training job has failed. The reason for the failure is returned in the FailureReason field of "
        "DescribeTrainingJobResponse."
    )
    assert set(found) <= set(CATALOGUE)
    assert not any("<" in text or "  " in text for text in found.values())
