"""Fixtures that tests of many rooms use."""

from collections.abc import Iterator
from typing import Any

import pytest

from sagemock import SageMakerMock, mock_sagemaker
from tests.support.calling import START, make_client


@pytest.fixture
def sagemaker(request: pytest.FixtureRequest) -> Iterator[SageMakerMock]:
    """Enter a mock, with the options that the module of the test has as `OPTIONS`."""
    with mock_sagemaker(start=START, **getattr(request.module, "OPTIONS", {})) as mock:
        yield mock


@pytest.fixture
def client(sagemaker: SageMakerMock) -> Any:  # made inside the mock
    """Return a client, made inside the mock."""
    return make_client()
