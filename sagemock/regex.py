r"""A caller's regular expressions, searched in a time that is linear in the length of the text.

Python's `re` backtracks: `(a+)+b` takes years on sixty a's, and nothing interrupts it. So `re` is used only if an expression has
few ways to match a text. Otherwise we read the text once, and keep the set of all places in the expression that a match may have
reached (Thompson's simulation), in the order in which `re` would try them. Each step is cached (a lazy automaton).

`re`'s own parser reads the expression, and `re` tests single characters and assertions. That parser is not public, so the tests
compare both ways on each Python. They differ in one case: if a repeated part can be empty, the match may end elsewhere, and the
group may be that of another repetition.
"""

import importlib
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple, NoReturn

from sagemock.errors import NotSimulated

__all__ = ["Regex", "read"]

_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_compiler: Any = importlib.import_module("re._compiler" if sys.version_info >= (3, 11) else "sre_compile")

# The greatest number of ways to match a text for which `re` is used; each way costs at most some microseconds.
_WAYS: Final = 10_000
_MANY: Final = 1e9
# The largest size of an expression with its repetitions written out.
_LARGEST: Final = 2_000
# The size of the cache of steps; a full cache is emptied.
_REMEMBERED: Final = 50_000

# An item of a parsed expression: its operation and its argument.
_Item = tuple[object, Any]
_Key = str | tuple[str, tuple[bool, ...]]

_CHARACTER: Final = ("LITERAL", "NOT_LITERAL", "ANY", "IN")
_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT")
_ASSERTIONS: Final = ("ASSERT", "ASSERT_NOT")
_REFUSED: Final = {
    "GROUPREF": "a reference to a group",
    "GROUPREF_EXISTS": "a condition on a group",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repetition",
}


class _Place(NamedTuple):
    """A place in an expression."""

    kind: str
    """"character", "assertion", "begin" or "end" of the group, "fork" or "match"."""
    after: tuple[int, ...] = ()
    """The next places, in the order in which `re` tries them."""
    test: Callable[[str], object] | None = None
    number: int = 0
    """The number of an assertion."""


class _Step(NamedTuple):
    """The effect of a character on the places that a match may have reached."""

    state: "_State"
    threads: tuple[tuple[int, str], ...]
    """For each place of `state`: the index of the place before, and the ends of the group passed on the way."""
    match: tuple[int, str] | None


class _State:
    """The places that a match may have reached, the best first."""

    def __init__(self, places: tuple[int, ...]) -> None:
        self.places = places
        self.steps: dict[_Key, _Step] = {}


