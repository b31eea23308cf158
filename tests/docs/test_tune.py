"""The picture in docs/how-to/tune.md is the output of its last example."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "tune.md").read_text(encoding="utf-8")


def test_the_picture_is_the_output_of_the_example() -> None:
    """With the request and the function at the top of the page."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    printed = StringIO()
    with redirect_stdout(printed):
        for block in (blocks[0], blocks[1], blocks[-1]):
            exec(block, names)  # noqa: S102  # our own code
    assert printed.getvalue() == shown
