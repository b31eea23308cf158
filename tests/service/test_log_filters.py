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
def test_terms_are_looked_for_in_each_line(pattern: str, found: list[int]) -> None:
    """All of them, none that has a minus, any of those with a question mark unless they stand beside others."""
    test = matches(pattern)
    assert [number for number, line in enumerate(LINES) if test(line)] == found


@pytest.mark.parametrize("pattern", ["loss=nan", '"unclosed', "a:b", "%[%", "%a{99999999999}%", '"a"b', "%a% %b% -%c%"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """What is not letters, digits and underscores needs quotes (aws/aws-toolkit-jetbrains#3219); two regular expressions."""
    with pytest.raises(Refusal) as caught:
        matches(pattern)
    assert (caught.value.code, caught.value.message) == ("InvalidParameterException", "Invalid filter pattern")


@pytest.mark.parametrize("pattern", ['{ $.level = "ERROR" }', "[ip, user]"])
def test_patterns_of_structured_lines_are_not_simulated(pattern: str) -> None:
    """The error is ours, and names the pattern."""
    with pytest.raises(NotSimulated) as caught:
        matches(pattern)
    assert str(caught.value) == (
        f"sagemock does not simulate the filter pattern {pattern!r} of FilterLogEvents, which is for structured lines: "
        "filter by terms, such as 'ERROR -warning', or filter what is returned"
    )


@pytest.mark.parametrize("sign", ["(", ")", "!", "é", " "])
def test_a_regular_expression_has_few_signs(sign: str) -> None:
    """As the user guide lists them: no parentheses, with a backslash neither."""
    for pattern in (f"%a{sign}b%", f"%a\\{sign}b%"):
        with pytest.raises(Refusal) as caught:
            matches(pattern)
        assert caught.value.message == f"Invalid character(s) in term '{sign}'"


def test_no_regular_expression_takes_for_ever() -> None:
    """Its operators are enough to make `re` try out a line of any length for years."""
    assert not matches("%a*a*a*a*a*a*a*a*b%")("a" * 100_000)
