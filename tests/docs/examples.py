"""Run every Python example of the README, the documentation and the docstrings.

An example that defines tests runs as a file in a pytest of its own, as its reader will run it. Files that the page has shown
before lie beside it: examples that begin with a file name, such as `# launcher.py`. All other examples run in order, and those of
one document share their names.
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
from sybil.parsers.rest import CodeBlockParser as RestCodeBlockParser
from sybil.parsers.rest import DocTestParser
from sybil.parsers.rest import PythonCodeBlockParser as RestPythonCodeBlockParser

FAILS = re.compile(r"\s*(?:(?!```)[^\n]+\n+)?```text\n((?:E| +\|) +.*?)```", re.DOTALL)
"""The text after a test that must fail: perhaps a sentence, then lines of pytest's report, of which a group's have a bar."""
FILE = re.compile(r"^```python\n(# ((?!test_)\w+\.py)\n.*?)^```$", re.DOTALL | re.MULTILINE)
"""An example that is a file: later tests of the page import it, or use it as conftest."""
PLUGINS = {"anyio": "anyio", "hypothesispytest": "hypothesis"}
"""Plugins that take a third of the time of a test, with the package that an example imports if it needs the plugin."""
DEFINES_TESTS = re.compile(r"^\s*(async )?def test_", re.MULTILINE)


class PythonExampleParser(CodeBlockParser):
    """Read ```` ```python ```` blocks, and `.. code-block:: python` in a block of directives, as in the reference."""

    language = "python"

    def __init__(self) -> None:
        super().__init__()
        self.lexers += RestCodeBlockParser(self.language).lexers

    def evaluate(self, example: Example) -> str | None:
        """Run the example: in a child pytest if it defines tests, otherwise here."""
        if DEFINES_TESTS.search(example.parsed):
            fails = FAILS.match(example.document.text[example.end :])
            report = run_by_pytest(example.parsed, files_before(example))
            return report if fails is None else wrong_failure(report, fails[1])
        with environment_kept(), importable(files_before(example)):
            PythonEvaluator()(example)
        return None


@contextmanager
def environment_kept() -> Iterator[None]:
    """Restore the environment after an example, because an example of a conftest.py changes it and other tests follow."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def importable(files: Mapping[str, str]) -> Iterator[None]:
    """Let an example import from files, and forget these modules afterwards, because pages may have files with the same name."""
    with TemporaryDirectory() as folder:
        write_files(files, folder)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
            for name in files:
                sys.modules.pop(Path(name).stem, None)


def write_files(files: Mapping[str, str], folder: str | Path) -> None:
    """Write files into a folder."""
    for name, text in files.items():
        Path(folder, name).write_text(text, encoding="utf-8")


def files_before(example: Example) -> dict[str, str]:
    """Return the files that the page shows before this example; of files with the same name, the last one."""
    return {name: source for source, name in FILE.findall(example.document.text[: example.start])}


def wrong_failure(report: str | None, lines: str) -> str | None:
    """Return what is wrong with the report of a test that must fail; None if it has every line of `told`."""
    if report is None:
        return "This test should fail, and passes."
    missing = [line for line in lines.splitlines() if " ".join(line.split()) not in " ".join(report.split())]
    return "\n".join(["The report has no line", *missing, report]) if missing else None


def run_by_pytest(source: str, files: Mapping[str, str] = {}) -> str | None:
    """Run tests in a child pytest beside `files`, with warnings as errors; return its output if they do not pass."""
    with TemporaryDirectory() as folder:
        write_files({**files, "test_example.py": source}, folder)
        # tox sets this where libraries warn by themselves. pytest-asyncio warns if its option is not set.
        warnings = os.environ.get("SAGEMOCK_EXAMPLES_WARN", "error")
        settings = ["-W", warnings, "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]
        shown = "\n".join([source, *files.values()])
        unneeded = [f"-pno:{plugin}" for plugin, package in PLUGINS.items() if package not in shown]
        command = [sys.executable, "-m", "pytest", "-q", *settings, *unneeded, "--rootdir", folder, "test_example.py"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # our own code
        return done.stdout + done.stderr if done.returncode else None


def collect_examples() -> Callable[[Path, Any], Any]:
    """Return the `pytest_collect_file` hook that collects the examples."""
    root = str(Path(__file__).parents[2])
    pages = Sybil(
        path=root,
        fixtures=["network_attempts"],
        parsers=[PythonExampleParser(), SkipParser()],
        patterns=["README.md", "docs/*.md", "docs/**/*.md"],
        document_types={".md": Document},
    )
    docstrings = Sybil(
        path=root,
        fixtures=["network_attempts"],
        parsers=[DocTestParser(), RestPythonCodeBlockParser()],
        patterns=["sagemock/*.py", "sagemock/**/*.py"],
        document_types={".py": PythonDocStringDocument},
    )
    return (pages + docstrings).pytest()


def in_reading_order(items: list[pytest.Item]) -> None:
    """Restore the order of each document's examples, in the places that random ordering gave them."""
    seated = [(seat, item) for seat, item in enumerate(items) if isinstance(item, SybilItem)]
    for path in {item.path for _, item in seated}:
        seats = [seat for seat, item in seated if item.path == path]
        document = sorted((item for _, item in seated if item.path == path), key=lambda item: item.example.line)
        for seat, item in zip(seats, document, strict=True):
            items[seat] = item
