"""EventBridge's event patterns: which events a rule is for.

The rules are those of `aws/event-ruler`, which EventBridge runs (there: `JsonRuleCompiler`, `ACFinder`, `ByteMachine`).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from sagemock.errors import InvalidType, InvalidValue, NotSimulated

__all__ = ["EventPattern", "Pattern"]

Pattern: TypeAlias = Mapping[str, Any] | str
"""An event pattern: a mapping, or the JSON text of one."""

# A JSON value.
_Json: TypeAlias = Any
_Test: TypeAlias = Callable[[_Json], bool]
_Path: TypeAlias = tuple[str, ...]
# Which element of which array (by identity) a value was found in.
_Inside: TypeAlias = dict[int, int]

_OR: Final = "$or"
_FILTERS: Final = ("prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case", "wildcard")
_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "=": lambda value, bound: value == bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
}


class _Field(NamedTuple):
    """What a pattern asks of the values at one path."""

    path: _Path
    tests: tuple[_Test, ...]
    may_be_absent: bool


class EventPattern:
    """An event pattern, checked and ready to be matched.

    Every field is to match; of the values listed for a field, one; of the patterns in `$or`, one. A value that is an array
    matches if one of its elements does, and several fields below an array of objects match within the same element. Numbers are
    equal by value, strings by each character. `exists` is about values: `{"exists": false}` meets a field that holds an object.
    """

    def __init__(self, pattern: Pattern) -> None:
        """Check `pattern`. Raises ValueError, which names the path and what is wrong there, and NotSimulated for `cidr`."""
        if isinstance(pattern, str):
            try:
                pattern = json.loads(pattern)
            except ValueError as error:
                msg = f"the event pattern is no JSON: {error}; give a mapping, or the JSON text of one"
                raise InvalidValue(msg) from None
        if not isinstance(pattern, Mapping):
            msg = f"an event pattern is a mapping or the JSON text of one, not {pattern!r}: write {{'source': ['aws.sagemaker']}}"
            raise InvalidType(msg)
        self._pattern = pattern
        # In the order of the paths, as the original has it: it decides within which element of an array a field is to be absent.
        self._branches = [sorted(branch, key=lambda field: ".".join(field.path)) for branch in _branches(pattern, ())]

    def __repr__(self) -> str:
        return f"EventPattern({self._pattern!r})"

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether an event is one that the pattern is for."""
        return any(_all_match(branch, event, {}) for branch in self._branches)


# -- matching


def _all_match(fields: Sequence[_Field], event: Mapping[str, Any], inside: _Inside) -> bool:
    if not fields:
        return True
    field, rest = fields[0], fields[1:]
    found = [
        (value, where)
        for value, where in _values(event, field.path, {})
        if all(inside.get(array, index) == index for array, index in where.items())
    ]
    if field.may_be_absent and not found:
        return _all_match(rest, event, inside)
    return any(
        any(test(value) for test in field.tests) and _all_match(rest, event, {**inside, **where}) for value, where in found
    )


def _values(node: _Json, path: _Path, inside: _Inside) -> Iterator[tuple[_Json, _Inside]]:
    """Yield the values at a path: every element of an array, and nothing for an object."""
    if isinstance(node, Mapping):
        if path and path[0] in node:
            yield from _values(node[path[0]], path[1:], inside)
    elif isinstance(node, (list, tuple)):
        for index, element in enumerate(node):
            nested = isinstance(element, (Mapping, list, tuple))
            yield from _values(element, path, {**inside, id(node): index} if nested else inside)
    elif not path:
        yield node, inside


# -- reading a pattern


