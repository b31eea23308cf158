"""docs/errors.md is what the code says."""

import textwrap
import traceback
from pathlib import Path

from sagemock import errors
from tests.docs.error_page import EXAMPLES, PAGE, RELAYED, page, prepared, run, sites, sites_of


def test_the_page_is_what_the_code_says() -> None:
    """Each text, and each example with what it raises; after a change, `python -m tests.docs.error_page` writes it again."""
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: python -m tests.docs.error_page"


def test_each_error_that_is_not_written_beside_its_raise_is_shown_by_an_example() -> None:
    """What a function of ours puts together cannot be read off the code, so the page runs it."""
    names = prepared()
    shown: set[tuple[str, str]] = set()
    for error, examples in EXAMPLES.items():
        for example in examples:
            raised = run(example, names)
            assert type(raised) is getattr(errors, error)
            shown |= {(Path(frame.filename).name, error) for frame in traceback.extract_tb(raised.__traceback__)}
    unwritten = {(site.file.name, site.error) for site in sites() if site.text is None}
    assert unwritten - shown == set(RELAYED)


def test_every_error_of_the_tree_is_raised_somewhere() -> None:
    """But for the base of them all, an error that nothing raises is not needed."""
    assert set(errors.__all__) - {site.error for site in sites()} == {"SagemockError"}


def test_a_text_is_read_off_the_code() -> None:
    """Values become placeholders; a variable has its last value in the same function; others' errors are left out."""
    source = """
        def outer(name, at):
            msg = f"{name!r} is {at.instant:%H} or {at + 1}: write it"
            if name:
                def inner():
                    raise PlanError("inner")
                raise UsageError(msg)
            try:
                raise LookupError(msg)
            except LookupError:
                msg = "a " + name
                raise InvalidValue(msg) from None
            raise NotAnswered(text(name))
    """
    found = {site.error: site.text for site in sites_of(textwrap.dedent(source), Path("x.py"))}
    assert found == {
        "UsageError": "{name} is {instant} or {…}: write it",
        "PlanError": "inner",
        "InvalidValue": "{…}",
        "NotAnswered": None,
    }
