import re
from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_lowest_environment_installs_the_floors_that_the_package_promises() -> None:
    """Each run-time dependency, of an extra too, is `name>=floor`, and tox's `lowest` pins that name to that floor."""
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    pins = tox["testenv:lowest"]["deps"].splitlines()
    promises = [promised.partition(";")[0].strip() for promised in distribution("sagemock").requires or []]
    assert {promised.replace(">=", "==") for promised in promises} <= set(pins)


def test_the_package_is_a_pytest_plugin_and_a_command() -> None:
    """Both are found by their entry points, without configuration."""
    assert {(entry.group, entry.name, entry.value) for entry in distribution("sagemock").entry_points} == {
        ("console_scripts", "sagemock", "sagemock.__main__:main"),
        ("pytest11", "sagemock", "sagemock.pytest_plugin"),
    }


def test_the_package_says_that_it_is_typed() -> None:
    """A type checker reads the annotations of an installed package only beside this marker."""
    assert (ROOT / "sagemock" / "py.typed").is_file()


def test_the_source_distribution_has_what_its_tests_and_documentation_need() -> None:
    """Each file and folder at the top with Python or Markdown in it, the settings and the licence."""
    listed = re.search(
        r"\[tool\.hatch\.build\.targets\.sdist\]\ninclude = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert listed is not None
    files = [*ROOT.glob("*.py"), *ROOT.glob("*.md"), ROOT / "tox.ini", ROOT / "LICENSE"]
    folders = [one for one in ROOT.glob("[a-z]*") if one.is_dir() and any((*one.glob("*.py"), *one.glob("*.md")))]
    assert {f'"/{one.name}"' for one in (*files, *folders)} == set(listed[1].split(", "))
