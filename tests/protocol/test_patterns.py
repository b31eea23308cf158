import sys
import time
import unicodedata
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.protocol.patterns import matcher
from tests.protocol.shapes import patterns_of_simulated, sagemaker
from tests.support.waiting import PATIENCE_S

TAG = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"


def matches(pattern: str) -> Callable[[str], bool]:
    """Return whether a translatable pattern matches."""
    found = matcher(pattern)
    assert found is not None
    return lambda value: bool(found(value))


@cache
def characters_of(*majors: str) -> tuple[str, str]:
    """Return all characters of these major categories, and all others."""
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    inside = [char for char in everything if unicodedata.category(char)[0] in majors]
    outside = [char for char in everything if unicodedata.category(char)[0] not in majors]
    return "".join(inside), "".join(outside)


def test_every_pattern_of_the_model_is_translatable() -> None:
    """In the whole service model."""
    model = sagemaker()
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}
    assert len(patterns) > 100
    assert [pattern for pattern in patterns if matcher(pattern) is None] == []


@pytest.mark.parametrize("majors", ["L", "N", "Z", "M", "S", "P", "C", "LZN", "LMZSNP"])
def test_a_major_category_is_exactly_unicodes(majors: str) -> None:
    r"""Over all code points, `\p{L}` and its like match exactly the characters of that category."""
    inside, outside = characters_of(*majors)
    content = "".join(rf"\p{{{major}}}" for major in majors)
    assert matches(f"[{content}]*")(inside)
    assert matches(f"[^{content}]*")(outside)
    assert not any(map(matches(f"[{content}]"), outside[::97]))
    assert not any(map(matches(f"[^{content}]"), inside[::97]))


def test_a_minor_category_is_exactly_unicodes() -> None:
    r"""`\p{Lu}` is the upper-case letters, inside a class and outside, and `\P{Lu}` is everything else."""
    upper = [char for char in characters_of("L")[0] if unicodedata.category(char) == "Lu"]
    lower = [char for char in characters_of("L")[0] if unicodedata.category(char) == "Ll"]
    assert matches(r"[\p{Lu}]*")("".join(upper))
    assert matches(r"\p{Lu}*")("".join(upper))
    assert matches(r"\P{Lu}*")("".join(lower))
    assert matches(r"[\P{Lu}]*")("".join(lower))
    assert not any(map(matches(r"\p{Lu}"), lower))
    assert not any(map(matches(r"\P{Lu}"), upper))
    assert matches(r"\pLx\PL")("äx1")


@given(st.text())
def test_the_pattern_of_tags_matches_letters_digits_spaces_and_some_signs(text: str) -> None:
    """It agrees with unicodedata on any text."""
    assert matches(TAG)(text) == all(unicodedata.category(char)[0] in "LZN" or char in "_.:/=+-@" for char in text)


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\u2029"])
def test_a_dot_stops_at_javas_line_terminators(end: str) -> None:
    """Java's `.` knows five line terminators, also next to categories; Python's knows one."""
    assert not matches(".*")(f"a{end}b")
    assert not matches(r"\pL.*")(f"a{end}b")
    assert matches(r"[\S\s]*")(f"a{end}b")


@given(st.characters(exclude_characters="\n\r\x85\u2028\u2029"))
def test_a_dot_matches_any_other_character(char: str) -> None:
    """Only line terminators stop it."""
    assert matches(".")(char)
    assert matches(r"\pL.")(f"é{char}")


