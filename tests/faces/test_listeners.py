import pytest

from sagemock.faces import listeners


class Recorder:
    """A listener that records its notifications."""

    def __init__(self) -> None:
        self.notes: list[object] = []

    def started(self, world: object) -> None:
        """Record a start."""
        self.notes.append(f"{world} started")

    def stopped(self, world: object) -> None:
        """Record a stop."""
        self.notes.append(f"{world} stopped")


def test_only_the_last_listener_is_notified(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pytest inside a test has its own worlds; afterwards the outer listener is notified again."""
    monkeypatch.setattr(listeners, "_LISTENERS", [])
    outer, inner = Recorder(), Recorder()
    listeners.started("unheard")
    listeners.stopped("unheard")
    listeners.add(outer)
    listeners.add(inner)
    listeners.started("inner")
    listeners.stopped("inner")
    listeners.remove(inner)
    listeners.started("outer")
    assert (outer.notes, inner.notes) == (["outer started"], ["inner started", "inner stopped"])
