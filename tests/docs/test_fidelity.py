"""docs/explanation/fidelity.md: what is assumed is told to the reader."""

import re

from tests.docs.fidelity_page import PACKAGE, PAGE, assumptions, written

ASSUMED = re.compile(r"\bassumed\b(?!-role)")


def test_every_module_that_assumes_is_named_on_the_page_and_no_other() -> None:
    """Who adds an assumption tells of it, and who learns better takes it off."""
    text = PAGE.read_text("utf-8")
    told = text[text.index("## What is assumed") : text.index("## What is not simulated")]
    named = set(re.findall(r"`([a-z0-9_/]+)`", "".join(line.rpartition(" | ")[2] for line in told.splitlines())))
    found = {
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in PACKAGE.rglob("*.py")
        if ASSUMED.search(path.read_text("utf-8")) and path.name != "evidence.py"
    }
    assert named == found | {one.module for one in assumptions()}


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
