"""docs/explanation/design.md shows the rooms of the code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "design.md").read_text("utf-8")
ROOMS = {path.stem for path in (ROOT / "sagemock").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}


def floors_of_the_page() -> list[set[str]]:
    """Return the rooms of each floor in the page's table, the highest floor first."""
    floors: list[set[str]] = []
    for floor, rooms in re.findall(r"^\| (\d*) *\| (`[^|]+) \|", PAGE, re.MULTILINE):
        if floor:
            assert int(floor) == len(floors) + 1
            floors.append(set())
        floors[-1] |= set(re.findall(r"`(\w+)`", rooms))
    return floors


def floors_of_the_contract() -> list[set[str]]:
    """Return the rooms of each floor in import-linter's contract. Python 3.10 has no TOML parser."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    (layers,) = re.findall(r"^layers = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    return [set(line.split(" : ")) for line in re.findall(r'"([^"]+)"', layers)]


def test_the_table_has_the_checked_floors() -> None:
    """Those that `tox -e floors` checks."""
    assert floors_of_the_page() == floors_of_the_contract()


def test_every_module_on_the_page_exists() -> None:
    """As `room/module`; a name after a dot is in that module."""
    named = set(re.findall(rf"`((?:{'|'.join(ROOMS)})/\w+)(?:\.\w+)*`", PAGE)) - {"training/plan", "jobs/batch"}
    assert len(named) > 30
    assert {name for name in named if not (ROOT / "sagemock" / f"{name}.py").is_file()} == set()


def test_every_method_on_the_page_exists() -> None:
    """As `Class.method`; one is of botocore's class."""
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
def test_a_kind_of_jobs_consists_of_the_listed_files(kind: str) -> None:
    """The files of "Another kind of job" mention each of these kinds, or are in its room; no other room mentions it."""
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
        "remote_mappings",
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


def test_tuning_jobs_consist_of_the_listed_files() -> None:
    """As other kinds, plus the files that the paragraph below the list adds."""
    listed = PAGE.partition("## Another kind of job")[2].partition("\n## Tuning jobs")[0]
    word = re.compile(r"\btuning(?:_jobs?\b|\.(?:job|plan)\b| import\b)|\bTuningJobs?\b|import .*\btuning\b")
    naming = [path for path in (ROOT / "sagemock").rglob("*.py") if word.search(path.read_text("utf-8"))]
    names = {"/".join(path.relative_to(ROOT / "sagemock").with_suffix("").parts) for path in naming}
    others = {name for name in names if not name.startswith("tuning/")} - {"__init__", "service/tuning"}
    assert len(others) > 10
    assert {name for name in others if f"`{name}`" not in listed} == set()
