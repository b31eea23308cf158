import textwrap
from pathlib import Path

import pytest

from tests.typing.examples import PROLOGUE, annotated, modules, write


def test_every_example_is_annotated_as_pytest_calls_it() -> None:
    """Tests return None, known fixtures have their types, the rest is Any; existing annotations stay, and no line moves."""
    source = """
        order = []
        found = {}
        REQUEST = {"a": 1}
        named.item = {"a": 1}

        def test_one(sagemock, *rest, key=1, **more):
            "Ä", found

        def launch(client: object,
                   name) -> str:  # a comment
            return "x"

        class TestThings:
            async def test_two(self, monkeypatch): pass
    """
    expected = """
        order: list[__typing.Any] = []
        found: dict[__typing.Any, __typing.Any] = {}
        REQUEST: dict[str, __typing.Any] = {"a": 1}
        named.item = {"a": 1}

        def test_one(sagemock: __sagemock.SageMakerMock, *rest: __typing.Any, key: __typing.Any=1, **more: __typing.Any) -> None:
            "Ä", found

        def launch(client: object,
                   name: __typing.Any) -> str:  # a comment
            return "x"

        class TestThings:
            async def test_two(self, monkeypatch: __pytest.MonkeyPatch) -> None: pass
    """
    assert annotated(textwrap.dedent(source)) == PROLOGUE + textwrap.dedent(expected)


def test_a_head_without_an_end_is_an_error() -> None:
    """Otherwise the checkers would miss the example."""
    with pytest.raises(LookupError, match="launch"):
        annotated("def launch(x) \\\n  : return x\n")


def test_a_page_is_one_module_plus_one_for_each_example_with_tests() -> None:
    """As the test suite runs them."""
    page = "```python\na = 1\n```\n\n```python\ndef test_x(): ...\n```\n\n```python\nb = a\n```\n"
    assert list(modules(page)) == ["def test_x(): ...\n", "a = 1\n\nb = a\n"]
    assert list(modules("nothing")) == []
    assert list(modules("<!-- skip: next if(x, reason='y') -->\n\n" + page)) == ["def test_x(): ...\n", "b = a\n"]


def test_the_content_of_an_imported_file_replaces_the_import() -> None:
    """The last file with its name before the test."""
    launcher = "```python\n# launcher.py\na = 1\n```\n\n"
    test = "```python\nfrom launcher import a\nfrom os import path\ndef test_x(): ...\n```\n\n"
    assert list(modules(launcher + test + launcher.replace("1", "2") + test)) == [
        "# launcher.py\na = 1\nfrom os import path\ndef test_x(): ...\n",
        "# launcher.py\na = 2\nfrom os import path\ndef test_x(): ...\n",
    ]


def test_a_file_may_import_another_one() -> None:
    """The content of each stands there once."""
    files = "```python\n# one.py\na = 1\n```\n\n```python\n# two.py\nfrom one import a\nb = a\n```\n\n"
    test = "```python\nfrom two import b\nfrom one import a\ndef test_x(): ...\n```\n"
    assert list(modules(files + test)) == ["# two.py\n# one.py\na = 1\nb = a\ndef test_x(): ...\n"]


def test_all_pages_are_written(tmp_path: Path) -> None:
    """README and documentation; each file is valid Python."""
    files = write(tmp_path / "folder")
    assert {"readme_1.py", "tutorial_1.py"} <= {file.name for file in files}
    for file in files:
        compile(file.read_text(encoding="utf-8"), str(file), "exec")
