"""FailureReason texts of the service."""

from typing import Any

import pytest

from sagemock import PlanError, reasons


def test_a_container_without_a_message_shows_its_exit_code() -> None:
    """Recorded for exit codes 1 and 127."""
    assert reasons.exit_code(127) == "AlgorithmError: , exit code: 127"


@pytest.mark.parametrize("code", [0, 256, True, "1"])
def test_an_invalid_exit_code_is_refused(code: Any) -> None:
    """Zero is success, and an exit status is a byte."""
    with pytest.raises(PlanError) as refused:
        reasons.exit_code(code)
    assert str(refused.value) == f"exit_code={code!r}: a failed container has an exit code from 1 to 255; give one of these"


def test_a_failure_file_is_cut_at_the_services_limit() -> None:
    """At 1024 characters of the whole reason."""
    shown = reasons.algorithm("x" * 2000)
    assert shown == "AlgorithmError: " + "x" * (1024 - len("AlgorithmError: "))


@pytest.mark.parametrize("reason", ["", None, 1])
def test_a_reason_must_be_a_text(reason: Any) -> None:
    """A failed job always has one."""
    with pytest.raises(PlanError, match="is not a FailureReason: give a text that is not empty"):
        reasons.checked(reason)


def test_details_stand_where_the_service_puts_them() -> None:
    """In the other texts that have some."""
    assert reasons.data_download("no") == "ClientError: Data download failed:no"
    assert reasons.image_download(" from ECR") == "ClientError: Unable to download training image from ECR"
