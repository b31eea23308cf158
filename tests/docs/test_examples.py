import ast
import re
import sys
from pathlib import Path

import pytest
from sybil import Document

from tests.docs.examples import DEFINES_TESTS, FAILS, PLUGINS, PythonExampleParser, files_before, run_by_pytest, wrong_failure

ROOT = Path(__file__).parents[2]


def test_an_example_that_defines_tests_is_recognised() -> None:
    """By functions, methods and coroutines, not by a name in the middle of a line."""
    assert DEFINES_TESTS.search("import x\n\nasync def test_one(): ...")
    assert DEFINES_TESTS.search("class TestIt:\n    def test_two(self): ...")
    assert not DEFINES_TESTS.search("print('def test_three')")


def test_a_passing_example_returns_nothing() -> None:
    """The evaluator returns None."""
    assert run_by_pytest("def test_it():\n    assert True\n") is None


@pytest.mark.parametrize("source, loaded", [("", []), ("import anyio", ["anyio"]), ("import hypothesis", ["hypothesispytest"])])
def test_an_example_has_the_plugins_whose_package_it_names(source: str, loaded: list[str]) -> None:
    """A file beside it counts as well; the others would take a third of its time."""
    # The names are reversed, because a test that names a plugin gets it.
    names, wanted = [plugin[::-1] for plugin in PLUGINS], [plugin[::-1] for plugin in loaded]
    found = f"[name for name in {names} if pytestconfig.pluginmanager.get_plugin(name[::-1])]"
    test = f"def test_it(pytestconfig):\n    assert {found} == {wanted}\n"
    assert run_by_pytest(f"{source}\n{test}") is None
    assert run_by_pytest(test, {"beside.py": source}) is None


def test_a_failing_example_shows_pytests_whole_report() -> None:
    """With the assertion that failed."""
    report = run_by_pytest("def test_it():\n    assert 1 == 2\n")
    assert report is not None
    assert "assert 1 == 2" in report
    assert "1 failed" in report


def test_an_example_may_be_expected_to_fail() -> None:
    """With the lines after it; passing, or another failure, is an error."""
    match = FAILS.match("\n```\n\nIt says:\n\n```text\nE  assert 1 == 2\n```\n"[4:])
    assert match is not None
    assert wrong_failure("...\nE    assert 1 == 2\n", match[1]) is None
    assert "passes" in str(wrong_failure(None, match[1]))
    assert "no line\nE  assert 1 == 2\n..." in str(wrong_failure("...", match[1]))
    assert FAILS.match("\n```text\nCompleted\n```\n") is None


def test_a_test_can_import_files_that_its_page_has_shown(pytester: pytest.Pytester) -> None:
    """The last one of a name, also a conftest; later files are not there."""
    pytester.path.joinpath("page.md").write_text(
        "```python\n# answer.py\nANSWER = 41\n```\n\n```python\n# answer.py\nANSWER = 42\n```\n\n"
        "```python\n# conftest.py\nimport pytest\n\n@pytest.fixture\ndef question():\n    return 42\n```\n\n"
        "```python\n# test_answer.py\nimport pytest\nfrom answer import ANSWER\n\ndef test_it(question):\n"
        "    assert question == ANSWER\n    with pytest.raises(ModuleNotFoundError):\n        import later\n```\n\n"
        "```python\n# later.py\n```\n",
        encoding="utf-8",
    )
    page = Document.parse(str(pytester.path / "page.md"), PythonExampleParser())
    *before, tests, _ = page.examples()
    assert [files_before(one) for one in before][1:] == [{"answer.py": "# answer.py\nANSWER = 41\n"}, files_before(before[2])]
    assert list(files_before(tests)) == ["answer.py", "conftest.py"]
    assert run_by_pytest(tests.parsed, files_before(tests)) is None


def test_a_file_can_import_another_file_that_its_page_has_shown(pytester: pytest.Pytester) -> None:
    """The module is forgotten afterwards, because another page may have one of that name."""
    pytester.path.joinpath("page.md").write_text(
        "```python\n# answer.py\nANSWER = 42\n```\n\n```python\n# question.py\nfrom answer import ANSWER\n```\n", encoding="utf-8"
    )
    for example in Document.parse(str(pytester.path / "page.md"), PythonExampleParser()).examples():
        example.evaluate()
    assert example.namespace["ANSWER"] == 42
    assert "answer" not in sys.modules


def silent(source: str) -> list[int]:
    """Return the lines at which an example catches an error but also passes without one."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Try) and not node.orelse:
            only_checks = [all(isinstance(one, ast.Assert) for one in handler.body) for handler in node.handlers]
            if all(only_checks) and not any(isinstance(one, ast.Return) for one in ast.walk(node)):
                found.append(node.lineno)
    return found


def test_an_example_that_also_passes_without_its_error_is_found() -> None:
    """With `else`, with `return`, or with a statement in the handler it is not one."""
    assert silent("try:\n    f()\nexcept E as e:\n    assert e") == [1]
    assert silent("try:\n    f()\nexcept E as e:\n    assert e\nelse:\n    raise X") == []
    assert silent("def g():\n    try:\n        return f()\n    except E:\n        pass") == []
    assert silent("try:\n    f()\nexcept E:\n    h()") == []


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_no_example_also_passes_without_its_error(page: Path) -> None:
    """`pytest.raises` fails without the error."""
    blocks = re.findall(r"```python\n(.*?)\n```", page.read_text("utf-8"), re.DOTALL)
    # The examples on the page of errors run one by one, and their messages are compared.
    assert [silent(block) for block in blocks if silent(block)] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_examples_of_a_document_run_in_order(seed: int, pytester: pytest.Pytester) -> None:
    """The random order of tests keeps each document's own order, for any seed."""
    steps = [
        f"```python\nsteps = [*globals().get('steps', []), {step}]\nassert steps == [*range({step + 1})]\n```\n"
        for step in range(9)
    ]
    for name in ("one", "two"):
        pytester.path.joinpath(f"{name}.md").write_text("\n".join(steps), encoding="utf-8")
    pytester.makeconftest(
        """
        from pathlib import Path
        import pytest
        from sybil import Sybil
        from tests.docs.examples import PythonExampleParser, in_reading_order

        pytest_collect_file = Sybil(parsers=[PythonExampleParser()], pattern="*.md", path=str(Path(__file__).parent)).pytest()

        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(items):
            in_reading_order(items)
        """
    )
    settings = ["-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function", f"--randomly-seed={seed}"]
    pytester.runpytest_inprocess(*settings).assert_outcomes(passed=18)
