"""What the server makes of the JSON of a request, and whether all is as the model states.

The texts of refusals are known from AWS's Java services that speak JSON; that SageMaker uses them is assumed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn, TypeAlias
from weakref import WeakKeyDictionary

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.aws.constraints import bounds, holds
from sagemock.aws.refusal import Refusal

__all__ = ["decode"]

# What `json.loads` returns.
_Json: TypeAlias = Any
_Doubts: TypeAlias = list[object]
_Decode = Callable[[_Json, _Doubts], Any]

_CODE = "SerializationException"
_INTEGERS = {"integer": ("an Integer", 1 << 31), "long": ("a Long", 1 << 63)}
_FLOATS = {"float": "a Float", "double": "a Double"}
_INFINITY = float("inf")
_SECOND_US = 1_000_000

_decoders: WeakKeyDictionary[Shape, _Decode] = WeakKeyDictionary()


def decode(shape: Shape, value: _Json, doubts: _Doubts | None = None) -> _Json:
    """Return what the server makes of a JSON value of this shape.

    Members that the shape does not have are dropped, at every depth, and so are members of structures that are null; lists and
    maps keep their nulls, which are for `violations` to refuse. Timestamps (seconds since the epoch on the wire) become whole
    microseconds. Containers are new. Raises `Refusal` (SerializationException) for a JSON type that does not fit.

    `doubts` gets each part that breaks a constraint: as long as it is empty, `validate.violations` has nothing to say, which
    walks over every member that the shape could have. Nearly every request is as the model states, so one walk is enough for it.
    """
    return _decoder_of(shape)(value, [] if doubts is None else doubts)


def _decoder_of(shape: Shape) -> _Decode:
    # Lazy, weak and free of locks for the reasons given in `validate`.
    made = _decoders.get(shape)
    if made is None:
        if isinstance(shape, StructureShape):
            made = _structure(shape)
        elif isinstance(shape, ListShape):
            made = _list(shape)
        elif isinstance(shape, MapShape):
            made = _map(shape)
        else:
            made = _scalar(shape)
        _decoders[shape] = made
    return made


class _Member(NamedTuple):
    """What is to be done with a part: a string is tried at once by its bounds and by `holds`, anything else by `decode`."""

    name: str
    """The model's own string: each request has new ones, and a stored job would hold two KiB of them."""
    least: float
    most: float
    holds: Callable[[str], object] | None
    decode: _Decode

    @classmethod
    def of(cls, name: str, shape: Shape) -> "_Member":
        return cls(name, *bounds(shape), holds(shape) if shape.type_name == "string" else None, _decoder_of(shape))


def _structure(shape: StructureShape) -> _Decode:
    shapes = shape.members
    required = tuple(shape.required_members)
    members: dict[str, _Member] = {}

    def decode_structure(value: _Json, doubts: _Doubts) -> _Json:
        if not isinstance(value, dict):
            _refuse_for("structure", value)
        made = {}
        for given, item in value.items():
            if item is None or given not in shapes:
                continue
            member = members.get(given)
            if member is None:
                name = next(name for name in shapes if name == given)
                member = members[name] = _Member.of(name, shapes[name])
            name, least, most, holds_of_it, decoder = member
            # Most members are strings, and a call for each takes as long as all else that is done for it.
            if holds_of_it is not None and type(item) is str:
                if not (least <= len(item) <= most and holds_of_it(item)):
                    doubts.append(item)
                made[name] = item
            else:
                made[name] = decoder(item, doubts)
        for name in required:
            if name not in made:
                doubts.append(value)
        return made

    return decode_structure


def _list(shape: ListShape) -> _Decode:
    member = shape.member
    least, most = bounds(shape)
    decoder: _Decode | None = None

    def decode_list(value: _Json, doubts: _Doubts) -> _Json:
        nonlocal decoder
        if not isinstance(value, list):
            _refuse_for("list", value)
        if None in value or not least <= len(value) <= most:
            doubts.append(value)
        if decoder is None:
            decoder = _decoder_of(member)
        return [None if item is None else decoder(item, doubts) for item in value]

    return decode_list


