"""Enforces the constraints of a service model, in the server's words.

The texts have the form of those of AWS's older Java services, which include SageMaker:

    {n} validation error[s] detected: Value 'x' at 'path' failed to satisfy constraint: {constraint}[; ...]

Texts seen from SageMaker itself: pattern and maximum length, both for one value, in that order (zenml-io/zenml#1502); the enum
(a set without order; here it is in the model's order); null; the size of a map (aws/sagemaker-python-sdk#6016) and of a list
(hashicorp/terraform-provider-aws#29225); the values of a map (aws-samples/amazon-sagemaker-pytorch-detectron2#10).
Texts seen from another service: the elements of a list (Lambda, appleboy/lambda-action#72).
Texts by analogy: the keys of a map, null in a list or map, structures printed like maps.

Botocore checks unions; no operation on training jobs, tuning jobs or tags takes a union.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.evidence import UNCHECKED, YOUR_WORDS, Assumption
from sagemock.protocol.constraints import Constraint, length_at_least, patterns, sizes
from sagemock.protocol.refusal import INVALID, Refusal
from sagemock.protocol.shapes import per_shape

__all__ = ["check", "violations"]

# What `decode` returns.
_Value: TypeAlias = Any
_Check = Callable[[_Value, str, list[str]], None]
_Placed: TypeAlias = Iterable[tuple[object, _Value]]
_CheckParts = Callable[[_Value, Collection[_Value], _Placed, str, list[str]], None]

_NOT_NULL = "Member must not be null"
_BY_ANALOGY: Final = Assumption("the words in which the keys of a map, and null in a list or a map, are refused", knob=UNCHECKED)
_PRINTED: Final = Assumption(
    "that a refusal prints a structure as it prints a map, and a fraction as Python does, in plain or exponent notation",
    knob=YOUR_WORDS,
)


def check(shape: Shape, value: _Value, code: str = INVALID) -> None:
    """Raise a Refusal with this code, in AWS's words, if a decoded value breaks constraints of its shape."""
    found = violations(shape, value)
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise Refusal(code, f"{len(found)} validation {errors} detected: {'; '.join(found)}")


def violations(shape: Shape, value: _Value) -> list[str]:
    """Return a text for each constraint of the shape that a decoded value breaks, in the order of the shape's members."""
    found: list[str] = []
    _check_of(shape)(value, "", found)
    return found


def _structure(shape: StructureShape) -> _Check:
    members = shape.members
    required = frozenset(shape.required_members)
    rows = [(name, name[:1].lower() + name[1:], name in required) for name in members]
    checks: dict[str, _Check] = {}

    def check_structure(value: _Value, path: str, found: list[str]) -> None:
        prefix = f"{path}." if path else ""
        for name, camel, needed in rows:
            item = value.get(name)
            if item is not None:
                member = checks.get(name)
                if member is None:
                    member = checks[name] = _check_of(members[name])
                member(item, prefix + camel, found)
            elif needed:
                found.append(_violation(None, prefix + camel, _NOT_NULL))

    return check_structure


def _list(shape: ListShape) -> _Check:
    sized = sizes(shape)
    each = _each(shape.member, "Member must satisfy constraint")

    def check_list(value: _Value, path: str, found: list[str]) -> None:
        _append_broken(sized, value, path, found)
        each(value, value, enumerate(value, 1), path, found)

    return check_list


def _map(shape: MapShape) -> _Check:
    sized = sizes(shape)
    keys = _each(shape.key, _BY_ANALOGY("Map keys must satisfy constraint"))
    values = _each(shape.value, "Map value must satisfy constraint")

    def check_map(value: _Value, path: str, found: list[str]) -> None:
        _append_broken(sized, value, path, found)
        keys(value, value, (), path, found)
        values(value, value.values(), value.items(), path, found)

    return check_map


def _each(shape: Shape, says: str) -> _CheckParts:
    """Return a check of the items of a list or map. Wrong scalars are one violation of the container; other items have their own.

    The check takes the container, its items, and each item with its name in the path.
    """
    return _each_nested(shape) if isinstance(shape, StructureShape | ListShape | MapShape) else _each_scalar(shape, says)


def _each_nested(shape: Shape) -> _CheckParts:
    def check_nested(_: _Value, __: Collection[_Value], placed: _Placed, path: str, found: list[str]) -> None:
        for place, part in placed:
            at = f"{path}.{place}.member"
            if part is None:
                found.append(_BY_ANALOGY(_violation(None, at, _NOT_NULL)))
            else:
                _check_of(shape)(part, at, found)

    return check_nested


def _each_scalar(shape: Shape, says: str) -> _CheckParts:
    sized = sizes(shape)
    constraints = [*sized, *patterns(shape)]
    listed = [constraint.text for constraint in constraints]
    if sized and shape.type_name == "string" and "min" not in shape.metadata:
        # The server lists it (see the map above) even if the model states only a maximum, as botocore's did before 1.40.
        listed.insert(len(sized), length_at_least(0))
    text = f"{says}: [{', '.join(listed)}]"
    null_text = _BY_ANALOGY(f"{says}: [{_NOT_NULL}]")
    tests = [constraint.holds for constraint in constraints if constraint.text != length_at_least(0)]

    def check_scalars(whole: _Value, parts: Collection[_Value], _: _Placed, path: str, found: list[str]) -> None:
        if None in parts:
            found.append(_violation(whole, path, null_text))
        if any(part is not None and not holds(part) for holds in tests for part in parts):
            found.append(_violation(whole, path, text))

    return check_scalars


def _scalar(shape: Shape) -> _Check:
    constraints = [*patterns(shape), *sizes(shape)]

    def check_scalar(value: _Value, path: str, found: list[str]) -> None:
        _append_broken(constraints, value, path, found)

    return check_scalar


def _append_broken(constraints: list[Constraint], value: _Value, path: str, found: list[str]) -> None:
    for text, holds in constraints:
        if not holds(value):
            found.append(_violation(value, path, text))


def _violation(value: object, path: str, constraint: str) -> str:
    text = "null" if value is None else f"'{_java(value)}'"
    return f"Value {text} at '{path}' failed to satisfy constraint: {constraint}"


def _java(value: object) -> str:
    """Return a value as Java's toString prints it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return _PRINTED("{" + ", ".join(f"{_java(key)}={_java(item)}" for key, item in value.items()) + "}")
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value)) + "]"
    return _PRINTED(str(value))


_check_of = per_shape(_structure, _list, _map, _scalar)