class Regex:
    """A regular expression in Python's syntax, with a search in linear time.

    Constructs that make this impossible raise NotSimulated when the expression is read: references to groups, conditions, atomic
    groups and possessive repetitions, a lookaround that repeats without bound or contains the first group, and too many
    repetitions.
    """

    def __init__(self, expression: str) -> None:
        """Read an expression. Raises `re.error` if it is malformed, and NotSimulated for one of the constructs above."""
        self.expression = expression
        with warnings.catch_warnings():
            # `re` warns of constructs whose meaning will change.
            warnings.simplefilter("ignore")
            try:
                self._parsed = _parser.parse(expression)
                self._compiled = re.compile(expression)
            except OverflowError as error:
                raise re.error(str(error)) from None
            except RecursionError:
                self._refuse("groups nested that deep")
        self._room = _LARGEST
        self._scopes: list[_Item] = []
        self._assertions: list[Callable[[str, int], object]] = []
        self._places = [_Place("match")]
        end = 0 if self._compiled.groups else self._add(_Place("end", (0,)))
        first = self._sequence(self._parsed, end)
        self._first = first if self._compiled.groups else self._add(_Place("begin", (first,)))
        if not any(place.kind == "begin" for place in self._places):
            self._refuse("a first group inside a lookaround")
        self._prefix = _prefix(self._parsed) if not self._compiled.flags & re.IGNORECASE else ""
        self._ways: dict[int, float] = {}
        self._states: dict[tuple[int, ...], _State] = {}
        self._remembered = 0

    def found_in(self, text: str) -> bool:
        """Return whether the expression matches somewhere in a text."""
        if self._has_few_ways(text):
            return self._compiled.search(text) is not None
        state = self._state((self._first,))
        for key in self._keys(text):
            step = state.steps.get(key) or self._step(state, key)
            if step.match is not None:
                return True
            state = step.state
        return False

    def value_in(self, text: str) -> str | None:
        """Return the first group of the first match (the whole match if the expression has no group); None without a match."""
        if self._has_few_ways(text):
            match = self._compiled.search(text)
            return None if match is None else match[1 if self._compiled.groups else 0]
        if not self.found_in(text):
            return None
        state, threads, span = self._state((self._first,)), [(-1, -1)], (-1, -1)
        keys = enumerate(self._keys(text))
        # After a match no other match begins, and at the end of the text no match goes on.
        while threads:
            at, key = next(keys)
            step = state.steps.get(key) or self._step(state, key)
            if step.match is not None:
                thread, passed = step.match
                span = _noted(threads[thread], passed, at)
            state, threads = step.state, [_noted(threads[thread], passed, at) for thread, passed in step.threads]
        return None if span[1] < 0 else text[slice(*span)]

    # -- searching a text

    def _has_few_ways(self, text: str) -> bool:
        starts = text.count(self._prefix) if self._prefix else len(text) + 1
        length = 1 << len(text).bit_length()
        ways = self._ways.get(length)
        if ways is None:
            ways = self._ways[length] = _ways(self._parsed, length)
        return starts * ways <= _WAYS

    def _keys(self, text: str) -> Iterable[_Key]:
        """Yield everything that a step depends on: the character ("" at the end), and which assertions hold before it."""
        characters = chain(text, ("",))
        if not self._assertions:
            return characters
        return (
            (character, tuple(bool(holds(text, at)) for holds in self._assertions)) for at, character in enumerate(characters)
        )

    def _state(self, places: tuple[int, ...]) -> _State:
        return self._states.setdefault(places, _State(places))

    def _step(self, state: _State, key: _Key) -> _Step:
        character, holding = key if isinstance(key, tuple) else (key, ())
        match, places, threads = None, [], []
        ahead = [(place, thread, "") for thread, place in enumerate(state.places)][::-1]
        seen = set()
        while ahead:
            number, thread, passed = ahead.pop()
            if number in seen:
                continue
            seen.add(number)
            place = self._places[number]
            if place.kind == "match":
                # All later places are worse, and so is a match that begins later.
                match = thread, passed
                break
            if place.test is not None:
                if place.test(character):
                    places.append(place.after[0])
                    threads.append((thread, passed))
            elif place.kind != "assertion" or holding[place.number]:
                passed += place.kind if place.kind in ("begin", "end") else ""
                ahead += [(after, thread, passed) for after in reversed(place.after)]
        if match is None and state.places and state.places[-1] == self._first:
            # A match may begin at the next character.
            places.append(self._first)
            threads.append((len(state.places) - 1, ""))
        self._remembered += 1 + len(threads)
        if self._remembered > _REMEMBERED:
            self._states, self._remembered = {}, 0
        step = state.steps[key] = _Step(self._state(tuple(places)), tuple(threads), match)
        return step

    # -- reading an expression

    def _sequence(self, items: Iterable[_Item], then: int) -> int:
        """Add the places of items before the place `then`, and return the first one."""
        items = list(items)
        self._room -= 1 + len(items)
        if self._room < 0:
            self._refuse("repetitions that many")
        for operation, argument in reversed(items):
            then = self._item(operation, argument, then)
        return then

    def _item(self, operation: object, argument: Any, then: int) -> int:  # noqa: ANN401  # as `re` has it
        name = str(operation)
        if name in _CHARACTER:
            return self._add(_Place("character", (then,), self._alone(operation, argument).match))
        if name == "AT" or name in _ASSERTIONS:
            if name in _ASSERTIONS and not _is_bounded(argument[1]):
                self._refuse("a lookaround that repeats without bound")
            self._assertions.append(self._alone(operation, argument).match)
            return self._add(_Place("assertion", (then,), number=len(self._assertions) - 1))
        if name == "BRANCH":
            return self._add(_Place("fork", tuple(self._sequence(items, then) for items in argument[1])))
        if name == "SUBPATTERN":
            group, items = argument[0], argument[-1]
            self._scopes.append((operation, argument))
            if group == 1:
                then = self._add(_Place("end", (then,)))
            first = self._sequence(items, then)
            self._scopes.pop()
            return self._add(_Place("begin", (first,))) if group == 1 else first
        if name not in _REPEATS:
            self._refuse(_REFUSED[name])
        return self._repeat(argument, then, greedy=name == "MAX_REPEAT")

    def _repeat(self, argument: tuple[int, int, Any], then: int, *, greedy: bool) -> int:
        low, high, items = argument

        def fork(inner: int) -> _Place:
            return _Place("fork", (inner, then) if greedy else (then, inner))

        if high == _parser.MAXREPEAT:
            loop = self._add(_Place("fork"))
            first = self._sequence(items, loop)
            self._places[loop] = fork(first)
            # Not the loop itself: an empty first round must also end.
            first = first if low else self._add(fork(first))
            low -= 1
        else:
            first = then
            for _ in range(high - low):
                first = self._add(fork(self._sequence(items, first)))
        for _ in range(low):
            first = self._sequence(items, first)
        return first

    def _alone(self, operation: object, argument: Any) -> re.Pattern[str]:  # noqa: ANN401  # as `re` has it
        """Return the pattern of one item, with the flags of its scope."""
        items = [(operation, argument)]
        for scope, (_, added, removed, _) in reversed(self._scopes):
            items = [(scope, (None, added, removed, _parser.SubPattern(self._parsed.state, items)))]
        pattern: re.Pattern[str] = _compiler.compile(_parser.SubPattern(self._parsed.state, items))
        return pattern

    def _add(self, place: _Place) -> int:
        self._places.append(place)
        return len(self._places) - 1

    def _refuse(self, what: str) -> NoReturn:
        raise NotSimulated(
            f"sagemock does not simulate {what} in the regular expression {self.expression!r}, which could take forever on some "
            "text: write it another way"
        )


