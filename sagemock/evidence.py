"""Evidence: what is only assumed of the service, as objects that stand where the code uses them.

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
    """Something that the service is taken to do, and of which no public evidence was found.

    Call it with each value, text or condition that rests on it: `WAIT_S = _WAIT(10.0)`, `if _LATE(at > end):`.
    """

    what: str
    """A clause for the page, which goes on after "assumed is"."""
    since: str = "2026-11-23"
    """The day since which it is assumed."""
    knob: str = NO_KNOB
    """What a test writes to have it otherwise."""

    def __call__(self, value: _T) -> _T:
        """Return what rests on this assumption."""
        return value
