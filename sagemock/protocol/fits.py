"""A fast test of whether the JSON of a request fits the model exactly, so that it need not be decoded or checked.

Nearly every request fits: then `decode` would return its JSON unchanged, and `violations` would find nothing. This test takes a
third of their time. If the test is not sure, it is false; then `decode` and `violations` decide, and write the texts.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.clock.interrupts import raise_if_foreign
from sagemock.protocol.constraints import bounds, text_test
from sagemock.protocol.shapes import per_shape

__all__ = ["fits"]

# What `json.loads` returns.
_Json: TypeAlias = Any
_Test: TypeAlias = Callable[[_Json], object]

_INTEGERS = {"integer": 1 << 31, "long": 1 << 63}


def fits(shape: Shape, value: _Json) -> bool:
    """Return whether a JSON value satisfies every constraint of its shape and is equal to its decoded form.

    False if that takes more than this fast test: for members that the shape does not have, nulls, timestamps and fractions.
    """
    try:
        return bool(_test_of(shape)(value))
    except (AttributeError, KeyError, TypeError) as error:
        raise_if_foreign(error, "sagemock.protocol")
        # The shape does not have the member, or a test cannot look at this kind of value.
        return False


def _structure(shape: StructureShape) -> _Test:
    members = _Members(shape)
    required = tuple(shape.required_members)

    def fits_structure(value: _Json) -> bool:
        if type(value) is not dict:
            return False
        for name, item in value.items():
            if not members[name](item):
                return False
        for name in required:  # noqa: SIM110  # a generator would double the time for a small structure
            if name not in value:
                return False
        return True

    return fits_structure


class _Members(dict[str, _Test]):
    """The tests of a structure's members, each created on first use. Raises KeyError for a name that is not a member."""

    def __init__(self, shape: StructureShape) -> None:
        self._shapes = shape.members

    def __missing__(self, name: str) -> _Test:
        test = self[name] = _test_of(self._shapes[name])
        return test


def _list(shape: ListShape) -> _Test:
    least, most = bounds(shape)
    member = _Lazily(shape.member)
    return lambda value: type(value) is list and least <= len(value) <= most and all(map(member.test, value))


def _map(shape: MapShape) -> _Test:
    least, most = bounds(shape)
    key, item = text_test(shape.key), _Lazily(shape.value)

    def fits_map(value: _Json) -> bool:
        if type(value) is not dict or not least <= len(value) <= most:
            return False
        return all(map(key, value)) and all(map(item.test, value.values()))

    return fits_map


class _Lazily:
    """The test of the items of a list or map, created on first use, because shapes can be recursive."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    @cached_property
    def test(self) -> _Test:
        return _test_of(self._shape)


def _scalar(shape: Shape) -> _Test:
    least, most = bounds(shape)
    if shape.type_name == "string":
        return text_test(shape)
    if shape.type_name == "boolean":
        return lambda value: type(value) is bool
    if shape.type_name in _INTEGERS:
        limit = _INTEGERS[shape.type_name]
        least, most = max(least, -limit), min(most, limit - 1)
        return lambda value: type(value) is int and least <= value <= most
    return lambda _: False


_test_of = per_shape(_structure, _list, _map, _scalar)
