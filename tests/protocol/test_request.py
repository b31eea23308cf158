"""Requests as they arrive."""

import pytest

from sagemock.protocol.request import Request
from tests.protocol.shapes import of_sagemaker

API = of_sagemaker()


@pytest.mark.parametrize(
    "header, key",
    [
        (b"AWS4-HMAC-SHA256 Credential=AKID/20180730/us-east-1", "AKID"),
        ("Credential=AKID/x", "AKID"),
        ("", None),
        (b"Bearer x", None),
    ],
)
def test_the_access_key_is_read_from_the_signature(header: bytes | str, key: str | None) -> None:
    """An unsigned request has none."""
    request = Request(
        API, "sagemaker", "ListTrainingJobs", partition="aws", region="us-east-1", body=b"", headers={"Authorization": header}
    )
    assert request.access_key == key
