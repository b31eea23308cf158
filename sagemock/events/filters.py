"""The values and filters that an EventBridge pattern lists for a field, each as a test of one value.

The rules are those of `aws/event-ruler`, as in `pattern.py`. Strings are not tested with regular expressions, because those
backtrack: for `*a*a*a*a*b`, the time grows with the fourth power of the length of the text, and each letter that may have either
case doubles it.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeAlias

from sagemock.checks import quoted
from sagemock.errors import InvalidValue, NotSimulated

__all__ = ["Json", "Path", "Test", "equals", "filter_test", "is_number", "refuse"]

Json: TypeAlias = Any
"""A JSON value."""
Test: TypeAlias = Callable[[Json], bool]
Path: TypeAlias = tuple[str, ...]
"""The names of fields, each inside the one before."""

_FILTERS: Final = ("prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case", "wildcard")
_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "=": lambda value, bound: value == bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
}


def refuse(path: Path, what: str, advice: str) -> NoReturn:
    """Raise InvalidValue for the value at a path of a pattern."""
    where = f"at {'.'.join(path)}" if path else "as a whole"
    raise InvalidValue(f"the event pattern is not valid {where}: {what}; {advice}")


def filter_test(given: Mapping[str, Any], path: Path) -> Test:
    """Return the test for a filter such as `{"prefix": "aws."}`."""
    name, value = _only(given, path)
    if name == "cidr":
        raise NotSimulated(
            f"sagemock does not simulate the filter 'cidr' (at {'.'.join(path)} of the event pattern): "
            "no field of a job's event is an IP address; take it out"
        )
    here = (*path, name)
    if name == "numeric":
        return _numeric(value, here)
    if name == "exists":
        if value is not True:
            refuse(here, f"{quoted(value)} is neither true nor false", "write {'exists': True} or {'exists': False}")
        return lambda _: True
    if name == "anything-but":
        return _anything_but(value, here)
    if name in ("prefix", "suffix") and isinstance(value, Mapping):
        fold, text = _only(value, here)
        if fold != "equals-ignore-case":
            refuse(
                here, f"{quoted(fold)} is not a filter within {quoted(name)}", "write {'equals-ignore-case': '...'} or a string"
            )
        return _text_test(name, _text(text, (*here, fold)), here, fold=True)
    if name not in _FILTERS:
        refuse(path, f"{quoted(name)} is not a filter of EventBridge", f"use one of {', '.join(_FILTERS)}")
    return _text_test(name, _text(value, here), here)


def _only(given: Mapping[str, Any], path: Path) -> tuple[str, Any]:
    if len(given) != 1:
        refuse(
            path,
            f"{quoted(dict(given))} is not a filter: it has {len(given)} keys",
            "write one filter, like {'prefix': 'churn-'}",
        )
    return next(iter(given.items()))


def _text(value: object, path: Path) -> str:
    if not isinstance(value, str):
        refuse(path, f"{quoted(value)} is not a string", "write a string")
    return value


def equals(wanted: Json) -> Test:
    """Return the test for a value that is neither an array nor an object."""
    if is_number(wanted):
        return lambda value: is_number(value) and bool(value == wanted)
    # In JSON, true is not 1.
    return lambda value: type(value) is type(wanted) and bool(value == wanted)


def is_number(value: object) -> bool:
    """Whether a value is a JSON number, so neither NaN nor infinity."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and math.isfinite(value))


def _numeric(terms: object, path: Path) -> Test:
    advice = "write ['=', 5], ['>', 0], or ['>', 0, '<=', 5]"
    if not isinstance(terms, (list, tuple)) or len(terms) not in (2, 4):
        refuse(path, f"{quoted(terms)} is not a comparison", advice)
    bounds = list(zip(terms[::2], terms[1::2], strict=True))
    for operator, bound in bounds:
        if not isinstance(operator, str) or operator not in _OPERATORS:
            refuse(path, f"{quoted(operator)} is not a comparison operator", advice)
        if not is_number(bound):
            refuse(path, f"{quoted(bound)} is not a number", advice)
    if len(bounds) > 1:
        (low, bottom), (high, top) = bounds
        if low not in (">", ">=") or high not in ("<", "<="):
            refuse(path, f"{quoted(terms)} is not a range: put the lower bound first", advice)
        if bottom >= top:
            refuse(path, f"{quoted(terms)} is not a range: {quoted(bottom)} is not below {quoted(top)}", advice)
    return lambda value: is_number(value) and all(_OPERATORS[operator](value, bound) for operator, bound in bounds)


