"""Where threads stand."""

import gc
import sys
import threading
from types import FrameType

import pytest

from sagemock.clock import frames
from sagemock.clock.frames import frame_of


@pytest.mark.parametrize("collects", [True, False], ids=["until 3.11", "since 3.12"])
def test_the_frame_of_a_thread_is_where_it_stands(monkeypatch: pytest.MonkeyPatch, *, collects: bool) -> None:
    """And one that has not begun stands nowhere."""
    monkeypatch.setattr(frames, "_COLLECTS", collects)
    assert frame_of(threading.current_thread()) is not None
    assert frame_of(threading.Thread()) is None


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_does_not_run_meanwhile(monkeypatch: pytest.MonkeyPatch, *, enabled: bool) -> None:
    """It would wait forever for a lock that the interpreter holds; afterwards it is as it was."""
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
        if before:  # pragma: no branch  # so it is, unless something else of the suite has disabled it
            gc.enable()
