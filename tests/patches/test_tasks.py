import asyncio
import importlib
import sys
import threading
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import freezegun
import pytest

from sagemock.patches.sleep import SleepPatch
from sagemock.patches.tasks import LoopPatch, VirtualTasks
from tests.support.worlds import World, Worlds

WHO: ContextVar[str] = ContextVar("who", default="nobody")
METHODS = ("call_later", "call_at", "time", "call_soon_threadsafe")
# The loops of asyncio, and of uvloop.
THEIRS = (*METHODS, "_run_once")
UVLOOPS = (*METHODS, "call_soon", "subprocess_exec", "subprocess_shell")


@pytest.fixture
def worlds() -> Worlds:
    """Return a stack without an active mock."""
    return Worlds()


def foreign_loop() -> Any:
    """Return a loop class that inherits the patched method, as uvloop's inherits from a class in C."""
    base = type("Base", (), {name: lambda *_args, **_kwargs: "real" for name in UVLOOPS})
    return type("Loop", (base,), {})


def test_the_classes_of_loops_are_restored(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inherited methods too; a method that other code put there meanwhile stays."""
    foreign = foreign_loop()
    monkeypatch.setitem(sys.modules, "uvloop", SimpleNamespace(Loop=foreign))
    base: Any = asyncio.BaseEventLoop
    before, inherited = {name: vars(base)[name] for name in THEIRS}, dict(vars(foreign))
    patch = LoopPatch(VirtualTasks(worlds.innermost))
    patch.install()
    assert all(vars(base)[name] is not before[name] for name in THEIRS)
    assert set(UVLOOPS) <= vars(foreign).keys()
    assert foreign().call_later(1, print) == foreign().time() == foreign().call_soon(print) == "real"

    mine = object()
    monkeypatch.setattr(foreign, "time", mine)
    patch.uninstall()
    assert {name: vars(base)[name] for name in THEIRS} == before
    assert vars(foreign).keys() - inherited.keys() == {"time"}
    assert foreign.time is mine


def test_uvloop_may_be_imported_inside_a_mock(worlds: Worlds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As uvicorn imports it when its server starts."""
    (tmp_path / "uvloop.py").write_text(
        "class Loop:\n" + "".join(f"    def {name}(self, *_): return 'real'\n" for name in UVLOOPS)
    )
    monkeypatch.syspath_prepend(tmp_path)
    # Set first, so that the module is removed afterwards.
    monkeypatch.setitem(sys.modules, "uvloop", ModuleType("uvloop"))
    monkeypatch.delitem(sys.modules, "uvloop")
    patch = LoopPatch(VirtualTasks(worlds.innermost))
    patch.install()
    kind = importlib.import_module("uvloop").Loop
    stand_ins = dict(vars(kind))
    patch.uninstall()
    assert all(vars(kind)[name] is not stand_ins[name] for name in UVLOOPS)
    assert kind().time() == "real"


def test_a_freeze_with_real_asyncio_leaves_loops_to_the_mock(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """It puts a copy of the method that it found, asyncio's or ours, into a subclass."""
    base: Any = asyncio.BaseEventLoop
    # One with both bases, as a class with two bases is found twice.
    left, right = (type(name, (asyncio.SelectorEventLoop,), {}) for name in ("Left", "Right"))
    kind: Any = type("Both", (left, right), {})
    monkeypatch.setattr(asyncio, "new_event_loop", kind)
    real = base.time
    patch = LoopPatch(VirtualTasks(worlds.innermost))
    patch.install()
    with freezegun.freeze_time("2018-07-30", real_asyncio=True):
        assert kind.time is not base.time
    assert kind.time is base.time is not real
    patch.uninstall()
    assert "time" not in vars(kind)
    with freezegun.freeze_time("2018-07-30", real_asyncio=True):
        assert kind.time is not base.time
    assert vars(kind)["time"] is real
    patch.install()
    assert kind.time is base.time is not real
    patch.uninstall()
    assert kind.time is base.time is real


def test_a_loop_that_cannot_be_patched_leaves_the_others_as_they_were(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of uvloop, for example, might rename its class."""
    monkeypatch.setitem(sys.modules, "uvloop", SimpleNamespace())
    before = dict(vars(asyncio.BaseEventLoop))
    with pytest.raises(AttributeError):
        LoopPatch(VirtualTasks(worlds.innermost)).install()
    assert vars(asyncio.BaseEventLoop) == before


def test_a_callback_runs_in_its_context(worlds: Worlds) -> None:
    """The context argument, or the one in which it was set; in virtual time as in real time."""
    calls = list[tuple[str, str]]()

    def tell(what: str) -> None:
        calls.append((what, WHO.get()))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        token = WHO.set("setter")
        loop.call_later(10, tell, "later")
        loop.call_at(loop.time() + 20, tell, "at")
        loop.call_later(0, tell, "now")
        WHO.reset(token)
        await asyncio.sleep(30)

    with worlds.patched(SleepPatch(worlds.innermost)):
        asyncio.run(main())
    assert calls == [("now", "setter"), ("later", "setter"), ("at", "setter")]


def test_a_timer_set_relative_to_the_time_is_due_after_exactly_that_delay(worlds: Worlds) -> None:
    """However many real microseconds pass between reading the time and setting the timer."""

    async def main(world: World) -> None:
        loop, before_us = asyncio.get_running_loop(), world.clock.now_us()
        when, due = loop.time() + 20, list[int]()
        ends = threading.Event()
        ends.wait(0.005)
        assert loop.time() == when - 20
        loop.call_at(when, lambda: due.append(world.clock.now_us() - before_us))
        await asyncio.sleep(30)
        assert loop.time() > when
        assert due == [20_000_000]

    with worlds.patched(SleepPatch(worlds.innermost)) as world:
        asyncio.run(main(world))


def test_the_time_of_a_loop_can_be_read_from_another_thread(worlds: Worlds) -> None:
    """A thread that is older than the mock reads real time."""
    loop = asyncio.new_event_loop()
    before_s = loop.time()
    with worlds.patched(SleepPatch(worlds.innermost)) as world:
        world.clock.advance(hours=1)
        virtually_s = loop.time() - before_s
        world.threads_before = {threading.current_thread()}
        really_s = loop.time() - before_s
    loop.close()
    assert virtually_s > 3599
    assert really_s < 1800


def test_a_closed_loop_with_a_sleeper_is_left_alone(worlds: Worlds) -> None:
    """Its task never finished; the end of the mock wakes nothing there."""

    def sleeping(loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        task = loop.create_task(asyncio.sleep(60))
        loop.call_soon(loop.stop)
        loop.run_forever()
        return task

    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    with worlds.patched(SleepPatch(worlds.innermost)):
        tasks = [sleeping(first), sleeping(second)]
        first.close()
    second.run_until_complete(tasks[1])
    second.close()
    tasks[0]._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio's internal switch
    tasks[0].get_coro().close()
