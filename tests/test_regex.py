"""Regular expressions of callers: the same results as `re`, in linear time."""

import re
import time
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import regex
from sagemock.errors import NotSimulated
from sagemock.regex import Regex, read
from tests.support.waiting import PATIENCE_S

ATOMS = st.sampled_from([
    "a", "b", ".", "[ab]", "[^a]", r"\d", "(?i:A)", "(?i:a(?-i:b))", r"\b", "^", "$", "(?<=a)", "(?<!b)", "(?!b)", "(?=a|b)",
])  # fmt: skip
REPEATS = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}", "{3,}?"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("(?:{}|{}|{})".format, inner, inner, inner),
        st.builds("({})".format, inner),
        # Never empty: the docstring of the module says what can be empty.
        st.builds("(?:a{}){}".format, inner, REPEATS),
        st.builds("(?:[ab]{}){}".format, inner, REPEATS),
        st.builds("{}{}".format, st.sampled_from(["a", "[^b]", ".", r"\w"]), REPEATS),
    ),
    max_leaves=8,
)
TEXTS = st.text("abA1 \n", max_size=9)


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if `re` is used."""
    monkeypatch.setattr(regex, "_WAYS", -1)


def test_an_expression_finds_what_re_finds() -> None:
    """Whether there is a match, and the first group of the best one, with both ways of searching."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regex, "_WAYS", -1)
        # The cache is cleared often, so that states are computed again.
        patch.setattr(regex, "_REMEMBERED", 5)
        compare()
    compare()


@given(EXPRESSIONS, st.lists(TEXTS, max_size=4))
def compare(expression: str, texts: list[str]) -> None:
    """Compare the results with those of `re`."""
    compiled, searched = re.compile(expression), Regex(expression)
    for text in texts:
        match = compiled.search(text)
        assert searched.found_in(text) == (match is not None)
        assert searched.value_in(text) == (None if match is None else match[1 if compiled.groups else 0])


@pytest.mark.usefixtures("linear")
@pytest.mark.parametrize(
    "expression, text, value",
    [
        ("(a*)*", "b", ""),
        ("(?:(a)|b)*", "ab", "a"),
        ("(?m)^b$", "a\nb", "b"),
        ("(?i)LOSS=(.)", "loss=3", "3"),
        ("(?s)a.b", "a\nb", "a\nb"),
        ("(?x) a b # comment", "ab", "ab"),
        ("(?P<n>a)(?P<m>b)", "ab", "a"),
        ("(?a:\\w)", "é", None),
        ("", "abc", ""),
        ("a|(b)", "a", None),
        ("a{0}b", "ab", "b"),
        ("é+", "aéé", "éé"),
    ],
)
def test_constructs_mean_the_same_as_in_re(expression: str, text: str, value: str | None) -> None:
    """Flags, names, empty matches, and groups without a match."""
    assert Regex(expression).value_in(text) == value


@pytest.mark.parametrize(
    "expression, text, value",
    [
        ("(a+)+b", "a" * 100_000, None),
        ("(a|aa)+$", "a" * 100_000 + "b", None),
        ("(.*)*x", "ab" * 50_000, None),
        ("([a-c]*[b-d]*)*e", "abcd" * 25_000, None),
        (".*,.*,.*,.*,.*;", "," * 100_000, None),
        ("a*a*a*a*a*a*b", "a" * 100_000, None),
        ("a?" * 40 + "a" * 40, "a" * 40, "a" * 40),
        (r"(\w+\s?)+!", "ab " * 30_000, None),
        (r"(?:\b\w+\b\s?)+!", "ab " * 30_000, None),
        ("(x+x+)+y", "x" * 100_000 + "y", "x" * 100_000),
        (r"loss=([0-9.]+)", "loss=" * 20_000 + "loss=0.5", "0.5"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_no_expression_backtracks(expression: str, text: str, value: str | None) -> None:
    """`re` would take years for most of these."""
    started = time.perf_counter()
    assert Regex(expression).value_in(text) == value
    # Each takes less than a second.
    assert time.perf_counter() - started < PATIENCE_S


@pytest.mark.parametrize(
    "expression, what",
    [
        (r"(a)\1", "a reference to a group"),
        ("(a)?(?(1)b|c)", "a condition on a group"),
        ("(?=a*b)a", "a lookaround that repeats without bound"),
        ("(?!(?:ab|c){30})a", "a lookaround that repeats without bound"),
        (r"(a)(?=\1)", "a lookaround that repeats without bound"),
        ("(?=(a))a", "a first group inside a lookaround"),
        ("(?:a{1000}){1000}", "repetitions that many"),
        ("(?:(?:){60000}){60000}", "repetitions that many"),
    ],
)
def test_an_expression_that_needs_backtracking_is_refused(expression: str, what: str) -> None:
    """When it is given."""
    text = (
        f"sagemock does not simulate {what} in the regular expression {expression!r}, which could take forever on some text: "
        "write it another way"
    )
    with pytest.raises(NotSimulated, match=f"^{re.escape(text)}$"):
        Regex(expression)


def test_what_is_remembered_of_a_search_is_forgotten_when_it_becomes_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """The results stay the same."""
    monkeypatch.setattr(regex, "_REMEMBERED", 3)
    searched = Regex("(?:a|bc|cab)*(d)")
    for _ in range(2):
        assert [searched.value_in(text) for text in ("bcacabd", "abcad", "bcca", "d")] == ["d", "d", None, "d"]
        assert searched._remembered <= 3 + 20


@pytest.mark.parametrize("expression, what", [("(?>a)", "an atomic group"), ("a++", "a possessive repetition")])
def test_newer_syntax_is_refused(expression: str, what: str) -> None:
    """Python 3.10 cannot parse it, and later versions cannot search it in linear time."""
    with pytest.raises((NotSimulated, re.error), match=f"{what}|unknown extension|multiple repeat"):
        Regex(expression)


def test_deeply_nested_groups_are_refused() -> None:
    """The parser of `re` is recursive."""
    with pytest.raises(NotSimulated, match="groups nested that deep"):
        Regex("(" * 5000 + ")" * 5000)


@pytest.mark.parametrize("expression", ["(", "a{99999999999999999999}", "[b-a]", "(?P<a>a)(?P<a>b)"])
def test_an_invalid_expression_is_an_error_of_re(expression: str) -> None:
    """Even where `re` itself raises another error."""
    with pytest.raises(re.error):
        Regex(expression)


def test_a_warning_about_an_expression_is_not_passed_on() -> None:
    """If warnings are errors, it would be raised in the middle of a call."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Regex("[[a]").found_in("[")


def test_an_expression_is_compiled_once() -> None:
    """Its cache is kept."""
    assert read("loss=(.)") is read("loss=(.)")


def test_unbounded_repetitions_may_take_long() -> None:
    """The rule that decides when `re` may be used."""
    asked: Any = Regex("loss=([0-9.]+)")
    assert asked._has_few_ways("x" * 100_000)
    assert asked._has_few_ways("loss=0.5 " + "x" * 1000)
    assert not asked._has_few_ways("loss=0.5 " * 1000)
    assert not Regex("(a+)+b")._has_few_ways("a" * 60)
    assert not Regex("aa[ab]*c")._has_few_ways("a" * 1000)
    assert not Regex("(?i)loss=(a*)")._has_few_ways("l" * 1000)
