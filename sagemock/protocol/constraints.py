"""The constraints that a service model states of a single value: what the server says of them, and whether a value keeps them."""

import math
import re
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.model import Shape

from sagemock.protocol.patterns import matcher

__all__ = ["Constraint", "bounds", "length_at_least", "patterns", "sizes", "text_test"]

# The largest number of repetitions that a regular expression can state.
_LONGEST = 0xFFFF_FFFE
_NUMBERS = frozenset({"integer", "long", "float", "double"})
# Between 1.34 and 1.40 botocore dropped the anchors of patterns (the whole string must match anyway). The server prints them, as
# far as seen just as the model had them: "^" for a name (zenml-io/zenml#1502), none for ".*" (detectron2#10). These are the
# anchors of 1.34.0 in the shapes that jobs, tuning jobs and tags use; that the server still prints them is assumed.
_ANCHORS = {
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


class Constraint(NamedTuple):
    """The server's text, and whether a value holds it."""

    text: str
    holds: Callable[[Any], object]


def patterns(shape: Shape) -> list[Constraint]:
    """Return what a shape states of a scalar as such: its enum and its pattern."""
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
    """Return what a shape states of the length of a string, list or map, or of the value of a number."""
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    found: list[Constraint] = []
    if shape.type_name in _NUMBERS:
        if most is not None:
            found.append(Constraint(f"Member must have value less than or equal to {most}", lambda value: value <= most))
        if least is not None:
            found.append(Constraint(f"Member must have value greater than or equal to {least}", lambda value: value >= least))
    elif shape.type_name in ("string", "list", "map"):
        if most is not None:
            found.append(Constraint(f"Member must have length less than or equal to {most}", lambda value: len(value) <= most))
        if least is not None:
            found.append(Constraint(length_at_least(least), lambda value: len(value) >= least))
    return found


def bounds(shape: Shape) -> tuple[float, float]:
    """Return between what, both included, the length or the value of what has this shape is, if the shape limits it."""
    if shape.type_name in _NUMBERS:
        return shape.metadata.get("min", -math.inf), shape.metadata.get("max", math.inf)
    return shape.metadata.get("min", 0), shape.metadata.get("max", sys.maxsize)


def text_test(shape: Shape) -> Callable[[Any], object]:
    """Return what tells by one call, mostly into C, whether a value is a string that keeps all that a string's shape states.

    For other kinds of values it is false, or raises TypeError or AttributeError.
    """
    metadata = shape.metadata
    if "enum" in metadata:
        constraints = (*patterns(shape), *sizes(shape))
        return frozenset(one for one in metadata["enum"] if all(constraint.holds(one) for constraint in constraints)).__contains__
    least, most = bounds(shape)
    length = f"{{{least:.0f},{'' if most > _LONGEST else most}}}"
    matches = matcher(metadata["pattern"], length) if "pattern" in metadata else None
    # A pattern that cannot be translated is not enforced, as in `patterns`.
    return matches or re.compile(f".{length}", re.DOTALL).fullmatch


def length_at_least(least: int) -> str:
    """Return the text of a minimum length."""
    return f"Member must have length greater than or equal to {least}"
