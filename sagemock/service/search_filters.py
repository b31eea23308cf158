"""The meaning of a SearchExpression: its properties, by the user's own service model, and its operators, by type."""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from itertools import islice
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.protocol.refusal import Refusal

__all__ = ["Property", "Test", "expression", "named", "sorting"]

Document: TypeAlias = Mapping[str, Any]
Test: TypeAlias = Callable[[Document], bool]
"""Whether a document meets a filter."""
_Kind: TypeAlias = Literal["text", "number", "timestamp", "boolean", "either", "whole"]

_WORDS: Final = Assumption(
    "the words in which Search refuses an unknown property, an operator that does not fit the type of its property, a value that "
    "cannot be read, a missing or surplus Value, an empty SearchExpression and one of more than 50 parts",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_EXACT: Final = Assumption(
    "that Search compares text, and the names of properties, as they are: Equals and Contains are case-sensitive, Contains finds "
    "any part, and everything after the first dot is the key of a tag, a hyperparameter or a variable",
    since="2026-11-26",
)
_WITHOUT: Final = Assumption(
    "that NotEquals in a Search also finds the jobs without the property, and for a list those without an equal element",
    since="2026-11-26",
)
_CUT: Final = Assumption(
    "that Search cuts the decimals of a hyperparameter off, towards zero, if the Value is an integer", since="2026-11-26"
)
_UTC: Final = Assumption("that a timestamp without a zone in a Search is in UTC", since="2026-11-26")
_BOOLEANS: Final = Assumption(
    "that Search takes true and false, in any case, with Equals and NotEquals for a boolean", since="2026-11-26"
)({"true": True, "false": False})
_ANY: Final = Assumption(
    "that a filter of a Search on a list outside of NestedFilters is met if any element meets it", since="2026-11-26"
)
_PARTS_MAX: Final = 50
"""Filters, nested filters and subexpressions of one request (service model, SearchExpression)."""
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_OF_TEXT: Final = frozenset({"Contains", "In"})
"""Operators for text only (service model, Filter)."""
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_KINDS: Final[dict[str, _Kind]] = {
    **dict.fromkeys(("integer", "long", "float", "double"), "number"),
    "timestamp": "timestamp",
    "boolean": "boolean",
    "structure": "whole",
    "map": "whole",
}


class Property(NamedTuple):
    """A property that a request names."""

    name: str
    kind: _Kind
    """`either`: a hyperparameter, which is a number or text; `whole`: it has parts, and a filter can only ask if it exists."""
    values: Callable[[Document], Sequence[Any]]
    """Returns its values in a document: none if it is absent, several if its path leads through a list."""


def refusal(text: str) -> Refusal:
    """Return the refusal of a search."""
    return Refusal("ValidationException", _WORDS(text))


def named(record: StructureShape, name: str) -> Property:
    """Return the property of a record with this name, which may be `Tags.<key>` or `Metrics.<name>`."""
    head, _, key = _EXACT(name).partition(".")
    if key and head == "Tags" and head in record.members:
        return Property(name, "text", lambda document: [tag["Value"] for tag in document.get("Tags", ()) if tag["Key"] == key])
    if key and head == "Metrics":
        return Property(
            name,
            "number",
            lambda document: [
                metric["Value"] for metric in document.get("FinalMetricDataList") or () if metric["MetricName"] == key
            ],
        )
    found = _path(record, name, name)
    return found._replace(kind="either") if key and head == "HyperParameters" else found


def _path(shape: Shape, path: str, name: str) -> Property:
    """Return the property `name` of a record; `path` leads to it from this shape."""
    steps: list[str] = []
    rest: str | None = path
    while rest is not None:
        while isinstance(shape, ListShape):
            shape = shape.member
        if isinstance(shape, MapShape) and rest:
            step, rest, shape = rest, None, shape.value
        else:
            step, dot, after = rest.partition(".")
            if not isinstance(shape, StructureShape) or step not in shape.members:
                raise refusal(f"Unknown property name: {name}")
            rest, shape = after if dot else None, shape.members[step]
        steps.append(step)
    while isinstance(shape, ListShape):
        shape = shape.member
    return Property(name, _KINDS.get(shape.type_name, "text"), lambda document: _reached(document, steps))


def _reached(document: Document, steps: Iterable[str]) -> Sequence[Any]:
    found: list[Any] = [document]
    for step in steps:
        found = _flat(one.get(step) for one in found)
    return found


def _flat(values: Iterable[Any]) -> list[Any]:
    """Return values without nulls, and with lists replaced by their elements."""
    flat: list[Any] = []
    for value in values:
        if isinstance(value, list):
            flat += _flat(value)
        elif value is not None:
            flat.append(value)
    return flat


def expression(record: StructureShape, sent: Mapping[str, Any]) -> Test:
    """Return a test of whether a document meets a SearchExpression. Raises Refusal for one that cannot be understood."""
    # islice: the count of a huge expression ends soon.
    if len(list(islice(_parts(sent), _PARTS_MAX + 1))) > _PARTS_MAX:
        raise refusal(f"The search expression exceeds the limit of {_PARTS_MAX} filters, nested filters and subexpressions.")
    if sum(one.get("Operator") == "Contains" for one in _filters(sent)) > 1:
        # service model, Filter; the names that may have several are not properties of jobs
        raise Refusal("ValidationException", "'CONTAINS' operator usage limit of 1 exceeded.")
    return _expression(record, sent)


def _parts(sent: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Yield the parts of an expression: filters (also those in nested filters), nested filters and subexpressions."""
    yield from sent.get("Filters", ())
    for nested in sent.get("NestedFilters", ()):
        yield nested
        yield from nested["Filters"]
    for inner in sent.get("SubExpressions", ()):
        yield inner
        yield from _parts(inner)


def _filters(sent: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (part for part in _parts(sent) if "Name" in part)


def _expression(record: StructureShape, sent: Mapping[str, Any]) -> Test:
    tests = [
        *(_filter(named(record, one["Name"]), one) for one in sent.get("Filters", ())),
        *(_nested(record, one) for one in sent.get("NestedFilters", ())),
        *(_expression(record, one) for one in sent.get("SubExpressions", ())),
    ]
    if not tests:
        raise refusal("A search expression must have at least one of Filters, NestedFilters and SubExpressions.")
    combine = any if sent.get("Operator") == "Or" else all
    return lambda document: combine(test(document) for test in tests)


def _nested(record: StructureShape, sent: Mapping[str, Any]) -> Test:
    """Return a test of whether one element of a list meets all filters. The names of the filters begin at the record."""
    outer = sent["NestedPropertyName"]
    steps = outer.split(".")
    shape: Shape = record
    for step in steps:
        inner = shape.member if isinstance(shape, ListShape) else shape
        if not isinstance(inner, StructureShape) or step not in inner.members:
            raise refusal(f"Unknown property name: {outer}")
        shape = inner.members[step]
    if not isinstance(shape, ListShape):
        raise refusal(f"Nested filters are not supported for property {outer}, which is not a list.")
    tests = []
    for one in sent["Filters"]:
        begins, path = one["Name"][: len(outer) + 1], one["Name"][len(outer) + 1 :]
        if begins != f"{outer}.":
            raise refusal(f"Property name {one['Name']} is not nested in {outer}.")
        tests.append(_filter(_path(shape.member, path, one["Name"]), one))
    return lambda document: any(all(test(element) for test in tests) for element in _reached(document, steps))


def _filter(of: Property, sent: Mapping[str, Any]) -> Test:
    by, value = sent.get("Operator", "Equals"), sent.get("Value")
    if by in {"Exists", "NotExists"}:
        if value is not None:
            raise refusal(f"Operator {by} does not take a value.")
        return lambda document: bool(of.values(document)) == (by == "Exists")
    if value is None:
        raise refusal(f"Operator {by} requires a value.")
    if by == "NotEquals":
        equals = _comparison(of, by, value)
        return lambda document: not _WITHOUT(any(map(equals, of.values(document))))
    meets = _comparison(of, by, value)
    return lambda document: _ANY(any(map(meets, of.values(document))))


def _comparison(of: Property, by: str, value: str) -> Callable[[Any], bool]:
    """Return a test of whether one value of a property meets an operator; for NotEquals, whether it is equal."""
    compare: Callable[[Any, Any], bool] = _ORDERS.get(by, operator.eq)
    if of.kind in {"text", "either"} and by == "Contains":
        return lambda found: value in found
    if of.kind in {"text", "either"} and by == "In":
        wanted = frozenset(value.split(","))
        return lambda found: found in wanted
    number = _number(value)
    if of.kind == "either" and number is not None:
        # service model, Filter: as decimals, or as integers if the Value is one
        convert: Callable[[float], float] = _CUT(math.trunc) if _INTEGER.fullmatch(value) else float
        return lambda found: (read := _number(found)) is not None and compare(convert(read), number)
    ordered = by in _ORDERS
    if of.kind == "whole" or by in _OF_TEXT or (ordered and of.kind not in {"number", "timestamp"}):
        raise refusal(f"Operator {by} is not supported for property {of.name}.")
    wants: Any = value
    if of.kind == "number":
        wants = number
    elif of.kind == "timestamp":
        wants = _timestamp(value)
    elif of.kind == "boolean":
        wants = _BOOLEANS.get(value.lower())
    if wants is None:
        raise refusal(f"Invalid value for property {of.name}: {value}")
    return lambda found: compare(found, wants)


def _number(text: str) -> float | None:
    """Return a text as a finite number, None if it is not one."""
    number = float(text) if _NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _timestamp(text: str) -> float | None:
    """Return an ISO 8601 timestamp as seconds since the epoch, None if `text` is not one."""
    try:
        # Python 3.10 does not read the Z.
        read = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
        return (read if read.tzinfo else read.replace(tzinfo=_UTC(timezone.utc))).timestamp()
    except (ValueError, OverflowError):
        return None


def sorting(record: StructureShape, name: str) -> Callable[[Document], tuple[int, Any] | None]:
    """Return a sort key of documents, numbers before text; the key is None for a document without the property."""
    of = named(record, name)
    if of.kind == "whole":
        raise refusal(f"Sorting is not supported for property {name}.")

    def sort(document: Document) -> tuple[int, Any] | None:
        values = of.values(document)
        if not values:
            return None
        first = values[0]
        if of.kind == "either":
            number = _number(first)
            first = first if number is None else number
        return int(isinstance(first, str)), first

    return sort
