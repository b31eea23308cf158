import json
import re
import time
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.errors import InvalidValue, NotSimulated
from sagemock.events.pattern import EventPattern
from tests.support.waiting import PATIENCE_S

EVENT: dict[str, Any] = {
    "source": "aws.sagemaker",
    "resources": ["arn:a", "arn:b"],
    "detail": {
        "TrainingJobName": "churn-1",
        "TrainingJobStatus": "Failed",
        "FailureReason": None,
        "EnableManagedSpotTraining": False,
        "BillableTimeInSeconds": 300,
        "LearningRate": 0.5,
        "Empty": [],
        "Tags": {"team.name": "Straße", "path": "a*b\\c"},
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "Seconds": 55, "Message": "x"},
            {"Status": "Training", "Seconds": 9},
        ],
    },
}


def detail(**wanted: Any) -> dict[str, Any]:
    """Return a pattern for fields of the detail."""
    return {"detail": wanted}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.sagemaker"]},
        {"source": ["aws.ec2", "aws.sagemaker"]},
        {"source": ("aws.sagemaker",)},
        {"resources": ["arn:b"]},
        detail(FailureReason=[None]),
        detail(EnableManagedSpotTraining=[False]),
        detail(BillableTimeInSeconds=[300.0]),
        detail(LearningRate=[0.5]),
        detail(TrainingJobName=[{"prefix": "churn-"}]),
        detail(TrainingJobName=[{"prefix": {"equals-ignore-case": "CHURN"}}]),
        detail(TrainingJobName=[{"suffix": "-1"}]),
        detail(TrainingJobName=[{"suffix": {"equals-ignore-case": "N-1"}}]),
        detail(TrainingJobStatus=[{"equals-ignore-case": "fAILED"}]),
        detail(Tags={"team.name": [{"equals-ignore-case": "STRASSE"}, {"equals-ignore-case": "STRAßE"}]}),
        detail(TrainingJobName=[{"wildcard": "c*-*"}]),
        detail(Tags={"path": [{"wildcard": r"a\*b\\*"}]}),
        detail(BillableTimeInSeconds=[{"numeric": ["=", 300]}]),
        detail(BillableTimeInSeconds=[{"numeric": [">", 299.5, "<=", 300]}]),
        detail(BillableTimeInSeconds=[{"numeric": ["<", 301]}]),
        detail(TrainingJobStatus=[{"exists": True}]),
        detail(FailureReason=[{"exists": True}]),
        detail(Missing=[{"exists": False}]),
        detail(Missing={"Too": [{"exists": False}]}),
        detail(Empty=[{"exists": False}]),
        detail(Tags=[{"exists": False}]),
        detail(Missing=["x", {"exists": False}]),
        detail(TrainingJobStatus=[{"anything-but": "Completed"}]),
        detail(TrainingJobStatus=[{"anything-but": ["Completed", "Stopped"]}]),
        detail(BillableTimeInSeconds=[{"anything-but": [1, 2]}]),
        detail(BillableTimeInSeconds=[{"anything-but": "300"}]),
        detail(FailureReason=[{"anything-but": "x"}]),
        detail(TrainingJobName=[{"anything-but": {"prefix": ["fraud-", "spam-"]}}]),
        detail(TrainingJobName=[{"anything-but": {"suffix": "-2"}}]),
        detail(TrainingJobName=[{"anything-but": {"equals-ignore-case": ["CHURN-2"]}}]),
        detail(TrainingJobName=[{"anything-but": {"wildcard": "*-2"}}]),
        {"resources": [{"anything-but": "arn:a"}]},
        detail(SecondaryStatusTransitions={"Status": ["Training"], "Seconds": [9]}),
        {"$or": [{"source": ["aws.ec2"]}, {"detail": {"TrainingJobStatus": ["Failed"]}}]},
        {"source": ["aws.sagemaker"], "detail": {"$or": [{"TrainingJobStatus": ["Stopped"]}, {"Missing": [{"exists": False}]}]}},
    ],
    ids=json.dumps,
)
def test_an_event_matches_its_pattern(pattern: dict[str, Any]) -> None:
    """Given as a mapping or as JSON text."""
    assert EventPattern(pattern).matches(EVENT)
    assert EventPattern(json.dumps(pattern)).matches(EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["AWS.sagemaker"]},
        {"source": ["aws.sagemaker"], "detail": {"TrainingJobStatus": ["Completed"]}},
        {"detail": ["Failed"]},
        {"source": {"of": ["aws.sagemaker"]}},
        detail(FailureReason=["null"]),
        detail(Missing=[None]),
        detail(EnableManagedSpotTraining=[0]),
        detail(BillableTimeInSeconds=["300", True]),
        detail(TrainingJobName=[{"prefix": "Churn-"}, {"suffix": "churn"}, {"wildcard": "-1"}]),
        detail(FailureReason=[{"prefix": ""}, {"wildcard": "*"}, {"numeric": [">=", 0]}]),
        detail(EnableManagedSpotTraining=[{"numeric": ["<", 1]}]),
        detail(Tags={"team.name": [{"equals-ignore-case": "Strasse"}]}),
        detail(BillableTimeInSeconds=[{"numeric": [">", 300]}, {"numeric": [">=", 0, "<", 300]}]),
        detail(Missing=[{"exists": True}]),
        detail(Tags=[{"exists": True}]),
        detail(FailureReason=[{"exists": False}]),
        detail(TrainingJobStatus=[{"anything-but": ["Failed", "Stopped"]}]),
        detail(BillableTimeInSeconds=[{"anything-but": 300}]),
        detail(Missing=[{"anything-but": "x"}]),
        detail(TrainingJobName=[{"anything-but": {"prefix": "churn"}}]),
        detail(SecondaryStatusTransitions={"Status": ["Training"], "Seconds": [55]}),
        {"$or": [{"source": ["aws.ec2"]}, {"detail": {"TrainingJobStatus": ["Stopped"]}}]},
    ],
    ids=json.dumps,
)
def test_an_event_does_not_match_another_pattern(pattern: dict[str, Any]) -> None:
    """Types of values differ, case matters, and an absent field has no value."""
    assert not EventPattern(pattern).matches(EVENT)