def _branches(pattern: Mapping[str, Any], path: _Path) -> list[list[_Field]]:
    """Return the alternatives of a pattern, each a list of fields that are all to match."""
    if not pattern:
        _refuse(path, "an empty object is not allowed", "name a field, or take it out")
    alternatives: list[list[list[_Field]]] = []
    for name, wanted in pattern.items():
        if not isinstance(name, str):
            _refuse(path, f"a field is named by a string, not {name!r}", "write the name as the event has it")
        here = (*path, name)
        if name == _OR:
            alternatives.append(_any_of(wanted, path))
        elif isinstance(wanted, Mapping):
            alternatives.append(_branches(wanted, here))
        elif isinstance(wanted, (list, tuple)):
            alternatives.append([[_field(wanted, here)]])
        else:
            _refuse(here, f"{wanted!r} is neither an array nor an object", f"write [{wanted!r}]")
    return [[field for branch in chosen for field in branch] for chosen in product(*alternatives)]


def _any_of(patterns: object, path: _Path) -> list[list[_Field]]:
    here = (*path, _OR)
    if not isinstance(patterns, (list, tuple)) or len(patterns) < 2:  # noqa: PLR2004  # one alternative is none
        _refuse(here, f"{patterns!r} is no array of two or more patterns", "write {'$or': [{...}, {...}]}")
    branches: list[list[_Field]] = []
    for place, one in enumerate(patterns):
        if not isinstance(one, Mapping):
            _refuse((*here[:-1], f"{_OR}[{place}]"), f"{one!r} is no object", "write an event pattern")
        branches += _branches(one, path)
    return branches


def _field(values: Sequence[_Json], path: _Path) -> _Field:
    if not values:
        _refuse(path, "an empty array is not allowed", "list the values that match, or take the field out")
    tests: list[_Test] = []
    may_be_absent = False
    for place, value in enumerate(values):
        here = (*path[:-1], f"{path[-1]}[{place}]")
        if value == {"exists": False} and value["exists"] is False:
            may_be_absent = True
        elif isinstance(value, Mapping):
            tests.append(_filter(value, here))
        elif value is None or isinstance(value, (str, bool, int, float)):
            tests.append(_equals(value))
        else:
            _refuse(here, f"{value!r} is no value to match", "write a string, a number, true, false, null or a filter")
    return _Field(path, tuple(tests), may_be_absent)


def _filter(given: Mapping[str, Any], path: _Path) -> _Test:
    """Return the test that a filter such as `{"prefix": "aws."}` stands for."""
    name, value = _only(given, path)
    if name == "cidr":
        msg = (
            f"sagemock does not simulate the filter 'cidr' (at {'.'.join(path)} of the event pattern): "
            "no field of a training job's event is an IP address; take it out"
        )
        raise NotSimulated(msg)
    here = (*path, name)
    if name == "numeric":
        return _numeric(value, here)
    if name == "exists":
        if value is not True:
            _refuse(here, f"{value!r} is neither true nor false", "write {'exists': True} or {'exists': False}")
        return lambda _: True
    if name == "anything-but":
        return _anything_but(value, here)
    if name in ("prefix", "suffix") and isinstance(value, Mapping):
        fold, text = _only(value, here)
        if fold != "equals-ignore-case":
            _refuse(here, f"{fold!r} is no filter within {name!r}", "write {'equals-ignore-case': '...'} or a string")
        return _matching(_regex(name, _text(text, (*here, fold)), here, folded=True))
    if name not in _FILTERS:
        _refuse(path, f"{name!r} is no filter of EventBridge", f"use one of {', '.join(_FILTERS)}")
    return _matching(_regex(name, _text(value, here), here))


def _only(given: Mapping[str, Any], path: _Path) -> tuple[str, Any]:
    if len(given) != 1:
        _refuse(path, f"{dict(given)!r} is no filter: it has {len(given)} keys", "write one filter, like {'prefix': 'churn-'}")
    return next(iter(given.items()))


def _text(value: object, path: _Path) -> str:
    if not isinstance(value, str):
        _refuse(path, f"{value!r} is no string", "write a string")
    return value


