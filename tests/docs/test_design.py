"""docs/explanation/design.md: the map of the rooms is that of the code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "design.md").read_text("utf-8")
ROOMS = {path.stem for path in (ROOT / "sagemock").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}


def floors_of_the_page() -> list[set[str]]:
    """Return the rooms of each floor, the highest first, as the page's table has them."""
    floors: list[set[str]] = []
    for floor, rooms in re.findall(r"^\| (\d*) *\| (`[^|]+) \|", PAGE, re.MULTILINE):
        if floor:
            assert int(floor) == len(floors) + 1
            floors.append(set())
        floors[-1] |= set(re.findall(r"`(\w+)`", rooms))
    return floors


def floors_of_the_contract() -> list[set[str]]:
    """Return the same as import-linter reads it. Python 3.10 has no parser of TOML."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    (layers,) = re.findall(r"^layers = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    return [set(line.split(" : ")) for line in re.findall(r'"([^"]+)"', layers)]


def test_the_table_has_the_floors_that_are_checked() -> None:
    """Each room on the floor on which `tox -e floors` holds it."""
    assert floors_of_the_page() == floors_of_the_contract()


def test_every_module_that_the_page_names_is_there() -> None:
    """As `room/module`; a name after a dot is one in that module."""
    named = set(re.findall(rf"`((?:{'|'.join(ROOMS)})/\w+)(?:\.\w+)*`", PAGE)) - {"training/plan", "jobs/batch"}
    assert len(named) > 30
    assert {name for name in named if not (ROOT / "sagemock" / f"{name}.py").is_file()} == set()


def test_every_method_that_the_page_names_is_there() -> None:
    """As `Class.method`; of another's class there is one, botocore's."""
    named = set(re.findall(r"`([A-Z]\w+)\.(\w+)`", PAGE)) - {("BaseClient", "_make_request")}
    assert len(named) > 7
    sources = [path.read_text("utf-8") for path in (ROOT / "sagemock").rglob("*.py")]
    found = {
        (owner, method)
        for owner, method in named
        if any(re.search(rf"^class {owner}\b.*?^    def {method}\(", source, re.MULTILINE | re.DOTALL) for source in sources)
    }
    assert found == named


@pytest.mark.parametrize("kind", ["processing", "transform"])
def test_a_kind_of_job_is_made_of_what_the_list_names(kind: str) -> None:
    """The files of "Another kind of job" name each of these kinds, or stand in its room, and no other room's file does."""
    listed = PAGE.partition("## Another kind of job")[2].partition("\n## ")[0]
    own = {
        "kinds",
        "operations",
        "documents",
        "views",
        "mappings",
        "controls",
        "__init__",
        "literals",
        "look",
        "remote",
        "demo_batch",
        "batch",
        "batch_check",
        "plans",
        "remote_views",
        "worlds",
        "outcomes",
        "chance",
        "strategies",
        kind,
    }
    rooms = {
        "jobs/kinds",
        "service/operations",
        "service/documents",
        "world/views",
        "world/mappings",
        "world/controls",
        "sagemock/__init__",
        "served/remote",
        "served/plans",
        "served/worlds",
        "outcomes",
        "chance",
        "strategies",
        "cli/batch",
        "cli/batch_check",
    }
    assert all(f"`{name}`" in listed for name in (*rooms, "literals", "picture/look", "service/transform"))
    word = re.compile(rf"\b{kind}(?:_jobs?\b|\.(?:job|plan)\b| import\b)|\b{kind.title()}Jobs?\b|import .*\b{kind}\b")
    naming = {path for path in (ROOT / "sagemock").rglob("*.py") if word.search(path.read_text("utf-8"))}
    assert {path.stem for path in naming if path.parent.name != kind} <= own
    assert {path.stem for path in (ROOT / "sagemock" / kind).glob("[a-z]*.py")} == {"plan", "job", "lives"}


def test_tuning_jobs_are_made_of_what_the_list_names() -> None:
    """As the other kinds, and of what the paragraph below the list has beside that."""
    listed = PAGE.partition("## Another kind of job")[2].partition("\n## Tuning jobs")[0]
    word = re.compile(r"\btuning(?:_jobs?\b|\.(?:job|plan)\b| import\b)|\bTuningJobs?\b|import .*\btuning\b")
    naming = [path for path in (ROOT / "sagemock").rglob("*.py") if word.search(path.read_text("utf-8"))]
    names = {"/".join(path.relative_to(ROOT / "sagemock").with_suffix("").parts) for path in naming}
    others = {name for name in names if not name.startswith("tuning/")} - {"__init__", "service/tuning"}
    assert len(others) > 10
    assert {name for name in others if f"`{name}`" not in listed} == set()