def test_fields_below_an_array_match_within_one_element() -> None:
    """As in the original.

    Fields are compared in the order of their names, and the first one chooses the element in which others must be absent.
    """
    named = detail(SecondaryStatusTransitions={"Seconds": [{"exists": False}], "Status": ["Training"]})
    assert not EventPattern(named).matches(EVENT)
    within = detail(SecondaryStatusTransitions={"Status": [{"exists": False}]})
    assert not EventPattern(within).matches(EVENT)
    # Seconds comes before XMessage and chooses the element in which XMessage must be absent; Message comes before Seconds.
    pattern = EventPattern({"a": {"Seconds": [9], "XMessage": [{"exists": False}]}})
    assert pattern.matches({"a": [{"Seconds": 55, "XMessage": "x"}, {"Seconds": 9}]})
    pattern = EventPattern({"a": {"Seconds": [9], "Message": [{"exists": False}]}})
    assert not pattern.matches({"a": [{"Seconds": 55, "Message": "x"}, {"Seconds": 9}]})
    nested = EventPattern({"a": {"b": {"c": [1], "d": [2]}}})
    assert nested.matches({"a": [[{"b": {"c": 1}}], [{"b": [{"c": 1, "d": 2}]}]]})
    assert not nested.matches({"a": [[{"b": {"c": 1}}], [{"b": {"d": 2}}]]})


