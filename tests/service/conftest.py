"""Fixtures of the tests of the service."""

from typing import Any

import pytest

from sagemock import SageMakerMock
from tests.support.logs import make_logs


@pytest.fixture
def logs(sagemaker: SageMakerMock) -> Any:  # needs the active mock
    """Return a CloudWatch Logs client that is made inside the mock."""
    return make_logs()
