"""docs/explanation/fidelity.md lists all assumptions."""

from tests.docs.fidelity_page import PAGE, assumptions, lines_that_assume, new_page, statements


def test_a_text_that_says_assumed_uses_an_assumption() -> None:
    """Its statement uses an `Assumption`, which has a row on the page."""
    assert [f"{one.module}:{one.line}" for one in lines_that_assume() if not one.objects] == []


def test_a_statement_without_an_assumption_is_found() -> None:
    """A comment, and a docstring below a constant, belong to the statement that they describe."""
    text = """from x import A
# Assumed, as nobody knows.
B = A(1)
C = 2
'This is assumed, too.'
def d():
    return 'arn:aws:sts::1:assumed-role/x'
"""
    assert [(one.line, one.objects) for one in statements("m", text, {"A"})] == [(2, {"A"}), (5, set())]


def test_the_rows_of_the_page_are_up_to_date() -> None:
    """`python -m tests.docs.fidelity_page` writes them."""
    text = PAGE.read_text("utf-8")
    assert new_page(text) == text


def test_each_assumption_is_used() -> None:
    """By a value, a text or a branch."""
    found = list(assumptions())
    assert found
    assert [one.name for one in found if not one.uses] == []
    assert [one.name for one in found if "|" in one.assumption.what + one.assumption.knob] == []
