"""The constraints of a service model for a single value: the server's text for each, and a test of a value."""

import math
import re
import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from botocore.model import Shape

from sagemock.evidence import UNCHECKED, Assumption
from sagemock.protocol.patterns import matcher

__all__ = ["Constraint", "bounds", "length_at_least", "patterns", "sizes", "text_test"]

# The largest number of repetitions that a regular expression can have.
_LONGEST = 0xFFFF_FFFE
_NUMBERS = frozenset({"integer", "long", "float", "double"})
# Between 1.34 and 1.40 botocore dropped the anchors of patterns (the whole string must match anyway). The server prints them just
# as the model had them, as far as seen: "^" for a name (zenml-io/zenml#1502), none for ".*" (detectron2#10). The table has the
# anchors of 1.34.0 in the shapes that jobs, tuning jobs and tags use.
_STILL_PRINTED: Final = Assumption(
    "that the service still prints the anchors of patterns as the service model had them in botocore 1.34", knob=UNCHECKED
)
_NUMBER_WORDS: Final = Assumption("the words in which a number that is too small or too large is refused", knob=UNCHECKED)
_CODE_POINTS: Final = Assumption(
    "that the length of a text is the number of its Unicode code points, as Smithy specifies it (Java counts UTF-16 units)"
)
_length: Final = _CODE_POINTS(len)
_ANCHORS: Final = _STILL_PRINTED(
    {
        "ArnOrName": ("", "$"),
        "ExperimentEntityName": ("^", ""),
        "FileSystemId": ("^", "$"),
        "HyperParameterTrainingJobDefinitionName": ("^", ""),
        "HyperParameterTuningJobName": ("^", ""),
        "ModelPackageArn": ("^", "$"),
        "ModelPackageGroupArn": ("^", "$"),
        "RoleArn": ("^", "$"),
        "S3Uri": ("^", "$"),
        "TagKey": ("^", "$"),
        "TagValue": ("^", "$"),
        "TrainingJobName": ("^", ""),
    }
)


class Constraint(NamedTuple):
    """A constraint: the server's text, and a test of whether a value satisfies it."""

    text: str
    holds: Callable[[Any], object]


def patterns(shape: Shape) -> list[Constraint]:
    """Return the constraints that a shape states for the content of a scalar: its enum and its pattern."""
    metadata = shape.metadata
    found: list[Constraint] = []
    if "enum" in metadata:
        members = frozenset(metadata["enum"])
        found.append(Constraint(f"Member must satisfy enum value set: [{', '.join(metadata['enum'])}]", members.__contains__))
    if "pattern" in metadata and (matches := matcher(metadata["pattern"])) is not None:
        before, after = _ANCHORS.get(shape.name, ("", ""))
        printed = before + metadata["pattern"].removeprefix(before).removesuffix(after) + after
        found.append(Constraint(f"Member must satisfy regular expression pattern: {printed}", matches))
    return found


def sizes(shape: Shape) -> list[Constraint]:
    """Return the constraints for the length of a string, list or map, or for the value of a number."""
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    found: list[Constraint] = []
    if shape.type_name in _NUMBERS:
        if most is not None:
            found.append(
                Constraint(_NUMBER_WORDS(f"Member must have value less than or equal to {most}"), lambda value: value <= most)
            )
        if least is not None:
            found.append(
                Constraint(
                    _NUMBER_WORDS(f"Member must have value greater than or equal to {least}"), lambda value: value >= least
                )
            )
    elif shape.type_name in ("string", "list", "map"):
        if most is not None:
            found.append(
                Constraint(f"Member must have length less than or equal to {most}", lambda value: _length(value) <= most)
            )
        if least is not None:
            found.append(Constraint(length_at_least(least), lambda value: _length(value) >= least))
    return found


def bounds(shape: Shape) -> tuple[float, float]:
    """Return the least and the greatest length or value that a shape allows; its widest bounds if it states none."""
    if shape.type_name in _NUMBERS:
        return shape.metadata.get("min", -math.inf), shape.metadata.get("max", math.inf)
    return shape.metadata.get("min", 0), shape.metadata.get("max", sys.maxsize)


def text_test(shape: Shape) -> Callable[[Any], object]:
    """Return a fast test of whether a value is a string that satisfies every constraint of a string's shape.

    The test runs mostly in C. For a value that is not a string, it is false, or raises TypeError or AttributeError.
    """
    metadata = shape.metadata
    if "enum" in metadata:
        constraints = (*patterns(shape), *sizes(shape))
        return frozenset(one for one in metadata["enum"] if all(constraint.holds(one) for constraint in constraints)).__contains__
    least, most = bounds(shape)
    length = f"{{{least:.0f},{'' if most > _LONGEST else most}}}"
    matches = matcher(metadata["pattern"], length) if "pattern" in metadata else None
    # A pattern that cannot be translated is not enforced; see `patterns`.
    return matches or re.compile(f".{length}", re.DOTALL).fullmatch


def length_at_least(least: int) -> str:
    """Return the text of a minimum length."""
    return f"Member must have length greater than or equal to {least}"