@pytest.mark.parametrize(
    "pattern, text",
    [
        ("{source}", "the event pattern is not JSON: Expecting property name enclosed in double quotes"),
        ({}, "not valid as a whole: an empty object is not allowed; name a field, or take the object out"),
        ({"detail": {}}, "not valid at detail: an empty object is not allowed; name a field, or take the object out"),
        ({1: ["x"]}, "not valid as a whole: the name of a field is a string, not 1; write the name as in the event"),
        ({"source": "aws"}, "not valid at source: 'aws' is neither an array nor an object; write ['aws']"),
        (detail(a=[]), "not valid at detail.a: an empty array is not allowed; list the values that match"),
        (detail(a=[["x"]]), "not valid at detail.a[0]: ['x'] is not a value to match; write a string, a number"),
        (detail(a=["x", {}]), "not valid at detail.a[1]: {} is not a filter: it has 0 keys; write one filter"),
        (
            detail(a=[{"prefix": "a", "b": 1}]),
            "at detail.a[0]: {'prefix': 'a', 'b': 1} is not a filter: it has 2 keys; write one",
        ),
        (detail(a=[{"begins": "a"}]), "at detail.a[0]: 'begins' is not a filter of EventBridge; use one of prefix, suffix,"),
        (detail(a=[{"prefix": 1}]), "not valid at detail.a[0].prefix: 1 is not a string; write a string"),
        (detail(a=[{"suffix": {"wildcard": "a"}}]), "at detail.a[0].suffix: 'wildcard' is not a filter within 'suffix'; write"),
        (detail(a=[{"exists": 1}]), "not valid at detail.a[0].exists: 1 is neither true nor false; write"),
        (detail(a=[{"exists": 0}]), "not valid at detail.a[0].exists: 0 is neither true nor false; write"),
        (detail(a=[{"numeric": ">"}]), "not valid at detail.a[0].numeric: '>' is not a comparison; write ['=', 5]"),
        (detail(a=[{"numeric": [">"]}]), "not valid at detail.a[0].numeric: ['>'] is not a comparison; write"),
        (detail(a=[{"numeric": ["!=", 1]}]), "at detail.a[0].numeric: '!=' is not a comparison operator; write"),
        (detail(a=[{"numeric": [[], 1]}]), "at detail.a[0].numeric: [] is not a comparison operator; write"),
        (detail(a=[{"numeric": [">", "1"]}]), "at detail.a[0].numeric: '1' is not a number; write"),
        (detail(a=[{"numeric": ["<", 5, ">", 1]}]), "['<', 5, '>', 1] is not a range: put the lower bound first; write"),
        (detail(a=[{"numeric": [">", 5, ">", 1]}]), "['>', 5, '>', 1] is not a range: put the lower bound first; write"),
        (detail(a=[{"numeric": [">", 5, "<", 5]}]), "['>', 5, '<', 5] is not a range: 5 is not below 5; write"),
        (detail(a=[{"anything-but": True}]), "at detail.a[0].anything-but: True is neither all strings nor all numbers; write"),
        (detail(a=[{"anything-but": [1, "a"]}]), "[1, 'a'] is neither all strings nor all numbers; write"),
        (detail(a=[{"anything-but": []}]), "[] is neither all strings nor all numbers; write"),
        (detail(a=[{"anything-but": {"numeric": ["=", 1]}}]), "'numeric' is not a filter within 'anything-but'; use prefix"),
        (detail(a=[{"anything-but": {"prefix": ""}}]), "at detail.a[0].anything-but.prefix: '' is empty, so that nothing"),
        (detail(a=[{"anything-but": {"wildcard": []}}]), "at detail.a[0].anything-but.wildcard: [] is empty, so that nothing"),
        (detail(a=[{"anything-but": {"suffix": [1]}}]), "at detail.a[0].anything-but.suffix: 1 is not a string; write a string"),
        (detail(a=[{"wildcard": "a**"}]), "at detail.a[0].wildcard: 'a**' has consecutive wildcards; write one '*'"),
        (detail(a=[{"wildcard": "\\n"}]), r"'\\n' escapes a character other than '*' and '\'; write \* for a star and"),
        (detail(a=[{"wildcard": "a\\"}]), r"'a\\' escapes a character other than '*' and '\'; write \* for a star and"),
        ({"$or": {}}, "not valid at $or: {} is not an array of two or more patterns; write {'$or': [{...}, {...}]}"),
        (detail(**{"$or": [{"a": ["b"]}]}), "at detail.$or: [{'a': ['b']}] is not an array of two or more patterns; write"),
        (detail(**{"$or": [{"a": ["b"]}, "c"]}), "not valid at detail.$or[1]: 'c' is not an object; write an event pattern"),
    ],
)
def test_an_invalid_pattern_is_refused_with_its_path(pattern: Any, text: str) -> None:
    """The message also has the fault, and says what to write."""
    with pytest.raises(ValueError, match=re.escape(text)):
        EventPattern(pattern)


