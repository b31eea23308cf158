"""Run the documentation's examples with a mock that answers nothing, and report those that still pass.

As a plugin of pytest (`-p tests.docs.mutation`), it empties all answers of a run, and writes the result of each test.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest import SkipTest

import pytest
from hypothesis import Phase, settings
from sybil import Document, Example
from sybil.parsers.myst import SkipParser

from sagemock.protocol.answer import Reply, success
from sagemock.protocol.request import Request
from sagemock.world.backend import Backend
from tests.docs.examples import (
    DEFINES_TESTS,
    FAILS,
    PythonExampleParser,
    environment_kept,
    files_before,
    importable,
    write_files,
    wrong_failure,
)

__all__ = ["Silence", "checks_nothing", "emptied", "needed", "passing"]

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = "SAGEMOCK_MUTATION_RESULTS"
"""The environment variable with the path of the plugin's results."""
MOST: Final = 200
"""The most calls of one example."""
WORD: Final = re.compile(r"\w+")
DEFINITIONS: Final = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)


class Silence:
    """Answers each call with nothing, without a fault or a record, and creates no jobs."""

    def __init__(self) -> None:
        self.calls = 0

    def answer(self, backend: Backend, _: Request) -> Reply:
        """Replace `Backend.answer`. An endless loop, or an example of Hypothesis, ends with an error."""
        self.calls += 1
        if self.calls > MOST:
            raise EndlessError
        return Reply(success("{}"), backend.clock.now_us(), backend.clock.latency_us, "0")

    def create(self, *_: Any) -> str:
        """Replace `Backend.create`."""
        return "{}"


class EndlessError(Exception):
    """An example polls without end, because it gets no answer."""


@contextmanager
def emptied() -> Iterator[Silence]:
    """Make every call do nothing."""
    silence, before = Silence(), settings.get_current_profile_name()
    # That an example of Hypothesis fails is enough: a smaller one takes ten seconds to find.
    settings.register_profile("emptied", phases=[Phase.explicit, Phase.generate])
    settings.load_profile("emptied")
    with pytest.MonkeyPatch.context() as patch:
        # As functions, because Python would not pass the backend to a bound method.
        patch.setattr(Backend, "answer", lambda *arguments: silence.answer(*arguments))  # noqa: PLW0108  # as the comment says
        patch.setattr(Backend, "create", lambda *arguments: silence.create(*arguments))  # noqa: PLW0108  # as the comment says
        try:
            yield silence
        finally:
            settings.load_profile(before)


def checks_nothing(source: str) -> bool:
    """Return whether an example only defines names for later ones: imports, functions, classes and constants."""
    return all(isinstance(one, DEFINITIONS) for one in ast.parse(source).body)


def needed(source: str, later: str) -> ast.Module:
    """Return the statements of an example that bind names which later examples, or these statements, use."""
    # Of `import *`, nobody knows what is used.
    names, kept = {*WORD.findall(later), "*"}, list[ast.stmt]()
    for statement in reversed(ast.parse(source).body):
        if _bound(statement) & names:
            kept.insert(0, statement)
            names |= {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)}
    return ast.Module(kept, [])


def _bound(statement: ast.stmt) -> set[str]:
    bound = set[str]()
    for one in ast.walk(statement):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            bound.add(one.id)
        elif isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(one.name)
        elif isinstance(one, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in one.names}
    return bound


class _Mutated(PythonExampleParser):
    """Runs each example with empty answers, and then normally the part that later examples need."""

    def __init__(self) -> None:
        super().__init__()
        self.passing: list[str] = []
        self.with_tests: list[Example] = []

    def evaluate(self, example: Example) -> str | None:
        source = example.parsed
        if DEFINES_TESTS.search(source):
            self.with_tests.append(example)
            return None
        if not checks_nothing(source) and _passes(source, dict(example.namespace)):
            self.passing.append(_name(example, _first_check(source)))
        rest = needed(source, example.document.text[example.end :])
        exec(compile(rest, example.path, "exec"), example.namespace)  # noqa: S102  # our own code
        return None


