"""The stack of active worlds, and which patches are installed for them."""

import threading
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.patches.active import Stack
from tests.support.worlds import World

NOTHING: dict[str, None] = {}


@dataclass(eq=False)
class FakePatch:
    """A patch that records its calls."""

    name: str
    story: list[str] = field(repr=False)
    stands: bool = False
    error: BaseException | None = None

    def install(self) -> None:
        """Record the installation, or fail."""
        assert not self.stands
        if self.error is not None:
            raise self.error
        self.stands = True
        self.story.append(f"+{self.name}")

    def uninstall(self) -> None:
        """Record the removal."""
        assert self.stands
        self.stands = False
        self.story.append(f"-{self.name}")


class Patched:
    """A stack with three patches: one that every world needs, and two that some worlds need."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.always, self.sleep, self.wall = (FakePatch(name, self.story) for name in ("always", "sleep", "wall"))
        self.stack: Stack[World] = Stack()
        self.stack.patches = (
            (self.always, lambda _: True),
            (self.sleep, lambda world: world.sleeping == "virtual"),
            (self.wall, lambda world: world.wall == "virtual"),
        )

    @property
    def standing(self) -> list[FakePatch]:
        """Return the installed patches."""
        return [patch for patch in (self.always, self.sleep, self.wall) if patch.stands]


@pytest.fixture
def patched() -> Patched:
    """Return an empty stack."""
    return Patched()


def test_an_empty_stack_has_no_innermost_world(patched: Patched) -> None:
    """No patch is installed."""
    assert patched.stack.innermost() is None
    assert patched.standing == []


def test_patches_are_installed_from_the_first_world_to_the_last(patched: Patched) -> None:
    """They are installed once, in order, and removed in reverse order."""
    outer, inner = World(), World()
    patched.stack.push(outer)
    patched.stack.push(inner)
    assert patched.stack.innermost() is inner
    patched.stack.pop(inner)
    assert patched.stack.innermost() is outer
    assert patched.story == ["+always", "+sleep", "+wall"]
    patched.stack.pop(outer)
    assert patched.story[3:] == ["-wall", "-sleep", "-always"]


def test_a_patch_is_installed_while_any_world_needs_it(patched: Patched) -> None:
    """An inner world that needs more patches adds them, and removes them at its end."""
    outer, inner = World(sleeping="real", wall="real"), World(sleeping="real")
    patched.stack.push(outer)
    assert patched.standing == [patched.always]
    patched.stack.push(inner)
    assert patched.standing == [patched.always, patched.wall]
    patched.stack.pop(inner)
    assert patched.standing == [patched.always]
    patched.stack.pop(outer)
    assert patched.standing == []


def test_worlds_may_leave_in_any_order(patched: Patched) -> None:
    """The world that leaves need not be the innermost."""
    outer, inner = World(), World(wall="real")
    patched.stack.push(outer)
    patched.stack.push(inner)
    patched.stack.pop(outer)
    assert patched.stack.innermost() is inner
    assert patched.standing == [patched.always, patched.sleep]
    patched.stack.pop(inner)
    assert patched.standing == []


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
@pytest.mark.parametrize("which", ["always", "sleep", "wall"])
def test_a_failed_patch_leaves_nothing(which: str, error: BaseException, patched: Patched) -> None:
    """The world is not active, and patches installed before the failure are removed."""
    getattr(patched, which).error = error
    with pytest.raises(type(error)):
        patched.stack.push(World())
    assert patched.stack.innermost() is None
    assert patched.standing == []


def test_a_failed_patch_leaves_the_outer_world_as_it_was(patched: Patched) -> None:
    """Patches that the outer world needs stay installed."""
    outer = World(wall="real")
    patched.stack.push(outer)
    patched.wall.error = RuntimeError("no")
    with pytest.raises(RuntimeError):
        patched.stack.push(World())
    assert patched.stack.innermost() is outer
    assert patched.standing == [patched.always, patched.sleep]
    patched.stack.pop(outer)
    assert patched.standing == []


def test_each_thread_has_the_innermost_of_its_own_worlds(patched: Patched) -> None:
    """A thread that is older than all worlds has the innermost of all."""
    me = {threading.current_thread()}
    outer, inner = World(), World(threads_before=me)
    patched.stack.push(outer)
    patched.stack.push(inner)
    assert patched.stack.innermost() is outer
    outer.threads_before = me
    assert patched.stack.innermost() is inner


# Eight pushes and pops reach every mixture of three kinds of worlds.
@given(
    st.lists(st.tuples(st.sampled_from(["virtual", "real"]), st.sampled_from(["virtual", "real"]), st.integers(0, 9)), max_size=8)
)
def test_the_installed_patches_are_those_that_the_active_worlds_need(steps: list[tuple[str, str, int]]) -> None:
    """After any sequence of starts and stops, in any order."""
    patched = Patched()
    active: list[World] = []

    def check() -> None:
        assert patched.always.stands == bool(active)
        assert patched.sleep.stands == any(world.sleeping == "virtual" for world in active)
        assert patched.wall.stands == any(world.wall == "virtual" for world in active)
        assert patched.stack.innermost() is (active[-1] if active else None)

    for sleeping, wall, leaves in steps:
        active.append(World(sleeping=sleeping, wall=wall))  # type: ignore[arg-type]  # sampled from the literals
        patched.stack.push(active[-1])
        check()
        if leaves < len(active):
            patched.stack.pop(active.pop(leaves))
            check()
    while active:
        patched.stack.pop(active.pop())
        check()
    assert patched.story.count("+always") == patched.story.count("-always")


@pytest.mark.parametrize("which", ["always", "sleep", "wall"])
def test_a_patch_that_cannot_be_removed_keeps_no_other(which: str, patched: Patched, monkeypatch: pytest.MonkeyPatch) -> None:
    """All others are removed, then its error is raised; the next world gets its patches as usual."""
    failing: FakePatch = getattr(patched, which)
    world = World()
    patched.stack.push(world)

    def uninstall() -> None:
        FakePatch.uninstall(failing)
        raise KeyError(which)

    with monkeypatch.context() as context:
        context.setattr(failing, "uninstall", uninstall)
        with pytest.raises(KeyError, match=which):
            patched.stack.pop(world)
    assert patched.standing == []
    assert patched.stack.innermost() is None
    patched.stack.push(world)
    assert len(patched.standing) == 3
    patched.stack.pop(world)


def test_each_failed_removal_is_in_the_error(patched: Patched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last error is raised, with the one before as its context."""
    world = World()
    patched.stack.push(world)
    for patch in (patched.wall, patched.always):
        monkeypatch.setattr(patch, "uninstall", partial(NOTHING.__getitem__, patch.name))
    with pytest.raises(KeyError, match="always") as caught:
        patched.stack.pop(world)
    assert repr(caught.value.__context__) == "KeyError('wall')"
    assert not patched.sleep.stands
