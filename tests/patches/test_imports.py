"""Actions that run when a module is imported."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sagemock.patches.imports import WhenImported


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a package `lately` on the path, and remove it afterwards."""
    package = tmp_path / "lately"
    package.mkdir()
    (package / "__init__.py").write_text("one = 1")
    (package / "inner.py").write_text("from lately import one")
    (tmp_path / "spaces").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("lately", "lately.inner", "spaces"):
        # Set first, so that everything the test leaves behind is removed.
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.delitem(sys.modules, name)


def test_the_action_runs_when_a_module_is_loaded_or_already_there() -> None:
    """Once for each install, in both cases."""
    loaded: list[ModuleType] = []
    watch = WhenImported({"lately": loaded.append, "lately.inner": loaded.append, "lately.never": loaded.append})
    watch.install()
    assert loaded == []
    inner = importlib.import_module("lately.inner")
    assert loaded == [sys.modules["lately"], inner]
    watch.uninstall()
    watch.install()
    assert loaded == [sys.modules["lately"], inner] * 2
    watch.uninstall()
    watch.uninstall()
    assert watch not in sys.meta_path


def test_a_module_keeps_its_own_loader_and_spec() -> None:
    """They are those of a normal import."""
    watch = WhenImported({"lately": lambda _: None})
    watch.install()
    module = importlib.import_module("lately")
    spec = importlib.util.find_spec("lately")
    watch.uninstall()

    assert module.one == 1
    assert spec is module.__spec__
    assert type(module.__loader__).__name__ == type(module.__spec__.loader).__name__ == "SourceFileLoader"  # type: ignore[union-attr]


def test_a_spec_can_be_read_without_loading() -> None:
    """The loader's other abilities stay usable."""
    watch = WhenImported({"lately": lambda _: None})
    watch.install()
    spec = importlib.util.find_spec("lately")
    watch.uninstall()

    assert spec is not None
    loader: Any = spec.loader
    assert "one" in loader.get_source("lately")


def test_a_missing_module_stays_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import fails as usual; old finders, which importlib skips, are skipped."""
    watch = WhenImported({"lately.missing": lambda _: None})
    watch.install()
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'lately\.missing'"):
        importlib.import_module("lately.missing")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, object()])
    assert watch.find_spec("lately.missing", None) is None
    watch.uninstall()
    # Also for an import in another thread that had already begun.
    assert watch.find_spec("lately.missing", None) is None


def test_two_watches_of_a_module_both_act() -> None:
    """The loop of uvloop and its resolver are watched by different patches."""
    loaded: list[str] = []
    watches = [
        WhenImported({"lately": lambda _: loaded.append("first")}),
        WhenImported({"lately": lambda _: loaded.append("second")}),
    ]
    for watch in watches:
        watch.install()
    importlib.import_module("lately")
    for watch in watches:
        watch.uninstall()
    assert sorted(loaded) == ["first", "second"]


def test_a_namespace_package_runs_no_action() -> None:
    """It has no code to load, and nothing to act on."""
    loaded: list[ModuleType] = []
    watch = WhenImported({"spaces": loaded.append})
    watch.install()
    importlib.import_module("spaces")
    watch.uninstall()
    assert loaded == []


def test_a_module_whose_loader_removes_its_spec_is_loaded() -> None:
    """A loader may do so."""
    watch = WhenImported({"lately": lambda module: None})
    watch.install()
    spec = watch.find_spec("lately", None)
    watch.uninstall()
    assert spec is not None
    module = ModuleType("lately")
    assert module.__spec__ is None
    loader: Any = spec.loader
    loader.exec_module(module)
    assert module.one == 1


def test_an_action_that_fails_at_once_ends_the_watch() -> None:
    """A failed install leaves no finder behind."""

    def fail(_: ModuleType) -> None:
        raise MemoryError

    watch = WhenImported({"sys": fail})
    with pytest.raises(MemoryError):
        watch.install()
    assert watch not in sys.meta_path


def test_a_module_loaded_while_the_watch_ends_runs_no_action(tmp_path: Path) -> None:
    """Nothing would undo the action."""
    loaded: list[ModuleType] = []
    watch = WhenImported({"lately": loaded.append})
    (tmp_path / "lately" / "__init__.py").write_text("import sys\nwhile sys.watches:\n    sys.watches.pop().uninstall()\n")
    vars(sys)["watches"] = [watch]
    watch.install()
    importlib.import_module("lately")
    del vars(sys)["watches"]
    assert loaded == []
