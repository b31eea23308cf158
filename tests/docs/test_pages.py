"""The generated parts of the documentation are up to date."""

import re
from pathlib import Path
from typing import Any

import pytest

from sagemock import mock_sagemaker
from tests.docs.pages import DOCS, generated, write


@pytest.mark.parametrize("place", generated())
def test_generated_texts_are_up_to_date(place: str) -> None:
    """Otherwise write them again as tests/docs/pages.py says, and look at the result."""
    assert (DOCS / place).read_text(encoding="utf-8") == generated()[place]


def test_generated_texts_are_written_to_their_files(tmp_path: Path) -> None:
    """Each to its path."""
    write(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == set(generated())


def test_the_page_shows_the_output_of_its_example(capsys: pytest.CaptureFixture[str]) -> None:
    """The texts below the example in docs/how-to/see-a-job.md."""
    text = (DOCS / "how-to" / "see-a-job.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], names)  # noqa: S102  # our own code
    test = names["test_two_jobs"]
    with mock_sagemaker(**test.pytestmark[0].kwargs) as sagemaker:
        test(sagemaker)
    assert capsys.readouterr().out == "".join(re.findall(r"```text\n(.*?)```", text, re.DOTALL))
