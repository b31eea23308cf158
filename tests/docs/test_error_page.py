"""docs/errors.md equals the page that the code generates."""

import textwrap
import traceback
from pathlib import Path

from sagemock import errors
from tests.docs.error_page import EXAMPLES, PAGE, RELAYED, example_names, page, run, sites, sites_of


def test_the_page_is_up_to_date() -> None:
    """After a change, `python -m tests.docs.error_page` writes it again."""
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: python -m tests.docs.error_page"


def test_each_message_that_is_not_in_a_raise_statement_has_an_example() -> None:
    """A message that a function builds cannot be read from the code, so the page runs an example."""
    names = example_names()
    shown: set[tuple[str, str]] = set()
    for error, examples in EXAMPLES.items():
        for example in examples:
            raised = run(example, names)
            assert type(raised) is getattr(errors, error)
            shown |= {(Path(frame.filename).name, error) for frame in traceback.extract_tb(raised.__traceback__)}
    unwritten = {(site.file.name, site.error) for site in sites() if site.text is None}
    assert unwritten - shown == set(RELAYED)


def test_every_error_of_the_tree_is_raised() -> None:
    """Except the base class."""
    assert set(errors.__all__) - {site.error for site in sites()} == {"SagemockError"}


def test_a_message_is_read_from_the_code() -> None:
    """Values become placeholders; a variable has its last value in the same function; errors of others are left out."""
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
