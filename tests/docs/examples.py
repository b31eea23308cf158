"""Run every Python example of the README, the documentation and the docstrings.

An example that defines tests is a file of its own for a pytest of its own: that is how its reader will run it. The files that the
page has shown before are beside it: examples that begin with a file's name, as `# launcher.py`. All others run in their order,
those of one document sharing their names.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sybil import Document, Example, Sybil
from sybil.document import PythonDocStringDocument
from sybil.evaluators.python import PythonEvaluator
from sybil.integration.pytest import SybilItem
from sybil.parsers.myst import CodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.parsers.rest import PythonCodeBlockParser as RestPythonCodeBlockParser

FAILS = re.compile(r"\s*(?:(?!```)[^\n]+\n+)?```text\n(E +.*?)```", re.DOTALL)
"""What stands behind a test that is to fail: perhaps a sentence, and then the lines of pytest's report with its error."""
FILE = re.compile(r"^```python\n(# ((?!test_)\w+\.py)\n.*?)^```$", re.DOTALL | re.MULTILINE)
"""An example which is a file that later tests of the page import, or their conftest."""
PLUGINS = {"anyio": "anyio", "hypothesispytest": "hypothesis"}
"""Plugins of pytest's that take a third of the time of a test, by their names, and the package that who needs them imports."""
DEFINES_TESTS = re.compile(r"^\s*(async )?def test_", re.MULTILINE)


class PythonExampleParser(CodeBlockParser):
    """Read ```` ```python ```` blocks."""

    language = "python"

    def evaluate(self, example: Example) -> str | None:
        """Run the example: by a pytest of its own if it defines tests, else here."""
        if DEFINES_TESTS.search(example.parsed):
            fails = FAILS.match(example.document.text[example.end :])
            report = run_by_pytest(example.parsed, files_before(example))
            return report if fails is None else not_as_told(report, fails[1])
        with environment_kept():
            PythonEvaluator()(example)
        return None


@contextmanager
def environment_kept() -> Iterator[None]:
    """Undo what an example does to the environment, as one that stands for a conftest.py: other tests follow."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def files_before(example: Example) -> dict[str, str]:
    """Return the files that the page shows before this example; of those with the same name, the last one."""
    return {name: source for source, name in FILE.findall(example.document.text[: example.start])}


def not_as_told(report: str | None, told: str) -> str | None:
    """Return what is wrong with the report of a test that is to fail; None if it has every line that was `told`."""
    if report is None:
        return "This test should fail, and passes."
    missing = [line for line in told.splitlines() if " ".join(line.split()) not in " ".join(report.split())]
    return "\n".join(["The report has no line", *missing, report]) if missing else None


def run_by_pytest(source: str, files: Mapping[str, str] = {}) -> str | None:
    """Run tests in a pytest of their own, beside `files`, warnings being errors; return what it prints if they do not pass."""
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        file = Path(folder, "test_example.py")
        file.write_text(source, encoding="utf-8")
        # tox sets it where libraries are tried that warn of themselves. The option of pytest-asyncio warns if it is not set.
        warnings = os.environ.get("SAGEMOCK_EXAMPLES_WARN", "error")
        settings = ["-W", warnings, "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]
        shown = "\n".join([source, *files.values()])
        unneeded = [f"-pno:{plugin}" for plugin, package in PLUGINS.items() if package not in shown]
        command = [sys.executable, "-m", "pytest", "-q", *settings, *unneeded, "--rootdir", folder, str(file)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # our own interpreter
        return done.stdout + done.stderr if done.returncode else None


def collect_examples() -> Callable[[Path, Any], Any]:
    """Return the `pytest_collect_file` hook that finds the examples."""
    root = str(Path(__file__).parents[2])
    pages = Sybil(
        path=root,
        fixtures=["sends"],
        parsers=[PythonExampleParser(), SkipParser()],
        patterns=["README.md", "docs/*.md", "docs/**/*.md"],
        document_types={".md": Document},
    )
    docstrings = Sybil(
        path=root,
        fixtures=["sends"],
        parsers=[DocTestParser(), RestPythonCodeBlockParser()],
        patterns=["sagemock/*.py", "sagemock/**/*.py"],
        document_types={".py": PythonDocStringDocument},
    )
    return (pages + docstrings).pytest()


def in_reading_order(items: list[pytest.Item]) -> None:
    """Put the examples of each document back in their order, in place: each at a seat that one of them had drawn at random."""
    seated = [(seat, item) for seat, item in enumerate(items) if isinstance(item, SybilItem)]
    for path in {item.path for _, item in seated}:
        seats = [seat for seat, item in seated if item.path == path]
        document = sorted((item for _, item in seated if item.path == path), key=lambda item: item.example.line)
        for seat, item in zip(seats, document, strict=True):
            items[seat] = item