def _equals(wanted: _Json) -> _Test:
    if _is_number(wanted):
        return lambda value: _is_number(value) and bool(value == wanted)
    # True is no 1 in JSON.
    return lambda value: type(value) is type(wanted) and bool(value == wanted)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numeric(terms: object, path: _Path) -> _Test:
    advice = "write ['=', 5], ['>', 0], or ['>', 0, '<=', 5]"
    if not isinstance(terms, (list, tuple)) or len(terms) not in (2, 4):
        _refuse(path, f"{terms!r} is no comparison", advice)
    bounds = list(zip(terms[::2], terms[1::2], strict=True))
    for operator, bound in bounds:
        if not isinstance(operator, str) or operator not in _OPERATORS:
            _refuse(path, f"{operator!r} is no comparison operator", advice)
        if not _is_number(bound):
            _refuse(path, f"{bound!r} is no number", advice)
    if len(bounds) > 1:
        (low, bottom), (high, top) = bounds
        if low not in (">", ">=") or high not in ("<", "<="):
            _refuse(path, f"{terms!r} is no range: its first bound is the lower one", advice)
        if bottom >= top:
            _refuse(path, f"{terms!r} is no range: {bottom!r} is not below {top!r}", advice)
    return lambda value: _is_number(value) and all(_OPERATORS[operator](value, bound) for operator, bound in bounds)


def _anything_but(but: object, path: _Path) -> _Test:
    """Return the test for values other than those given; a value of another kind is another value."""
    if isinstance(but, Mapping):
        name, texts = _only(but, path)
        if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            _refuse(path, f"{name!r} is no filter within 'anything-but'", "use prefix, suffix, equals-ignore-case or wildcard")
        here = (*path, name)
        several = texts if isinstance(texts, (list, tuple)) else [texts]
        if not several or (name in ("prefix", "suffix") and "" in several):
            _refuse(here, f"{texts!r} is empty, which nothing could match", "write at least one character")
        tests = [_matching(_regex(name, _text(text, here), here)) for text in several]
    else:
        values = but if isinstance(but, (list, tuple)) else [but]
        if not values or not (all(isinstance(one, str) for one in values) or all(_is_number(one) for one in values)):
            _refuse(path, f"{but!r} is neither all strings nor all numbers", "write a string, a number, or a list of either")
        tests = [_equals(value) for value in values]
    return lambda value: not any(test(value) for test in tests)


def _matching(regex: str) -> _Test:
    compiled = re.compile(regex, re.DOTALL)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _regex(name: str, text: str, path: _Path, *, folded: bool = False) -> str:
    if name == "wildcard":
        return _wildcard(text, path)
    if name == "equals-ignore-case":
        return _folded(text)
    same = _folded(text) if folded else re.escape(text)
    return f"{same}.*" if name == "prefix" else f".*{same}"


def _folded(text: str) -> str:
    # Letter by letter, as the original does it: "ß" meets "SS", and not the other way round.
    return "".join(f"(?:{re.escape(letter.lower())}|{re.escape(letter.upper())})" for letter in text)


def _wildcard(text: str, path: _Path) -> str:
    pieces = re.findall(r"\\.?|\*+|[^\\*]+", text, re.DOTALL)
    for piece in pieces:
        if piece[0] == "\\" and piece not in (r"\*", r"\\"):
            _refuse(path, f"{text!r} escapes a character other than '*' and '\\'", r"write \* for a star and \\ for a backslash")
        if piece.startswith("**"):
            _refuse(path, f"{text!r} has consecutive wildcards", "write one '*'")
    return "".join(".*" if piece == "*" else re.escape(piece[1:] if piece[0] == "\\" else piece) for piece in pieces)


def _refuse(path: _Path, what: str, advice: str) -> NoReturn:
    where = f"at {'.'.join(path)}" if path else "as a whole"
    msg = f"the event pattern is not valid {where}: {what}; {advice}"
    raise InvalidValue(msg)
