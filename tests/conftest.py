"""Fixtures that several rooms use."""

from collections.abc import Iterator
from typing import Any

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from tests.support.calling import START, make_client


@pytest.fixture
def sagemaker(request: pytest.FixtureRequest) -> Iterator[SageMakerMock]:
    """Start a mock, with the options in `OPTIONS` of the test module."""
    with mock_sagemaker(start=START, **getattr(request.module, "OPTIONS", {})) as mock:
        yield mock


@pytest.fixture
def client(sagemaker: SageMakerMock) -> Any:  # needs the active mock
    """Return a client that is made inside the mock."""
    return make_client()
