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
