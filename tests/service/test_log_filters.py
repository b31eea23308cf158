import pytest

from sagemock.errors import NotSimulated
from sagemock.protocol.refusal import Refusal
from sagemock.service.log_filters import matches

LINES = ["[ERROR 400] bad request", "[WARN 500] slow", "error: loss=nan", 'epoch 7 "done"']


@pytest.mark.parametrize(
    "pattern, found",
    [
        ("", [0, 1, 2, 3]),
        ("  ", [0, 1, 2, 3]),
        ("ERROR", [0]),
        ("ERROR bad", [0]),
        ("ERROR slow", []),
        ('"loss=nan"', [2]),
        ('"\\"done\\""', [3]),
        ("-ERROR", [1, 2, 3]),
        ('-ERROR -"loss=nan"', [1, 3]),
        ("?ERROR ?WARN", [0, 1]),
        ("?ERROR slow", [1]),
        ("?ERROR -WARN", [0, 2, 3]),
        ("%[45]00%", [0, 1]),
        ("-%[45]00%", [2, 3]),
        (r"%^\[W[A-Z]+\s\d{3}% %slow$%", [1]),
        (r"%\x28|nan%", [2]),
    ],
)
def test_a_pattern_of_terms_matches_lines(pattern: str, found: list[int]) -> None:
    """A line has all plain terms and none with a minus.

    Of terms with a question mark it has any, but beside plain terms they do not matter.
    """
    test = matches(pattern)
    assert [number for number, line in enumerate(LINES) if test(line)] == found


@pytest.mark.parametrize("pattern", ["loss=nan", '"unclosed', "a:b", "%[%", "%a{99999999999}%", '"a"b', "%a% %b% -%c%"])
def test_an_invalid_pattern_is_refused(pattern: str) -> None:
    """Unquoted signs other than letters, digits and underscores (aws/aws-toolkit-jetbrains#3219); three regular expressions."""
    with pytest.raises(Refusal) as caught:
        matches(pattern)
    assert (caught.value.code, caught.value.message) == ("InvalidParameterException", "Invalid filter pattern")


@pytest.mark.parametrize("pattern", ['{ $.level = "ERROR" }', "[ip, user]"])
def test_patterns_for_json_lines_are_not_simulated(pattern: str) -> None:
    """The error is ours and names the pattern."""
    with pytest.raises(NotSimulated) as caught:
        matches(pattern)
    assert str(caught.value) == (
        f"sagemock does not simulate the filter pattern {pattern!r} of FilterLogEvents, which is for structured lines: "
        "filter by terms, such as 'ERROR -warning', or filter what is returned"
    )


@pytest.mark.parametrize("sign", ["(", ")", "!", "é", " "])
def test_a_regular_expression_has_few_signs(sign: str) -> None:
    """Those that the user guide lists: no parentheses, not even escaped ones."""
    for pattern in (f"%a{sign}b%", f"%a\\{sign}b%"):
        with pytest.raises(Refusal) as caught:
            matches(pattern)
        assert caught.value.message == f"Invalid character(s) in term '{sign}'"


def test_regular_expressions_do_not_backtrack() -> None:
    """With these operators `re` could take years for a long line."""
    assert not matches("%a*a*a*a*a*a*a*a*b%")("a" * 100_000)
