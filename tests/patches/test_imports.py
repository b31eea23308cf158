"""A module is met when it is imported, and keeps nothing of who waited for it."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sagemock.patches.imports import WhenImported


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a package `lately` on the path, and forget it afterwards."""
    package = tmp_path / "lately"
    package.mkdir()
    (package / "__init__.py").write_text("one = 1")
    (package / "inner.py").write_text("from lately import one")
    (tmp_path / "spaces").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("lately", "lately.inner", "spaces"):
        # Set first, so that what a test leaves behind is taken away.
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.delitem(sys.modules, name)


def test_a_module_is_met_when_it_is_loaded_or_is_there() -> None:
    """Once at each install, whichever it is."""
    met: list[ModuleType] = []
    watch = WhenImported({"lately": met.append, "lately.inner": met.append, "lately.never": met.append})
    watch.install()
    assert met == []
    inner = importlib.import_module("lately.inner")
    assert met == [sys.modules["lately"], inner]
    watch.uninstall()
    watch.install()
    assert met == [sys.modules["lately"], inner] * 2
    watch.uninstall()
    watch.uninstall()
    assert watch not in sys.meta_path


def test_a_module_keeps_nothing_of_who_waited() -> None:
    """Its loader and its spec are those that it would have had."""
    watch = WhenImported({"lately": lambda _: None})
    watch.install()
    module = importlib.import_module("lately")
    spec = importlib.util.find_spec("lately")
    watch.uninstall()

    assert module.one == 1
    assert spec is module.__spec__
    assert type(module.__loader__).__name__ == type(module.__spec__.loader).__name__ == "SourceFileLoader"  # type: ignore[union-attr]


def test_a_spec_can_be_read_without_loading() -> None:
    """What a loader can do besides loading it still can."""
    watch = WhenImported({"lately": lambda _: None})
    watch.install()
    spec = importlib.util.find_spec("lately")
    watch.uninstall()

    assert spec is not None
    loader: Any = spec.loader
    assert "one" in loader.get_source("lately")


def test_what_is_not_there_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import fails as it would; finders of old, which importlib passes over, are passed over."""
    watch = WhenImported({"lately.missing": lambda _: None})
    watch.install()
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'lately\.missing'"):
        importlib.import_module("lately.missing")
    monkeypatch.setattr(sys, "meta_path", [object(), *sys.meta_path])
    assert watch.find_spec("lately.missing", None) is None
    watch.uninstall()


def test_a_package_of_nothing_but_a_folder_is_not_met() -> None:
    """There is nothing to load, and nothing in it to act on."""
    met: list[ModuleType] = []
    watch = WhenImported({"spaces": met.append})
    watch.install()
    importlib.import_module("spaces")
    watch.uninstall()
    assert met == []


def test_a_module_without_a_spec_is_loaded_all_the_same() -> None:
    """A loader may take it away."""
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
    """Who could not begin has nothing to end."""

    def fail(_: ModuleType) -> None:
        raise MemoryError

    watch = WhenImported({"sys": fail})
    with pytest.raises(MemoryError):
        watch.install()
    assert watch not in sys.meta_path


def test_a_module_that_is_loaded_while_the_watch_ends_is_not_met(tmp_path: Path) -> None:
    """What is done to it then would be undone by nobody."""
    met: list[ModuleType] = []
    watch = WhenImported({"lately": met.append})
    (tmp_path / "lately" / "__init__.py").write_text("import sys\nwhile sys.watches:\n    sys.watches.pop().uninstall()\n")
    vars(sys)["watches"] = [watch]
    watch.install()
    importlib.import_module("lately")
    del vars(sys)["watches"]
    assert met == []
