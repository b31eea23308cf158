"""docs/explanation/fidelity.md: what is assumed is told to the reader."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sagemock"
PAGE = ROOT / "docs" / "explanation" / "fidelity.md"
ASSUMED = re.compile(r"\bassumed\b(?!-role)")


def test_every_module_that_assumes_is_named_on_the_page_and_no_other() -> None:
    """Who adds an assumption tells of it, and who learns better takes it off."""
    text = PAGE.read_text("utf-8")
    told = text[text.index("## What is assumed") : text.index("## What is not simulated")]
    named = set(re.findall(r"`([a-z0-9_/]+)`", "".join(line.rpartition(" | ")[2] for line in told.splitlines())))
    found = {
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in PACKAGE.rglob("*.py")
        if ASSUMED.search(path.read_text("utf-8"))
    }
    assert named == found
