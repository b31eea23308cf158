"""Where threads stand in their code."""

import gc
import sys
import threading
from types import FrameType

import pytest

from sagemock.clock import frames
from sagemock.clock.frames import frame_of


@pytest.mark.parametrize("collects", [True, False], ids=["until 3.11", "since 3.12"])
def test_the_frame_of_a_thread_is_where_it_stands(monkeypatch: pytest.MonkeyPatch, *, collects: bool) -> None:
    """A thread that has not begun has no frame."""
    monkeypatch.setattr(frames, "_COLLECTS", collects)
    assert frame_of(threading.current_thread()) is not None
    assert frame_of(threading.Thread()) is None


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_does_not_run_while_frames_are_read(monkeypatch: pytest.MonkeyPatch, *, enabled: bool) -> None:
    """It would wait forever for a lock that the interpreter holds; afterwards its setting is restored."""
    seen: list[bool] = []
    monkeypatch.setattr(frames, "_COLLECTS", True)

    def listed() -> dict[int, FrameType]:
        seen.append(gc.isenabled())
        return {}

    monkeypatch.setattr(sys, "_current_frames", listed)
    before = gc.isenabled()
    try:
        if not enabled:
            gc.disable()
        frames.frames()
        assert (seen, gc.isenabled()) == ([False], enabled)
    finally:
        if before:  # pragma: no branch  # true unless another test has disabled it
            gc.enable()
