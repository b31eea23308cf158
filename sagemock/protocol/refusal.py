"""The exception that every layer raises if AWS would refuse a request."""

from typing import Final

__all__ = ["INVALID", "IN_USE", "LIMIT", "NOT_FOUND", "Refusal"]

INVALID: Final = "ValidationException"
IN_USE: Final = "ResourceInUse"
LIMIT: Final = "ResourceLimitExceeded"
NOT_FOUND: Final = "ResourceNotFound"


class Refusal(Exception):  # noqa: N818  # an answer of AWS, not our error
    """AWS refuses the request. The answer is an HTTP `status` with this error `code` and `message`.

    The code under test never sees it: `protocol/answer.py` turns it into an error response, and botocore that into `ClientError`.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        """Refuse with an error code, a message in AWS's words and an HTTP status."""
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