def passing(pages: Iterable[Path]) -> list[str]:
    """Return the examples of these pages that pass without answers: the page, and the line or the test."""
    parser = _Mutated()
    for page in pages:
        for example in Document.parse(str(page), parser, SkipParser()).examples():
            with suppress(SkipTest), environment_kept(), importable(files_before(example)):
                example.evaluate()
    return parser.passing + _passing_tests(parser.with_tests)


def _passes(source: str, names: dict[str, Any]) -> bool:
    with emptied():
        try:
            exec(compile(source, "example", "exec"), names)  # noqa: S102  # our own code
        # What `pytest.raises` raises is not an Exception.
        except (Exception, pytest.fail.Exception):  # noqa: BLE001  # any error counts
            return False
    return True


def _first_check(source: str) -> str:
    return next((line.strip() for line in source.splitlines() if "assert" in line), source.splitlines()[0])


def _name(example: Example, what: str) -> str:
    return f"{os.path.relpath(example.path, ROOT)}: {what}"


def _passing_tests(examples: list[Example]) -> list[str]:
    """Run all examples that define tests in one pytest; return those that pass, or fail as their page says."""
    if not examples:
        return []
    with TemporaryDirectory() as folder:
        files = {f"test_{number}.py": example for number, example in enumerate(examples)}
        for number, (name, example) in enumerate(files.items()):
            beside = Path(folder, str(number))
            beside.mkdir()
            write_files({**files_before(example), name: example.parsed}, beside)
        results = Path(folder, "results.json")
        environment = {**os.environ, RESULTS: str(results), "PYTHONPATH": str(ROOT)}
        options = ["-p", "tests.docs.mutation", "-p", "no:cacheprovider", "--rootdir", folder, "-c", os.devnull]
        command = [sys.executable, "-m", "pytest", "-q", *options, folder]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own code
        assert results.exists(), done.stdout + done.stderr
        found: Mapping[str, str | None] = json.loads(results.read_text(encoding="utf-8"))
    passed = []
    # The child's order is random.
    for test, report in sorted(found.items()):
        file, _, name = test.partition("::")
        example = files[Path(file).name]
        fails = FAILS.match(example.document.text[example.end :])
        if report is None or (fails is not None and wrong_failure(report, fails[1]) is None):
            passed.append(_name(example, name))
    return passed


# -- the plugin


class _Plugin:
    def __init__(self) -> None:
        self._emptied = emptied()
        self._silence = self._emptied.__enter__()
        self._reports: dict[str, str | None] = {}

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Remove the files beside the previous example; this one may have files with the same names."""
        if isinstance(collector, pytest.Module):
            root = collector.config.rootpath
            imported = [
                name for name, module in sys.modules.items() if root in Path(getattr(module, "__file__", None) or "").parents
            ]
            for name in imported:
                if not name.startswith("test_"):
                    del sys.modules[name]

    def pytest_runtest_setup(self) -> None:
        """Count the calls of each test."""
        self._silence.calls = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store the result of a test: None if it passed, its report if it failed, nothing if it was skipped."""
        if report.failed:
            self._reports[report.nodeid] = report.longreprtext
        elif report.when == "call" and report.passed:
            self._reports[report.nodeid] = None

    def pytest_unconfigure(self) -> None:
        """Write the results."""
        self._emptied.__exit__(None, None, None)
        Path(os.environ[RESULTS]).write_text(json.dumps(self._reports), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Start to answer nothing."""
    config.pluginmanager.register(_Plugin())


if __name__ == "__main__":  # pragma: no cover  # for tox, where packages are installed that some pages need
    found = passing(map(Path, sys.argv[1:]))
    sys.exit("\n".join(["These pass although nothing is answered:", *found]) if found else 0)
