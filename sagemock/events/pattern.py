"""EventBridge's event patterns: which events match a pattern.

The rules are those of `aws/event-ruler`, which EventBridge runs (see its `JsonRuleCompiler`, `ACFinder`, `ByteMachine`).
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple, TypeAlias

from sagemock.checks import quoted
from sagemock.errors import InvalidType, InvalidValue
from sagemock.events.filters import Json, Path, Test, equals, filter_test, is_number, refuse

__all__ = ["EventPattern", "Field", "Path", "Pattern"]

Pattern: TypeAlias = Mapping[str, Any] | str
"""An event pattern: a mapping, or the JSON text of one."""

# For each array (by its id) that holds a value: the index of the element with it.
_Inside: TypeAlias = dict[int, int]

_OR: Final = "$or"
_COMBINATIONS: Final = 1000
"""The most combinations of a pattern (user guide, "Content filtering", on Or matching: more is InvalidEventPatternException)."""
_LEVELS: Final = 100
_PARTS: Final = 10_000
"""The most fields and values of a pattern; EventBridge accepts 4096 characters (its quota "Event pattern size")."""


class Field(NamedTuple):
    """The condition of a pattern on the values at one path."""

    path: Path
    wanted: Sequence[Json]
    """The values and filters that the pattern lists for the path."""
    tests: tuple[Test, ...]
    """The tests for these; a value must pass one of them."""
    may_be_absent: bool


class EventPattern:
    """An event pattern, checked and ready for matching.

    Every field of the pattern must match one of the values that the pattern lists for it, and so must one of the patterns in
    `$or`. An array matches if one of its elements does, and several fields below an array of objects must match within the same
    element. Numbers are compared by value, strings by character. `exists` is about values: `{"exists": false}` matches a field
    that holds an object. Every accepted pattern is fast to match.
    """

    branches: list[list[Field]]
    """The alternatives of `$or`; one if the pattern has no `$or`. All fields of one alternative must match."""

    def __init__(self, pattern: Pattern) -> None:
        """Check `pattern`. Raises InvalidValue, whose text names the path and the fault, and NotSimulated for `cidr`."""
        if isinstance(pattern, str):
            try:
                pattern = json.loads(pattern)
            except RecursionError:
                refuse((), _TOO_DEEP, _SHALLOW)
            except ValueError as error:
                raise InvalidValue(f"the event pattern is not JSON: {error}; give a mapping, or the JSON text of one") from None
        if not isinstance(pattern, Mapping):
            given = quoted(pattern)
            raise InvalidType(
                f"an event pattern is a mapping or the JSON text of one, not {given}: write {{'source': ['aws.sagemaker']}}"
            )
        _check_size(pattern)
        self._pattern = pattern
        # In the order of the paths, as in event-ruler: the order decides in which element of an array a field must be absent.
        self.branches = [sorted(branch, key=lambda field: ".".join(field.path)) for branch in _branches(pattern, ())]

    def __repr__(self) -> str:
        return f"EventPattern({self._pattern!r})"

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether an event matches the pattern."""
        return any(_all_match(branch, event) for branch in self.branches)


_TOO_DEEP: Final = f"it is nested more than {_LEVELS} levels deep"
_SHALLOW: Final = "no event is: remove some levels"


# -- matching


def _all_match(fields: Sequence[Field], event: Mapping[str, Any]) -> bool:
    in_arrays: list[tuple[Field, list[tuple[Json, _Inside]]]] = []
    for field in fields:
        found = list(_values(event, field.path, {}))
        if any(where for _, where in found):
            in_arrays.append((field, found))
        elif not _one_matches(field, found):
            return False
    return _match_in_arrays(in_arrays)


def _one_matches(field: Field, found: Sequence[tuple[Json, _Inside]]) -> bool:
    return (field.may_be_absent and not found) or any(test(value) for value, _ in found for test in field.tests)