def nested(levels: int, pattern: dict[str, Any]) -> dict[str, Any]:
    """Return a pattern with another one deep inside."""
    for _ in range(levels):
        pattern = {"detail": pattern}
    return pattern


def endless() -> dict[str, Any]:
    """Return a pattern that contains itself."""
    pattern: dict[str, Any] = {"a": ["b"]}
    pattern.update(c=pattern, d=pattern)
    return pattern


def shared() -> dict[str, Any]:
    """Return a pattern of few objects, each of which is used in many places."""
    pattern: dict[str, Any] = {"a": ["b"]}
    for _ in range(40):
        pattern = {"c": pattern, "d": pattern}
    return pattern


TWO = {"$or": [{"a": ["b"]}, {"c": ["d"]}]}


@pytest.mark.parametrize(
    "pattern, text",
    [
        (
            nested(3000, {"a": ["b"]}),
            "as a whole: it is nested more than 100 levels deep; no event is: remove some levels",
        ),
        ('{"a":' * 3000 + '["b"]' + "}" * 3000, "as a whole: it is nested more than 100 levels deep; no event is"),
        ('{"a":' + "[" * 200_000 + "]" * 200_000 + "}", "as a whole: it is nested more than 100 levels deep; no event is"),
        ({"$or": [TWO, nested(3000, TWO)]}, "as a whole: it is nested more than 100 levels deep; no event is"),
        (endless(), "as a whole: it is nested more than 100 levels deep; no event is"),
        (shared(), "as a whole: it has more than 10000 fields and values; EventBridge takes at most 4096 characters"),
        (detail(a=["b"] * 20_000), "as a whole: it has more than 10000 fields and values; EventBridge takes at most 4096"),
        (
            {f"f{n}": TWO for n in range(22)},
            "as a whole: its '$or' make 4194304 combinations, more than 1000; write several",
        ),
        (detail(**{"$or": [{"a": [n]} for n in range(1001)]}), "at detail.$or: its '$or' make 1001 combinations, more than 1000"),
        (detail(a=[{"numeric": [">", float("nan")]}]), "at detail.a[0].numeric: nan is not a number; write ['=', 5]"),
        (detail(a=[float("inf")]), "at detail.a[0]: inf is not a value to match; write a string, a number"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_excessive_pattern_is_refused(pattern: Any, text: str) -> None:
    """At once: EventBridge allows 1000 combinations, and no event is a hundred levels deep."""
    started = time.perf_counter()
    with pytest.raises(InvalidValue, match=re.escape(f"the event pattern is not valid {text}")):
        EventPattern(pattern)
    # The refusal takes some milliseconds.
    assert time.perf_counter() - started < PATIENCE_S


def test_allowed_combinations_are_tried() -> None:
    """Up to a thousand; nested alternatives are added, not multiplied."""
    assert EventPattern({f"f{n}": TWO for n in range(9)}).matches({f"f{n}": {"c": "d"} for n in range(9)})
    within: dict[str, Any] = {"z": ["z"]}
    for n in range(22):
        within = {"$or": [{f"f{n}": ["x"]}, within]}
    assert EventPattern(within).matches({"f0": "x"})


MANY = {
    "text": "a" * 100_000,
    "digits": "1" * 100_000 + "y",
    "detail": {f"a{n}": [{"v": m, "w": [{"x": 1}] * 9} for m in range(30)] for n in range(12)},
    "lists": {f"a{n}": list(range(30)) for n in range(12)},
}


@pytest.mark.parametrize(
    "pattern",
    [
        {"text": [{"wildcard": "*a" * 40 + "*b"}]},
        {"text": [{"wildcard": "*a*a*a*b*a"}]},
        {"text": [{"anything-but": {"wildcard": "*a" * 40 + "*"}}]},
        {"digits": [{"equals-ignore-case": "1" * 100_000 + "x"}]},
        {"digits": [{"prefix": {"equals-ignore-case": "1" * 50_000 + "x"}}, {"suffix": {"equals-ignore-case": "1" * 50_000}}]},
        {"detail": {**{f"a{n}": {"v": [{"exists": True}], "w": {"x": [1]}} for n in range(12)}, "z": ["no"]}},
        {"detail": {**{f"a{n}": {"v": [{"exists": True}], "w": {"x": [1]}} for n in range(11)}, "a9": {"z": ["no"]}}},
        {"lists": {**{f"a{n}": [{"exists": True}] for n in range(12)}, "z": ["no"]}},
        {"detail": {f"a{n}": {"v": [{"numeric": [">", 5]}], "w": {"x": [2, 0]}} for n in range(12)}},
    ],
    ids=lambda pattern: json.dumps(pattern)[:40],
)
def test_wildcards_do_not_backtrack(pattern: dict[str, Any]) -> None:
    """None of these matches, and code that tries all combinations would never end."""
    started = time.perf_counter()
    assert not EventPattern(pattern).matches(MANY)
    # Each takes less than a second.
    assert time.perf_counter() - started < PATIENCE_S


@given(st.text("ab*\\", max_size=9), st.text("ab*\\", max_size=9))
def test_a_wildcard_equals_a_regular_expression(pattern: str, text: str) -> None:
    """A star after a backslash is a plain star."""
    pieces = re.findall(r"\\.?|\*+|[^\\*]", pattern)
    wanted: Any = {"a": [{"wildcard": pattern}]}
    if any(piece in {"\\", r"\a", r"\b"} or piece.startswith("**") for piece in pieces):
        with pytest.raises(InvalidValue):
            EventPattern(wanted)
    else:
        regex = "".join(".*" if piece == "*" else re.escape(piece[-1]) for piece in pieces)
        assert EventPattern(wanted).matches({"a": text}) == (re.fullmatch(regex, text, re.DOTALL) is not None)


@pytest.mark.parametrize("pattern", [["aws"], '["aws"]'])
def test_a_pattern_is_a_mapping(pattern: Any) -> None:
    """Or the JSON text of one."""
    text = "an event pattern is a mapping or the JSON text of one, not ['aws']: write {'source': ['aws.sagemaker']}"
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        EventPattern(pattern)


def test_cidr_is_refused() -> None:
    """EventBridge has it, but training jobs have no addresses."""
    text = (
        "sagemock does not simulate the filter 'cidr' (at detail.ip[0] of the event pattern): "
        "no field of a job's event is an IP address; take it out"
    )
    with pytest.raises(NotSimulated, match=f"^{re.escape(text)}$"):
        EventPattern(detail(ip=[{"cidr": "10.0.0.0/24"}]))


def test_the_repr_of_a_pattern_is_what_was_given() -> None:
    """A mapping or a text."""
    assert repr(EventPattern('{"source": ["a"]}')) == "EventPattern({'source': ['a']})"


# -- compared with a naive matcher, with few names and values so that matches are frequent

NAMES = st.sampled_from("ab")
TEXTS = st.text("aAb", max_size=2)
NUMBERS = st.sampled_from([0, 1, 1.0, 2.5])
SCALARS = st.one_of(TEXTS, NUMBERS, st.none(), st.booleans())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=8,
)
EVENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
RANGES = st.sampled_from([["=", 1], [">", 0], [">=", 1, "<", 2.5], ["<", 1], ["<=", 1], [">", 0, "<=", 1]])
SOME = st.lists(TEXTS.filter(bool), min_size=1, max_size=2)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "value": SCALARS,
    "text": st.builds(lambda name, text: {name: text}, st.sampled_from(["prefix", "suffix", "equals-ignore-case"]), TEXTS),
    "folded": st.builds(lambda name, text: {name: {"equals-ignore-case": text}}, st.sampled_from(["prefix", "suffix"]), TEXTS),
    "wildcard": st.builds(lambda text: {"wildcard": text}, st.sampled_from(["*", "a*", "*b", "a", "*a*"])),
    "numeric": st.builds(lambda terms: {"numeric": terms}, RANGES),
    "exists": st.just({"exists": True}),
    "but": st.builds(lambda but: {"anything-but": but}, TEXTS | NUMBERS | SOME | st.lists(NUMBERS, min_size=1, max_size=2)),
    "but text": st.builds(lambda name, but: {"anything-but": {name: but}}, st.sampled_from(["prefix", "suffix"]), SOME),
    "but folded": st.builds(lambda but: {"anything-but": {"equals-ignore-case": but}}, SOME),
}
FILTERS = st.one_of(*KINDS.values())
LISTS = st.lists(FILTERS, min_size=1, max_size=2)
PATTERNS = st.recursive(
    st.dictionaries(NAMES, LISTS, min_size=1, max_size=2),
    lambda inner: st.one_of(
        st.dictionaries(NAMES, st.one_of(LISTS, inner), min_size=1, max_size=2),
        st.fixed_dictionaries({"$or": st.lists(inner, min_size=2, max_size=2)}, optional={"c": LISTS}),
    ),
    max_leaves=4,
)


def choices(node: Any) -> Iterator[Any]:
    """Yield a value with each of its arrays replaced by one element, in every way."""
    if isinstance(node, list):
        for element in node:
            yield from choices(element)
    elif isinstance(node, dict):
        ways = [list(choices(value)) or [None] for value in node.values()]
        missing = {name for name, value in node.items() if not list(choices(value))}
        for chosen in product(*ways):
            yield {name: value for name, value in zip(node, chosen, strict=True) if name not in missing}
    else:
        yield node


def naively(pattern: Mapping[str, Any], event: Any) -> bool:
    """Return whether an event without arrays matches a pattern."""
    return isinstance(event, dict) and all(
        any(naively(one, event) for one in wanted)
        if name == "$or"
        else name in event
        and (naively(wanted, event[name]) if isinstance(wanted, dict) else any(fits(one, event[name]) for one in wanted))
        for name, wanted in pattern.items()
    )


def fits(wanted: Any, value: Any) -> bool:
    """Return whether a plain value matches one of the values or filters in its list."""
    if isinstance(value, dict):
        return False
    if not isinstance(wanted, dict):
        return json.dumps(wanted).removesuffix(".0") == json.dumps(value).removesuffix(".0")
    ((name, arg),) = wanted.items()
    if name == "anything-but":
        (kind, but) = next(iter(arg.items())) if isinstance(arg, dict) else ("", arg)
        buts = but if isinstance(but, list) else [but]
        return not any(fits({kind: one} if kind else one, value) for one in buts)
    if name == "numeric":
        pairs = zip(arg[::2], arg[1::2], strict=True)
        terms = " and ".join(f"{value} {'==' if operator == '=' else operator} {bound}" for operator, bound in pairs)
        return json.dumps(value)[0].isdigit() and bool(eval(terms))  # noqa: S307  # the oracle reads it as Python does
    return name == "exists" or (isinstance(value, str) and fits_text(name, arg, value))


def fits_text(name: str, arg: Any, value: str) -> bool:
    """Return whether a string matches a text filter."""
    if isinstance(arg, dict):
        return fits_text(name, arg["equals-ignore-case"].lower(), value.lower())
    text: str = arg
    if name == "wildcard":
        return fnmatchcase(value, text)
    if name == "equals-ignore-case":
        return value.lower() == text.lower()
    return value.startswith(text) if name == "prefix" else value.endswith(text)


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(st.data())
def test_a_filter_equals_a_naive_one(kind: str, data: st.DataObject) -> None:
    """For values of any type; an object has no value."""
    wanted = data.draw(KINDS[kind])
    value: Any = data.draw(st.one_of(TEXTS, NUMBERS, SCALARS, st.just({})))
    assert EventPattern({"a": [wanted]}).matches({"a": value}) == fits(wanted, value)


@given(PATTERNS, EVENTS)
def test_a_pattern_equals_a_naive_matcher(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    """An event matches if it does so for some choice of one element from each array; without `exists: false` here."""
    assert EventPattern(pattern).matches(event) == any(naively(pattern, one) for one in choices(event))


@given(st.lists(NAMES, min_size=1, max_size=3), EVENTS)
def test_an_absent_field_has_no_value_at_its_path(path: list[str], event: dict[str, Any]) -> None:
    """In no element of any array."""
    pattern: Any = [{"exists": False}]
    for name in reversed(path):
        pattern = {name: pattern}
    found: list[Any] = [event]
    for name in path:
        found = [one[name] for node in found for one in choices(node) if isinstance(one, dict) and name in one]
    values = [one for node in found for one in choices(node) if not isinstance(one, dict)]
    assert EventPattern(pattern).matches(event) == (not values)
