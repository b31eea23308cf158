"""Assumptions about AWS: facts for which no public evidence was found, as objects in the code that relies on them.

`docs/explanation/fidelity.md` shows each of them as a row; a test compares the page with the code.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

__all__ = ["NO_KNOB", "REPLAY", "UNCHECKED", "YOUR_WORDS", "Assumption"]

_T = TypeVar("_T")

NO_KNOB: Final = "nothing"
REPLAY: Final = "a replay of your own record, which shows what you have seen"
YOUR_WORDS: Final = "fault(…), with the words of your choice"
UNCHECKED: Final = "mock_sagemaker(validate=False)"


@dataclass(frozen=True, slots=True)
class Assumption:
    """A behaviour of the service that is assumed, because no public evidence was found.

    Call it with each value, text or condition that depends on it: `WAIT_S = _WAIT(10.0)`, `if _LATE(at > end):`.
    """

    what: str
    """A clause for the page, which continues the words "assumed is"."""
    since: str = "2026-11-23"
    """The day on which the assumption was made."""
    knob: str = NO_KNOB
    """The code by which a test gets another behaviour."""

    def __call__(self, value: _T) -> _T:
        """Return `value`, which depends on this assumption."""
        return value
