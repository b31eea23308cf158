"""What in the documentation sagemock writes itself."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, write, written


@pytest.mark.parametrize("place", written())
def test_what_is_in_the_documentation_is_what_is_drawn_today(place: str) -> None:
    """Else write it anew, as tests/docs/pages.py says, and look at it."""
    assert (DOCS / place).read_text(encoding="utf-8") == written()[place]


def test_it_is_written_where_it_belongs(tmp_path: Path) -> None:
    """Each file to its place."""
    write(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == set(written())


def test_the_page_shows_what_its_example_draws() -> None:
    """The texts below the example of docs/how-to/see-a-job.md are those that it makes."""
    text = (DOCS / "how-to" / "see-a-job.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], names)  # noqa: S102  # our own page
    assert [names["one"], names["several"]] == re.findall(r"```text\n(.*?)\n```", text, re.DOTALL)