def _map(shape: MapShape) -> _Decode:
    below = shape.value
    least, most = bounds(shape)
    least_key, most_key = bounds(shape.key)
    key_holds = holds(shape.key)
    member: _Member | None = None

    def decode_map(value: _Json, doubts: _Doubts) -> _Json:
        nonlocal member
        if not isinstance(value, dict):
            _refuse_for("map", value)
        if not least <= len(value) <= most:
            doubts.append(value)
        if member is None:
            member = _Member.of("", below)
        _, least_item, most_item, item_holds, decoder = member
        made: dict[str, _Json] = {}
        for key, item in value.items():
            if not (least_key <= len(key) <= most_key and key_holds(key)):
                doubts.append(key)
            if item_holds is not None and type(item) is str:
                # As in a structure.
                if not (least_item <= len(item) <= most_item and item_holds(item)):
                    doubts.append(item)
                made[key] = item
            elif item is None:
                doubts.append(key)
                made[key] = None
            else:
                made[key] = decoder(item, doubts)
        return made

    return decode_map


def _scalar(shape: Shape) -> _Decode:
    type_name = shape.type_name
    if type_name == "string":
        return _string(shape)
    if type_name == "boolean":
        return _boolean
    if type_name in _INTEGERS:
        return _integer(shape, *_INTEGERS[type_name])
    if type_name in _FLOATS:
        return _number(shape, _FLOATS[type_name])
    if type_name == "timestamp":
        return _timestamp
    # A blob is text here (no operation on jobs takes one); what a future model may call a type is let through.
    return lambda value, _: value


def _string(shape: Shape) -> _Decode:
    least, most = bounds(shape)
    holds_of_it = holds(shape)

    def decode_string(value: _Json, doubts: _Doubts) -> _Json:
        if not isinstance(value, str):
            _refuse(value, "a String")
        if not (least <= len(value) <= most and holds_of_it(value)):
            doubts.append(value)
        return value

    return decode_string


def _boolean(value: _Json, _: _Doubts) -> _Json:
    if not isinstance(value, bool):
        _refuse(value, "a Boolean")
    return value


def _integer(shape: Shape, noun: str, limit: int) -> _Decode:
    least, most = bounds(shape)

    def decode_integer(value: _Json, doubts: _Doubts) -> _Json:
        if isinstance(value, float) and value.is_integer():
            # 60.0 is 60 (assumed); botocore sends it so when its own validation is off.
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
            _refuse(value, noun)
        if not least <= value <= most:
            doubts.append(value)
        return value

    return decode_integer


def _number(shape: Shape, noun: str) -> _Decode:
    least, most = bounds(shape)

    def decode_number(value: _Json, doubts: _Doubts) -> _Json:
        if not _is_number(value):
            _refuse(value, noun)
        if not least <= value <= most:
            doubts.append(value)
        return value

    return decode_number


def _timestamp(value: _Json, _: _Doubts) -> _Json:
    if not _is_number(value):
        _refuse(value, "milliseconds since epoch")
    return round(value * _SECOND_US)


def _is_number(value: _Json) -> bool:
    # Python's json reads NaN and Infinity, which are no JSON.
    return not isinstance(value, bool) and isinstance(value, int | float) and -_INFINITY < value < _INFINITY


def _refuse(value: object, noun: str) -> NoReturn:
    """Refuse a value in the place of a scalar."""
    if isinstance(value, list | dict):
        _refuse_for("scalar", value)
    kinds = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
    kind = f"{value!r}_VALUE".upper() if isinstance(value, bool) else kinds[type(value)]
    message = f"{kind} can not be converted to {noun}"
    raise Refusal(_CODE, message)


def _refuse_for(expected: str, value: object) -> NoReturn:
    """Refuse a value in the place of a container, or a container in another's place."""
    if isinstance(value, dict):
        message = "Start of structure or map found where not expected."
    elif isinstance(value, list):
        message = "Start of list found where not expected"
    else:
        message = f"Expected {expected} or null"
    raise Refusal(_CODE, message)
