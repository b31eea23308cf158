import re
from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_lowest_environment_installs_the_promised_minimum_versions() -> None:
    """Each run-time dependency, also of extras, is `name>=minimum`, and tox's `lowest` pins the name to that version."""
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    pins = tox["testenv:lowest"]["deps"].splitlines()
    promises = [promised.partition(";")[0].strip() for promised in distribution("sagemock").requires or []]
    assert {promised.replace(">=", "==") for promised in promises} <= set(pins)


def test_the_package_is_a_pytest_plugin_and_a_command() -> None:
    """Both are found through entry points, without configuration."""
    assert {(entry.group, entry.name, entry.value) for entry in distribution("sagemock").entry_points} == {
        ("console_scripts", "sagemock", "sagemock.__main__:main"),
        ("pytest11", "sagemock", "sagemock.pytest_plugin"),
    }


def test_the_package_is_marked_as_typed() -> None:
    """Without the marker type checkers ignore the annotations of an installed package."""
    assert (ROOT / "sagemock" / "py.typed").is_file()


def test_the_source_distribution_has_the_files_of_tests_and_documentation() -> None:
    """Each top-level file and folder with Python or Markdown, the settings and the licence."""
    listed = re.search(
        r"\[tool\.hatch\.build\.targets\.sdist\]\ninclude = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert listed is not None
    files = [*ROOT.glob("*.py"), *ROOT.glob("*.md"), ROOT / "tox.ini", ROOT / "LICENSE"]
    folders = [one for one in ROOT.glob("[a-z]*") if one.is_dir() and any((*one.glob("*.py"), *one.glob("*.md")))]
    assert {f'"/{one.name}"' for one in (*files, *folders)} == set(listed[1].split(", "))
