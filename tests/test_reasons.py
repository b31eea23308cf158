"""FailureReason in the service's own words."""

from typing import Any

import pytest

from sagemock import PlanError, reasons


def test_a_container_that_said_nothing_shows_its_exit_code() -> None:
    """As seen with containers that end with 1 and with 127."""
    assert reasons.exit_code(127) == "AlgorithmError: , exit code: 127"


@pytest.mark.parametrize("code", [0, 256, True, "1"])
def test_an_exit_code_that_is_none_is_refused(code: Any) -> None:
    """Zero is a success, and an exit status is a byte."""
    with pytest.raises(PlanError) as refused:
        reasons.exit_code(code)
    assert str(refused.value) == f"exit_code={code!r}: a failed container has an exit code from 1 to 255; give one of these"


def test_a_failure_file_is_cut_where_the_service_cuts_it() -> None:
    """At 1024 characters of the whole reason."""
    shown = reasons.algorithm("x" * 2000)
    assert shown == "AlgorithmError: " + "x" * (1024 - len("AlgorithmError: "))


@pytest.mark.parametrize("reason", ["", None, 1])
def test_a_reason_is_a_text(reason: Any) -> None:
    """A job that fails says why."""
    with pytest.raises(PlanError, match="is not a FailureReason: give a text that is not empty"):
        reasons.checked(reason)


def test_details_go_where_the_service_has_them() -> None:
    """The other texts that take some."""
    assert reasons.data_download("no") == "ClientError: Data download failed:no"
    assert reasons.image_download(" from ECR") == "ClientError: Unable to download training image from ECR"
