import importlib.util
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import MethodType, ModuleType
from typing import Any, NoReturn
from unittest.mock import Mock, sentinel

import pytest

from sagemock.patches.bindings import Names, Rebinding, belongs


def make_module(name: str, **names: object) -> ModuleType:
    """Return a module with the given names in it."""
    module = ModuleType(name)
    vars(module).update(names)
    return module


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Add a module that imported the wanted object under its own name and an alias."""
    module = make_module("client", sleep=sentinel.sleep, pause=sentinel.sleep, other=sentinel.other)
    monkeypatch.setitem(sys.modules, "client", module)
    return module


@pytest.fixture
def names() -> Names:
    """Return a search for the object that `client` imported."""
    return Names([sentinel.sleep])


def attributes(names: Names) -> list[str]:
    """Return the sorted names that a search finds."""
    return sorted(name.attribute for name in names.bound())


def refuse(*args: object) -> NoReturn:
    """Fail, whatever the arguments."""
    raise AssertionError(args)


class Hostile:
    """An object that raises when it is compared, hashed or asked for an attribute."""

    __eq__ = __hash__ = __getattribute__ = refuse


class Secretive:
    """An object whose `__dict__` is a property that raises."""

    @property
    def __dict__(self) -> NoReturn:  # type: ignore[override]
        raise RuntimeError("not now")


def test_every_name_of_an_object_is_found_under_any_alias(client: ModuleType, names: Names) -> None:
    """The value of a name decides, not its spelling."""
    assert {(id(name.scope), name.attribute, name.value) for name in names.bound()} == {
        (id(vars(client)), "sleep", sentinel.sleep),
        (id(vars(client)), "pause", sentinel.sleep),
    }


def test_a_lazy_module_is_not_asked_for_attributes(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    """What it lists in `__dir__` but does not hold stays unloaded."""
    asked: list[str] = []
    lazy = make_module("lazy", __getattr__=asked.append, __dir__=lambda: asked.append("dir"))
    monkeypatch.setitem(sys.modules, "lazy", lazy)

    assert names.bound() == []
    assert asked == []


def test_a_module_of_lazy_loader_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library's LazyLoader imports at any access, even to `__dict__`."""
    source = tmp_path / "postponed.py"
    source.write_text("from time import sleep\n")
    spec = importlib.util.spec_from_file_location("postponed", source)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    postponed = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "postponed", postponed)
    spec.loader.exec_module(postponed)
    names = Names([time.sleep])

    found = [name for name in names.bound() if name.scope.get("__name__") == "postponed"]
    assert found == []
    assert postponed.sleep is time.sleep
    assert [name.attribute for name in names.bound() if name.scope.get("__name__") == "postponed"] == ["sleep"]


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("make", [lambda: None, int, object, Hostile, Secretive, lambda: Secretive])
def test_an_odd_object_in_sys_modules_is_skipped(make: Callable[[], Any], names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs put anything into sys.modules."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "odd", make())
        found = attributes(names)

    assert found == ["pause", "sleep"]


def test_the_hostile_object_is_hostile() -> None:
    """Without this check the tests around it would prove nothing."""
    hostile: Any = Hostile()
    with pytest.raises(AssertionError):
        hash(hostile)
    with pytest.raises(AssertionError):
        _ = hostile == hostile  # noqa: PLR0124  # the comparison is what is tested
    with pytest.raises(AssertionError):
        _ = hostile.anything


def test_an_instance_in_sys_modules_is_read_like_a_module(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    """Some packages replace themselves by an object with the same attributes."""
    instance = type("Instance", (), {})()
    instance.wait = sentinel.sleep
    monkeypatch.setitem(sys.modules, "instance", instance)

    assert attributes(names) == ["wait"]


def test_values_and_keys_are_neither_compared_nor_hashed(
    client: ModuleType, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only identity counts, and only names that are strings."""
    scope: dict[Any, Any] = vars(client)
    scope.update({"sleep": Hostile(), 7: sentinel.sleep})
    modules: dict[Any, Any] = sys.modules
    with monkeypatch.context() as patch:
        patch.setitem(modules, 7, client)
        found = attributes(names)

    assert found == ["pause"]


def test_a_bound_method_is_found_and_none_is_hashed(client: ModuleType) -> None:
    """Each access makes a new one; what another one binds may be any object that can be called."""

    class Unhashable:
        __hash__ = None  # type: ignore[assignment]  # on purpose

        def __call__(self) -> None: ...

    vars(client).update(day=date.today, odd=MethodType(Unhashable(), client))
    assert attributes(Names([date.today])) == ["day"]


@pytest.mark.usefixtures("client")
def test_excluded_modules_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package is excluded with its submodules; a name that only begins alike is not."""
    for key in ("tools", "tools.inner", "toolset"):
        monkeypatch.setitem(sys.modules, key, make_module(key, wait=sentinel.sleep))
    names = Names([sentinel.sleep], leave=("tools", "client"))

    assert [name.scope["__name__"] for name in names.bound()] == ["toolset"]
    assert belongs("tools", ("tools",))
    assert not belongs("toolset", ("tools",))


def test_an_unchanged_process_is_not_searched_again(client: ModuleType, names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second search costs one comparison per module."""
    names.bound()
    monkeypatch.setattr(names, "_read", Mock(side_effect=AssertionError))

    assert attributes(names) == ["pause", "sleep"]
    monkeypatch.setitem(sys.modules, "alias", client)
    assert attributes(names) == ["pause", "sleep"]


def test_a_new_a_changed_and_a_removed_module_are_noticed(
    client: ModuleType, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imports happen between two searches, also inside functions."""
    names.bound()
    monkeypatch.setitem(sys.modules, "new", make_module("new", wait=sentinel.sleep))
    assert attributes(names) == ["pause", "sleep", "wait"]
    vars(client)["late"] = sentinel.sleep
    assert attributes(names) == ["late", "pause", "sleep", "wait"]
    del vars(client)["pause"]
    assert attributes(names) == ["late", "sleep", "wait"]
    monkeypatch.delitem(sys.modules, "new")
    assert attributes(names) == ["late", "sleep"]


def test_a_name_that_a_test_had_replaced_during_the_first_search_is_found_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each search judges names by their current values."""
    module = make_module("patched", sleep=time.sleep, wait=time.sleep)
    monkeypatch.setitem(sys.modules, "patched", module)
    names = Names([time.sleep])

    def found() -> list[str]:
        return [name.attribute for name in names.bound() if name.scope is vars(module)]

    with monkeypatch.context() as patch:
        patch.setattr(module, "sleep", Mock())
        assert found() == ["wait"]
    assert found() == ["sleep", "wait"]
    with monkeypatch.context() as patch:
        patch.setattr(module, "wait", Mock())
        assert found() == ["sleep"]
    assert found() == ["sleep", "wait"]


@pytest.fixture
def rebinding() -> Rebinding:
    """Return a rebinding of the object that `client` imported to a fake."""
    return Rebinding([(sentinel.sleep, sentinel.fake)])


def test_rebinding_and_back_leaves_every_name_as_it_was(client: ModuleType, rebinding: Rebinding) -> None:
    """Install and uninstall are exact inverses, again and again."""
    before = dict(vars(client))
    for _ in range(2):
        rebinding.install()
        assert (client.sleep, client.pause, client.other) == (sentinel.fake, sentinel.fake, sentinel.other)
        rebinding.uninstall()
        assert vars(client) == before


def test_a_module_imported_meanwhile_gets_the_real_object(
    client: ModuleType, rebinding: Rebinding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that got the fake meanwhile get the real object back, in new modules and in old ones."""
    rebinding.install()
    new = make_module("new", sleep=sentinel.fake, wait=sentinel.fake)
    monkeypatch.setitem(sys.modules, "new", new)
    vars(client)["late"] = sentinel.fake
    rebinding.uninstall()

    assert new.sleep is new.wait is client.late is client.sleep is sentinel.sleep


def test_only_names_that_still_hold_the_fake_are_restored(client: ModuleType, rebinding: Rebinding) -> None:
    """A patch that the test put over ours, and did not remove, stays."""
    rebinding.install()
    vars(client).update(sleep=sentinel.tests_own)
    del vars(client)["pause"]
    rebinding.uninstall()

    assert client.sleep is sentinel.tests_own
    assert "pause" not in vars(client)


def test_a_module_that_left_sys_modules_is_restored_too(
    client: ModuleType, rebinding: Rebinding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its functions may still run."""
    rebinding.install()
    monkeypatch.delitem(sys.modules, "client")
    rebinding.uninstall()

    assert client.sleep is sentinel.sleep


def test_a_fake_that_a_tests_own_patch_restored_too_late_goes_at_the_next_mock(
    client: ModuleType, rebinding: Rebinding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patch begun inside and ended outside restores what it found: the fake."""
    rebinding.install()
    with monkeypatch.context() as patch:
        patch.setattr(client, "sleep", Mock())
        rebinding.uninstall()
    assert client.sleep is sentinel.fake

    rebinding.install()
    rebinding.uninstall()
    assert client.sleep is sentinel.sleep
