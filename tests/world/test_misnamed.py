"""Attributes that a mock does not have: the error says where they are."""

import pytest

from sagemock import SageMakerMock, connect


@pytest.mark.parametrize(
    "name, hint",
    [
        ("advance", ": write clock.advance"),
        ("now", ": write clock.now"),
        ("assert_not_called", ": write calls.assert_not_called"),
        ("total", ": write sleeps.total"),
        ("stop_training_job", ": it is a call of a client, boto3.client('sagemaker').stop_training_job(…)"),
        ("create_job", ": did you mean 'create_tuning_job'?"),
        ("complet", ": did you mean 'complete'?"),
        ("nothing_like_it_here", ""),
        ("_private", ""),
    ],
)
def test_the_error_says_where_an_attribute_is(sagemaker: SageMakerMock, name: str, hint: str) -> None:
    """Also of a mock that another process serves."""
    with pytest.raises(AttributeError) as found:
        getattr(sagemaker, name)
    assert str(found.value) == f"'SageMakerMock' object has no attribute {name!r}{hint}"
    assert not hasattr(sagemaker, name)
    with sagemaker.serve() as url, pytest.raises(AttributeError) as found:
        getattr(connect(url), name)
    assert str(found.value).startswith(f"'RemoteMock' object has no attribute {name!r}")