def _anything_but(but: object, path: Path) -> Test:
    """Return the test that a value is different from all of these; a value of another type is different."""
    if isinstance(but, Mapping):
        name, texts = _only(but, path)
        if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            refuse(
                path,
                f"{quoted(name)} is not a filter within 'anything-but'",
                "use prefix, suffix, equals-ignore-case or wildcard",
            )
        here = (*path, name)
        several = texts if isinstance(texts, (list, tuple)) else [texts]
        if not several or (name in ("prefix", "suffix") and "" in several):
            refuse(here, f"{quoted(texts)} is empty, so that nothing could match", "write at least one character")
        tests = [_text_test(name, _text(text, here), here) for text in several]
    else:
        values = but if isinstance(but, (list, tuple)) else [but]
        if not values or not (all(isinstance(one, str) for one in values) or all(is_number(one) for one in values)):
            refuse(path, f"{quoted(but)} is neither all strings nor all numbers", "write a string, a number, or a list of either")
        tests = [equals(value) for value in values]
    return lambda value: not any(test(value) for test in tests)


def _text_test(name: str, text: str, path: Path, *, fold: bool = False) -> Test:
    """Return the test for one of the string filters."""
    if name == "wildcard":
        test = _wildcard(text, path)
    elif name == "equals-ignore-case" or fold:
        test = _folded("" if name == "equals-ignore-case" else name, text)
    else:
        test = (lambda value: value.startswith(text)) if name == "prefix" else (lambda value: value.endswith(text))
    return lambda value: isinstance(value, str) and test(value)


def _wildcard(pattern: str, path: Path) -> Callable[[str], bool]:
    r"""Return the test for a pattern in which `*` stands for any characters, `\*` for a star and `\\` for a backslash."""
    pieces = [""]
    for sign in re.findall(r"\\.?|\*+|[^\\*]+", pattern, re.DOTALL):
        if sign[0] == "\\" and sign not in (r"\*", r"\\"):
            refuse(
                path,
                f"{quoted(pattern)} escapes a character other than '*' and '\\'",
                r"write \* for a star and \\ for a backslash",
            )
        if sign.startswith("**"):
            refuse(path, f"{quoted(pattern)} has consecutive wildcards", "write one '*'")
        if sign == "*":
            pieces.append("")
        else:
            pieces[-1] += sign[1:] if sign[0] == "\\" else sign
    first, *middle = pieces
    if not middle:
        return first.__eq__
    last = middle.pop()

    def test(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return False
        for piece in middle:
            # The first occurrence is the best: it leaves the most room for the pieces after it.
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return test


def _folded(where: str, wanted: str) -> Callable[[str], bool]:
    """Return the test for a "prefix", a "suffix" or (for "") a whole text with the letters of `wanted`, each in either case.

    It compares letter by letter, as event-ruler does: a pattern "ß" matches "SS", but a pattern "SS" does not match "ß".
    """
    letters = [{letter.lower(), letter.upper()} for letter in wanted]
    shortest, longest = (sum(pick(map(len, forms)) for forms in letters) for pick in (min, max))

    def test(text: str) -> bool:
        starts = range(max(len(text) - longest, 0), len(text) - shortest + 1) if where == "suffix" else range(1)
        places = set(starts)
        for forms in letters:
            places = {place + len(form) for place in places for form in forms if text.startswith(form, place)}
        return bool(places) if where == "prefix" else len(text) in places

    return test