def test_the_whole_string_must_match() -> None:
    """A final line feed counts, as in Java's `matches`."""
    name = matches("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
    assert name("churn-2024")
    assert not name("churn-2024\n")
    assert not name("churn_2024")
    assert not name("-churn")


@pytest.mark.parametrize(
    "pattern, yes, no",
    [
        (r"\d+", ["12"], ["", "٣"]),
        (r"\w+", ["a_1"], ["é", "-"]),
        (r"\s", [" ", "\t", "\x0b"], ["\xa0"]),
        (r"\S{1,3}", ["a", "éé"], [" ", "aaaa"]),
        (r"arn:[\p{Alnum}\-]+:", ["arn:aws-cn:"], ["arn:é:", "arn:_:"]),
        (r"\p{Digit}\p{XDigit}\p{Alpha}\p{Lower}\p{Upper}\p{ASCII}", ["0fazZ~"], ["0gazZ~", "0fazZé"]),
        (r"(?=.{1,3}$)[a-z]+", ["abc"], ["abcd", ""]),
        (r"([a-z]*)${1,128}", ["abc"], ["1"]),
        (r"(?!\s*$).+", ["a "], ["  ", ""]),
        (r"^a$|^b$", ["a", "b"], ["ab", "a\n"]),
        (r"a$\n", ["a\n"], ["a"]),
        (r"[a-zA-Z0-9-_.]+", ["a-_.9"], ["+"]),
        (r"[+=,.@*-]+", ["+=-@"], ["/"]),
        (r"[^ ~^:?*\[]+", ["main"], ["a b", "a[", "^"]),
        (r"[!#-\[\]-~]+", ["!#[]~"], ['"', "\\"]),
        (r"[\x21-\x7E]+", ["!~"], [" "]),
        (r"[\t\u0020-\uD7FF]*", ["\t é"], ["\n", "\U0001f600"]),
        (r"[\uD800\uDC00-\uDBFF\uDFFF]", ["\U0001f600", "\U00010000"], ["a", "\uffff"]),
        (r"[a-z]([a-z0-9]|-[a-z0-9])*", ["a-b"], ["a--b"]),
        (r"(?:a|b)+(?<!b)", ["aba"], ["ab"]),
        (r"\.\-\/\ \_\\\]", [r".-/ _\]"], ["x"]),
        (r"é[é-ï]", ["éê"], ["éa"]),
        (r"[a&|~]+", ["a&|~"], ["b"]),
        (r"\bx\B", [], ["x"]),
    ],
)
def test_a_construct_means_what_it_means_in_java(pattern: str, yes: list[str], no: list[str]) -> None:
    """Each construct that service models use, with texts that it accepts and refuses."""
    assert [value for value in yes if not matches(pattern)(value)] == []
    assert [value for value in no if matches(pattern)(value)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "[a[b]]",  # a union of classes
        "[a-z&&[^b]]",  # an intersection
        "[a&&b]",  # an intersection
        "[+--]",  # a range up to the minus sign
        r"\Qa.b\E",
        r"\h",
        r"\Z",
        r"(a)\1",
        r"\p{IsGreek}",
        r"\P{Alnum}",
        r"[\p{L}é]",  # a literal that a placeholder could hide
        r"\p{L}\u00e9",
        r"\p{L}é",
        "(?<name>a)",
        "(",
    ],
)
def test_an_untranslatable_pattern_is_not_enforced(pattern: str) -> None:
    """Python might read a future pattern differently from Java, and so refuse valid requests."""
    assert matcher(pattern) is None


def test_hostile_strings_are_matched_in_reasonable_time() -> None:
    """Strings of 10,000 characters that would make a pattern backtrack do not hang a test."""
    pieces = ["a", "-", ".", "-a", "a-", "/", "a/", "0", "é", "\u2028", "arn:aws:sagemaker:", "-a-a-"]
    heads = ["", "arn:aws:iam::123456789012:role/", "arn:aws:sagemaker:us-east-1:123456789012:", "s3://"]
    hostile = [head + (piece * 10_000)[:10_000] + end for head in heads for piece in pieces for end in ("!", "\n", "_")]
    started = time.perf_counter()
    for pattern in patterns_of_simulated():
        match = matches(pattern)
        for value in hostile:
            match(value)
    # 26 patterns and 144 strings take about a tenth of a second; one exponential pattern would take years.
    assert time.perf_counter() - started < PATIENCE_S
