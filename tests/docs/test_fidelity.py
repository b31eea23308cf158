"""docs/explanation/fidelity.md: what is assumed is told to the reader."""

from tests.docs.fidelity_page import PAGE, assumptions, said_in_words, statements, written


def test_what_is_assumed_in_words_rests_on_an_object() -> None:
    """Whoever writes that something is assumed uses an `Assumption` in that statement, which has a row on the page."""
    assert [f"{one.module}:{one.line}" for one in said_in_words() if not one.objects] == []


def test_a_statement_that_only_says_so_is_found() -> None:
    """A comment, a docstring and a docstring below a constant count for the statement that they are about."""
    text = """from x import A
# Assumed, as nobody knows.
B = A(1)
C = 2
'This is assumed, too.'
def d():
    return 'arn:aws:sts::1:assumed-role/x'
"""
    assert [(one.line, one.objects) for one in statements("m", text, {"A"})] == [(2, {"A"}), (5, set())]


def test_the_rows_of_the_page_are_the_assumptions_of_the_code() -> None:
    """`python -m tests.docs.fidelity_page` writes them."""
    text = PAGE.read_text("utf-8")
    assert written(text) == text


def test_each_assumption_stands_where_the_code_uses_it() -> None:
    """One that no value, text or branch rests on any more is no assumption."""
    found = list(assumptions())
    assert found
    assert [one.name for one in found if not one.uses] == []
    assert [one.name for one in found if "|" in one.assumption.what + one.assumption.knob] == []
