"""Decodes the body of a request as the server does, before it checks constraints.

The refusals and their texts were measured at another service of the same protocol (Athena, 2026-09-23, a public record).
"""

import json
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.protocol.refusal import Refusal
from sagemock.protocol.shapes import per_shape

__all__ = ["decode", "parse"]

# What `json.loads` returns.
_Json: TypeAlias = Any
_Decode = Callable[[_Json], Any]

_AS_ATHENA: Final = Assumption(
    "that a body that is not JSON, and a value of a wrong kind, are refused as by another service of the same protocol (Athena, "
    "measured in 2026): SerializationException, with its message or with none",
    knob=YOUR_WORDS,
)
_OTHER_WORDS: Final = Assumption(
    "the words in which a value of another type is refused where a map, a fraction or a timestamp is expected", knob=YOUR_WORDS
)
_UNREAD: Final = Assumption(
    "that text that is not Unicode (half of a surrogate pair), a number of thousands of digits, and nesting that Python cannot "
    "read are refused like a body that is not JSON, and that the last value of a repeated member counts",
    knob=YOUR_WORDS,
)
_TOO_MANY_BITS: Final = Assumption(
    "that a number with too many bits is refused by its kind where the service model states no bound"
)
_CODE: Final = _AS_ATHENA("SerializationException")
_INTEGERS = {"integer": ("an Integer", 1 << 31), "long": ("a Long", 1 << 63)}
_FLOATS = _OTHER_WORDS({"float": "a Float", "double": "a Double"})
_INFINITY = float("inf")
_LARGEST = 1e300
"""The largest accepted number: in microseconds it is still finite."""
_SECOND_US = 1_000_000
_DEEP = 500
"""A body with this many brackets may be too deep to read. With fewer, the caller's own stack is full."""


def parse(body: bytes | str) -> _Json:
    """Return the JSON of a request's body: an object or a list.

    Raises `Refusal` (SerializationException, without a message) for a body that is not JSON, or is another kind of JSON. Numbers
    of thousands of digits, and text that is not Unicode, are refused in the same way. If a key comes twice, the last one counts.
    """
    text = body if isinstance(body, str) else body.decode(errors="surrogateescape")
    try:
        value = _loads(text)
        if not text.isascii() or "\\ud" in text or "\\uD" in text:
            # Raises for text that is not UTF-8, or half of a surrogate pair: it could not be written to a file later.
            json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        _refuse_unread()
    except RecursionError:
        if text.count("[") + text.count("{") < _DEEP:
            raise
        _refuse_unread()
    if not isinstance(value, dict | list):
        _refuse_unread()
    return value


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


# Python's json would accept NaN and Infinity.
_loads = _UNREAD(json.JSONDecoder(parse_constant=_no_number).decode)


def _refuse_unread() -> NoReturn:
    raise Refusal(_CODE, _UNREAD("")) from None


def decode(shape: Shape, value: _Json) -> _Json:
    """Return a JSON value of this shape as the server decodes it.

    At every depth, members that the shape does not have are dropped, and so are nulls in structures and lists. Maps keep their
    nulls: `violations` refuses them. Timestamps (seconds since the epoch on the wire) become whole microseconds. Containers are
    new. Raises `Refusal` (SerializationException) for a JSON type that does not fit.
    """
    return _decoder_of(shape)(value)


def _structure(shape: StructureShape) -> _Decode:
    members = shape.members
    decoders: dict[str, _Decode] = {}

    def decode_structure(value: _Json) -> _Json:
        if not isinstance(value, dict):
            _refuse_for("structure", value)
        decoded = {}
        for name, item in value.items():
            if item is not None and name in members:
                decoder = decoders.get(name)
                if decoder is None:
                    decoder = decoders[name] = _decoder_of(members[name])
                decoded[name] = decoder(item)
        return decoded

    return decode_structure


def _list(shape: ListShape) -> _Decode:
    member = shape.member

    def decode_list(value: _Json) -> _Json:
        if not isinstance(value, list):
            _refuse_for("list", value)
        decoder = _decoder_of(member)
        return [decoder(item) for item in value if item is not None]

    return decode_list


def _map(shape: MapShape) -> _Decode:
    member = shape.value

    def decode_map(value: _Json) -> _Json:
        if not isinstance(value, dict):
            _refuse_for("map", value)
        decoder = _decoder_of(member)
        return {key: None if item is None else decoder(item) for key, item in value.items()}

    return decode_map


def _scalar(shape: Shape) -> _Decode:
    type_name = shape.type_name
    if type_name == "string":
        return _string
    if type_name == "boolean":
        return _boolean
    if type_name in _INTEGERS:
        return _integer(*_INTEGERS[type_name], shape)
    if type_name in _FLOATS:
        return _number(_FLOATS[type_name], lambda value: value)
    if type_name == "timestamp":
        return _number(_OTHER_WORDS("milliseconds since epoch"), lambda value: round(value * _SECOND_US))
    # A blob stays text (no operation on jobs takes one). A type that only a future model has is let through.
    return lambda value: value


def _string(value: _Json) -> _Json:
    if not isinstance(value, str):
        _refuse(value, "a String")
    return value


def _boolean(value: _Json) -> _Json:
    if not isinstance(value, bool):
        _refuse(value, "an Boolean" if isinstance(value, str) else "a Boolean")
    return value


def _integer(noun: str, limit: int, shape: Shape) -> _Decode:
    # A number with too many bits is left to the constraint that it breaks, if the shape has one.
    least = -_INFINITY if "min" in shape.metadata else _TOO_MANY_BITS(-limit)
    most = _INFINITY if "max" in shape.metadata else _TOO_MANY_BITS(limit - 1)

    def decode_integer(value: _Json) -> _Json:
        if isinstance(value, float) and -_INFINITY < value < _INFINITY:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            _refuse(value, noun)
        return value

    return decode_integer


def _number(noun: str, convert: Callable[[float], Any]) -> _Decode:
    def decode_number(value: _Json) -> _Json:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
            _refuse(value, noun)
        return convert(value)

    return decode_number


def _refuse(value: object, noun: str) -> NoReturn:
    """Refuse a value where a scalar is expected."""
    if isinstance(value, list | dict):
        _refuse_for("scalar", value)
    kinds = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
    kind = f"{value!r}_VALUE".upper() if isinstance(value, bool) else kinds[type(value)]
    raise Refusal(_CODE, f"{kind} can not be converted to {noun}")


def _refuse_for(expected: str, value: object) -> NoReturn:
    """Refuse a value where a container is expected, or a container where something else is."""
    if isinstance(value, dict):
        message = "Start of structure or map found where not expected."
    elif isinstance(value, list):
        message = "Start of list found where not expected"
    else:
        message = "Expected null" if expected == "structure" else _OTHER_WORDS(f"Expected {expected} or null")
    raise Refusal(_CODE, message)


_decoder_of = per_shape(_structure, _list, _map, _scalar)