@lru_cache(maxsize=256)
def read(expression: str) -> Regex:
    """Return a Regex. A second call returns the same object, with its cache."""
    return Regex(expression)


def _noted(span: tuple[int, int], passed: str, at: int) -> tuple[int, int]:
    if not passed:
        return span
    begin = at if "begin" in passed else span[0]
    return begin, at if passed.endswith("end") else span[1]


def _prefix(items: Sequence[_Item]) -> str:
    """Return characters with which every match begins, such that no two occurrences of them overlap."""
    prefix = ""
    for operation, argument in items:
        if str(operation) != "LITERAL" or chr(argument) == prefix[:1]:
            break
        prefix += chr(argument)
    return prefix


def _is_bounded(items: Iterable[_Item]) -> bool:
    """Return whether a lookaround takes a bounded number of steps, whatever the length of the text."""
    # An unbounded repetition has as many ways as the text has characters.
    return _ways(items, 512) < 512  # noqa: PLR2004  # the line above


def _ways(items: Iterable[_Item], length: int) -> float:
    """Return the maximum number of ways in which items match from one position in a text of this length."""
    ways = 1.0
    for operation, argument in items:
        name = str(operation)
        if name == "BRANCH":
            ways *= sum(_ways(one, length) for one in argument[1])
        elif name == "SUBPATTERN":
            ways *= _ways(argument[-1], length)
        elif name in _ASSERTIONS:
            ways *= _ways(argument[1], length)
        elif name in _REPEATS:
            low, high, inner = argument
            rounds, each = min(high, length), _ways(inner, length)
            ways *= each ** min(rounds, 30) * max(rounds - low + 1, 1)
        elif name not in _CHARACTER and name != "AT":
            ways = _MANY
        ways = min(ways, _MANY)
    return ways
