"""docs/reference.md and README.md: every public name is there, and links have targets."""

import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import sagemock
from sagemock import Plan, SageMakerMock, chance, outcomes, reasons, strategies

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
TOLD = {name.rpartition(".")[2] for name in re.findall(r"^\.\. auto\w+:: ([\w.]+)", REFERENCE, re.MULTILINE)}


def test_every_public_name_is_in_the_reference() -> None:
    """Everything that `from sagemock import …` offers."""
    assert set(sagemock.__all__) <= TOLD


def test_every_reason_and_every_outcome_is_in_the_reference() -> None:
    """Functions come with their module, constants one by one."""
    constants = {name for name in (*reasons.__all__, *outcomes.__all__) if name.isupper()} - {"LENGTH"}
    assert constants <= TOLD
    assert {"reasons", "outcomes", "strategies"} <= TOLD
    assert strategies.__all__ == ["lives", "plans"]
    assert "any_life" in TOLD & set(chance.__all__)


def entries() -> dict[str, str]:
    """Return the directive of each name, with all that follows it up to the next name; methods as `SageMakerMock.fault`."""
    found, owner = dict[str, str](), ""
    for entry in re.split(r"^(?= *\.\. auto(?!module))", REFERENCE, flags=re.MULTILINE)[1:]:
        match = re.match(r"( *)\.\. auto\w+:: ([\w.]+)", entry)
        assert match is not None
        if not match[1]:
            owner = match[2]
        found[f"{owner}.{match[2]}" if match[1] else owner] = entry
    return found


@pytest.mark.parametrize("name", [name for name in entries() if name != "SageMakerMock"])
def test_each_name_has_an_example(name: str) -> None:
    """Which names it, or the mapping or verb that returns it. The verbs of the mock have one each."""
    assert ".. code-block:: python\n" in entries()[name]


@pytest.mark.parametrize("owner", [SageMakerMock, Plan])
def test_each_verb_and_each_recipe_has_an_entry(owner: type) -> None:
    """Not only those that Sphinx finds by itself, which have no example."""
    told = {name.partition(".")[2] for name in entries() if name.startswith(f"{owner.__name__}.")}
    assert told == {
        name
        for name, member in inspect.getmembers(owner, lambda one: inspect.isfunction(one) or inspect.ismethod(one))
        if not name.startswith("_")
    }


@pytest.mark.parametrize("name", re.findall(r"^\.\. auto\w+:: (sagemock\.[\w.]+)", REFERENCE, re.MULTILINE))
def test_every_qualified_name_of_the_reference_exists(name: str) -> None:
    """Sphinx checks it too, but only in the documentation build."""
    assert pkgutil.resolve_name(name) is not None


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_of_the_readme_leads_to_a_file(target: str) -> None:
    """Sphinx checks only the links of the documentation."""
    assert (ROOT / target).is_file()
