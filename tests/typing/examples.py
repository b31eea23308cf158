"""Write the Python examples of the README and the documentation to files that type checkers read.

    python -m tests.typing.examples FOLDER

and their settings beside them: `mypy --config-file FOLDER/mypy.ini FOLDER`, `basedpyright -p FOLDER`.
Examples leave annotations out, as tests do; here they get the plainest ones, so that what the checkers judge is sagemock.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.docs.examples import DEFINES_TESTS

__all__ = ["annotated", "modules", "write"]

ROOT: Final = Path(__file__).parents[2]
BLOCK: Final = re.compile(r"^(<!-- skip: next if[^\n]*\n\n)?```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""An example, perhaps after a condition: it then needs a package that some environments lack."""
FILE: Final = re.compile(r"# ((?!test_)\w+)\.py\n")
"""The first line of an example that is a file; later tests of the page import it."""
IMPORT: Final = re.compile(r"^from (\w+) import [^\n]+\n", re.MULTILINE)
FIXTURES: Final = {"sagemock": "__sagemock.SageMakerMock", "monkeypatch": "__pytest.MonkeyPatch"}
PYRIGHT: Final[dict[str, object]] = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.10",
    # An example that continues another one imports what that one used.
    "reportUnusedImport": False,
    # A page's example file repeats imports of the page.
    "reportDuplicateImport": False,
    # Everybody writes `error.response["Error"]["Code"]`, although botocore's stubs call the members optional.
    "reportTypedDictNotRequiredAccess": False,
}
EMPTY: Final = {
    "[]": "list[__typing.Any]",
    "{}": "dict[__typing.Any, __typing.Any]",
    "set()": "set[__typing.Any]",
}
APART: Final = {"aiobotocore"}
"""The page about clients without types; they have an environment of their own, because they pin botocore."""
PROLOGUE: Final = "import typing as __typing; import pytest as __pytest; import sagemock as __sagemock\n"


def modules(page: str) -> Iterator[str]:
    """Return the modules made of a page's examples: one for each with tests, and one for all others.

    If a test imports from a file that the page has shown, the file's content replaces the import, because pages may have files
    with the same name.
    """
    together: list[str] = []
    files: dict[str, str] = {}
    for condition, block in BLOCK.findall(page):
        if condition:
            continue
        if shown := FILE.match(block):
            files[shown[1]] = block
        elif DEFINES_TESTS.search(block):
            yield _with_files(block, dict(files))
        else:
            together.append(block)
    if together:
        yield "\n".join(together)


def _with_files(block: str, files: dict[str, str]) -> str:
    """Return an example with the content of `files` in place of its imports from them, each once; what was used is then empty."""

    def content(found: re.Match[str]) -> str:
        if found[1] not in files:
            return found[0]
        shown, files[found[1]] = files[found[1]], ""
        return _with_files(shown, files)

    return IMPORT.sub(content, block)


def annotated(source: str) -> str:
    """Return a module in which functions, dicts and empty collections have annotations.

    Known fixtures get their types, the rest Any.
    """
    lines = source.splitlines(keepends=True)
    additions: list[tuple[int, int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and (kind := _collection(node)):
            target = node.targets[0]
            additions.append((target.end_lineno or 0, target.end_col_offset or 0, f": {kind}"))
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        given = [argument for argument in every if argument is not None and argument.arg not in {"self", "cls"}]
        for argument in given:
            if argument.annotation is None:
                kind = FIXTURES.get(argument.arg, "__typing.Any")
                additions.append((argument.end_lineno or 0, argument.end_col_offset or 0, f": {kind}"))
        if node.returns is None:
            line, column = _end_of_head(node, lines)
            additions.append((line, column, " -> None" if node.name.startswith("test_") else " -> __typing.Any"))
    for line, column, text in sorted(additions, reverse=True):
        before = lines[line - 1].encode()
        lines[line - 1] = (before[:column] + text.encode() + before[column:]).decode()
    return PROLOGUE + "".join(lines)


def _collection(node: ast.Assign) -> str | None:
    """Return the type of a collection that a checker cannot infer, or infers too narrowly: an empty one, and a dict."""
    if isinstance(node.value, ast.Dict) and node.value.keys and isinstance(node.targets[0], ast.Name):
        return "dict[str, __typing.Any]"
    return EMPTY.get(ast.unparse(node.value))


def _end_of_head(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> tuple[int, int]:
    """Return the position of the colon that ends the head of a function: the last one before its body, or before a comment."""
    for line in range(node.lineno, node.body[0].lineno + 1):
        head = re.search(r"\)(?=:\s*(#.*)?$)|\)(?=: \S)", lines[line - 1])
        if head:
            return line, len(lines[line - 1][: head.end()].encode())
    raise LookupError(node.name)


def write(folder: Path) -> list[Path]:
    """Write every example and the settings of the checkers to `folder`, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    stubs = str(ROOT / "tests" / "typing" / "stubs")
    mypy = ["[mypy]", "strict = true", f"mypy_path = {ROOT}:{stubs}", "", "[mypy-sagemock.*]", "follow_imports = silent", ""]
    (folder / "mypy.ini").write_text("\n".join(mypy), encoding="utf-8")
    settings = PYRIGHT | {"extraPaths": [str(ROOT)], "stubPath": stubs}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    written: list[Path] = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if page.stem in APART:
            continue
        for number, module in enumerate(modules(page.read_text(encoding="utf-8")), 1):
            file = folder / f"{page.stem.replace('-', '_').lower()}_{number}.py"
            file.write_text(annotated(module), encoding="utf-8")
            written.append(file)
    return written


if __name__ == "__main__":  # pragma: no cover  # for tox, where the checkers are installed
    write(Path(sys.argv[1]))