def _match_in_arrays(fields: Sequence[tuple[Field, list[tuple[Json, _Inside]]]]) -> bool:
    """Whether there is a choice of elements of the arrays such that every field matches within them."""
    # For each field: the arrays that hold it or a later field. The choices in other arrays no longer matter.
    matter: list[set[int]] = [set()]
    for _, found in reversed(fields):
        matter.insert(0, matter[0].union(*(where for _, where in found)))
    choices: set[frozenset[tuple[int, int]]] = {frozenset()}
    for (field, found), later in zip(fields, matter[1:], strict=True):
        following = set()
        for choice in choices:
            inside = dict(choice)
            fitting = [
                (value, where)
                for value, where in found
                if all(inside.get(array, index) == index for array, index in where.items())
            ]
            chosen = (
                [{}]
                if field.may_be_absent and not fitting
                else [where for value, where in fitting if any(test(value) for test in field.tests)]
            )
            following |= {
                frozenset((array, index) for array, index in {**inside, **where}.items() if array in later) for where in chosen
            }
        choices = following
    return bool(choices)


def _values(node: Json, path: Path, inside: _Inside) -> Iterator[tuple[Json, _Inside]]:
    """Yield the values at a path: for an array every element, for an object nothing."""
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


def _branches(pattern: Mapping[str, Any], path: Path) -> list[list[Field]]:
    """Return the alternatives of a pattern, each a list of fields that must all match."""
    if not pattern:
        refuse(path, "an empty object is not allowed", "name a field, or take the object out")
    alternatives: list[list[list[Field]]] = []
    for name, wanted in pattern.items():
        if not isinstance(name, str):
            refuse(path, f"the name of a field is a string, not {quoted(name)}", "write the name as in the event")
        here = (*path, name)
        if name == _OR:
            alternatives.append(_any_of(wanted, path))
        elif isinstance(wanted, Mapping):
            alternatives.append(_branches(wanted, here))
        elif isinstance(wanted, (list, tuple)):
            alternatives.append([[_field(wanted, here)]])
        else:
            refuse(here, f"{quoted(wanted)} is neither an array nor an object", f"write [{quoted(wanted)}]")
    _check_combinations(math.prod(map(len, alternatives)), path)
    return [[field for branch in chosen for field in branch] for chosen in product(*alternatives)]


def _any_of(patterns: object, path: Path) -> list[list[Field]]:
    here = (*path, _OR)
    if not isinstance(patterns, (list, tuple)) or len(patterns) < 2:  # noqa: PLR2004  # one pattern is not a choice
        refuse(here, f"{quoted(patterns)} is not an array of two or more patterns", "write {'$or': [{...}, {...}]}")
    branches: list[list[Field]] = []
    for place, one in enumerate(patterns):
        if not isinstance(one, Mapping):
            refuse((*here[:-1], f"{_OR}[{place}]"), f"{quoted(one)} is not an object", "write an event pattern")
        branches += _branches(one, path)
    _check_combinations(len(branches), here)
    return branches


def _check_combinations(count: int, path: Path) -> None:
    if count > _COMBINATIONS:
        refuse(path, f"its '$or' make {count} combinations, more than {_COMBINATIONS}", "write several patterns")


def _check_size(pattern: Mapping[str, Any]) -> None:
    ahead: list[tuple[int, Json]] = [(0, pattern)]
    parts = 0
    while ahead:
        level, node = ahead.pop()
        parts += 1
        if level > _LEVELS:
            refuse((), _TOO_DEEP, _SHALLOW)
        if parts > _PARTS:
            refuse(
                (),
                f"it has more than {_PARTS} fields and values",
                "EventBridge takes at most 4096 characters: write a smaller pattern",
            )
        inner = node.values() if isinstance(node, Mapping) else node if isinstance(node, (list, tuple)) else ()
        ahead += [(level + 1, one) for one in inner]


def _field(values: Sequence[Json], path: Path) -> Field:
    if not values:
        refuse(path, "an empty array is not allowed", "list the values that match, or take the field out")
    tests: list[Test] = []
    may_be_absent = False
    for place, value in enumerate(values):
        here = (*path[:-1], f"{path[-1]}[{place}]")
        if value == {"exists": False} and value["exists"] is False:
            may_be_absent = True
        elif isinstance(value, Mapping):
            tests.append(filter_test(value, here))
        elif value is None or isinstance(value, (str, bool)) or is_number(value):
            tests.append(equals(value))
        else:
            refuse(here, f"{quoted(value)} is not a value to match", "write a string, a number, true, false, null or a filter")
    return Field(path, tuple(values), tuple(tests), may_be_absent)
