"""Cleanup steps all run, even if some raise."""

from functools import partial

import pytest

from sagemock.cleanup import run_all


def test_every_step_runs_even_if_others_raise() -> None:
    """In order; each error has the one before as its context."""
    story: list[str] = []

    def step(name: str) -> None:
        story.append(name)
        if name in "bd":
            raise RuntimeError(name)

    steps = [partial(step, name) for name in "abcde"]
    with pytest.raises(RuntimeError, match=r"^d$") as caught:
        run_all(*steps)
    assert story == ["a", "b", "c", "d", "e"]
    assert str(caught.value.__context__) == "b"
    with pytest.raises(RuntimeError, match=r"^b$"):
        run_all(*steps[:3])
    run_all()
