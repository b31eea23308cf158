"""Wrapping a method of a class, and removing the wrapper."""

from typing import Any

import pytest
import wrapt

from sagemock.patches.patch import Patches, Wrapped


class Client:
    """Something with a method."""

    def call(self, name: str, *, loud: bool = False) -> str:
        """Return a value."""
        return name.upper() if loud else name


class Special(Client):
    """A class that inherits the method."""


@pytest.fixture
def wrapper_calls() -> list[Any]:
    """Return the list of the wrapper's arguments."""
    return []


@pytest.fixture
def patch(wrapper_calls: list[Any]) -> Wrapped:
    """Wrap `Client.call`."""

    def wrapper(wrapped: Any, instance: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        wrapper_calls.append((instance, args, kwargs))
        return f"<{wrapped(*args, **kwargs)}>"

    return Wrapped(Client, "call", wrapper)


def test_the_wrapper_is_called_with_the_instance_and_the_arguments(patch: Wrapped, wrapper_calls: list[Any]) -> None:
    """Instances made before the patch, and instances of a subclass, count too."""
    client, special = Client(), Special()
    patch.install()
    try:
        assert (client.call("a"), special.call("b", loud=True)) == ("<a>", "<B>")
    finally:
        patch.uninstall()
    assert wrapper_calls == [(client, ("a",), {}), (special, ("b",), {"loud": True})]


def test_the_original_method_comes_back_by_identity(patch: Wrapped) -> None:
    """Any number of times."""
    before = Client.__dict__["call"]
    for _ in range(3):
        patch.install()
        assert Client.__dict__["call"] is not before
        patch.uninstall()
        assert Client.__dict__["call"] is before


def test_a_wrapper_around_ours_is_kept(patch: Wrapped, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool has wrapped our wrapper since; restoring the original would remove the tool's wrapper."""
    monkeypatch.setattr(Client, "call", Client.__dict__["call"])
    patch.install()
    theirs = wrapt.FunctionWrapper(Client.__dict__["call"], lambda wrapped, _, args, kwargs: wrapped(*args, **kwargs))
    Client.call = theirs  # type: ignore[method-assign]  # as such tools do
    patch.uninstall()
    assert Client.__dict__["call"] is theirs


def test_a_wrapper_of_ours_that_stays_is_inert_after_the_end(
    patch: Wrapped, wrapper_calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool may call it, or put it back; a later installation runs its wrapper once."""
    monkeypatch.setattr(Client, "call", Client.__dict__["call"])
    patch.install()
    ours = Client.__dict__["call"]
    Client.call = wrapt.FunctionWrapper(ours, lambda wrapped, _, args, kwargs: wrapped(*args, **kwargs))  # type: ignore[method-assign]
    assert Client().call("a") == "<a>"
    patch.uninstall()
    assert Client().call("a") == "a"
    Client.call = ours  # type: ignore[method-assign]  # as such tools do at their end
    assert Client().call("a") == "a"
    patch.install()
    assert Client().call("a") == "<a>"
    patch.uninstall()
    assert (Client().call("a"), len(wrapper_calls)) == ("a", 2)


class Noted:
    """A patch that records its calls, and raises where the test says so."""

    def __init__(self, name: str, story: list[str], *, fails: str = "") -> None:
        self._name = name
        self._story = story
        self._fails = fails

    def install(self) -> None:
        """Record the call, or raise."""
        self._do("+")

    def uninstall(self) -> None:
        """Record the call, or raise."""
        self._do("-")

    def _do(self, what: str) -> None:
        self._story.append(f"{what}{self._name}")
        if what == self._fails:
            raise RuntimeError(self._story[-1])


def test_several_patches_act_as_one() -> None:
    """Installed in order, removed in reverse order, and removed only once."""
    story: list[str] = []
    patches = Patches(Noted("a", story), Noted("b", story))
    patches.install()
    patches.uninstall()
    patches.uninstall()
    assert story == ["+a", "+b", "-b", "-a"]


def test_several_patches_are_installed_all_or_none() -> None:
    """Those before a failed one are removed, even if a removal raises too."""
    story: list[str] = []
    patches = Patches(Noted("a", story), Noted("b", story, fails="-"), Noted("c", story, fails="+"))
    with pytest.raises(RuntimeError, match="-b") as caught:
        patches.install()
    assert story == ["+a", "+b", "+c", "-b", "-a"]
    assert str(caught.value.__context__) == "+c"
