"""The picture in docs/how-to/tune.md is the output of its last example."""

import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sagemock import mock_sagemaker

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "tune.md").read_text(encoding="utf-8")


def test_the_picture_is_the_output_of_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file at the top of the page."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    tuning = ModuleType("tuning")
    monkeypatch.setitem(sys.modules, "tuning", tuning)
    names: dict[str, Any] = {}
    for block, where in ((blocks[0], vars(tuning)), (blocks[-1], names)):
        exec(block, where)  # noqa: S102  # our own page
    test = names["test_the_picture_marks_the_best"]
    printed = StringIO()
    with redirect_stdout(printed), mock_sagemaker(**test.pytestmark[0].kwargs) as sagemock:
        test(sagemock)
    assert printed.getvalue() == shown
