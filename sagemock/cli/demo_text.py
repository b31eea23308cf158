"""The texts below the picture of a demonstration."""

from collections.abc import Iterable, Iterator

from sagemock.picture.cells import wrapped
from sagemock.picture.text import LEAST, Line, Paper, Span

__all__ = ["fitted", "took"]


def fitted(texts: Iterable[str], paper: Paper) -> Iterator[Line]:
    """Yield texts as lines that fit the paper."""
    most = None if paper.width is None else max(paper.width, LEAST)
    return ((Span(line),) for text in texts for line in wrapped(text, most))


def took(began: float, ready: float, lived: float) -> str:
    """Return a sentence about the real time that a demonstration took.

    The arguments are instants in seconds: before the client, before the job, and at the end.
    """
    return f"It took {(lived - ready) * 1000:.0f} ms of real time, after {(ready - began) * 1000:.0f} ms to make the client."
